"""What has to hold between the knowledge files: names that exist, conditions that can come true, harmless patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from core.knowledge import templates
from core.knowledge.facts import ASKED, OS_ERRORS, ROLES, SIGNS, TLS_ERRORS
from core.knowledge.model import Cause, Conditions, Reading
from core.knowledge.ways import way_problems
from core.stages import Stage

if TYPE_CHECKING:
    from core.knowledge.load import Knowledge

MAX_PATTERN = 400
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ENHANCED_CONDITION = re.compile(r"(?:[245*]|[245]\.(?:\d{1,3}|\*)|[245*]\.\d{1,3}\.(?:\d{1,3}(?:-\d{1,3})?|\*))")
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_UNBOUNDED = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+]|\{\d*,\})")
_CLASS = re.compile(r"(?<!\\)\[(?:\\.|[^\]\\])+\]")
_NESTED = re.compile(r"\([^()]*(?:\}|(?<!\()\?)[^()]*\)\{\d+(?:,\d+)?\}")


class Checks:
    """Looks at one Knowledge; each method yields sentences with file, entry and field."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = knowledge

    def at_once(self) -> Iterator[str]:
        """Yield what is wrong with what is read at the start."""
        yield from self._check_exclusions()
        ids: set[str] = set()
        for rule in self._known.rules:
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
                if name not in self._known.captures:
                    yield f"{where}: captures: “{name}” is not in captures.toml"
            if not _DATE.fullmatch(rule.date) or not rule.source:
                yield f"{where}: source, date: each rule needs a source and the date it was looked at (YYYY-MM-DD)"
        for reading in self._known.readings:
            where = f"readings: {reading.id}"
            yield from _foreign(where, "os_error", [reading.os_error] if reading.os_error else [], OS_ERRORS)
            yield from _foreign(where, "tls_error", [reading.tls_error] if reading.tls_error else [], TLS_ERRORS)
            yield from _foreign(where, "signs", reading.signs, SIGNS)
            yield from _foreign(where, "asked", reading.asked, ASKED)
            if reading.provider and reading.provider not in self._known.providers:
                yield f"{where}: provider: there is no provider “{reading.provider}”"
            yield from _check_phrases(where, reading)
            if not reading.all_words and not reading.any_words:
                yield f"{where}: any_words: a reading needs words"
        for text in self._known.stages.values():
            for group in text.rules_out:
                where = f"stages.toml: {text.id.value}: rules_out “{group.title}”"
                yield from self._check_causes(where, "causes", group.causes)
                yield from self._check_conditions(where, group.when)
                yield from self.template(where, "because", group.because)
        for missing in (stage for stage in Stage if stage not in self._known.stages):
            yield f"stages.toml: {missing.value}: this stage is missing"
        yield from self._check_providers()
        for notice in self._known.notices:
            where = f"notices.toml: {notice.id}"
            yield from self._check_causes(where, "causes", notice.causes)
            yield from self._check_conditions(where, notice.when)
            yield from self.template(where, "text", notice.text)

    def _check_providers(self) -> Iterator[str]:
        ids: set[str] = set()
        for provider in self._known.providers.values():
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

    def cause(self, cause: Cause) -> Iterator[str]:
        """Yield what is wrong with the texts of a cause."""
        where = f"causes/{cause.id}.toml"
        if cause.owner not in self._known.owners:
            yield f"{where}: owner: “{cause.owner}” is not in owners.toml"
        for name in ("title", "summary", "technical", "confirm"):
            yield from self.template(where, name, getattr(cause, name))
        for number, variant in enumerate(cause.variants, 1):
            at = f"{where}: variant {number}"
            yield from self._check_conditions(at, variant.when)
            if variant.owner and variant.owner not in self._known.owners:
                yield f"{at}: owner: “{variant.owner}” is not in owners.toml"
            for name in ("title", "summary", "technical", "question"):
                yield from self.template(at, name, getattr(variant, name))
        for number, fix in enumerate(cause.fixes, 1):
            at = f"{where}: fix {number}"
            yield from self._check_conditions(at, fix.when)
            yield from self.template(at, "text", fix.text)
            yield from self.template(at, "command", fix.command, command=True)
            if fix.link and not fix.link.startswith("https://"):
                yield f"{at}: link: it has to begin with https://"

    def _check_exclusions(self) -> Iterator[str]:
        for exclusion in self._known.exclusions:
            where = f"exclusions.toml: {exclusion.id}"
            if exclusion.id in self._known.cause_ids:
                yield f"{where}: id: a cause has it"
            yield from self._check_conditions(where, exclusion.when)
            yield from self.template(where, "because", exclusion.because)

    def late(self) -> Iterator[str]:
        """Yield what is wrong between the causes, the panel codes and what is read at the start."""
        for code in self._known.panel_codes:
            yield from self._check_causes(f"panel_codes: {code.vendor} {code.code}", "causes", code.causes)
        rule_ids = {rule.id for rule in self._known.rules}
        for cause_id in self._known.cause_ids:
            cause = self._known.cause(cause_id)
            for condition in [fix.when for fix in cause.fixes] + [variant.when for variant in cause.variants]:
                for name in condition.rules:
                    if name not in rule_ids:
                        yield f"causes/{cause_id}.toml: rules: there is no rule “{name}”"

    def _check_causes(self, where: str, name: str, causes: Iterable[str]) -> Iterator[str]:
        for cause in causes:
            if cause not in self._known.cause_ids:
                yield f"{where}: {name}: there is no cause “{cause}”"

    def _check_conditions(self, where: str, entry: Conditions) -> Iterator[str]:
        yield from _foreign(where, "os_error", entry.os_error, OS_ERRORS)
        yield from _foreign(where, "tls_error", entry.tls_error, TLS_ERRORS)
        yield from _foreign(where, "signs", (*entry.signs, *entry.not_signs), SIGNS)
        yield from _foreign(where, "asked", (*entry.asked, *entry.not_asked), ASKED)
        yield from _foreign(where, "role", entry.role, ROLES)
        yield from _foreign(where, "provider", (*entry.provider, *entry.not_provider), self._known.providers)
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

    def template(self, where: str, name: str, template: str, *, command: bool = False) -> Iterator[str]:
        """Yield what is wrong with the placeholders of a text, or of a command."""
        if "{" not in template and "}" not in template:
            return
        if templates.stray_brace(template) and not command:
            yield f"{where}: {name}: there is a brace that belongs to no placeholder"
        for placeholder, kind in templates.placeholders(template):
            if placeholder not in self._known.placeholders:
                yield f"{where}: {name}: “{{{placeholder}}}” is not in placeholders.toml"
            if command and not kind:
                yield f"{where}: {name}: in a command, {{{placeholder}}} has to be written {{{placeholder}!ps}}"
            if not command and kind:
                yield f"{where}: {name}: {{{placeholder}!{kind}}} is for commands only"


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
