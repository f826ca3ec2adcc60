"""The sheets as one document, schema `sendproof.sheet/1`: as JSON, text, Markdown and HTML."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from core.reports.report import Tool
from core.sheets.administrator import AdministratorSheet
from core.sheets.settings import SettingsSheet
from core.sheets.text import render_text
from core.sheets.words import status_words

SCHEMA = "sendproof.sheet/1"

FORMATS = ("text", "json", "markdown", "html")


class SheetDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A settings sheet, an administrator's sheet, or both; when it was made, and by which program."""

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    title: str
    server: str
    settings: SettingsSheet | None = None
    administrator: AdministratorSheet | None = None


def document(
    settings: SettingsSheet | None = None, administrator: AdministratorSheet | None = None, *, now: str = ""
) -> SheetDocument:
    """Return the document of one or both sheets; `now` is its time (RFC 3339), the present one if empty.

    Raises ValueError without any sheet.
    """
    sheet = settings or administrator
    if sheet is None:
        raise ValueError("a document needs a sheet")
    return SheetDocument(
        started_at=now or datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        title=sheet.heading,
        server=sheet.way.server,
        settings=settings,
        administrator=administrator,
    )


def render(made: SheetDocument, form: str) -> str:
    """Return the document in one of FORMATS.

    Raises core.reports.templating.TemplateTrouble where a company's own template can't be used.
    """
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"
    if form == "text":
        return render_text(made)
    from core.reports import templating  # Jinja2 is read only where a template is filled

    name = {"markdown": "sheet.md.j2", "html": "sheet.html.j2"}[form]
    text = templating.render(name, _values(made))
    return _without_holes(text) if form == "markdown" else text.lstrip()


def _values(made: SheetDocument) -> dict[str, Any]:
    sheet = made.settings
    return {
        "title": made.title,
        "tool": made.tool,
        "started_at": made.started_at,
        "settings": sheet,
        "administrator": made.administrator,
        "path_doubt": status_words(sheet.path_status) if sheet else "",
        "other_paths": [path.replace(" > ", " ▸ ") for path in sheet.other_paths] if sheet else [],
        "doubtful": bool((sheet and sheet.doubtful) or (made.administrator and made.administrator.doubtful)),
    }


def _without_holes(text: str) -> str:
    """Return `text` with one empty line where a template left several."""
    kept: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return "\n".join(kept) + "\n"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, as it ships in `resources/schema/sheet-1.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sendproof settings sheet, version 1",
        "description": "What to type into a device for one way of sending, and what an administrator does for it.",
        **msgspec.json.schema(SheetDocument),
    }
