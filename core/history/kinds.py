"""How documents of each kind are shown as text. A kind without a line here is shown member by member."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import msgspec

from core.session.transcript import render

RENDERERS: dict[str, str] = {
    "compare": "core.comparing.text:text_of_document",
    "find": "core.finding.text:render_document",
    "watch": "core.watching.text:text_of_document",
    "listen": "core.listening.rendering:text_of_document",
    "mtu": "core.pathmtu.text:text_of_document",
}
"""Kind to "module:function": takes the JSON document, returns plain text. Imported when it is first wanted."""

TITLES = {
    "report": "Check",
    "find": "Find settings",
    "watch": "Watch",
    "listen": "Listen to device",
    "compare": "Comparison",
    "mtu": "Path MTU",
}
"""What people call the kinds."""

MAX_CHARACTERS = 400_000
_MISFITS = (msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a renderer may raise for a document that is damaged, or of a newer version."""
_MAX_DEPTH = 40
_MAX_VALUE = 2_000


def title_of(kind: str) -> str:
    """Return what people call a kind, or its own word."""
    return TITLES.get(kind, kind)


def as_text(kind: str, document: str) -> str:
    """Return a document as plain text, harmless and bounded; never raises for what somebody wrote into it."""
    renderer = RENDERERS.get(kind)
    if renderer is not None:
        module, _, name = renderer.partition(":")
        try:
            show: Callable[[str], str] = getattr(importlib.import_module(module), name)
            return _bounded("\n".join(render(line) for line in show(document).split("\n")))
        except _MISFITS:
            pass  # damaged, or of a newer version: then as any other
    try:
        return _bounded("\n".join(_lines(msgspec.json.decode(document), 0)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "This document is damaged and can’t be shown."


def _lines(value: Any, depth: int) -> list[str]:
    """Return a JSON value as indented "name: value" lines."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    indent = "  " * depth
    lines: list[str] = []
    if isinstance(value, dict):
        for name, item in value.items():
            shown = render(str(name), limit=100)
            if isinstance(item, dict | list) and item:
                lines += [f"{indent}{shown}:", *_lines(item, depth + 1)]
            else:
                lines.append(f"{indent}{shown}: {_value(item)}")
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list) and item:
                inner = _lines(item, depth + 1)
                lines += [f"{indent}- {inner[0].lstrip()}", *inner[1:]]
            else:
                lines.append(f"{indent}- {_value(item)}")
    else:
        lines.append(f"{indent}{_value(value)}")
    return lines


def _value(value: Any) -> str:
    words = {None: "–", True: "yes", False: "no"}
    if value is None or isinstance(value, bool):
        return words[value]
    return render(value if isinstance(value, str) else str(value), limit=_MAX_VALUE) if value not in ([], {}) else "–"


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + "\n… (cut here)"
