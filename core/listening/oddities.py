"""Habits of a device that no rule of judgement speaks of, as phrases for its table."""

from __future__ import annotations

from typing import Final

from core.listening.observation import SessionSeen

_PHRASES: Final = {
    "bare-cr-commands": "commands end in CR alone",
    "overlong-line": "a line longer than any server takes",
    "injected-before-tls": "plain text between STARTTLS and the handshake",
    "not-tls-after-starttls": "something that is not TLS after STARTTLS",
    "null-bytes": "zero octets within commands",
    "path-without-brackets": "an address without < and >",
    "space-after-colon": "a space after “FROM:” or “TO:”, which strict servers refuse",
}
"""Words of SessionSeen.problems; the others are judged (`resources/knowledge/listening`)."""


def oddities(seen: SessionSeen) -> tuple[str, ...]:
    """Return the oddities of a session as phrases, in the order in which they showed."""
    return tuple(_PHRASES[word] for word in seen.problems if word in _PHRASES)
