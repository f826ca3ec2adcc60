"""`Watch`: repeats a check as its plan says, tells what happens, and ends in one document.

    watch = Watch(request, plan, emit, keeper=Keeper(History()))
    document = await watch.run()      # never raises for what the network or the disk does
    watch.cancel()                    # at any moment; what was found by then stays

Gentle: never closer together than the plan's minimum, further apart after a 4xx, and no further sign-in once one was
refused. Sleep of the computer is noticed and noted; what was missed is not made up for.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from typing import Literal

import msgspec

from core.knowledge.load import Knowledge
from core.reports.report import Report, RequestSummary
from core.request import CheckRequest
from core.session import events as check_events
from core.session.check import FAREWELL_LIMIT, Check
from core.session.transcript import render
from core.stages import Outcome, Stage
from core.watching import events, summing_up
from core.watching.clock import Clock, Moment, SystemClock
from core.watching.document import MAX_REPORTS, EndedBy, Gap, WatchDocument, WatchedRequest, WatchRun
from core.watching.keeping import Keeper
from core.watching.plan import Plan, in_words
from core.watching.schedule import Jump, Schedule


class Watch:
    """One watch of one request; use an instance once. `emit` takes `core.watching.events`, in the loop's thread.

    clock and jitter (-1 to 1) are for tests. `zone` is the time zone of times of day in texts (None: the computer's).
    """

    def __init__(
        self,
        request: CheckRequest,
        plan: Plan,
        emit: Callable[[events.WatchEvent], None] = lambda event: None,
        *,
        keeper: Keeper | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] | None = None,
        zone: dt.tzinfo | None = None,
        knowledge: Knowledge | None = None,
    ) -> None:
        self._request = request
        self._plan = plan
        self._emit = emit
        self._keeper = keeper
        self._clock: Clock = clock or SystemClock()
        self._jitter = jitter or (lambda: random.uniform(-1, 1))  # noqa: S311 - nothing here is secret
        self._zone = zone
        self._knowledge = knowledge
        self._woken = asyncio.Event()
        self._check: Check | None = None
        self._cancelled = False
        self._runs: list[WatchRun] = []
        self._gaps: list[Gap] = []
        self._reports: list[Report] = []
        self._summary: RequestSummary | None = None
        self._ended_by: EndedBy | None = None

    def cancel(self) -> None:
        """End the watch as soon as possible. Belongs to the loop's thread."""
        self._cancelled = True
        self._woken.set()
        if self._check is not None:
            self._check.cancel()

    async def run(self) -> WatchDocument:
        """Watch, and return the document. If the task is cancelled, what was found is kept before that goes on."""
        self._began = self._clock.now()
        schedule = Schedule(self._plan, self._began, self._jitter, counts_sleep=self._clock.counts_sleep)
        self._emit(events.WatchBegan(self._document()))
        try:
            self._ended_by = await self._watch(schedule)
        except BaseException as error:
            # Cancelled, or a mistake of the program: what was found by then is kept all the same, without a thread,
            # since nobody waits for us any longer.
            self._ended_by = "cancelled" if isinstance(error, asyncio.CancelledError) else "trouble"
            document = self._document()
            if self._keeper is not None:
                self._keeper.keep(document)
            self._emit(events.WatchEnded(document))
            raise
        document = self._document()
        problem = await self._keep(document)
        self._emit(events.WatchEnded(document, problem))
        return document

    async def _watch(self, schedule: Schedule) -> EndedBy:
        while True:
            if over := schedule.is_over(self._clock.now()):
                return over
            await self._wait(schedule)
            # After a sleep the time may be over.
            if self._cancelled:
                return "cancelled"
            if over := schedule.is_over(self._clock.now()):
                return over
            ended = await self._run_once(schedule)
            if ended is not None:
                return ended

    async def _wait(self, schedule: Schedule) -> None:
        """Wait until the next run is due; meanwhile look whether the computer has slept."""
        self._tell_wait(schedule)
        while not self._cancelled:
            seconds = schedule.wait(self._clock.now())
            if seconds <= 0:
                return
            await self._clock.wait(seconds, self._woken)
            if self._woken.is_set():
                return
            if self._jumped(schedule.look(self._clock.now(), seconds)):
                self._tell_wait(schedule)

    def _tell_wait(self, schedule: Schedule) -> None:
        now = self._clock.now()
        seconds = schedule.due - now.elapsed
        if seconds > 0:
            self._emit(events.WatchWaits(seconds, now.wall + seconds, schedule.factor > 1))

    def _jumped(self, jump: Jump | None) -> bool:
        if jump is None:
            return False
        if jump.kind == "sleep":
            text = f"The computer slept for {in_words(jump.seconds)}"
            text += f"; {jump.missed} run{'s' if jump.missed != 1 else ''} left out." if jump.missed else "."
        else:
            text = f"The computer’s clock was set by {in_words(jump.seconds)}."
        gap = Gap(
            before_run=len(self._runs) + 1,
            begin=_rfc3339(jump.begin),
            end=_rfc3339(jump.end),
            seconds=round(jump.seconds, 1),
            kind=jump.kind,
            missed=jump.missed,
            text=text,
        )
        self._gaps.append(gap)
        self._emit(events.Slept(gap))
        return True

    async def _run_once(self, schedule: Schedule) -> EndedBy | None:
        """Do one run, and return why it is the last one, None if it is not."""
        number = len(self._runs) + 1
        self._emit(events.RunBegan(number))
        began = self._clock.now()
        check = Check(self._request, self._follow(number), knowledge=self._knowledge)
        self._check = check
        try:
            report = await check.run()
        finally:
            self._check = None
        ended = self._clock.now()
        if report.outcome is Outcome.CANCELLED:
            return "cancelled"
        # A check keeps its own deadline; what goes far beyond that is a sleep.
        longest = self._request.deadline + FAREWELL_LIMIT * 2
        asked = min(report.duration_ms / 1000, longest)
        jump = schedule.look(ended, asked)
        self._jumped(jump)
        slept = jump is not None and jump.kind == "sleep"
        run = _run_of(number, report, began, counted=not slept)
        self._runs.append(run)
        self._summary = report.request
        self._keep_report(report, run)
        schedule.ran(began, ended, deferred=report.outcome is Outcome.DEFERRED)
        document = self._document()
        self._emit(events.RunEnded(run, document, await self._keep(document)))
        return self._is_decisive(run)

    def _is_decisive(self, run: WatchRun) -> EndedBy | None:
        if self._cancelled:
            return "cancelled"
        refused = run.stage is Stage.AUTH and run.outcome is Outcome.STOPPED and self._request.credentials is not None
        if refused and (run.counted or run.reply is not None):
            return "credentials"  # an answer is one, also where the computer slept beside it
        if not run.counted:
            return None
        if self._plan.until == "success" and run.outcome is Outcome.ACCEPTED:
            return "success"
        if self._plan.until == "failure" and run.outcome is not Outcome.ACCEPTED:
            return "failure"
        return None

    def _follow(self, number: int) -> Callable[[check_events.Event], None]:
        def follow(event: check_events.Event) -> None:
            if isinstance(event, check_events.StageStarted):
                self._emit(events.RunStage(number, event.stage, event.waiting_for))

        return follow

    def _keep_report(self, report: Report, run: WatchRun) -> None:
        """Keep the first report of each kind of trouble: it is the evidence that a summary is not."""
        ends = {(kept.failed_stage, kept.diagnosis.cause) for kept in self._reports}
        new = (report.failed_stage, report.diagnosis.cause) not in ends
        if run.counted and run.outcome is not Outcome.ACCEPTED and new and len(self._reports) < MAX_REPORTS:
            self._reports.append(report)

    async def _keep(self, document: WatchDocument) -> str:
        if self._keeper is None:
            return ""
        await asyncio.to_thread(self._keeper.keep, document)
        return self._keeper.problem

    def _document(self) -> WatchDocument:
        request = self._request
        now = _rfc3339(self._clock.now().wall)
        ended = self._ended_by is not None
        sentence = summing_up.summary(self._runs, self._zone)
        state: Literal["running", "finished"] = "finished" if ended else "running"
        return WatchDocument(
            started_at=_rfc3339(self._began.wall),
            title=sentence,
            server=request.server,
            port=request.port,
            cause=summing_up.cause(self._runs),
            outcome=summing_up.outcome(self._runs),
            state=state,
            ended_by=self._ended_by,
            updated_at=now,
            ended_at=now if ended else None,
            every_s=self._plan.every,
            duration_s=self._plan.duration,
            until=self._plan.until,
            security=request.security.value,
            request=_asked(request, self._summary),
            summary=sentence,
            counts=summing_up.counts(self._runs),
            notes=summing_up.notes(self._runs, self._gaps, self._zone),
            runs=tuple(self._runs),
            gaps=tuple(self._gaps),
            reports=tuple(msgspec.json.decode(msgspec.json.encode(report)) for report in self._reports),
        )


def _asked(request: CheckRequest, summary: RequestSummary | None) -> WatchedRequest:
    """Return what each run asks for: as a report says it, or before the first one without the user name.

    Only a check cleans it: people type the password into the wrong field.
    """
    return WatchedRequest(
        ehlo=summary.ehlo if summary else request.ehlo,
        user=summary.user if summary else None,
        from_=summary.from_ if summary else request.sender.text,
        to=summary.to if summary else tuple(recipient.text for recipient in request.recipients),
        send=request.send,
        device=request.device,
        tls_limits=request.tls.describe() or None,
        practice=request.practice,
    )


def _run_of(number: int, report: Report, began: Moment, *, counted: bool) -> WatchRun:
    slowest = max(report.stages, key=lambda result: result.duration_ms, default=None)
    failed = next((result for result in report.stages if result.stage is report.failed_stage), None)
    reply = failed.details.get("reply") if failed is not None else None
    return WatchRun(
        number=number,
        started_at=_rfc3339(began.wall),
        duration_ms=report.duration_ms,
        outcome=report.outcome,
        stage=report.failed_stage,
        cause=report.diagnosis.cause,
        title=report.diagnosis.title,
        reply=render(reply, limit=500) if isinstance(reply, str) and reply else None,
        server_address=report.proof.server_address,
        public_address=report.proof.public_address,
        slowest_stage=slowest.stage if slowest is not None else None,
        slowest_ms=slowest.duration_ms if slowest is not None else 0.0,
        counted=counted,
    )


def _rfc3339(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")
