"""Reads a saved JSON report, also one of another computer: bounded, untrusted, with a sentence for what is wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec

from core.history.files import UnreadableFile, read_bounded
from core.reports import seal
from core.reports.report import SCHEMA, Report, from_json
from core.session.transcript import render

MAX_BYTES = 64_000_000
"""The largest report has 20 000 lines of transcript; a larger file is none."""


class UnreadableReport(ValueError):
    """A file holds no report that can be used; the message is a sentence for people and names the file."""


class _Kind(msgspec.Struct):
    schema: str = ""


def read_report(path: Path) -> tuple[Report, seal.SealState]:
    """Return the report in the file `path`, and what its seal says. Raises UnreadableReport."""
    name = render(path.name, limit=100)
    try:
        data, _ = read_bounded(path.resolve(), MAX_BYTES)  # somebody named it, so a link to it is meant
    except (UnreadableFile, OSError, RuntimeError, ValueError) as problem:
        raise UnreadableReport(f"“{name}”: {problem}") from None
    return parse_report(data, name)


def parse_report(data: str | bytes, name: str) -> tuple[Report, seal.SealState]:
    """Return the report in the JSON text `data`, and what its seal says. Raises UnreadableReport with `name` in it."""
    try:
        kind = msgspec.json.decode(data, type=_Kind).schema
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableReport(
            f"“{name}” is no report: save it in Sendproof as “JSON for other programs (.json)”."
        ) from None
    if kind != SCHEMA:
        other = render(kind, limit=40) or "nothing that Sendproof knows"
        raise UnreadableReport(f"“{name}” holds no report of a check, but {other}.")
    try:
        return from_json(data), seal.check(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableReport(f"“{name}” is a report, but incomplete or damaged.") from None
