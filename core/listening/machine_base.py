"""The command machine of a listening session: aiosmtpd's loop, with everything that must be seen done here.

aiosmtpd reads commands, dispatches them, keeps their order and ends hopeless conversations. What it would hide or get
in the way of is overridden: it normalises lines, keeps whole messages and passwords, refuses lines over 1,000 octets,
the null reverse-path and DSN parameters, and does TLS where no alert can be seen. So it reads from the tap, which has
recorded the line already; it is never given what follows the mechanism in AUTH, nor a line that could be a password;
and the replies pass `push`, where they are recorded.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import re
from typing import Any, Final

from aiosmtpd.smtp import SMTP

from core.listening.encrypting import Over
from core.listening.message_facts import MessageReader
from core.listening.recorder import EnvelopeDraft, Recorder
from core.listening.request import ListenRequest
from core.listening.sign_in import CHALLENGES
from core.listening.tap import Tap
from core.listening.upstream import Upstream, UpstreamLost
from core.practice.wire import LineTooLong
from core.session.replies import Reply
from core.session.transcript import render
from core.stages import Stage

logging.getLogger("mail.log").disabled = True  # aiosmtpd's own: it would print each strange command of a device

IDENT: Final = "ESMTP Sendproof is listening, nothing is delivered"
SEEN: Final = "250 2.0.0 Seen and thrown away, nothing is delivered"

ENOUGH: Final = "550 5.7.1 Sendproof passes no more messages on: as many as were confirmed have been handed over"

_STAGES: Final = {
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "STARTTLS": Stage.STARTTLS,
    "AUTH": Stage.AUTH,
    "MAIL": Stage.MAIL_FROM,
    "RCPT": Stage.RCPT_TO,
    "DATA": Stage.DATA,
    "BDAT": Stage.DATA,
}
_KNOWN_MECHANISMS: Final = frozenset(
    {*CHALLENGES, "CRAM-MD5", "NTLM", "GSSAPI", "DIGEST-MD5", "OAUTHBEARER", "SCRAM-SHA-1", "SCRAM-SHA-256"}
)
"""Names that may stand in the transcript; anything else after AUTH could be a password."""
_MAY_BE_SECRET: Final = re.compile(
    rb"pass|pwd|login|authorization|authenticate|apop|cookie|token|^user\b|^[A-Za-z0-9+/]{12,}={0,2}\s*$", re.IGNORECASE
)
"""A line that is no command of SMTP, but could be a sign-in of POP, IMAP or HTTP, or the base64 of one (RFC 4648)."""


class _Lines:
    """What aiosmtpd takes for its stream: lines that were seen, and a way to close."""

    def __init__(self, machine: MachineBase) -> None:
        self._machine = machine

    async def readuntil(self, _separator: bytes = b"\n") -> bytes:
        return await self._machine.next_line()

    def close(self) -> None:
        """Nothing: the session closes the connection when it has said everything."""


class _Gate:
    """What aiosmtpd takes for its transport; closing it ends the session."""

    def close(self) -> None:
        raise Over("limit", "too many commands that are none")

    def get_extra_info(self, _name: str) -> None:
        return None


class MachineBase(SMTP):
    """Lines in, replies out, and the state that the commands share."""

    command_size_limit = 1_000_000  # the tap has cut lines already

    def __init__(
        self,
        tap: Tap,
        recorder: Recorder,
        request: ListenRequest,
        context: Any,
        host: str,
        upstream: Upstream | None,
    ) -> None:
        self.command_size_limits = collections.defaultdict(lambda: self.command_size_limit)
        super().__init__(
            object(), hostname=host, ident=IDENT, enable_SMTPUTF8=True, loop=asyncio.get_running_loop(), timeout=86_400
        )
        self._tap = tap
        self._recorder = recorder
        self._request = request
        self._limits = request.limits
        self._context = context
        self._upstream = upstream
        self._offered_mechanisms = request.mechanisms
        self._initial: bytes | None = None
        self._auth_seen = False
        self._signed_in_as: str | None = None
        self._draft: EnvelopeDraft | None = None
        self._chunks: MessageReader | None = None
        self._said_hello = False
        self._after_handshake = False
        self._message_refused = False
        self._errors = 0
        self._commands = 0

    async def run(self) -> None:
        """Greet and take commands until the session is over."""
        self._set_rset_state()  # type: ignore[no-untyped-call]
        self.session = self._create_session()
        self._reader = self._writer = _Lines(self)  # type: ignore[assignment]
        self.transport = _Gate()  # type: ignore[assignment]
        try:
            await self._handle_client()
        finally:
            self.transport = None

    # Lines in, replies out

    async def next_line(self) -> bytes:
        """Return the next command line, recorded, without anything secret. Raises Over."""
        self._commands += 1
        if self._commands > 5 * self._limits.commands:
            await self.push("421 4.7.0 Too many commands")
            raise Over("limit", "too many commands")
        while True:
            line = await self._raw_line(self._limits.auth_line)
            if line is not None:
                return self._recorded(line) + b"\r\n"
            self._recorder.command("", "(a line that is too long)", line_end="crlf", waiting=False)
            self._recorder.problem("overlong-line")
            await self.push("500 5.5.2 Line too long")

    async def _raw_line(self, limit: int) -> bytes | None:
        """Return a line without its line end; None for one that is too long. Raises Over."""
        try:
            async with asyncio.timeout(self._limits.idle):
                line = await self._tap.read_line(limit)
        except LineTooLong:
            return None
        except ConnectionAbortedError:
            raise Over("limit", "a line without end") from None
        except TimeoutError:
            await self.push("421 4.4.2 Sendproof waited too long for the device")
            raise Over("timeout", f"nothing came for {self._limits.idle:g} seconds") from None
        if not line:
            raise Over("reset" if self._tap.reset_by_peer else "closed")
        return line.rstrip(b"\r\n")

    def _recorded(self, line: bytes) -> bytes:
        """Record a command line, and return what aiosmtpd may know of it."""
        recorder = self._recorder
        if b"\0" in line:
            recorder.problem("null-bytes")
        first, _, rest = line.partition(b" ")
        verb = first.upper().decode("ascii", "replace")
        shown: bytes | str = line
        masked = False
        if verb == "AUTH":
            self._auth_seen = True
            mechanism, space, initial = rest.strip().partition(b" ")
            self._initial = initial.strip() if space else None
            known = mechanism.upper() if mechanism.upper().decode("ascii", "replace") in _KNOWN_MECHANISMS else b"***"
            shown = b" ".join(part for part in (b"AUTH", known if mechanism else b"", b"***" if space else b"") if part)
            masked = bool(space) or known == b"***"
            line = b"AUTH " + known if mechanism else b"AUTH"
        elif verb not in self._smtp_methods:
            if self._auth_seen or verb.startswith("AUTH") or _MAY_BE_SECRET.search(line):
                # A device that is out of step may send its password as a command.
                shown, masked, line = "***", True, b"***"
            elif self._message_refused:
                shown, masked, line = "(a line of the message, which nobody asked for)", True, b"***"
            recorder.problem("http" if b"HTTP/1" in rest else "unknown-commands")
            verb = ""
        # What comes right after the handshake may come with its last message: nobody has to wait for a reply there.
        waiting = self._tap.was_waiting and not self._after_handshake
        self._after_handshake = False
        recorder.stage = _STAGES.get(verb, recorder.stage)
        if verb in {"EHLO", "HELO"} and self._tap.encrypted and recorder.tls and recorder.tls.how == "starttls":
            recorder.stage = Stage.EHLO_TLS
        recorder.command(verb, shown, line_end=self._tap.line_end, waiting=waiting, masked=masked)
        if waiting:
            if self._said_hello:
                recorder.uses("PIPELINING")
            else:
                recorder.problem("pipelined-without-asking")
        return line

    async def push(self, status: Any) -> None:
        """Send a reply (lines joined by a newline) and record it. Raises Over after too many refusals."""
        text = status if isinstance(status, str) else bytes(status).decode("utf-8", "replace")
        self._recorder.replied(text)
        await self._tap.write(b"".join(line.encode("utf-8", "replace") + b"\r\n" for line in text.split("\n")))
        if text[:1] in {"4", "5"}:
            self._errors += 1
            if self._errors > self._limits.errors:
                raise Over("limit", "too many refused commands")

    async def handle_exception(self, error: Exception) -> str:
        """Answer a mistake of ours, and have it seen: it is never the device's."""
        if isinstance(error, OSError):
            raise error
        self._recorder.note(f"Sendproof made a mistake here: {type(error).__name__}")
        self.loop.call_exception_handler({"message": "A listening session failed", "exception": error})
        return "451 4.3.0 Sendproof made a mistake here"

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Nothing: the tap's waits are bounded, and so is the session."""

    def _forget(self) -> None:
        self._draft = None
        self._chunks = None

    async def _from_upstream(self, asking: Any) -> Any:
        """Return what the real server says; end the session with its last words when it is gone."""
        try:
            return await asking
        except UpstreamLost as lost:
            await self.push(lost.reply)
            raise Over("limit", f"the real server can’t be reached any more: {lost}") from None


def verbatim(reply: Reply) -> str:
    """Return a reply of the real server as it goes to the device: its own words, control characters made visible."""
    enhanced = f"{reply.enhanced} " if reply.enhanced else ""
    lines = [f"{reply.code}-{enhanced}{render(line)}" for line in reply.lines] or [f"{reply.code} "]
    lines[-1] = lines[-1][:3] + " " + lines[-1][4:]
    return "\n".join(lines)
