"""The commands of a listening session: introduction, TLS and envelope, with sign-in and message from beside."""

from __future__ import annotations

import re
from typing import Final

from core.addresses import has_control
from core.esmtp import PARAMETERS
from core.listening.encrypting import Over, encrypt
from core.listening.machine_base import ENOUGH, verbatim
from core.listening.machine_message import MessageMachine
from core.listening.machine_sign_in import SignInMachine
from core.listening.request import MECHANISMS

NOT_CONFIRMED: Final = "550 5.7.1 Sendproof passes nothing on to this recipient: it is not among those confirmed"
NOT_THIS_DEVICE: Final = "550 5.7.1 Sendproof passes nothing on for this device: another one is confirmed"

_PATH = re.compile(r"\s*(FROM|TO)\s*:(\s*)(?:<([^<>]*)>|([^\s<>]+))\s*(.*)", re.IGNORECASE | re.DOTALL)

_PASSED_THROUGH: Final = frozenset({"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"})


class Machine(SignInMachine, MessageMachine):
    """Holds the conversation of one session. `run` raises Over, or OSError when the connection breaks."""

    _not_passed_on = NOT_THIS_DEVICE

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
        if self._upstream is not None and not self._upstream.opened:
            if not self._upstream.claim():
                self._upstream = None
            elif self._upstream.used_up:
                self._upstream, self._not_passed_on = None, ENOUGH
        lines = [f"{self.hostname} greets {recorder.safe(text, 100)}"]
        if self._upstream is not None:
            if self._upstream.in_transaction:  # RFC 5321 §4.1.4: EHLO ends it, and is said to the real server only once
                await self._from_upstream(self._upstream.reset())
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
        return [*lines, "CHUNKING", *self._tls_and_sign_in()]

    def _tls_and_sign_in(self) -> list[str]:
        lines = ["STARTTLS"] if self._offers_tls else []
        if self._offered_mechanisms and (self._tap.encrypted or self._request.sign_in_before_tls):
            lines.append("AUTH " + " ".join(self._offered_mechanisms))
        return lines

    def _through(self, theirs: tuple[str, ...]) -> list[str]:
        """Return the real server's extensions as far as they can be passed through; TLS ends here on either side."""
        lines = [line for line in theirs if line.split(" ")[0].upper() in _PASSED_THROUGH]
        offered = self._upstream.mechanisms if self._upstream is not None else ()
        self._offered_mechanisms = tuple(name for name in offered if name in MECHANISMS)
        return [*lines, *self._tls_and_sign_in()]

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
            reply = verbatim(await self._from_upstream(self._upstream.mail(address, parameters)))
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
            reply = self._not_passed_on
        elif self._upstream is not None and not self._upstream.allows(address):
            reply = NOT_CONFIRMED
        elif self._upstream is not None and self._upstream.used_up:
            reply = ENOUGH
        elif self._upstream is not None:
            reply = verbatim(await self._from_upstream(self._upstream.rcpt(address)))
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
            if name.upper() in PARAMETERS:
                self._recorder.uses(PARAMETERS[name.upper()])
        return (found[3] if found[3] is not None else found[4]).strip(), parameters

    async def smtp_RSET(self, arg: str | None) -> None:
        """RFC 5321 §4.1.1.5."""
        if self._upstream is not None and self._upstream.in_transaction:
            await self._from_upstream(self._upstream.reset())
        self._forget()
        await self.push("250 2.0.0 Reset")

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


def _clear(text: str) -> str:
    """Return an argument as text: octets that aiosmtpd kept aside as surrogates become their numbers."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
