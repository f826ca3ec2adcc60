"""One connection of a practice server: bounded reading, writing that waits, TLS on top, and all the ways to end.

TLS is done here with an SSLObject, and not by asyncio's start_tls: that one drops the alert when a handshake fails
(RFC 8446 §6.2 wants it sent), and the alert is what tells a client why an old TLS version or cipher is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from typing import Final, cast

HIGH_WATER: Final = 64 * 1024
"""Octets kept unread before the client is made to wait."""

MAX_DISCARD: Final = 1024 * 1024
"""Octets of one line without end that are thrown away before the connection is ended."""

HANDSHAKE_SECONDS: Final = 30.0
CLOSING_SECONDS: Final = 1.0
"""How long a closing connection may take to flush; then it is cut."""


class LineTooLong(Exception):
    """A line was longer than allowed; it has been thrown away."""


class ServerTls:
    """TLS between two memory buffers: what came from the network, and what has to go there."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.established = False

    def decrypt(self) -> tuple[bytes, bool]:
        """Return the plain text of what came so far, and whether the client has ended the TLS connection."""
        plain = bytearray()
        try:
            while data := self.session.read(HIGH_WATER):
                plain += data
        except ssl.SSLWantReadError:
            return bytes(plain), False
        except ssl.SSLError:
            pass  # the end (close_notify), an alert, or octets that are no TLS: nothing can follow in any case
        return bytes(plain), True


