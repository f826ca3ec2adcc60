"""What a watch tells its front end: small frozen events, safe to hand to another thread.

Order: `WatchBegan`; for each run `RunBegan`, `RunStage` as it goes, `RunEnded`; between runs `WatchWaits`, and `Slept`
where time was missed; exactly one `WatchEnded` at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.stages import Stage
from core.watching.document import Gap, WatchDocument, WatchRun


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class WatchBegan(WatchEvent):
    """The watch began; the document is still empty."""

    document: WatchDocument


@dataclass(frozen=True, slots=True)
class RunBegan(WatchEvent):
    """Run `number` (from 1) began."""

    number: int


@dataclass(frozen=True, slots=True)
class RunStage(WatchEvent):
    """The run under way came to a stage; `waiting_for` is a plain phrase."""

    number: int
    stage: Stage
    waiting_for: str


@dataclass(frozen=True, slots=True)
class RunEnded(WatchEvent):
    """A run ended; `document` is the watch up to now, `problem` why it could not be kept ("" if it was)."""

    run: WatchRun
    document: WatchDocument
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WatchWaits(WatchEvent):
    """The next run begins in `seconds`, which is at the time `at` (seconds since 1970, UTC).

    `backed_off`: later than planned, since the server put the last run off.
    """

    seconds: float
    at: float
    backed_off: bool


@dataclass(frozen=True, slots=True)
class Slept(WatchEvent):
    """Time passed in which nothing was watched."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class WatchEnded(WatchEvent):
    """The last event, with the complete document."""

    document: WatchDocument
    problem: str = ""
