"""The sheets as plain text, for a terminal, a mail or the clipboard."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.sheets.administrator import AdministratorSheet, AdministratorStep
from core.sheets.rows import SheetRow
from core.sheets.settings import SettingsSheet, SheetRemark
from core.sheets.words import status_words

if TYPE_CHECKING:
    from core.sheets.document import SheetDocument

WIDTH = 78
_FIELD_WIDTH = 34
"""A longer field name gets a line of its own."""


def render_text(made: SheetDocument) -> str:
    """Return the sheets of a document as text of about 78 columns; values and commands are never broken."""
    lines: list[str] = []
    if made.settings:
        lines += settings_lines(made.settings)
    if made.administrator:
        lines += ["", ""] if lines else []
        lines += administrator_lines(made.administrator)
    lines += ["", f"{made.tool.name} {made.tool.version}, {made.started_at}. No password is on this sheet."]
    return "\n".join(lines) + "\n"


def settings_lines(sheet: SettingsSheet) -> list[str]:
    """Return the settings sheet, line by line."""
    lines = [sheet.heading, sheet.way_name]
    lines += _block("What stands in the way:", sheet.obstacles)
    lines += ["", *_wrapped(sheet.opening)]
    lines += _wrapped(_with_doubt(" > ".join(sheet.menu_path), status_words(sheet.path_status)), first="  ")
    if sheet.other_paths:
        lines += _wrapped("Also, or on other models: " + "; ".join(sheet.other_paths), first="  ", other="    ")
    lines.append("")
    width = min(_FIELD_WIDTH, max((len(row.field) for row in sheet.rows), default=0))
    for row in sheet.rows:
        lines += _row(row, width)
    if sheet.names.text:
        lines += ["", *_wrapped(_with_doubt(sheet.names.text, sheet.names.doubt))]
    lines += _block("What this way needs:", sheet.needs)
    lines += _block("Mind this:", sheet.traps)
    if sheet.oauth:
        lines += ["", *_wrapped(_with_doubt(sheet.oauth.text, sheet.oauth.doubt))]
    lines += _block("Then try it:", sheet.after, numbered=True)
    return lines


def administrator_lines(sheet: AdministratorSheet) -> list[str]:
    """Return the administrator's sheet, line by line."""
    lines = [sheet.heading, sheet.way_name]
    if sheet.fill_in:
        lines += ["", "To be filled in:", *(f"  {entry.word}: {entry.meaning}" for entry in sheet.fill_in)]
    if not sheet.steps:
        lines += ["", "Nothing is known that an administrator would have to do for this way."]
    for number, step in enumerate(sheet.steps, 1):
        lines += ["", *_step(number, step)]
    return lines


def _row(row: SheetRow, width: int) -> list[str]:
    name = f"  {row.field:<{width}}  "
    lines = [name + row.value] if len(row.field) <= width else [f"  {row.field}", " " * (width + 4) + row.value]
    lines[0] = lines[0].rstrip()
    beside = [
        f"also: {row.also}" if row.also else "",
        f"on the page {row.page}" if row.page else "",
        row.note,
        row.doubt,
    ]
    text = "; ".join(part.rstrip(".") for part in beside if part)
    return lines + _wrapped(f"({text})" if text else "", first=" " * 6, other=" " * 7)


def _step(number: int, step: AdministratorStep) -> list[str]:
    lines = _wrapped(_with_doubt(f"{number}. {step.title}", step.doubt), other="   ")
    if step.only_if:
        lines += _wrapped(f"{step.only_if}.", first="   ", other="   ")
    lines += _wrapped(step.text, first="   ", other="   ")
    lines += _wrapped(step.where, first="   ", other="     ")
    lines += [f"     {line}" for line in (*step.command.splitlines(), *step.record.splitlines())]
    if step.undo:
        lines += _wrapped(f"{step.undo_words}: {step.undo}", first="   ", other="   ")
    lines += [f"     {line}" for line in step.undo_command.splitlines()]
    lines.append(f"   Source: {step.source}, {step.date}")
    return lines


def _block(heading: str, remarks: Iterable[SheetRemark], *, numbered: bool = False) -> list[str]:
    lines: list[str] = []
    for number, remark in enumerate(remarks, 1):
        mark = f"{number}. " if numbered else "- "
        lines += _wrapped(mark + _with_doubt(remark.text, remark.doubt), first="  ", other="  " + " " * len(mark))
    return ["", heading, *lines] if lines else []


def _with_doubt(text: str, doubt: str) -> str:
    return f"{text} ({doubt})" if doubt else text


def _wrapped(text: str, *, first: str = "", other: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=other or first,
        break_long_words=False,
        break_on_hyphens=False,
    )
