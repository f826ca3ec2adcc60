"""Listens to devices in the loop's thread, and folds what it hears into the models. No widgets in here."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from gui.engine import Engine, Job
from gui.models.sessions import SessionModel

if TYPE_CHECKING:
    from core.listening.choosing import ListenForm, ParsedListening
    from core.listening.observation import (
        Judgement,
        ListenDocument,
        ListeningStarted,
        Place,
        SessionSeen,
    )


class ListenState(Enum):
    """Where the controller is: Idle → Starting → Listening → Stopping → Idle."""

    IDLE = "idle"
    STARTING = "starting"
    LISTENING = "listening"
    STOPPING = "stopping"


class Judged(NamedTuple):
    """A judgement on its way from the loop's thread, with its gravest severity."""

    judgement: Judgement
    worst: str


class Told(NamedTuple):
    """What is known of a session, with its headline, on its way from the loop's thread."""

    seen: SessionSeen
    headline: str
    ended: bool


class ListenController(QObject):
    """One time of listening after the other. Signals come in the window's thread."""

    state_changed = Signal()
    unfit = Signal(object)
    """What was typed can't be used; carries the FieldProblems, hints too."""
    hints = Signal(object)
    started = Signal(object)
    """It listens; carries the ListeningStarted, which may hold problems of single ports."""
    cannot_listen = Signal(object)
    """No port could be had; carries the ListenProblems."""
    advice = Signal(object)
    """A ListenProblem while listening, such as that nothing arrives."""
    session_began = Signal(int)
    session_changed = Signal(int)
    """More is known, or it was judged anew; carries its number."""
    line_added = Signal(int, bool)
    """A line was said in a session; whether on the real server's side."""
    turned_away = Signal(object)
    stopped = Signal(object)
    """It ended; carries the ListenDocument."""
    kept = Signal(str)
    """The run is in the history (empty), or a sentence that says why not."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._job: Job | None = None
        self.state = ListenState.IDLE
        self.sessions = SessionModel(self)
        self.places: tuple[Place, ...] = ()
        self.document: ListenDocument | None = None
        self.service: str | None = None
        self.device: str | None = None

    @property
    def busy(self) -> bool:
        """Whether it listens, or is about to begin or to end."""
        return self.state is not ListenState.IDLE

    def start(self, form: ListenForm) -> None:
        """Listen as `form` says, or say by `unfit` what is wrong with it; does nothing while it listens."""
        if self.busy:
            return
        self.service, self.device = form.service or None, form.device or None
        self._job = self._engine.submit(
            lambda job: self._work(job, form), events=self._take, done=self._done, failed=self._failed
        )
        self._set_state(ListenState.STARTING)

    def stop(self) -> None:
        """End listening; what was seen stays. A second call ends it at once."""
        if self._job is None:
            return
        if self.state is ListenState.STOPPING:
            self._job.abort()
        else:
            self._job.cancel()
            self._set_state(ListenState.STOPPING)

    def abort(self) -> None:
        """End listening at once."""
        if self._job is not None:
            self._job.abort()

    def forget(self) -> None:
        """Drop the sessions of the last time."""
        if not self.busy:
            self.sessions.clear()
            self.document = None
            self.places = ()

    def judge_for(self, service: str | None, device: str | None) -> None:
        """Judge all sessions, and those to come, for another service or in the words of another device."""
        self.service, self.device = service, device
        seen = [self.sessions.row(place).seen for place in range(self.sessions.rowCount())]
        if not seen:
            return

        async def work(_job: Job) -> list[Judged]:
            return [_judged(one, service, device) for one in seen]

        def done(found: list[Judged]) -> None:
            if (service, device) == (self.service, self.device):  # else something else was chosen since
                self._take(found)

        self._engine.submit(work, done=done)

    def written(
        self, render: Callable[[ListenDocument], str], done: Callable[[str], None], *, session: int | None = None
    ) -> None:
        """Make the time of listening, or one session of it, into text with `render`, judged as is chosen.

        `render` runs in the loop's thread, `done` in the window's.
        """
        document, service, device = self.snapshot(session), self.service, self.device
        if document is None:
            return

        async def work(_job: Job) -> str:
            from core.listening.rendering import judged

            return render(judged(document, service or "", device or ""))

        self._engine.submit(work, done=done)

    def snapshot(self, session: int | None = None) -> ListenDocument | None:
        """Return the document, while it listens one of what is known by now; None without any session."""
        import msgspec

        if self.document is not None:
            document = self.document
        elif self.sessions.rowCount():
            from core.listening.observation import ListenDocument

            rows = [self.sessions.row(place) for place in range(self.sessions.rowCount())]
            document = ListenDocument(
                started_at=rows[0].seen.started_at,
                duration_ms=rows[-1].seen.duration_ms,
                title=rows[-1].headline,
                server="",
                outcome="seen",
                places=self.places,
                sessions=tuple(
                    row.seen if row.seen.transcript else msgspec.structs.replace(row.seen, transcript=tuple(row.lines))
                    for row in rows
                ),
                sessions_dropped=self.sessions.dropped,
            )
        else:
            return None
        if session is not None:
            chosen = tuple(seen for seen in document.sessions if seen.number == session)
            document = msgspec.structs.replace(document, sessions=chosen)
        return document if document.sessions else None

    # In the loop's thread

    async def _work(self, job: Job, form: ListenForm) -> ListenDocument | ParsedListening:
        from core.listening.choosing import parse_listening
        from core.listening.observation import ListeningStopped
        from core.listening.rendering import judged
        from core.listening.server import Listening

        parsed = parse_listening(form)
        if parsed.request is None:
            return parsed
        job.emit(parsed)
        ended: list[ListenDocument] = []

        def tell(event: object) -> None:
            if isinstance(event, ListeningStopped):
                ended.append(event.document)
            self._tell(job, event)

        listening = Listening(parsed.request, tell)
        job.on_cancel = listening.stop
        try:
            return await listening.run()
        finally:  # when it was ended at once as well: no run is lost
            for document in ended:
                kept = judged(document, self.service or "", self.device or "")
                job.emit(_keep(kept) if document.sessions else "")

    def _tell(self, job: Job, event: object) -> None:
        """Hand an event on, with what the window should not have to work out."""
        from core.listening.facts import headline
        from core.listening.observation import SessionChanged, SessionEnded, SessionStarted

        if isinstance(event, SessionStarted | SessionChanged | SessionEnded):
            job.emit(Told(event.seen, headline(event.seen), isinstance(event, SessionEnded)))
            if not isinstance(event, SessionStarted):
                job.emit(_judged(event.seen, self.service, self.device))
        else:
            job.emit(event)

    # In the window's thread

    def _take(self, events: list[Any]) -> None:
        from core.listening.choosing import ParsedListening
        from core.listening.observation import (
            LineSeen,
            ListeningStarted,
            ListeningStopped,
            ListenProblem,
            PeerTurnedAway,
        )

        for event in events:
            if isinstance(event, LineSeen):
                if self.sessions.add_line(event.session, event.line, relay=event.relay):
                    self.line_added.emit(event.session, event.relay)
            elif isinstance(event, Told):
                self._told(event)
            elif isinstance(event, Judged):
                self.sessions.judge(event.judgement, event.worst)
                self.session_changed.emit(event.judgement.session)
            elif isinstance(event, ListeningStarted):
                self._begin(event)
            elif isinstance(event, ListenProblem):
                self.advice.emit(event)
            elif isinstance(event, PeerTurnedAway):
                self.turned_away.emit(event.turned_away)
            elif isinstance(event, ListeningStopped):
                self.document = event.document
            elif isinstance(event, ParsedListening):
                self.hints.emit(event.problems)
            elif isinstance(event, str):
                self.kept.emit(event)

    def _begin(self, event: ListeningStarted) -> None:
        self.sessions.clear()
        self.document = None
        self.places = event.places
        if self.state is ListenState.STARTING:
            self._set_state(ListenState.LISTENING)
        self.started.emit(event)

    def _told(self, told: Told) -> None:
        new = self.sessions.row_of(told.seen.number) < 0
        self.sessions.put(told.seen, told.headline, ended=told.ended)
        if new:
            self.session_began.emit(told.seen.number)
        self.session_changed.emit(told.seen.number)

    def _done(self, result: Any) -> None:
        self._job = None
        self._set_state(ListenState.IDLE)
        if hasattr(result, "problems"):  # a ParsedListening: it never began
            self.unfit.emit(result.problems)
            return
        self.document = result
        self.stopped.emit(result)

    def _failed(self, error: BaseException) -> None:
        self._job = None
        self._set_state(ListenState.IDLE)
        problems = getattr(error, "problems", None)
        if problems:
            self.cannot_listen.emit(problems)
        elif isinstance(error, Exception):
            self._engine.crashed.emit(error)
        elif self.document is not None:
            self.stopped.emit(self.document)

    def _set_state(self, state: ListenState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()


def _judged(seen: SessionSeen, service: str | None, device: str | None) -> Judged:
    from core.listening.judging import judge, worst

    judgement = judge(seen, service, device)
    return Judged(judgement, worst(judgement))


def _keep(document: ListenDocument) -> str:
    """Put a finished run into the history; return why that failed, or nothing."""
    from core.history.store import History
    from core.listening.observation import to_json

    history = History()
    return "" if history.keep(to_json(document)) is not None else history.problem
