"""Placeholders in titles, sentences and commands: found, checked and filled in.

`{user}` stands in a sentence, `{user!ps}` in a PowerShell line as a single-quoted string, `{port!n}` as a number.
`[ on port {port}]` is left out where the port is not known; `[port {port}|this port]` says the second instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\{([a-z0-9_]{1,40})(?:!(ps|n))?\}")
_OPTIONAL = re.compile(r"\[([^\[\]|]{0,200}\{[^\[\]|]{0,200})(?:\|([^\[\]|]{0,200}))?\]")
_ANY_BRACE = re.compile(r"[{}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PS_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")

MAX_VALUE = 400
"""No value filled in is longer (RFC 5321 §4.5.3.1.3 allows a path 256 octets)."""


def placeholders(template: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the kind ("", "ps" or "n") of each placeholder in `template`."""
    for found in PLACEHOLDER.finditer(template):
        yield found[1], found[2] or ""


def stray_brace(template: str) -> bool:
    """Return whether a brace is left in `template` that belongs to no placeholder."""
    return _ANY_BRACE.search(PLACEHOLDER.sub("", template)) is not None


def powershell_quote(value: str) -> str:
    """Return `value` as one single-quoted PowerShell string.

    PowerShell takes the typographic quotes ‘ ’ ‚ ‛ for a single quote too, so each of the five is doubled
    (about_Quoting_Rules); control and direction characters are left out, since no address or name holds any.
    """
    return "'" + _PS_QUOTES.sub(r"\1\1", _plain(value)) + "'"


def fill(template: str, values: Mapping[str, str], words: Mapping[str, str]) -> str:
    """Return a sentence with its placeholders filled from `values`, or from the stand-in `words`."""

    def choose(found: re.Match[str]) -> str:
        known = all(_plain(values.get(name, "")) for name, _ in placeholders(found[1]))
        return found[1] if known else found[2] or ""

    template = _OPTIONAL.sub(choose, template)
    return PLACEHOLDER.sub(lambda found: _plain(values.get(found[1], "")) or words[found[1]], template)


def fill_command(template: str, values: Mapping[str, str], samples: Mapping[str, str]) -> str:
    """Return a PowerShell line; what is unknown is filled with the placeholder's sample value."""

    def put(found: re.Match[str]) -> str:
        value = _plain(values.get(found[1], "")) or samples[found[1]]
        if found[2] == "n":
            return value if value.isascii() and value.isdigit() else samples[found[1]]
        return powershell_quote(value)

    return PLACEHOLDER.sub(put, template)


def _plain(value: str) -> str:
    return _CONTROL.sub("", value)[:MAX_VALUE].strip()
