"""The administrator's sheet: what has to be done at the provider for one way of sending, and how to take it back.

Values stand in PowerShell lines as single-quoted strings, so that nothing in an address can end its quotes; what is
not known stands there as a word in angle brackets, which no command accepts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from core.knowledge import templates
from core.knowledge.files import entries
from core.knowledge.load import Knowledge, KnowledgeError, load_knowledge
from core.knowledge.model import Status
from core.sheets.data import When, entry_problems, text_problems
from core.sheets.way import SendingWay
from core.sheets.words import completed, harmless, status_words, way_name

OWN_PLACEHOLDERS: Final[dict[str, str]] = {
    "spf_mechanism": "this site’s address as it stands in an SPF record",
    "billing_policy": "the id of the billing policy",
    "ipv4_address": "this site’s public IPv4 address, since a connector takes no IPv6 address",
    "sign_in_note": "what the provider says about signing in",
}
"""Placeholders beside those of `placeholders.toml`, and what they mean."""

_COMMAND_PLACEHOLDERS: Final = ("user", "sender", "sender_domain", "public_address", "ipv4_address", "billing_policy")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


class StepData(When, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do, as it stands in `resources/knowledge/administrator`.

    only_if: the condition under which it is needed. where: the menus to it. command: PowerShell lines; record: a DNS
    record. changes: False for a step that only looks. undo, undo_command: how to take it back; a step that changes
    something has `undo`.
    """

    id: str
    title: str
    text: str
    only_if: str = ""
    where: str = ""
    command: str = ""
    record: str = ""
    changes: bool = True
    undo: str = ""
    undo_command: str = ""
    source: str
    date: str
    status: Status = "documented"


class AdministratorStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do with its values filled in; `StepData` says what the fields are."""

    id: str
    title: str
    text: str
    only_if: str = ""
    where: str = ""
    command: str = ""
    record: str = ""
    changes: bool = True
    undo: str = ""
    undo_command: str = ""
    source: str
    date: str
    status: Status = "documented"

    @property
    def doubt(self) -> str:
        """What has to be said about it, or an empty string."""
        return status_words(self.status)

    @property
    def undo_words(self) -> str:
        """What `undo` is called: a step that only looks may still have something to do afterwards."""
        return "To take it back" if self.changes else "Afterwards"


class FillIn(msgspec.Struct, frozen=True, kw_only=True):
    """A word in angle brackets on the sheet, and what has to be written in its place."""

    word: str
    meaning: str


class AdministratorSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's administrator does for one way of sending. `fill_in`: what is not known yet."""

    heading: str
    way: SendingWay
    way_name: str
    steps: tuple[AdministratorStep, ...] = ()
    fill_in: tuple[FillIn, ...] = ()

    @property
    def doubtful(self) -> bool:
        """Whether a step is not verified."""
        return any(step.doubt for step in self.steps)


def administrator_sheet(way: SendingWay, knowledge: Knowledge | None = None) -> AdministratorSheet:
    """Return the steps for a way, in order. Raises KnowledgeError for mistakes in the data."""
    knowledge = knowledge or load_knowledge()
    way = completed(way)
    shown = harmless(way)
    filler = _Filler(shown, knowledge)
    steps = tuple(filler.step(step) for step in administrator_steps(knowledge) if step.holds(way))
    return AdministratorSheet(
        heading="Administrator’s sheet",
        way=shown,
        way_name=way_name(shown, knowledge),
        steps=steps,
        fill_in=filler.missing(),
    )


def administrator_steps(knowledge: Knowledge | None = None) -> tuple[StepData, ...]:
    """Return all steps of all providers. Raises KnowledgeError with file, entry and field of each mistake."""
    return _read((knowledge or load_knowledge()).root)


