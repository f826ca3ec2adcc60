"""The transcript shows hostile bytes harmless, stays bounded, and never holds a secret."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core.secret import Redactor, Secret
from core.session.transcript import MAX_LINE_CHARACTERS, Transcript, render
from core.stages import Stage


def make(clean=str, **options):
    seen = []
    return Transcript(lambda: 1.5, seen.append, clean, **options), seen


@given(st.binary(max_size=400))
def test_no_byte_can_do_harm(data):
    for character in render(data):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(max_size=400))
def test_no_character_can_do_harm(text):
    for character in render(text):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=200))
def test_ordinary_text_stays_as_it_is(text):
    assert render(text.encode()) == text


def test_escape_sequences_and_direction_marks_are_visible():
    assert render(b"\x1b[31mred") == "␛[31mred"
    assert render("abc\u202ecba") == "abc\\u202ecba"
    assert render(b"\x00\x7f\xff") == "␀␡\\xff"


def test_a_long_line_is_cut_and_says_so():
    shown = render(b"x" * 1_000_000)
    assert len(shown) < MAX_LINE_CHARACTERS + 60
    assert shown.endswith("… [1000000 in all, cut]")
    assert render("y" * MAX_LINE_CHARACTERS) == "y" * MAX_LINE_CHARACTERS


def test_lines_carry_stage_time_and_direction():
    transcript, seen = make()
    transcript.stage = Stage.EHLO
    line = transcript.add("server", b"250 ok", encrypted=True)
    assert seen == [line]
    assert (line.number, line.ms, line.stage, line.direction, line.encrypted) == (1, 1.5, Stage.EHLO, "server", True)
    assert line.raw == b"250 ok"
    assert line.as_report().text == "250 ok"


def test_the_number_of_lines_is_bounded():
    transcript, seen = make(max_lines=3)
    for _ in range(10):
        transcript.add("server", b"250-more")
    assert len(transcript.lines) == len(seen) == 3
    assert transcript.dropped == 7


def test_a_secret_that_a_server_echoes_is_hidden_in_text_and_bytes():
    transcript, _ = make(Redactor([Secret("tr0ub4dor&3")]).clean)
    line = transcript.add("server", b"535 wrong password tr0ub4dor&3 for you")
    assert line.masked
    assert "tr0ub4dor" not in line.text
    assert b"tr0ub4dor" not in line.raw
