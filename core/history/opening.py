"""Opens a report of the history or of another computer. Whatever it says, it is somebody else's text.

A file is bounded in size, depth, number and length of everything in it; control and format characters become visible;
only https links stay; stages are complete and in order, as everything that shows a report relies on.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path
from typing import Any

import msgspec

from core.history.entry import MAX_HEAD, NotADocument, moment, outline, split_head
from core.history.files import UnreadableFile, read_bounded
from core.history.store import MAX_DOCUMENT_BYTES
from core.reports.report import SCHEMA, Report, StageResult, from_json
from core.reports.seal import SealState, check
from core.session.transcript import MAX_LINES, render
from core.stages import Stage, StageStatus

MAX_DEPTH = 40
"""No document of this program is nested deeper."""
MAX_ITEMS = 500
"""So many members of a list or an object, as far as BOUNDS says nothing else."""
BOUNDS = {
    "transcript": MAX_LINES + 1,
    "fixes": 16,
    "evidence": 30,
    "ruled_out": 30,
    "findings": 20,
    "alternatives": 20,
    "stages": 40,
}
"""Several times what a report of this program ever holds."""
MAX_VERDICT = 20_000
"""So many characters of verdict and findings together, four times what they ever have: they are shown at once."""
MAX_CHARACTERS = 4_000
NEVER_CUT = 40
"""Words such as the names of stages are shorter."""
MAX_TEXT_LINES = 60
MAX_MS = 1e9
MAX_LINK = 2_000
_WEB = re.compile(r"https://[A-Za-z0-9][\w.~:/?#\[\]@!$&'()*+,;=%-]*", re.ASCII)
"""Nothing but the characters of RFC 3986."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What was opened: a report, or a document of another kind as it stands in the file.

    `document` is the JSON text without the history's first line; `seal` says whether a report is as it was written.
    """

    kind: str
    document: str
    seal: SealState
    report: Report | None = None


def open_file(path: Path) -> Opened:
    """Open a file of this or another computer. Raises UnreadableFile with a sentence for people."""
    try:
        path = path.resolve()  # people may open a link; only the history's own folder never follows one
    except (OSError, RuntimeError, ValueError):
        raise UnreadableFile("The file can’t be read.") from None
    data, _ = read_bounded(path, MAX_DOCUMENT_BYTES + MAX_HEAD)
    return open_document(data.removeprefix(b"\xef\xbb\xbf"))


def open_document(data: bytes | str) -> Opened:
    """Open a document that was read before. Raises UnreadableFile with a sentence for people."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    head, begin = split_head(raw)
    if head is not None:
        raw = b"{" + raw[begin:]
    try:
        document = raw.decode()
        kind = outline(raw, now=dt.datetime.now(dt.UTC)).kind
        if kind != "report":
            return Opened(kind=kind, document=document, seal=SealState.ABSENT)
        report = harmless(from_json(raw))
    except UnicodeDecodeError:
        raise UnreadableFile("This is not a text in UTF-8, as each report is.") from None
    except NotADocument as problem:
        raise UnreadableFile(str(problem)) from None
    except RecursionError:
        raise UnreadableFile("The file is nested deeper than any report.") from None
    except (msgspec.ValidationError, msgspec.DecodeError) as problem:
        reason = render(str(problem), limit=200)
        raise UnreadableFile(f"This report is incomplete or damaged: {reason}.") from None
    return Opened(kind=kind, document=document, seal=check(document), report=report)


def harmless(report: Report) -> Report:
    """Return `report` with all that is in it bounded and harmless to show.

    Raises UnreadableFile where it can't be a report of this program, RecursionError where it is nested too deep.
    """
    if report.schema != SCHEMA:
        raise UnreadableFile(
            f"The report is of a kind that this version can’t read: {render(report.schema, limit=60)}."
        )
    if not 0 < report.target.port < 65_536:
        raise UnreadableFile("The report names a port that does not exist.")
    if moment(report.started_at) is None:
        raise UnreadableFile("The report does not say when it was made.")
    plain = _harmless(msgspec.to_builtins(report), 0)
    for fix, original in zip(plain["diagnosis"]["fixes"], report.diagnosis.fixes, strict=False):
        fix["link"] = original.link if _is_web(original.link) else None
    room = MAX_VERDICT
    for part in ("diagnosis", "findings"):
        plain[part], room = _shortened(plain[part], room)
    shown = msgspec.convert(plain, type=Report)
    return msgspec.structs.replace(shown, stages=_complete(shown.stages))


def _is_web(link: Any) -> bool:
    return isinstance(link, str) and len(link) <= MAX_LINK and _WEB.fullmatch(link) is not None


def _harmless(value: Any, depth: int, most: int = MAX_ITEMS) -> Any:
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        members = list(value.items())[:MAX_ITEMS]
        return {
            render(str(name), limit=200): _harmless(item, depth + 1, BOUNDS.get(name, MAX_ITEMS))
            for name, item in members
        }
    if isinstance(value, list | tuple):
        return [_harmless(item, depth + 1) for item in value[:most]]
    if isinstance(value, float):
        return min(max(value, -MAX_MS), MAX_MS) if math.isfinite(value) else 0.0
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, -(1 << 53)), 1 << 53)
    return value


def _shortened(value: Any, room: int) -> tuple[Any, int]:
    """Return `value` with at most `room` characters of text of its own choice in it, and how many are left."""
    if isinstance(value, str) and len(value) > NEVER_CUT:
        cut = value if len(value) <= room else value[: max(room, NEVER_CUT)] + " … [cut]"
        return cut, max(0, room - len(cut))
    if isinstance(value, dict):
        shorter = {}
        for name, item in value.items():
            shorter[name], room = (item, room) if name == "link" else _shortened(item, room)
        return shorter, room
    if isinstance(value, list):
        items = []
        for item in value:
            found, room = _shortened(item, room)
            items.append(found)
        return items, room
    return value, room


def _text(text: str) -> str:
    """Return `text` harmless; its lines stay lines, as commands have several."""
    if "\n" not in text:
        return render(text, limit=MAX_CHARACTERS)
    lines = text.split("\n", MAX_TEXT_LINES)
    return "\n".join(render(line, limit=MAX_CHARACTERS // 4) for line in lines[:MAX_TEXT_LINES])


def _complete(stages: tuple[StageResult, ...]) -> tuple[StageResult, ...]:
    """Return each stage once: the first result for it in the order given, and for a missing one that it was not met."""
    found: dict[Stage, StageResult] = {}
    for result in stages:
        found.setdefault(result.stage, result)
    for stage in Stage:
        if stage not in found:
            found[stage] = StageResult(
                stage=stage,
                status=StageStatus.NOT_REACHED,
                duration_ms=0.0,
                summary="The report says nothing of this stage.",
                proves="",
                does_not_prove="",
            )
    return tuple(found.values())
