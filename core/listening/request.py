"""What listening is asked to do: ports, choices, bounds, and the one server that a session may be passed through to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final

from core.addresses import Mailbox
from core.request import Endpoint, Security
from core.secret import Secret

DEFAULT_PORTS: Final = (2525,)
PORTS: Final = (25, 587, 465, 2525)
"""The ports that devices are usually set to; 465 begins with TLS (RFC 8314 §3.3)."""

IMPLICIT_TLS_PORTS: Final = frozenset({465})
MECHANISMS: Final = ("LOGIN", "PLAIN", "CRAM-MD5", "XOAUTH2")

_LOCAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # RFC 1918
        "127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10", "fc00::/7",  # loopback, link-local, ULA (RFC 4193)
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What devices may use. Seconds and octets, unless said otherwise.

    connections, per_peer: at the same time. sessions: how many are kept; of more, those that showed least are dropped.
    idle: for each wait. session, total: in all. errors: refused commands before the session ends. lines, text: lines
    and characters kept of one session's transcript. peers: refused peers that are told apart.
    """

    connections: int = 40
    per_peer: int = 8
    sessions: int = 100
    message: int = 50 * 1024 * 1024
    line: int = 4096
    auth_line: int = 12_288
    idle: float = 120.0
    session: float = 600.0
    total: float = 3600.0
    octets: int = 500 * 1024 * 1024
    errors: int = 30
    commands: int = 200
    recipients: int = 100
    envelopes: int = 20
    lines: int = 500
    text: int = 60_000
    peers: int = 100
    handshake: float = 30.0
    peek: float = 0.25


@dataclass(frozen=True, slots=True)
class Relay:
    """The one server, and the recipients, that the user confirmed for pass-through; nothing else is ever reached.

    security is never "auto": what was confirmed is what happens. sign_in: the device's sign-in is handed on, over an
    encrypted and trusted connection only. peer: the only device it is confirmed for; None: the first that speaks.
    messages: after so many handed over, no more is passed on. dial, ca_file, practice: as in a CheckRequest.
    Raises ValueError for what can't be confirmed.
    """

    server: str
    port: int
    security: Security
    recipients: tuple[Mailbox, ...]
    confirmed: bool
    sign_in: bool = False
    peer: str | None = None
    messages: int = 5
    timeout: float = 60.0
    dial: Endpoint | None = None
    ca_file: str | None = None
    practice: str | None = None

    def __post_init__(self) -> None:
        if not self.confirmed:
            raise ValueError("Passing a session through to a real server needs consent.")
        if not self.recipients:
            raise ValueError("Name the recipients that a message may be passed on to.")
        if self.security is Security.AUTO:
            raise ValueError("Say how the connection to the real server is encrypted.")
        if self.sign_in and self.security is Security.NONE:
            raise ValueError("The device’s sign-in is only passed on over an encrypted connection.")

    def allows(self, address: str) -> bool:
        """Return whether `address`, as it stands in RCPT TO, is one of the confirmed recipients.

        The domain is compared without regard to case, the local part as it stands (RFC 5321 §2.4).
        """
        local, at, domain = address.rpartition("@")
        wanted = (local, domain.lower())
        return bool(at) and any(
            wanted == (mailbox.wire.rpartition("@")[0], mailbox.domain) for mailbox in self.recipients
        )


@dataclass(frozen=True, slots=True)
class ListenRequest:
    """What to listen to.

    addresses: own addresses to listen on; empty: all. mechanisms: what is offered for sign-in; `offered_by` gives those
    of the real service, so that a device chooses as it would there. compare: a password typed here, to compare with
    the device's.
    sessions: stop after so many; None: only by time or by hand. host: the name given in the greeting; "": this
    computer's.
    """

    ports: tuple[int, ...] = DEFAULT_PORTS
    addresses: tuple[str, ...] = ()
    implicit_tls_ports: frozenset[int] = IMPLICIT_TLS_PORTS
    starttls: bool = True
    sign_in_before_tls: bool = True
    refuse_sign_in: bool = False
    mechanisms: tuple[str, ...] = MECHANISMS
    compare: Secret | None = None
    allow_public: bool = False
    provider: str | None = None
    device: str | None = None
    relay: Relay | None = None
    sessions: int | None = None
    host: str = ""
    limits: Limits = field(default_factory=Limits)

    def implicit_tls(self, port: int) -> bool:
        """Return whether TLS begins with the first byte on `port`."""
        return port in self.implicit_tls_ports


def offered_by(mechanisms: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of a service's `mechanisms` (any case) can be offered here, all that we know if none can."""
    wanted = tuple(name for mechanism in mechanisms if (name := mechanism.upper()) in MECHANISMS)
    return wanted or MECHANISMS


def is_local(address: str) -> bool:
    """Return whether `address` belongs to a private network, this link or this computer."""
    found = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in _LOCAL if network.version == found.version)
