"""Runs one search at a time and folds its events into the model. No widgets in here."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from gui.engine import Engine, Job
from gui.models.ways import WaysModel

if TYPE_CHECKING:
    from core.finding.form import FindForm
    from core.finding.model import FindDocument, Plan
    from core.practice.tenant import Tenant
    from core.request import FieldProblem


class State(Enum):
    """Where the controller is: Idle → Looking (DNS) → Running → Cancelling → Done."""

    IDLE = "idle"
    LOOKING = "looking"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"


class _Problems(NamedTuple):
    problems: tuple[FieldProblem, ...]


class FindController(QObject):
    """Owns the model of the ways. Signals come in the window's thread."""

    state_changed = Signal()
    refused = Signal(object)
    """The form has problems: a tuple of FieldProblem, hints too; empty if there is none."""
    planned = Signal(object, bool)
    """The Plan, and whether its ways are about to be tried."""
    moved = Signal()
    """A way began, moved on, or ended."""
    finished = Signal(object)
    """The search ended; carries its FindDocument."""
    failed_to_run = Signal(str)

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._job: Job | None = None
        self.state = State.IDLE
        self.model = WaysModel(self)
        self.plan: Plan | None = None
        self.document: FindDocument | None = None

    @property
    def busy(self) -> bool:
        """Whether a search runs or is about to end."""
        return self.state in {State.LOOKING, State.RUNNING, State.CANCELLING}

    def run(self, form: FindForm, tenant: Tenant | None, *, only_plan: bool = False) -> None:
        """Search with `form`, in a practice `tenant` if given; `only_plan` stops before any server is contacted."""
        if self.busy:
            return

        async def work(job: Job) -> Any:
            from core.finding.search import finder_for, plan_for, read
            from core.knowledge.load import load_knowledge

            knowledge = load_knowledge()
            parsed = read(form, knowledge, tenant)
            job.emit(_Problems(parsed.problems))
            if parsed.request is None:
                return None
            plan = await plan_for(parsed.request, knowledge, tenant=tenant)
            if only_plan:
                return plan
            async with finder_for(parsed.request, plan, job.emit, knowledge, tenant=tenant) as finder:
                job.on_cancel = finder.cancel
                return await finder.run()

        self.document = None
        self._job = self._engine.submit(work, events=self._take, done=self._done, failed=self._broken)
        self._set_state(State.LOOKING)

    def cancel(self) -> None:
        """End the search politely; what is known stays. A second call ends it at once."""
        if self._job is None:
            return
        if self.state in {State.LOOKING, State.RUNNING}:
            self._job.cancel()
            self._set_state(State.CANCELLING)
        else:
            self._job.abort()

    def abort(self) -> None:
        """End the search at once."""
        if self._job is not None:
            self._job.abort()

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def _take(self, events: list[Any]) -> None:
        from core.finding.events import FindStarted, WayEnded, WayProgress, WayStarted

        for event in events:
            if isinstance(event, WayProgress):
                self.model.progress(event.way, event.stage)
            elif isinstance(event, WayEnded):
                self.model.end(event.result)
            elif isinstance(event, WayStarted):
                self.model.start(event.way)
            elif isinstance(event, FindStarted):
                self.plan = event.plan
                self.model.reset(event.plan, begun=True)
                if self.state is State.LOOKING:
                    self._set_state(State.RUNNING)
                self.planned.emit(event.plan, True)
            elif isinstance(event, _Problems):
                self.refused.emit(event.problems)
        self.moved.emit()

    def _done(self, result: Any) -> None:
        from core.finding.model import FindDocument

        self._job = None
        if result is None:
            self._set_state(State.IDLE)
            return
        if isinstance(result, FindDocument):
            self.document = result
            self.model.finish(result)
            self._set_state(State.DONE)
            self.finished.emit(result)
            return
        self.plan = result
        self.model.reset(result)
        self._set_state(State.DONE)
        self.planned.emit(result, False)

    def _broken(self, error: BaseException) -> None:
        self._job = None
        self._set_state(State.IDLE)
        if isinstance(error, Exception):
            self.failed_to_run.emit(self.tr("The search could not be run."))
            self._engine.crashed.emit(error)
        else:
            self.failed_to_run.emit(self.tr("The search was ended before it had a result."))
