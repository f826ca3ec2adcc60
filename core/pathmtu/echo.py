"""What an echo prober does, whatever the system; see `linux` and `windows` for the two there are.

A size is always that of the whole IP packet in bytes: header, ICMP header and data.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, Protocol

ICMP_HEADER = 8
"""Bytes of an echo's header (RFC 792, RFC 4443 §4.1)."""

Answer = Literal["passed", "too-big", "too-big-here", "unreachable"]
"""passed: the echo came back. too-big: a router says so (RFC 1191 §3, RFC 8201 §4). too-big-here: this computer's own
network does. unreachable: there is no way there."""


class NotAllowed(Exception):
    """The system does not let this program send echoes; the message says why and what helps."""


class NoRoute(Exception):
    """This computer has no way to the address; the message is the system's."""


@dataclass(frozen=True, slots=True)
class Echo:
    """One answer: for which size, what, after how many milliseconds, from whom, and the MTU that a router named."""

    size: int
    answer: Answer
    ms: float = 0.0
    sender: str | None = None
    named: int | None = None


class Prober(Protocol):
    """Sends echoes of given sizes to one address. Used by one thread."""

    method: str
    """How it is done, for the report."""

    def send(self, size: int) -> None:
        """Send one echo of `size` bytes; returns at once. Raises NoRoute."""

    def receive(self, wait: float) -> list[Echo]:
        """Return the answers that have come, waiting at most `wait` seconds for the first one."""

    def close(self) -> None:
        """Give everything back."""


def header_bytes(address: str) -> int:
    """Return the bytes of IP and ICMP header before an echo's data (RFC 791, RFC 8200, no options)."""
    return (40 if ":" in address else 20) + ICMP_HEADER


def open_prober(address: str) -> Prober:
    """Return a prober for `address` (a number, IPv4 or IPv6).

    Raises NotAllowed where the system does not let us, and NoRoute.
    """
    if sys.platform == "win32":
        from core.pathmtu.windows import WindowsProber

        return WindowsProber(address)
    if sys.platform.startswith("linux"):
        from core.pathmtu.linux import LinuxProber

        return LinuxProber(address)
    raise NotAllowed("On this system Sendproof can’t measure packet sizes; Windows and Linux can.")