class Wire(asyncio.Protocol):
    """The server's end of a connection.

    `opened` is called with the wire when the connection is there. Reading and writing raise ConnectionError once the
    connection is lost; reading returns b"" at the end of what the client sent.
    """

    def __init__(self, opened: Callable[[Wire], None]) -> None:
        self._opened = opened
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._eof = False
        self._transport: asyncio.Transport
        self._tls: ServerTls | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the new connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        """Keep what came; make the client wait if it is much."""
        if self._tls:
            self._tls.incoming.write(data)
            if self._tls.established:
                self._decrypt()
        else:
            self._buffer += data
        if len(self._buffer) >= HIGH_WATER:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        """Note that the client says no more; it may still be listening (TCP half-close)."""
        self._eof = True
        self._news.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        self._lost.set()
        self._eof = True
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """Make writers wait until the client has read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self._writable.set()

    def _decrypt(self) -> None:
        assert self._tls is not None
        plain, ended = self._tls.decrypt()
        self._buffer += plain
        self._eof = self._eof or ended
        self._flush()

    def _flush(self) -> None:
        """Send what TLS has ready to go."""
        if self._tls and self._tls.outgoing.pending and not self._lost.is_set():
            self._transport.write(self._tls.outgoing.read())

    # What a session calls.

    @property
    def encrypted(self) -> bool:
        """Whether TLS has begun."""
        return self._tls is not None

    async def read(self) -> bytes:
        """Return what has come, at least one octet; b"" at the end."""
        await self._more(0)
        data = bytes(self._buffer)
        self._take(len(data))
        return data

    def push_back(self, data: bytes) -> None:
        """Put back what was read too much."""
        self._buffer[:0] = data

    async def read_line(self, limit: int) -> bytes:
        """Return the next line with its line feed; b"" at the end, even if a piece of a line came before it.

        Raises LineTooLong when it has more than `limit` octets: the line is gone then. ConnectionError when a line
        goes on beyond MAX_DISCARD.
        """
        thrown = 0
        while True:
            found = self._buffer.find(b"\n")
            if found >= 0:
                line = bytes(self._buffer[: found + 1])
                self._take(found + 1)
                if thrown or len(line) > limit:
                    raise LineTooLong
                return line
            if len(self._buffer) > limit:
                thrown += len(self._buffer)
                self._take(len(self._buffer))
                if thrown > MAX_DISCARD:
                    raise ConnectionAbortedError("a line without end")
            if not await self._more(len(self._buffer)):
                return b""

    async def read_exactly(self, count: int) -> int:
        """Throw `count` octets away; return how many there were before the end."""
        left = count
        while left and await self._more(0):
            part = min(left, len(self._buffer))
            self._take(part)
            left -= part
        return count - left

    async def discard(self) -> int:
        """Throw away all that comes until the client ends; return the number of octets."""
        total = 0
        while data := await self.read():
            total += len(data)
        return total

    async def write(self, data: bytes) -> None:
        """Send `data` and wait while the client is slow to read. Raises ConnectionError."""
        if self._lost.is_set():
            raise ConnectionResetError("the client is gone")
        if self._tls:
            try:
                self._tls.session.write(data)
            except ssl.SSLError:
                raise ConnectionAbortedError("TLS has ended") from None
            self._flush()
        else:
            self._transport.write(data)
        await self._writable.wait()

    def hold(self) -> None:
        """Read no more from the network for now: what comes next belongs to the TLS handshake."""
        if not self._lost.is_set():
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read from the network again after `hold`."""
        if not self._lost.is_set():
            self._transport.resume_reading()

    def turn_away(self, words: bytes) -> None:
        """Say `words` and close."""
        self._transport.write(words)
        self._transport.close()

    async def start_tls(self, context: ssl.SSLContext) -> int:
        """Do the TLS handshake as server; return how many octets of plain text had come before it.

        They are thrown away (RFC 3207 §4.2: nothing learnt before the handshake counts). Raises OSError, which
        ssl.SSLError and TimeoutError are.
        """
        before = len(self._buffer)
        self._buffer.clear()
        self._tls = tls = ServerTls(context)
        self.go_on()
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            while not tls.established:
                self._news.clear()
                try:
                    tls.session.do_handshake()
                    tls.established = True
                except ssl.SSLWantReadError:
                    if self._eof:
                        raise ConnectionResetError("the client left during the handshake") from None
                    self._flush()
                    await self._news.wait()
                except ssl.SSLError:
                    self._flush()  # the alert
                    raise
        self._decrypt()
        return before

    def tls(self) -> str:
        """Return TLS version and cipher suite as text; empty without TLS."""
        session = self._tls.session if self._tls else None
        cipher = session.cipher() if session else None
        return f"{session.version()}, {cipher[0]}" if session and cipher else ""

    def end_output(self) -> None:
        """Say that no more will come, and stay to listen."""
        self._end_tls()
        if not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def close(self) -> None:
        """End the connection in good order: close_notify (RFC 8446 §6.1) if there is TLS, then FIN."""
        if not self._transport.is_closing():
            self._end_tls()
        self._transport.close()

    def _end_tls(self) -> None:
        if self._tls and self._tls.established:
            with contextlib.suppress(ssl.SSLError):  # it says its close_notify, and would now wait for the client's
                self._tls.session.unwrap()
            self._flush()

    def abort(self) -> None:
        """End the connection at once, whatever is still to be sent."""
        self._transport.abort()

    def reset(self) -> None:
        """End the connection with RST: a linger time of zero makes the system send one."""
        # Windows takes two unsigned shorts here (winsock2.h, struct linger), all others two ints.
        linger = struct.pack("HH", 1, 0) if sys.platform == "win32" else struct.pack("ii", 1, 0)
        if not self._lost.is_set():
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    async def closed(self, *, at_once: bool = False) -> None:
        """Wait until the socket is closed; cut the connection if that takes long or `at_once`."""
        if not at_once:
            try:
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._lost.wait()
            except TimeoutError:
                pass
        self._transport.abort()
        handle = self._transport.get_extra_info("socket")
        # The loop closes the socket in one of its next rounds, and has no event to tell so.
        while handle.fileno() != -1:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def _more(self, seen: int) -> bool:
        """Wait until more than `seen` octets are there; return False if the end comes first."""
        while len(self._buffer) <= seen:
            if self._eof:
                return False
            self._news.clear()
            await self._news.wait()
        return True

    def _take(self, count: int) -> None:
        del self._buffer[:count]
        if len(self._buffer) < HIGH_WATER and not self._lost.is_set():
            self._transport.resume_reading()
