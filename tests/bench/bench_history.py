"""How long five hundred kept runs take to list, search, show and keep; beside reading every file in full."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from core.history.store import History
from core.practice.rehearsal import rehearse
from core.reports.report import Report, from_json, to_json
from core.session.check import Check
from tests.bench.table import Row

RUNS = 500
ROUNDS = 5


def bench() -> list[Row]:
    """Fill a history with real reports, then list it anew, again, and in the naive way, all in the same run."""
    with TemporaryDirectory(prefix="sendproof-history-") as folder:
        return _measured(Path(folder) / "history")


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
