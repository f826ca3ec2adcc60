"""Reads a message after DATA, line by line as it came, and finds its end even where a device ends it wrongly.

RFC 5321 §4.1.1.4 ends a message with CRLF, dot, CRLF. Some devices send bare line feeds throughout and wait for ever
at a server that is strict. Nothing is delivered from here, so a second message hidden in the first (SMTP smuggling)
harms nobody; pass-through stuffs dots after every kind of line end before anything leaves (`core.listening.upstream`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Literal

from core.listening.tap import Tap

MAX_FRAGMENT: Final = 64 * 1024
"""Octets of a line without end that are held before they are given on as a piece of it."""

_DOUBT_SECONDS: Final = 2.0
"""A dot between line ends of different kinds ends the message if nothing follows it for so long."""


class ContentReader:
    """Reads one message from `tap`; each wait lasts at most `idle` seconds.

    After `lines` is exhausted, `terminator` says how it ended, `lone_dot_lines` how many doubtful dots went before.
    """

    def __init__(self, tap: Tap, idle: float) -> None:
        self._tap = tap
        self._idle = idle
        self._buffer = bytearray()
        self._after_crlf = True
        self._only_bare = True
        self._inside_line = False
        self.terminator: Literal["crlf", "lf", "cut"] = "cut"

    async def lines(self) -> AsyncIterator[list[bytes]]:
        """Yield the lines as they come, with their line ends, dots unstuffed (RFC 5321 §4.5.2).

        A line beyond MAX_FRAGMENT comes in pieces, all but its last one without line end. Raises TimeoutError.
        """
        while True:
            async with asyncio.timeout(self._idle):
                data = await self._tap.read()
            if not data:
                if self._buffer:
                    yield [bytes(self._buffer)]
                return
            self._buffer += data
            ready, ended = await self._split()
            if ready:
                yield ready
            if ended:
                return

    async def _split(self) -> tuple[list[bytes], bool]:
        ready: list[bytes] = []
        start = 0
        while (found := self._buffer.find(b"\n", start)) >= 0:
            line = bytes(self._buffer[start : found + 1])
            start = found + 1
            if not self._inside_line and line in {b".\r\n", b".\n"}:
                is_last = start == len(self._buffer)
                if await self._is_end(line, is_last=is_last):
                    self._tap.push_back(bytes(self._buffer[start:]))
                    self._buffer.clear()
                    return ready, True
            elif not self._inside_line and line.startswith(b"."):
                line = line[1:]
            self._note_end(line)
            ready.append(line)
        del self._buffer[:start]
        if len(self._buffer) > MAX_FRAGMENT:
            piece = bytes(self._buffer[:-1])  # a CR at its end stays with the LF that may follow
            del self._buffer[:-1]
            ready.append(piece if self._inside_line else piece.removeprefix(b"."))
            self._inside_line = True
        return ready, False

    def _note_end(self, line: bytes) -> None:
        self._after_crlf = line.endswith(b"\r\n")
        self._only_bare = self._only_bare and not self._after_crlf
        self._inside_line = False

    async def _is_end(self, line: bytes, *, is_last: bool) -> bool:
        if line == b".\r\n" and self._after_crlf:
            self.terminator = "crlf"
            return True
        if (line == b".\n" and self._only_bare) or (is_last and await self._tap.quiet(_DOUBT_SECONDS)):
            self.terminator = "lf"
            return True
        return False
