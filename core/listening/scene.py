"""One session of a device beside the service it is meant for: what conditions and sentences are made from.

Everything here is derived from what was observed. What the session did not reach is None or empty, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from core.knowledge.provider_model import ServiceNeeds
from core.listening.client_hello import ClientHello, HelloReading, read_client_hello
from core.listening.device_words import DeviceWords
from core.listening.observation import Command, Envelope, MessageFacts, SessionSeen, SignIn
from core.listening.service import NO_NEEDS, Service

MODERN_TLS = "1.2"
"""What services take at least today (RFC 8996 retired TLS 1.0 and 1.1)."""

_REMOVED = re.compile(r"_(?:RC4|DES|DES40|3DES|RC2|IDEA|SEED|NULL|anon|EXPORT|EXPORT1024)(?:_|$)|_MD5$|^SSL_CK_")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_RANK = {"SSL 2.0": 0, "SSL 3.0": 1, "1.0": 2, "1.1": 3, "1.2": 4, "1.3": 5}


def older(version: str, than: str) -> bool:
    """Return whether one TLS version is older than another; an unknown one is older than nothing."""
    return version in _RANK and _RANK[version] < _RANK.get(than, 0)


def is_removed(suite: str) -> bool:
    """Return whether a cipher suite is one that servers no longer take: RC4, DES, 3DES, export, none at all."""
    return _REMOVED.search(suite) is not None


@dataclass(frozen=True)
class Scene:
    """What was seen, and what it is compared with."""

    seen: SessionSeen
    service: Service | None = None
    device: DeviceWords | None = None

    @property
    def needs(self) -> ServiceNeeds:
        """What the service wants; empty where nothing is known."""
        return self.service.needs if self.service else NO_NEEDS

    # Encryption

    @cached_property
    def reading(self) -> HelloReading | None:
        """What the TLS hello says; None if none came."""
        raw = self.seen.tls.client_hello if self.seen.tls else ""
        try:
            return read_client_hello(bytes.fromhex(raw)) if raw else None
        except ValueError:
            return None

    @property
    def hello(self) -> ClientHello | None:
        """The TLS hello, as far as it could be read."""
        return self.reading.hello if self.reading else None

    @property
    def highest(self) -> str | None:
        """The best TLS version offered, or else agreed on; None if no handshake began."""
        if self.hello is not None:
            return self.hello.highest_version
        return self.seen.tls.version if self.seen.tls else None

    @cached_property
    def suites(self) -> tuple[str, ...]:
        """Names of the cipher suites offered."""
        return tuple(point.name for point in self.hello.real_suites) if self.hello else ()

    @cached_property
    def shared_suites(self) -> tuple[str, ...]:
        """Of the suites offered, those that the service is known to take."""
        taken = set(self.needs.cipher_suites)
        return tuple(name for name in self.suites if name in taken)

    @cached_property
    def offered(self) -> frozenset[str]:
        """The EHLO keywords that the device was told, in capitals; empty if it never got a list."""
        words: set[str] = set()
        for command in self.seen.commands:
            if command.verb == "EHLO" and command.code == 250:
                for line in command.reply.splitlines()[1:]:
                    rest = line[4:] if re.match(r"\d{3}[ -]", line) else line
                    words.update(rest.split()[:1])
        return frozenset(word.upper() for word in words)

    # Sign-in

    @cached_property
    def mechanisms_offered(self) -> frozenset[str]:
        """The sign-in methods that the device could choose from here, in capitals."""
        found: set[str] = set()
        for command in self.seen.commands:
            if command.verb == "EHLO":
                for line in command.reply.upper().splitlines():
                    words = line[4:].split()
                    if words[:1] == ["AUTH"]:
                        found.update(words[1:])
        return frozenset(found)

    @property
    def sign_in(self) -> SignIn | None:
        """The attempt that counts: the last one that was taken, else the last one."""
        taken = [attempt for attempt in self.seen.sign_ins if attempt.outcome == "accepted"]
        return next(iter(reversed(taken or self.seen.sign_ins)), None)

    @property
    def login(self) -> str | None:
        """The user name of that attempt, None without one."""
        return self.sign_in.user if self.sign_in and self.sign_in.user else None

    # Envelope and message

    @property
    def envelope(self) -> Envelope | None:
        """The transaction that went furthest: with a message, with recipients, or just begun."""
        best: Envelope | None = None
        for envelope in self.seen.envelopes:
            if best is None or _reach(envelope) >= _reach(best):
                best = envelope
        return best

    @property
    def message(self) -> MessageFacts | None:
        """What was handed over, None if nothing was."""
        return self.envelope.message if self.envelope else None

    @property
    def sender(self) -> str | None:
        """The reverse-path, "" for the null one, None if none was named."""
        return self.envelope.sender.strip().strip("<>") if self.envelope else None

    @property
    def header_from(self) -> str | None:
        """The first address of the From header."""
        return self.message.from_addresses[0] if self.message and self.message.from_addresses else None

    @property
    def reached(self) -> bool:
        """Whether the device got as far as a sign-in or a sender."""
        return bool(self.seen.envelopes or self.seen.sign_ins)

    # Behaviour

    @property
    def slowest(self) -> Command | None:
        """The command that the device took longest to come up with."""
        waited = [command for command in self.seen.commands if command.pause_ms is not None]
        return max(waited, key=lambda command: command.pause_ms or 0, default=None)

    def differs(self, word: str) -> bool:
        """Whether this session is a further attempt that did something otherwise."""
        return self.seen.retry is not None and word in self.seen.retry.differs


def _reach(envelope: Envelope) -> int:
    return 2 if envelope.message else 1 if envelope.recipients else 0


def same_address(one: str, other: str) -> bool:
    """Return whether two addresses are one: services compare without regard to case."""
    return one.strip().strip("<>").casefold() == other.strip().strip("<>").casefold()


def hello_fault(name: str) -> str:
    """Return what is odd about a name given with EHLO: "" for a good one.

    RFC 5321 §4.1.1.1 wants a host name in full, or an address in brackets (§4.1.3). Words: "bare-address",
    "characters", "localhost", "no-dot".
    """
    if name.startswith("[") and name.endswith("]"):
        return ""
    if re.fullmatch(r"[0-9.]+", name) or name.count(":") > 1:
        return "bare-address"
    labels = name.rstrip(".").split(".")
    if any(not _LABEL.fullmatch(label) for label in labels):
        return "characters"
    if name.lower().rstrip(".") in {"localhost", "localhost.localdomain"}:
        return "localhost"
    return "no-dot" if len(labels) < 2 else ""
