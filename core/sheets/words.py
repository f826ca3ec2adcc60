"""The sheets' own words: what a field is called where its maker's name is not known, what a status means."""

from __future__ import annotations

from core.knowledge.model import Status

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
