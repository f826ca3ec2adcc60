"""One kept run as it stands in a list, and the line at the head of its file from which the list is made.

A file of the history is a JSON document whose first member, alone on the first line, is what the list needs:

    {"history":{"kind":"report","when":"2026-11-21T12:00:00.123+00:00","title":"…","bytes":41234,…},
    "schema":"sendproof.report/1",…}

so a list of five hundred runs reads five hundred short lines, any program that reads the JSON report can read the
file, and the document is the file without that member.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec

from core.session.transcript import render

SCHEMA_PREFIX = "sendproof."
MAX_FIELD = 240
"""So many characters of each text are in a list."""
MAX_HEAD = 16_384
"""The first line has at most so many bytes."""

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Windows knows no local time before and after (localtime_s); Python ends with the year 9999."""

_OPENING = b'{"history":'
_CLOSING = b",\n"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A kept run. All texts are bounded and harmless to show.

    `id` is short and names the run in this history; `kind` is the document's (`report`, `watch`, …); `when` is when
    the run began (UTC), or where that is not known when it was kept; `server` has no port (`port` is 0 if there is
    none). `outcome` is one of `core.stages.Outcome` for a report; `stage` the one that failed. `about` are further
    words to search for: sender, recipients, user, device. `damaged` says what is wrong with the file; empty if nothing.
    """

    id: str
    path: Path
    kind: str
    when: dt.datetime
    title: str = ""
    server: str = ""
    port: int = 0
    cause: str = ""
    outcome: str = ""
    stage: str = ""
    client: str = ""
    about: str = ""
    practice: str = ""
    size: int = 0
    damaged: str = ""


class Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line of a file: what the list needs, and how many bytes of document follow."""

    kind: str
    when: str
    title: str = ""
    server: str = ""
    port: int = 0
    cause: str = ""
    outcome: str = ""
    stage: str = ""
    client: str = ""
    about: str = ""
    practice: str = ""
    bytes: int = 0


class _HeadLine(msgspec.Struct, frozen=True):
    history: Head


class _Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The members of any document that a list is made of; everything else is skipped without being built."""

    schema: str
    started_at: Any = None
    title: Any = None
    server: Any = None
    port: Any = None
    cause: Any = None
    outcome: Any = None
    failed_stage: Any = None
    target: Any = None
    request: Any = None
    diagnosis: Any = None


class NotADocument(ValueError):
    """A text is no document of this program; the message is a sentence for people."""


def outline(document: bytes, *, client: str = "", now: dt.datetime) -> Head:
    """Return the head for `document`. Raises NotADocument.

    `now` stands in where the document does not say when its run began.
    """
    try:
        found = msgspec.json.decode(document, type=_Outline)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NotADocument("This is not a report of this program, or it is damaged.") from None
    except RecursionError:
        raise NotADocument("The file is nested deeper than any report.") from None
    if not found.schema.startswith(SCHEMA_PREFIX):
        raise NotADocument("This is not a report of this program.")
    target, request, diagnosis = _record(found.target), _record(found.request), _record(found.diagnosis)
    recipients = request.get("to")
    about = [request.get("from"), *(recipients[:20] if isinstance(recipients, list) else ()), request.get("user")]
    words = dict.fromkeys(_text(word) for word in [*about, request.get("device")])
    port = target.get("port") or found.port
    return Head(
        kind=_text(found.schema.removeprefix(SCHEMA_PREFIX).partition("/")[0]),
        when=(moment(found.started_at) or now).isoformat(timespec="milliseconds"),
        title=_text(found.title or diagnosis.get("title")),
        server=_text(found.server or target.get("server")),
        port=port if isinstance(port, int) and 0 < port < 65_536 else 0,
        cause=_text(found.cause or diagnosis.get("cause")),
        outcome=_text(found.outcome),
        stage=_text(found.failed_stage),
        client=_text(client),
        about=" ".join(word for word in words if word)[:MAX_FIELD],
        practice=_text(request.get("practice")),
        bytes=len(document),
    )


def with_head(head: Head, document: bytes) -> tuple[bytes, bytes]:
    """Return the parts of the file for `document`, which begins with its brace."""
    return _OPENING + msgspec.json.encode(head) + _CLOSING, document[1:]


def split_head(data: bytes) -> tuple[Head | None, int]:
    """Return the head at the beginning of a file's bytes and its length; (None, 0) if there is none."""
    end = data.find(b"\n", 0, MAX_HEAD)
    if end < 0 or not data.startswith(_OPENING) or not data[: end + 1].endswith(_CLOSING):
        return None, 0
    try:
        return msgspec.json.decode(data[: end - 1] + b"}", type=_HeadLine).history, end + 1
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, 0


def entry_of(head: Head, *, entry_id: str, path: Path, size: int, kept: dt.datetime, damaged: str = "") -> Entry:
    """Return the list's entry for a file. A head is as untrusted as the file: each text is made harmless."""
    return Entry(
        id=entry_id,
        path=path,
        kind=_text(head.kind),
        when=moment(head.when) or kept,
        title=_text(head.title),
        server=_text(head.server),
        port=head.port if 0 < head.port < 65_536 else 0,
        cause=_text(head.cause),
        outcome=_text(head.outcome),
        stage=_text(head.stage),
        client=_text(head.client),
        about=_text(head.about),
        practice=_text(head.practice),
        size=size,
        damaged=damaged,
    )


def moment(text: Any) -> dt.datetime | None:
    """Return an RFC 3339 time in UTC; None if `text` is none. A time without its zone is taken for UTC.

    None too for a year that not each system can turn into local time: whoever shows a list of times relies on it.
    """
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
        utc = (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return utc if FIRST_YEAR <= utc.year <= LAST_YEAR else None


def _record(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return render(value, limit=MAX_FIELD) if isinstance(value, str) else ""
