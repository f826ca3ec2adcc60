"""Pass-through: the real server's side of a session that is relayed live.

There is one server, confirmed by the user, and the recipients confirmed with it; nobody else is ever written to. Its
TLS is verified as in a check. A sign-in is handed on line by line and only over an encrypted and trusted connection;
it is kept nowhere. Dots are stuffed after every kind of line end, so that no message can hide commands in itself.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from core.addresses import NULL_PATH, Mailbox
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.providers import provider_of
from core.listening.observation import Event, LineSeen, RelayReply, RelaySeen
from core.listening.recorder import Recorder
from core.listening.request import Relay
from core.listening.sign_in import secret_in
from core.reports import build
from core.reports.report import StageResult
from core.request import CheckRequest, Credentials, Mechanism, Security
from core.secret import Redactor, Secret
from core.session import tls
from core.session.conversation import Conversation, Passed, StageFailed
from core.session.replies import Reply
from core.session.steps import encrypting, greeting, reaching
from core.session.transcript import Line, Transcript, render
from core.session.wire import WireError
from core.stages import Stage, StageStatus

MAX_REPLIES = 300
MAX_LINES = 600
_FAREWELL = 3.0


class UpstreamLost(Exception):
    """The real server is gone or was never there; `reply` is what the device is told (its own words if it had any)."""

    def __init__(self, text: str, reply: str) -> None:
        super().__init__(text)
        self.reply = reply


class Consent:
    """What was confirmed, and what is left of it, over all sessions of one time of listening."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._peer = relay.peer
        self._left = relay.messages

    def may_speak(self, peer: str) -> bool:
        """Return whether sessions of `peer` may be passed through, as far as it is decided by now."""
        return self._peer in {None, peer}

    def claim(self, peer: str) -> bool:
        """Take `peer` for the one device if there is none yet; return whether it is the one."""
        self._peer = self._peer or peer
        return self._peer == peer

    @property
    def used_up(self) -> bool:
        """Whether as many messages were handed over, or are under way, as were confirmed."""
        return self._left <= 0

    def take_one(self) -> None:
        """Count a message that is on its way."""
        self._left -= 1

    def give_back(self) -> None:
        """Count it no more: the real server did not take it."""
        self._left += 1


