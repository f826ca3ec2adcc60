"""Opens a report from anywhere: bounded, made harmless, complete, with what its seal says.

A report of another computer is as untrusted as any file. What `Report` promises (texts harmless to look at, every stage
there) holds for the reports that come out of here as well.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from core.reports.report import SCHEMA, Report, StageResult
from core.reports.seal import SealState, check
from core.session.transcript import render
from core.stages import Stage, StageStatus

MAX_BYTES = 32_000_000
"""The largest report that a check can make is smaller: 20 000 lines of 2 000 characters would be cut long before."""

MAX_TEXT = 4_500
MAX_ITEMS = 20_001
MAX_DEPTH = 40

_BREAKS = frozenset({"command"})
"""Fields that may hold line breaks: commands of several lines."""


class UnusableReport(Exception):
    """The file can't be read as a report; the message is a sentence for people."""


class Opened(NamedTuple):
    """A report, and whether it is as it was sealed."""

    report: Report
    seal: SealState


def open_report(path: Path) -> Opened:
    """Return the report in the file `path`. Raises UnusableReport."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnusableReport(f"“{render(str(path))}” is not a file.")
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it can’t be opened"
        raise UnusableReport(f"“{render(str(path))}” could not be read: {reason}.") from None
    return parse_report(data, render(path.name))


def parse_report(data: bytes, name: str = "The file") -> Opened:
    """Return the report in `data`; `name` is what it is called in a message. Raises UnusableReport."""
    if len(data) > MAX_BYTES:
        raise UnusableReport(f"“{name}” is larger than any report of Sendproof ({MAX_BYTES // 1_000_000} MB).")
    try:
        plain = msgspec.json.decode(data)
        schema = plain.get("schema") if isinstance(plain, dict) else None
        if schema != SCHEMA:
            raise UnusableReport(_not_ours(name, schema))
        report = msgspec.convert(_harmless(plain), type=Report)
    except msgspec.ValidationError as error:
        raise UnusableReport(f"“{name}” is no complete report of Sendproof: {render(str(error))}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise UnusableReport(
            f"“{name}” is not JSON, so it is no report. Save a report as JSON to use it here."
        ) from None
    return Opened(_complete(report), check(data))


def _not_ours(name: str, schema: object) -> str:
    if isinstance(schema, str) and re.fullmatch(r"sendproof\.report/\d{1,4}", schema):
        return f"“{name}” was written by a newer Sendproof ({schema}); this one reads {SCHEMA}."
    if isinstance(schema, str) and re.fullmatch(r"sendproof\.[a-z]{1,30}/\d{1,4}", schema):
        return f"“{name}” is another kind of Sendproof document ({schema}); a report of a check is needed ({SCHEMA})."
    return f"“{name}” is JSON, but no report of Sendproof."


def _harmless(value: Any, key: str = "", depth: int = 0) -> Any:
    """Return `value` with every text bounded and its control and format characters visible."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        lines = value[: MAX_TEXT * 2].split("\n")[:50] if key in _BREAKS else [value]
        return "\n".join(render(line, limit=MAX_TEXT) for line in lines)
    if isinstance(value, dict):
        names = list(value)[:1_000]
        return {render(str(name), limit=200): _harmless(value[name], str(name), depth + 1) for name in names}
    if isinstance(value, list):
        return [_harmless(item, key, depth + 1) for item in value[:MAX_ITEMS]]
    return value


def _complete(report: Report) -> Report:
    """Return `report` with every stage once; a stage that it lacks was not reached as far as one can know."""
    known = {result.stage: result for result in reversed(report.stages)}
    if len(known) == len(report.stages) == len(Stage):
        return report
    missing = [
        StageResult(
            stage=stage,
            status=StageStatus.NOT_REACHED,
            duration_ms=0.0,
            summary="Not in this report.",
            proves="",
            does_not_prove="",
        )
        for stage in Stage
        if stage not in known
    ]
    kept = [result for result in report.stages if known[result.stage] is result]
    return msgspec.structs.replace(report, stages=(*kept, *missing))
