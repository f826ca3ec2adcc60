"""The sheets' own words: fields whose maker's name is not known, what a status means, a way in a few words."""

from __future__ import annotations

from typing import Final

import msgspec

from core.knowledge.load import Knowledge
from core.knowledge.model import Status
from core.session.transcript import render
from core.sheets.way import METHODS, SendingWay

MAX_VALUE: Final = 320
"""Characters of a value; an address has at most 254 (RFC 5321 §4.5.3.1.3)."""

FIELDS: dict[str, str] = {
    "server": "Server",
    "port": "Port",
    "encryption": "Encryption",
    "sign-in": "Sign-in",
    "user": "User name",
    "password": "Password",
    "sender": "Sender address",
    "pop-before-smtp": "POP before SMTP",
    "other": "Setting",
}
"""What a field holds, in plain words."""

UNKNOWN_CHOICES: dict[str, str] = {
    "starttls": "the choice for STARTTLS",
    "tls": "the choice for TLS from the first byte",
    "none": "off",
    "on": "on",
    "off": "off",
}
"""What to look for where the name of a choice is not known."""

SECURITY: dict[str, str] = {"starttls": "STARTTLS", "tls": "TLS from the first byte", "none": "no encryption"}


def status_words(status: Status) -> str:
    """Return how a fact has to be labelled; empty for what was seen or stands in the maker's own documents."""
    return {"reported": "reported, not verified", "unverified": "not verified"}.get(status, "")


def way_name(way: SendingWay, knowledge: Knowledge) -> str:
    """Return a way in a few words: provider, method, server, port, encryption."""
    provider = knowledge.providers.get(way.provider or "")
    method = METHODS.get(way.method, way.method)
    where = f"{way.server}:{way.port}, {SECURITY[way.security]}"
    return f"{provider.name if provider else 'Mail server'} – {method} ({where})"


def completed(way: SendingWay) -> SendingWay:
    """Return the way with what follows from the rest of it: a mailbox that is not named signs in as the sender."""
    if way.user or not way.signs_in or way.method == "azure" or not way.sender:
        return way
    return msgspec.structs.replace(way, user=way.sender)


def harmless(way: SendingWay) -> SendingWay:
    """Return the way with its texts bounded and their control characters visible."""
    return msgspec.structs.replace(
        way,
        server=render(way.server.strip(), limit=MAX_VALUE),
        user=render(way.user.strip(), limit=MAX_VALUE) if way.user else None,
        sender=render(way.sender.strip(), limit=MAX_VALUE),
        provider=render(way.provider, limit=40) if way.provider else None,
        method=render(way.method, limit=40),
        public_address=render(way.public_address.strip(), limit=60) if way.public_address else None,
        tenant=render(way.tenant.strip(), limit=MAX_VALUE) if way.tenant else None,
    )
