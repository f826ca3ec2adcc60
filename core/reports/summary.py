"""A short summary for whoever looks after the mail: plain text for an e-mail, written for people in a hurry."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import partial

from core.reports import words
from core.reports.report import Report
from core.reports.text import wrapped
from core.stages import Outcome, Stage, StageStatus

WIDTH = 76
"""Columns that every mail program shows without wrapping again."""


def render_summary(report: Report) -> str:
    """Return what was tested, how it ended, the server's own words, what to do and what is ruled out."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    diagnosis = report.diagnosis
    yield "Hello,"
    yield ""
    yield from _wrap(
        f"I tested with {report.tool.name} {report.tool.version} whether our copier could send e-mail. "
        f"The test ran at {report.proof.utc}. {words.about_sending(report)}"
    )
    if report.request.practice:
        yield ""
        yield from _wrap(f"This was practice (“{report.request.practice}”), not a real mail server.")
    yield ""
    yield "Result"
    yield from _wrap(f"{words.headline(report)} ({diagnosis.confidence})", "  ")
    yield from _wrap(diagnosis.summary, "  ")
    yield ""
    yield "Tested"
    yield f"  Sender:     {report.request.from_}"
    yield f"  Recipient:  {', '.join(report.request.to)}"
    yield from _wrap(words.target_line(report), " " * 14, first="  Server:     ")
    yield f"  Sign-in:    {report.request.user or 'none'}"
    if report.proof.public_address:
        yield f"  Our public address: {report.proof.public_address}"
    said = _server_words(report)
    if said:
        yield ""
        yield "The mail server said"
        yield from (f"  {line}" for line in said)
    if diagnosis.fixes and report.outcome is not Outcome.ACCEPTED:
        yield ""
        yield "What seems to help"
        for number, fix in enumerate(diagnosis.fixes, 1):
            yield from _wrap(fix.text, "     ", first=f"  {number}. ")
            if fix.command:
                yield from (f"     {line}" for line in fix.command.splitlines())
    if diagnosis.ruled_out:
        yield ""
        yield "Ruled out by the test"
        for ruled in diagnosis.ruled_out:
            yield from _wrap(f"{ruled.title or ruled.cause}: {ruled.because}", "    ", first="  - ")
    ids = report.stage(Stage.MESSAGE).details
    traced = [f"{name}: {ids[name]}" for name in ("message_id", "queue_id", "internal_id") if ids.get(name)]
    if traced:
        yield ""
        yield "For a message trace"
        yield from (f"  {line}" for line in traced)


def _server_words(report: Report) -> list[str]:
    """Return the reply that decided: that of the failed stage, or the one to the message."""
    stage = report.failed_stage or Stage.MESSAGE
    result = report.stage(stage)
    if result.status in {StageStatus.SKIPPED, StageStatus.NOT_REACHED}:
        return []
    reply = result.details.get("reply")
    if not isinstance(reply, str) or not reply:
        return []
    return textwrap.wrap(reply, WIDTH - 2, break_long_words=False) or []


_wrap = partial(wrapped, width=WIDTH)
