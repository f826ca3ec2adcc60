"""The transcript: bounded lines with time, stage and direction, made harmless to look at.

Everything from the network is kept as bytes first; `render` makes control characters visible, so that
nothing a server sends can move a cursor, colour a terminal or start a tag.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from core.reports.report import Direction, TranscriptLine
from core.stages import Stage

MAX_LINE_CHARACTERS = 2_000
"""A longer line is cut in the transcript and says so (RFC 5321 §4.5.3.1.5 allows a reply line 512 octets)."""

MAX_LINES = 20_000
"""After this many lines the transcript only counts."""

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}


def render(data: bytes | str, *, limit: int = MAX_LINE_CHARACTERS) -> str:
    """Return `data` as one harmless line of text of at most `limit` characters plus a cut mark.

    Control characters become their pictures (␀ … ␡), undecodable bytes and format characters (such as
    right-to-left marks) their numbers after a backslash. Takes bytes as they came, or text.
    """
    if isinstance(data, bytes):
        cut = data[: limit * 4]
        text = cut.decode("utf-8", "backslashreplace")
        hidden = len(data) - len(cut)
    else:
        text, hidden = data, 0
    if not hidden and len(text) <= limit and text.isprintable():
        return text  # nearly every line, and a hundred times quicker than looking at each character
    shown = "".join(_visible(character) for character in text[: limit + 1])
    if len(shown) > limit or hidden:
        return f"{shown[:limit]} … [{len(data)} in all, cut]"
    return shown


def seconds(amount: float) -> str:
    """Return an amount of seconds in words: "1 second", "2.5 seconds"."""
    return f"{amount:g} second{'' if amount == 1 else 's'}"


def _visible(character: str) -> str:
    code = ord(character)
    if code in _PICTURES:
        return _PICTURES[code]
    if code < 0x7F:
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return character


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded line. `raw` is what went over the wire (masked where AUTH spoke); `text` is safe to show.

    `number` counts from 1 within a run. `ms` is the time since the check's start. `unexpected` marks
    what the server sent unasked or malformed.
    """

    number: int
    ms: float
    stage: Stage
    direction: Direction
    encrypted: bool
    text: str
    masked: bool = False
    unexpected: bool = False
    raw: bytes = field(default=b"", repr=False)

    def as_report(self) -> TranscriptLine:
        """Return the line as it stands in the report."""
        return TranscriptLine(
            ms=round(self.ms, 1),
            stage=self.stage,
            direction=self.direction,
            encrypted=self.encrypted,
            text=self.text,
            masked=self.masked,
            unexpected=self.unexpected,
        )


class Transcript:
    """Collects lines up to a bound and hands each to `listener` as it is added."""

    def __init__(
        self,
        clock: Callable[[], float],
        listener: Callable[[Line], None],
        clean: Callable[[str], str],
        *,
        max_lines: int = MAX_LINES,
    ) -> None:
        """Take `clock` (ms since start), `listener`, and `clean`, which removes secrets from a text."""
        self._clock = clock
        self._listener = listener
        self._clean = clean
        self._max_lines = max_lines
        self.lines: list[Line] = []
        self.dropped = 0
        self.stage = Stage.SETTINGS

    def add(
        self,
        direction: Direction,
        data: bytes | str,
        *,
        encrypted: bool = False,
        masked: bool = False,
        unexpected: bool = False,
    ) -> Line | None:
        """Record one line (without its line end) under the current stage.

        Returns the line, or None once the transcript is full: then only `dropped` counts on.
        """
        if len(self.lines) >= self._max_lines:
            self.dropped += 1
            return None
        raw = data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace")
        # Cleaned before as well: cutting the line, or making its characters visible, could leave half a secret.
        whole = raw.decode("utf-8", "backslashreplace")
        cleaned = self._clean(whole)
        rendered = render(data if cleaned == whole else cleaned)
        text = self._clean(rendered)
        hidden = cleaned != whole or text != rendered
        line = Line(
            number=len(self.lines) + 1,
            ms=self._clock(),
            stage=self.stage,
            direction=direction,
            encrypted=encrypted,
            text=text,
            masked=masked or hidden,
            unexpected=unexpected,
            raw=text.encode() if masked or hidden else raw[: MAX_LINE_CHARACTERS * 4],
        )
        self.lines.append(line)
        self._listener(line)
        return line
