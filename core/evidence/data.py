"""The data this package works with, from `resources/knowledge`: blocklists, and servers that tell one's address.

Each mistake in a file is told with file, entry and field.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from core.resource_files import resource_path

Kind = Literal["spam", "compromised", "policy", "hijacked", "refused"]

_ZONE = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){1,9}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

T = TypeVar("T")


class EvidenceDataError(ValueError):
    """The files hold mistakes; `problems` lists them."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one or more return codes of a list mean. `part` is the part of a combined list, such as PBL."""

    answers: tuple[str, ...]
    kind: Kind
    meaning: str
    part: str = ""
    advice: str = ""


class Blocklist(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A DNS blocklist. `also`: endings of names that serve the same list; `link` may hold {address}."""

    zone: str
    name: str
    about: str
    reach: Literal["wide", "narrow"]
    ipv6: bool
    source: str
    date: str
    link: str = ""
    also: tuple[str, ...] = ()
    registered_only: bool = False
    code: tuple[Code, ...] = ()


class Reflector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name servers that answer `question` with the address it came from."""

    id: str
    name: str
    question: str
    record: Literal["address", "TXT"]
    servers: tuple[str, ...]
    source: str
    date: str


@lru_cache(maxsize=1)
def blocklists() -> tuple[Blocklist, ...]:
    """Return the blocklists that ship with the program, in their order. Raises EvidenceDataError."""
    return read_blocklists(resource_path("knowledge", "blocklists.toml"))


@lru_cache(maxsize=1)
def reflectors() -> tuple[Reflector, ...]:
    """Return the servers to ask for one's public address, in their order. Raises EvidenceDataError."""
    return read_reflectors(resource_path("knowledge", "public_address.toml"))


def read_blocklists(path: Path) -> tuple[Blocklist, ...]:
    """Return the blocklists in `path`. Raises EvidenceDataError."""
    problems: list[str] = []
    found = list(_entries(path, "list", "zone", Blocklist, problems))
    seen: set[str] = set()
    for entry in found:
        where = f"{path.name}: list {entry.zone}"
        if not _ZONE.fullmatch(entry.zone) or len(entry.zone) > 180:
            problems.append(f"{where}: zone: not a host name in small letters")
        if entry.zone in seen:
            problems.append(f"{where}: zone: two entries have it")
        seen.add(entry.zone)
        problems += _provenance(where, entry)
        if entry.link and not entry.link.startswith("https://"):
            problems.append(f"{where}: link: it has to begin with https://")
        if not entry.code:
            problems.append(f"{where}: code: at least one return code is needed")
        answers = [answer for code in entry.code for answer in code.answers]
        problems += [f"{where}: answers: {answer} stands there twice" for answer in _twice(answers)]
        problems += [
            f"{where}: answers: “{answer}” is not in 127.0.0.0/8 (RFC 5782 §2.1)"
            for answer in answers
            if not _is_code(answer)
        ]
        problems += [
            f"{where}: code {code.answers}: advice: what a person can do is missing"
            for code in entry.code
            if code.kind != "refused" and not code.advice
        ]
    if problems:
        raise EvidenceDataError(problems)
    return tuple(found)


def read_reflectors(path: Path) -> tuple[Reflector, ...]:
    """Return the servers in `path` that tell one's address. Raises EvidenceDataError."""
    problems: list[str] = []
    found = list(_entries(path, "reflector", "id", Reflector, problems))
    for entry in found:
        where = f"{path.name}: reflector {entry.id}"
        problems += _provenance(where, entry)
        for server in entry.servers:
            try:
                ipaddress.ip_address(server)
            except ValueError:
                problems.append(f"{where}: servers: “{server}” is not an IP address")
    if problems:
        raise EvidenceDataError(problems)
    return tuple(found)


def _entries(path: Path, table: str, name: str, kind: type[T], problems: list[str]) -> Iterator[T]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{path.name}: {error}")
        return
    problems += [f"{path.name}: {key}: only [[{table}]] is known here" for key in document if key != table]
    entries: Any = document.get(table, [])
    if not isinstance(entries, list) or not entries:
        problems.append(f"{path.name}: {table}: at least one [[{table}]] is needed")
        return
    for number, entry in enumerate(entries, 1):
        try:
            yield msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            label = entry.get(name, number) if isinstance(entry, dict) else number
            problems.append(f"{path.name}: {table} {label}: {error}")


def _provenance(where: str, entry: Blocklist | Reflector) -> Iterator[str]:
    if not entry.source.startswith("https://"):
        yield f"{where}: source: a page that says so is needed"
    if not _DATE.fullmatch(entry.date):
        yield f"{where}: date: the day it was looked at is written YYYY-MM-DD"


def _is_code(answer: str) -> bool:
    try:
        return ipaddress.IPv4Address(answer) in ipaddress.IPv4Network("127.0.0.0/8")
    except ValueError:
        return False


def _twice(items: list[str]) -> list[str]:
    return sorted({item for item in items if items.count(item) > 1})
