"""What a watch found, and its JSON form (schema `sendproof.watch/1`).

The document is complete after each run: a watch that is killed has left all but the run under way.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.json_document import as_json, schema_of
from core.reports.report import Report, Tool
from core.stages import Outcome, Stage

SCHEMA = "sendproof.watch/1"

State = Literal["running", "finished"]
EndedBy = Literal["time", "count", "failure", "success", "credentials", "cancelled", "trouble"]
"""time, count: as planned. failure, success: what was waited for. credentials: the sign-in was refused, and trying it
again could lock the account. cancelled: ended by hand. trouble: the program could not go on."""

MAX_REPORTS = 5


class WatchedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What each run asks for, in the words of a report's `request`; never a secret."""

    ehlo: str
    user: str | None
    from_: str = msgspec.field(name="from")
    to: tuple[str, ...]
    send: bool
    device: str | None = None
    tls_limits: str | None = None
    practice: str | None = None


class WatchRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `counted` is false if the computer slept during it: then it says nothing about the server."""

    number: int
    started_at: str
    duration_ms: float
    outcome: Outcome
    stage: Stage | None
    cause: str
    title: str
    reply: str | None = None
    server_address: str | None = None
    public_address: str | None = None
    slowest_stage: Stage | None = None
    slowest_ms: float = 0.0
    counted: bool = True


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Time in which nothing was watched, before the run `before_run`; `missed` runs were due in it."""

    before_run: int
    begin: str
    end: str
    seconds: float
    kind: Literal["sleep", "clock"]
    missed: int
    text: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern in the runs, in plain words. One that could be chance says so."""

    id: str
    title: str
    text: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How the runs that count ended."""

    runs: int = 0
    passed: int = 0
    failed: int = 0
    deferred: int = 0
    not_counted: int = 0


class WatchDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A whole watch. The keys up to `outcome` are those that every document of the history carries.

    title: the summary in one sentence. outcome: stopped if a run was, else deferred if one was, else accepted;
    cancelled if no run was finished. cause: the most frequent one of those that were not accepted. every_s: seconds
    between two runs as planned. reports: the first run of each different end that was no success, in full, each as a
    JSON report (`sendproof.report/1`).
    """

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    title: str
    server: str
    port: int
    cause: str
    outcome: Outcome
    state: State
    ended_by: EndedBy | None
    updated_at: str
    ended_at: str | None
    every_s: float
    duration_s: float
    until: Literal["", "failure", "success"]
    security: str
    request: WatchedRequest
    summary: str
    counts: Counts
    notes: tuple[Note, ...]
    runs: tuple[WatchRun, ...]
    gaps: tuple[Gap, ...]
    reports: tuple[dict[str, Any], ...] = ()

    def full_reports(self) -> tuple[Report, ...]:
        """Return `reports` as reports. Raises `msgspec.ValidationError` where a foreign document holds others."""
        return tuple(msgspec.convert(report, type=Report) for report in self.reports)


def to_json(document: WatchDocument, *, indent: int = 2) -> str:
    """Return the document as JSON text (UTF-8 characters kept, `indent` spaces a level)."""
    return as_json(document, indent=indent)


def from_json(text: str | bytes) -> WatchDocument:
    """Return the document in `text`. Raises `msgspec.ValidationError` or `msgspec.DecodeError` if it is none."""
    return msgspec.json.decode(text, type=WatchDocument)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema, as it ships in `resources/schema/watch-1.json`."""
    return schema_of(
        WatchDocument,
        title="Sendproof watch, version 1",
        description="A check repeated at intervals: each run with its outcome and stage, gaps, patterns.",
    )
