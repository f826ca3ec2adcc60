"""The report as plain text: for the terminal, for a file, for the clipboard."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from core.reports import words
from core.reports.report import Report
from core.stages import StageStatus

WIDTH = 100
"""Columns after which sentences wrap; transcript lines never do, so that they can be copied whole."""


def render_text(report: Report) -> str:
    """Return the full report as plain text."""
    from core.reports.documents.make import Wish, make  # what is printed as it happens needs none of it
    from core.reports.documents.rendering import rendered

    return rendered(make(Wish(kind="full"), report), "text")


def verdict_lines(report: Report) -> list[str]:
    """Return the verdict: cause, what to do, who does it, what is ruled out, evidence, what else is worth knowing."""
    return list(_verdict(report))


def _verdict(report: Report) -> Iterator[str]:
    diagnosis = report.diagnosis
    sure = f"   [{diagnosis.confidence}]" if diagnosis.cause not in {"accepted", "unknown"} else ""
    yield f"{words.OUTCOME_SIGNS[report.outcome]} {words.headline(report)}{sure}"
    yield from wrapped(diagnosis.summary, "  ")
    if diagnosis.technical:
        yield ""
        yield from wrapped(diagnosis.technical, "  ")
    if diagnosis.fixes:
        yield ""
        yield words.next_steps_heading(report)
        for number, fix in enumerate(diagnosis.fixes, 1):
            note = " (not verified by us)" if fix.unverified else ""
            yield from wrapped(f"{fix.text}{note}", "     ", first=f"  {number}. ")
            if fix.command:
                yield from (f"       > {line}" for line in fix.command.splitlines())
            if fix.link:
                yield f"       {fix.link}"
    if diagnosis.owner:
        yield ""
        yield f"Who fixes it: {diagnosis.owner}"
    if diagnosis.evidence:
        yield ""
        yield "Evidence"
        for item in diagnosis.evidence:
            yield from wrapped(f"{item.text}  ({item.source})", "    ", first="  • ")
    if diagnosis.ruled_out:
        yield ""
        yield "Ruled out by this test"
        for ruled in diagnosis.ruled_out:
            yield from wrapped(f"{ruled.title or ruled.cause}: {ruled.because}", "    ", first="  ✓ ")
    if diagnosis.alternatives:
        yield ""
        yield "Also possible"
        yield from (f"  • {words.cause_title(cause)} ({cause})" for cause in diagnosis.alternatives)
        if diagnosis.question:
            yield from wrapped(f"What decides: {diagnosis.question}", "  ", first="")
    if report.findings:
        yield ""
        yield "Worth knowing"
        for finding in report.findings:
            sign = words.SEVERITY_SIGNS[finding.severity]
            yield from wrapped(f"{finding.title.rstrip('.')}: {finding.text}", "    ", first=f"  {sign} ")


def stage_line(status: StageStatus, summary: str, ms: float) -> str:
    """Return the sentence at a stage's end, as the live view shows it."""
    took = f"  ({ms:.0f} ms)" if ms >= 1 else ""
    return f"  {words.STATUS_SIGNS[status]} {words.STATUS_WORDS[status]}: {summary}{took}"


def wrapped(text: str, indent: str = "", *, first: str | None = None, width: int = WIDTH) -> list[str]:
    """Return `text` as lines of at most `width` columns, each after `indent`, the first one after `first`."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
