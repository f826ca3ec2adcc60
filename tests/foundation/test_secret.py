"""No form of a secret survives the redactor, and a Secret can't be written anywhere by accident."""

import base64
import copy
import html
import json
import pickle
import traceback
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.secret import MASK, Redactor, Secret

PASSWORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=4, max_size=40).filter(
    lambda text: text.strip() == text
)


@given(PASSWORDS, st.text("abc@.", max_size=12), st.binary(max_size=5))
@example("Hunter2!", "scanner@contoso.com", b"")
@example("päss wörd/+=", "a", b"xyz")
@example('quo"te\\back', "a", b"")
def test_no_form_survives(password, user, tail):
    clean = Redactor([Secret(password)]).clean
    raw = password.encode()
    forms = {
        "plain": password,
        "base64": base64.b64encode(raw).decode(),
        "AUTH PLAIN": base64.b64encode(b"\0" + user.encode() + b"\0" + raw).decode(),
        "XOAUTH2": base64.b64encode(b"user=" + user.encode() + b"\x01auth=Bearer " + raw + b"\x01\x01").decode(),
        "inside": base64.b64encode(raw + tail).decode(),
        "url-safe": base64.urlsafe_b64encode(raw).decode(),
        "percent": quote(password, safe=""),
        "percent, form": quote_plus(password),
        "html": html.escape(password),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "repr": repr(password)[1:-1],
        "json": json.dumps(password)[1:-1],
        "json, all letters": json.dumps(password, ensure_ascii=False)[1:-1],
    }
    for name, form in forms.items():
        cleaned = clean(f"before {form} after")
        assert MASK in cleaned, (name, form)
        assert form not in cleaned.replace(MASK, "\0"), (name, form)


def test_base64_at_every_alignment_keeps_nothing_of_the_middle():
    password = "correct horse battery"
    clean = Redactor([Secret(password)]).clean
    for before in range(6):
        text = base64.b64encode(b"u" * before + password.encode() + b"\x01\x01").decode()
        left = clean(text).replace(MASK, "")
        # What is left: the user name before, the two octets behind with padding, a character shared with each.
        assert len(left) <= -(-before * 8 // 6) + 6


def test_a_command_that_a_server_quotes_in_part_keeps_nothing_of_the_secret():
    password = "correct horse battery"
    clean = Redactor([Secret(password)]).clean
    before = b"\0scanner@contoso.com\0"
    whole = base64.b64encode(before + password.encode()).decode()
    for length in range(len(whole)):
        left = clean(f"500 What is AUTH PLAIN {whole[:length]}?").partition("PLAIN ")[2]
        assert left == whole[:length] + "?" or len(left.replace(MASK, "")) <= -(-len(before) * 8 // 6) + 1
        assert len(left.replace(MASK, "")) < -(-len(before) * 8 // 6) + 9


def test_short_secrets_are_hidden_as_words_only():
    clean = Redactor([Secret("abc")]).clean
    assert clean("password abc refused") == f"password {MASK} refused"
    assert clean("abcdef stays") == "abcdef stays"


def test_without_secrets_nothing_changes():
    assert Redactor().clean("250 ok") == "250 ok"
    assert Redactor([Secret("")]).clean("250 ok") == "250 ok"


def test_a_secret_hides_itself():
    secret = Secret("Hunter2!")
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", repr([secret]), repr({"p": secret})):
        assert "Hunter2" not in text
    assert secret.reveal() == "Hunter2!"
    assert bool(secret)
    assert not Secret("")


def test_a_secret_cannot_be_stored():
    secret = Secret("Hunter2!")
    for attempt in (pickle.dumps, json.dumps, copy.copy):
        with pytest.raises(TypeError):
            attempt(secret)


def test_a_traceback_does_not_show_it():
    def fail(secret):
        raise ValueError(f"could not use {secret}")

    try:
        fail(Secret("Hunter2!"))
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "Hunter2!" not in text.replace('fail(Secret("Hunter2!"))', "")
