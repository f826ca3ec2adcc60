"""From facts to a cause: the most specific rule wins, whatever file it stands in.

Pure: the same facts and the same knowledge always give the same verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge
from core.knowledge.model import Conditions, Confidence, Rule
from core.knowledge.words import Phrase, bounded, fold

UNKNOWN = "unknown"
MAX_ALTERNATIVES = 4

_POINTS = {"certain": 4.0, "likely": 0.0, "possible": -4.0}
_WEAKER: Mapping[Confidence, Confidence] = {"certain": "likely", "likely": "possible", "possible": "possible"}
_FAR = 7.0
"""What fits so much less is no alternative worth a word."""
_CLOSE = 1.5
"""Two causes whose rules are nearer to each other than this are not told apart with certainty."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another cause that fits less well, and the rule that speaks for it."""

    cause: str
    rule: str
    reason: str
    points: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cause, how sure it is, the rule that decided, and what else it could be.

    captures: pieces of the reply by name. question: what to find out where the words alone can't decide.
    """

    cause: str
    confidence: Confidence
    rule: Rule | None = None
    captures: Mapping[str, str] = field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    question: str = ""
    points: float = 0.0

    @property
    def alternative_causes(self) -> tuple[str, ...]:
        """The identifiers of the other causes, the likelier first."""
        return tuple(alternative.cause for alternative in self.alternatives)


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts with their text prepared: the folded words and the phrases found in them."""

    facts: Facts
    text: str
    folded: str
    phrases: Mapping[str, int]
    today: str


def see(facts: Facts, knowledge: Knowledge, today: date | None = None) -> Seen:
    """Return `facts` prepared for rules. `today` (default: now, UTC) decides between facts that have a date."""
    text = bounded(facts.text)
    folded = fold(text)
    day = (today or datetime.now(UTC).date()).isoformat()
    return Seen(facts, text, folded, knowledge.rule_index.find(folded), day)


def match(facts: Facts, knowledge: Knowledge, today: date | None = None) -> Verdict:
    """Return the verdict on `facts`; cause `unknown` with confidence `possible` where no rule fits."""
    return judge(see(facts, knowledge, today), knowledge)


def judge(seen: Seen, knowledge: Knowledge) -> Verdict:
    """Return the verdict on prepared facts."""
    fitting: list[tuple[float, Rule, re.Match[str] | None]] = []
    for rule in _candidates(seen, knowledge):
        points = points_of(rule, seen)
        if points is None:
            continue
        found = knowledge.pattern(rule.pattern).search(seen.text) if rule.pattern else None
        if rule.pattern and found is None:
            continue
        fitting.append((points, rule, found))
    if not fitting:
        return Verdict(UNKNOWN, "possible")
    fitting.sort(key=lambda entry: (-entry[0], entry[1].id))
    winner = _outranking(fitting)
    points, rule, found = winner
    alternatives = _alternatives(winner, fitting)
    confidence = rule.confidence
    if _in_doubt(winner, fitting, seen):
        confidence = _WEAKER[confidence]
    return Verdict(
        rule.cause,
        confidence,
        rule,
        _captures(rule, found, seen, knowledge),
        alternatives,
        rule.question,
        points,
    )


