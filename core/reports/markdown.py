"""The full report as Markdown, for tickets and wikis. What came from the network stands in code or is escaped."""

from __future__ import annotations

from core.reports.documents.make import Wish, make
from core.reports.documents.rendering import rendered
from core.reports.report import Report


def render_markdown(report: Report) -> str:
    """Return the whole report as Markdown."""
    return rendered(make(Wish(kind="full"), report), "markdown")
