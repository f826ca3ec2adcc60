"""What a search for settings came to, as one frozen document (schema `sendproof.find/1`).

Terminal, window and history are all made from `FindDocument`. What it holds of the network is bounded and harmless, and
no secret is in it: each report passed the redactor of its check, and the plan is made without the password.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.json_document import as_json, schema_of
from core.knowledge.provider_model import Standing
from core.reports.report import Report, Tool
from core.sheets.way import SendingWay
from core.stages import Stage

SCHEMA = "sendproof.find/1"

State = Literal["works", "partly", "fails", "later", "not-tried", "cancelled"]
"""works: every recipient it was tried with was accepted (and the device can do it); partly: only some of them;
later: a transient reply (RFC 5321 §4.2.1: 4yz); not-tried: `why` says the reason."""

Verdict = Literal["recommended", "makeshift", "none", "cancelled"]
"""recommended: a way works that can be set up for good; makeshift: what works is not recommended, or not for all."""


class PlannedWay(msgspec.Struct, frozen=True, kw_only=True):
    """A way that will be tried, or with `left_out` the reason why not.

    recipients: with whom it is tried. with_device: also with the device's TLS limits. present: it is what is set in the
    device now. standing, prospect: how long it will last, as seen on the day of the search.
    """

    id: str
    title: str
    short: str
    method: str
    server: str
    port: int
    security: str
    sign_in: bool
    role: str
    reach: Literal["anybody", "own-organisation"]
    rank: int
    recommended: bool
    recipients: tuple[str, ...]
    explanation: str
    not_recommended: str = ""
    standing: Standing = "lasting"
    prospect: str = ""
    present: bool = False
    with_device: bool = False
    patience: int = 0
    left_out: str = ""
    source: str = ""
    unverified: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Whose mail is sent, and who looks after it. provider: an id of the providers data; because: how it is known."""

    domain: str
    provider: str | None = None
    provider_name: str = ""
    because: str = ""
    mx: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be tried, worked out from DNS alone. `notes` are remarks for the person who asked."""

    sender: str
    recipients: tuple[str, ...]
    user: str | None
    device: str | None
    device_limits: str | None
    send: bool
    found: Found
    ways: tuple[PlannedWay, ...]
    notes: tuple[str, ...] = ()
    practice: str | None = None

    @property
    def to_try(self) -> tuple[PlannedWay, ...]:
        """The ways that are not left out."""
        return tuple(way for way in self.ways if not way.left_out)

    def way(self, way_id: str) -> PlannedWay:
        """Return the way of that id. Raises KeyError."""
        for way in self.ways:
            if way.id == way_id:
                return way
        raise KeyError(way_id)


class WayResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a way did. `why` is one line; `cautions` say why it is not recommended (or not first), though it works.

    stage, cause: where it failed and why. device_fails: this computer gets through, the device can't.
    place: its place among the ways that can be recommended, from 1; 0 if it is not one of them.
    """

    way: str
    state: State
    why: str
    duration_ms: float = 0.0
    stage: Stage | None = None
    cause: str | None = None
    cautions: tuple[str, ...] = ()
    device_fails: bool = False
    place: int = 0
    report: Report | None = None
    device_report: Report | None = None


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """The shortest step that helps, and for whom. `way` works after it; `cause` is what stands in its way now."""

    text: str
    who: str = ""
    way: str | None = None
    cause: str | None = None
    command: str | None = None
    link: str | None = None


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """What to set, and why. `way` is the way to take: recommended, or the best makeshift; None if none works."""

    verdict: Verdict
    headline: str
    text: str
    way: str | None = None
    dates: str = ""
    next_step: NextStep | None = None
    sending: SendingWay | None = None


class FindDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A complete search. title, server, cause, outcome and started_at are what a history lists."""

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    duration_ms: float
    title: str
    server: str
    cause: str
    outcome: str
    plan: Plan
    ways: tuple[WayResult, ...]
    recommendation: Recommendation

    def result(self, way_id: str) -> WayResult:
        """Return the result of the way of that id. Raises KeyError."""
        for result in self.ways:
            if result.way == way_id:
                return result
        raise KeyError(way_id)


def to_json(document: FindDocument | Plan) -> str:
    """Return it as JSON text, two spaces a level."""
    return as_json(document)


def from_json(text: str | bytes) -> FindDocument:
    """Return the search in `text`. Raises msgspec.ValidationError or msgspec.DecodeError where it is none."""
    return msgspec.json.decode(text, type=FindDocument)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a search, as it ships in `resources/schema/find-1.json`."""
    return schema_of(
        FindDocument,
        title="Sendproof search for settings, version 1",
        description="What was tried, how each way did with its full report, and which way is recommended.",
    )
