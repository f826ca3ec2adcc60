"""What a device's sign-in shows: mechanism and user name; of the password only its length and whether it is the one.

`hear` is given the finished exchange and forgets it; what it returns holds no secret. The four mechanisms: PLAIN
(RFC 4616), LOGIN (draft-murchison-sasl-login), CRAM-MD5 (RFC 2195), XOAUTH2 (Google's and Microsoft's).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.secret import Secret
from core.session.transcript import render

MIN_CUT: Final = 4
"""A beginning of fewer characters than this is a coincidence and not a cut-off password."""

_MAX_COMPARED: Final = 256
_MAX_USER: Final = 320
_ENCODINGS: Final = ("utf-8", "cp1252", "latin-1", "cp437")
"""How devices write a password beyond ASCII: today's way, and what older firmware knows."""

CHALLENGES: Final[dict[str, tuple[bytes, ...]]] = {
    "PLAIN": (b"",),
    "LOGIN": (b"Username:", b"Password:"),
    "XOAUTH2": (b"",),
}
"""What is asked, in order; an initial response answers the first. CRAM-MD5 has a challenge of its own each time."""


class Malformed(Exception):
    """What the device sent is not base64, or not what the mechanism wants."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What may be told of a sign-in; the fields are those of `core.listening.observation.SignIn`."""

    user: str
    authorization_id: str | None = None
    password_length: int | None = None
    token_length: int | None = None
    matches: bool | None = None
    truncated_at: int | None = None
    encoding: str | None = None


def hear(mechanism: str, challenge: bytes, responses: Sequence[bytes], typed: Secret | None) -> Heard:
    """Return what `responses` (in base64, as they came) tell, compared with the `typed` password in constant time.

    challenge: for CRAM-MD5, the one that was answered. Raises Malformed.
    """
    parts = [_decode(response) for response in responses]
    match mechanism:
        case "PLAIN" if len(parts) == 1:
            fields = parts[0].split(b"\0")
            if len(fields) != 3:
                raise Malformed
            authorization, user, password = fields
            return _with_password(user, password, typed, authorization)
        case "LOGIN" if len(parts) == 2:
            return _with_password(parts[0], parts[1], typed)
        case "CRAM-MD5" if len(parts) == 1:
            return _cram_md5(parts[0], challenge, typed)
        case "XOAUTH2" if parts:
            return _xoauth2(parts[0])
    raise Malformed


def user_in(mechanism: str, responses: Sequence[bytes]) -> str | None:
    """Return the user name of an exchange that was not finished; None if it had not come yet."""
    try:
        return _name(_decode(responses[0])) if mechanism == "LOGIN" and responses else None
    except Malformed:
        return None


def secret_in(mechanism: str, responses: Sequence[bytes]) -> Secret | None:
    """Return the password or token of an exchange, for masking it in a server's words while they are recorded."""
    try:
        parts = [_decode(response) for response in responses]
    except Malformed:
        return None
    if mechanism == "PLAIN" and parts:
        found = parts[0].rpartition(b"\0")[2]
    elif mechanism == "LOGIN" and len(parts) == 2:
        found = parts[1]
    elif mechanism == "XOAUTH2" and parts:
        found = _token(parts[0])
    else:
        return None
    return Secret(found.decode("utf-8", "replace"))


def _with_password(user: bytes, password: bytes, typed: Secret | None, authorization: bytes = b"") -> Heard:
    matches, cut, encoding = _compare(password, typed)
    return Heard(
        user=_name(user),
        authorization_id=_name(authorization) if authorization else None,
        password_length=len(password),
        matches=matches,
        truncated_at=cut,
        encoding=encoding,
    )


def _compare(given: bytes, typed: Secret | None) -> tuple[bool | None, int | None, str | None]:
    if not typed:
        return None, None, None
    same, cut, written = False, None, None
    for encoding, whole in _written(typed):
        if hmac.compare_digest(whole, given):
            same, written = True, encoding
        shorter = MIN_CUT <= len(given) < len(whole)
        if shorter and hmac.compare_digest(whole[: len(given)], given):
            cut, written = len(given), encoding
    return same, None if same else cut, written if written not in {None, "utf-8"} or same or cut else None


def _written(typed: Secret) -> Iterator[tuple[str, bytes]]:
    """Yield the ways in which a device may write the typed password; the usual one comes last, so that it wins."""
    value = typed.reveal()
    for encoding in reversed(_ENCODINGS[: 1 if value.isascii() else None]):
        try:
            yield encoding, value.encode(encoding)
        except UnicodeEncodeError:
            continue


def _cram_md5(response: bytes, challenge: bytes, typed: Secret | None) -> Heard:
    user, space, digest = response.rpartition(b" ")
    if not space or len(digest) != 32:
        raise Malformed
    matches: bool | None = None
    cut: int | None = None
    encoding: str | None = None
    if typed:
        matches = False
        for name, whole in _written(typed):
            if _digest_is(whole, challenge, digest):
                matches, encoding = True, name
            for length in range(MIN_CUT, min(len(whole), _MAX_COMPARED)):
                if _digest_is(whole[:length], challenge, digest):
                    cut, encoding = length, name
    return Heard(user=_name(user), matches=matches, truncated_at=None if matches else cut, encoding=encoding)


def _digest_is(password: bytes, challenge: bytes, digest: bytes) -> bool:
    # MD5 is what the mechanism is made of; nothing is protected by it here.
    return hmac.compare_digest(hmac.new(password, challenge, "md5").hexdigest().encode(), digest.lower())


def _xoauth2(response: bytes) -> Heard:
    fields = dict(part.partition(b"=")[::2] for part in response.split(b"\1") if part)
    if b"user" not in fields or b"auth" not in fields:
        raise Malformed
    return Heard(user=_name(fields[b"user"]), token_length=len(_token(response)))


def _token(response: bytes) -> bytes:
    fields = dict(part.partition(b"=")[::2] for part in response.split(b"\1") if part)
    return fields.get(b"auth", b"").partition(b" ")[2]


def _name(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return render(text[: _MAX_USER * 2], limit=_MAX_USER)


def _decode(text: bytes) -> bytes:
    if text == b"=":
        return b""  # RFC 4954 §4: an initial response that is empty
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed from None
