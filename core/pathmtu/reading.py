"""What a measurement means: `resources/knowledge/mtu.toml`, checked when it is loaded, and the entry that fits."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from core.knowledge import templates
from core.knowledge.facts import SIGNS
from core.pathmtu.document import HandshakeProof, Limit, Meaning, Outcome, State
from core.resource_files import resource_path
from core.stages import Stage

SMALLEST, LARGEST = 68, 65_535
"""RFC 791 §3.2: the least that every IPv4 link carries; no IP packet is larger than the second."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PLACEHOLDERS = frozenset(
    {"mtu", "mss", "passes", "fails", "floor", "ceiling", "server", "named_by", "reason"},
)
_PROOF_PLACEHOLDERS = frozenset({"largest_packet", "certificate_bytes"})

T = TypeVar("T")


class MtuDataError(ValueError):
    """The file holds mistakes; `problems` lists them, each with file, entry and field."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: for which results it stands (empty: any), what it says, and the sign that rules may look at."""

    id: str
    state: tuple[State, ...]
    limit: tuple[Limit, ...] = ()
    from_: int = msgspec.field(name="from", default=SMALLEST)
    to: int = LARGEST
    title: str
    text: str
    advice: str = ""
    outcome: Outcome
    sign: str = ""
    source: str
    date: str

    def fits(self, state: State, limit: Limit | None, mtu: int | None) -> bool:
        """Return whether the entry is about such a result."""
        if state not in self.state or (self.limit and limit not in self.limit):
            return False
        return mtu is None or self.from_ <= mtu <= self.to


class ProofText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say of a finished handshake with at least so large a packet (`from`) and so many certificate bytes."""

    id: str
    from_: int = msgspec.field(name="from", default=0)
    certificates: int = 0
    text: str
    date: str = ""


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """All of the file."""

    silent_stages: tuple[Stage, ...]
    readings: tuple[Reading, ...]
    proofs: tuple[ProofText, ...]


@lru_cache(maxsize=1)
def load_readings() -> Readings:
    """Return what ships with the program. Raises MtuDataError."""
    return read(resource_path("knowledge", "mtu.toml"))


def read(path: Path) -> Readings:
    """Return what `path` holds. Raises MtuDataError with everything that is wrong there."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MtuDataError([f"{path.name}: {error}"]) from None
    problems: list[str] = []
    defaults = document.pop("defaults", {})
    readings = tuple(_entries(document.pop("reading", []), defaults, Reading, f"{path.name}: reading", problems))
    proofs = tuple(_entries(document.pop("handshake", []), {}, ProofText, f"{path.name}: handshake", problems))
    try:
        stages = msgspec.convert(document.pop("silent_stages", None), tuple[Stage, ...])
    except msgspec.ValidationError as error:
        problems.append(f"{path.name}: silent_stages: {error}")
        stages = ()
    problems += [
        f"{path.name}: {key}: only [[reading]], [[handshake]] and [defaults] are known here" for key in document
    ]
    seen: set[str] = set()
    for entry in readings:
        problems += _check(f"{path.name}: reading {entry.id}", entry, seen)
    for proof in proofs:
        problems += _check_template(f"{path.name}: handshake {proof.id}: text", proof.text, _PROOF_PLACEHOLDERS)
    if not problems:
        problems += [f"{path.name}: no reading fits {gap}" for gap in _gaps(readings)]
        if not proofs or proofs[-1].from_ or proofs[-1].certificates:
            problems.append(f"{path.name}: handshake: the last one has to fit every handshake")
    if problems:
        raise MtuDataError(problems)
    return Readings(silent_stages=stages, readings=readings, proofs=proofs)


def reading_of(state: State, limit: Limit | None, mtu: int | None) -> Reading:
    """Return the first entry that fits; the check at loading makes sure that there is one."""
    return next(entry for entry in load_readings().readings if entry.fits(state, limit, mtu))


