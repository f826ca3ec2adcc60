"""Reads `resources/knowledge` into typed objects, and says file, entry and field of everything that is wrong there.

What every verdict needs (rules, readings, providers, stages) is read at once; the texts of a cause, the devices and
the panel codes are read, and checked, when they are asked for. `Knowledge.check` reads and checks all of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core.knowledge import templates
from core.knowledge.device_checks import device_problems
from core.knowledge.facts import ASKED, OS_ERRORS, ROLES, SIGNS, TLS_ERRORS
from core.knowledge.model import (
    Capture,
    Cause,
    Conditions,
    Device,
    DynamicWords,
    Example,
    Exclusion,
    Indicator,
    NextStepText,
    Notice,
    Owner,
    PanelCode,
    Placeholder,
    Provider,
    Reading,
    Rule,
    StageText,
    Tag,
    Way,
)
from core.knowledge.ways import way_problems
from core.knowledge.words import PhraseIndex
from core.resource_files import resource_path
from core.stages import Stage

T = TypeVar("T")

MAX_PATTERN = 400
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ENHANCED_CONDITION = re.compile(r"(?:[245*]|[245]\.(?:\d{1,3}|\*)|[245*]\.\d{1,3}\.(?:\d{1,3}(?:-\d{1,3})?|\*))")
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_UNBOUNDED = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+]|\{\d*,\})")
_CLASS = re.compile(r"(?<!\\)\[(?:\\.|[^\]\\])+\]")
_NESTED = re.compile(r"\([^()]*(?:\}|(?<!\()\?)[^()]*\)\{\d+(?:,\d+)?\}")


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
        problems: list[str] = []
        self.cause_ids = frozenset(path.stem for path in (root / "causes").glob("*.toml"))
        self.rules: tuple[Rule, ...] = tuple(_entries(root, "rules/*.toml", "rule", Rule, problems))
        self.readings: tuple[Reading, ...] = tuple(_entries(root, "readings/*.toml", "reading", Reading, problems))
        self.providers: Mapping[str, Provider] = _by_id(
            _whole_files(root, "providers/*.toml", Provider, problems), problems
        )
        self.stages: Mapping[Stage, StageText] = {
            text.id: text for text in _entries(root, "stages.toml", "stage", StageText, problems)
        }
        self.owners = _by_id(_entries(root, "owners.toml", "owner", Owner, problems), problems)
        self.placeholders = _by_id(_entries(root, "placeholders.toml", "placeholder", Placeholder, problems), problems)
        self.captures = _by_id(_entries(root, "captures.toml", "capture", Capture, problems), problems)
        self.tags: tuple[Tag, ...] = tuple(_entries(root, "tags.toml", "tag", Tag, problems))
        self.notices: tuple[Notice, ...] = tuple(_entries(root, "notices.toml", "notice", Notice, problems))
        self.exclusions: tuple[Exclusion, ...] = tuple(
            _entries(root, "exclusions.toml", "exclusion", Exclusion, problems)
        )
        self._causes: dict[str, Cause] = {}
        problems.extend(self._cross_checks())
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
            found = list(_whole_files(self.root, f"causes/{cause_id}.toml", Cause, problems))
            for cause in found:
                problems.extend(self._check_cause(cause))
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
            problems += self._check_template(where, "text", step.text.replace("{short}", ""))
        if problems:
            raise KnowledgeError(problems)
        return found

    @cached_property
    def dynamic_words(self) -> frozenset[str]:
        """Words in a reverse name that speak for a changing or private line."""
        found: Mapping[str, DynamicWords] = self._late("dynamic_names.toml", "word", DynamicWords, keyed=True)
        return frozenset(word for entry in found.values() for word in entry.words)

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
            problems.extend(self._check_late())
        if problems:
            raise KnowledgeError(problems)

    def _late(self, files: str, table: str, kind: type[T], *, keyed: bool) -> Mapping[str, T]:
        problems: list[str] = []
        entries = list(_entries(self.root, files, table, kind, problems))
        result = _by_id(entries, problems) if keyed else {str(number): entry for number, entry in enumerate(entries)}
        if problems:
            raise KnowledgeError(problems)
        return result

    def _cross_checks(self) -> Iterator[str]:
        yield from self._check_exclusions()
        ids: set[str] = set()
        for rule in self.rules:
            where = f"rules: {rule.id}"
            if rule.id in ids:
                yield f"{where}: id: two rules have it"
            ids.add(rule.id)
            if not _ID.fullmatch(rule.id):
                yield f"{where}: id: small letters, digits, dots and hyphens only"
            yield from self._check_causes(where, "cause", [rule.cause])
            yield from self._check_causes(where, "outranks", rule.outranks)
            yield from self._check_causes(where, "alternatives", rule.alternatives)
            yield from self._check_conditions(where, rule)
            for name in rule.captures:
                if name not in self.captures:
                    yield f"{where}: captures: “{name}” is not in captures.toml"
            if not _DATE.fullmatch(rule.date) or not rule.source:
                yield f"{where}: source, date: each rule needs a source and the date it was looked at (YYYY-MM-DD)"
        for reading in self.readings:
            where = f"readings: {reading.id}"
            yield from _foreign(where, "os_error", [reading.os_error] if reading.os_error else [], OS_ERRORS)
            yield from _foreign(where, "tls_error", [reading.tls_error] if reading.tls_error else [], TLS_ERRORS)
            yield from _foreign(where, "signs", reading.signs, SIGNS)
            yield from _foreign(where, "asked", reading.asked, ASKED)
            if reading.provider and reading.provider not in self.providers:
                yield f"{where}: provider: there is no provider “{reading.provider}”"
            yield from _check_phrases(where, reading)
            if not reading.all_words and not reading.any_words:
                yield f"{where}: any_words: a reading needs words"
        for text in self.stages.values():
            for group in text.rules_out:
                where = f"stages.toml: {text.id.value}: rules_out “{group.title}”"
                yield from self._check_causes(where, "causes", group.causes)
                yield from self._check_conditions(where, group.when)
                yield from self._check_template(where, "because", group.because)
        for missing in (stage for stage in Stage if stage not in self.stages):
            yield f"stages.toml: {missing.value}: this stage is missing"
        yield from self._check_providers()
        for notice in self.notices:
            where = f"notices.toml: {notice.id}"
            yield from self._check_causes(where, "causes", notice.causes)
            yield from self._check_conditions(where, notice.when)
            yield from self._check_template(where, "text", notice.text)

    def _check_providers(self) -> Iterator[str]:
        ids: set[str] = set()
        for provider in self.providers.values():
            where = f"providers/{provider.id}.toml"
            if provider.tenant_mx and "{dashed_domain}" not in provider.tenant_mx:
                yield f"{where}: tenant_mx: the name holds {{dashed_domain}}"
            for way in provider.ways:
                at = f"{where}: way {way.id}"
                if way.id in ids:
                    yield f"{at}: id: two ways have it"
                ids.add(way.id)
                yield from way_problems(at, way, provider)
                if way.used_for:
                    yield f"{at}: used_for: a provider’s way is used for the provider; this is for ways.toml"

    def _check_cause(self, cause: Cause) -> Iterator[str]:
        where = f"causes/{cause.id}.toml"
        if cause.owner not in self.owners:
            yield f"{where}: owner: “{cause.owner}” is not in owners.toml"
        for name in ("title", "summary", "technical", "confirm"):
            yield from self._check_template(where, name, getattr(cause, name))
        for number, variant in enumerate(cause.variants, 1):
            at = f"{where}: variant {number}"
            yield from self._check_conditions(at, variant.when)
            if variant.owner and variant.owner not in self.owners:
                yield f"{at}: owner: “{variant.owner}” is not in owners.toml"
            for name in ("title", "summary", "technical", "question"):
                yield from self._check_template(at, name, getattr(variant, name))
        for number, fix in enumerate(cause.fixes, 1):
            at = f"{where}: fix {number}"
            yield from self._check_conditions(at, fix.when)
            yield from self._check_template(at, "text", fix.text)
            yield from self._check_template(at, "command", fix.command, command=True)
            if fix.link and not fix.link.startswith("https://"):
                yield f"{at}: link: it has to begin with https://"

    def _check_exclusions(self) -> Iterator[str]:
        for exclusion in self.exclusions:
            where = f"exclusions.toml: {exclusion.id}"
            if exclusion.id in self.cause_ids:
                yield f"{where}: id: a cause has it"
            yield from self._check_conditions(where, exclusion.when)
            yield from self._check_template(where, "because", exclusion.because)

    def _check_late(self) -> Iterator[str]:
        for code in self.panel_codes:
            yield from self._check_causes(f"panel_codes: {code.vendor} {code.code}", "causes", code.causes)
        rule_ids = {rule.id for rule in self.rules}
        for cause_id in self.cause_ids:
            cause = self.cause(cause_id)
            for condition in [fix.when for fix in cause.fixes] + [variant.when for variant in cause.variants]:
                for name in condition.rules:
                    if name not in rule_ids:
                        yield f"causes/{cause_id}.toml: rules: there is no rule “{name}”"

    def _check_causes(self, where: str, name: str, causes: Iterable[str]) -> Iterator[str]:
        for cause in causes:
            if cause not in self.cause_ids:
                yield f"{where}: {name}: there is no cause “{cause}”"

    def _check_conditions(self, where: str, entry: Conditions) -> Iterator[str]:
        yield from _foreign(where, "os_error", entry.os_error, OS_ERRORS)
        yield from _foreign(where, "tls_error", entry.tls_error, TLS_ERRORS)
        yield from _foreign(where, "signs", (*entry.signs, *entry.not_signs), SIGNS)
        yield from _foreign(where, "asked", (*entry.asked, *entry.not_asked), ASKED)
        yield from _foreign(where, "role", entry.role, ROLES)
        yield from _foreign(where, "provider", (*entry.provider, *entry.not_provider), self.providers)
        for enhanced in entry.enhanced:
            if not _ENHANCED_CONDITION.fullmatch(enhanced):
                yield f"{where}: enhanced: “{enhanced}” is no enhanced status code, wildcard or range"
        for code in entry.codes:
            if code not in {"2xx", "4xx", "5xx"} and not (isinstance(code, int) and 200 <= code <= 599):
                yield f"{where}: codes: “{code}” is neither a reply code nor 2xx, 4xx or 5xx"
        for name in ("since", "until"):
            if getattr(entry, name) and not _DATE.fullmatch(getattr(entry, name)):
                yield f"{where}: {name}: a date is written YYYY-MM-DD"
        yield from _check_phrases(where, entry)

    def _check_template(self, where: str, name: str, template: str, *, command: bool = False) -> Iterator[str]:
        if "{" not in template and "}" not in template:
            return
        if templates.stray_brace(template) and not command:
            yield f"{where}: {name}: there is a brace that belongs to no placeholder"
        for placeholder, kind in templates.placeholders(template):
            if placeholder not in self.placeholders:
                yield f"{where}: {name}: “{{{placeholder}}}” is not in placeholders.toml"
            if command and not kind:
                yield f"{where}: {name}: in a command, {{{placeholder}}} has to be written {{{placeholder}!ps}}"
            if not command and kind:
                yield f"{where}: {name}: {{{placeholder}!{kind}}} is for commands only"


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """Return what ships with the program; read once. Raises KnowledgeError."""
    return Knowledge(resource_path("knowledge"))


def pattern_problems(source: str) -> Iterator[str]:
    """Yield what is wrong with a pattern: unbounded or nested repetition, too long, no regular expression."""
    if len(source) > MAX_PATTERN:
        yield f"longer than {MAX_PATTERN} characters"
        return
    bare = _CLASS.sub("X", source)
    if _UNBOUNDED.search(bare):
        yield "repetition without an upper bound (write {0,40} for * and {1,40} for +)"
    if _NESTED.search(bare):
        yield "repetition inside a repetition"
    try:
        re.compile(source)
    except re.error as error:
        yield f"no regular expression: {error}"


def read_entries(root: Path, files: str, table: str, kind: type[T], problems: list[str]) -> list[T]:
    """Return the entries `[[table]]` of `files` (a pattern) below `root`; what is wrong is added to `problems`."""
    return list(_entries(root, files, table, kind, problems))


def _gather(action: Any) -> list[str]:
    try:
        action()
    except KnowledgeError as error:
        return list(error.problems)
    return []


def _foreign(where: str, name: str, words: Iterable[str], vocabulary: Iterable[str]) -> Iterator[str]:
    known = vocabulary if isinstance(vocabulary, Mapping) else set(vocabulary)
    for word in words:
        if word not in known:
            yield f"{where}: {name}: nobody can say “{word}”"


def _check_phrases(where: str, entry: Conditions | Reading) -> Iterator[str]:
    for name in ("all_words", "any_words", "no_words"):
        for phrase in getattr(entry, name):
            if not any(character.isalnum() for character in phrase):
                yield f"{where}: {name}: “{phrase}” holds no word"


def _by_id(entries: Iterable[Any], problems: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for entry in entries:
        if entry.id in result:
            problems.append(f"{type(entry).__name__.lower()} {entry.id}: id: two entries have it")
        result[entry.id] = entry
    return result


def _entries(root: Path, files: str, table: str, kind: type[T], problems: list[str]) -> Iterator[T]:
    """Yield the entries `[[table]]` of all `files`; `[defaults]` at the top fills source, date and the like."""
    for path in _paths(root, files, problems):
        document = _read(root, path, problems)
        defaults = document.pop("defaults", {})
        entries = document.pop(table, [])
        problems.extend(
            f"{_name(root, path)}: {key}: only [[{table}]] and [defaults] are known here" for key in document
        )
        if not isinstance(entries, list):
            problems.append(f"{_name(root, path)}: {table}: write [[{table}]]")
            continue
        for number, entry in enumerate(entries, 1):
            where = f"{_name(root, path)}: {table} {entry.get('id') or entry.get('code') or number}"
            yield from _convert({**defaults, **entry}, kind, where, problems)


def _whole_files(root: Path, files: str, kind: type[T], problems: list[str]) -> Iterator[T]:
    """Yield one object a file; its `id` is the file's name, not repeated inside. [[fix]] becomes `fixes` and so on."""
    for path in _paths(root, files, problems):
        document = _read(root, path, problems)
        for singular, plural in _PLURALS.items():
            if singular in document:
                document[plural] = document.pop(singular)
        if "id" in document:
            problems.append(f"{_name(root, path)}: id: the file's name is the id; leave it out")
        yield from _convert({**document, "id": path.stem}, kind, _name(root, path), problems)


_PLURALS = {"fix": "fixes", "variant": "variants", "endpoint": "endpoints", "preset": "presets", "way": "ways"}


def _paths(root: Path, files: str, problems: list[str]) -> list[Path]:
    paths = sorted(root.glob(files))
    if not paths:
        problems.append(f"{files}: there is no such file")
    return paths


def _read(root: Path, path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{_name(root, path)}: {error}")
        return {}


def _convert(entry: Any, kind: type[T], where: str, problems: list[str]) -> Iterator[T]:
    try:
        yield msgspec.convert(entry, kind)
    except msgspec.ValidationError as error:
        problems.append(f"{where}: {error}")


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


__all__ = ["Example", "Knowledge", "KnowledgeError", "load_knowledge", "pattern_problems"]
