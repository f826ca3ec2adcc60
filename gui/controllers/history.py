"""What the page of the history has done beside the window's thread: list, read, compare, rename, delete, export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gui.engine import Engine, Job

if TYPE_CHECKING:
    from core.comparing.comparison import Comparison
    from core.history.entry import Entry
    from core.history.opening import Opened
    from core.history.store import History
    from core.reports.report import Report

T = TypeVar("T")
Document = str | Path
"""The text of a document, or the file that holds one."""


class Shown(NamedTuple):
    """A document to be shown: what it is, and the entry or the file that it came from; or two that were compared."""

    opened: Opened
    text: str
    entry: Entry | None = None
    file: str = ""
    comparison: Comparison | None = None
    reports: tuple[Report, ...] = ()


class HistoryController:
    """Works on the history's folder. Each method returns at once; `done` is called in the window's thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._history: History | None = None
        self._listing = False
        self._stale = False
        self._asked = 0

    def _aside(
        self,
        work: Callable[[History], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Let `work` have the history in a thread of its own, then give `done` what it returned."""

        async def job(_job: Job) -> T:
            from core.history.aside import aside
            from core.history.store import History

            if self._history is None:
                self._history = await aside(History)
            history = self._history
            return await aside(lambda: work(history))

        self._engine.submit(job, done=done, failed=failed)

    def list_entries(self, done: Callable[[list[Entry]], None]) -> None:
        """Give all entries, the latest first. What is asked for while it reads makes it read once more."""
        if self._listing:
            self._stale = True
            return
        self._listing, self._stale = True, False

        def listed(entries: list[Entry]) -> None:
            self._listing = False
            done(entries)
            if self._stale:
                self.list_entries(done)

        def failed(error: BaseException) -> None:
            self._listing = False
            if isinstance(error, Exception):
                self._engine.crashed.emit(error)

        self._aside(lambda history: history.entries(), listed, failed)

    # One document to be shown: only the last that was asked for is given

    def forget(self) -> None:
        """Give nothing of what was asked for before."""
        self._asked += 1

    def open_entry(self, entry: Entry, done: Callable[[Shown | str], None]) -> None:
        """Give the run of `entry`, or a sentence that says why it can't be shown."""
        self._show(lambda history: _opened(history.read(entry), entry=entry), done)

    def open_file(self, path: Path, done: Callable[[Shown | str], None]) -> None:
        """Give the document in a file of this or another computer, or a sentence that says why it can't be shown."""
        self._show(lambda _history: _opened(path, file=path.name), done)

    def compare(self, entries: Sequence[Entry], done: Callable[[Shown | str], None]) -> None:
        """Give the comparison of two runs, the older one first, or a sentence."""
        self._show(lambda history: _compared([history.read(entry) for entry in entries]), done)

    def compare_files(self, paths: Sequence[Path], done: Callable[[Shown | str], None]) -> None:
        """Give the comparison of the reports in two files, the older one first, or a sentence."""
        self._show(lambda _history: _compared(paths), done)

    def _show(self, look: Callable[[History], Shown], done: Callable[[Shown | str], None]) -> None:
        self._asked += 1
        asked = self._asked

        def work(history: History) -> Shown | str:
            from core.history.files import UnreadableFile

            try:
                return look(history)
            except UnreadableFile as problem:
                return str(problem)

        def last(found: Shown | str) -> None:
            if asked == self._asked:
                done(found)

        self._aside(work, last)

    # Changes

    def rename(self, entry: Entry, client: str, done: Callable[[tuple[Entry | None, str]], None]) -> None:
        """Write another client into `entry`; give the changed entry, or None and why not."""

        def work(history: History) -> tuple[Entry | None, str]:
            return history.set_client(entry, client), history.problem

        self._aside(work, done)

    def delete(self, entries: Sequence[Entry], done: Callable[[int], None]) -> None:
        """Delete the files of `entries`; give how many are still there."""
        self._aside(lambda history: sum(not history.delete(entry) for entry in entries), done)

    def clear(self, done: Callable[[int], None]) -> None:
        """Delete every run; give how many files are still there."""

        def work(history: History) -> int:
            history.clear()
            return len(history.entries())

        self._aside(work, done)

    def export(
        self, entries: Sequence[Entry], folder: Path, done: Callable[[tuple[list[Path], list[str]]], None]
    ) -> None:
        """Copy the documents of `entries` into `folder`; give the files and what did not work."""

        def work(history: History) -> tuple[list[Path], list[str]]:
            from core.history.export import export

            return export(history, entries, folder)

        self._aside(work, done)


def _open(document: Document) -> Opened:
    from core.history.opening import open_document, open_file

    return open_file(document) if isinstance(document, Path) else open_document(document)


def _opened(document: Document, *, entry: Entry | None = None, file: str = "") -> Shown:
    """Return what is shown of a document. Raises UnreadableFile."""
    from core.history.kinds import as_text

    opened = _open(document)
    text = "" if opened.report is not None else as_text(opened.kind, opened.document)
    return Shown(opened, text, entry, file)


def _compared(documents: Iterable[Document]) -> Shown:
    """Return the comparison of two reports, the older one first. Raises UnreadableFile where one of them is none."""
    from core.comparing.compare import compare
    from core.comparing.comparison import to_json
    from core.comparing.text import render_text
    from core.history.entry import moment
    from core.history.files import UnreadableFile
    from core.history.opening import Opened
    from core.reports.seal import SealState

    reports: list[Report] = []
    for document in documents:
        report = _open(document).report
        if report is None:
            raise UnreadableFile("Only two checks can be compared.")
        reports.append(report)
    first, second = sorted(reports, key=lambda report: str(moment(report.started_at)))
    found = compare(first, second)
    opened = Opened(kind="compare", document=to_json(found), seal=SealState.ABSENT)
    return Shown(opened, render_text(found), comparison=found, reports=(first, second))
