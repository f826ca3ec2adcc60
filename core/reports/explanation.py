"""An explanation of a pasted text as plain text, for the terminal and for tickets."""

from __future__ import annotations

from collections.abc import Iterator

from core.knowledge.explaining import Explanation, plain_title
from core.knowledge.load import Knowledge
from core.knowledge.panels import MAX_PANEL_CODES
from core.reports.report import Diagnosis

_MARKS = {"certain": "certain", "likely": "likely", "possible": "only possible"}


def render_explanation(found: Explanation, diagnosis: Diagnosis, knowledge: Knowledge) -> str:
    """Return an explanation for reading; bounded, since the diagnosis and the knowledge are."""
    return "\n".join(_lines(found, diagnosis, knowledge)) + "\n"


def _lines(found: Explanation, diagnosis: Diagnosis, knowledge: Knowledge) -> Iterator[str]:
    yield diagnosis.title
    stage = f" · stage {knowledge.stages[found.stage].label}" if found.stage else ""
    yield f"  {diagnosis.cause} · {_MARKS[diagnosis.confidence]}{stage}"
    yield ""
    yield diagnosis.summary
    if found.panel_codes:
        yield ""
        yield "What the device means:"
        for code in found.panel_codes[:MAX_PANEL_CODES]:
            label = "" if code.verified else " (not verified)"
            yield f"  {code.vendor} {code.code}".rstrip() + f": {code.meaning}{label}"
            yield from (f"      - {check}" for check in code.checks)
    if diagnosis.question:
        yield ""
        yield f"What decides: {diagnosis.question}"
    if diagnosis.alternatives:
        yield ""
        yield "It could also be:"
        yield from (f"  - {plain_title(cause, knowledge)} ({cause})" for cause in diagnosis.alternatives)
    if diagnosis.fixes:
        yield ""
        yield "What to do:"
        for number, fix in enumerate(diagnosis.fixes, 1):
            label = " (not verified)" if fix.unverified else ""
            yield f"  {number}. {fix.text}{label}"
            if fix.command:
                yield f"     PowerShell: {fix.command}"
            if fix.link:
                yield f"     {fix.link}"
    yield ""
    yield f"Who can fix it: {diagnosis.owner}"
    yield f"For the technician: {diagnosis.technical}"
    yield ""
    yield "Evidence:"
    for item in diagnosis.evidence:
        first, *rest = item.text.splitlines() or [""]
        yield f"  - {first} [{item.source}]"
        yield from (f"    {line}" for line in rest)
