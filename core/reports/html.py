"""The full report as one HTML file: printable, no script, nothing loaded from anywhere, every foreign text escaped."""

from __future__ import annotations

from core.reports.documents.make import Wish, make
from core.reports.documents.rendering import rendered
from core.reports.report import Report


def render_html(report: Report) -> str:
    """Return the whole report as a complete HTML page."""
    return rendered(make(Wish(kind="full"), report), "html")
