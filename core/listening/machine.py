"""The command machine of a listening session: aiosmtpd's loop, with everything that must be seen done here.

aiosmtpd reads commands, dispatches them, keeps their order and ends hopeless conversations. What it would hide or get
in the way of is overridden: it normalises lines, keeps whole messages and passwords, refuses lines over 1,000 octets,
the null reverse-path and DSN parameters, and does TLS where no alert can be seen. So it reads from the tap, which has
recorded the line already; it is never given what follows the mechanism in AUTH, nor a line that could be a password;
and the replies pass `push`, where they are recorded.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import logging
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

from aiosmtpd.smtp import SMTP

from core.addresses import has_control
from core.listening.encrypting import Over, encrypt
from core.listening.message_facts import MessageReader
from core.listening.observation import SignIn
from core.listening.receiving import ContentReader
from core.listening.recorder import EnvelopeDraft, Recorder
from core.listening.request import ListenRequest
from core.listening.sign_in import CHALLENGES, Heard, Malformed, hear, user_in
from core.listening.tap import Tap
from core.listening.upstream import Upstream, UpstreamLost
from core.practice.wire import LineTooLong
from core.session.replies import Reply
from core.session.transcript import render
from core.stages import Stage

logging.getLogger("mail.log").disabled = True  # aiosmtpd's own: it would print each strange command of a device

IDENT: Final = "ESMTP Sendproof is listening, nothing is delivered"
NOT_CONFIRMED: Final = "550 5.7.1 Sendproof passes nothing on to this recipient: it is not among those confirmed"
NOT_THIS_DEVICE: Final = "550 5.7.1 Sendproof passes nothing on for this device: another one is confirmed"
REFUSED: Final = "535 5.7.8 Sendproof refuses every sign-in just now, to see what the device does next"
_NOT_THIS_TOKEN: Final = b'{"status":"400","schemes":"Bearer"}'
SEEN: Final = "250 2.0.0 Seen and thrown away, nothing is delivered"

_PATH = re.compile(r"\s*(FROM|TO)\s*:(\s*)(?:<([^<>]*)>|([^\s<>]+))\s*(.*)", re.IGNORECASE | re.DOTALL)
_PARAMETERS: Final = {
    "SIZE": "SIZE",
    "BODY": "8BITMIME",
    "SMTPUTF8": "SMTPUTF8",
    "RET": "DSN",
    "ENVID": "DSN",
    "NOTIFY": "DSN",
    "ORCPT": "DSN",
    "AUTH": "AUTH",
}
"""esmtp parameters, and the EHLO keyword that each makes use of (RFC 1870, 6152, 6531, 3461, 4954)."""

_LINES = re.compile(rb"[^\n]*\n|[^\n]+")


class _Lines:
    """What aiosmtpd takes for its stream: lines that were seen, and a way to close."""

    def __init__(self, machine: Machine) -> None:
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


class Machine(SMTP):
    """Holds the conversation of one session. `run` raises Over, or OSError when the connection breaks."""

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
        self._initial: bytes | None = None
        self._auth_seen = False
        self._signed_in_as: str | None = None
        self._draft: EnvelopeDraft | None = None
        self._chunks: MessageReader | None = None
        self._said_hello = False
        self._after_handshake = False
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
            known = mechanism.upper() if mechanism.upper().decode("ascii", "replace") in self._known() else b"***"
            shown = b" ".join(part for part in (b"AUTH", known if mechanism else b"", b"***" if space else b"") if part)
            masked = bool(space) or known == b"***"
            line = b"AUTH " + known if mechanism else b"AUTH"
        elif verb not in self._smtp_methods:
            if self._auth_seen or verb.startswith("AUTH"):
                # A device that is out of step may send its password as a command.
                shown, masked, line = "***", True, b"***"
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

    def _known(self) -> tuple[str, ...]:
        return (*CHALLENGES, "CRAM-MD5", "NTLM", "GSSAPI", "DIGEST-MD5", "OAUTHBEARER", "SCRAM-SHA-1", "SCRAM-SHA-256")

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

    # EHLO, TLS

    async def smtp_HELO(self, hostname: str | None) -> None:
        """RFC 5321 §4.1.1.1."""
        await self._hello("HELO", hostname)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """RFC 5321 §4.1.1.1."""
        await self._hello("EHLO", hostname)

    async def _hello(self, verb: str, name: str | None) -> None:
        recorder = self._recorder
        if not name:
            await self.push(f"501 5.5.4 Syntax: {verb} name")
            return
        assert self.session is not None
        self._forget()
        text = _clear(name)
        recorder.hello, recorder.hello_verb = recorder.safe(text, 255), verb
        lines = [f"{self.hostname} greets {recorder.safe(text, 100)}"]
        if self._upstream is not None:
            lines += self._through(await self._from_upstream(self._upstream.open(text)))
        else:
            lines += self._own_extensions()
        self.session.host_name, self.session.extended_smtp = text, verb == "EHLO"
        self._said_hello = verb == "EHLO"
        if verb == "HELO":
            lines = lines[:1]
        await self.push("\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))
        recorder.changed()

    def _own_extensions(self) -> list[str]:
        lines = ["PIPELINING", f"SIZE {self._limits.message}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"]
        return [*lines, "CHUNKING", *self._tls_and_sign_in(self._request.mechanisms)]

    def _tls_and_sign_in(self, mechanisms: tuple[str, ...]) -> list[str]:
        lines = ["STARTTLS"] if self._offers_tls else []
        if mechanisms and (self._tap.encrypted or self._request.sign_in_before_tls):
            lines.append("AUTH " + " ".join(mechanisms))
        return lines

    def _through(self, theirs: tuple[str, ...]) -> list[str]:
        """Return the real server's extensions as far as they can be passed through; TLS ends here on either side."""
        lines = [line for line in theirs if line.split(" ")[0].upper() in _PASSED_THROUGH]
        mechanisms = self._request.mechanisms
        if self._upstream is not None and self._upstream.passes_sign_in:
            offered = self._upstream.mechanisms
            mechanisms = tuple(name for name in offered if name in mechanisms)
        return [*lines, *self._tls_and_sign_in(mechanisms)]

    @property
    def _offers_tls(self) -> bool:
        return self._request.starttls and not self._tap.encrypted

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """RFC 3207 §4."""
        if arg:
            await self.push("501 5.5.4 STARTTLS takes no parameters")
        elif self._tap.encrypted:
            await self.push("503 5.5.1 TLS is already active")
        elif not self._offers_tls:
            await self.push("502 5.5.1 STARTTLS is not offered")
        else:
            self._recorder.uses("STARTTLS")
            self._tap.hold()
            await self.push("220 2.0.0 Ready to start TLS")
            await encrypt(self._tap, self._recorder, self._context, "starttls", self._limits.handshake)
            # RFC 3207 §4.2: all that was learnt before the handshake is forgotten.
            assert self.session is not None
            self.session.host_name = None
            self._said_hello = False
            self._after_handshake = True
            self._signed_in_as = None
            self._forget()

    # AUTH

    async def smtp_AUTH(self, arg: str | None) -> None:
        """RFC 4954: any sign-in is taken (or every one refused, as chosen), and forgotten but for what may be told."""
        initial, self._initial = self._initial, None
        mechanism = (arg or "").strip()
        assert self.session is not None
        if not self.session.host_name:
            await self.push("503 5.5.1 Send EHLO first")
        elif self._signed_in_as is not None:
            await self.push("503 5.5.1 Already signed in")
        elif mechanism not in self._request.mechanisms:
            self._recorder.signed_in(self._attempt(mechanism or "***", None, None, initial, "refused"))
            await self.push("504 5.5.4 This mechanism is not offered")
        else:
            self._recorder.uses("AUTH")
            await self._exchange(mechanism, initial)

    async def _exchange(self, mechanism: str, initial: bytes | None) -> None:
        responses = [] if initial is None else [initial]
        heard: Heard | None = None
        outcome = "cut"
        relayed = self._upstream is not None and self._upstream.passes_sign_in
        if not self._tap.encrypted:
            self._recorder.problem("auth-before-tls")
        began = self._recorder.ms()
        reply = ""
        user = None
        try:
            if relayed:
                challenge, reply = await self._relayed_exchange(mechanism, responses)
            else:
                challenge, reply = await self._own_exchange(mechanism, responses)
            if reply.startswith("501 5.7.0"):
                outcome = "cancelled"
            else:
                try:
                    heard = hear(mechanism, challenge, responses, self._request.compare)
                    outcome = "accepted" if reply.startswith("235") else "refused"
                except Malformed:
                    outcome = "malformed"
                    reply = reply if relayed else "501 5.5.2 Cannot decode this response"
        finally:
            if heard is None:
                user = user_in(mechanism, responses)
            responses.clear()
            attempt = self._attempt(mechanism, heard, user, initial, outcome, began=began, relayed=relayed)
            self._recorder.signed_in(attempt)
        if outcome == "accepted" and heard is not None:
            self._signed_in_as = self._recorder.safe(heard.user, 320)
        await self.push(reply)

    async def _own_exchange(self, mechanism: str, responses: list[bytes]) -> tuple[bytes, str]:
        """Ask for what is missing in `responses`; return the challenge of CRAM-MD5 and the reply that is due."""
        challenge = f"<{secrets.token_hex(8)}@{self.hostname}>".encode()
        challenges = CHALLENGES.get(mechanism, (challenge,))
        if mechanism == "CRAM-MD5" and responses:
            return challenge, "501 5.5.2 CRAM-MD5 has no initial response"
        for question in challenges[len(responses) :]:
            await self.push(f"334 {base64.b64encode(question).decode('ascii')}")
            line = await self._secret_line()
            if line == b"*":
                return challenge, "501 5.7.0 Sign-in cancelled"
            responses.append(line)
        if not self._request.refuse_sign_in:
            return challenge, "235 2.7.0 Taken, and not checked"
        if mechanism == "XOAUTH2":
            # Both services give the reason in a challenge, which the client answers with an empty line.
            await self.push(f"334 {base64.b64encode(_NOT_THIS_TOKEN).decode('ascii')}")
            await self._secret_line()
        return challenge, REFUSED

    async def _relayed_exchange(self, mechanism: str, responses: list[bytes]) -> tuple[bytes, str]:
        """Hand the exchange on, line by line; return the server's challenge and its last reply, word by word."""
        upstream = self._upstream
        assert upstream is not None
        challenge = b""
        reply = await self._from_upstream(upstream.begin_auth(mechanism, responses[0] if responses else None))
        while reply.code == 334:
            challenge = upstream.challenge_of(reply)
            await self.push(_verbatim(reply))
            line = await self._secret_line()
            if len(responses) < 4:
                responses.append(line)
            reply = await self._from_upstream(upstream.go_on_auth(mechanism, line, responses))
        return challenge, _verbatim(reply)

    async def _secret_line(self) -> bytes:
        """Return a line that belongs to AUTH; of it nothing is recorded but that it came. Raises Over."""
        while True:
            line = await self._raw_line(self._limits.auth_line)
            if line is not None:
                self._recorder.line("client", "*" if line == b"*" else "***", masked=line != b"*")
                return line
            await self.push("500 5.5.2 Line too long")

    def _attempt(
        self,
        mechanism: str,
        heard: Heard | None,
        user: str | None,
        initial: bytes | None,
        outcome: Any,
        *,
        began: float | None = None,
        relayed: bool = False,
    ) -> SignIn:
        safe = self._recorder.safe
        name = heard.user if heard else user
        authorization = heard.authorization_id if heard else None
        return SignIn(
            ms=self._recorder.ms() if began is None else began,
            mechanism=safe(mechanism, 40),
            encrypted=self._tap.encrypted,
            user=None if name is None else safe(name, 320),
            authorization_id=None if authorization is None else safe(authorization, 320),
            password_length=heard.password_length if heard else None,
            token_length=heard.token_length if heard else None,
            matches=heard.matches if heard else None,
            truncated_at=heard.truncated_at if heard else None,
            encoding=heard.encoding if heard else None,
            initial_response=initial is not None,
            user_on_auth_line=initial is not None and mechanism == "LOGIN",
            outcome=outcome,
            relayed=relayed,
        )

    # The envelope

    async def smtp_MAIL(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.2."""
        path = await self._path(arg, "FROM")
        if path is None:
            return
        if self._draft is not None:
            await self.push("503 5.5.1 There is a sender already")
            return
        address, parameters = path
        draft = self._recorder.begin_envelope(address, parameters, self._signed_in_as)
        if (draft.finished().size or 0) > self._limits.message:
            reply = "552 5.3.4 The message is larger than announced here"
        elif self._upstream is not None:
            reply = _verbatim(await self._from_upstream(self._upstream.mail(address, parameters)))
        else:
            reply = "250 2.1.0 Sender noted"
        draft.accepted = reply.startswith("2")
        if draft.accepted:
            self._draft = draft
        else:
            draft.reply = self._recorder.safe(reply, 1_000)
        await self.push(reply)
        self._recorder.changed()

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.3; with pass-through only the recipients that were confirmed."""
        path = await self._path(arg, "TO")
        if path is None:
            return
        if self._draft is None:
            await self.push("503 5.5.1 Send MAIL FROM first")
            return
        address, parameters = path
        relay = self._request.relay
        if len(self._draft.recipients) >= self._limits.recipients:
            reply = "452 4.5.3 Too many recipients"
        elif relay is not None and self._upstream is None:
            reply = NOT_THIS_DEVICE
        elif self._upstream is not None and not self._upstream.allows(address):
            reply = NOT_CONFIRMED
        elif self._upstream is not None:
            reply = _verbatim(await self._from_upstream(self._upstream.rcpt(address)))
        else:
            reply = "250 2.1.5 Recipient noted, nothing is delivered"
        if len(self._draft.recipients) < self._limits.recipients:
            self._draft.recipients.append(self._recorder.recipient(address, reply, parameters))
        await self.push(reply)
        self._recorder.changed()

    async def _path(self, arg: str | None, word: str) -> tuple[str, dict[str, str]] | None:
        """Return address and parameters; None after refusing them. More is taken here than servers take: it is told."""
        assert self.session is not None
        verb = "MAIL" if word == "FROM" else "RCPT"
        text = _clear(arg or "")
        found = _PATH.fullmatch(text)
        if not self.session.host_name:
            await self.push("503 5.5.1 Send EHLO first")
            if self._tap.encrypted and not self._said_hello:
                self._recorder.problem("no-ehlo-after-tls")
            return None
        if not found or found[1].upper() != word or has_control(text):
            await self.push(f"501 5.5.4 Syntax: {verb} {word}:<address>")
            return None
        if found[3] is None:
            self._recorder.problem("path-without-brackets")
        if found[2]:
            self._recorder.problem("space-after-colon")
        parameters = {}
        for item in found[5].split():
            name, _, value = item.partition("=")
            parameters[name.upper()] = value
            if name.upper() in _PARAMETERS:
                self._recorder.uses(_PARAMETERS[name.upper()])
        return (found[3] if found[3] is not None else found[4]).strip(), parameters

    async def smtp_RSET(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.5."""
        if self._upstream is not None and self._draft is not None:
            await self._from_upstream(self._upstream.reset())
        self._forget()
        await self.push("250 2.0.0 Reset")

    def _forget(self) -> None:
        self._draft = None
        self._chunks = None

    # The message

    async def smtp_DATA(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.4."""
        draft = self._draft
        if arg:
            await self.push("501 5.5.4 DATA takes no parameters")
            return
        if draft is None or not any(recipient.accepted for recipient in draft.recipients):
            await self.push("503 5.5.1 Send RCPT TO first")
            return
        if self._upstream is not None:
            answer = await self._from_upstream(self._upstream.data())
            if answer.code != 354:
                draft.reply = self._recorder.safe(_verbatim(answer), 1_000)
                await self.push(_verbatim(answer))
                self._forget()
                return
            await self.push(_verbatim(answer))
        else:
            await self.push("354 Send the message, end with <CRLF>.<CRLF>")
        self._recorder.stage = Stage.MESSAGE
        await self._take_message(draft)

    async def _take_message(self, draft: EnvelopeDraft) -> None:
        content = ContentReader(self._tap, self._limits.idle)
        reader = MessageReader()
        lines = self._watched(content, reader)
        reply = SEEN
        try:
            if self._upstream is not None:
                answer = await self._upstream.content(lines, lambda: content.terminator != "cut")
                reply = _verbatim(answer) if answer else ""
            async for _ in lines:
                pass
        except TimeoutError:
            await self._end_message(draft, reader, "cut", "421 4.4.2 Sendproof waited too long for the message")
            raise Over("timeout", "the message did not go on") from None
        except _TooMuch:
            await self._end_message(draft, reader, "cut", "552 5.3.4 The message is larger than Sendproof takes")
            raise Over("limit", "the message was too large") from None
        if content.terminator == "cut":
            await self._end_message(draft, reader, "cut", "")
            raise Over("reset" if self._tap.reset_by_peer else "closed", "in the middle of the message")
        if content.terminator == "lf":
            self._recorder.problem("lf-terminator")
        await self._end_message(draft, reader, content.terminator, reply)
        self._forget()

    async def _watched(self, content: ContentReader, reader: MessageReader) -> AsyncIterator[list[bytes]]:
        async for lines in content.lines():
            reader.feed(lines)
            if reader.size > self._limits.message:
                raise _TooMuch
            yield lines

    async def _end_message(self, draft: EnvelopeDraft, reader: MessageReader, terminator: Any, reply: str) -> None:
        draft.message = reader.facts(terminator, self._recorder.now(), self._recorder.clean)
        draft.reply = self._recorder.safe(reply, 1_000)
        ended = "" if terminator != "cut" else ", not ended"
        self._recorder.line("client", f"(message, {reader.size:,} octets{ended})")
        if reply:
            await self.push(reply)
        self._recorder.changed()

    async def smtp_BDAT(self, arg: str | None) -> None:
        """RFC 3030 §2; not offered with pass-through."""
        match = re.fullmatch(r"([0-9]{1,12})(?: (LAST))?", (arg or "").strip(), re.IGNORECASE)
        draft = self._draft
        if self._upstream is not None:
            await self.push("502 5.5.1 CHUNKING is not offered")
            raise Over("limit", "BDAT without being asked")  # what follows is a message and no commands
        if not match:
            await self.push("501 5.5.4 Syntax: BDAT size [LAST]")
            return
        self._recorder.uses("CHUNKING")
        self._chunks = reader = self._chunks or MessageReader()
        whole = await self._chunk(reader, int(match[1]))
        if draft is None or not any(recipient.accepted for recipient in draft.recipients):
            await self.push("503 5.5.1 Send RCPT TO first")
            return
        if not whole:
            await self._end_message(draft, reader, "cut", "")
            raise Over("closed", "in the middle of the message")
        if match[2]:
            self._recorder.stage = Stage.MESSAGE
            await self._end_message(draft, reader, "bdat", SEEN)
            self._forget()
        else:
            await self.push(f"250 2.0.0 {match[1]} octets received")

    async def _chunk(self, reader: MessageReader, left: int) -> bool:
        while left:
            try:
                async with asyncio.timeout(self._limits.idle):
                    data = await self._tap.read()
            except TimeoutError:
                raise Over("timeout", "the message did not go on") from None
            if not data:
                return False
            self._tap.push_back(data[left:])
            data = data[:left]
            left -= len(data)
            reader.feed(_LINES.findall(data))
            if reader.size > self._limits.message:
                await self.push("552 5.3.4 The message is larger than Sendproof takes")
                raise Over("limit", "the message was too large")
        return True

    # The rest

    async def smtp_QUIT(self, _arg: str | None) -> None:
        """RFC 5321 §4.1.1.10."""
        await self.push("221 2.0.0 Goodbye")
        raise Over("quit")

    async def smtp_VRFY(self, _arg: str | None) -> None:
        """RFC 5321 §3.5.3: a server need not tell."""
        await self.push("252 2.5.2 Cannot verify, but every recipient is noted")

    async def smtp_HELP(self, _arg: str | None) -> None:
        """RFC 5321 §4.1.1.8."""
        await self.push("214 2.0.0 Sendproof listens to what a device does; see RFC 5321")

    async def _from_upstream(self, asking: Any) -> Any:
        """Return what the real server says; end the session with its last words when it is gone."""
        try:
            return await asking
        except UpstreamLost as lost:
            await self.push(lost.reply)
            raise Over("limit", f"the real server can’t be reached any more: {lost}") from None


_PASSED_THROUGH: Final = frozenset({"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"})

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


class _TooMuch(Exception):
    """The message is larger than the bound."""


def _clear(text: str) -> str:
    """Return an argument as text: octets that aiosmtpd kept aside as surrogates become their numbers."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _verbatim(reply: Reply) -> str:
    """Return a reply of the real server as it goes to the device: its own words, control characters made visible."""
    enhanced = f"{reply.enhanced} " if reply.enhanced else ""
    lines = [f"{reply.code}-{enhanced}{render(line)}" for line in reply.lines] or [f"{reply.code} "]
    lines[-1] = lines[-1][:3] + " " + lines[-1][4:]
    return "\n".join(lines)
