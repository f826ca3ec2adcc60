"""Makes foreign text inert in plain text, Markdown and HTML: words stay words, whatever they try to be.

All functions take and return text, and know of no report.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from core.session.transcript import render

MAX_CHARACTERS = 20_000
"""Of one value; nothing that a report holds is longer."""

WIDTH = 100
"""Columns of plain text after which sentences wrap."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<#|~$@])|&(?=#?\w)|(?<=\w):(?=//)|(?<=www)\.", re.IGNORECASE)
_AT_START = re.compile(r"^([-+=:>]|\d{1,9}[.)])")
_RISKY = re.compile(
    r"https?://[^\s‹›“”]+[^\s‹›“”.,;:!?)\]]"
    r"|[\w.%+=-]{1,64}@(?:[\w-]{1,63}\.){0,10}[\w-]{1,63}"
    r"|(?<![\w.])[\w-]*_[\w-]*(?![\w.])"
)
"""What reads better as code than with backslashes: web addresses, mailboxes, names with underscores."""

_FORMULA = ("=", "+", "-", "@", "\t")


def plain(text: str) -> str:
    """Return `text` as one line without control or format characters (they become visible)."""
    return render(re.sub(r"\s+", " ", text).strip(), limit=MAX_CHARACTERS)


def html(text: str) -> str:
    """Return `text` for HTML, in an element or a quoted attribute; line breaks stay, for preformatted text."""
    return "\n".join(escape(render(line, limit=MAX_CHARACTERS)) for line in text.split("\n"))


def markdown(text: str) -> str:
    """Return `text` so that Markdown takes it as words: no link, image, HTML, mention or heading can begin in it.

    Addresses become code, which reads well in ticket systems that show Markdown as it is.
    """
    flat = plain(text)
    parts: list[str] = []
    end = 0
    # Beside a backtick or a backslash, readers differ on where a span of code begins and ends.
    for found in () if "`" in flat or "\\" in flat else _RISKY.finditer(flat):
        parts += [_escaped(flat[end : found.start()]), code(found[0])]
        end = found.end()
    parts.append(_escaped(flat[end:]))
    return _AT_START.sub(_start, "".join(parts))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def _start(found: re.Match[str]) -> str:
    """A dash, a sign of equality or a number at a line's start would begin a list, heading or definition."""
    return found[0][:-1] + "\\" + found[0][-1]


def code(text: str) -> str:
    """Return `text` as inline code of Markdown, with a fence longer than any run of backticks in it."""
    flat = plain(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    return f"{fence} {flat} {fence}" if "`" in flat else f"{fence}{flat}{fence}"


def code_block(lines: Iterable[str], indent: int = 0) -> str:
    """Return `lines` as a fenced block of Markdown that nothing in them can close; indented it belongs to a point."""
    kept = [render(line, limit=MAX_CHARACTERS) for line in lines]
    longest = max((len(run) for line in kept for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join(" " * indent + line for line in (f"{fence}text", *kept, fence))


def cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula when a table is pasted there: in quotation marks."""
    return f"“{text}”" if text.lstrip(" ").startswith(_FORMULA) else text


def address(text: str) -> str:
    """Return a web address of our own kind as a link of Markdown, anything else as code."""
    flat = plain(text)
    return f"<{flat}>" if re.fullmatch(r"https://[^\s<>`\\]+", flat) else code(flat)


def value(text: str) -> str:
    """Return the value of a field for Markdown: as code where it is an address, a name with dots or a number."""
    flat = plain(text)
    return (
        code(flat)
        if re.fullmatch(r"[\w.:@<>=+/‹› -]*[.:@‹_][\w.:@<>=+/‹› -]*", flat) and " " not in flat
        else markdown(cell(flat))
    )


def wrap(text: str, indent: int = 0, first: str | None = None) -> str:
    """Return `text` as lines of at most WIDTH columns, each indented, the first one after `first`."""
    begin = " " * indent if first is None else first
    lines = textwrap.wrap(
        plain(text),
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) or begin.rstrip()


def line(text: str, indent: int = 0) -> str:
    """Return `text` as one line that is never wrapped, so that it can be copied whole."""
    return " " * indent + render(text, limit=MAX_CHARACTERS)


def heading(text: str) -> str:
    """Return a heading of plain text, underlined."""
    flat = plain(text)
    return f"{flat}\n{'-' * len(flat)}"


def columns(rows: Sequence[Sequence[Mapping[str, str]]], head: Sequence[str], signs: Mapping[str, str]) -> str:
    """Return a table of plain text; the last column wraps, and so does any that is too wide."""
    cells = [[plain(name) for name in head]]
    cells += [[f"{signs.get(c['state'], '')} {plain(cell(c['text']))}".strip() for c in row] for row in rows]
    count = len(head)
    room = WIDTH - 2 - 2 * (count - 1)
    widths = [max(len(row[n]) for row in cells) for n in range(count)]
    while sum(widths) > room:
        widest = max(range(count), key=widths.__getitem__)
        if widths[widest] <= 12:
            break
        widths[widest] = max(12, widths[widest] - (sum(widths) - room), sorted(widths)[-2] if count > 1 else 12)
        if sum(widths) > room:
            widths[widest] = max(12, widths[widest] - 1)
    lines = []
    for row in cells:
        parts = [
            textwrap.wrap(text, width, break_on_hyphens=False) or [""] for text, width in zip(row, widths, strict=True)
        ]
        for number in range(max(len(part) for part in parts)):
            texts = [part[number] if number < len(part) else "" for part in parts]
            lines.append("  " + "  ".join(t.ljust(w) for t, w in zip(texts, widths, strict=True)).rstrip())
    return "\n".join(lines)


def guarded(text: str) -> str:
    """Return a verbatim line so that no spreadsheet takes it for a formula: after a space that stays a space."""
    return f"\u00a0{text}" if text.lstrip(" ").startswith(_FORMULA) else text


FILTERS: dict[str, dict[str, Callable[..., str]]] = {
    "html": {"cell": lambda text: html(cell(text)), "guarded": lambda text: html(guarded(text))},
    "md": {
        "code": code,
        "code_block": code_block,
        "address": address,
        "value": value,
        "cell": lambda text: markdown(cell(text)),
    },
    "txt": {"wrap": wrap, "line": line, "heading": heading, "columns": columns},
}
"""Filters of templates, by form. What they return is harmless in that form."""
