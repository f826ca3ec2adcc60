"""What the runs of a watch amount to: a sentence, counts, and patterns. Pure.

A pattern needs enough runs to be none of chance's; where it may still be one, its text says so.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.reports import words
from core.stages import Outcome
from core.watching.document import Counts, Gap, Note, WatchRun
from core.watching.plan import in_words

TOLD_SINGLY = 3
"""As many troubled runs are told one by one in the summary."""
SLOWER = 2.0
SLOWER_BY_MS = 500.0
LEAST_FOR_TREND = 6
LEAST_FOR_CLOCK = 2
LEAST_FOR_RHYTHM = 3


def counted(runs: Sequence[WatchRun]) -> list[WatchRun]:
    """Return the runs that say something about the server."""
    return [run for run in runs if run.counted]


def troubled(runs: Sequence[WatchRun]) -> list[WatchRun]:
    """Return the counted runs that did not go through."""
    return [run for run in counted(runs) if run.outcome is not Outcome.ACCEPTED]


def counts(runs: Sequence[WatchRun]) -> Counts:
    """Return how the runs ended."""
    sure = counted(runs)
    by = Counter(run.outcome for run in sure)
    return Counts(
        runs=len(sure),
        passed=by[Outcome.ACCEPTED],
        failed=by[Outcome.STOPPED],
        deferred=by[Outcome.DEFERRED],
        not_counted=len(runs) - len(sure),
    )


def outcome(runs: Sequence[WatchRun]) -> Outcome:
    """Return the outcome of the whole: the worst of the runs."""
    found = {run.outcome for run in counted(runs)}
    for worst in (Outcome.STOPPED, Outcome.DEFERRED, Outcome.ACCEPTED):
        if worst in found:
            return worst
    return Outcome.CANCELLED


def cause(runs: Sequence[WatchRun]) -> str:
    """Return the most frequent cause of trouble, "accepted" if there was none, "unknown" if nothing was finished."""
    found = Counter(run.cause for run in troubled(runs))
    if found:
        return found.most_common(1)[0][0]
    return "accepted" if counted(runs) else "unknown"


def clock_time(moment: str, zone: dt.tzinfo | None = None) -> str:
    """Return the time of day of an RFC 3339 moment, in `zone` or this computer's time zone."""
    try:
        return f"{dt.datetime.fromisoformat(moment).astimezone(zone):%H:%M}"
    except (ValueError, OverflowError, OSError):
        return moment[11:16]


def end_words(run: WatchRun) -> str:
    """Return how a troubled run ended, such as "put off at RCPT TO: Too much at once"."""
    where = f" at {words.label(run.stage)}" if run.stage is not None else ""
    how = "put off" if run.outcome is Outcome.DEFERRED else "stopped"
    return f"{how}{where}: {run.title.rstrip('.')}"


def summary(runs: Sequence[WatchRun], zone: dt.tzinfo | None = None) -> str:
    """Return the watch in one sentence, such as "11 of 12 runs passed; at 10:42 put off at RCPT TO: …"."""
    sure, bad = counted(runs), troubled(runs)
    if not sure:
        return "No run was finished."
    good = len(sure) - len(bad)
    if not bad:
        return f"All {len(sure)} runs passed." if len(sure) > 1 else "The one run passed."
    begin = f"{good} of {len(sure)} run{'s' if len(sure) > 1 else ''} passed"
    ends = Counter(end_words(run) for run in bad)
    if len(bad) <= TOLD_SINGLY:
        times: dict[str, list[str]] = {}
        for run in bad:
            times.setdefault(end_words(run), []).append(clock_time(run.started_at, zone))
        told = [f"at {' and '.join(dict.fromkeys(found))} {end}" for end, found in times.items()]
        return f"{begin}; {'; '.join(told)}."
    if len(ends) == 1:
        first, last = bad[0].started_at, bad[-1].started_at
        span = f"from {clock_time(first, zone)} to {clock_time(last, zone)}"
        return f"{begin}; {len(bad)} times, {span}, {end_words(bad[0])}."
    told = [f"{number} times {end}" for end, number in ends.most_common(TOLD_SINGLY)]
    more = f"; {len(ends) - TOLD_SINGLY} further reasons" if len(ends) > TOLD_SINGLY else ""
    return f"{begin}; {'; '.join(told)}{more}."


def notes(runs: Sequence[WatchRun], gaps: Sequence[Gap] = (), zone: dt.tzinfo | None = None) -> tuple[Note, ...]:
    """Return the patterns in the runs."""
    sure, bad = counted(runs), troubled(runs)
    found = [
        *_ends(sure, bad),
        *_by_address(sure, bad),
        *_by_time(sure, bad, zone),
        *_trend(sure),
        *_missed(runs, gaps),
    ]
    return tuple(found)


