"""Values from the form or from a server can't break out of a command, and are shown as plain text in sentences."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.load import load_knowledge
from core.knowledge.templates import MAX_VALUE, fill, fill_command, placeholders, powershell_quote, stray_brace

QUOTES = "'\u2018\u2019\u201a\u201b"


def unquote(line: str) -> tuple[str, str]:
    """Read a single-quoted string as PowerShell's tokenizer does; return its value and what follows it."""
    assert line[0] in QUOTES
    value, position = "", 1
    while position < len(line):
        if line[position] in QUOTES:
            if position + 1 < len(line) and line[position + 1] in QUOTES:
                value += line[position]
                position += 2
                continue
            return value, line[position + 1 :]
        value += line[position]
        position += 1
    raise AssertionError("the string never ends")


@given(st.text(alphabet=st.one_of(st.sampled_from(QUOTES + '"`$;|&(){}\n\r\0 '), st.characters())))
def test_no_value_can_break_out_of_the_quotes(value):
    read, rest = unquote(powershell_quote(value))
    assert rest == ""
    assert "\n" not in read
    assert "\r" not in read
    assert len(read) <= MAX_VALUE


@given(st.text(alphabet=st.sampled_from(QUOTES + "ab$`;"), max_size=40))
def test_the_value_arrives_as_it_was(value):
    assert unquote(powershell_quote(value))[0] == value


@given(st.text())
def test_a_command_has_exactly_its_own_quotes(value):
    line = fill_command("Set-CASMailbox -Identity {user!ps} -X $false", {"user": value}, {"user": "sample"})
    head, tail = "Set-CASMailbox -Identity ", " -X $false"
    assert line.startswith(head)
    read, rest = unquote(line[len(head) :])
    assert rest == tail
    assert read


@given(st.text())
def test_a_number_is_a_number(value):
    line = fill_command("-Port {port!n}", {"port": value}, {"port": "587"})
    assert re.fullmatch(r"-Port [0-9]{1,400}", line)


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not installed")
def test_powershell_itself_reads_the_value():
    value = "it’s 'a' \u2018test\u201b $(Get-Date) `n; exit"
    ran = subprocess.run(
        ["pwsh", "-NoProfile", "-Command", f"[Console]::Out.Write({powershell_quote(value)})"],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    assert ran.stdout == value


def test_control_and_direction_characters_are_left_out():
    assert powershell_quote("a\r\nb\x1b[31m\u202ec") == "'ab[31mc'"


def test_a_sentence_uses_stand_in_words():
    assert fill("Ask {server}.", {}, {"server": "the mail server"}) == "Ask the mail server."
    assert fill("Ask {server}.", {"server": "mail.example.com"}, {"server": "x"}) == "Ask mail.example.com."


@pytest.mark.parametrize(
    ("template", "known", "unknown"),
    [
        ("open[ on port {port}].", "open on port 25.", "open."),
        ("[Port {port}|This port] waits.", "Port 25 waits.", "This port waits."),
        ("{port}[:{port}] [x]", "25:25 [x]", "the port [x]"),
    ],
)
def test_parts_of_a_sentence_are_left_out_where_nothing_is_known(template, known, unknown):
    words = {"port": "the port"}
    assert fill(template, {"port": "25"}, words) == known
    assert fill(template, {}, words) == unknown


def test_braces_in_a_value_are_not_read_again():
    assert fill("{a}", {"a": "{b}", "b": "no"}, {"a": "", "b": ""}) == "{b}"


def test_placeholders_are_found_and_stray_braces_too():
    assert list(placeholders("{a} {b!ps} {c!n}")) == [("a", ""), ("b", "ps"), ("c", "n")]
    assert stray_brace("{A}")
    assert not stray_brace("{a}")


def all_fixes():
    knowledge = load_knowledge()
    return [(cause, fix) for cause in sorted(knowledge.cause_ids) for fix in knowledge.cause(cause).fixes]


@pytest.mark.parametrize(("cause", "fix"), [(cause, fix) for cause, fix in all_fixes() if fix.command])
def test_every_command_fills_in_safely(cause, fix):
    knowledge = load_knowledge()
    evil = "x'; Remove-Mailbox *; '"
    line = fill_command(fix.command, dict.fromkeys(knowledge.placeholders, evil), knowledge.samples)
    outside = re.sub(r"'(?:[^']|'')*'", "''", line)
    assert "Remove-Mailbox" not in outside, line


@pytest.mark.parametrize(("cause", "fix"), all_fixes())
def test_every_fix_is_a_sentence(cause, fix):
    assert fix.text[0].isupper() or fix.text[0].isdigit() or fix.text[0] in "“…{"
    assert fix.text.rstrip().endswith((".", ":", "-all"))
    assert len(fix.text) <= 480


@pytest.mark.parametrize("cause_id", sorted(load_knowledge().cause_ids))
def test_every_cause_is_complete(cause_id):
    cause = load_knowledge().cause(cause_id)
    assert cause.fixes
    assert not cause.title.endswith(".")
    for text in (cause.summary, cause.technical, cause.confirm):
        assert text.endswith((".", ".]"))
    assert len(cause.title) <= 70
