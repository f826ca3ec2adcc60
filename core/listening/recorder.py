"""Keeps what is seen of one session, within bounds, and tells it as it happens.

Every text that enters is made harmless and passes `clean`, which removes the typed password in all its forms; lines
of a sign-in come here masked already.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from core.listening.observation import (
    Command,
    Ended,
    Envelope,
    Event,
    LineEnd,
    LineSeen,
    MessageFacts,
    Recipient,
    RelaySeen,
    Retry,
    SessionChanged,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    SignIn,
    TlsSeen,
)
from core.listening.request import Limits
from core.reports.report import Direction, TranscriptLine
from core.session.transcript import render
from core.stages import Stage

MAX_COMMAND = 500
"""Characters of a command that are kept."""
MAX_REPLY = 1_000
MAX_SIGN_INS = 20


@dataclass(slots=True)
class EnvelopeDraft:
    """A mail transaction while it goes on."""

    ms: float
    sender: str
    encrypted: bool
    signed_in_as: str | None
    parameters: dict[str, str]
    accepted: bool = False
    recipients: list[Recipient] = field(default_factory=list)
    message: MessageFacts | None = None
    reply: str = ""

    def finished(self) -> Envelope:
        """Return it as it stands now."""
        size = self.parameters.get("SIZE", "")
        return Envelope(
            ms=self.ms,
            sender=self.sender,
            encrypted=self.encrypted,
            accepted=self.accepted,
            signed_in_as=self.signed_in_as,
            size=int(size) if size.isascii() and size.isdigit() and len(size) < 20 else None,
            body=self.parameters.get("BODY"),
            parameters=self.parameters,
            recipients=tuple(self.recipients),
            message=self.message,
            reply=self.reply,
        )


class Recorder:
    """The record of one session. `tell` is called with each event; `retry` says what an earlier session explains."""

    def __init__(
        self,
        number: int,
        peer: tuple[str, int],
        local: tuple[str, int],
        limits: Limits,
        clean: Callable[[str], str],
        tell: Callable[[Event], None],
        retry: Callable[[SessionSeen], Retry | None],
        *,
        implicit_tls: bool,
    ) -> None:
        self.number = number
        self.peer = peer
        self.local = local
        self.implicit_tls = implicit_tls
        self.clean = clean
        self.stage = Stage.BANNER
        self.encrypted = False
        self.hello: str | None = None
        self.hello_verb: str | None = None
        self.tls: TlsSeen | None = None
        self.relay: RelaySeen | None = None
        self.sign_ins: list[SignIn] = []
        self.envelopes: list[EnvelopeDraft] = []
        self.octets: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self._limits = limits
        self._tell = tell
        self._retry = retry
        self._started = time.monotonic()
        self._started_at = dt.datetime.now(dt.UTC)
        self._commands: list[Command] = []
        self._extensions: list[str] = []
        self._problems: list[str] = []
        self._lines: list[TranscriptLine] = []
        self._text_left = limits.text
        self._dropped = 0
        self._replied_ms = 0.0
        self._ended: Ended = "open"
        self._ended_text = ""

    def ms(self) -> float:
        """Return milliseconds since the session began."""
        return round((time.monotonic() - self._started) * 1000, 1)

    @property
    def age(self) -> float:
        """Seconds since the session began."""
        return time.monotonic() - self._started

    # What is recorded

    def line(self, direction: Direction, data: bytes | str, *, masked: bool = False, unexpected: bool = False) -> None:
        """Record a line of the conversation (without its line end), or a note of our own."""
        text = self.safe(data, self._text_left if self._text_left < 2_000 else 2_000)
        if len(self._lines) >= self._limits.lines or self._text_left <= 0:
            self._dropped += 1
            return
        self._text_left -= len(text)
        line = TranscriptLine(
            ms=self.ms(),
            stage=self.stage,
            direction=direction,
            encrypted=self.encrypted,
            text=text,
            masked=masked,
            unexpected=unexpected,
        )
        self._lines.append(line)
        self._tell(LineSeen(self.number, line))

    def note(self, text: str) -> None:
        """Record a remark of our own."""
        self.line("note", text)

    def safe(self, data: bytes | str, limit: int = MAX_COMMAND) -> str:
        """Return `data` harmless, bounded and free of the typed password."""
        whole = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
        return self.clean(render(self.clean(whole), limit=limit))

    def command(self, verb: str, text: bytes | str, *, line_end: LineEnd, waiting: bool, masked: bool = False) -> None:
        """Record a command line. waiting: it had been there before our last reply went out."""
        self.line("client", text, masked=masked)
        if len(self._commands) >= self._limits.commands:
            return
        now = self.ms()
        self._commands.append(
            Command(
                ms=now,
                verb=verb,
                text=self.safe(text),
                encrypted=self.encrypted,
                line_end=line_end,
                pause_ms=None if waiting else round(now - self._replied_ms, 1),
            )
        )
        if line_end != "crlf":
            self.problem(f"bare-{line_end}-commands")

    def replied(self, reply: str) -> None:
        """Record our reply, its lines joined by a newline, to the last command."""
        for line in reply.split("\n"):
            self.line("server", line)
        self._replied_ms = self.ms()
        if self._commands and not self._commands[-1].reply:
            last = self._commands[-1]
            code = int(reply[:3]) if reply[:3].isdigit() else None
            words = "\n".join(self.safe(line) for line in reply.split("\n"))[:MAX_REPLY]
            self._commands[-1] = msgspec.structs.replace(last, code=code, reply=words)

    def problem(self, word: str) -> None:
        """Record an oddity, once."""
        if word not in self._problems:
            self._problems.append(word)

    def uses(self, keyword: str) -> None:
        """Record that the device makes use of an EHLO keyword, once."""
        if keyword not in self._extensions:
            self._extensions.append(keyword)

    def signed_in(self, attempt: SignIn) -> None:
        """Record an attempt to sign in."""
        if len(self.sign_ins) < MAX_SIGN_INS:
            self.sign_ins.append(attempt)
        self.changed()

    def begin_envelope(self, sender: str, parameters: dict[str, str], signed_in_as: str | None) -> EnvelopeDraft:
        """Record a MAIL FROM; the draft is filled by what follows."""
        draft = EnvelopeDraft(
            ms=self.ms(),
            sender=self.safe(sender, 320),
            encrypted=self.encrypted,
            signed_in_as=signed_in_as,
            parameters=self.parameters(parameters),
        )
        if len(self.envelopes) < self._limits.envelopes:
            self.envelopes.append(draft)
        return draft

    def parameters(self, given: dict[str, str]) -> dict[str, str]:
        """Return esmtp parameters harmless and bounded."""
        return {self.safe(name, 40): self.safe(value, 200) for name, value in list(given.items())[:10]}

    def recipient(self, address: str, reply: str, parameters: dict[str, str]) -> Recipient:
        """Return a recipient with our reply to it."""
        return Recipient(
            address=self.safe(address, 320),
            accepted=reply.startswith("2"),
            reply=self.safe(reply),
            parameters=self.parameters(parameters),
        )

    def now(self) -> dt.datetime:
        """Return this computer's time."""
        return dt.datetime.now(dt.UTC)

    # What is told

    def started(self) -> None:
        """Tell that the session began."""
        self._tell(SessionStarted(self.seen(transcript=False)))

    def changed(self) -> None:
        """Tell what is known so far."""
        self._tell(SessionChanged(self.seen(transcript=False)))

    def end(self, ended: Ended, text: str = "") -> SessionSeen:
        """Record how the session ended, tell it, and return the whole."""
        self._ended, self._ended_text = ended, self.safe(text)
        self._settle_certificate()
        if ended != "tls-failed":  # that was told when it happened
            self.note(_HOW_ENDED[ended] + (f": {text}" if text else "."))
        seen = self.seen(transcript=True)
        self._tell(SessionEnded(seen))
        return seen

    def _settle_certificate(self) -> None:
        """Say whether the device took the certificate: it did if it went on over TLS."""
        tls = self.tls
        if tls is None or not tls.completed or tls.certificate != "unknown":
            return
        went_on = any(command.encrypted for command in self._commands)
        self.tls = msgspec.structs.replace(
            tls,
            certificate="accepted" if went_on else "unknown",
            left_after_handshake=not went_on and self._ended in {"closed", "reset"},
        )

    def seen(self, *, transcript: bool) -> SessionSeen:
        """Return everything seen, as it stands now."""
        came, went = self.octets()
        if transcript:
            self._settle_certificate()
        seen = SessionSeen(
            number=self.number,
            peer_address=self.peer[0],
            peer_port=self.peer[1],
            local_address=self.local[0],
            local_port=self.local[1],
            implicit_tls=self.implicit_tls,
            started_at=self._started_at.isoformat(timespec="milliseconds"),
            duration_ms=self.ms(),
            ended=self._ended,
            ended_text=self._ended_text,
            hello=self.hello,
            hello_verb=self.hello_verb,
            extensions_used=tuple(self._extensions),
            commands=tuple(self._commands),
            tls=self.tls,
            sign_ins=tuple(self.sign_ins),
            envelopes=tuple(draft.finished() for draft in self.envelopes),
            problems=tuple(self._problems),
            relay=self.relay,
            octets_in=came,
            octets_out=went,
            transcript=tuple(self._lines) if transcript else (),
            lines_dropped=self._dropped,
        )
        retry = self._retry(seen)
        return seen if retry is None else msgspec.structs.replace(seen, retry=retry)


_HOW_ENDED: dict[Ended, str] = {
    "open": "The session goes on",
    "quit": "The device said QUIT",
    "closed": "The device closed the connection without QUIT",
    "reset": "The device reset the connection",
    "tls-failed": "The TLS handshake failed",
    "timeout": "The device fell silent, so the session was ended",
    "limit": "The session was ended by a limit",
    "refused": "The session was refused",
    "stopped": "Listening was stopped",
}
