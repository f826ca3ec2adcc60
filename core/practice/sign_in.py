"""The server's side of AUTH (RFC 4954): runs a SASL exchange and finds the account it proves.

Passwords pass through here and go nowhere: what comes back is an account of the scenario, or why there is none.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.practice.model import Account

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")
"""The mechanisms that can be verified: RFC 4616, draft-murchison-sasl-login, RFC 2195, Google's XOAUTH2."""


class Cancelled(Exception):
    """The client sent `*` (RFC 4954 §4)."""


class Malformed(Exception):
    """What the client sent is not base64, or not what the mechanism wants."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an exchange needs: the accounts, the server's name, and a way to ask.

    `ask` sends a challenge (octets, not yet in base64) and returns the client's line without its line end.
    """

    accounts: tuple[Account, ...]
    host: str
    ask: Callable[[bytes], Awaitable[str]]

    async def verify(self, mechanism: str, initial: str | None) -> Account | None:
        """Run the exchange for one of MECHANISMS; return the account, or None if nothing fits.

        `initial` is the initial response as it stands in the command; None if there is none. Raises Cancelled,
        Malformed, and what `ask` raises.
        """
        match mechanism:
            case "PLAIN":
                return self._plain(await self._first(initial))
            case "LOGIN":
                user = _decode(initial) if initial is not None else _decode(await self.ask(b"Username:"))
                password = _decode(await self.ask(b"Password:"))
                return self._find(user, password=password)
            case "CRAM-MD5":
                return await self._cram_md5(initial)
            case _:
                return self._xoauth2(await self._first(initial))

    async def _first(self, initial: str | None) -> bytes:
        return _decode(initial if initial is not None else await self.ask(b""))

    def _plain(self, response: bytes) -> Account | None:
        parts = response.split(b"\0")
        if len(parts) != 3:
            raise Malformed
        return self._find(parts[1], password=parts[2])

    async def _cram_md5(self, initial: str | None) -> Account | None:
        if initial is not None:
            raise Malformed  # RFC 2195: the server speaks first
        challenge = f"<{secrets.token_hex(8)}@{self.host}>".encode()
        user, _, digest = _decode(await self.ask(challenge)).rpartition(b" ")
        for account in self._named(user):
            # MD5 is what the mechanism is made of; nothing is protected by it here.
            right = hmac.new(account.password.encode(), challenge, "md5").hexdigest().encode()
            if account.password and hmac.compare_digest(right, digest.lower()):
                return account
        return None

    def _xoauth2(self, response: bytes) -> Account | None:
        fields = dict(part.partition(b"=")[::2] for part in response.split(b"\1") if part)
        kind, _, token = fields.get(b"auth", b"").partition(b" ")
        if b"user" not in fields or kind.lower() != b"bearer":
            raise Malformed
        return self._find(fields[b"user"], token=token)

    def _find(self, user: bytes, *, password: bytes = b"", token: bytes = b"") -> Account | None:
        for account in self._named(user):
            known, given = (account.token, token) if token else (account.password, password)
            if known and hmac.compare_digest(known.encode(), given):
                return account
        return None

    def _named(self, user: bytes) -> list[Account]:
        name = user.decode("utf-8", "replace").casefold()
        return [account for account in self.accounts if account.user.casefold() == name]


def _decode(text: str) -> bytes:
    if text == "*":
        raise Cancelled
    if text == "=":
        return b""  # RFC 4954 §4: an initial response that is empty
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Malformed from None
