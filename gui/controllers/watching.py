"""Runs one watch at a time in the loop thread and tells the window what happens. No widgets in here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gui.engine import Engine, Job

if TYPE_CHECKING:
    from core.history.entry import Entry
    from core.request import CheckRequest
    from core.stages import Stage
    from core.watching.document import WatchDocument
    from core.watching.plan import Plan


class WatchController(QObject):
    """Owns the watch. Signals come in the window's thread.

    document: the watch as far as it is known, None before the first one. running: the number of the run under way, 0
    between runs; stage and waiting_for: where it is. next_at: when the next run begins (seconds since 1970), None if
    none is waited for; backed_off: later than planned, because the server put the last run off.
    """

    state_changed = Signal()
    """`busy`, `ending` or what is waited for has changed."""
    grown = Signal(object)
    """There is more in the document; carries it."""
    ended = Signal(object)
    """The watch is over; carries its document, None if it broke."""
    kept = Signal(object)
    """The watch is in the history; carries its Entry. Once, at the end."""
    failed_to_keep = Signal(str)

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._job: Job | None = None
        self._told = ""
        self.ending = False
        self.document: WatchDocument | None = None
        self._clear()

    def _clear(self) -> None:
        self.running = 0
        self.stage: Stage | None = None
        self.waiting_for = ""
        self.next_at: float | None = None
        self.backed_off = False

    @property
    def busy(self) -> bool:
        """Whether a watch is under way."""
        return self._job is not None

    def seconds_to_next(self) -> float:
        """Return for how long the next run is waited for."""
        return max(0.0, self.next_at - time.time()) if self.next_at is not None else 0.0

    def start(self, request: CheckRequest, plan: Plan, *, practice: str | None, keep: bool, client: str = "") -> None:
        """Watch `request`; does nothing while a watch runs.

        practice: the practice server to watch instead of the real one. keep: whether the history takes it.
        """
        if self.busy:
            return
        self._told = ""
        self.ending = False
        self.document = None
        self._clear()

        async def work(job: Job) -> tuple[WatchDocument, Entry | None]:
            from contextlib import AsyncExitStack

            from core.history.store import History
            from core.watching.keeping import Keeper
            from core.watching.runner import Watch

            async with AsyncExitStack() as stack:
                asked = request
                if practice is not None:
                    asked = await stack.enter_async_context(_practising(practice, request))
                keeper = Keeper(History() if keep else None, client=client)
                watch = Watch(asked, plan, job.emit, keeper=keeper)
                job.on_cancel = watch.cancel
                return await watch.run(), keeper.entry

        self._job = self._engine.submit(work, events=self._take, done=self._done, failed=self._broken)
        self.state_changed.emit()

    def stop(self) -> None:
        """End the watch politely; what was found stays. A second call ends it at once."""
        if self._job is None:
            return
        if self.ending:
            self._job.abort()
            return
        self.ending = True
        self._job.cancel()
        self.state_changed.emit()

    def abort(self) -> None:
        """End the watch at once; what was found is kept all the same."""
        if self._job is not None:
            self._job.abort()

    def _take(self, told: list[Any]) -> None:
        from core.watching import events

        for event in told:
            match event:
                case events.WatchBegan() | events.RunEnded():
                    self._clear()
                    self.document = event.document
                    self.grown.emit(event.document)
                    if isinstance(event, events.RunEnded):
                        self._trouble(event.problem)
                case events.RunBegan():
                    self._clear()
                    self.running = event.number
                case events.RunStage():
                    self.stage, self.waiting_for = event.stage, event.waiting_for
                case events.WatchWaits():
                    self._clear()
                    self.next_at, self.backed_off = event.at, event.backed_off
                case events.WatchEnded():
                    self.document = event.document
                    self._trouble(event.problem)
        self.state_changed.emit()

    def _trouble(self, problem: str) -> None:
        if problem and problem != self._told:
            self.failed_to_keep.emit(problem)
        self._told = problem

    def _done(self, found: tuple[Any, Any]) -> None:
        document, entry = found
        self._finish(document)
        if entry is not None:
            self.kept.emit(entry)

    def _broken(self, error: BaseException) -> None:
        self._finish(self.document)
        if isinstance(error, Exception):
            self._engine.crashed.emit(error)

    def _finish(self, document: WatchDocument | None) -> None:
        self._job = None
        self.ending = False
        self._clear()
        self.document = document
        self.state_changed.emit()
        self.ended.emit(document)


def _practising(practice: str, request: CheckRequest) -> Any:
    """Return a context in which the practice server runs; its value is `request` for that server."""
    from contextlib import asynccontextmanager
    from dataclasses import replace

    from core.practice.rehearsal import rehearse

    @asynccontextmanager
    async def served() -> Any:
        async with rehearse(practice) as ours:
            yield replace(request, dial=ours.dial, ca_file=ours.ca_file, dns_evidence=False, practice=ours.practice)

    return served()
