"""Writes a report or a document into a file that is complete or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.replacing import replace_file
from core.reports.report import Report, to_json


def save_report(report: Report, path: Path) -> None:
    """Write the full `report` to `path` as .json, .md or .html, else as text. Raises OSError where that fails."""
    save_text(rendered(report, path.suffix.lower()), path)


def save_text(text: str, path: Path) -> None:
    """Write `text` to `path` in UTF-8.

    The file is complete or not there: it is written beside its place first. Raises OSError where that is impossible.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sendproof-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        replace_file(Path(temporary), path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def rendered(report: Report, suffix: str) -> str:
    """Return `report` in the form that `suffix` (".json", ".md", ".html", others: text) asks for."""
    if suffix == ".json":
        return to_json(report) + "\n"
    if suffix in {".md", ".markdown"}:
        from core.reports.markdown import render_markdown

        return render_markdown(report)
    if suffix in {".html", ".htm"}:
        from core.reports.html import render_html

        return render_html(report)
    from core.reports.text import render_text

    return render_text(report)
