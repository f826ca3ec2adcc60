"""What a device does as rows for the window, with a mark on those worth a second look; and a session in few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.listening.describing import problem_sentences, rows
from core.listening.observation import SessionSeen
from core.listening.scene import MODERN_TLS, Scene, older


class Fact(NamedTuple):
    """One row. notable: worth a second look, shown stronger."""

    name: str
    text: str
    notable: bool = False


def facts_of(seen: SessionSeen) -> tuple[Fact, ...]:
    """Return what was seen of one session, in the order in which it happens; what was not reached has no row."""
    scene = Scene(seen)
    found = [Fact(name, text, name in _NOTABLE and _NOTABLE[name](scene)) for name, text in rows(seen)]
    found += [Fact("Against the rules", sentence, True) for sentence in problem_sentences(seen)]
    return tuple(found)


def _odd_encryption(scene: Scene) -> bool:
    tls = scene.seen.tls
    return tls is None or not tls.completed or (scene.highest is not None and older(scene.highest, MODERN_TLS))


def _odd_sign_in(scene: Scene) -> bool:
    return any(not attempt.encrypted or attempt.matches is False for attempt in scene.seen.sign_ins)


def _odd_sender(scene: Scene) -> bool:
    return not scene.sender or bool(scene.login and scene.sender.casefold() != scene.login.casefold())


def _odd_lines(scene: Scene) -> bool:
    message = scene.message
    return message is not None and bool(message.bare_lf or message.bare_cr or message.terminator == "lf")


_NOTABLE: Mapping[str, Callable[[Scene], bool]] = {
    "Encryption": _odd_encryption,
    "TLS hello": lambda scene: True,
    "Signs in": _odd_sign_in,
    "Sender": _odd_sender,
    "Message": lambda scene: scene.message is not None and scene.message.terminator == "cut",
    "Line ends": _odd_lines,
    "Headers missing": lambda scene: scene.message is not None and "From" in scene.message.missing,
    "Longest pause": lambda scene: True,
    "Comes back": lambda scene: bool(scene.seen.retry and scene.seen.retry.differs),
}
"""Rows that can be worth a second look, and when they are."""


def headline(seen: SessionSeen) -> str:
    """Return a session in a few words: the name the device gives itself, and how far it got."""
    if seen.messages:
        reached = "a message" if seen.messages == 1 else f"{seen.messages} messages"
    elif seen.envelopes:
        reached = "a sender, no message"
    elif seen.sign_ins:
        reached = "a sign-in only"
    elif seen.tls is not None:
        reached = "a TLS handshake" if seen.tls.completed else "a failed TLS handshake"
        if seen.tls.certificate == "refused":
            reached = "refused our certificate"
    else:
        reached = "a greeting" if seen.hello else "nothing said"
    return f"{seen.hello}: {reached}" if seen.hello else reached[:1].upper() + reached[1:]
