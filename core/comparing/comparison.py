"""Two runs side by side, and its JSON form (schema `sendproof.compare/1`).

Window, text, Markdown and JSON are all rendered from `Comparison`. The reports may come from another computer, so all
text in it is bounded and has its control characters made visible before it gets here.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.json_document import as_json, schema_of
from core.reports.report import Confidence, Tool
from core.session.transcript import render
from core.stages import Outcome, Stage, StageStatus

SCHEMA = "sendproof.compare/1"

MAX_ITEMS = 200
"""No comparison has longer lists."""

Which = Literal["first", "second"]
State = Literal["same", "differs", "unknown"]
"""unknown: one of the runs, or both, did not find it out. Then nothing is claimed."""
Kind = Literal["networks", "repeat", "before-after"]
"""networks: same settings over another (or an unknown) line; repeat: over the same line; before-after: new settings."""
Line = Literal["other", "same", "unknown"]
"""Whether both runs left through the same line, judged by their public addresses alone."""
Pattern = Literal[
    "cancelled", "both-passed", "one-stopped", "one-stopped-unproven", "one-further", "alike", "differently"
]
"""How the two ends relate.

one-stopped: one run stopped at a stage that the other passed, and the other went through. one-further: the other passed
that stage and stopped later. one-stopped-unproven: the other did not stop, but was never at that stage. alike: both
stopped at the same stage for the same cause. differently: both stopped, and neither passed where the other stopped.
"""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """How one of the two runs went, in short. `reply` is the server's reply that decided, null if none did."""

    started_at: str
    duration_ms: float
    server: str
    port: int
    outcome: Outcome
    failed_stage: Stage | None
    cause: str
    confidence: Confidence
    title: str
    headline: str
    reply: str | None
    public_address: str | None
    reached: Stage | None
    """The last stage that was passed."""
    practice: str | None
    version: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of both runs, in words for reading; null where a run did not find it out.

    `weighty` marks a setting that can have had to do with where the run stopped: with such a difference the line is no
    longer the only thing that can be the reason.
    """

    id: str
    label: str
    first: str | None
    second: str | None
    state: State
    weighty: bool = False


class StageSide(msgspec.Struct, frozen=True, kw_only=True):
    """How a stage went in one run. `reply` is what the server answered there, null if it is not on record."""

    status: StageStatus
    summary: str
    duration_ms: float
    reply: str | None = None


class StagePair(msgspec.Struct, frozen=True, kw_only=True):
    """A stage in both runs; null for a run whose report does not hold it.

    differs: another status, or another reply code where it failed. decided: one of the runs ended here.
    slower: the run that took much longer, null if none did.
    """

    stage: Stage
    label: str
    first: StageSide | None
    second: StageSide | None
    differs: bool
    decided: bool = False
    slower: Which | None = None


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What follows, with how sure that is, what it rests on, and the next step ("" if there is none)."""

    id: str
    title: str
    text: str
    confidence: Confidence
    next: str = ""
    evidence: tuple[str, ...] = ()


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to keep in mind beside the conclusion. `warning` ones weaken it."""

    id: str
    severity: Literal["info", "warning"]
    title: str
    text: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs side by side. The keys up to `outcome` are those that every document of the history carries.

    started_at, server, outcome: of the second run. cause: of the run that stopped, the second where both did;
    "accepted" where none did. network: addresses and DNS. listings: what each blocklist said of either address.
    """

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    title: str
    server: str
    cause: str
    outcome: Outcome
    kind: Kind
    line: Line
    pattern: Pattern
    conclusion: Conclusion
    remarks: tuple[Remark, ...]
    first: Side
    second: Side
    settings: tuple[Pair, ...]
    network: tuple[Pair, ...]
    listings: tuple[Pair, ...]
    encryption: tuple[Pair, ...]
    stages: tuple[StagePair, ...]

    @property
    def changed(self) -> tuple[Pair, ...]:
        """The settings that differ and can have made the difference."""
        return tuple(pair for pair in self.settings if pair.weighty and pair.state == "differs")


def to_json(comparison: Comparison, *, indent: int = 2) -> str:
    """Return the comparison as JSON text (UTF-8 characters kept, `indent` spaces a level)."""
    return as_json(comparison, indent=indent)


def from_json(text: str | bytes) -> Comparison:
    """Return the comparison in `text`, which may be somebody else's: its texts are bounded and made harmless.

    Raises `msgspec.ValidationError` or `msgspec.DecodeError` if it is none.
    """
    found = msgspec.json.decode(text, type=Comparison)
    return msgspec.convert(_harmless(msgspec.to_builtins(found)), type=Comparison)


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return render(value)
    if isinstance(value, dict):
        return {name: _harmless(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(item) for item in value[:MAX_ITEMS]]
    return value


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema, as it ships in `resources/schema/compare-1.json`."""
    return schema_of(
        Comparison,
        title="Sendproof comparison, version 1",
        description="Two checks side by side: what differs in settings, network, stages, and what follows from it.",
    )
