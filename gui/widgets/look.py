"""Sign and colour for how a check ended, the same in both views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.stages import Outcome, StageStatus

if TYPE_CHECKING:
    from core.reports.report import Report

LOOKS = {
    "accepted": ("passed", "passed"),
    "warning": ("warning", "warning"),
    "stopped": ("failed", "failed"),
    "deferred": ("warning", "warning"),
    "cancelled": ("skipped", "muted"),
}
"""Sign and colour for how a check ended."""

MEASURED_LOOKS = {
    "fine": ("passed", "passed"),
    "too-small": ("warning", "warning"),
    "black-hole": ("failed", "failed"),
    "unknown": ("skipped", "muted"),
    "cancelled": ("skipped", "muted"),
}
"""Sign and colour for how a measurement of packet sizes ended."""


def look_of(report: Report) -> tuple[str, str]:
    """Return sign and colour for `report`; accepted with something to look at counts as a warning."""
    key = report.outcome.value
    if report.outcome is Outcome.ACCEPTED and (
        any(stage.status is StageStatus.WARNING for stage in report.stages)
        or any(finding.severity != "info" for finding in report.findings)
    ):
        key = "warning"
    return LOOKS[key]
