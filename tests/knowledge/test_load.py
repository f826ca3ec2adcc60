"""Mistakes in the data are found when it is loaded, all of them, each with file, entry and field."""

from __future__ import annotations

import shutil

import pytest

from core.knowledge.checks import pattern_problems
from core.knowledge.facts import ASKED, OS_ERRORS, SIGNS, TLS_ERRORS
from core.knowledge.load import Knowledge, KnowledgeError, load_knowledge
from core.resource_files import resource_path
from core.stages import Stage

RULE = """
[[rule]]
id = 'extra'
cause = 'relay-denied'
all_words = ['some words']
source = 'RFC 5321'
date = '2026-11-21'
"""


@pytest.fixture
def root(tmp_path):
    return shutil.copytree(resource_path("knowledge"), tmp_path / "knowledge")


def problems(root) -> tuple[str, ...]:
    with pytest.raises(KnowledgeError) as raised:
        Knowledge(root).check()
    return raised.value.problems


def write_rule(root, text):
    (root / "rules" / "extra.toml").write_text(text, encoding="utf-8")


def test_what_ships_is_without_mistakes():
    load_knowledge().check()


def test_the_same_object_is_given_again():
    assert load_knowledge() is load_knowledge()


def test_an_unknown_field_is_named(root):
    write_rule(root, RULE + "word = ['typo']\n")
    assert problems(root) == ("rules/extra.toml: rule extra: Object contains unknown field `word`",)


def test_every_mistake_is_listed_not_only_the_first(root):
    write_rule(root, RULE.replace("relay-denied", "no-such-cause") + "signs = ['smells']\nos_error = ['hungry']\n")
    assert set(problems(root)) == {
        "rules: extra: cause: there is no cause “no-such-cause”",
        "rules: extra: signs: nobody can say “smells”",
        "rules: extra: os_error: nobody can say “hungry”",
    }


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("tls_error = ['old']", "tls_error: nobody can say “old”"),
        ("asked = ['nicely']", "asked: nobody can say “nicely”"),
        ("role = ['waiter']", "role: nobody can say “waiter”"),
        ("provider = ['nobody']", "provider: nobody can say “nobody”"),
        ("enhanced = ['571']", "enhanced: “571” is no enhanced status code, wildcard or range"),
        ("codes = [42]", "codes: “42” is neither a reply code nor 2xx, 4xx or 5xx"),
        ("outranks = ['nothing']", "outranks: there is no cause “nothing”"),
        ("captures = ['nothing']", "captures: “nothing” is not in captures.toml"),
        ("any_words = ['…']", "any_words: “…” holds no word"),
        ("since = 'soon'", "since: a date is written YYYY-MM-DD"),
    ],
)
def test_words_nobody_can_say_are_refused(root, line, problem):
    write_rule(root, RULE + line + "\n")
    assert problems(root) == (f"rules: extra: {problem}",)


def test_a_rule_without_source_is_refused(root):
    write_rule(root, RULE.replace("source = 'RFC 5321'\n", ""))
    assert "source, date" in problems(root)[0]


def test_two_rules_of_one_name_are_refused(root):
    write_rule(root, RULE + RULE)
    assert problems(root) == ("rules: extra: id: two rules have it",)


def test_a_broken_file_is_named(root):
    write_rule(root, "[[rule]\n")
    assert problems(root)[0].startswith("rules/extra.toml: ")


def test_a_wrong_type_is_named_with_its_field(root):
    write_rule(root, RULE + "confidence = 'absolutely'\n")
    assert "rules/extra.toml: rule extra: Invalid enum value 'absolutely' - at `$.confidence`" in problems(root)


def test_an_unknown_placeholder_is_found(root):
    path = root / "causes" / "greylisted.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("{server}", "{sevrer}", 1), encoding="utf-8")
    assert problems(root) == ("causes/greylisted.toml: summary: “{sevrer}” is not in placeholders.toml",)


def test_a_placeholder_without_quoting_in_a_command_is_found(root):
    path = root / "causes" / "dns-timeout.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("{server!ps}", "{server}", 1), encoding="utf-8")
    assert "has to be written {server!ps}" in problems(root)[0]


def test_a_missing_stage_is_found(root):
    path = root / "stages.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rindex("[[stage]]")], encoding="utf-8")
    assert problems(root) == ("stages.toml: message: this stage is missing",)


def test_a_missing_file_is_no_traceback(root):
    (root / "owners.toml").unlink()
    assert "owners.toml: there is no such file" in problems(root)


def test_a_cause_can_be_added_without_python(root):
    text = (root / "causes" / "greylisted.toml").read_text(encoding="utf-8")
    (root / "causes" / "new-cause.toml").write_text(text, encoding="utf-8")
    write_rule(root, RULE.replace("relay-denied", "new-cause"))
    knowledge = Knowledge(root)
    knowledge.check()
    assert knowledge.cause("new-cause").title


@pytest.mark.parametrize("pattern", ["a*", "a+", "(a{1,5}){2,9}", "a{3,}", "(", "x" * 401, r"\d{1,3}[abc]*"])
def test_dangerous_patterns_are_refused(pattern):
    assert list(pattern_problems(pattern))


@pytest.mark.parametrize("pattern", ["a{1,40}", r"\*{6,200}", "[*+]", r"\d{1,3}\.\d{1,3}", "(?:a|bc){2}"])
def test_bounded_patterns_are_taken(pattern):
    assert list(pattern_problems(pattern)) == []


def test_every_stage_has_its_texts():
    stages = load_knowledge().stages
    assert set(stages) == set(Stage)
    assert all(text.label and text.proves and text.does_not_prove and text.section for text in stages.values())


def _signs_in_texts() -> set[str]:
    knowledge = load_knowledge()
    causes = [knowledge.cause(cause) for cause in knowledge.cause_ids]
    return {word for cause in causes for part in (*cause.variants, *cause.fixes) for word in part.when.signs}


def test_every_word_of_the_vocabularies_leads_somewhere():
    """An error or sign that a check can state has to be looked at by some rule, else it would never matter."""
    rules = load_knowledge().rules
    looked_at = {
        "os": {word for rule in rules for word in rule.os_error},
        "tls": {word for rule in rules for word in rule.tls_error},
        "sign": {word for rule in rules for word in rule.signs} | _signs_in_texts(),
    }
    assert set(OS_ERRORS) - looked_at["os"] == {"other"}
    assert set(TLS_ERRORS) - looked_at["tls"] == set()
    # These say what was seen beside a cause; findings tell them, no rule needs them.
    helpers = {"read-loosely", "some-recipients-accepted", "server-is-mx"}
    assert set(SIGNS) - looked_at["sign"] == helpers
    assert "no-auth" in ASKED


def test_a_mistake_in_an_exclusion_is_named(root):
    path = root / "exclusions.toml"
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace("'path-mtu-full'", "'smells'")
        .replace("id = 'path-mtu'", "id = 'idle-timeout'")
        .replace("{server}", "{weather}"),
        encoding="utf-8",
    )
    assert set(problems(root)) == {
        "exclusions.toml: idle-timeout: id: a cause has it",
        "exclusions.toml: idle-timeout: signs: nobody can say “smells”",
        "exclusions.toml: idle-timeout: because: “{weather}” is not in placeholders.toml",
    }
