from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.words import MAX_TEXT, Phrase, PhraseIndex, bounded, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("550 5.7.1 Unable to relay", " unable to relay "),
        ("550-5.7.26 This mail\r\n550-5.7.26 has been\r\n550 5.7.26 blocked", " this mail has been blocked "),
        (
            "(535, b'5.7.8 Username and Password not accepted.\\n5.7.8 Learn more')",
            " 535 username and password not accepted learn more ",
        ),
        ("CERTIFICATE_VERIFY_FAILED", " certificate verify failed "),
        ("192.0.2.1_does_not_like_recipient.", " 192 0 2 1 does not like recipient "),
        ("We don’t relay; the domain's policy", " we dont relay the domain policy "),
        ("Größe   ÜBERSCHRITTEN", " grösse überschritten "),
        ("", "  "),
    ],
)
def test_texts_are_folded_to_words(text, folded):
    assert fold(text) == folded


def test_an_address_is_no_enhanced_status_code():
    assert fold("from 5.6.7.8 here") == " from 5 6 7 8 here "


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("blocked using", "was blocked using a list", True),
        ("blocked using", "unblocked using", False),
        ("spam", "see spamhaus", False),
        ("spam*", "see spamhaus", True),
        ("*haus*", "see spamhaus org", True),
        ("blocked … spamhaus", "blocked by us, using spamhaus", True),
        ("blocked … spamhaus", "spamhaus blocked", False),
        ("blocked … spamhaus", "blocked " + "x " * 9 + "spamhaus", False),
        ("client host … blocked", "Client host [203.0.113.9] blocked", True),
    ],
)
def test_phrases(phrase, text, found):
    assert Phrase(phrase).found(fold(text)) is found


def test_a_phrase_without_words_is_refused():
    with pytest.raises(ValueError, match="holds no word"):
        Phrase("…")


@given(st.lists(st.sampled_from(["relay", "denied*", "*ist*", "not … here", "a b"]), unique=True), st.text())
def test_the_index_finds_what_each_phrase_finds_alone(phrases, text):
    index = PhraseIndex()
    index.add_all(phrases)
    folded = fold(text + " relay denied")
    assert set(index.find(folded)) == {phrase for phrase in phrases if Phrase(phrase).found(folded)}


@given(st.text())
def test_any_text_folds_to_clean_words(text):
    folded = fold(text)
    assert folded.startswith(" ")
    assert folded.endswith(" ")
    assert "  " not in folded.strip()


def test_long_texts_are_cut_in_the_middle():
    text = "a" * 50_000 + "end"
    assert len(bounded(text)) <= MAX_TEXT + 1
    assert bounded(text).endswith("end")
