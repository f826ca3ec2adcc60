"""Gives a document its form: HTML, print (the HTML that becomes a PDF), Markdown, plain text or JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from core.reports.documents.make import Made
from core.reports.documents.model import SIGNS
from core.reports.report import to_json

Format = Literal["html", "print", "markdown", "text", "json"]
FORMATS: tuple[Format, ...] = ("html", "markdown", "text", "json")
"""The forms that are text. A PDF is made of the form "print", by whoever can paint."""

_ENDINGS: dict[str, str] = {"html": "html", "print": "print.html", "markdown": "md", "text": "txt"}


def rendered(made: Made, form: Format, *, own: Iterable[Path] | None = None) -> str:
    """Return `made` in the form `form`.

    `own`: folders of a company's templates, by default where they may lie; an empty sequence uses ours only. Raises
    `core.reports.templating.TemplateTrouble` where a template can't be used.
    """
    if form == "json":
        return _json(made)
    from core.reports.templating import render  # Jinja2 takes a moment to import

    ending = _ENDINGS[form]
    return render([f"{made.document.kind}.{ending}.j2", f"document.{ending}.j2"], _values(made), own=own)


def _json(made: Made) -> str:
    """A full report of one run is the report itself, which can be opened again; anything else is the document."""
    if made.document.kind == "full" and len(made.reports) == 1:
        return to_json(made.reports[0]) + "\n"
    return msgspec.json.format(msgspec.json.encode(made.document), indent=2).decode() + "\n"


def _values(made: Made) -> dict[str, Any]:
    """Return what templates may look at: plain data, so that nothing can be called through it."""
    document = msgspec.to_builtins(made.document)
    return {
        "document": document,
        "parts": {section["id"]: section for section in document["sections"]},
        "report": msgspec.to_builtins(made.reports[0]),
        "second": msgspec.to_builtins(made.reports[1]) if len(made.reports) > 1 else None,
        "signs": SIGNS,
    }
