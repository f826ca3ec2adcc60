"""How long five hundred kept runs take to list, search, show and keep; beside reading every file in full."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from core.history.store import History
from core.practice.rehearsal import rehearse
from core.reports.report import Report, from_json, to_json
from core.session.check import Check
from tests.bench.table import Row

ROOT = Path(__file__).resolve().parents[2]
RUNS = 500
ROUNDS = 5


def bench() -> list[Row]:
    """Fill a history with real reports, then list it anew, again, and in the naive way, all in the same run."""
    with TemporaryDirectory(prefix="sendproof-history-") as folder:
        return [*_measured(Path(folder) / "history"), *_standstill(Path(folder) / "history")]


def _standstill(folder: Path) -> list[Row]:
    """Return how long the window stood still while it listed the runs and opened two bad files."""
    program = "from tests.bench.bench_history import measure_standstill; measure_standstill()"
    surroundings = os.environ | {"SENDPROOF_HISTORY": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True, timeout=200)
    listing, long, hostile = (float(word) for word in found.stdout.split()[-3:])
    return [
        Row("history: longest stall, list", listing, "ms", "aim: under 50 ms", f"{RUNS} runs"),
        Row("history: longest stall, long run", long, "ms", "aim: under 50 ms", "20,000 lines"),
        Row("history: longest stall, hostile file", hostile, "ms", "aim: under 50 ms", "made to hold up"),
    ]


def measure_standstill() -> None:
    """Open the page, a run of 20,000 lines and a hostile report; print the longest stall of each in ms."""
    import json

    from PySide6.QtCore import QEventLoop

    from gui.app import make_application
    from gui.engine import Engine
    from gui.store import Store
    from gui.theme import theme
    from gui.window import MainWindow
    from tests.history.documents import document, hostile_report

    application = make_application(["bench"])
    theme.install(application, "light")

    def until(done: Callable[[], bool]) -> float:
        longest = 0.0
        limit = time.monotonic() + 60
        while not done() and time.monotonic() < limit:
            began = time.perf_counter()
            application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
            longest = max(longest, time.perf_counter() - began)
            time.sleep(0.001)
        return longest * 1000

    with TemporaryDirectory() as folder:
        window = MainWindow(Engine(), Store(Path(folder) / "Sendproof.ini"))
        window.resize(1280, 820)
        window.show()
        until(lambda: window.catalogue is not None)
        window.show_page("history")
        page = window.history_page
        results = [until(lambda: page._loaded)]
        line = {"stage": "ehlo", "direction": "server", "encrypted": True, "text": "250-SIZE 1" * 12, "masked": False}
        many = json.loads(document())
        many["transcript"] = [{"ms": float(number), **line} for number in range(20_000)]
        view = page.detail.view
        measuring = view.transcript.list._measuring
        for number, found in enumerate((many, hostile_report())):
            path = Path(folder) / f"{number}.json"
            path.write_text(json.dumps(found), encoding="utf-8")
            view.status.clear()
            page.open_paths([path])
            results.append(until(lambda: bool(view.status.text()) and not measuring.isActive()))
        print(*results)
        sys.stdout.flush()
        os._exit(0)


def _measured(folder: Path) -> list[Row]:
    documents = [to_json(_report(name)) for name in ("spamhaus-block", "submission-ok", "wrong-password", "greylisted")]
    history = History(folder)
    keeping = []
    for number in range(RUNS):
        began = time.perf_counter()
        entry = history.keep(documents[number % len(documents)], client=f"Client {number % 20}")
        keeping.append(time.perf_counter() - began)
        assert entry is not None, history.problem
    size = sum(path.stat().st_size for path in folder.iterdir()) / RUNS / 1000
    files = sorted(folder.glob("*.json"))
    naive = _best(lambda: [from_json(path.read_bytes()) for path in files])
    first = _best(lambda: History(folder).entries())
    again = _best(history.entries)
    search = _best(lambda: history.search(text="blocklist", client="client 4"))
    plain = _best(lambda: _copied(files[0], folder / "copy.tmp"))
    keep = sorted(keeping)[RUNS // 2] * 1000
    note = f"{RUNS} runs of {size:.0f} kB"
    return [
        Row("history, list", first * 1000, "ms", f"every file decoded: {naive * 1000:.0f} ms", note),
        Row("history, list again", again * 1000, "ms", f"every file decoded: {naive * 1000:.0f} ms", "unchanged files"),
        Row("history, search", search * 1000, "ms", "aim 50 ms", f"{RUNS} runs"),
        Row("history, keep", keep, "ms", f"a copy without fsync: {plain * 1000:.2f} ms", "median, with fsync"),
    ]


def _report(name: str) -> Report:
    import asyncio

    async def run() -> Report:
        async with rehearse(name) as request:
            return await Check(request, lambda event: None).run()

    return asyncio.run(run())


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.unlink()
