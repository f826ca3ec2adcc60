"""The clocks of a watch: one for people, one that only goes forward. Tests bring their own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Moment:
    """wall: seconds since 1970 (UTC), as the computer's clock has it, which may be set. elapsed: never set."""

    wall: float
    elapsed: float


class Clock(Protocol):
    """What a watch needs of time."""

    counts_sleep: bool
    """Whether `elapsed` goes on while the computer sleeps."""

    def now(self) -> Moment:
        """Return this moment."""

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        """Return after `seconds`, or as soon as `woken` is set."""


class SystemClock:
    """This computer's clocks.

    Linux counts sleep in CLOCK_BOOTTIME only (clock_gettime(2)); Windows' tick count, which Python's monotonic clock
    is, counts it anyway; elsewhere sleep shows in the clock for people.
    """

    def __init__(self) -> None:
        self._boot_time: int | None = getattr(time, "CLOCK_BOOTTIME", None)
        self.counts_sleep = self._boot_time is not None or time.get_clock_info("monotonic").implementation.startswith(
            ("GetTickCount64", "QueryPerformanceCounter")
        )

    def now(self) -> Moment:
        """Return this moment."""
        elapsed = time.monotonic() if self._boot_time is None else time.clock_gettime(self._boot_time)
        return Moment(time.time(), elapsed)

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        """Return after `seconds`, or as soon as `woken` is set."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), max(0.0, seconds))
