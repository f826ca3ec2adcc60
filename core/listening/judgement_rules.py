"""The rules of judgement: read from `resources/knowledge/listening`, each mistake named by file, entry and field."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from core.knowledge import templates
from core.knowledge.load import Knowledge, KnowledgeError, load_knowledge
from core.knowledge.model import Status
from core.listening.conditions import CONDITIONS
from core.listening.wording import SAMPLES, VALUES
from core.resource_files import resource_path

TOPICS = ("connection", "encryption", "certificate", "sign-in", "sender", "message", "behaviour")
"""What findings are about, in the order in which they are told within one severity."""


class RuleFix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step that helps, where all of `when` and none of `unless` holds.

    command: a PowerShell line, or the name of
    one that the service's data holds ("send-as", "size", "legacy-tls").
    """

    text: str
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    command: str = ""
    link: str = ""
    status: Status = "documented"


class JudgementRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where all of `when` and none of `unless` holds, this is what the service would say.

    providers: only for these; roles: only for such an endpoint. outranks: rules that say the same less well, or that
    only follow from this one. cause: a cause of `resources/knowledge/causes`; none for what is fine.
    """

    id: str
    topic: Literal["connection", "encryption", "certificate", "sign-in", "sender", "message", "behaviour"]
    severity: Literal["ok", "info", "warning", "error"]
    when: tuple[str, ...]
    unless: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    outranks: tuple[str, ...] = ()
    cause: str = ""
    title: str
    text: str
    fixes: tuple[RuleFix, ...] = ()
    source: str
    date: str
    status: Status = "documented"


COMMANDS = {"send-as": "send_as_command", "size": "size_command", "legacy-tls": "legacy_command"}
"""Commands of a fix that stand in the service's data: their names there."""


def read_rules(folder: Path, knowledge: Knowledge) -> tuple[JudgementRule, ...]:
    """Return the rules in all files of `folder`. Raises KnowledgeError with everything that is wrong."""
    problems: list[str] = []
    rules: list[JudgementRule] = []
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        problems.append(f"{folder.name}: there are no rules of judgement")
    for path in paths:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problems.append(f"{path.name}: {error}")
            continue
        defaults = document.pop("defaults", {})
        entries = document.pop("rule", [])
        problems.extend(f"{path.name}: {key}: only [[rule]] and [defaults] are known here" for key in document)
        for number, entry in enumerate(entries, 1):
            where = f"{path.name}: {entry.get('id') or number}"
            rules.extend(_convert({**defaults, **entry}, where, problems))
    problems.extend(_problems(rules, knowledge))
    problems.extend(_problems_of_needs(knowledge))
    if problems:
        raise KnowledgeError(problems)
    return tuple(rules)


@lru_cache(maxsize=1)
def load_rules() -> tuple[JudgementRule, ...]:
    """Return the rules that ship with the program; read once. Raises KnowledgeError."""
    return read_rules(resource_path("knowledge", "listening"), load_knowledge())


def _convert(entry: dict[str, Any], where: str, problems: list[str]) -> Iterator[JudgementRule]:
    if "fix" in entry:
        entry["fixes"] = entry.pop("fix")
    try:
        yield msgspec.convert(entry, JudgementRule)
    except msgspec.ValidationError as error:
        problems.append(f"{where}: {error}")


def _problems(rules: list[JudgementRule], knowledge: Knowledge) -> Iterator[str]:
    ids = [rule.id for rule in rules]
    for rule in rules:
        where = f"listening: {rule.id}"
        if ids.count(rule.id) > 1:
            yield f"{where}: id: two rules have it"
        yield from _check_names(where, (*rule.when, *rule.unless))
        if not rule.when:
            yield f"{where}: when: a rule without a condition would always speak"
        for other in rule.outranks:
            if other not in ids or other == rule.id:
                yield f"{where}: outranks: there is no other rule “{other}”"
        for provider in rule.providers:
            if provider not in knowledge.providers:
                yield f"{where}: providers: there is no provider “{provider}”"
        if rule.cause and rule.cause not in knowledge.cause_ids:
            yield f"{where}: cause: there is no cause “{rule.cause}”"
        if rule.severity in {"error", "warning"} and not rule.fixes:
            yield f"{where}: fix: whoever is told of a fault is told what to do"
        if rule.severity == "error" and not rule.cause:
            yield f"{where}: cause: an error has one"
        for name, text in (("title", rule.title), ("text", rule.text)):
            yield from _check_text(where, name, text)
        for number, fix in enumerate(rule.fixes, 1):
            yield from _check_fix(f"{where}: fix {number}", fix)
        if not rule.source or len(rule.date) != len("2026-11-25"):
            yield f"{where}: source, date: each rule needs a source and the date it was looked at (YYYY-MM-DD)"


def _check_fix(where: str, fix: RuleFix) -> Iterator[str]:
    yield from _check_names(where, (*fix.when, *fix.unless))
    yield from _check_text(where, "text", fix.text)
    if fix.command and fix.command not in COMMANDS:
        yield from _check_command(where, fix.command)
    if fix.link and not fix.link.startswith("https://"):
        yield f"{where}: link: it has to begin with https://"


def _check_names(where: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name not in CONDITIONS:
            yield f"{where}: when, unless: there is no condition “{name}”"


def _check_text(where: str, name: str, text: str) -> Iterator[str]:
    if templates.stray_brace(text):
        yield f"{where}: {name}: there is a brace that belongs to no placeholder"
    for placeholder, kind in templates.placeholders(text):
        if placeholder not in VALUES:
            yield f"{where}: {name}: nobody can say “{{{placeholder}}}”"
        if kind:
            yield f"{where}: {name}: {{{placeholder}!{kind}}} is for commands only"


def _check_command(where: str, command: str) -> Iterator[str]:
    for placeholder, kind in templates.placeholders(command):
        if placeholder not in SAMPLES or kind != "ps":
            yield f"{where}: command: only {{user!ps}} and {{sender!ps}} may stand there"


def _problems_of_needs(knowledge: Knowledge) -> Iterator[str]:
    for provider in knowledge.providers.values():
        for endpoint in provider.endpoints:
            if endpoint.needs is None:
                continue
            where = f"providers/{provider.id}.toml: needs"
            for name in COMMANDS.values():
                yield from _check_command(where, getattr(endpoint.needs, name))
            if len(endpoint.needs.date) != len("2026-11-25") or not endpoint.needs.source:
                yield f"{where}: source, date: what a service wants needs a source and a date (YYYY-MM-DD)"
