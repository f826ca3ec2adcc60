"""How often, how long, and until what a check is repeated; and what is too often for a mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.request import CheckRequest

Until = Literal["", "failure", "success"]

MINIMUM = 60.0
MINIMUM_WITH_SIGN_IN = 300.0
"""Providers count sign-ins: a mailbox of Microsoft 365 is locked out for a while after some quick ones."""
MINIMUM_WITH_MESSAGE = 900.0
"""Each run then leaves a message in somebody's mailbox."""
MINIMUM_PRACTICE = 1.0
"""A practice server minds nothing."""
MAXIMUM = 86_400.0
LONGEST = 7 * 86_400.0
MAX_RUNS = 2_000

DEFAULT_EVERY = 300.0
DEFAULT_DURATION = 2 * 3_600.0

_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_AMOUNT = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([smhd])")
_AMOUNTS = re.compile(rf"(?:{_AMOUNT.pattern}\s*)+")


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds between the beginnings of two runs, seconds for the whole, and what ends it earlier.

    minimum: what `every` may not go below; the runs are never closer than that, whatever happens. count: at most so
    many runs (None: as many as fit).
    """

    every: float = DEFAULT_EVERY
    duration: float = DEFAULT_DURATION
    until: Until = ""
    count: int | None = None
    minimum: float = MINIMUM


class UnfitPlan(ValueError):
    """A plan can't be used; the message is a sentence for people. `field` is "every", "duration" or "count"."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def minimum_for(request: CheckRequest) -> float:
    """Return the least number of seconds between two runs of `request`."""
    if request.practice is not None:
        return MINIMUM_PRACTICE
    if request.send:
        return MINIMUM_WITH_MESSAGE
    return MINIMUM_WITH_SIGN_IN if request.credentials is not None else MINIMUM


def make_plan(
    request: CheckRequest,
    every: float = DEFAULT_EVERY,
    duration: float = DEFAULT_DURATION,
    *,
    until: Until = "",
    count: int | None = None,
) -> Plan:
    """Return the plan for watching `request`. Times are seconds. Raises UnfitPlan."""
    minimum = minimum_for(request)
    if every < minimum:
        why = {
            MINIMUM_WITH_SIGN_IN: " with a sign-in, or the account may be locked",
            MINIMUM_WITH_MESSAGE: " when each run sends a message",
        }.get(minimum, "")
        raise UnfitPlan("every", f"Between two runs at least {in_words(minimum)} are needed{why}.")
    if every > MAXIMUM:
        raise UnfitPlan("every", f"Between two runs at most {in_words(MAXIMUM)} are possible.")
    if not every <= duration <= LONGEST:
        limits = f"from {in_words(every)} (one interval) to {in_words(LONGEST)}"
        raise UnfitPlan("duration", f"The whole can take {limits}.")
    if count is not None and not 1 <= count <= MAX_RUNS:
        raise UnfitPlan("count", f"From 1 to {MAX_RUNS} runs are possible.")
    return Plan(every=every, duration=duration, until=until, count=count, minimum=minimum)


def parse_amount(text: str) -> float:
    """Return the seconds in a text such as "5m", "90s", "1h 30m", "2 h". Raises ValueError."""
    cleaned = text.strip().lower()
    if not _AMOUNTS.fullmatch(cleaned):
        raise ValueError(f"“{text}” is no amount of time; write it as 90s, 5m, 2h or 1d.")
    return sum(float(number.replace(",", ".")) * _UNITS[unit] for number, unit in _AMOUNT.findall(cleaned))


def in_words(seconds: float) -> str:
    """Return an amount of time in words: "5 minutes", "1 hour 30 minutes"."""
    return " ".join(_parts(seconds)) or "0 seconds"


def _parts(seconds: float) -> Iterator[str]:
    rest = round(seconds)
    parts = 0
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        number, rest = divmod(rest, size)
        if number and parts < 2:
            parts += 1
            yield f"{number} {word}{'' if number == 1 else 's'}"
