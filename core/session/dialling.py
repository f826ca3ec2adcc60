"""From a server name to a TCP connection: look-up, then each address tried, each attempt recorded.

Order and stagger follow Happy Eyeballs (RFC 8305 §4, §5): addresses in the system's order with the families
interleaved, the next one started 250 ms after the one before, the first connection wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from core.request import IpVersion
from core.session import os_errors
from core.session.transcript import seconds

ATTEMPT_DELAY = 0.25
"""Seconds between two attempts (RFC 8305 §5: recommended 250 ms)."""

MAX_ADDRESSES = 12
"""More addresses are not tried: after so many the answer is clear."""


class LookupFailed(Exception):
    """The name gave no address. `os_error` is a word of OS_ERRORS, `text` the system's own message."""

    def __init__(self, text: str, os_error: str, number: int | None = None) -> None:
        super().__init__(text)
        self.os_error = os_error
        self.number = number


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to connect. `outcome` is "connected", "abandoned" (another was quicker) or a word of OS_ERRORS."""

    address: str
    outcome: str
    ms: float
    error: str = ""
    number: int | None = None

    def as_details(self) -> dict[str, object]:
        """Return the attempt as it stands in the report."""
        return {
            "address": self.address,
            "family": "IPv6" if ":" in self.address else "IPv4",
            "outcome": self.outcome,
            "ms": round(self.ms, 1),
            "error": self.error or None,
            "os_code": self.number,
        }


async def system_lookup(host: str, limit: float) -> list[str]:
    """Return the addresses of `host` from the system's resolver, as any other program on this computer gets them.

    Waits at most `limit` seconds. Raises LookupFailed. The look-up runs in a daemon thread of its own: getaddrinfo
    can't be cancelled, and asyncio's executor would make the program wait for it at its end.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[str]] = loop.create_future()

    def deliver(result: list[str] | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result or [])

    def look_up() -> None:
        result: list[str] | None = None
        error: Exception | None = None
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            result = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except OSError as failure:
            error = LookupFailed(_message(failure), os_errors.classify(failure), os_errors.number_of(failure))
        except UnicodeError:
            error = LookupFailed("the name has a part of more than 63 characters", "name-not-found")
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(deliver, result, error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        async with asyncio.timeout(limit):
            return await done
    except TimeoutError:
        raise LookupFailed(f"no answer within {seconds(limit)}", "dns-timeout") from None


def interleave(addresses: Sequence[str], version: IpVersion) -> list[str]:
    """Return the addresses to try in order, families taking turns, those of the other IP version left out."""
    six = [address for address in addresses if ":" in address and version is not IpVersion.V4]
    four = [address for address in addresses if ":" not in address and version is not IpVersion.V6]
    first, second = (six, four) if addresses and ":" in addresses[0] else (four, six)
    order: list[str] = []
    for index in range(max(len(first), len(second))):
        order += first[index : index + 1] + second[index : index + 1]
    return order[:MAX_ADDRESSES]


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of it: the connected socket (None if nobody answered) and all attempts in their order."""

    sock: socket.socket | None
    attempts: tuple[Attempt, ...]


async def dial(addresses: Sequence[str], port: int, limit: float) -> Dialled:
    """Connect to the first of `addresses` that answers on `port`, within `limit` seconds in all.

    Never raises for what the network does; a cancelled dial leaves no socket behind.
    """
    started = time.monotonic()
    attempts: dict[str, Attempt] = {}
    winner: socket.socket | None = None
    running: dict[asyncio.Task[socket.socket], str] = {}
    waiting = list(addresses)
    begun: dict[str, float] = {}
    try:
        async with asyncio.timeout(limit):
            while (waiting or running) and winner is None:
                if waiting:
                    address = waiting.pop(0)
                    begun[address] = time.monotonic()
                    running[asyncio.create_task(_connect(address, port))] = address
                done, _ = await asyncio.wait(
                    running, timeout=ATTEMPT_DELAY if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    address = running.pop(task)
                    ms = (time.monotonic() - begun[address]) * 1000
                    error = task.exception()
                    if error is None and winner is None:
                        winner = task.result()
                        attempts[address] = Attempt(address, "connected", ms)
                    elif error is None:
                        task.result().close()
                        attempts[address] = Attempt(address, "abandoned", ms)
                    else:
                        attempts[address] = Attempt(
                            address, os_errors.classify(error), ms, _message(error), os_errors.number_of(error)
                        )
    except TimeoutError:
        pass
    except BaseException:
        if winner is not None:
            winner.close()
        raise
    finally:
        await _abandon(running)
    for address in running.values():
        ms = (time.monotonic() - begun[address]) * 1000
        outcome = "abandoned" if winner else "timed-out"
        attempts[address] = Attempt(address, outcome, ms, "" if winner else f"no answer within {ms / 1000:.0f} seconds")
    for address in waiting if winner is None and time.monotonic() - started < limit else ():
        attempts[address] = Attempt(address, "abandoned", 0)
    return Dialled(winner, tuple(attempts[address] for address in addresses if address in attempts))


async def _connect(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target: tuple[object, ...] = (address, port)
        if family is socket.AF_INET6:
            bare, _, zone = address.partition("%")
            target = (bare, port, 0, _scope(zone))
        await asyncio.get_running_loop().sock_connect(sock, target)
    except BaseException:
        sock.close()
        raise
    return sock


def _scope(zone: str) -> int:
    if not zone:
        return 0
    return int(zone) if zone.isdigit() else socket.if_nametoindex(zone)


async def _abandon(tasks: dict[asyncio.Task[socket.socket], str]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, socket.socket):
            result.close()


def _message(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:300]
