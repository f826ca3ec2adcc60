"""What a device shows on its panel or in its job log, looked up among the known codes of all makes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.knowledge.load import Knowledge
from core.knowledge.model import PanelCode

MAX_PANEL_TEXT = 200
"""What a panel shows is short; a longer text is not looked up."""
MAX_PANEL_CODES = 8
"""So many meanings of one code are shown."""

_SEPARATORS = re.compile(r"[^a-z0-9äöüß]{1,20}")
_FILLERS = frozenset(
    ("error", "code", "fehler", "fehlercode", "erreur", "panel", "shows", "the", "job", "copier", "printer")
) | {"scanner", "display", "meldung", "message"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A code prepared for looking up: its words, the make's words, and the words it shows."""

    code: PanelCode
    makes: frozenset[str]
    written: str
    said: str


def panel_codes_in(text: str, knowledge: Knowledge) -> tuple[PanelCode, ...]:
    """Return the panel codes that `text` may mean, the best first; empty for a longer text.

    "CE-02", "#806" and "Kyocera 1102" are found by their code, "Server connection error" by its words.
    """
    if len(text) > MAX_PANEL_TEXT:
        return ()
    words = _split(text)
    if not words:
        return ()
    typed = f" {' '.join(words)} "
    entries = _prepared(knowledge)
    makes = {make for entry in entries for make in entry.makes if make in words}
    bare = " ".join(word for word in words if word not in _FILLERS and word not in makes)
    scored = [(points, entry) for entry in entries if (points := _points(typed, bare, makes, entry))]
    if not scored:
        return ()
    best = max(points for points, _ in scored)
    scored.sort(key=lambda item: -item[0])
    return tuple(entry.code for points, entry in scored if points >= best - 1)


def _points(typed: str, bare: str, makes: set[str], entry: _Entry) -> int:
    named = bool(makes & entry.makes)
    if makes and not named:
        return 0
    if entry.written:
        if bare == entry.written:
            return 8 + 2 * named
        # A bare number such as 550 inside a sentence is a reply code, not a panel code.
        if f" {entry.written} " in typed and (named or not entry.written.isdigit()):
            return 6 + 2 * named
    if entry.said and (f" {entry.said} " in typed or (bare.count(" ") >= 2 and f" {bare} " in f" {entry.said} ")):
        return 5 + 2 * named
    return 0


def _prepared(knowledge: Knowledge) -> tuple[_Entry, ...]:
    known: tuple[_Entry, ...] | None = knowledge.__dict__.get("_panel_entries")
    if known is None:
        known = tuple(
            _Entry(
                code,
                frozenset(word for word in _split(code.vendor) if word not in {"generic", "mfp", "any", "other"}),
                " ".join(_split(code.code)) if any(character.isdigit() for character in code.code) else "",
                said if (said := " ".join(_split(code.text))).count(" ") >= 1 else "",
            )
            for code in knowledge.panel_codes
        )
        knowledge.__dict__["_panel_entries"] = known
    return known


def _split(text: str) -> list[str]:
    return _SEPARATORS.sub(" ", text.casefold()).split()
