"""Killed at any moment, many at a time: the history is never the price."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.history.files import TEMPORARY_PREFIX
from core.history.store import History
from core.reports.report import from_json
from tests.history.documents import document, report

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 60


def long_document() -> str:
    """Return a report with enough of a conversation that writing it takes its time."""
    found = json.loads(document())
    line = {"stage": "ehlo", "direction": "server", "encrypted": True, "text": "250-SIZE 157286400", "masked": False}
    found["transcript"] = [{"ms": float(number), **line} for number in range(3_000)]
    return json.dumps(found)


LONG = long_document()

KILL = """
import json, os, random, signal, sys, time
from pathlib import Path
from core.history.store import History

whole = os.write
os.write = lambda descriptor, data: whole(descriptor, data[:256])  # a disk that takes little at a time, as it may
folder, rounds, bound = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
text = sys.stdin.read()
random.seed(7)
kept = []
for _ in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        history = History(folder, max_entries=bound)
        while True:
            entry = history.keep(text)
            os.write(writing, (entry.id + "\\n").encode())
    os.close(writing)
    with os.fdopen(reading) as told:
        began = time.monotonic()
        several = random.randrange(1, 4)
        kept += [told.readline().strip() for _ in range(several)]  # however slow the machine is
        time.sleep(random.random() * 1.2 * (time.monotonic() - began) / several)  # somewhere in the next one
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kept += [line.strip() for line in told if line.endswith("\\n")]
print(json.dumps(kept))
"""

KEEP = """
import sys
from pathlib import Path
from core.history.store import History
history = History(Path(sys.argv[1]), max_entries=40)
text = sys.stdin.read()
for _ in range(100):
    assert history.keep(text) is not None, history.problem
    assert not [entry.damaged for entry in history.entries() if entry.damaged]
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL are POSIX's")


def kill_in_a_loop(folder: Path, bound: int) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", KILL, str(folder), str(ROUNDS), str(bound)],
        input=LONG,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return json.loads(result.stdout)


def remainders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(TEMPORARY_PREFIX)]


@posix
def test_each_completed_run_survives_a_kill_at_any_moment(tmp_path):
    folder = tmp_path / "history"
    kept = kill_in_a_loop(folder, 100_000)
    assert len(kept) >= ROUNDS
    history = History(folder)
    found = {entry.id: entry for entry in history.entries()}
    assert [entry.damaged for entry in found.values() if entry.damaged] == []
    assert set(kept) <= set(found)
    for entry in found.values():
        assert json.loads(history.read(entry)) == json.loads(LONG)
    history.keep(document())
    assert remainders(folder) == [], "what the killed left behind is cleared by the next run"


@posix
def test_a_kill_while_old_runs_make_room_keeps_the_bound(tmp_path):
    folder = tmp_path / "history"
    kill_in_a_loop(folder, 10)
    history = History(folder, max_entries=10)
    history.keep(document())
    found = history.entries()
    assert len(found) == 10
    assert [entry.damaged for entry in found if entry.damaged] == []
    assert remainders(folder) == []


def test_two_processes_share_one_history(tmp_path):
    folder = tmp_path / "history"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", KEEP, str(folder)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    for process in both:
        process.stdin.write(document())
        process.stdin.close()
    for process in both:
        error = process.stderr.read()
        process.stderr.close()
        assert process.wait(90) == 0, error
    history = History(folder, max_entries=40)
    found = history.entries()
    assert len(found) == 40
    assert all(from_json(history.read(entry)) == report() for entry in found)
    assert remainders(folder) == []


@posix
def test_a_file_that_somebody_writes_is_no_remainder(tmp_path):
    """Only what no writer holds any more is removed, however many clean at the same time."""
    import fcntl

    history = History(tmp_path / "history")
    history.keep(document())
    writing = history.folder / f"{TEMPORARY_PREFIX}1.tmp"
    left = history.folder / f"{TEMPORARY_PREFIX}2.tmp"
    left.write_text("half")
    with writing.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        history.keep(document())
        assert remainders(history.folder) == [writing]
    history.keep(document())
    assert remainders(history.folder) == []
