"""What a running search tells its front end: small frozen events, safe to hand to another thread.

Order: `FindStarted`; for each way `WayStarted`, `WayProgress` for its stages, `WayEnded`; ways that are not tried only
have `WayEnded`; exactly one `FindFinished` at the end. Places and cautions are only final in the finished document.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.finding.model import FindDocument, Plan, WayResult
from core.stages import Stage


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `ms` counts milliseconds since the search began."""

    ms: float


@dataclass(frozen=True, slots=True)
class FindStarted(Event):
    """The plan is made, the ways are about to be tried."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class WayStarted(Event):
    """A way is being tried."""

    way: str


@dataclass(frozen=True, slots=True)
class WayProgress(Event):
    """A stage of a way began; `waiting_for` is a plain phrase. `device`: it is the try with the device's limits."""

    way: str
    stage: Stage
    waiting_for: str
    device: bool = False


@dataclass(frozen=True, slots=True)
class WayEnded(Event):
    """A way is done, or was not tried."""

    result: WayResult


@dataclass(frozen=True, slots=True)
class FindFinished(Event):
    """The last event, with the complete document."""

    document: FindDocument
