"""Chooses what follows from two runs: `resources/knowledge/comparisons.toml`, checked when it is loaded.

The first [[conclusion]] whose conditions hold is the one; every [[remark]] whose conditions hold is told beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from core.comparing.comparison import Kind, Line, Pattern, Which
from core.knowledge import templates
from core.knowledge.load import KnowledgeError, load_knowledge
from core.reports.report import Confidence
from core.resource_files import resource_path
from core.stages import Stage

SIGNS = frozenset(
    {
        "server-differs",  # another server was asked
        "recipients-differ",
        "sender-differs",
        "sign-in-differs",  # another user name, or with and without
        "ehlo-differs",
        "send-differs",  # only one of the runs sent a message
        "several-changes",  # more than one weighty setting differs
        "settings-unknown",  # a weighty setting is not known in one of the reports
        "redacted",  # a report holds placeholders instead of addresses
        "one-practice",  # a practice server stands beside a real one
        "both-practice",
        "ip-version-differs",  # one public address is IPv4, the other IPv6
        "local-same",  # the computer had the same address in both runs
        "line-differs",  # another public address, also where the settings are another's
        "here-listed",  # the address of the run that stopped is on a blocklist, that of the other is not
        "there-listed",
        "both-listed",
        "only-one-intercepted",  # the public list trusts the issuer in one run, and not another one in the other
        "starttls-only-there",  # the list of the run that stopped lacks STARTTLS, that of the other has it
        "issuer-differs",
        "resolver-differs",
        "both-sign-in",
        "here-deferred",  # the run that stopped was deferred (4xx)
        "same-reply",  # both ended with the same reply code and enhanced status code
        "slower-here",
        "slower-there",
        "apart-hour",  # more than an hour between the runs
        "apart-day",
        "reversed",  # the first run is younger than the second
        "same-run",  # both are one and the same run
        "short",  # one of the runs that did not stop ended before the recipients were accepted
    }
)
"""What `core.comparing.compare` can see beside pattern, line, cause and stage."""

VALUES = frozenset(
    {f"{role}_{what}" for role in ("here", "there") for what in ("begin", "network", "address", "cause", "stage")}
    | {f"{role}_{what}" for role in ("here", "there") for what in ("reached", "lists", "issuer", "resolver", "reply")}
    | {"here", "there", "server", "port", "recipients", "changes", "slower", "apart"}
)
"""The placeholders of the texts. "here" is "the first run" or "the second run", whichever stopped (earlier), "there"
the other one; at the beginning of a sentence: "here_begin" and "there_begin"; "here_network" is "the first network" or
"the second network"."""

STAND_INS = dict.fromkeys(VALUES, "not known") | {
    "here_address": "an address that is not known",
    "there_address": "an address that is not known",
    "here_issuer": "an unknown issuer",
    "there_issuer": "an unknown issuer",
    "here_resolver": "a DNS server that is not known",
    "there_resolver": "a DNS server that is not known",
    "here_lists": "a blocklist",
    "there_lists": "a blocklist",
    "here_reply": "not on record",
    "there_reply": "not on record",
    "here_stage": "no stage",
    "there_stage": "no stage",
    "here_reached": "no stage",
    "there_reached": "no stage",
    "changes": "nothing",
    "slower": "no stage",
}


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be seen; an empty condition holds always, within a list one is enough.

    causes, stages, port: of the run that stopped (earlier). failing: which of the two that is. signs: all of them;
    not_signs: none of them.
    """

    kind: tuple[Kind, ...] = ()
    line: tuple[Line, ...] = ()
    pattern: tuple[Pattern, ...] = ()
    causes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    port: tuple[int, ...] = ()
    failing: Literal["", "first", "second"] = ""
    signs: tuple[str, ...] = ()
    not_signs: tuple[str, ...] = ()


class ConclusionText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conclusion as it stands in the data; `confidence` is the most it can have."""

    id: str
    title: str
    text: str
    confidence: Confidence
    next: str = ""
    when: When = When()


class RemarkText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A remark as it stands in the data."""

    id: str
    title: str
    text: str
    severity: Literal["info", "warning"] = "info"
    when: When = When()


class Conclusions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    conclusion: tuple[ConclusionText, ...]
    remark: tuple[RemarkText, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What two runs amount to, for the conditions. `failing` is None where no run stopped."""

    kind: Kind
    line: Line
    pattern: Pattern
    cause: str
    stage: Stage | None
    port: int
    failing: Which | None
    signs: frozenset[str]


def holds(when: When, seen: Seen) -> bool:
    """Return whether every condition holds."""
    return (
        (not when.kind or seen.kind in when.kind)
        and (not when.line or seen.line in when.line)
        and (not when.pattern or seen.pattern in when.pattern)
        and (not when.causes or seen.cause in when.causes)
        and (not when.stages or seen.stage in when.stages)
        and (not when.port or seen.port in when.port)
        and (not when.failing or seen.failing == when.failing)
        and seen.signs.issuperset(when.signs)
        and seen.signs.isdisjoint(when.not_signs)
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled."""
    return templates.fill(template, values, STAND_INS)


@lru_cache(maxsize=1)
def load_conclusions() -> Conclusions:
    """Return the conclusions that ship with the program; read once. Raises KnowledgeError."""
    return read_conclusions(resource_path("knowledge", "comparisons.toml"))


def read_conclusions(path: Path) -> Conclusions:
    """Return the conclusions in the file `path`. Raises KnowledgeError with everything that is wrong there."""
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        found = msgspec.convert(document, Conclusions)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise KnowledgeError([f"{path.name}: {error}"]) from None
    problems = list(_problems(found))
    if problems:
        raise KnowledgeError(f"{path.name}: {problem}" for problem in problems)
    return found


def _problems(found: Conclusions) -> Iterator[str]:
    causes = load_knowledge().cause_ids
    ids: set[str] = set()
    entries: list[ConclusionText | RemarkText] = [*found.conclusion, *found.remark]
    for entry in entries:
        if entry.id in ids:
            yield f"{entry.id}: id: two entries have it"
        ids.add(entry.id)
        for name, words, vocabulary in (
            ("causes", entry.when.causes, causes),
            ("signs", (*entry.when.signs, *entry.when.not_signs), SIGNS),
        ):
            yield from (f"{entry.id}: {name}: nobody can say “{word}”" for word in words if word not in vocabulary)
        texts = [entry.title, entry.text] + ([entry.next] if isinstance(entry, ConclusionText) else [])
        for text in texts:
            if templates.stray_brace(text):
                yield f"{entry.id}: there is a brace that belongs to no placeholder"
            for name, _ in templates.placeholders(text):
                if name not in VALUES:
                    yield f"{entry.id}: there is no value “{{{name}}}”"
    if not found.conclusion or found.conclusion[-1].when != When():
        yield "the last conclusion must hold always, so that there is one for everything"
