"""A comparison as Markdown, for tickets and wikis. Nothing that came from a server or a foreign report is markup."""

from __future__ import annotations

import re

from core.comparing import rows
from core.comparing.comparison import Comparison
from core.reports import inert

_BARE_PIPE = re.compile(r"(?<!\\)\|")


def render_markdown(comparison: Comparison) -> str:
    """Return the whole comparison: the conclusion first, then both runs side by side."""
    conclusion = comparison.conclusion
    lines = [
        f"# {inert.markdown(conclusion.title)}",
        "",
        inert.markdown(conclusion.text),
        "",
        f"**Confidence:** {conclusion.confidence} (`{conclusion.id}`). "
        f"{rows.KIND_WORDS[comparison.kind]}, {inert.markdown(comparison.tool.name)} {comparison.tool.version}.",
    ]
    if conclusion.next:
        lines += ["", f"**Do this next:** {inert.markdown(conclusion.next)}"]
    if comparison.remarks:
        lines += ["", "## To keep in mind", ""]
        lines += [
            f"- **{inert.markdown(remark.title.rstrip('.'))}:** {inert.markdown(remark.text)}"
            for remark in comparison.remarks
        ]
    lines += ["", "## What this rests on", ""]
    lines += [f"- {inert.markdown(item)}" for item in conclusion.evidence]
    for table in rows.tables(comparison):
        lines += ["", f"## {table.heading}", "", "| | | First run | Second run |", "|---|---|---|---|"]
        lines += [
            f"| {rows.STATE_WORDS[row.state]} | {_cell(row.label)} | {_cell(row.first)} | {_cell(row.second)} |"
            for row in table.rows
        ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return a table's cell: a vertical bar would end it, in code too (GitHub Flavored Markdown, "Tables")."""
    return _BARE_PIPE.sub(r"\\|", inert.markdown(text))
