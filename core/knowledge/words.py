"""Words and phrases: how texts are made comparable, and how thousands of phrases are looked up at once.

A text is folded to plain words first (case, white space, punctuation, reply codes and line prefixes gone), so that a
phrase written in a rule finds a reply however a server, a client or a bounce has wrapped it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_TEXT = 16_000
"""Longer texts are looked at by their beginning and their end only."""

_BYTES_LITERAL = re.compile(r"\bb(?=['\"])")
_ESCAPES = re.compile(r"\\[rnt]")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’‘`´](?=[^\W\d_])")
_ENHANCED = re.compile(r"(?<![\d.])(?:[245]\d\d[ _-]{1,3})?#?[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")
_LINE_CODE = re.compile(
    r"^[^\w\n]{0,8}(?:[CS]|SERVER -> CLIENT|SMTP<|<~|<-)?[^\w\n]{0,8}[2-5]\d\d(?=[- \r\n]|$)", re.MULTILINE
)
_POSSESSIVE = re.compile(r"(?<=[a-z])['’]s\b", re.IGNORECASE)
_ELISION = re.compile(r"\b([cdjlmnst]|qu)['’](?=[^\W\d_]{2})", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def bounded(text: str, limit: int = MAX_TEXT) -> str:
    """Return `text`, or its first three quarters and last quarter of `limit` characters."""
    if len(text) <= limit:
        return text
    return text[: limit * 3 // 4] + "\n" + text[-limit // 4 :]


def fold(text: str) -> str:
    """Return the words of `text` in lower case with one space before, between and after them.

    Reply codes at the beginning of lines and enhanced status codes are left out: they repeat on each line of a
    multiline reply (RFC 5321 §4.2.1) and would tear phrases apart.
    """
    text = bounded(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = _ESCAPES.sub(" ", _BYTES_LITERAL.sub("", text))
    return f" {_words(_LINE_CODE.sub(' ', _ENHANCED.sub(' ', text)))} "


def _words(text: str) -> str:
    text = _POSSESSIVE.sub("", _ELISION.sub(r"\1 ", text))
    return " ".join(_WORD.findall(_APOSTROPHE.sub("", text).casefold()))


class Phrase:
    """One phrase of a rule, ready for looking up.

    `blocked using` finds these two words side by side; `blacklist*` any word that begins so; `*liste*` any text that
    holds these letters; `blocked … spamhaus` allows up to eight words in between.
    """

    __slots__ = ("anchor", "gap", "needle", "source", "weight")

    def __init__(self, source: str) -> None:
        self.source = source
        head, tail = source.startswith("*"), source.endswith("*")
        parts = [_words(part) for part in source.strip("*").split("…")]
        if not all(parts):
            raise ValueError(f"“{source}” holds no word to look for")
        # Words with a gap between them say less than words side by side.
        self.weight = max(1, sum(len(part.split()) for part in parts) - (len(parts) > 1))
        front, back = ("" if head else " "), ("" if tail else " ")
        self.gap: re.Pattern[str] | None = None
        self.needle = front + parts[0] + (back if len(parts) == 1 else " ")
        if len(parts) > 1:
            body = r" (?:[^ ]{1,80} ){0,8}?".join(re.escape(part) for part in parts)
            self.gap = re.compile(re.escape(front) + body + re.escape(back))
        words = " ".join(parts).split()
        whole = words[1:] if head else words
        whole = whole[:-1] if tail else whole
        if whole:
            self.anchor = max(whole, key=lambda word: (word not in _COMMON, len(word)))
        elif not head and len(words[0]) >= _STEM:
            self.anchor = words[0][:_STEM] + "*"
        else:
            self.anchor = ""

    def found(self, folded: str) -> bool:
        """Return whether the phrase is in a text that `fold` returned."""
        if self.needle not in folded:
            return False
        return self.gap is None or self.gap.search(folded) is not None


_STEM = 4
_COMMON = frozenset(
    """
    a access address and are as at be been by client connection denied does error failed for from has have host in is
    it mail message messages not of on or recipient rejected sender server smtp that the this to unable user was with
    you your
    """.split()  # noqa: SIM905 - reads better than fifty quoted words
)


class PhraseIndex:
    """All phrases of a set of rules, found in one pass over the words of a text."""

    def __init__(self) -> None:
        self._phrases: dict[str, Phrase] = {}
        self._by_word: dict[str, list[Phrase]] = {}
        self._always: list[Phrase] = []

    def add(self, source: str) -> None:
        """Take in one more phrase; raises ValueError when there is no word in it."""
        if source in self._phrases:
            return
        phrase = self._phrases[source] = Phrase(source)
        if phrase.anchor:
            self._by_word.setdefault(phrase.anchor, []).append(phrase)
        else:
            self._always.append(phrase)

    def add_all(self, sources: Iterable[str]) -> None:
        """Take in several phrases."""
        for source in sources:
            self.add(source)

    def find(self, folded: str) -> dict[str, int]:
        """Return the phrases in `folded` as they were written, each with its weight (its number of words)."""
        by_word = self._by_word
        words = set(folded.split())
        keys = {word for word in words if word in by_word}
        keys.update(stem for word in words if len(word) >= _STEM and (stem := word[:_STEM] + "*") in by_word)
        found = {phrase.source: phrase.weight for phrase in self._always if phrase.found(folded)}
        for key in keys:
            for phrase in by_word[key]:
                if phrase.found(folded):
                    found[phrase.source] = phrase.weight
        return found
