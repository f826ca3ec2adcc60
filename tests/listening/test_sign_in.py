"""What a finished sign-in tells, and that it tells no more."""

from __future__ import annotations

import base64
import hmac

import pytest

from core.listening.sign_in import Malformed, hear, secret_in, user_in
from core.secret import Secret

TYPED = Secret("Schlüssel-2024-lang")


def b64(data: bytes | str) -> bytes:
    return base64.b64encode(data.encode() if isinstance(data, str) else data)


def login(password: bytes, typed: Secret | None = TYPED):
    return hear("LOGIN", b"", [b64("office@contoso.com"), b64(password)], typed)


@pytest.mark.parametrize(
    ("password", "matches", "truncated_at", "encoding"),
    [
        ("Schlüssel-2024-lang".encode(), True, None, "utf-8"),
        ("Schlüssel-2024-lang".encode("latin-1"), True, None, "cp1252"),
        ("Schlüssel-2024-lang".encode("cp437"), True, None, "cp437"),
        (b"Schl", False, 4, "utf-8"),
        (b"Sch", False, None, None),  # three characters fit by chance
        ("Schlüssel".encode(), False, 10, "utf-8"),
        ("Schlüssel".encode("latin-1"), False, 9, "cp1252"),
        (b"Schloss-2024", False, None, None),
        ("Schlüssel-2024-lang ".encode(), False, None, None),
        (b"", False, None, None),
    ],
)
def test_the_password_is_compared_as_devices_write_it(password, matches, truncated_at, encoding):
    heard = login(password)
    assert (heard.matches, heard.truncated_at, heard.encoding) == (matches, truncated_at, encoding)
    assert heard.password_length == len(password)
    assert "Schl" not in repr(heard)


def test_without_a_typed_password_there_is_no_verdict():
    heard = login(b"whatever", None)
    assert (heard.matches, heard.truncated_at, heard.password_length) == (None, None, 8)


@pytest.mark.parametrize(
    ("password", "matches", "cut"), [("abc-defgh", True, None), ("abc-def", False, 7), ("x", False, None)]
)
def test_cram_md5_is_computed(password, matches, cut):
    challenge = b"<1896.697170952@mail.contoso.com>"
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest().upper()
    heard = hear("CRAM-MD5", challenge, [b64(f"office name {digest}")], Secret("abc-defgh"))
    assert (heard.user, heard.matches, heard.truncated_at) == ("office name", matches, cut)


def test_plain_with_an_authorization_identity():
    heard = hear("PLAIN", b"", [b64("boss@contoso.com\0office@contoso.com\0secret")], None)
    assert (heard.authorization_id, heard.user, heard.password_length) == ("boss@contoso.com", "office@contoso.com", 6)


def test_a_user_name_in_an_old_encoding_and_one_that_is_hostile():
    assert login(b"x").user == "office@contoso.com"
    assert hear("LOGIN", b"", [b64("Büro".encode("latin-1")), b64("x")], None).user == "Büro"
    hostile = hear("LOGIN", b"", [b64("\x1b[31m" + "u" * 2000), b64("x")], None).user
    assert hostile.isprintable()
    assert len(hostile) < 400


@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        ("PLAIN", [b"not base64!"]),
        ("PLAIN", [b64("user only")]),
        ("PLAIN", [b64("\0a\0b\0c")]),
        ("PLAIN", []),
        ("LOGIN", [b64("user")]),
        ("CRAM-MD5", [b64("user nodigest")]),
        ("CRAM-MD5", [b64("user")]),
        ("XOAUTH2", [b64("nothing of it")]),
        ("XOAUTH2", []),
        ("NTLM", [b64("x")]),
    ],
)
def test_what_is_no_sign_in(mechanism, responses):
    with pytest.raises(Malformed):
        hear(mechanism, b"<c>", responses, TYPED)


def test_the_secret_is_found_for_masking_and_the_user_of_half_an_exchange():
    assert secret_in("PLAIN", [b64("\0office\0secret")]).reveal() == "secret"
    assert secret_in("LOGIN", [b64("office"), b64("secret")]).reveal() == "secret"
    assert secret_in("XOAUTH2", [b64("user=office\1auth=Bearer tok\1\1")]).reveal() == "tok"
    assert secret_in("LOGIN", [b64("office")]) is None
    assert secret_in("CRAM-MD5", [b64("office 0123")]) is None
    assert secret_in("PLAIN", [b"!"]) is None
    assert user_in("LOGIN", [b64("office")]) == "office"
    assert user_in("LOGIN", [b"!"]) is None
    assert user_in("PLAIN", [b64("\0office\0secret")]) is None
