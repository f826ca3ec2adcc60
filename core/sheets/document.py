"""The sheets as one document, schema `sendproof.sheet/1`: as JSON, text, Markdown and HTML."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from core.json_document import as_json, schema_of
from core.reports.report import Tool
from core.sheets.administrator import AdministratorSheet
from core.sheets.settings import SettingsSheet
from core.sheets.text import render_text
from core.sheets.words import status_words

SCHEMA = "sendproof.sheet/1"

SMALLEST = 2

LARGE_TO = (46, 50)
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


def render(made: SheetDocument, form: str, *, size: int | None = None) -> str:
    """Return the document in one of FORMATS; `size` of HTML: 0 (large) to SMALLEST, None: by the sheet's length.

    Raises core.reports.templating.TemplateTrouble where a company's own template can't be used.
    """
    if form == "json":
        return as_json(made) + "\n"
    if form == "text":
        return render_text(made)
    from core.reports import templating  # Jinja2 is read only where a template is filled

    name = {"markdown": "sheet.md.j2", "html": "sheet.html.j2"}[form]
    text = templating.render(name, _values(made, size))
    return _without_holes(text) if form == "markdown" else text.lstrip()


def _values(made: SheetDocument, size: int | None) -> dict[str, Any]:
    sheet = made.settings
    return {
        "title": made.title,
        "tool": made.tool,
        "started_at": made.started_at,
        "settings": sheet,
        "administrator": made.administrator,
        "path_doubt": status_words(sheet.path_status) if sheet else "",
        "other_paths": [path.replace(" > ", " ▸ ") for path in sheet.other_paths] if sheet else [],
        "size": size if size is not None else _size(sheet) if sheet else 0,
        "doubtful": bool((sheet and sheet.doubtful) or (made.administrator and made.administrator.doubtful)),
    }


def _size(sheet: SettingsSheet) -> int:
    """Return how large the sheet is set, so that it stays on one page: 0 (large), 1 or 2 (small)."""
    lines = _lines(sheet)
    return sum(lines > limit for limit in LARGE_TO)


def _lines(sheet: SettingsSheet) -> float:
    """Return about how many lines the sheet takes on paper, in lines of its remarks."""
    remarks = (*sheet.obstacles, *sheet.needs, *sheet.traps, *sheet.after, *((sheet.oauth,) if sheet.oauth else ()))
    beside = sum(bool(row.doubt or row.also or row.page or row.note) for row in sheet.rows)
    others = len("; ".join(sheet.other_paths)) + 26 if sheet.other_paths else 0
    head = 1.6 * _folded(sheet.heading, 42) + _folded(sheet.opening, 100)
    head += 1.4 * _folded(" ▸ ".join(sheet.menu_path), 60) + 0.8 * (others // 120 + bool(others))
    parts = sum(map(bool, (sheet.obstacles, sheet.needs, sheet.traps, sheet.after)))
    text = sum(_folded(remark.text + remark.doubt, 100) for remark in remarks)
    return head + 1.75 * len(sheet.rows) + 0.8 * beside + 1.7 * parts + text


def _folded(text: str, width: int) -> int:
    return 1 + len(text) // width


def _without_holes(text: str) -> str:
    """Return `text` with one empty line where a template left several."""
    kept: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return "\n".join(kept) + "\n"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, as it ships in `resources/schema/sheet-1.json`."""
    return schema_of(
        SheetDocument,
        title="Sendproof settings sheet, version 1",
        description="What to type into a device for one way of sending, and what an administrator does for it.",
    )
