"""Plays the faults of a scenario: everything a server or something between should not do."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from core.practice.model import Fault, FaultKind, Point
from core.practice.wire import Wire

MAX_FLOOD: Final = 64 * 1024 * 1024
"""Octets after which a flood without end ends after all: a forgotten client fills nobody's line or disk."""

DRIP_MS: Final = 200
"""Milliseconds between two octets of a drip, unless the fault says otherwise."""

ESTABLISHED_MS: Final = 50
"""Milliseconds before a connection is reset without a word: sooner, the client's connect() itself would fail."""

_CHUNK: Final = 16 * 1024
_SEGMENT_PAUSE: Final = 0.005

HTTP_REPLY: Final = (
    b"HTTP/1.1 400 Bad Request\r\nServer: practice\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html><head><title>400 Bad Request</title></head><body><h1>400 Bad Request</h1></body></html>\r\n"
)


class ConversationOver(Exception):
    """The conversation has ended; nothing more is said."""


async def play(wire: Wire, point: Point, fault: Fault, reply: bytes, text: bytes) -> bytes:
    """Do at `point` what `fault` says, instead of sending `reply`.

    `text` is the fault's own text, filled in, with line ends. Returns what was said that a client may take for the
    reply (the caller goes on from that); raises ConversationOver when there is no going on.
    """
    pause = 0 if fault.kind is FaultKind.DRIP else fault.ms
    if fault.kind is FaultKind.RESET and point in {Point.CONNECT, Point.GREETING}:
        pause = max(pause, ESTABLISHED_MS)
    await asyncio.sleep(pause / 1000)
    match fault.kind:
        case FaultKind.CLOSE:
            wire.close()
        case FaultKind.RESET:
            wire.reset()
        case FaultKind.SILENCE:
            await wire.discard()
        case FaultKind.DRIP:
            await _drip(wire, reply, (fault.ms or DRIP_MS) / 1000)
        case FaultKind.ENDLESS:
            await _flood(wire, (reply[:3] or b"220") + b"-and there is more to say\r\n")
        case FaultKind.OVERLONG:
            await wire.write((reply[:3] or b"220") + b" ")
            await _flood(wire, b"and-so-on-")
        case FaultKind.HTTP:
            await wire.write(HTTP_REPLY)
            await _finish(wire)
        case FaultKind.RUBBISH:
            return await _said(wire, point, rubbish(fault.seed))
        case FaultKind.REPLY:
            return await _said(wire, point, text)
        case FaultKind.DELAY:
            return await _said(wire, point, reply)
        case FaultKind.SPLIT:
            return await _split(wire, reply, fault.seed)
        case FaultKind.EXTRA:
            before, after = (
                b"".join(line.encode() + b"\r\n" for line in lines) for lines in (fault.before, fault.after)
            )
            await wire.write(before + reply + after)
            return reply
        case FaultKind.INJECT:
            await wire.write(reply + text)
            return reply
    raise ConversationOver


def rubbish(seed: int) -> bytes:
    """Return 300 octets that are the same for the same seed, hold no line end, and end in one."""
    octets = random.Random(seed).randbytes(300)  # noqa: S311  (it has to look random and be the same each time)
    return octets.translate(None, b"\r\n") + b"\r\n"


async def _said(wire: Wire, point: Point, data: bytes) -> bytes:
    await wire.write(data)
    if point is Point.TLS:
        await _finish(wire)
        raise ConversationOver
    return data


async def _finish(wire: Wire) -> None:
    """Close so that what was sent arrives: closing with unread input would reset the connection."""
    wire.end_output()
    try:
        async with asyncio.timeout(2):
            await wire.discard()
    except TimeoutError:
        pass
    wire.close()


async def _drip(wire: Wire, reply: bytes, pause: float) -> None:
    octets = reply.rstrip(b"\r\n").replace(b"\r\n", b" ") or b"220 "
    listening = asyncio.ensure_future(wire.discard())
    try:
        number = 0
        while not listening.done():
            await wire.write(octets[number : number + 1] or b".")
            number += 1
            await asyncio.wait([listening], timeout=pause)
    finally:
        listening.cancel()


async def _flood(wire: Wire, piece: bytes) -> None:
    chunk = piece * (_CHUNK // len(piece))
    for _ in range(MAX_FLOOD // len(chunk)):
        await wire.write(chunk)
        await asyncio.sleep(0)  # let others speak: a fast reader would keep the loop to itself


async def _split(wire: Wire, reply: bytes, seed: int) -> bytes:
    cuts = random.Random(seed)  # noqa: S311  (the same cuts each time)
    rest = reply
    while rest:
        size = cuts.randint(1, 7)
        await wire.write(rest[:size])
        rest = rest[size:]
        await asyncio.sleep(_SEGMENT_PAUSE)  # else the system would put two pieces into one segment
    return reply
