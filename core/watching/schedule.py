"""When the next run is due. Pure: it is told the time, and waits for nothing.

However the clocks jump, two runs are never closer than the plan's interval, less the jitter: what was missed while the
computer slept is noted and not made up for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.watching.clock import Moment
from core.watching.plan import MAX_RUNS, Plan

LOOK_EVERY = 5.0
"""Seconds after which a waiting watch looks at the clocks: so a sleep is noticed soon after it."""
TOLERANCE = 30.0
"""A wait that takes so much longer than asked, or clocks that part so far, are no accident of a busy computer."""
SETTLE = 10.0
"""Seconds after a sleep in which the network may come up, before the next run."""
JITTER = 0.1
"""The interval varies by this part, so that no watch meets a server's own rhythm, nor another watch, each time."""
MAX_JITTER = 30.0
MAX_FACTOR = 4.0
"""A server that puts us off is asked more seldom, up to so many intervals apart."""
LONGEST_BACK_OFF = 3_600.0

GapKind = Literal["sleep", "clock"]
"""sleep: the computer slept, or stopped this program. clock: its clock was set."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Time that the watch did not see pass. `begin` and `end` are by the clock for people; `missed` runs were due."""

    kind: GapKind
    begin: float
    end: float
    seconds: float
    missed: int


class Schedule:
    """The times of one watch. `jitter` returns a number from -1 to 1."""

    def __init__(self, plan: Plan, now: Moment, jitter: Callable[[], float], *, counts_sleep: bool = True) -> None:
        self._plan = plan
        self._jitter = jitter
        self._counts_sleep = counts_sleep
        self._began = now
        self._last = now
        self._uncounted = 0.0
        self._deferred = 0
        self._runs = 0
        self.due = now.elapsed
        """When the next run is due, by `Moment.elapsed`."""

    @property
    def factor(self) -> float:
        """How many intervals there are to the next run: more than one where the server put us off."""
        wanted = min(2.0**self._deferred, MAX_FACTOR)
        return max(1.0, min(wanted, LONGEST_BACK_OFF / self._plan.every))

    def wait(self, now: Moment) -> float:
        """Return for how many seconds to wait before looking again; 0 when a run is due."""
        return max(0.0, min(LOOK_EVERY, self.due - now.elapsed))

    def look(self, now: Moment, asked: float) -> Jump | None:
        """Take the time after a wait (or a run) that should have taken `asked` seconds; return what was missed."""
        before, self._last = self._last, now
        passed = now.elapsed - before.elapsed
        drift = (now.wall - before.wall) - passed
        if self._counts_sleep:
            seconds, overdue = passed - asked, now.elapsed - self.due
        else:
            seconds = overdue = max(drift, passed - asked)
        if seconds > TOLERANCE:
            # What is due after a sleep is done once, when the network is up again.
            self.due = max(self.due, now.elapsed + SETTLE)
            self._uncounted += max(0.0, drift) if not self._counts_sleep else 0.0
            end = before.wall + passed + (drift if not self._counts_sleep else 0.0)
            return Jump("sleep", before.wall, end, seconds, max(0, int(overdue // self._plan.every)))
        if abs(drift) > TOLERANCE:
            return Jump("clock", before.wall, now.wall, abs(drift), 0)
        return None

    def ran(self, began: Moment, ended: Moment, *, deferred: bool) -> None:
        """Take that a run began and ended; `deferred` says that the server put it off (4xx)."""
        self._runs += 1
        self._deferred = self._deferred + 1 if deferred else 0
        interval = self._plan.every * self.factor
        wanted = interval + self._jitter() * min(interval * JITTER, MAX_JITTER)
        self.due = max(began.elapsed + max(wanted, self._plan.minimum), ended.elapsed + self._plan.minimum / 2)
        self._last = ended

    def is_over(self, now: Moment) -> Literal["", "time", "count"]:
        """Return why there is no further run; empty if there is one. A sleep counts as time that passed."""
        if self._runs >= min(self._plan.count or MAX_RUNS, MAX_RUNS):
            return "count"
        # The next run has to begin within the time.
        if max(now.elapsed, self.due) - self._began.elapsed + self._uncounted > self._plan.duration:
            return "time"
        return ""
