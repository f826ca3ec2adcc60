"""Every rule is tried on its own examples: they must match and win; the counter-examples must not."""

from __future__ import annotations

import pytest

from core.knowledge.facts import Facts
from core.knowledge.load import load_knowledge
from core.knowledge.match import holds, match, see, ties
from core.knowledge.model import Example, Rule
from core.knowledge.providers import provider_of
from core.knowledge.reading import read

KNOWLEDGE = load_knowledge()
RULES = {rule.id: rule for rule in KNOWLEDGE.rules}


def facts_of(example: str | Example) -> Facts:
    """State an example's facts: a bare text is read as a pasted one, a table is taken as a check states it."""
    if isinstance(example, str):
        return read(example, KNOWLEDGE)
    place = provider_of(example.server, KNOWLEDGE)
    if not (example.code or example.signs or example.os_error or example.tls_error):
        return read(example.text, KNOWLEDGE, stage=example.stage, server=example.server, port=example.port)
    return Facts(
        stage=example.stage,
        code=example.code,
        enhanced=example.enhanced,
        text=example.text,
        server=example.server,
        port=example.port,
        provider=place.provider,
        role=place.role,
        encrypted=example.encrypted,
        offered=None if example.offered is None else frozenset(example.offered),
        asked=frozenset(example.asked),
        os_error=example.os_error,
        tls_error=example.tls_error,
        signs=frozenset(example.signs),
    )


def fits(rule: Rule, facts: Facts) -> bool:
    seen = see(facts, KNOWLEDGE)
    return holds(rule, seen) and (not rule.pattern or KNOWLEDGE.pattern(rule.pattern).search(seen.text) is not None)


@pytest.mark.parametrize("rule_id", RULES)
def test_examples_fit_their_rule_and_get_its_cause(rule_id):
    rule = RULES[rule_id]
    assert rule.examples, "a rule without an example is not tried by anything"
    for example in rule.examples:
        facts = facts_of(example)
        assert fits(rule, facts), f"{example!r} does not fit; read as {facts}"
        verdict = match(facts, KNOWLEDGE)
        assert verdict.cause == rule.cause, f"{example!r}: {verdict.rule and verdict.rule.id} won"


@pytest.mark.parametrize("rule_id", [rule.id for rule in KNOWLEDGE.rules if rule.counter_examples])
def test_counter_examples_do_not_fit(rule_id):
    rule = RULES[rule_id]
    for example in rule.counter_examples:
        assert not fits(rule, facts_of(example)), f"{example!r} fits"


@pytest.mark.parametrize("rule_id", RULES)
def test_no_tie_between_causes(rule_id):
    for example in RULES[rule_id].examples:
        assert ties(facts_of(example), KNOWLEDGE) == ()


@pytest.mark.parametrize("reading", KNOWLEDGE.readings, ids=lambda reading: reading.id)
def test_readings_read_their_examples(reading):
    assert reading.examples
    for example in reading.examples:
        facts = read(example, KNOWLEDGE)
        for name in ("os_error", "tls_error", "provider"):
            if getattr(reading, name):
                assert getattr(facts, name) == getattr(reading, name), example
        assert facts.signs.issuperset(reading.signs), example
        assert facts.asked.issuperset(reading.asked), example
    for example in reading.counter_examples:
        facts = read(example, KNOWLEDGE)
        for name in ("os_error", "tls_error"):
            assert not getattr(reading, name) or getattr(facts, name) != getattr(reading, name), example


def test_every_cause_is_reached_by_a_real_text():
    reached = {match(facts_of(example), KNOWLEDGE).cause for rule in KNOWLEDGE.rules for example in rule.examples}
    assert sorted(KNOWLEDGE.cause_ids - reached) == []


def test_a_wide_code_alone_is_never_certain():
    """5.7.1, 5.7.0, 550 and 554 mean anything; without words nothing may be said with certainty."""
    for code, enhanced in ((550, "5.7.1"), (554, "5.7.1"), (550, "5.7.0"), (554, None), (550, None), (451, "4.7.1")):
        for stage in ("banner", "ehlo", "mail-from", "rcpt-to", "message"):
            verdict = match(Facts(stage=stage, code=code, enhanced=enhanced, text="no"), KNOWLEDGE)
            assert verdict.confidence != "certain", (code, enhanced, stage, verdict.rule)
