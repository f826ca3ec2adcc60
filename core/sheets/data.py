"""What the sheets know beside devices and providers: hints, the unknown device; read once, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from core.knowledge import templates
from core.knowledge.device_checks import device_problems
from core.knowledge.device_model import Device
from core.knowledge.files import entries
from core.knowledge.load import Knowledge, KnowledgeError, load_knowledge
from core.knowledge.model import Status
from core.sheets.way import METHODS, Security, SendingWay

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ways and devices something counts for. An empty condition holds always; in a list, one is enough.

    methods, not_methods: ids of `way.METHODS`. providers, not_providers: ids of providers. sender_is_user: whether
    the sender is the account that signs in. server_is_name: whether the server is a name and no IP address.
    tls_below: the device stops at an older TLS version than this. cannot: what the device can't do. has_test: whether
    the device has a connection test of its own. Where the device is not known, the last three never hold.
    """

    methods: tuple[str, ...] = ()
    not_methods: tuple[str, ...] = ()
    security: tuple[Security, ...] = ()
    providers: tuple[str, ...] = ()
    not_providers: tuple[str, ...] = ()
    sign_in: bool | None = None
    sender_is_user: bool | None = None
    server_is_name: bool | None = None
    tls_below: str = ""
    cannot: tuple[str, ...] = ()
    has_test: bool | None = None

    def holds(self, way: SendingWay, device: Device | None = None) -> bool:
        """Return whether all of it is true for this way and this device."""
        provider = way.provider or ""
        return all(
            (
                not self.methods or way.method in self.methods,
                way.method not in self.not_methods,
                not self.security or way.security in self.security,
                not self.providers or provider in self.providers,
                provider not in self.not_providers,
                self.sign_in is None or way.signs_in is self.sign_in,
                self.sender_is_user is None or (way.sender.lower() == (way.user or "").lower()) is self.sender_is_user,
                self.server_is_name is None or _is_name(way.server) is self.server_is_name,
                not self.tls_below or bool(device and device.tls_max and device.tls_max < self.tls_below),
                not self.cannot or bool(device and set(self.cannot) & set(device.cannot)),
                self.has_test is None or bool(device and device.connection_test) is self.has_test,
            )
        )


class Hint(When, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence on the settings sheet; `kind` says where it stands there, `hints.toml` what each kind is."""

    id: str
    kind: Literal["obstacle", "need", "trap", "after", "password"]
    text: str
    source: str
    date: str
    status: Status = "documented"


@dataclass(frozen=True, slots=True)
class SheetData:
    """All hints in their order, and what stands for a device that is not known."""

    hints: tuple[Hint, ...]
    any_device: Device

    def hints_for(self, kind: str, way: SendingWay, device: Device | None) -> Iterator[Hint]:
        """Yield the hints of one kind that count for this way and device."""
        return (hint for hint in self.hints if hint.kind == kind and hint.holds(way, device))


def sheet_data(knowledge: Knowledge | None = None) -> SheetData:
    """Return the data beside that knowledge. Raises KnowledgeError with file, entry and field of each mistake."""
    return _read((knowledge or load_knowledge()).root)


@lru_cache(maxsize=4)
def _read(root: Path) -> SheetData:
    knowledge = load_knowledge() if load_knowledge().root == root else Knowledge(root)
    problems: list[str] = []
    hints = list(entries(root, "sheets/hints.toml", "hint", Hint, problems))
    devices = list(entries(root, "sheets/any-device.toml", "device", Device, problems))
    if not problems:
        problems += _hint_problems(hints, knowledge)
        problems += [
            problem.replace("devices: ", "sheets/any-device.toml: ", 1)
            for device in devices
            for problem in device_problems(device, {})
        ]
        problems += [
            f"devices: device {device.id}: constraint {number}: instead_of: there is no hint “{entry.instead_of}”"
            for device in (*knowledge.devices.values(), *devices)
            for number, entry in enumerate(device.constraints, 1)
            if entry.instead_of and entry.instead_of not in {hint.id for hint in hints}
        ]
        if len(devices) != 1:
            problems.append("sheets/any-device.toml: device: exactly one is wanted")
    if problems:
        raise KnowledgeError(problems)
    return SheetData(tuple(hints), devices[0])


def _hint_problems(hints: list[Hint], knowledge: Knowledge) -> Iterator[str]:
    ids: set[str] = set()
    for hint in hints:
        where = f"sheets/hints.toml: hint {hint.id}"
        if hint.id in ids:
            yield f"{where}: id: two entries have it"
        ids.add(hint.id)
        yield from entry_problems(where, hint, knowledge)
        yield from text_problems(where, "text", hint.text, knowledge)
        if not hint.source or not _DATE.fullmatch(hint.date):
            yield f"{where}: source, date: each hint needs a source and the date it was looked at (YYYY-MM-DD)"
    if not any(hint.kind == "password" and _unconditional(hint) for hint in hints):
        yield "sheets/hints.toml: hint: one of kind password has to fit every way"


def _unconditional(hint: Hint) -> bool:
    return all(getattr(hint, name) == value for name, value in msgspec.structs.asdict(When()).items())


def entry_problems(where: str, entry: When, knowledge: Knowledge) -> Iterator[str]:
    """Yield what is wrong with the conditions of an entry that stands at `where`."""
    for name in ("methods", "not_methods"):
        for method in getattr(entry, name):
            if method not in METHODS:
                yield f"{where}: {name}: there is no method “{method}”"
    for name in ("providers", "not_providers"):
        for provider in getattr(entry, name):
            if provider not in knowledge.providers:
                yield f"{where}: {name}: there is no provider “{provider}”"
    for thing in entry.cannot:
        if thing not in {"starttls", "tls", "server-names"}:
            yield f"{where}: cannot: no device says “{thing}”"
    if entry.tls_below and entry.tls_below not in {"1.1", "1.2", "1.3"}:
        yield f"{where}: tls_below: “{entry.tls_below}” is no TLS version"


def text_problems(
    where: str, name: str, text: str, knowledge: Knowledge, *, known: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield what is wrong with the placeholders of a sentence; `known` are names beside those of placeholders.toml."""
    if templates.stray_brace(text):
        yield f"{where}: {name}: there is a brace that belongs to no placeholder"
    for placeholder, kind in templates.placeholders(text):
        if placeholder not in knowledge.placeholders and placeholder not in (known or {}):
            yield f"{where}: {name}: “{{{placeholder}}}” is not in placeholders.toml"
        if kind:
            yield f"{where}: {name}: {{{placeholder}!{kind}}} is for commands only"


def _is_name(server: str) -> bool:
    from core.addresses import is_ip_address

    return not is_ip_address(server.strip("[]"))
