"""The one finished object of a check, and its JSON form (schema `sendproof.report/1`).

Window, text, JSON, Markdown and HTML are all rendered from `Report`. All text in it is bounded,
has its control characters made visible, and is free of secrets before it gets here.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core import __version__
from core.json_document import as_json, schema_of
from core.stages import Outcome, Stage, StageStatus

SCHEMA = "sendproof.report/1"

Severity = Literal["info", "warning", "error"]
Confidence = Literal["certain", "likely", "possible"]
Direction = Literal["client", "server", "note"]
Role = Literal["mx", "submission", "relay", "unknown"]


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """Which program wrote the report."""

    name: str = "Sendproof"
    version: str = __version__


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What was spoken to. `address` is the IP address reached, null if none was."""

    server: str
    port: int
    security: str
    address: str | None = None
    provider: str | None = None
    role: Role = "unknown"


class FurtherSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What else was set, as far as it differs from the usual: enough to run the same check again.

    Times are seconds, `attach_size` is bytes. `own_ca_file` says that roots of a file were trusted too; its path
    would tell of the computer and is left out.
    """

    timeout: float | None = None
    deadline: float | None = None
    ip: str | None = None
    verify: bool = True
    allow_plaintext_auth: bool = False
    quit_after: Stage | None = None
    attach_size: int = 0
    tls_min: str | None = None
    tls_max: str | None = None
    ciphers: str | None = None
    sni: bool = True
    own_ca_file: bool = False
    resolver: str | None = None
    dnsbl: tuple[str, ...] | None = None
    dns_evidence: bool = True


class RequestSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; never a secret."""

    ehlo: str
    user: str | None
    auth: str | None
    from_: str = msgspec.field(name="from")
    to: tuple[str, ...]
    send: bool
    device: str | None = None
    tls_limits: str | None = None
    practice: str | None = None
    further: FurtherSettings = FurtherSettings()


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence: the words, and who said them or how they were seen."""

    text: str
    source: str


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One step that helps. `command` is ready to paste, `link` leads to the source or the admin page."""

    text: str
    command: str | None = None
    link: str | None = None
    unverified: bool = False


class RuledOut(msgspec.Struct, frozen=True, kw_only=True):
    """A cause that can't be the reason, and the observation that excludes it."""

    cause: str
    because: str
    title: str = ""
    stage: Stage | None = None


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The root cause with its evidence, in plain words, and what to do."""

    cause: str
    confidence: Confidence
    title: str
    summary: str
    owner: str
    evidence: tuple[EvidenceItem, ...] = ()
    fixes: tuple[Fix, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    alternatives: tuple[str, ...] = ()
    technical: str = ""
    question: str | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something worth knowing beside the root cause; names a `cause` or a `topic`."""

    severity: Severity
    title: str
    text: str
    cause: str | None = None
    topic: str | None = None


class StageResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one stage went. `details` holds JSON values only, documented in the schema's description."""

    stage: Stage
    status: StageStatus
    duration_ms: float
    summary: str
    proves: str
    does_not_prove: str
    details: dict[str, Any] = {}


class TranscriptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the conversation, harmless to show. `unexpected` marks what nobody asked for."""

    ms: float
    stage: Stage
    direction: Direction
    encrypted: bool
    text: str
    masked: bool
    unexpected: bool = False


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What makes the report useful as evidence: when, from where, through what, and its fingerprints.

    `report_sha256` is the seal of the whole report (`core.reports.seal`); older programs wrote none.
    """

    utc: str
    local_address: str | None
    public_address: str | None
    resolver: str | None
    server_address: str | None
    transcript_sha256: str
    report_sha256: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A complete check. `evidence` is what DNS said beside the conversation, by topic; empty if nothing was asked."""

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    duration_ms: float
    target: Target
    request: RequestSummary
    outcome: Outcome
    failed_stage: Stage | None
    diagnosis: Diagnosis
    findings: tuple[Finding, ...]
    stages: tuple[StageResult, ...]
    transcript: tuple[TranscriptLine, ...]
    evidence: dict[str, Any] = {}
    proof: Proof

    def stage(self, stage: Stage | str) -> StageResult:
        """Return the result of `stage`; every report holds all of them."""
        return next(result for result in self.stages if result.stage == stage)


def to_json(report: Report, *, indent: int = 2) -> str:
    """Return the report as JSON text (UTF-8 characters kept, `indent` spaces a level)."""
    return as_json(report, indent=indent)


def from_json(text: str | bytes) -> Report:
    """Return the report in `text`.

    Raises `msgspec.ValidationError` or `msgspec.DecodeError` where it is not one.
    """
    return msgspec.json.decode(text, type=Report)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report, as it ships in `resources/schema/report-1.json`."""
    return schema_of(
        Report,
        title="Sendproof report, version 1",
        description="A complete check: what was asked, how each stage went, the diagnosis, the transcript.",
    )
