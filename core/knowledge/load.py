"""Reads `resources/knowledge` into typed objects, and says file, entry and field of everything that is wrong there.

What every verdict needs (rules, readings, providers, stages) is read at once; the texts of a cause, the devices and
the panel codes are read, and checked, when they are asked for. `Knowledge.check` reads and checks all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from core.knowledge.checks import Checks, pattern_problems
from core.knowledge.device_checks import device_problems
from core.knowledge.device_model import Device
from core.knowledge.files import by_id, entries, whole_files
from core.knowledge.model import (
    Capture,
    Cause,
    DynamicWords,
    Exclusion,
    Indicator,
    NextStepText,
    Notice,
    Owner,
    PanelCode,
    Placeholder,
    Reading,
    Rule,
    StageText,
    Tag,
)
from core.knowledge.provider_model import Provider, Way
from core.knowledge.ways import way_problems
from core.knowledge.words import PhraseIndex
from core.resource_files import resource_path
from core.stages import Stage

T = TypeVar("T")


class KnowledgeError(ValueError):
    """The knowledge files hold mistakes. `problems` lists all of them, each with file, entry and field."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Knowledge:
    """All that is known, read from the folder `root`.

    Raises KnowledgeError, here or when a part is first used, with every problem found in that part.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._checks = Checks(self)
        problems: list[str] = []
        self.cause_ids = frozenset(path.stem for path in (root / "causes").glob("*.toml"))
        self.rules: tuple[Rule, ...] = tuple(entries(root, "rules/*.toml", "rule", Rule, problems))
        self.readings: tuple[Reading, ...] = tuple(entries(root, "readings/*.toml", "reading", Reading, problems))
        self.providers: Mapping[str, Provider] = by_id(
            whole_files(root, "providers/*.toml", Provider, problems), problems
        )
        self.stages: Mapping[Stage, StageText] = {
            text.id: text for text in entries(root, "stages.toml", "stage", StageText, problems)
        }
        self.owners = by_id(entries(root, "owners.toml", "owner", Owner, problems), problems)
        self.placeholders = by_id(entries(root, "placeholders.toml", "placeholder", Placeholder, problems), problems)
        self.captures = by_id(entries(root, "captures.toml", "capture", Capture, problems), problems)
        self.tags: tuple[Tag, ...] = tuple(entries(root, "tags.toml", "tag", Tag, problems))
        self.notices: tuple[Notice, ...] = tuple(entries(root, "notices.toml", "notice", Notice, problems))
        self.exclusions: tuple[Exclusion, ...] = tuple(
            entries(root, "exclusions.toml", "exclusion", Exclusion, problems)
        )
        self._causes: dict[str, Cause] = {}
        problems.extend(self._checks.at_once())
        if problems:
            raise KnowledgeError(problems)

    def cause(self, cause_id: str) -> Cause:
        """Return the texts of a cause.

        Raises KeyError for an id that is no cause, KnowledgeError for mistakes in its file.
        """
        if cause_id not in self._causes:
            if cause_id not in self.cause_ids:
                raise KeyError(cause_id)
            problems: list[str] = []
            found = list(whole_files(self.root, f"causes/{cause_id}.toml", Cause, problems))
            for cause in found:
                problems.extend(self._checks.cause(cause))
            if problems:
                raise KnowledgeError(problems)
            self._causes[cause_id] = found[0]
        return self._causes[cause_id]

    @cached_property
    def devices(self) -> Mapping[str, Device]:
        """The known families of devices by id."""
        devices: Mapping[str, Device] = self._late("devices/*.toml", "device", Device, keyed=True)
        problems = [problem for device in devices.values() for problem in device_problems(device, devices)]
        if problems:
            raise KnowledgeError(problems)
        return devices

    @cached_property
    def panel_codes(self) -> tuple[PanelCode, ...]:
        """What devices show on their panels, in all makes."""
        codes: Mapping[str, PanelCode] = self._late("panel_codes/*.toml", "code", PanelCode, keyed=False)
        return tuple(codes.values())

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """Observations that mislead, and what they really say."""
        found: Mapping[str, Indicator] = self._late("indicators.toml", "indicator", Indicator, keyed=True)
        return tuple(found.values())

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """The ways of sending that belong to no provider, and those that any provider without ways of its own has."""
        found: Mapping[str, Way] = self._late("ways.toml", "way", Way, keyed=True)
        problems = [problem for way in found.values() for problem in way_problems(f"ways.toml: way {way.id}", way)]
        problems += [f"ways.toml: way {way.id}: used_for: say where" for way in found.values() if not way.used_for]
        if problems:
            raise KnowledgeError(problems)
        return tuple(found.values())

    @cached_property
    def next_steps(self) -> Mapping[str, NextStepText]:
        """The shortest step by cause; "sign-in-missing" stands for ways that nobody gave a password for."""
        found: Mapping[str, NextStepText] = self._late("next_steps.toml", "step", NextStepText, keyed=True)
        problems = []
        for step in found.values():
            where = f"next_steps.toml: step {step.id}"
            if step.id not in self.cause_ids and step.id != "sign-in-missing":
                problems.append(f"{where}: id: there is no cause “{step.id}”")
            if not 1 <= step.effort <= 9:
                problems.append(f"{where}: effort: a number from 1 to 9")
            if step.owner and step.owner not in self.owners:
                problems.append(f"{where}: owner: “{step.owner}” is not in owners.toml")
            problems += self._checks.template(where, "text", step.text.replace("{short}", ""))
        if problems:
            raise KnowledgeError(problems)
        return found

    @cached_property
    def dynamic_words(self) -> frozenset[str]:
        """Words in a reverse name that speak for a changing or private line."""
        return frozenset(word for entry in self._line_words.values() if not entry.fixed for word in entry.words)

    @cached_property
    def fixed_words(self) -> frozenset[str]:
        """Words in a reverse name that speak for a fixed address, whatever else it says."""
        return frozenset(word for entry in self._line_words.values() if entry.fixed for word in entry.words)

    @cached_property
    def _line_words(self) -> Mapping[str, DynamicWords]:
        return self._late("dynamic_names.toml", "word", DynamicWords, keyed=True)

    @cached_property
    def stand_in_words(self) -> Mapping[str, str]:
        """The words that stand in a sentence for a value that is not known."""
        return {entry.id: entry.words for entry in self.placeholders.values()}

    @cached_property
    def samples(self) -> Mapping[str, str]:
        """The values that stand in a command for a value that is not known."""
        return {entry.id: entry.sample for entry in self.placeholders.values()}

    @cached_property
    def rule_index(self) -> PhraseIndex:
        """The phrases of all rules."""
        index = PhraseIndex()
        for rule in self.rules:
            index.add_all((*rule.all_words, *rule.any_words, *rule.no_words))
        return index

    @cached_property
    def reading_index(self) -> PhraseIndex:
        """The phrases of all readings."""
        index = PhraseIndex()
        for reading in self.readings:
            index.add_all((*reading.all_words, *reading.any_words, *reading.no_words))
        return index

    @lru_cache(maxsize=2048)  # noqa: B019  # there is one Knowledge for the life of the program
    def pattern(self, source: str) -> re.Pattern[str]:
        """Return a pattern of the data, compiled once, for looking into text as it was written."""
        return re.compile(source, re.IGNORECASE)

    def check(self) -> None:
        """Read and check everything; raises KnowledgeError with all problems."""
        problems: list[str] = []
        for cause_id in sorted(self.cause_ids):
            problems.extend(_gather(lambda name=cause_id: self.cause(name)))
        for part in ("devices", "panel_codes", "indicators", "ways", "next_steps", "dynamic_words"):
            problems.extend(_gather(lambda name=part: getattr(self, name)))
        patterns = [(f"rule {rule.id}: pattern", rule.pattern) for rule in self.rules if rule.pattern]
        patterns += [(f"captures.toml: {entry.id}: pattern", entry.pattern) for entry in self.captures.values()]
        patterns += [(f"captures.toml: {entry.id}: otherwise", entry.otherwise) for entry in self.captures.values()]
        patterns += [(f"tags.toml: {entry.id}: pattern", entry.pattern) for entry in self.tags]
        for where, pattern in patterns:
            problems.extend(f"{where}: {problem}" for problem in pattern_problems(pattern))
        if not problems:
            problems.extend(self._checks.late())
        if problems:
            raise KnowledgeError(problems)

    def _late(self, files: str, table: str, kind: type[T], *, keyed: bool) -> Mapping[str, T]:
        problems: list[str] = []
        found = list(entries(self.root, files, table, kind, problems))
        result = by_id(found, problems) if keyed else {str(number): entry for number, entry in enumerate(found)}
        if problems:
            raise KnowledgeError(problems)
        return result


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """Return what ships with the program; read once. Raises KnowledgeError."""
    return Knowledge(resource_path("knowledge"))


def _gather(action: Any) -> list[str]:
    try:
        action()
    except KnowledgeError as error:
        return list(error.problems)
    return []
