"""A comparison as one HTML file: printable, no script, nothing loaded from anywhere, every value made harmless."""

from __future__ import annotations

from core.comparing import rows
from core.comparing.comparison import Comparison

TEMPLATE = "comparison.html.j2"


def render_html(comparison: Comparison) -> str:
    """Return the whole comparison as a page. Raises TemplateTrouble where a company's own template can't be used."""
    from core.reports.templating import render

    values = {
        "comparison": comparison,
        "kind": rows.KIND_WORDS[comparison.kind],
        "tables": list(rows.tables(comparison)),
        "signs": rows.SIGNS,
        "words": rows.STATE_WORDS,
    }
    return render(TEMPLATE, values)
