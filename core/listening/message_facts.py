"""What a message is like, learnt while it streams by: sizes, line ends, headers, attachments. Nothing of it is kept.

Bounded in every direction: headers in octets and number, parts in number and depth, names in length.
"""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Callable, Iterable
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final, Literal, TypeVar

import msgspec

from core.listening.observation import EXPECTED_HEADERS, Attachment, MessageFacts
from core.session.transcript import render

MAX_HEADER: Final = 64 * 1024
MAX_PART_HEADER: Final = 8 * 1024
MAX_NAMES: Final = 80
MAX_PARTS: Final = 200
MAX_ATTACHMENTS: Final = 50
MAX_DEPTH: Final = 8
MAX_ADDRESSES: Final = 10
MAX_VALUE: Final = 2_000
"""Characters of a header's value that are looked at."""

MAX_REST: Final = 64 * 1024
"""Octets of a line without end that wait for it."""

T = TypeVar("T")

_LINES: Final = re.compile(rb"[^\n]*\n|[^\n]+")
_NOT_BASE64: Final = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/"))
_ESCAPE = re.compile(rb"=[0-9A-Fa-f]{2}")
_HOSTILE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the standard library's parsers raise for headers that nobody foresaw."""


class _Part:
    """A part that is going by."""

    def __init__(self, headers: Message) -> None:
        self.content_type = _text(_safe(headers.get_content_type, "text/plain"), 100)
        self.name = _text(name, 200) if (name := _safe(lambda: headers.get_filename(), None)) else None
        self.encoding = _text(str(headers.get("Content-Transfer-Encoding", "")).strip().lower(), 40)
        self.boundary = str(_safe(lambda: headers.get_boundary(), None) or "")[:200]
        disposition = str(headers.get("Content-Disposition", "")).strip().lower()
        self.is_attachment = bool(self.name) or disposition.startswith("attachment")
        self.size = 0
        self._significant = 0
        self._last_end = 0

    @property
    def multipart(self) -> bool:
        return self.content_type.startswith("multipart/") and bool(self.boundary)

    def add(self, line: bytes) -> None:
        """Count a line of its body; the last line end belongs to the boundary (RFC 2046 §5.1.1)."""
        if self.encoding == "base64":
            self._significant += len(line.translate(None, _NOT_BASE64))
            self.size = self._significant * 3 // 4
            return
        text = line.rstrip(b"\r\n")
        end = len(line) - len(text)
        if self.encoding == "quoted-printable":
            soft = text.endswith(b"=")
            length = len(text) - 2 * len(_ESCAPE.findall(text)) - soft
            end = 0 if soft else end
        else:
            length = len(text)
        self.size += self._last_end + length
        self._last_end = end

    def as_attachment(self) -> Attachment | None:
        if not self.is_attachment and self.content_type.startswith(("text/", "multipart/")):
            return None
        return Attachment(name=self.name, content_type=self.content_type, size=self.size, encoding=self.encoding)


