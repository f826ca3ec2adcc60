"""Runs one check at a time and folds its events into the models. No widgets in here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.stages import StageStatus
from gui.engine import Engine, Job
from gui.models.stages import StageModel
from gui.models.transcript import TranscriptModel, replayed, reply_code

if TYPE_CHECKING:
    from core.reports.report import Report, StageResult
    from core.request import CheckRequest


REPLAYED_AT_ONCE = 150
"""So many lines of a stored conversation are added before the window looks after its user again."""


class State(Enum):
    """Where the controller is: Idle → Running → Cancelling → Done, and from Done to Running again."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"


class CheckController(QObject):
    """Owns the check's models. Signals come in the window's thread."""

    state_changed = Signal()
    began = Signal(object)
    """A check began; carries its CheckRequest."""
    stage_began = Signal()
    finished = Signal(object)
    """A check ended; carries its Report."""
    failed_to_run = Signal(str)
    """No check came about; carries a sentence that says why."""
    failing_row = Signal(int)
    shown = Signal(object)
    """A report that was made earlier is in the models; carries the Report."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._job: Job | None = None
        self.state = State.IDLE
        self.stages = StageModel(self)
        self.transcript = TranscriptModel(self)
        self.request: CheckRequest | None = None
        self.report: Report | None = None
        self.reply = ""
        self._stage_began_at = 0.0
        self._replay: Iterator[Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether a check runs or is about to end."""
        return self.state in {State.RUNNING, State.CANCELLING}

    def run(self, request: CheckRequest) -> None:
        """Check `request`; does nothing while a check runs."""

        async def work(job: Job) -> Report:
            return await check_in_job(job, request)

        self._begin(work)

    def run_practice(self, scenario: str, request: CheckRequest) -> None:
        """Check the built-in server that plays `scenario` as if it were the server that `request` names."""

        async def work(job: Job) -> Report:
            return await rehearse_in_job(job, scenario, request)

        self._begin(work)

    def play(self, work: Callable[[Job], Any]) -> None:
        """Run another coroutine that emits a CheckRequest and then a check's events."""
        self._begin(work)

    def _begin(self, work: Callable[[Job], Any]) -> None:
        if self.busy:
            return
        self.report = None
        self.request = None
        self.reply = ""
        self._replay = None
        self._stage_began_at = 0.0
        self.transcript.clear()
        self._job = self._engine.submit(work, events=self._take, done=self._done, failed=self._broken)
        self._set_state(State.RUNNING)

    def show_report(self, report: Report) -> None:
        """Fill the models from a report that was made earlier; does nothing while a check runs. Nothing is run."""
        if self.busy:
            return
        self.report = report
        self.request = None
        self.reply = ""
        self.transcript.clear()
        self.stages.reset(result.stage for result in report.stages)
        self._replay = iter(replayed(report))
        self._replay_some()

    def _replay_some(self) -> None:
        """Add some of the stored conversation; a long one comes in parts, so that the window never stands still."""
        if self._replay is None or self.report is None:
            return
        items = list(islice(self._replay, REPLAYED_AT_ONCE))
        self.transcript.append(items)
        if len(items) == REPLAYED_AT_ONCE:
            QTimer.singleShot(0, self._replay_some)
            return
        self._replay = None
        for result in self.report.stages:
            self._show_result(result)
        self._set_state(State.DONE)
        self.shown.emit(self.report)

    def cancel(self) -> None:
        """End the running check politely; a second call ends it at once."""
        if self._job is None:
            return
        if self.state is State.RUNNING:
            self._job.cancel()
            self._set_state(State.CANCELLING)
        elif self.state is State.CANCELLING:
            self._job.abort()

    def abort(self) -> None:
        """End the running check at once."""
        if self._job is not None:
            self._job.abort()

    def seconds_in_stage(self) -> float:
        """Return how long the present stage has run."""
        return time.monotonic() - self._stage_began_at if self._stage_began_at else 0.0

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def _take(self, events: list[Any]) -> None:
        from core.request import CheckRequest
        from core.session.events import CheckFinished, LineRecorded, NoteRecorded, StageEnded, StageStarted

        items: list[Any] = []
        for event in events:
            if isinstance(event, LineRecorded | NoteRecorded):
                items.append(event.line)
            elif isinstance(event, StageStarted):
                self._stage_began_at = time.monotonic()
                self.stages.start(event)
                self.stage_began.emit()
            elif isinstance(event, StageEnded):
                items.append(event.result)
                self.transcript.append(items)
                items = []
                self._stage_ended(event)
            elif isinstance(event, CheckFinished):
                self.report = event.report
            elif isinstance(event, CheckRequest):
                self.request = event
                self.stages.reset(event.stages)
                self.began.emit(event)
        self.transcript.append(items)

    def _stage_ended(self, event: Any) -> None:
        self._show_result(event.result)

    def _show_result(self, result: StageResult) -> None:
        code = ""
        if result.status is StageStatus.FAILED:
            row = self.transcript.mark_failed(result.stage)
            if row >= 0:
                code = reply_code([self.transcript.row(row)])
                self.failing_row.emit(row)
            self.reply = code
        self.stages.end(result, code)

    def _done(self, report: Report) -> None:
        self.report = self.report or report
        self._job = None
        for result in self.report.stages:
            if self.stages.result(result.stage) is None:
                self.stages.end(result)
        self._set_state(State.DONE)
        self.finished.emit(self.report)

    def _broken(self, error: BaseException) -> None:
        self._job = None
        self._set_state(State.DONE if self.report else State.IDLE)
        if isinstance(error, Exception):
            self.failed_to_run.emit(self.tr("The check could not be run."))
            self._engine.crashed.emit(error)
        else:
            self.failed_to_run.emit(self.tr("The check was ended before it had a result."))


async def check_in_job(job: Job, request: CheckRequest) -> Report:
    """Run the check in the loop thread; the request goes first, so that the window knows its stages."""
    from core.session.check import Check

    job.emit(request)
    check = Check(request, job.emit)
    job.on_cancel = check.cancel
    return await check.run()


async def rehearse_in_job(job: Job, scenario: str, request: CheckRequest) -> Report:
    """Run the check against the practice server `scenario`, as if it were the server that `request` names."""
    from dataclasses import replace

    from core.practice.rehearsal import rehearse

    async with rehearse(scenario) as served:
        ours = replace(
            request,
            dial=served.dial,
            ca_file=request.ca_file or served.ca_file,
            dns_evidence=False,
            practice=served.practice,
        )
        return await check_in_job(job, ours)