def ties(facts: Facts, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the ids of rules for different causes that share the first place on `facts`; empty is right."""
    seen = see(facts, knowledge)
    fitting = [
        (points, rule)
        for rule in _candidates(seen, knowledge)
        if (points := points_of(rule, seen)) is not None
        and (not rule.pattern or knowledge.pattern(rule.pattern).search(seen.text))
    ]
    if not fitting:
        return ()
    best = max(points for points, _ in fitting)
    first = [rule for points, rule in fitting if points == best]
    if len({rule.cause for rule in first}) < 2 or any(_settles(one, other) for one in first for other in first):
        return ()
    return tuple(sorted(rule.id for rule in first))


def holds(conditions: Conditions, seen: Seen, *, rule: str = "", captures: Mapping[str, str] | None = None) -> bool:
    """Return whether all of `conditions` are met; used for fixes, variants and notices.

    rule: the id of the rule that decided. captures: what was captured.
    """
    if conditions.rules and rule not in conditions.rules:
        return False
    for name, wanted in conditions.captured.items():
        value = (captures or {}).get(name, "").casefold()
        if not value or (wanted and not any(word.casefold() in value for word in wanted)):
            return False
    words = (*conditions.all_words, *conditions.any_words, *conditions.no_words)
    if words and any(word not in seen.phrases for word in words):
        phrases = {word: 1 for word in words if Phrase(word).found(seen.folded)}
        seen = Seen(seen.facts, seen.text, seen.folded, phrases, seen.today)
    return points_of(conditions, seen) is not None


def _candidates(seen: Seen, knowledge: Knowledge) -> list[Rule]:
    by_phrase, wordless = _tables(knowledge)
    facts = seen.facts
    chosen: dict[str, Rule] = {
        rule.id: rule
        for rule in wordless
        if (not rule.signs or facts.signs)
        and (not rule.codes or facts.code)
        and (not rule.enhanced or facts.enhanced)
        and (not rule.os_error or facts.os_error)
        and (not rule.tls_error or facts.tls_error)
    }
    for phrase in seen.phrases:
        for rule in by_phrase.get(phrase, ()):
            chosen[rule.id] = rule
    return list(chosen.values())


def _tables(knowledge: Knowledge) -> tuple[dict[str, list[Rule]], list[Rule]]:
    """Rules by the phrases that can make them fit, and the rules that look at no words."""
    tables: tuple[dict[str, list[Rule]], list[Rule]] | None = knowledge.__dict__.get("_match_tables")
    if tables is None:
        by_phrase: dict[str, list[Rule]] = {}
        wordless: list[Rule] = []
        for rule in knowledge.rules:
            wanted = rule.all_words[:1] or rule.any_words
            for phrase in wanted:
                by_phrase.setdefault(phrase, []).append(rule)
            if not wanted:
                wordless.append(rule)
        tables = (by_phrase, wordless)
        knowledge.__dict__["_match_tables"] = tables
    return tables


def points_of(rule: Conditions, seen: Seen) -> float | None:
    """Return how specific `rule` is for what was seen, or None if it does not fit.

    Words count most and long phrases more than short ones, then errors and signs, then the enhanced code, then the
    place (provider, role, port, stage), then the reply code: the server's own words beat its numbers.
    """
    facts = seen.facts
    points = 0.0
    phrases = seen.phrases
    if rule.all_words:
        for phrase in rule.all_words:
            weight = phrases.get(phrase)
            if weight is None:
                return None
            points += 3 + min(weight, 6)
    if rule.any_words:
        best = max((phrases[phrase] for phrase in rule.any_words if phrase in phrases), default=0)
        if not best:
            return None
        points += 3 + min(best, 6)
    if rule.no_words and any(phrase in phrases for phrase in rule.no_words):
        return None
    if rule.codes:
        if facts.code is None or not _code_fits(facts.code, rule.codes):
            return None
        points += 1.5 if facts.code in rule.codes else 0.5
    if rule.enhanced:
        fit = max((enhanced_fit(condition, facts.enhanced) for condition in rule.enhanced), default=0.0)
        if not fit:
            return None
        points += fit
    if rule.stages:
        if facts.stage is None:
            # Words can stand without their stage, a bare code can't.
            if not (rule.all_words or rule.any_words or rule.os_error or rule.tls_error or rule.signs):
                return None
            points -= 2.0
        elif facts.stage not in rule.stages:
            return None
        else:
            points += 1.0
    for wanted, value, worth in (
        (rule.provider, facts.provider, 2.5),
        (rule.role, facts.role, 1.0),
        (rule.port, facts.port, 1.0),
        (rule.os_error, facts.os_error, 6.0),
        (rule.tls_error, facts.tls_error, 6.0),
    ):
        if wanted:
            if value not in wanted:
                return None
            points += worth
    if rule.not_provider and facts.provider in rule.not_provider:
        return None
    if rule.encrypted is not None:
        if facts.encrypted is not rule.encrypted:
            return None
        points += 1.0
    if rule.offered or rule.not_offered:
        offered = facts.offered
        if offered is None or not offered.issuperset(rule.offered) or not offered.isdisjoint(rule.not_offered):
            return None
        points += 1.5
    if rule.asked or rule.not_asked:
        if not facts.asked.issuperset(rule.asked) or not facts.asked.isdisjoint(rule.not_asked):
            return None
        points += 1.0
    if rule.signs or rule.not_signs:
        if not facts.signs.issuperset(rule.signs) or not facts.signs.isdisjoint(rule.not_signs):
            return None
        points += 6.0 * len(rule.signs)
    if (rule.since and seen.today < rule.since) or (rule.until and seen.today >= rule.until):
        return None
    if isinstance(rule, Rule):
        points += _POINTS[rule.confidence] + (2.0 if rule.pattern else 0.0)
    return points


def enhanced_fit(condition: str, enhanced: str | None) -> float:
    """Return how well an enhanced status code (RFC 3463) meets a condition: 0 not at all, more the more exactly."""
    if not enhanced:
        return 0.0
    if condition == enhanced:
        return 3.0
    parts, wanted = enhanced.split("."), condition.split(".")
    if len(wanted) == 3 and len(parts) == 3 and wanted[0] in {"*", parts[0]} and wanted[1] == parts[1]:
        last = wanted[2]
        if last == parts[2]:
            return 2.5
        if last == "*":
            return 1.0
        if "-" in last:
            low, high = last.split("-")
            return 2.5 if int(low) <= int(parts[2]) <= int(high) else 0.0
    return 0.0


def _code_fits(code: int, wanted: tuple[int | str, ...]) -> bool:
    return code in wanted or f"{code // 100}xx" in wanted


def _settles(rule: Rule, other: Rule) -> bool:
    return other.cause in rule.outranks


def _outranking(fitting: list[tuple[float, Rule, re.Match[str] | None]]) -> tuple[float, Rule, re.Match[str] | None]:
    """Return the first entry that no other fitting rule declares to be only its wrapping."""
    winner = fitting[0]
    for _ in range(len(fitting)):
        above = next(
            (
                entry
                for entry in fitting
                if _settles(entry[1], winner[1])
                and entry[1].cause != winner[1].cause
                and not _settles(winner[1], entry[1])
            ),
            None,
        )
        if above is None:
            break
        winner = above
    return winner


def _in_doubt(
    winner: tuple[float, Rule, re.Match[str] | None],
    fitting: list[tuple[float, Rule, re.Match[str] | None]],
    seen: Seen,
) -> bool:
    """Whether the verdict is less sure than its rule: another cause speaks too, or the words fit only loosely."""
    points, rule, _ = winner
    for score, other, _ in fitting:
        if other.cause == rule.cause or _settles(rule, other):
            continue
        if points - score < _CLOSE or (rule.confidence == "certain" and _has_words(other) and score > 0):
            return True
    return rule.confidence == "certain" and not _well_founded(rule, seen)


def _well_founded(rule: Rule, seen: Seen) -> bool:
    """Whether what was seen carries certainty: an observation, an exact code, or words that leave no doubt.

    Three words side by side do, or two phrases that agree; a single word or words far apart do not.
    """
    if rule.signs or rule.os_error or rule.tls_error:
        return "read-loosely" not in seen.facts.signs
    if rule.enhanced or rule.all_words or rule.pattern:
        return True
    close = [phrase for phrase in rule.any_words if phrase in seen.phrases and "…" not in phrase]
    if any(len(phrase.split()) >= 3 for phrase in close):
        return True
    separate = [one for one in close if not any(one != other and one.strip("*") in other for other in close)]
    return len(separate) >= 2


def _has_words(rule: Rule) -> bool:
    return bool(rule.all_words or rule.any_words)


def _alternatives(
    winner: tuple[float, Rule, re.Match[str] | None], fitting: list[tuple[float, Rule, re.Match[str] | None]]
) -> tuple[Alternative, ...]:
    points, rule, _ = winner
    chosen: dict[str, Alternative] = {}
    for cause in rule.alternatives:
        chosen[cause] = Alternative(cause, rule.id, rule.why or "the same words are used for it", points)
    for score, other, _ in fitting:
        if other.cause == rule.cause or other.cause in chosen or _settles(rule, other):
            continue
        if points - score < _FAR or rule.confidence == "possible":
            chosen[other.cause] = Alternative(other.cause, other.id, other.why or "it fits less closely", score)
    return tuple(list(chosen.values())[:MAX_ALTERNATIVES])


def _captures(rule: Rule, found: re.Match[str] | None, seen: Seen, knowledge: Knowledge) -> dict[str, str]:
    captures: dict[str, str] = {}
    for name in rule.captures:
        capture = knowledge.captures[name]
        piece = knowledge.pattern(capture.pattern).search(seen.text)
        if piece is None and capture.otherwise:
            piece = knowledge.pattern(capture.otherwise).search(seen.text)
        if piece:
            captures[name] = piece[1].strip()
    if found:
        captures.update({name: value.strip() for name, value in found.groupdict().items() if value})
    return captures


__all__ = ["UNKNOWN", "Alternative", "Seen", "Verdict", "enhanced_fit", "holds", "judge", "match", "see", "ties"]