class MessageReader:
    """Takes the lines of one message and knows its facts at the end."""

    def __init__(self) -> None:
        self.size = 0
        self._crlf = self._bare_lf = self._bare_cr = 0
        self._longest = self._current = 0
        self._eight_bit = self._eight_bit_headers = self._nul = False
        self._header = bytearray()
        self._header_cut = False
        self._in_header = True
        self._top: Message | None = None
        self._boundaries: list[bytes] = []
        self._part: _Part | None = None
        self._parts = 0
        self._attachments: list[Attachment] = []
        self._line_begins = True
        self._rest = bytearray()

    def feed_octets(self, octets: bytes) -> None:
        """Take octets as they come, cut anywhere: what has no line end yet waits for it, as a CR does for its LF."""
        self._rest += octets
        end = self._rest.rfind(b"\n") + 1
        if len(self._rest) - end > MAX_REST:
            end = len(self._rest) - 1
        self.feed(_LINES.findall(self._rest[:end]))
        del self._rest[:end]

    def feed(self, lines: Iterable[bytes]) -> None:
        """Take lines with their line ends; a piece of a long line comes without."""
        for line in lines:
            self._count(line)
            self._structure(line)
            self._line_begins = line.endswith(b"\n")

    def _count(self, line: bytes) -> None:
        self.size += len(line)
        whole = line.endswith(b"\n")
        crlf = line.endswith(b"\r\n")
        self._crlf += crlf
        self._bare_lf += whole and not crlf
        self._bare_cr += line.count(b"\r") - crlf
        self._current += len(line) - whole - crlf
        self._longest = max(self._longest, self._current)
        if whole:
            self._current = 0
        if not line.isascii():
            self._eight_bit = True
            self._eight_bit_headers = self._eight_bit_headers or (self._in_header and self._top is None)
        self._nul = self._nul or b"\0" in line

    def _structure(self, line: bytes) -> None:
        text = line.rstrip(b"\r\n")
        if self._boundaries and self._line_begins and text.startswith(b"--") and self._at_boundary(text.rstrip()):
            return
        if self._in_header:
            if self._line_begins and not text:
                self._end_header()
            elif len(self._header) < (MAX_PART_HEADER if self._top else MAX_HEADER):
                self._header += line
            else:
                self._header_cut = self._header_cut or self._top is None
        elif self._part is not None:
            self._part.add(line)

    def _at_boundary(self, text: bytes) -> bool:
        for depth in range(len(self._boundaries) - 1, -1, -1):
            mark = b"--" + self._boundaries[depth]
            if text not in {mark, mark + b"--"}:
                continue
            self._end_part()
            if text == mark:
                del self._boundaries[depth + 1 :]
                self._in_header = self._parts < MAX_PARTS
                self._header.clear()
            else:
                del self._boundaries[depth:]
                self._in_header = False
            return True
        return False

    def _end_header(self) -> None:
        headers = BytesHeaderParser().parsebytes(bytes(self._header))
        self._header.clear()
        self._in_header = False
        if self._top is None:
            self._top = headers
        self._parts += 1
        part = _Part(headers)
        if part.multipart and len(self._boundaries) < MAX_DEPTH:
            self._boundaries.append(part.boundary.encode("utf-8", "surrogateescape"))
        else:
            self._part = part

    def _end_part(self) -> None:
        found = self._part.as_attachment() if self._part else None
        if found and len(self._attachments) < MAX_ATTACHMENTS:
            self._attachments.append(found)
        self._part = None

    def facts(
        self, terminator: Literal["crlf", "lf", "bdat", "cut"], now: dt.datetime, clean: Callable[[str], str]
    ) -> MessageFacts:
        """Return what is known. `now`: this computer's time, beside the Date header; `clean`: see Redactor."""
        if self._rest:
            self.feed([bytes(self._rest)])
            self._rest.clear()
        if self._in_header and self._top is None:
            self._end_header()  # a message without a body, or without the empty line before it
        self._end_part()
        top = self._top if self._top is not None else Message()
        names = [_text(name, 76) for name in top.keys()]  # noqa: SIM118  (a Message yields no keys by itself)
        known = {name.lower() for name in names}
        once = list(dict.fromkeys(name.lower() for name in names))
        first = {name.lower(): name for name in reversed(names)}
        return MessageFacts(
            size=self.size,
            crlf=self._crlf,
            bare_lf=self._bare_lf,
            bare_cr=self._bare_cr,
            longest_line=self._longest,
            eight_bit=self._eight_bit,
            eight_bit_headers=self._eight_bit_headers,
            nul=self._nul,
            headers=tuple(clean(first[name]) for name in once[:MAX_NAMES]),
            missing=tuple(name for name in EXPECTED_HEADERS if name.lower() not in known),
            repeated=tuple(
                name for name in EXPECTED_HEADERS if sum(other.lower() == name.lower() for other in names) > 1
            ),
            headers_cut=self._header_cut or len(once) > MAX_NAMES,
            from_addresses=tuple(clean(address) for address in _addresses(top, "From")),
            sender_address=next((clean(address) for address in _addresses(top, "Sender")), None),
            reply_to=tuple(clean(address) for address in _addresses(top, "Reply-To")),
            date_off_s=_date_off(top, now),
            mailer=clean(mailer) if (mailer := _mailer(top)) else None,
            content_type=_text(_safe(top.get_content_type, ""), 100) if "content-type" in known else "",
            parts=self._parts,
            attachments=tuple(
                msgspec.structs.replace(part, name=clean(part.name)) if part.name else part
                for part in self._attachments
            ),
            terminator=terminator,
        )


def _safe(read: Callable[[], T], fallback: T) -> T:
    try:
        return read()
    except _HOSTILE:
        return fallback


def _text(value: object, limit: int) -> str:
    return render(str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace"), limit=limit)


def _values(headers: Message, name: str) -> list[str]:
    return [str(value)[:MAX_VALUE] for value in (headers.get_all(name) or [])[:3]]


def _addresses(headers: Message, name: str) -> tuple[str, ...]:
    nothing: list[tuple[str, str]] = []
    found = _safe(lambda: getaddresses(_values(headers, name)), nothing)
    return tuple(_text(address, 320) for _, address in found[:MAX_ADDRESSES] if address)


def _date_off(headers: Message, now: dt.datetime) -> float | None:
    for value in _values(headers, "Date"):
        try:
            then = parsedate_to_datetime(value)
        except (*_HOSTILE, OverflowError):
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=dt.UTC)  # RFC 5322 §3.3: "-0000" says nothing about the zone
        return round((then - now).total_seconds(), 1)
    return None


def _mailer(headers: Message) -> str | None:
    for name in ("X-Mailer", "User-Agent"):
        for value in _values(headers, name):
            return _text(value, 200)
    return None
