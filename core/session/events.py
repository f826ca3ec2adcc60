"""What a running check tells its front end: small frozen events, safe to hand to another thread.

Order of a run: for each stage `StageStarted`, then lines and notes as they happen, then `StageEnded`;
findings whenever they are known; exactly one `CheckFinished` at the end, whatever happened before.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.reports.report import Finding, Report, StageResult
from core.session.transcript import Line
from core.stages import Stage


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events. `run` identifies the check; `ms` counts milliseconds since its start."""

    run: str
    ms: float


@dataclass(frozen=True, slots=True)
class StageStarted(Event):
    """A stage began; it waits for `waiting_for` (a plain phrase) at most `limit` seconds."""

    stage: Stage
    waiting_for: str
    limit: float


@dataclass(frozen=True, slots=True)
class LineRecorded(Event):
    """A line went over the wire (direction client or server)."""

    line: Line


@dataclass(frozen=True, slots=True)
class NoteRecorded(Event):
    """Sendproof's own remark, between the lines (direction note)."""

    line: Line


@dataclass(frozen=True, slots=True)
class StageEnded(Event):
    """A stage has its result: passed, warning, failed, skipped or not reached."""

    result: StageResult


@dataclass(frozen=True, slots=True)
class FindingAdded(Event):
    """Something worth knowing beside the root cause."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class CheckFinished(Event):
    """The last event of a run, with the complete report."""

    report: Report
