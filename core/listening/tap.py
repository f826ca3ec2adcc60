"""The tap: the server's end of one connection, which sees every octet before anything interprets it.

It adds to the practice server's wire what listening needs: the ClientHello as it came, octet counts, line ends, and
whether a line had been there before it was asked for (pipelining). TLS is an SSLObject between two memory buffers,
the same on Linux and on the proactor loop of Windows, so that the alerts of both sides reach their reader.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast

from core.listening.certificate import SeenConnection
from core.listening.observation import LineEnd
from core.practice.wire import LineTooLong, ServerTls, Wire
from core.session.tls import HandshakeTrace

MAX_HELLO: Final = 20_000
"""Octets of a ClientHello that are kept; real ones have some hundred, with post-quantum key shares two thousand."""

_BARE_CR_PATIENCE: Final = 1.5
"""Seconds after which a line that ended in CR alone is taken for complete."""


class HelloCatcher:
    """Keeps the TLS records from the first octet to the end of the ClientHello (RFC 8446 §4.1.2, §5.1)."""

    def __init__(self) -> None:
        self.octets = bytearray()
        self.done = False
        self.is_tls = True

    def feed(self, data: bytes) -> None:
        """Take what came from the network; what follows the ClientHello is not kept."""
        if self.done:
            return
        self.octets += data[: MAX_HELLO - len(self.octets)]
        end = self._end()
        if end is not None:
            del self.octets[end:]
            self.done = True
        elif len(self.octets) >= MAX_HELLO:
            self.done = True

    def _end(self) -> int | None:
        """Return where the ClientHello ends; None while more is needed."""
        data = self.octets
        if len(data) < 3:
            return None
        if data[0] & 0x80 and data[2] == 1:  # the SSL 2.0 form of a ClientHello (RFC 5246, appendix E.2)
            end = 2 + ((data[0] & 0x7F) << 8 | data[1])
            return end if len(data) >= end else None
        if data[0] != 0x16 or data[1] != 3:
            self.is_tls = False
            return min(len(data), 64)
        message = bytearray()
        position = 0
        while position + 5 <= len(data) and data[position] == 0x16:
            size = int.from_bytes(data[position + 3 : position + 5], "big")
            message += data[position + 5 : position + 5 + size]
            position += 5 + size
            if position > len(data):
                return None
            if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big"):
                return position
        return None


class Tap(Wire):
    """One connection. `opened` is called with it once it is there; `counted` with the number of octets as they come."""

    def __init__(self, opened: Callable[[Tap], None], counted: Callable[[int], None]) -> None:
        super().__init__(cast("Callable[[Wire], None]", opened))
        self._counted = counted
        self.hello: HelloCatcher | None = None
        self.trace = HandshakeTrace()
        self.octets_in = 0
        self.octets_out = 0
        self.line_end: LineEnd = "crlf"
        self.was_waiting = False
        self.reset_by_peer = False

    def data_received(self, data: bytes) -> None:
        """Count, catch the ClientHello, and go on."""
        self.octets_in += len(data)
        if self.hello is not None and not self.hello.done:
            self.hello.feed(data)
        super().data_received(data)
        self._counted(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember whether it was reset."""
        self.reset_by_peer = isinstance(exc, ConnectionError)
        super().connection_lost(exc)

    async def write(self, data: bytes) -> None:
        """Send `data`. Raises ConnectionError."""
        if self._transport.is_closing():
            raise ConnectionResetError("the device is gone")
        self.octets_out += len(data)
        await super().write(data)

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The device's and our own address and port; "" and 0 where the connection is gone already."""
        peer = self._transport.get_extra_info("peername") or ("0.0.0.0", 0)  # noqa: S104
        local = self._transport.get_extra_info("sockname") or ("", 0)
        return (str(peer[0]), int(peer[1])), (str(local[0]), int(local[1]))

    @property
    def peeked(self) -> bytes:
        """What has come and was not read yet, at most 64 octets."""
        return bytes(self._buffer[:64])

    @property
    def connection(self) -> SeenConnection | None:
        """The TLS connection, None before TLS."""
        session = self._tls.session if self._tls else None
        return session if isinstance(session, SeenConnection) else None

    async def quiet(self, patience: float) -> bool:
        """Return whether nothing comes within `patience` seconds (what is there already counts as coming)."""
        try:
            async with asyncio.timeout(patience):
                return not await self._more(0)
        except TimeoutError:
            return True

    async def read_line(self, limit: int) -> bytes:
        """Return the next line with its line end, b"" at the end; `line_end` and `was_waiting` then tell of it.

        A line that ends in CR alone counts when nothing follows it for a moment. Raises LineTooLong.
        """
        self.was_waiting = b"\n" in self._buffer
        while True:
            if self._buffer.endswith(b"\r") and b"\n" not in self._buffer and await self._stays_alone():
                line = bytes(self._buffer)
                self._take(len(line))
                if len(line) > limit:
                    raise LineTooLong
                self.line_end = "cr"
                return line
            if b"\n" in self._buffer or self._eof or len(self._buffer) > limit:
                line = await super().read_line(limit)
                self.line_end = "crlf" if line.endswith(b"\r\n") else "lf"
                return line
            await self._more(len(self._buffer))

    def _take(self, count: int) -> None:
        """Take octets away, and leave nothing of them behind in the buffer: they may have been a password."""
        self._buffer[:count] = bytes(count)
        super()._take(count)

    async def _stays_alone(self) -> bool:
        try:
            async with asyncio.timeout(_BARE_CR_PATIENCE):
                return not await self._more(len(self._buffer))
        except TimeoutError:
            return True

    async def shake_hands(self, context: ssl.SSLContext, limit: float, *, carry: bool = False) -> int:
        """Do the TLS handshake as server within `limit` seconds; return how many plain octets came before it.

        `carry`: what is in the buffer already belongs to the handshake. Raises OSError, which ssl.SSLError and
        TimeoutError are; `hello` and `trace` hold what was seen either way.
        """
        early = bytes(self._buffer)
        self._buffer.clear()
        self.hello = HelloCatcher()
        self._tls = tls = ServerTls(context)
        if isinstance(tls.session, SeenConnection):
            tls.session.trace = self.trace
        if carry:
            self.hello.feed(early)
            tls.incoming.write(early)
            early = b""
        self.go_on()
        async with asyncio.timeout(limit):
            await self._until_established(tls)
        self._decrypt()
        return len(early)

    async def _until_established(self, tls: ServerTls) -> None:
        while not tls.established:
            self._news.clear()
            try:
                tls.session.do_handshake()
                tls.established = True
            except ssl.SSLWantReadError:
                if self._eof:
                    raise ConnectionResetError("the device left during the handshake") from None
                self._flush()
                await self._news.wait()
            except ssl.SSLError:
                self._flush()  # the alert
                raise