class Upstream:
    """The connection to the real server for one session. Methods raise UpstreamLost; `seen` may be asked any time."""

    def __init__(
        self,
        consent: Consent,
        recorder: Recorder,
        tell: Callable[[Event], None],
        clean: Callable[[str], str],
    ) -> None:
        """Take the session's `recorder` for its device, number and clock, so that both sides' times agree."""
        self._consent = consent
        self._relay = relay = consent.relay
        self._peer = recorder.peer[0]
        self._session = recorder.number
        self._tell = tell
        self._usual_clean = clean
        self._clean = clean
        self._knowledge: Knowledge = load_knowledge()
        self._ms = recorder.ms
        self._started_at = dt.datetime.now(dt.UTC)
        self._replies: list[RelayReply] = []
        self._failure: StageFailed | None = None
        self._delivered = False
        self._signed_in = False
        self._opened = False
        self._in_transaction = False
        self._asked_at: float | None = None
        self._transcript = Transcript(self._ms, self._line_added, self._cleaned, max_lines=MAX_LINES)
        request = CheckRequest(
            server=relay.server,
            port=relay.port,
            sender=NULL_PATH,
            recipients=relay.recipients,
            ehlo="",
            security=relay.security,
            send=True,
            timeout=relay.timeout,
            ca_file=relay.ca_file,
            dns_evidence=False,
            dial=relay.dial,
            practice=relay.practice,
        )
        self._talk = Conversation(
            request=request,
            transcript=self._transcript,
            place=provider_of(relay.server, self._knowledge),
            add_finding=lambda finding: None,
            clean=self._cleaned,
        )

    # What the machine asks

    @property
    def passes_sign_in(self) -> bool:
        """Whether the device's sign-in is handed on: confirmed, and over a connection that deserves it."""
        return self._relay.sign_in and self._talk.trusted

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms that the real server offers, in its order and in capitals."""
        return tuple(mechanism.upper() for mechanism in self._talk.extensions.mechanisms)

    @property
    def delivered(self) -> bool:
        """Whether the real server took a message."""
        return self._delivered

    @property
    def opened(self) -> bool:
        """Whether the real server was asked in this session."""
        return self._opened

    @property
    def in_transaction(self) -> bool:
        """Whether the real server has a sender and waits for what follows."""
        return self._in_transaction

    @property
    def used_up(self) -> bool:
        """Whether no more messages may be passed on."""
        return self._consent.used_up

    def claim(self) -> bool:
        """Return whether this session's device is the one that is passed through; the first that asks becomes it."""
        return self._consent.claim(self._peer)

    def allows(self, address: str) -> bool:
        """Return whether `address` is a confirmed recipient."""
        return self._relay.allows(address)

    async def open(self, hello: str) -> tuple[str, ...]:
        """Reach the server and introduce ourselves as the device does; return its extension lines. Once a session."""
        if not self._opened:
            self._opened = True
            # Its own name as it gave it; what can't stand in a command becomes visible instead.
            self._talk.request = replace(self._talk.request, ehlo=render(hello, limit=255))
            await self._reach()
        return tuple(self._talk.extensions.as_lines())

    async def _reach(self) -> None:
        talk, request = self._talk, self._talk.request
        if request.security is not Security.NONE:
            talk.tls_context = tls.context(request.tls, talk.tls_trace)
        await self._take(Stage.DNS, reaching.dns(talk, None))
        await self._take(Stage.CONNECT, reaching.connect(talk))
        if request.implicit_tls:
            await self._take(Stage.TLS, encrypting.handshake(talk))
        await self._take(Stage.BANNER, greeting.banner(talk))
        await self._take(Stage.EHLO, greeting.ehlo(talk))
        if request.security is Security.STARTTLS:
            await self._take(Stage.STARTTLS, encrypting.starttls(talk))
            await self._take(Stage.TLS, encrypting.handshake(talk))
            await self._take(Stage.EHLO_TLS, greeting.ehlo_tls(talk))

    async def begin_auth(self, mechanism: str, initial: bytes | None) -> Reply:
        """Hand on AUTH with its initial response, if any. `passes_sign_in` must hold."""
        assert self.passes_sign_in
        line = f"AUTH {mechanism}".encode() + (b" " + initial if initial is not None else b"")
        shown = f"AUTH {mechanism}" + (" (the rest hidden)" if initial is not None else "")
        return await self._auth(mechanism, line, shown, [initial] if initial is not None else [])

    async def go_on_auth(self, mechanism: str, line: bytes, responses: list[bytes]) -> Reply:
        """Hand on a further line of the exchange; `responses` are those so far, with it."""
        return await self._auth(mechanism, line, "(hidden)", responses)

    async def _auth(self, mechanism: str, line: bytes, shown: str, responses: list[bytes]) -> Reply:
        # For this one reply the recorder knows the secret: servers quote what they were sent.
        known = secret_in(mechanism, responses)
        lines = [Secret(text.decode("ascii", "replace")) for text in (*responses, line) if len(text) > 8]
        redactor = Redactor([*([known] if known else []), *lines])
        self._clean = lambda text: redactor.clean(self._usual_clean(text))
        wanted = mechanism.lower()
        self._talk.request = replace(
            self._talk.request,
            credentials=Credentials("", Secret("")),
            mechanism=Mechanism(wanted) if wanted in set(Mechanism) else Mechanism.AUTO,
        )
        try:
            reply = await self._say(Stage.AUTH, line, shown=shown, good=(235, 334))
        finally:
            self._clean = self._usual_clean
        self._signed_in = self._signed_in or reply.code == 235
        return reply

    @staticmethod
    def challenge_of(reply: Reply) -> bytes:
        """Return the challenge in a 334, decoded; empty if there is none."""
        import base64
        import binascii

        try:
            return base64.b64decode(reply.text.strip(), validate=True)
        except (binascii.Error, ValueError):
            return b""

    async def mail(self, address: str, parameters: dict[str, str]) -> Reply:
        """Hand on MAIL FROM with those parameters that the real server offers."""
        mailbox = Mailbox(text=address, wire=address, domain=address.rpartition("@")[2].lower())
        self._talk.request = replace(self._talk.request, sender=mailbox if address else NULL_PATH)
        offered = self._talk.extensions
        kept = [
            f" {name}={value}" if value else f" {name}"
            for name, value in parameters.items()
            if name in _KEYWORDS and offered.offers(_KEYWORDS[name])
        ]
        reply = await self._say(Stage.MAIL_FROM, f"MAIL FROM:<{address}>{''.join(kept)}")
        self._in_transaction = self._in_transaction or reply.positive
        return reply

    async def rcpt(self, address: str) -> Reply:
        """Hand on RCPT TO for a confirmed recipient. Raises ValueError for any other: this is no open relay."""
        if not self._relay.allows(address):
            raise ValueError("not a confirmed recipient")
        return await self._say(Stage.RCPT_TO, f"RCPT TO:<{address}>", good=(250, 251))

    async def data(self) -> Reply:
        """Hand on DATA. Raises ValueError where the consent is used up."""
        if self._consent.used_up:
            raise ValueError("no more messages were confirmed")
        self._consent.take_one()  # before anything is waited for: other sessions count as well
        reply: Reply | None = None
        try:
            reply = await self._say(Stage.DATA, "DATA", good=(354,))
        finally:
            if reply is None or reply.code != 354:
                self._consent.give_back()
        return reply

    async def reset(self) -> Reply:
        """Hand on RSET."""
        self._in_transaction = False
        return await self._say(None, "RSET")

    async def content(self, lines: AsyncIterator[list[bytes]], ended: Callable[[], bool]) -> Reply | None:
        """Hand on a message as it comes, return the last reply.

        `ended` tells, after the last line, whether the device ended its message; half a one is dropped, and None
        returned. A server that is lost meanwhile is told with 421, once the device is ready to listen.
        """
        self._transcript.stage = Stage.MESSAGE
        try:
            reply = await self._talk.line.stream(_stuffed(lines, ended), self._relay.timeout)
        except _Unfinished:
            self._consent.give_back()
            return None
        except WireError as error:
            self._fail(Stage.MESSAGE, StageFailed.by_wire(error))
            return await self._lost_with(error, lines)
        self._in_transaction = False
        self._delivered = self._delivered or reply.positive
        if not reply.positive:
            self._consent.give_back()
        self._note(Stage.MESSAGE, ".", reply, (250,))
        if reply.positive:
            self._failure = None
        return reply

    async def _lost_with(self, error: WireError, lines: AsyncIterator[list[bytes]]) -> Reply:
        """Let the device finish its message before it is told: it does not listen earlier."""
        async for _ in lines:
            pass
        return error.reply or Reply(421, "4.4.2", (f"The real server: {error}",))

    async def close(self) -> None:
        """Say QUIT where that is still possible, and close."""
        wire = self._talk.wire
        if wire is None:
            return
        await wire.farewell(("QUIT",), _FAREWELL, pipelining=False)
        await wire.wait_closed(0.5)

    def drop(self) -> None:
        """Close at once."""
        if self._talk.wire is not None:
            self._talk.wire.drop()

    # What was seen

    def seen(self) -> RelaySeen | None:
        """Return what the real server said, with the diagnosis once something was decided; None if not asked."""
        if not self._opened:
            return None
        talk = self._talk
        return RelaySeen(
            server=self._relay.server,
            port=self._relay.port,
            security=self._relay.security.value,
            address=talk.server_address,
            tls=talk.negotiated.describe() if talk.negotiated else None,
            trusted=talk.judgement.trusted if talk.judgement else None,
            sign_in=self._signed_in,
            replies=tuple(self._replies),
            failed=self._what_failed(),
            delivered=self._delivered,
            diagnosis=self._diagnosis(),
            transcript=tuple(line.as_report() for line in self._transcript.lines),
        )

    def _diagnosis(self) -> Any:
        if self._failure is None and not self._delivered:
            return None
        report = build.build_report(
            self._talk,
            self._failure,
            findings=(),
            cancelled=False,
            started_at=self._started_at,
            duration_ms=self._ms(),
            knowledge=self._knowledge,
        )
        return report.diagnosis

    # Inside

    @contextlib.contextmanager
    def _awaited(self) -> Iterator[None]:
        """Note since when an answer is awaited; it stays noted where the session is ended meanwhile."""
        self._asked_at = self._ms()
        try:
            yield
        except Exception:
            self._asked_at = None
            raise
        self._asked_at = None

    def _what_failed(self) -> str:
        if self._failure is not None:
            return self._cleaned(self._failure.summary)
        if self._asked_at is None:
            return ""
        seconds = (self._ms() - self._asked_at) / 1000
        return f"It had not answered when listening ended, {seconds:.0f} s after it was asked."

    async def _take(self, stage: Stage, step: Awaitable[Passed]) -> None:
        self._transcript.stage = stage
        try:
            with self._awaited():
                passed = await step
        except WireError as error:
            failure = StageFailed.by_wire(error)
        except StageFailed as error:
            failure = error
        else:
            self._result(stage, passed.status, passed.summary, passed.details)
            return
        self._fail(stage, failure)
        if failure.reply is not None:
            self._heard(stage.value, failure.reply)
        raise UpstreamLost(failure.summary, _told(failure.reply, failure.summary))

    async def _say(
        self, stage: Stage | None, line: str | bytes, *, shown: str | None = None, good: tuple[int, ...] = (250,)
    ) -> Reply:
        if stage is not None:
            self._transcript.stage = stage
        try:
            with self._awaited():
                reply = await self._talk.line.command(line, self._relay.timeout, shown=shown)
        except ValueError:
            return Reply(501, "5.5.4", ("This line can’t be passed on.",))
        except WireError as error:
            self._fail(stage or self._transcript.stage, StageFailed.by_wire(error))
            raise UpstreamLost(str(error), _told(error.reply, str(error))) from None
        verb = (shown or (line if isinstance(line, str) else "")).partition(" ")[0]
        self._note(stage, verb, reply, good)
        return reply

    def _note(self, stage: Stage | None, verb: str, reply: Reply, good: tuple[int, ...]) -> None:
        self._heard(verb, reply)
        if stage is None:
            return
        if reply.code in good or (reply.positive and 200 <= min(good) < 300):
            self._result(
                stage, StageStatus.PASSED, f"The real server answered {reply.code}.", {"reply": reply.verbatim()}
            )
            if self._failure is not None and stage in {Stage.MAIL_FROM, Stage.AUTH}:
                self._failure = None  # the device tried again and got further
                self._talk.results.pop(Stage.RCPT_TO, None)
            return
        code = f"{reply.code} {reply.enhanced or ''}".strip()
        self._fail(stage, StageFailed(f"The real server answered {code}.", reply=reply))

    def _heard(self, verb: str, reply: Reply) -> None:
        if len(self._replies) < MAX_REPLIES:
            text = self._cleaned(render(self._cleaned(reply.verbatim()), limit=1_000))
            self._replies.append(RelayReply(ms=self._ms(), to=verb, code=reply.code, text=text))

    def _fail(self, stage: Stage, failure: StageFailed) -> None:
        self._failure = failure
        details = dict(failure.details)
        if failure.reply is not None:
            details.setdefault("reply", failure.reply.verbatim())
        self._result(stage, StageStatus.FAILED, failure.summary, details)

    def _result(self, stage: Stage, status: StageStatus, summary: str, details: dict[str, Any]) -> None:
        self._talk.results[stage] = StageResult(
            stage=stage,
            status=status,
            duration_ms=0.0,
            summary=self._cleaned(summary),
            proves="",
            does_not_prove="",
            details=build.clean_details(details, self._cleaned),
        )

    def _cleaned(self, text: str) -> str:
        return self._clean(text)

    def _line_added(self, line: Line) -> None:
        self._tell(LineSeen(self._session, line.as_report(), relay=True))


_KEYWORDS = {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN"}


class _Unfinished(Exception):
    """The device left within its message."""


async def _stuffed(lines: AsyncIterator[list[bytes]], ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the message as it goes to the real server; raises _Unfinished where the device did not end it.

    RFC 5321 §4.5.2 stuffs a dot after CRLF. After a bare LF or CR it is stuffed as well: some servers take these for
    line ends, and must not find the end of the message, and commands behind it, where the device had none.
    """
    begins = True
    last = b"\r\n"
    async for batch in lines:
        piece = bytearray()
        for line in batch:
            if begins and line.startswith(b"."):
                piece += b"."
            piece += line.replace(b"\r.", b"\r..")
            begins = line.endswith((b"\n", b"\r"))
        if piece:
            last = (last + piece[-2:])[-2:]
            yield bytes(piece)
    if not ended():
        raise _Unfinished
    if last != b"\r\n":
        yield b"\r\n"


def _told(reply: Reply | None, text: str) -> str:
    """Return what the device is told when the real server is gone: its last words, or ours, as a 421."""
    if reply is not None and reply.code >= 400:
        return render(reply.verbatim(), limit=1_000)
    return f"421 4.4.1 The real server: {render(text, limit=300)}"
