"""Secrets, and the redactor that every text passes before it is shown, stored or sent anywhere.

A secret is wrapped from the moment it is read. Nothing but `reveal` gives it back, and only the code
that writes it to an encrypted connection calls that.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

MASK: Final = "[secret]"

_MIN_LENGTH = 4
"""Shorter secrets are only masked as whole words: masking each "a" would hide nothing and leave no text readable."""

_BEGINNING = 8
"""So many characters of a base64 form give it away when the rest is missing: they hold six characters of the secret."""


class Secret:
    """A password or token. It can't be printed, compared, copied into a report or pickled by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never written anywhere")


class Redactor:
    """Replaces every form of the given secrets in a text with `MASK`.

    Forms: as it is, base64 (alone or anywhere inside a longer base64 text, as in AUTH PLAIN and
    XOAUTH2, also where only its beginning is there), percent-encoded, HTML-escaped, backslash-escaped,
    JSON-escaped, hexadecimal; each without regard to case where the encoding has none.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._encoded: set[str] = set()
        exact: set[str] = set()
        folded: set[str] = set()
        words: set[str] = set()
        for secret in secrets:
            value = secret.reveal()
            if not value:
                continue
            raw = value.encode("utf-8")
            if len(value) < _MIN_LENGTH:
                words.add(value)
            else:
                exact.add(value)
            encoded = _base64_forms(raw)
            exact.update(encoded)
            self._encoded.update(form for form in encoded if len(form) > _BEGINNING)
            escaped = {
                quote(value, safe=""),
                quote(value, safe="!*'()"),
                quote(value),
                quote_plus(value, safe=""),
                html.escape(value),
                value.encode("unicode_escape").decode("ascii"),
                repr(value)[1:-1],
                json.dumps(value)[1:-1],
                json.dumps(value, ensure_ascii=False)[1:-1],
                raw.hex(),
                raw.hex(" "),
            }
            folded.update(form for form in escaped if len(form) >= _MIN_LENGTH)
        parts = [re.escape(form) for form in sorted(exact, key=len, reverse=True)]
        parts += [f"(?i:{re.escape(form)})" for form in sorted(folded - exact, key=len, reverse=True)]
        parts += [rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(words)]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def clean(self, text: str) -> str:
        """Return `text` without any form of a secret."""
        if self._pattern is None:
            return text
        text = self._pattern.sub(MASK, text)
        for form in self._encoded:
            text = _without_beginning(text, form)
        return text


def _without_beginning(text: str, form: str) -> str:
    """Return `text` without what stands there of `form` from its start on: servers quote commands, and cut them."""
    at = text.find(form[:_BEGINNING])
    while at != -1:
        end = at + _BEGINNING
        while end < len(text) and end - at < len(form) and text[end] == form[end - at]:
            end += 1
        text = text[:at] + MASK + text[end:]
        at = text.find(form[:_BEGINNING], at + len(MASK))
    return text


def _base64_forms(raw: bytes) -> set[str]:
    """Return what `raw` looks like in base64 text: alone, and inside a longer text at each of the three alignments."""
    whole = base64.b64encode(raw).decode("ascii")
    forms = {whole, whole.rstrip("=")}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode("ascii").rstrip("=")
        # The first and last characters also hold bits of the neighbours; what lies between belongs to the secret alone.
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        inner = encoded[first:last]
        if len(inner) >= _MIN_LENGTH:
            forms.add(inner)
    forms |= {form.replace("+", "-").replace("/", "_") for form in forms}
    return {form for form in forms if len(form) >= _MIN_LENGTH}