def meaning_of(entry: Reading, values: dict[str, str]) -> Meaning:
    """Return the entry with its placeholders filled from `values`."""
    words = dict.fromkeys(_PLACEHOLDERS, "?")
    return Meaning(
        id=entry.id,
        title=_sentence(templates.fill(entry.title, values, words)),
        text=_sentence(templates.fill(entry.text, values, words)),
        advice=_sentence(templates.fill(entry.advice, values, words)),
        outcome=entry.outcome,
        source=entry.source,
    )


def proof_of(certificate_bytes: int | None, largest_packet: int | None) -> HandshakeProof:
    """Return what a finished handshake proves that carried so many certificate bytes and so large a packet."""
    entry = next(
        text
        for text in load_readings().proofs
        if text.from_ <= (largest_packet or 0) and text.certificates <= (certificate_bytes or 0)
    )
    values = {
        name: str(value)
        for name, value in (("largest_packet", largest_packet), ("certificate_bytes", certificate_bytes))
        if value
    }
    text = templates.fill(entry.text, values, dict.fromkeys(_PROOF_PLACEHOLDERS, "?"))
    return HandshakeProof(text=text, certificate_bytes=certificate_bytes, largest_packet=largest_packet)


def _entries(found: Any, defaults: dict[str, Any], kind: type[T], where: str, problems: list[str]) -> Iterator[T]:
    if not isinstance(found, list) or not found:
        problems.append(f"{where}: at least one entry is needed")
        return
    for number, entry in enumerate(found, 1):
        label = entry.get("id", number) if isinstance(entry, dict) else number
        try:
            yield msgspec.convert({**defaults, **entry}, kind)
        except (msgspec.ValidationError, TypeError) as error:
            problems.append(f"{where} {label}: {error}")


def _check(where: str, entry: Reading, seen: set[str]) -> Iterator[str]:
    if not _ID.fullmatch(entry.id):
        yield f"{where}: id: small letters, digits and hyphens only"
    if entry.id in seen:
        yield f"{where}: id: two readings have it"
    seen.add(entry.id)
    if not SMALLEST <= entry.from_ <= entry.to <= LARGEST:
        yield f"{where}: from, to: sizes from {SMALLEST} to {LARGEST}, the smaller one first"
    if not entry.state:
        yield f"{where}: state: at least one is needed"
    if entry.limit and "measured" not in entry.state:
        yield f"{where}: limit: only what was measured has one"
    if entry.sign and entry.sign not in SIGNS:
        yield f"{where}: sign: nobody can say “{entry.sign}”"
    if not entry.source.startswith(("RFC ", "https://")):
        yield f"{where}: source: an RFC or a page that says so is needed"
    if not _DATE.fullmatch(entry.date):
        yield f"{where}: date: the day it was looked at is written YYYY-MM-DD"
    if entry.outcome in {"too-small", "black-hole"} and not entry.advice:
        yield f"{where}: advice: what a person can do is missing"
    for name in ("title", "text", "advice"):
        yield from _check_template(f"{where}: {name}", getattr(entry, name), _PLACEHOLDERS)


def _check_template(where: str, template: str, known: frozenset[str]) -> Iterator[str]:
    if templates.stray_brace(template):
        yield f"{where}: there is a brace that belongs to no placeholder"
    for placeholder, kind in templates.placeholders(template):
        if placeholder not in known or kind:
            yield f"{where}: nobody fills in “{{{placeholder}}}”"


def _gaps(readings: tuple[Reading, ...]) -> Iterator[str]:
    """Yield the results for which there is no reading. Only where ranges begin or end can one be missing."""
    edges = {SMALLEST, LARGEST}
    for entry in readings:
        edges |= {entry.from_ - 1, entry.from_, entry.to, entry.to + 1}
    sizes = sorted(size for size in edges if SMALLEST <= size <= LARGEST)
    for state in get_args(State):
        for limit in get_args(Limit) if state == "measured" else (None,):
            for mtu in sizes if state == "measured" else (None,):
                if not any(entry.fits(state, limit, mtu) for entry in readings):
                    yield f"{state}, {limit or 'no limit'}, {mtu or 'no size'}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
