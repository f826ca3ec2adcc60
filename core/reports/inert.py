"""Makes foreign text inert in plain text, Markdown and HTML: words stay words, whatever they try to be.

All functions take and return text, and know of no report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from core.session.transcript import render

MAX_CHARACTERS = 20_000
"""Of one value; nothing that a report holds is longer."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$@])|&(?=#?\w)|(?<=\w):(?=//)|(?<=www)\.", re.IGNORECASE)
_AT_START = re.compile(r"^([-+=:]|\d{1,9}[.)])")
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
    for found in _RISKY.finditer(flat):
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


def code_block(lines: Iterable[str]) -> str:
    """Return `lines` as a fenced block of Markdown that nothing in them can close."""
    kept = [render(line, limit=MAX_CHARACTERS) for line in lines]
    longest = max((len(run) for line in kept for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *kept, fence])


def cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula when a table is pasted there: in quotation marks."""
    return f"“{text}”" if text.lstrip(" ").startswith(_FORMULA) else text


FILTERS = {"code": code, "code_block": code_block}
"""Filters of templates, for Markdown."""
