"""The schedule, with clocks that jump as they like: never a burst, always an end."""

from __future__ import annotations

import asyncio
import sys
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.watching.clock import Moment, SystemClock
from core.watching.plan import Plan
from core.watching.schedule import MAX_FACTOR, SETTLE, TOLERANCE, Schedule

PLAN = Plan(every=300, duration=7200, minimum=60)


def at(seconds: float, wall: float | None = None) -> Moment:
    return Moment(1_000_000 + (seconds if wall is None else wall), seconds)


def make(plan=PLAN, jitter=lambda: 0.0, *, counts_sleep=True):
    return Schedule(plan, at(0), jitter, counts_sleep=counts_sleep)


def test_the_first_run_is_due_at_once_and_the_next_one_an_interval_after_it_began():
    schedule = make()
    assert schedule.wait(at(0)) == 0
    schedule.ran(at(0), at(4), deferred=False)
    assert schedule.due == 300
    assert schedule.wait(at(4)) == 5  # it looks at the clocks meanwhile
    assert schedule.wait(at(298)) == 2
    assert schedule.wait(at(301)) == 0


def test_jitter_varies_the_interval_within_bounds_and_never_below_the_minimum():
    early, late = make(jitter=lambda: -1.0), make(jitter=lambda: 1.0)
    for schedule in (early, late):
        schedule.ran(at(0), at(1), deferred=False)
    assert (early.due, late.due) == (270, 330)
    least = make(Plan(every=60, duration=7200, minimum=60), jitter=lambda: -1.0)
    least.ran(at(0), at(1), deferred=False)
    assert least.due == 60


def test_a_server_that_puts_off_is_asked_more_seldom_and_then_as_before():
    schedule = make()
    times = []
    for deferred in (True, True, True, False):
        began = at(schedule.due)
        schedule.ran(began, began, deferred=deferred)
        times.append(schedule.due - began.elapsed)
    assert times == [600, 1200, 300 * MAX_FACTOR, 300]


def test_a_sleep_is_noted_and_only_one_run_follows_it():
    schedule = make()
    schedule.ran(at(0), at(4), deferred=False)
    assert schedule.look(at(9), 5) is None
    jump = schedule.look(at(9 + 3600), 5)
    assert jump is not None
    assert (jump.kind, jump.seconds, jump.missed) == ("sleep", 3595, 11)
    assert (jump.begin, jump.end) == (1_000_009, 1_000_009 + 3600)
    assert schedule.due == 3609 + SETTLE
    schedule.ran(at(3620), at(3624), deferred=False)
    assert schedule.due == 3920


def test_a_short_sleep_before_the_run_is_due_shifts_nothing():
    schedule = make()
    schedule.ran(at(0), at(4), deferred=False)
    jump = schedule.look(at(100), 5)
    assert jump is not None
    assert jump.missed == 0
    assert schedule.due == 300


def test_a_sleep_shows_in_the_clock_for_people_where_the_other_stands_still():
    schedule = make(counts_sleep=False)
    schedule.ran(at(0), at(4), deferred=False)
    jump = schedule.look(at(9, wall=9 + 7000), 5)
    assert jump is not None
    assert (jump.kind, jump.missed, round(jump.seconds)) == ("sleep", 23, 7000)
    schedule.ran(at(310), at(310), deferred=False)
    assert schedule.is_over(at(311)) == "time"  # a sleep counts as time that passed


def test_a_clock_that_was_set_changes_no_plan():
    schedule = make()
    schedule.ran(at(0), at(4), deferred=False)
    jump = schedule.look(at(9, wall=9 - 86_400), 5)
    assert jump is not None
    assert (jump.kind, jump.seconds, jump.missed) == ("clock", 86_400, 0)
    assert schedule.due == 300


def test_it_ends_by_time_and_by_number():
    schedule = make(Plan(every=300, duration=600, count=None, minimum=60))
    for begin in (0, 300, 600):
        assert schedule.is_over(at(begin)) == ""
        schedule.ran(at(begin), at(begin), deferred=False)
    assert schedule.is_over(at(600)) == "time"
    schedule = make(Plan(every=300, duration=7200, count=2, minimum=60))
    for begin in (0, 300):
        schedule.ran(at(begin), at(begin), deferred=False)
    assert schedule.is_over(at(300)) == "count"


STEPS = st.lists(
    st.tuples(st.sampled_from(["pass", "sleep", "set"]), st.floats(0.1, 20_000), st.booleans()), max_size=60
)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.booleans(), st.floats(-1, 1), st.sampled_from([60.0, 300.0, 3600.0]), st.floats(0.0, 200.0))
def test_however_the_clocks_jump_there_is_no_burst_and_an_end(steps, counts_sleep, jitter, every, takes):
    plan = Plan(every=every, duration=24 * 3600, minimum=60)
    wall, elapsed, awake = 1_000_000.0, 0.0, 0.0
    schedule = Schedule(plan, Moment(wall, elapsed), lambda: jitter, counts_sleep=counts_sleep)
    starts = []
    for kind, amount, deferred in steps:
        if schedule.is_over(Moment(wall, elapsed)):
            break
        if kind == "set":
            wall += amount - 10_000
        if kind == "sleep":
            wall += amount
            elapsed += amount if counts_sleep else 0
        asked = 0.0
        if kind == "pass":
            asked = schedule.wait(Moment(wall, elapsed))
            wall, elapsed, awake = wall + asked, elapsed + asked, awake + asked
        schedule.look(Moment(wall, elapsed), asked)
        if schedule.wait(Moment(wall, elapsed)) == 0:
            starts.append(elapsed)
            began = Moment(wall, elapsed)
            wall, elapsed = wall + takes, elapsed + takes
            schedule.ran(began, Moment(wall, elapsed), deferred=deferred)
    for earlier, later in pairwise(starts):
        assert later - earlier >= max(60, every * 0.9 - 0.001)
    far = Moment(wall + 10 * 86_400, elapsed + 10 * 86_400)
    assert schedule.is_over(far) == "time"


async def test_the_computers_own_clock_waits_and_is_woken():
    clock = SystemClock()
    begin = clock.now()
    woken = asyncio.Event()
    await clock.wait(0.0, woken)
    woken.set()
    async with asyncio.timeout(20):
        await clock.wait(3600, woken)
    end = clock.now()
    assert begin.elapsed <= end.elapsed < begin.elapsed + 60
    assert abs((end.wall - begin.wall) - (end.elapsed - begin.elapsed)) < TOLERANCE
    if sys.platform == "linux":
        assert clock.counts_sleep
