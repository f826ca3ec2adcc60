"""The tap on aiosmtplib: it sees every byte in both directions, keeps it as evidence, and applies limits.

aiosmtplib pairs commands with replies and guards against injection; what it throws away for safety (unasked
lines, rubbish, bytes before the handshake) is recorded here first. Client lines that carry a sign-in are
replaced before they are recorded, so no printer can leak them.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Iterable

from aiosmtplib.errors import SMTPException, SMTPReadTimeoutError, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from core.session import os_errors, replies
from core.session.replies import Reply
from core.session.transcript import Transcript, seconds

MAX_LINE = 8_192
"""A longer reply line is cut off (aiosmtplib's own limit; RFC 5321 §4.5.3.1.5 allows 512 octets)."""

MAX_REPLY = 32_768
"""A longer reply ends the conversation (aiosmtplib's own limit)."""

MAX_REPLY_LINES = 1_000
"""Of a longer reply only so many lines are read, and the last; a real EHLO answer has some twenty."""

MAX_UNASKED = 65_536
"""After so many bytes that nobody asked for, the connection is closed: nothing grows without end."""

_LINE_START_DOT = re.compile(rb"(?m)^\.")


class WireError(Exception):
    """The conversation can't go on. Carries what was seen, in the words of `core.knowledge.facts`."""

    def __init__(
        self,
        text: str,
        *,
        signs: Iterable[str] = (),
        os_error: str | None = None,
        reply: Reply | None = None,
    ) -> None:
        super().__init__(text)
        self.signs = frozenset(signs)
        self.os_error = os_error
        self.reply = reply


class Wire(SMTPProtocol):
    """One connection, tapped. Give `transcript` every line; read and write through the methods below."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._transcript = transcript
        self._expected = 1  # the greeting
        self._partial = bytearray()
        self._collected: list[bytes] = []
        self._replies: list[Reply] = []
        self._reply_bytes = 0
        self._unasked_bytes = 0
        self._overlong = False
        self._lost: BaseException | None = None
        self._gone = asyncio.Event()
        self._news = asyncio.Event()
        self._shown: str | None = None
        self._dropped = False
        self._last_words = b""
        self._flooded = False
        self._spoke_unasked = False
        self._message_open = False

    # --- what comes in ---------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Record what came, then let aiosmtplib have it."""
        if self._dropped:
            return
        self._record_incoming(data)
        super().data_received(data)
        waiter = self._response_waiter
        if waiter is None or waiter.done() or not self._response_pending:
            return
        if self._partial and not self._collected and not replies.may_become_reply(bytes(self._partial[:4])):
            # Waiting for a line end that never comes would only cost time: this is not SMTP.
            self._set_response_exception(waiter, SMTPResponseException(-1, "not a reply"))

    def _record_incoming(self, data: bytes) -> None:
        if not self._expected:
            self._unasked_bytes += len(data)
            if self._unasked_bytes > MAX_UNASKED:
                self._flooded = True
                self.drop()
                return
        self._reply_bytes += len(data)
        self._partial += data
        while (end := self._partial.find(b"\n")) != -1:
            line = bytes(self._partial[:end])
            del self._partial[: end + 1]
            self._record_line(line.removesuffix(b"\r"))
        if len(self._partial) > MAX_LINE:
            self._overlong = True
            # Keep enough to show and to recognise; aiosmtplib raises once its own buffer is full.
            del self._partial[MAX_LINE:]
        self._news.set()

    def _record_line(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            self._overlong = True
        asked = self._expected > 0
        malformed = asked and not replies.may_become_reply(line[:4])
        self._transcript.add("server", line, encrypted=self.encrypted, unexpected=malformed or not asked)
        if not asked:
            self._last_words = line[:MAX_LINE]
            self._spoke_unasked = True
            return
        self._last_words = b""
        final = replies.is_final(line)
        if len(self._collected) < MAX_REPLY_LINES or final:  # without its last line it would seem to have no end
            self._collected.append(line[:MAX_LINE])
        if final:
            self._replies.append(replies.parse(self._collected))
            self._collected = []
            self._expected -= 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember how the connection ended."""
        self._lost = exc
        self._flush_partial()
        super().connection_lost(exc)
        self._gone.set()
        self._news.set()

    def _flush_partial(self) -> None:
        if self._partial:
            self._transcript.add("server", bytes(self._partial), encrypted=self.encrypted, unexpected=True)
            self._collected.append(bytes(self._partial))
            self._partial.clear()

    # --- what goes out ---------------------------------------------------------------------------------------

    @property
    def encrypted(self) -> bool:
        """Whether what passes now is encrypted."""
        return self._over_ssl

    @property
    def open(self) -> bool:
        """Whether the connection still stands."""
        return self.is_connected and not self._gone.is_set()

    async def greeting(self, limit: float) -> Reply:
        """Return the server's first reply, waiting at most `limit` seconds. Raises WireError."""
        return await self._answer(self.read_response(timeout=limit), limit)

    async def command(self, line: str | bytes, limit: float, *, shown: str | None = None) -> Reply:
        """Send one command line and return the reply, waiting at most `limit` seconds.

        `shown` is recorded in its place where the line carries a secret. Raises WireError; a control character in
        `line` is a ValueError of the caller's making (aiosmtplib refuses it).
        """
        raw = line if isinstance(line, bytes) else line.encode("utf-8")
        self._begin()
        self._shown = shown
        try:
            return await self._answer(self.execute_command(raw, timeout=limit), limit)
        finally:
            self._shown = None

    async def content(self, chunks: Iterable[bytes], limit: float) -> Reply:
        """Send a message after DATA, dots stuffed (RFC 5321 §4.5.2), and return the final reply.

        `chunks` are pieces that end at a line end. `limit` seconds are given for each piece and for the reply.
        A server that refuses early is listened to; one that accepts before the end did not read what it accepts.
        Raises WireError.
        """
        self._begin()
        self._response_pending = True
        self._message_open = True
        sent = 0
        failure: BaseException | None = None
        try:
            for chunk in chunks:
                if self._replies or not self.open:
                    break
                self._shown = ""
                self.write(_LINE_START_DOT.sub(b"..", chunk))
                sent += len(chunk)
                async with asyncio.timeout(limit):
                    await self._drain_helper()
            self._shown = ""
            if not self._replies and self.open:
                self.write(b".\r\n")
                self._message_open = False
        except (TimeoutError, ConnectionError, SMTPException) as error:
            failure = error
        finally:
            self._shown = None
        return await self._answer_to_message(sent, failure, limit)

    async def stream(self, chunks: AsyncIterator[bytes], limit: float) -> Reply:
        """Send a message after DATA while its pieces come from somewhere else, and return the final reply.

        `chunks` have their dots stuffed already, and end with CRLF. `limit` seconds are given for each piece and for
        the reply. If the server answers or leaves early, the rest is not read. Raises WireError; what `chunks` raises
        goes on, and the connection is dropped, so that half a message is never taken for a whole one.
        """
        self._begin()
        self._response_pending = True
        self._message_open = True
        sent = 0
        failure: BaseException | None = None
        try:
            async for chunk in chunks:
                if self._replies or not self.open:
                    break
                self._shown = ""
                sent += len(chunk)
                try:
                    self.write(chunk)
                    async with asyncio.timeout(limit):
                        await self._drain_helper()
                except (TimeoutError, ConnectionError, SMTPException) as error:
                    failure = error
                    break
            else:
                if self.open and not self._replies:
                    self.write(b".\r\n")
                    self._message_open = False
        except BaseException:
            self.drop()
            raise
        finally:
            self._shown = None
        return await self._answer_to_message(sent, failure, limit)

    async def _answer_to_message(self, sent: int, failure: BaseException | None, limit: float) -> Reply:
        """Record what was sent of a message, in octets, and return the reply; `failure` ended the sending early."""
        self._transcript.add("client", f"(message, {sent:,} bytes)", encrypted=self.encrypted)
        if not self._message_open:
            self._transcript.add("client", ".", encrypted=self.encrypted)
        elif self._replies and self._replies[0].positive:
            raise WireError(
                "The server accepted the message before it had ended.",
                signs={"unexpected-reply"},
                reply=self._replies[0],
            )
        elif failure is not None and not self._replies:
            raise self._failure(failure, limit)
        return await self._answer(self.read_response(timeout=limit), limit)

    async def farewell(self, commands: tuple[str, ...], limit: float, *, pipelining: bool) -> None:
        """Say RSET and QUIT, or what `commands` names, and close. Never raises for what the network does.

        With PIPELINING (RFC 2920 §3.1) they go out together, which saves a round trip. Within an unfinished message
        nothing is said: it would become a line of the message.
        """
        with contextlib.suppress(WireError, SMTPException, ConnectionError, TimeoutError):
            if self.open and not self._message_open:
                async with asyncio.timeout(limit):
                    if pipelining:
                        await self._pipelined(commands)
                    else:
                        for command in commands:
                            await self.command(command, limit)
        self.drop()

    async def leave_without_waiting(self) -> None:
        """Send QUIT where that is possible, and close without waiting for any reply. Never raises."""
        with contextlib.suppress(SMTPException, ConnectionError, RuntimeError):
            if self.open and not self._partial and not self._message_open:
                self._begin()
                self._quit_sent = True
                self.write(b"QUIT\r\n")
                await asyncio.sleep(0)  # one turn of the loop lets the line leave
        self.drop()

    async def _pipelined(self, commands: tuple[str, ...]) -> None:
        self._begin()
        self._expected = len(commands)
        self._quit_sent = True
        self.write("".join(f"{command}\r\n" for command in commands).encode("ascii"))
        while self._expected and not self._gone.is_set():
            self._news.clear()
            await self._news.wait()

    def write(self, data: bytes) -> None:
        """Record the lines of `data` (or what is shown instead), then send it."""
        if self._shown is None:
            for line in data.rstrip(b"\r\n").split(b"\r\n"):
                self._transcript.add("client", line, encrypted=self.encrypted)
        elif self._shown:
            self._transcript.add("client", self._shown, encrypted=self.encrypted, masked=True)
        super().write(data)

    def _begin(self) -> None:
        """Forget what is left of the reply before: it must never be taken for the answer to the next command."""
        self._spoke_unasked = False
        del self._buffer[:]
        if self._partial:
            self._transcript.add("server", bytes(self._partial), encrypted=self.encrypted, unexpected=True)
            self._partial.clear()
        self._collected = []
        self._replies = []
        self._reply_bytes = 0
        self._expected = 1

    # --- encryption ------------------------------------------------------------------------------------------

    def bytes_before_handshake(self) -> bool:
        """Return whether the server sent anything between its STARTTLS reply and the handshake (RFC 3207 §4.2)."""
        leftover = bool(self._partial or self._spoke_unasked or self._buffer)
        if self._partial:
            self._transcript.add("server", bytes(self._partial), unexpected=True)
            self._partial.clear()
        del self._buffer[:]
        return leftover

    async def handshake(self, context: ssl.SSLContext, server_hostname: str | None, limit: float) -> None:
        """Encrypt this connection, within `limit` seconds.

        `server_hostname` is sent as SNI, None sends none. Raises ssl.SSLError, OSError or TimeoutError; what they
        mean is for `core.session.tls` to say.
        """
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the connection was closed before the handshake")
        async with asyncio.timeout(limit):
            # asyncio's own limit stays out of the way: its error looks like an abort by the peer.
            encrypted = await self._loop.start_tls(
                transport,  # type: ignore[arg-type]
                self,
                context,
                server_hostname=server_hostname,
                ssl_handshake_timeout=limit + 5,
            )
        if encrypted is None:
            raise ConnectionResetError("the connection was closed during the handshake")
        self.transport = encrypted
        self._over_ssl = True

    def ssl_object(self) -> ssl.SSLObject | None:
        """Return the TLS object of this connection, None while it is plain."""
        found = self.transport.get_extra_info("ssl_object") if self.transport else None
        return found if isinstance(found, ssl.SSLObject) else None

    def local_address(self) -> str | None:
        """Return this computer's own address on this connection."""
        name = self.transport.get_extra_info("sockname") if self.transport else None
        return str(name[0]) if name else None

    def drop(self) -> None:
        """Close at once, without another word; what may still arrive is no longer recorded."""
        self._flush_partial()
        self._dropped = True
        if self.transport is not None and isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def wait_closed(self, limit: float) -> None:
        """Wait until the connection is really gone, at most `limit` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._gone.wait()

    # --- what an answer is -----------------------------------------------------------------------------------

    async def _answer(self, waiting: object, limit: float) -> Reply:
        try:
            await waiting  # type: ignore[misc]
        except (SMTPException, ConnectionError, TimeoutError) as error:
            if self._replies and not isinstance(error, SMTPReadTimeoutError):
                return self._checked(self._replies[0])
            raise self._failure(error, limit) from None
        if not self._replies:
            # aiosmtplib reads a lost connection after QUIT as 221.
            return Reply(221, None, ("(closed without a reply)",), ("no-code",))
        return self._checked(self._replies[0])

    def _checked(self, reply: Reply) -> Reply:
        if "no-code" in reply.problems or not reply.code:
            raise self._unusable(reply)
        return reply

    def _failure(self, error: BaseException, limit: float) -> WireError:
        if self._flooded:
            return WireError("The server sent lines without end that nobody asked for.", signs={"endless-reply"})
        got = bytes(self._partial) or b"\n".join(self._collected)
        if isinstance(error, SMTPReadTimeoutError | TimeoutError):
            if not got:
                return WireError(f"No reply came within {seconds(limit)}.", signs={"silence"})
            self._flush_partial()
            foreign = replies.foreign_protocol(got)
            if foreign:
                return WireError("What came is not SMTP.", signs={foreign, "malformed-reply"})
            return WireError(f"A reply began and did not end within {seconds(limit)}.", signs={"dripping"})
        if isinstance(error, (SMTPServerDisconnected, ConnectionError)):
            cause = self._lost or error.__cause__ or error
            if _is_reset(cause):
                kind = os_errors.classify(cause)
                return WireError("The connection was reset.", signs={"closed"}, os_error=kind)
            if got and (foreign := replies.foreign_protocol(got)):
                return WireError("What came is not SMTP.", signs={foreign, "malformed-reply"})
            last_words = replies.parse([self._last_words]) if self._last_words else None
            if last_words is not None and last_words.code >= 400:
                # RFC 5321 §3.8: a server may say 421 at any time, asked or not, and close.
                return WireError("The server closed the connection.", signs={"closed"}, reply=last_words)
            return WireError("The server closed the connection without a reply.", signs={"closed"})
        if self._overlong:
            self._flush_partial()
            foreign = replies.foreign_protocol(got)
            signs = {"overlong-line", foreign} if foreign else {"overlong-line"}
            return WireError("The server sent a line without end.", signs=signs)
        if self._reply_bytes > MAX_REPLY:
            return WireError("The server sent a reply without end.", signs={"endless-reply"})
        self._flush_partial()
        return self._unusable(replies.parse(self._collected))

    def _unusable(self, reply: Reply) -> WireError:
        first = self._collected[0] if self._collected else reply.text.encode("utf-8", "backslashreplace")
        foreign = replies.foreign_protocol(first)
        signs = {"malformed-reply", foreign} if foreign else {"malformed-reply"}
        return WireError("What came is not an SMTP reply.", signs=signs, reply=reply)


def _is_reset(error: BaseException | None) -> bool:
    """Return whether `error` is the system's word for a reset, not aiosmtplib's or asyncio's for an ordinary close."""
    return isinstance(error, ConnectionError) and os_errors.number_of(error) is not None
