"""A clock that tests wind: waiting takes no time, and the computer sleeps when the test says so."""

from __future__ import annotations

import asyncio
import datetime as dt

from core.watching.clock import Moment

BEGAN = dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC).timestamp()


class WoundClock:
    """Time passes only in `wait`. `sleeps` maps elapsed seconds to the length of a sleep that begins then.

    `sets` maps elapsed seconds to seconds by which somebody sets the clock for people.
    """

    def __init__(self, *, counts_sleep=True, sleeps=None, sets=None, on_wait=None) -> None:
        self.counts_sleep = counts_sleep
        self._wall, self._elapsed = BEGAN, 1000.0
        self._sleeps = {1000.0 + at: seconds for at, seconds in (sleeps or {}).items()}
        self._sets = {1000.0 + at: seconds for at, seconds in (sets or {}).items()}
        self._on_wait = on_wait
        self.waited = 0.0

    def now(self) -> Moment:
        return Moment(self._wall, self._elapsed)

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        await asyncio.sleep(0)
        if self._on_wait:
            self._on_wait(self)
        if not woken.is_set():
            self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        before = self._elapsed
        self.waited += seconds
        self._elapsed += seconds
        self._wall += seconds
        for at in [at for at in self._sets if before <= at < self._elapsed]:
            self._wall += self._sets.pop(at)
        for at in [at for at in self._sleeps if before <= at < self._elapsed]:
            self.sleep(self._sleeps.pop(at))

    def sleep(self, seconds: float) -> None:
        self._wall += seconds
        if self.counts_sleep:
            self._elapsed += seconds
