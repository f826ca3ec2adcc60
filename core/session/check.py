"""A check: walks the stages in order, owns deadline and cancel, tells what happens, ends in one report.

check = Check(request, emit)      # emit takes core.session.events, in the loop's thread
report = await check.run()        # never raises for what the network does
check.cancel()                    # at any moment; the conversation ends politely and the report tells how far it came
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from core.addresses import is_ip_address
from core.evidence import gather, resolving
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.providers import provider_of
from core.reports import build
from core.reports.report import Finding, Report, StageResult
from core.request import CheckRequest, Security
from core.secret import Redactor
from core.session import events, tls, trust
from core.session.conversation import Conversation, Passed, SignInTurn, StageFailed
from core.session.message import build as build_message
from core.session.message import new_check_id
from core.session.steps import encrypting, envelope, greeting, handing_over, reaching, signing_in
from core.session.transcript import Line, Transcript, seconds
from core.session.wire import Wire, WireError
from core.stages import Outcome, Stage, StageStatus

FAREWELL_LIMIT = 3.0
"""Seconds for RSET and QUIT, on top of everything else; a server that went silent gets less."""

EVIDENCE_GRACE = 1.5
"""Seconds that evidence beside the conversation may go on after it."""

_OUT_OF_STEP = frozenset({"silence", "dripping", "endless-reply", "overlong-line", "malformed-reply", "deadline"})
"""After these nobody knows which reply belongs to which command, so there is none to wait for."""

_WAITS_FOR = {
    Stage.SETTINGS: "the settings to be looked at",
    Stage.DNS: "the address of {server}",
    Stage.CONNECT: "{server} to take the connection on port {port}",
    Stage.BANNER: "the greeting of {server}",
    Stage.EHLO: "the answer to EHLO",
    Stage.STARTTLS: "the server to agree to encryption",
    Stage.TLS: "the TLS handshake",
    Stage.EHLO_TLS: "the answer to EHLO over TLS",
    Stage.AUTH: "the answer to the sign-in",
    Stage.MAIL_FROM: "the answer to the sender",
    Stage.RCPT_TO: "the answer to the recipient",
    Stage.DATA: "the server to ask for the message",
    Stage.MESSAGE: "the server to accept the message",
}


class Check:
    """One check of one request. `id` is in every event; use an instance once. `turn`: see `SignInTurn`."""

    def __init__(
        self,
        request: CheckRequest,
        emit: Callable[[events.Event], None] = lambda event: None,
        *,
        knowledge: Knowledge | None = None,
        turn: SignInTurn | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.request = request
        self._emit = emit
        self._turn = turn
        self._knowledge = knowledge or load_knowledge()
        self._walk: asyncio.Task[None] | None = None
        self._cancelled = False
        self._stop_measuring = threading.Event()
        self._started = time.monotonic()
        self._findings: list[Finding] = []
        credentials = request.credentials
        self._redactor = Redactor([credentials.secret] if credentials else [])
        self._transcript = Transcript(self._ms, self._line_added, self._redactor.clean)

    # --- for front ends --------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """End the check as soon as possible; `run` then returns its report with the outcome "cancelled".

        Where the outcome was known already and only the goodbye was left, it stays.
        """
        self._cancelled = True
        self._stop_measuring.set()
        if self._walk is not None and not self._walk.cancel() and self._talk.wire is not None:
            self._talk.wire.drop()

    async def run(self) -> Report:
        """Hold the conversation and return the report.

        Raises only what is a mistake of the program. If the task itself is cancelled, the report still goes out as an
        event before CancelledError goes on.
        """
        self._started = time.monotonic()
        started_at = dt.datetime.now(dt.UTC)
        request = self.request
        talk = Conversation(
            request=request,
            transcript=self._transcript,
            place=provider_of(request.server, self._knowledge),
            add_finding=self._finding_added,
            clean=self._redactor.clean,
            turn=self._turn,
        )
        self._talk = talk
        closer_look = self._start_closer_look()
        gathering = gather.start(request, talk.place, self._knowledge)
        talk.gathering = gathering
        if request.security is not Security.NONE:
            threading.Thread(target=trust.warm_up, name="roots", daemon=True).start()
        failure: StageFailed | None = None
        interrupted: asyncio.CancelledError | None = None
        self._walk = asyncio.ensure_future(self._walk_stages(talk, closer_look))
        try:
            if self._cancelled:
                self._walk.cancel()
            await self._within_deadline(self._walk)
        except StageFailed as stage_failed:
            failure = stage_failed
        except asyncio.CancelledError as cancelled:
            self._walk.cancel()
            await asyncio.wait({self._walk})
            if not self._cancelled:
                interrupted = cancelled
            self._cancelled = True
        except BaseException:
            await self._abandon(talk, closer_look)  # a mistake of the program: leave nothing running behind it
            raise
        try:
            await asyncio.gather(self._leave(talk, failure), self._measure_path(talk, failure))
            resolved = await self._collect(closer_look)
            talk.evidence = await gathering.finish(0 if self._cancelled else EVIDENCE_GRACE)
        except asyncio.CancelledError as cancelled:
            interrupted = interrupted or cancelled
            resolved = None
            await self._abandon(talk, closer_look)
        if resolved is not None:
            talk.resolver = talk.resolver or resolved.resolver
            self._add_details(talk, Stage.DNS, {"evidence": resolved.as_details()})
        report = build.build_report(
            talk,
            failure,
            findings=self._findings,
            cancelled=self._walk.cancelled() and failure is None,
            started_at=started_at,
            duration_ms=self._ms(),
            knowledge=self._knowledge,
        )
        self._tell_the_rest(talk, report)
        self._emit(events.CheckFinished(self.id, self._ms(), report))
        if interrupted is not None:
            raise interrupted
        return report

    # --- the walk --------------------------------------------------------------------------------------------

    async def _within_deadline(self, walk: asyncio.Task[None]) -> None:
        done, _ = await asyncio.wait({walk}, timeout=self.request.deadline)
        if done:
            walk.result()
            return
        walk.cancel()
        await asyncio.wait({walk})
        if not walk.cancelled():
            walk.result()  # it ended, or failed, at the last moment
            return
        stage = self._transcript.stage
        self._fail(
            stage,
            StageFailed(
                f"The time for the whole check ({seconds(self.request.deadline)}) ran out.", signs={"deadline"}
            ),
        )

    async def _walk_stages(self, talk: Conversation, closer_look: asyncio.Task[resolving.Resolved] | None) -> None:
        """Take one stage after the other; the first that fails ends the walk with StageFailed."""
        for stage in self.request.stages:
            await self._take(stage, talk, closer_look)
            if stage is self.request.quit_after:
                return

    async def _take(
        self, stage: Stage, talk: Conversation, closer_look: asyncio.Task[resolving.Resolved] | None
    ) -> None:
        self._transcript.stage = stage
        words = _WAITS_FOR[stage].format(server=self.request.server, port=self.request.port)
        self._stage_began = time.monotonic()
        self._emit(events.StageStarted(self.id, self._ms(), stage, words, self.request.timeout))
        try:
            passed = await self._stage(stage, talk, closer_look)
        except StageFailed as failure:
            self._fail(stage, failure)
        except WireError as error:
            self._fail(stage, StageFailed.by_wire(error))
        else:
            self._end(stage, passed.status, passed.summary, passed.details)

    async def _stage(
        self, stage: Stage, talk: Conversation, closer_look: asyncio.Task[resolving.Resolved] | None
    ) -> Passed:
        match stage:
            case Stage.SETTINGS:
                if self.request.security is not Security.NONE:
                    # Made here, so that no server has to wait for it.
                    talk.tls_context = tls.context(self.request.tls, talk.tls_trace)
                return Passed("The settings fit together.", self._settings())
            case Stage.DNS:
                return await reaching.dns(talk, closer_look)
            case Stage.CONNECT:
                return await reaching.connect(talk)
            case Stage.BANNER:
                return await greeting.banner(talk)
            case Stage.EHLO:
                return await greeting.ehlo(talk)
            case Stage.STARTTLS:
                return await encrypting.starttls(talk)
            case Stage.TLS:
                if not self.request.implicit_tls and not self._agreed_to_encrypt(talk):
                    return Passed("Not encrypted, so there is no handshake.", status=StageStatus.SKIPPED)
                return await encrypting.handshake(talk)
            case Stage.EHLO_TLS:
                if self.request.implicit_tls:
                    return Passed("Not needed: the first EHLO was already encrypted.", status=StageStatus.SKIPPED)
                if not talk.encrypted:
                    return Passed("Not encrypted, so there is no second EHLO.", status=StageStatus.SKIPPED)
                return await greeting.ehlo_tls(talk)
            case Stage.AUTH:
                return await signing_in.sign_in(talk)
            case Stage.MAIL_FROM:
                return await envelope.mail_from(talk)
            case Stage.RCPT_TO:
                return await envelope.rcpt_to(talk)
            case Stage.DATA:
                return await handing_over.data(talk)
            case Stage.MESSAGE:
                content = build_message(self.request, new_check_id()) if self.request.send else None
                return await handing_over.message(talk, content)

    @staticmethod
    def _agreed_to_encrypt(talk: Conversation) -> bool:
        return talk.results[Stage.STARTTLS].status in {StageStatus.PASSED, StageStatus.WARNING}

    def _settings(self) -> dict[str, Any]:
        request = self.request
        return {
            "server": request.server,
            "port": request.port,
            "security": request.security.value,
            "sign_in": request.credentials is not None,
            "timeout_s": request.timeout,
            "deadline_s": request.deadline,
        }

    def _fail(self, stage: Stage, failure: StageFailed) -> NoReturn:
        details = dict(failure.details)
        if failure.reply is not None:
            details.setdefault("reply", failure.reply.verbatim())  # cleaned, then cut, by `_end`
        self._end(stage, StageStatus.FAILED, failure.summary, details)
        raise failure

    # --- the end ---------------------------------------------------------------------------------------------

    async def _measure_path(self, talk: Conversation, failure: StageFailed | None) -> None:
        """After a silence that lost large packets could explain, find out whether they get through at all."""
        remaining = self.request.deadline - self._ms() / 1000
        if failure is None or self._cancelled or "deadline" in failure.signs:
            return
        stage = next((stage for stage, result in talk.results.items() if result.status is StageStatus.FAILED), None)
        if stage is None or not (failure.tls_error == "timed-out" or "silence" in failure.signs):
            return
        from core.pathmtu import after_silence  # only now: most checks need none of it

        if not after_silence.silence_suspects_size(stage, failure.signs, failure.tls_error):
            return
        self._add_details(talk, stage, {"packet_size_suspected": True})
        address = talk.server_address
        if address is None or not after_silence.worth_measuring(address) or remaining < after_silence.LEAST_TIME:
            return
        talk.note(f"Silence after a good start: measuring the packet size (MTU) to {address} …")
        talk.path_mtu = await after_silence.measure_for_check(
            self.request.server, address, remaining, self._stop_measuring, talk.results.get(Stage.TLS)
        )
        talk.note(f"Packet size (MTU): {talk.path_mtu.title}")
        self._finding_added(after_silence.finding_of(talk.path_mtu, stage))

    async def _leave(self, talk: Conversation, failure: StageFailed | None) -> None:
        """Say goodbye within a short time, and see the connection closed."""
        if talk.wire is not None:
            await self._say_goodbye(talk, talk.wire, failure)
            await talk.wire.wait_closed(0.5)

    async def _say_goodbye(self, talk: Conversation, wire: Wire, failure: StageFailed | None) -> None:
        """Say QUIT; the message transaction is taken back first (RFC 5321 §4.1.1.5)."""
        if failure is not None and failure.tls_error is not None and not wire.encrypted:
            wire.drop()  # after a failed handshake there is no common language left
            return
        if self._cancelled or (failure is not None and failure.signs & _OUT_OF_STEP):
            await wire.leave_without_waiting()
            return
        mail_began = Stage.MAIL_FROM in talk.results
        finished = Stage.MESSAGE in talk.results and talk.results[Stage.MESSAGE].status is StageStatus.PASSED
        commands = ("RSET", "QUIT") if mail_began and not finished else ("QUIT",)
        await wire.farewell(commands, FAREWELL_LIMIT, pipelining=talk.extensions.offers("PIPELINING"))

    def _start_closer_look(self) -> asyncio.Task[resolving.Resolved] | None:
        request = self.request
        if not request.dns_evidence or request.dial is not None or is_ip_address(request.server):
            return None
        # Beside the system's look-up this is evidence and may be short; through a given resolver it is the look-up.
        limit = min(request.timeout, 5.0) if request.resolver is None else request.timeout
        return asyncio.ensure_future(resolving.look_closer(request.server, request.resolver, limit))

    async def _abandon(self, talk: Conversation, closer_look: asyncio.Task[resolving.Resolved] | None) -> None:
        """Drop everything that still runs."""
        if talk.wire is not None:
            talk.wire.drop()
        if closer_look is not None:
            closer_look.cancel()
        if talk.gathering is not None:
            await talk.gathering.cancel()

    async def _collect(self, closer_look: asyncio.Task[resolving.Resolved] | None) -> resolving.Resolved | None:
        if closer_look is None:
            return None
        done, _ = await asyncio.wait({closer_look}, timeout=0 if self._cancelled else EVIDENCE_GRACE)
        if done:
            return closer_look.result()
        closer_look.cancel()
        await asyncio.wait({closer_look}, timeout=0.2)
        return None

    def _tell_the_rest(self, talk: Conversation, report: Report) -> None:
        """Announce the stages that were not walked, so that a front end has a result for each."""
        for result in report.stages:
            if result.stage not in talk.results:
                self._emit(events.StageEnded(self.id, self._ms(), result))
        for finding in report.findings:
            if finding not in self._findings:
                self._emit(events.FindingAdded(self.id, self._ms(), finding))

    # --- what is told ----------------------------------------------------------------------------------------

    def _ms(self) -> float:
        return (time.monotonic() - self._started) * 1000

    def _line_added(self, line: Line) -> None:
        kind = events.NoteRecorded if line.direction == "note" else events.LineRecorded
        self._emit(kind(self.id, line.ms, line))

    def _finding_added(self, finding: Finding) -> None:
        if finding not in self._findings and len(self._findings) < 50:
            self._findings.append(finding)
            self._emit(events.FindingAdded(self.id, self._ms(), finding))

    def _end(self, stage: Stage, status: StageStatus, summary: str, details: dict[str, Any]) -> None:
        text = self._knowledge.stages[stage]
        result = StageResult(
            stage=stage,
            status=status,
            duration_ms=round((time.monotonic() - self._stage_began) * 1000, 1),
            summary=self._redactor.clean(summary),
            proves=text.proves if status in {StageStatus.PASSED, StageStatus.WARNING} else "",
            does_not_prove=text.does_not_prove if status in {StageStatus.PASSED, StageStatus.WARNING} else "",
            details=build.clean_details(details, self._redactor.clean),
        )
        self._talk.results[stage] = result
        self._emit(events.StageEnded(self.id, self._ms(), result))

    def _add_details(self, talk: Conversation, stage: Stage, details: dict[str, Any]) -> None:
        if stage in talk.results:
            old = talk.results[stage]
            merged = {**old.details, **build.clean_details(details, self._redactor.clean)}
            talk.results[stage] = msgspec.structs.replace(old, details=merged)


def exit_status(report: Report) -> int:
    """Return the exit status of the command line for `report`: 0 accepted, 1 stopped, 3 deferred, 130 cancelled."""
    return {Outcome.ACCEPTED: 0, Outcome.STOPPED: 1, Outcome.DEFERRED: 3, Outcome.CANCELLED: 130}[report.outcome]
