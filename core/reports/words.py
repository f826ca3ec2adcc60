"""Words and signs that every rendering of a report shares: a sign never stands without its word."""

from __future__ import annotations

from core.knowledge.advise import fill_text
from core.knowledge.load import load_knowledge
from core.reports.report import Report, TranscriptLine
from core.stages import Outcome, Stage, StageStatus

STATUS_SIGNS = {
    StageStatus.PASSED: "✓",
    StageStatus.WARNING: "!",
    StageStatus.FAILED: "✕",
    StageStatus.SKIPPED: "–",
    StageStatus.NOT_REACHED: "·",
}
STATUS_WORDS = {
    StageStatus.PASSED: "passed",
    StageStatus.WARNING: "passed with a remark",
    StageStatus.FAILED: "failed",
    StageStatus.SKIPPED: "skipped",
    StageStatus.NOT_REACHED: "not reached",
}
OUTCOME_SIGNS = {Outcome.ACCEPTED: "✓", Outcome.STOPPED: "✕", Outcome.DEFERRED: "!", Outcome.CANCELLED: "–"}
SEVERITY_SIGNS = {"info": "i", "warning": "!", "error": "✕"}

LEGEND = "C client, S server, ~ encrypted, ! not asked for or not SMTP, * our remark"
"""What the signs of a transcript line mean."""


def label(stage: Stage) -> str:
    """Return how `stage` is called on screen."""
    return load_knowledge().stages[stage].label


def cause_title(cause: str) -> str:
    """Return the plain title of a cause, or its id where a newer program wrote the report."""
    known = load_knowledge()
    return fill_text(known.cause(cause).title, {}, known) if cause in known.cause_ids else cause


def headline(report: Report) -> str:
    """Return the verdict in one line, without its sign."""
    if report.outcome is Outcome.CANCELLED:
        return report.diagnosis.title
    if report.failed_stage is None:
        return report.diagnosis.title
    how = "Deferred" if report.outcome is Outcome.DEFERRED else "Stopped"
    where = "the message" if report.failed_stage is Stage.MESSAGE else label(report.failed_stage)
    return f"{how} at {where}: {report.diagnosis.title}"


def next_steps_heading(report: Report) -> str:
    """Return what stands above the fixes."""
    return "If the scan still does not arrive" if report.outcome is Outcome.ACCEPTED else "Do this next"


def target_line(report: Report) -> str:
    """Return what was spoken to, in one line."""
    target = report.target
    address = f" ({target.address})" if target.address and target.address != target.server else ""
    practice = f", practice “{report.request.practice}”" if report.request.practice else ""
    return f"{target.server}{address} port {target.port}, {security_words(target.security)}{practice}"


def security_words(security: str) -> str:
    """Return how the connection was to be encrypted, in words."""
    return {
        "auto": "encryption where offered",
        "starttls": "STARTTLS",
        "tls": "TLS from the first byte",
        "none": "no encryption",
    }.get(security, security)


def transcript_line(line: TranscriptLine) -> str:
    """Return a transcript line as text: seconds, who speaks, the words."""
    if line.direction == "note":
        who = "  *"
    else:
        mark = "!" if line.unexpected else " "
        who = f"{mark}{'~' if line.encrypted else ' '}{'C' if line.direction == 'client' else 'S'}"
    return f"{line.ms / 1000:8.3f} {who}: {line.text}"


def about_sending(report: Report) -> str:
    """Return whether a message left this computer."""
    if report.stage(Stage.MESSAGE).status in {StageStatus.PASSED, StageStatus.WARNING}:
        return "One test message was handed over."
    if report.stage(Stage.MESSAGE).status is StageStatus.FAILED:
        return "A test message was offered; it was not accepted."
    return "No message was sent."
