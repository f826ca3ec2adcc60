"""Keeping, listing, searching, deleting: on a real disk."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.history.store import History
from core.reports.report import from_json
from core.reports.seal import SealState, check
from tests.history.documents import document, report, watch

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="links, pipes and modes of POSIX")


@pytest.fixture
def history(history_folder):
    return History()


def names(history):
    return sorted(path.name for path in history.folder.iterdir())


def test_what_is_kept_comes_back(history, history_folder):
    assert history.folder == history_folder
    assert history.entries() == []
    entry = history.keep(document(), client="Contoso ‘Ltd’")
    assert history.problem == ""
    assert entry == history.entries()[0] == History().find(entry.id)
    assert from_json(history.read(entry)) == report()
    assert check(history.read(entry)) is SealState.INTACT
    assert (entry.kind, entry.server, entry.port, entry.cause) == (
        "report",
        report().target.server,
        25,
        "ip-blocklisted",
    )
    assert (entry.outcome, entry.stage, entry.client, entry.damaged) == ("stopped", "rcpt-to", "Contoso ‘Ltd’", "")
    assert entry.when == dt.datetime(2026, 11, 21, 12, 0, 0, 123000, dt.UTC)
    assert from_json(entry.path.read_bytes()) == report(), "the file itself is a JSON report, for any program"


def test_a_file_name_says_when_and_nothing_else(history):
    entry = history.keep(document(server="smtp.fabrikam.com"), client="Fabrikam")
    assert entry.path.name[:8] == f"{dt.datetime.now(dt.UTC):%Y%m%d}"
    assert entry.path.name[20:] == f"{entry.id}.json"
    assert names(history) == [entry.path.name]


@posix
def test_only_this_account_can_read_it(history):
    old = os.umask(0)
    try:
        entry = history.keep(document())
    finally:
        os.umask(old)
    assert entry.path.stat().st_mode & 0o777 == 0o600
    assert history.folder.stat().st_mode & 0o777 == 0o700


def test_other_kinds_are_kept_by_what_they_say_of_themselves(history):
    entry = history.keep(watch())
    assert (entry.kind, entry.title, entry.server) == ("watch", "Watched for an hour", "smtp.example.com")
    assert (entry.outcome, entry.cause) == ("stopped", "connect-timeout")
    assert json.loads(history.read(entry)) == json.loads(watch())
    odd = history.keep(json.dumps({"schema": "sendproof.find/1", "title": 7, "server": None, "started_at": "soon"}))
    assert (odd.kind, odd.title, odd.server) == ("find", "", "")
    assert abs(odd.when - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"a": 1}', '{"schema": "other/1"}', '{"schema": 7}', '{"schema":"sendproof.x/1"', "\ud800"],
)
def test_what_is_no_document_is_not_kept(history, text):
    assert history.keep(text) is None
    assert history.problem
    assert history.entries() == []


def test_number_and_size_are_bounded_and_the_oldest_go(history_folder):
    few = History(max_entries=3)
    kept = [few.keep(document(server=f"mx{number}.contoso.com")) for number in range(5)]
    assert {entry.id for entry in few.entries()} == {entry.id for entry in kept[2:]}
    small = History(max_total_bytes=kept[0].size * 2 + 100)
    last = small.keep(document(server="mx9.contoso.com"))
    assert {entry.id for entry in small.entries()} == {kept[4].id, last.id}
    tiny = History(max_total_bytes=10)
    only = tiny.keep(document())
    assert [entry.id for entry in tiny.entries()] == [only.id], "what was just kept never makes room for itself"


def test_a_clock_that_went_back_does_not_cost_the_new_run(history_folder):
    history = History(max_entries=2)
    for _ in range(2):
        entry = history.keep(document())
        entry.path.rename(entry.path.with_name("2999" + entry.path.name[4:]))
    newest = history.keep(document())
    assert newest.id in {entry.id for entry in history.entries()}


def test_a_run_that_is_too_large_is_not_kept(history_folder):
    history = History(max_document_bytes=2000)
    assert history.keep(document()) is None
    assert "larger than 2 kB" in history.problem


def test_files_of_others_are_shown_and_left_alone(history):
    kept = history.keep(document())
    foreign = history.folder / "from a colleague.json"
    foreign.write_text(document(server="mx.fabrikam.com"), encoding="utf-8")
    (history.folder / "notes.txt").write_text("mine")
    assert {(entry.server, entry.damaged) for entry in history.entries()} == {
        (kept.server, ""),
        ("mx.fabrikam.com", ""),
    }
    assert History(max_entries=1).keep(document()) is not None
    assert foreign.exists()
    assert history.clear() == 1
    assert names(history) == ["from a colleague.json", "notes.txt"]
    (entry,) = history.entries()
    assert history.delete(entry)
    assert names(history) == ["notes.txt"]


def spoil(path: Path, how: str, aside: Path) -> None:
    content = path.read_bytes()
    match how:
        case "cut":
            path.write_bytes(content[:-100])
        case "empty":
            path.write_bytes(b"")
        case "binary":
            path.write_bytes(bytes(range(256)) * 50)
        case "deep":
            path.write_bytes(b'{"schema":"sendproof.report/1","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
        case "wrong types":
            path.write_bytes(b'{"schema":"sendproof.report/1","target":[],"diagnosis":"x","request":{"to":7}}')
        case "nan":
            path.write_bytes(b'{"schema":"sendproof.report/1","duration_ms":NaN}')
        case "huge":
            with path.open("wb") as file:
                file.truncate(200_000_000)
        case "folder":
            path.unlink()
            path.mkdir()
        case "link":
            path.unlink()
            path.symlink_to(aside)
        case "pipe":
            path.unlink()
            os.mkfifo(path)


SPOILT = ["cut", "empty", "binary", "deep", "wrong types", "nan", "huge", "folder"]


@pytest.mark.parametrize("how", [*SPOILT, pytest.param("link", marks=posix), pytest.param("pipe", marks=posix)])
def test_a_damaged_file_is_shown_as_such_and_harms_nothing(history, tmp_path, how):
    aside = tmp_path / "aside.json"
    aside.write_text(document(server="secret.example.com"), encoding="utf-8")
    sound = history.keep(document(server="smtp.example.com"))
    hurt = history.keep(document(server="mx.contoso.com"))
    spoil(hurt.path, how, aside)
    found = {entry.id: entry for entry in history.entries()}
    assert found[sound.id] == sound
    assert found[hurt.id].damaged.endswith(".")
    assert "secret" not in str(found[hurt.id])
    with pytest.raises(ValueError, match=r"\.$"):
        history.read(found[hurt.id])
    assert history.keep(document()) is not None
    assert history.delete(found[hurt.id]) is (how != "folder")
    assert aside.exists()
    assert from_json(history.read(sound)) == report(server="smtp.example.com")


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "1969-12-31T23:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_no_clock_shows_harms_no_list(history, when):
    entry = history.keep(watch(started_at=when))
    assert entry is not None
    assert 1970 <= entry.when.year < 3000
    assert all(1970 <= found.when.year < 3000 for found in History(history.folder).entries())


def test_a_file_of_the_far_future_harms_no_list(history, monkeypatch):
    history.keep(document())
    path = history.folder / "foreign.json"
    path.write_text("{}", encoding="utf-8")
    far = SimpleNamespace(st_mtime=2.0**40, st_size=2, st_mode=path.stat().st_mode, st_mtime_ns=2**40 * 10**9)
    entry, _ = history._look_at(path, far, 1000)
    assert entry.damaged
    assert entry.when.year < 3000


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root can read everything")
def test_a_file_without_permission_is_damaged(history):
    entry = history.keep(document())
    entry.path.chmod(0)
    assert "can’t be read" in history.entries()[0].damaged


def test_a_spoilt_first_line_costs_only_the_clients_name(history):
    entry = history.keep(document(), client="Contoso")
    rest = entry.path.read_bytes().split(b"\n", 1)[1]
    entry.path.write_bytes(b'{"history":{"kind":7},\n' + rest)
    (found,) = history.entries()
    assert (found.server, found.client, found.damaged) == (entry.server, "", "")
    assert from_json(history.read(found)) == report()


def test_an_entry_of_elsewhere_is_neither_read_nor_deleted(history, tmp_path):
    entry = history.keep(document())
    elsewhere = tmp_path / entry.path.name
    elsewhere.write_bytes(entry.path.read_bytes())
    other = type(entry)(id="x", path=elsewhere, kind="report", when=entry.when)
    assert history.delete(other) is False
    with pytest.raises(ValueError, match="not part of the history"):
        history.read(other)
    assert elsewhere.exists()


def test_a_head_can_not_smuggle_control_characters_into_the_list(history):
    entry = history.keep(document())
    content = entry.path.read_bytes().replace(b'"client":""', b"", 1)
    entry.path.write_bytes(content.replace(b'"title":"', '"title":"\u202e\\u001b[2J'.encode(), 1))
    assert History().entries()[0].title.startswith("\\u202e␛[2J")


def test_the_client_can_be_named_later(history):
    entry = history.keep(document())
    changed = history.set_client(entry, "  Contoso\n ")
    assert changed.client == "Contoso"
    assert History().find(entry.id) == changed
    assert check(history.read(changed)) is SealState.INTACT
    foreign = history.folder / "foreign.json"
    foreign.write_text(document(), encoding="utf-8")
    assert history.set_client(history.find("foreign"), "Fabrikam").client == "Fabrikam"
    assert [entry.client for entry in History().search(client="fabri")] == ["Fabrikam"]
    changed.path.unlink()
    assert history.set_client(changed, "x") is None
    assert "not there any more" in history.problem


def test_search(history):
    first = history.keep(document(server="smtp.example.com", started_at="2026-11-01T10:00:00+00:00"), client="Contoso")
    second = history.keep(document(server="mx.fabrikam.com", started_at="2026-11-20T23:30:00-02:00"), client="Fabrikam")
    third = history.keep(watch())

    def found(**query):
        return [entry.id for entry in history.search(**query)]

    assert found() == [third.id, second.id, first.id]
    assert found(text="BLOCKLIST maria") == [second.id, first.id]
    assert found(text="maria fabrikam") == [second.id]
    assert found(client="cont") == [first.id]
    assert found(server="FABRIKAM.com:25") == [second.id]
    assert found(cause="connect-time") == [third.id]
    assert found(since=dt.datetime(2026, 11, 21, tzinfo=dt.UTC)) == [third.id, second.id]
    assert found(until=dt.datetime(2026, 11, 21, tzinfo=dt.UTC)) == [first.id]
    assert found(text="nothing-of-that") == []


def test_off_keeps_nothing_and_takes_nothing_away(history, monkeypatch):
    entry = history.keep(document())
    history.set_on(False)
    assert not History().on
    assert history.keep(document()) is None
    assert history.problem == "", "off is no problem"
    assert history.entries() == [entry]
    history.clear()
    assert not history.on, "the switch outlives the runs"
    history.set_on(True)
    assert history.keep(document()) is not None
    monkeypatch.setenv("SENDPROOF_HISTORY", "off")
    silent = History()
    assert (silent.on, silent.keep(document()), silent.entries(), silent.clear()) == (False, None, [], 0)


def test_the_switch_works_before_there_is_a_folder(history):
    history.set_on(False)
    assert History().keep(document()) is None
    assert not history.folder.exists()


@posix
def test_a_place_that_can_not_be_written_costs_no_run(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (Path("/proc/history"), tmp_path / "file" / "history"):
        history = History(folder)
        assert history.keep(document()) is None
        assert "can’t be written to" in history.problem
        assert history.entries() == []


FULL = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
from core.history.store import History
history = History(Path(sys.argv[1]))
text = sys.stdin.read()
assert history.keep(text) is not None
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
assert history.keep(text) is None
print(history.problem)
"""


@posix
def test_a_disk_that_is_full_in_the_middle_leaves_nothing_behind(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "h")],
        input=document(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "can’t be written to" in result.stdout
    assert len(list((tmp_path / "h").iterdir())) == 1