class _Filler:
    """Puts the values of a way into sentences, commands and records, and keeps what was missing."""

    def __init__(self, way: SendingWay, knowledge: Knowledge) -> None:
        provider = knowledge.providers.get(way.provider or "")
        address = _address(way.public_address)
        mechanism = f"ip{address.version}:{address}" if address else "ip4:<PUBLIC-ADDRESS>"
        values = {
            "user": way.user or "",
            "sender": way.sender,
            "sender_domain": way.domain,
            "public_address": str(address) if address else "",
            "server": way.server,
            "port": str(way.port),
            "provider_name": provider.name if provider else "",
            "spf_mechanism": mechanism,
            "sign_in_note": provider.sign_in_note if provider else "",
        }
        self._six = address is not None and address.version == 6
        values["ipv4_address"] = "" if self._six else values["public_address"]
        self._values = {name: value for name, value in values.items() if value}
        self._words = {**knowledge.stand_in_words, **OWN_PLACEHOLDERS}
        self._missing: dict[str, str] = {}

    def step(self, data: StepData) -> AdministratorStep:
        return AdministratorStep(
            id=data.id,
            title=self._sentence(data.title),
            text=self._sentence(data.text),
            only_if=self._sentence(data.only_if),
            where=self._sentence(data.where),
            command=self._command(data.command),
            record=self._record(data.record),
            changes=data.changes,
            undo=self._sentence(data.undo),
            undo_command=self._command(data.undo_command),
            source=data.source,
            date=data.date,
            status=data.status,
        )

    def missing(self) -> tuple[FillIn, ...]:
        return tuple(FillIn(word=word, meaning=meaning) for word, meaning in self._missing.items())

    def _sentence(self, text: str) -> str:
        return templates.fill(text, self._values, self._words)

    def _command(self, text: str) -> str:
        blanks = {name: _blank(name) for name in _COMMAND_PLACEHOLDERS}
        if not self._six:
            blanks["ipv4_address"] = blanks["public_address"]  # nothing is known: the same word as elsewhere
        for name, _kind in templates.placeholders(text):
            if not self._values.get(name):
                self._miss(name if self._six or name != "ipv4_address" else "public_address")
        return "\n".join(templates.fill_command(line, self._values, blanks) for line in text.strip().splitlines())

    def _record(self, text: str) -> str:
        if "{spf_mechanism}" in text and "public_address" not in self._values:
            self._miss("public_address")
        return self._sentence(text)

    def _miss(self, name: str) -> None:
        self._missing[_blank(name)] = self._words[name]


def _blank(name: str) -> str:
    """Return the word that stands for a value that is not known."""
    return f"<{name.replace('_', '-').upper()}>"


def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address in `text`; None if it is none, so that nothing else gets into an SPF record."""
    try:
        address = ipaddress.ip_address((text or "").strip())
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else address


@lru_cache(maxsize=4)
def _read(root: Path) -> tuple[StepData, ...]:
    knowledge = load_knowledge() if load_knowledge().root == root else Knowledge(root)
    problems: list[str] = []
    steps = list(entries(root, "administrator/*.toml", "step", StepData, problems))
    if not problems:
        problems += _problems(steps, knowledge)
    if problems:
        raise KnowledgeError(problems)
    return tuple(steps)


def _problems(steps: list[StepData], knowledge: Knowledge) -> Iterator[str]:
    ids: set[str] = set()
    for step in steps:
        where = f"administrator: step {step.id}"
        if step.id in ids:
            yield f"{where}: id: two entries have it"
        ids.add(step.id)
        yield from entry_problems(where, step, knowledge)
        for name in ("title", "text", "only_if", "where", "record", "undo"):
            yield from text_problems(where, name, getattr(step, name), knowledge, known=OWN_PLACEHOLDERS)
        for name in ("command", "undo_command"):
            yield from _command_problems(where, name, getattr(step, name))
        if step.changes and not step.undo:
            yield f"{where}: undo: a step that changes something says how to take it back"
        if step.undo_command and not step.undo:
            yield f"{where}: undo: the line needs a sentence"
        if not step.changes and re.search(r"^\s*(?:Set|New|Add|Remove)-", step.command, re.MULTILINE):
            yield f"{where}: changes: its command changes something"
        if not step.source or not _DATE.fullmatch(step.date):
            yield f"{where}: source, date: each step needs a source and the date it was looked at (YYYY-MM-DD)"


def _command_problems(where: str, name: str, command: str) -> Iterator[str]:
    for placeholder, kind in templates.placeholders(command):
        if placeholder not in _COMMAND_PLACEHOLDERS:
            yield f"{where}: {name}: {{{placeholder}}} can’t stand in a command"
        if kind != "ps":
            yield f"{where}: {name}: in a command, {{{placeholder}}} has to be written {{{placeholder}!ps}}"
