"""The result of a measurement, and its JSON form (schema `sendproof.mtu/1`).

All sizes are bytes of a whole IP packet. Texts in it are bounded and harmless to show.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.json_document import as_json, schema_of
from core.reports.report import Tool

SCHEMA = "sendproof.mtu/1"

State = Literal[
    "measured", "filtered", "below", "unsteady", "out-of-time", "cancelled", "not-allowed", "unreachable", "not-found"
]
"""measured: `mtu` says how much. filtered: not even small packets come back. below: even the smallest size tried is too
big. unsteady: too many packets get lost. out-of-time: the limit came first; `passes` and `fails` tell how far it got.
not-allowed: the system does not let us. unreachable: no way there. not-found: the name has no address."""

Limit = Literal["none", "named", "silent", "here"]
"""What stops larger packets: nothing up to the largest that was tried; a router that says so (as it must); nobody says
anything, they vanish (RFC 2923 §2.1: a black hole); this computer's own interface."""

Outcome = Literal["fine", "too-small", "black-hole", "unknown", "cancelled"]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One size that was tried. `sender` and `named`: which router refused it, and the MTU that it named."""

    size: int
    answer: Literal["passed", "too-big", "too-big-here", "unreachable", "lost"]
    ms: float | None = None
    sender: str | None = None
    named: int | None = None


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What the result means in plain words; `id` of the entry in resources/knowledge/mtu.toml, `source` its reason."""

    id: str
    title: str
    text: str
    outcome: Outcome
    source: str = ""
    advice: str = ""


class HandshakeProof(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished TLS handshake with the same server proves beside the measurement.

    certificate_bytes: how many bytes of certificates came through. largest_packet: the largest IP packet that the
    connection received, as far as the system told; None where it did not.
    """

    text: str
    certificate_bytes: int | None = None
    largest_packet: int | None = None


class PathMtu(msgspec.Struct, frozen=True, kw_only=True):
    """A finished measurement. `title`, `server` and `outcome` are its summary for lists.

    mtu: the largest packet that gets through; equal to `ceiling` if nothing larger was tried. mss: the TCP segment that
    fits (RFC 9293 §3.7.1). passes, fails: the largest size that passed and the smallest above it that did not, as far
    as known.
    named_by, named: the router that refused a size and the MTU it named. reason: why it could not be measured.
    """

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    duration_ms: float
    title: str
    server: str
    outcome: Outcome
    address: str | None
    state: State
    mtu: int | None = None
    mss: int | None = None
    limit: Limit | None = None
    passes: int | None = None
    fails: int | None = None
    floor: int
    ceiling: int
    named_by: str | None = None
    named: int | None = None
    interface_mtu: int | None = None
    method: str = ""
    reason: str = ""
    probes: tuple[Probe, ...] = ()
    meaning: Meaning
    handshake: HandshakeProof | None = None
    signs: tuple[str, ...] = ()


def to_json(result: PathMtu, *, indent: int = 2) -> str:
    """Return the result as JSON text."""
    return as_json(result, indent=indent) + "\n"


def from_json(text: str | bytes) -> PathMtu:
    """Return the result in `text`. Raises msgspec.ValidationError or msgspec.DecodeError where it is none."""
    return msgspec.json.decode(text, type=PathMtu)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema, as it ships in `resources/schema/mtu-1.json`."""
    return schema_of(
        PathMtu,
        title="Sendproof path MTU, version 1",
        description="The largest IP packet that reaches a server whole, how it was measured, and what it means.",
    )
