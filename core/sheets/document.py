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

LARGE_TO = (42, 44)
"""Lines up to which a sheet is set large, and in the middle size; longer ones are set small."""

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
        "size": _size(sheet) if sheet else 0,
        "doubtful": bool((sheet and sheet.doubtful) or (made.administrator and made.administrator.doubtful)),
    }


def _size(sheet: SettingsSheet) -> int:
    """Return how large the sheet is set, so that it stays on one page: 0 (large), 1 or 2 (small)."""
    lines = _lines(sheet)
    return sum(lines > limit for limit in LARGE_TO)


def _lines(sheet: SettingsSheet) -> int:
    """Return about how many lines of remarks the sheet takes on paper; a field counts for two."""
    remarks = (*sheet.obstacles, *sheet.needs, *sheet.traps, *sheet.after, *((sheet.oauth,) if sheet.oauth else ()))
    beside = sum(bool(row.doubt or row.also or row.page or row.note) for row in sheet.rows)
    head = len(sheet.heading) // 42 + len(sheet.opening) // 95 + len(" ▸ ".join(sheet.menu_path)) // 60
    parts = sum(map(bool, (sheet.obstacles, sheet.needs, sheet.traps, sheet.after)))
    text = sum(1 + (len(remark.text) + len(remark.doubt)) // 95 for remark in remarks)
    return 2 * len(sheet.rows) + beside + head + 2 * parts + text


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