def _ends(sure: list[WatchRun], bad: list[WatchRun]) -> Iterator[Note]:
    if len(bad) >= 2 and len(bad) == len(sure):
        yield Note(
            id="always",
            title="It does not come and go",
            text="Every run had trouble. That needs no watching: solve what the verdict names.",
        )
    if len(bad) < 2:
        return
    ends = {(run.stage, run.cause) for run in bad}
    if len(ends) == 1:
        where = words.label(bad[0].stage) if bad[0].stage else "the same point"
        often = "Both times" if len(bad) == 2 else f"All {len(bad)} times"
        text = f"{often} for the same cause: {bad[0].title.rstrip('.')}."
        yield Note(id="same-end", title=f"Always at {where}", text=text)
    else:
        yield Note(
            id="several-ends",
            title="Not always the same",
            text=f"The {len(bad)} runs with trouble ended in {len(ends)} different ways, so there is more than one "
            "reason, or one that shows in several ways (a bad line, an overloaded server).",
        )


def _by_address(sure: list[WatchRun], bad: list[WatchRun]) -> Iterator[Note]:
    """One of several servers, or one of several lines, that has the trouble: then addresses tell the runs apart."""
    good = [run for run in sure if run.outcome is Outcome.ACCEPTED]
    for id_, name, title, advice in (
        (
            "one-server",
            "server_address",
            "Only one of the server’s addresses has the trouble",
            "Tell the provider which one; until then a device may be set to another one.",
        ),
        (
            "one-line",
            "public_address",
            "Only one of the public addresses has the trouble",
            "The site leaves by more than one address (two lines, or a provider that changes it).",
        ),
    ):
        with_trouble = Counter(value for run in bad if (value := getattr(run, name)))
        without = Counter(value for run in good if (value := getattr(run, name)))
        # A large service has many addresses: only one that was met several times tells anything.
        often = with_trouble and min(with_trouble.values()) >= 2 and max(without.values(), default=0) >= 2
        if often and not with_trouble.keys() & without.keys():
            text = f"Trouble: {_listed(with_trouble)}. None: {_listed(without)}. {advice}"
            yield Note(id=id_, title=title, text=text)
    seen = list(dict.fromkeys(run.public_address for run in sure if run.public_address))
    if len(seen) > 1:
        yield Note(
            id="address-changed",
            title="The public address changed meanwhile",
            text=f"Seen, in this order: {', '.join(seen[:5])}.",
        )


def _listed(addresses: Counter[str]) -> str:
    shown = ", ".join(address for address, _ in addresses.most_common(4))
    return shown if len(addresses) <= 4 else f"{shown} and {len(addresses) - 4} more"


def _by_time(sure: list[WatchRun], bad: list[WatchRun], zone: dt.tzinfo | None) -> Iterator[Note]:
    if len(bad) < LEAST_FOR_CLOCK or len(bad) == len(sure):
        return
    places = [number for number, run in enumerate(sure) if run.outcome is not Outcome.ACCEPTED]
    begin, end = clock_time(bad[0].started_at, zone), clock_time(bad[-1].started_at, zone)
    steps = {later - earlier for earlier, later in pairwise(places)}
    if steps == {1}:
        before, after = places[0] > 0, places[-1] < len(sure) - 1
        if before and after:
            text = f"From {begin} to {end} each run had trouble; before and after it none had. What else happens then?"
            yield Note(id="one-stretch", title="Only during one stretch of time", text=text)
        elif before:
            text = f"Up to {begin} all runs passed; from then on none did. Something changed then, and it stayed."
            yield Note(id="since-then", title=f"Since {begin}", text=text)
        else:
            text = f"The last run with trouble was at {end}; all later ones passed."
            yield Note(id="until-then", title=f"Over since {end}", text=text)
    elif len(steps) == 1 and len(places) >= LEAST_FOR_RHYTHM:
        (step,) = steps
        text = (
            f"The trouble came with every {_ordinal(step)} run. That may be chance; a limit on messages in a certain "
            "time, or a service with several servers of which one is bad, look like this."
        )
        yield Note(id="rhythm", title=f"Every {_ordinal(step)} run", text=text)
    else:
        text = f"{len(bad)} times between {begin} and {end}, with runs that passed in between."
        yield Note(id="scattered", title="Now and then", text=text)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(number, f"{number}th")


def _trend(sure: list[WatchRun]) -> Iterator[Note]:
    good = [run.duration_ms for run in sure if run.outcome is Outcome.ACCEPTED]
    if len(good) < LEAST_FOR_TREND:
        return
    third = len(good) // 3
    early, late = _middle(good[:third]), _middle(good[-third:])
    if late >= early * SLOWER and late - early >= SLOWER_BY_MS:
        text = f"Of the runs that passed, the early ones took {early / 1000:.1f} s, the late ones {late / 1000:.1f} s."
        yield Note(id="slower", title="It is getting slower", text=text)


def _middle(values: Sequence[float]) -> float:
    """Return the median. The standard library's `statistics` is not in the .exe: it brings fractions and decimals."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _missed(runs: Sequence[WatchRun], gaps: Sequence[Gap]) -> Iterator[Note]:
    slept = [gap for gap in gaps if gap.kind == "sleep"]
    if slept:
        text = f"For {in_words(sum(gap.seconds for gap in slept))} nothing was watched, because the computer slept."
        yield Note(id="slept", title="There are gaps", text=text)
    lost = [run for run in runs if not run.counted]
    if lost:
        text = "A run during which the computer slept says nothing about the server."
        yield Note(id="not-counted", title=f"Not counted: {len(lost)} run{'s' if len(lost) > 1 else ''}", text=text)
