"""How one way did: from the reports of its tries to one result, in words that fit a line. Pure."""

from __future__ import annotations

from typing import Any

from core.finding.model import PlannedWay, State, WayResult
from core.reports.report import Report
from core.request import CheckRequest, Mechanism
from core.session.transcript import render
from core.stages import Outcome, Stage, StageStatus

MAX_WHY = 160
"""Characters of the one line."""


def not_tried(way: PlannedWay, why: str, *, cancelled: bool = False) -> WayResult:
    """Return the result of a way that was not tried."""
    return WayResult(way=way.id, state="cancelled" if cancelled else "not-tried", why=why)


def judge_way(
    way: PlannedWay, report: Report, device_report: Report | None, *, held: str, as_device: CheckRequest | None = None
) -> WayResult:
    """Return how `way` did. held: why its sign-in was kept back, empty if it was not."""
    if held:
        return WayResult(way=way.id, state="not-tried", why=held, report=report)
    if report.outcome is Outcome.CANCELLED:
        return WayResult(way=way.id, state="cancelled", why="It was cancelled before its end.", report=report)
    if report.outcome is not Outcome.ACCEPTED:
        state: State = "later" if report.outcome is Outcome.DEFERRED else "fails"
        if _some_accepted(report):
            state = "partly"
        return WayResult(
            way=way.id,
            state=state,
            why=_why_not(report),
            stage=report.failed_stage,
            cause=report.diagnosis.cause,
            report=report,
            device_report=device_report,
        )
    if device_report is not None and device_report.outcome is Outcome.CANCELLED:
        why = "This computer gets through. Whether the device does was cancelled before its end."
        return WayResult(way=way.id, state="cancelled", why=why, report=report, device_report=device_report)
    problem, stage, cause = _device_problem(way, report, device_report, as_device)
    if problem:
        return WayResult(
            way=way.id,
            state="fails",
            why=problem,
            stage=stage,
            cause=cause,
            device_fails=True,
            report=report,
            device_report=device_report,
        )
    return WayResult(
        way=way.id,
        state="works",
        why=_last_reply(report),
        cause="accepted",
        report=report,
        device_report=device_report,
    )


def answers(report: Report) -> tuple[dict[str, Any], ...]:
    """Return what the server said to each recipient: address, accepted, external, code, enhanced, text."""
    found = report.stage(Stage.RCPT_TO).details.get("recipients")
    return tuple(entry for entry in found if isinstance(entry, dict)) if isinstance(found, list) else ()


def _some_accepted(report: Report) -> bool:
    return report.failed_stage is Stage.RCPT_TO and any(entry.get("accepted") for entry in answers(report))


def _why_not(report: Report) -> str:
    """Return the cause's title with the enhanced status code of the refusal, where there is one."""
    codes = [str(entry["enhanced"]) for entry in answers(report) if not entry.get("accepted") and entry.get("enhanced")]
    if not codes and report.failed_stage is not None:
        reply = str(report.stage(report.failed_stage).details.get("reply") or "").split()
        codes = [word for word in reply[1:2] if word[:2] in {"4.", "5."}]
    title = report.diagnosis.title.rstrip(".")
    return render(f"{title} ({codes[0]})" if codes else title, limit=MAX_WHY)


def _last_reply(report: Report) -> str:
    if report.stage(Stage.MESSAGE).status in {StageStatus.PASSED, StageStatus.WARNING}:
        reply = str(report.stage(Stage.MESSAGE).details.get("reply") or "")
        return render(reply, limit=MAX_WHY) if reply else "The test message was accepted."
    said = [
        " ".join(str(entry.get(key) or "") for key in ("code", "enhanced", "text")).strip() for entry in answers(report)
    ]
    return render(said[-1], limit=MAX_WHY) if said else "Every stage passed."


def _device_problem(
    way: PlannedWay, report: Report, device_report: Report | None, as_device: CheckRequest | None
) -> tuple[str, Stage | None, str | None]:
    """Return why the device can't go a way that this computer can; empty if it can, or nobody knows."""
    if device_report is not None and device_report.outcome in {Outcome.STOPPED, Outcome.DEFERRED}:
        title = device_report.diagnosis.title.rstrip(".")
        words = f"This computer gets through, the device can’t: {title}"
        return render(words, limit=MAX_WHY), device_report.failed_stage, device_report.diagnosis.cause
    if as_device is not None and way.sign_in and as_device.mechanism not in {Mechanism.AUTO, Mechanism.XOAUTH2}:
        offered = report.stage(Stage.AUTH).details.get("offered")
        if isinstance(offered, list) and as_device.mechanism.value not in offered:
            words = f"This computer gets through, the device can’t: it only knows {as_device.mechanism.value.upper()}"
            return words, Stage.AUTH, "auth-mechanism-unsupported"
    return "", None, None
