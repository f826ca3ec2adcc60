"""A watch as plain text: the summary, what stands out, and each run in a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from core.reports import words
from core.reports.text import wrapped
from core.session.transcript import render
from core.stages import Outcome
from core.watching.document import Gap, WatchDocument, WatchRun, from_json
from core.watching.plan import in_words
from core.watching.summing_up import end_words

ENDED = {
    "time": "The time was over.",
    "count": "The number of runs was reached.",
    "failure": "Ended at the first trouble, as asked.",
    "success": "Ended at the first run that passed, as asked.",
    "credentials": "Ended, because the sign-in was refused: trying it again and again could lock the account.",
    "cancelled": "Ended by hand.",
    "trouble": "Ended, because the program could not go on.",
    None: "It is still running.",
}


def render_text(document: WatchDocument, zone: dt.tzinfo | None = None) -> str:
    """Return the whole watch. `zone` is the time zone of the times shown (None: this computer's)."""
    return "\n".join(_lines(document, zone)) + "\n"


def _lines(document: WatchDocument, zone: dt.tzinfo | None) -> Iterator[str]:
    yield f"{document.tool.name} {document.tool.version} — {heading(document)}"
    yield f"Started {document.started_at}. {ENDED[document.ended_by]}"
    yield ""
    yield from summary_lines(document)
    yield ""
    yield "Runs"
    yield from (f"  {line}" for line in timeline(document, zone))


def heading(document: WatchDocument) -> str:
    """Return what is watched, how often and for how long."""
    practice = f", practice “{document.request.practice}”" if document.request.practice else ""
    target = f"{render(document.server, limit=260)} port {document.port}, {words.security_words(document.security)}"
    return f"watching {target}{practice}, every {in_words(document.every_s)} for {in_words(document.duration_s)}"


def summary_lines(document: WatchDocument) -> Iterator[str]:
    """Yield the summary and what stands out."""
    sign = words.OUTCOME_SIGNS[document.outcome]
    yield from wrapped(f"{sign} {render(document.summary)}", "  ", first="")
    for note in document.notes:
        yield from wrapped(f"{note.title}: {note.text}", "    ", first="  • ")


def timeline(document: WatchDocument, zone: dt.tzinfo | None = None) -> Iterator[str]:
    """Yield a line for each run, and for each gap in its place."""
    gaps = list(document.gaps)
    for run in document.runs:
        while gaps and gaps[0].before_run <= run.number:
            yield gap_line(gaps.pop(0), zone)
        yield from run_lines(run, zone)
    yield from (gap_line(gap, zone) for gap in gaps)


def gap_line(gap: Gap, zone: dt.tzinfo | None = None) -> str:
    """Return the line for a gap."""
    return f"{_moment(gap.begin, zone)}  …  {render(gap.text)}"


def run_lines(run: WatchRun, zone: dt.tzinfo | None = None) -> Iterator[str]:
    """Yield the line for a run, and for one with trouble the server's words below it."""
    took = f"{run.duration_ms / 1000:6.1f} s"
    sign = words.OUTCOME_SIGNS[run.outcome]
    if not run.counted:
        yield f"{_moment(run.started_at, zone)}  –  {took}  not counted: the computer slept during this run"
        return
    end = "passed" if run.outcome is Outcome.ACCEPTED else end_words(run)
    yield f"{_moment(run.started_at, zone)}  {sign}  {took}  {render(end)}"
    if run.reply and run.outcome is not Outcome.ACCEPTED:
        yield f"{'':35}{render(run.reply, limit=200)}"


def _moment(text: str, zone: dt.tzinfo | None) -> str:
    try:
        return f"{dt.datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{render(text, limit=19):<19}"


def text_of_document(document: str) -> str:
    """Return the JSON text of one as text for reading. Raises ValueError (msgspec's) where it is none."""
    return render_text(from_json(document))
