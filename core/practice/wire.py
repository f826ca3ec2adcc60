"""One connection of a practice server: bounded reading, writing that waits, TLS on top, and all the ways to end."""

from __future__ import annotations

import asyncio
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
        self._raw: asyncio.Transport
        self._transport: asyncio.Transport
        self.encrypted = False

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the new connection."""
        self._raw = self._transport = cast("asyncio.Transport", transport)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        """Keep what came; make the client wait if it is much."""
        self._buffer += data
        if len(self._buffer) >= HIGH_WATER:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        """Note that the client says no more. In plain text it may still be listening (TCP half-close)."""
        self._eof = True
        self._news.set()
        return not self.encrypted

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

    # What a session calls.

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
        self._transport.write(data)
        await self._writable.wait()

    def hold(self) -> None:
        """Read no more from the network for now: what comes next belongs to the TLS handshake."""
        if not self._lost.is_set():
            self._raw.pause_reading()

    def go_on(self) -> None:
        """Read from the network again after `hold`."""
        if not self._lost.is_set():
            self._raw.resume_reading()

    def turn_away(self, words: bytes) -> None:
        """Say `words` and close."""
        self._raw.write(words)
        self._raw.close()

    async def start_tls(self, context: ssl.SSLContext) -> int:
        """Do the TLS handshake as server; return how many octets of plain text had come before it.

        They are thrown away (RFC 3207 §4.2: nothing learnt before the handshake counts). Raises OSError, which
        ssl.SSLError and TimeoutError are.
        """
        before = len(self._buffer)
        self._buffer.clear()
        if self._eof or self._lost.is_set():
            raise ConnectionResetError("the client is gone")
        loop = asyncio.get_running_loop()
        self.encrypted = True
        try:
            transport = await loop.start_tls(
                self._raw,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=CLOSING_SECONDS,
            )
        except OSError:
            # asyncio tells a protocol nothing about the end of a connection whose handshake failed.
            self._raw.abort()
            self.connection_lost(None)
            raise
        if transport is None:
            raise ConnectionResetError("the client is gone")
        self._transport = transport
        return before

    def tls(self) -> str:
        """Return TLS version and cipher suite as text; empty without TLS."""
        found = self._transport.get_extra_info("ssl_object")
        cipher = found.cipher() if isinstance(found, ssl.SSLObject) else None
        return f"{found.version()}, {cipher[0]}" if cipher else ""

    def end_output(self) -> None:
        """Say that no more will come, and stay to listen; with TLS just close."""
        if not self._lost.is_set() and self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self.close()

    def close(self) -> None:
        """End the connection in good order."""
        self._transport.close()

    def abort(self) -> None:
        """End the connection at once, whatever is still to be sent."""
        self._raw.abort()

    def reset(self) -> None:
        """End the connection with RST: a linger time of zero makes the system send one."""
        # Windows takes two unsigned shorts here (winsock2.h, struct linger), all others two ints.
        linger = struct.pack("HH", 1, 0) if sys.platform == "win32" else struct.pack("ii", 1, 0)
        if not self._lost.is_set():
            self._raw.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._raw.abort()

    async def closed(self, *, at_once: bool = False) -> None:
        """Wait until the socket is closed; cut the connection if that takes long or `at_once`."""
        if not at_once:
            try:
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._lost.wait()
            except TimeoutError:
                pass
        self._raw.abort()
        handle = self._raw.get_extra_info("socket")
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
