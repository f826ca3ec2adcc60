"""A comparison as plain text, for the terminal, a file, the clipboard."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from core.comparing import rows
from core.comparing.comparison import Comparison, from_json
from core.reports.text import wrapped

_LABEL = 20
_COLUMN = 37


def render_text(comparison: Comparison) -> str:
    """Return the whole comparison: the conclusion first, then both runs side by side."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    tool, conclusion = comparison.tool, comparison.conclusion
    yield f"{tool.name} {tool.version} — two runs compared: {rows.KIND_WORDS[comparison.kind]}"
    yield ""
    yield from wrapped(f"{conclusion.title}   [{conclusion.confidence}]")
    yield from wrapped(conclusion.text, "  ")
    if conclusion.next:
        yield ""
        yield "Do this next"
        yield from wrapped(conclusion.next, "  ")
    if comparison.remarks:
        yield ""
        yield "To keep in mind"
        for remark in comparison.remarks:
            sign = "!" if remark.severity == "warning" else "i"
            yield from wrapped(f"{remark.title.rstrip('.')}: {remark.text}", "    ", first=f"  {sign} ")
    yield ""
    yield "What this rests on"
    for item in conclusion.evidence:
        yield from wrapped(item, "    ", first="  • ")
    yield ""
    yield f"Side by side   ({rows.LEGEND})"
    yield from _cells("", "", "First run", "Second run")
    for table in rows.tables(comparison):
        yield ""
        yield table.heading
        for row in table.rows:
            yield from _cells(rows.SIGNS[row.state], row.label, row.first, row.second)


def _cells(sign: str, label: str, first: str, second: str) -> Iterator[str]:
    """Yield the lines of one row; what is too long for its column goes on below."""
    columns = [
        textwrap.wrap(label, _LABEL) or [""],
        *(textwrap.wrap(text, _COLUMN) or [""] for text in (first, second)),
    ]
    for number in range(max(map(len, columns))):
        parts = [column[number] if number < len(column) else "" for column in columns]
        mark = sign if number == 0 else ""
        yield f"{mark:<2}{parts[0]:<{_LABEL}} {parts[1]:<{_COLUMN}} {parts[2]}".rstrip()


def text_of_document(document: str) -> str:
    """Return the JSON text of one as text for reading. Raises ValueError (msgspec's) where it is none."""
    return render_text(from_json(document))
