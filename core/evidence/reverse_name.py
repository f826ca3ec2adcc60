"""The reverse name of the public address, and whether it leads back (RFC 8601 §2.7.3, "iprev").

Many servers refuse mail from an address without one, or with one that leads elsewhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Literal

import dns.reversename

from core.evidence.asking import Asker, unchecked_words

MAX_NAMES = 5
"""Of an address with more names only the first are followed; servers do the same (RFC 7208 §5.5: ten at most)."""


@dataclass(frozen=True, slots=True)
class ReverseName:
    """The names of `address`. `confirmed` is the first that leads back.

    state: confirmed; mismatch (names, but none leads back); none (no name); unchecked (DNS did not say; see `error`).
    """

    address: str
    state: Literal["confirmed", "mismatch", "none", "unchecked"]
    source: str
    names: tuple[str, ...] = ()
    confirmed: str | None = None
    error: str = ""

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {
            "address": self.address,
            "state": self.state,
            "names": list(self.names),
            "confirmed": self.confirmed,
            "source": self.source,
            "error": self.error or None,
        }


async def look_up(address: str, asker: Asker) -> ReverseName:
    """Return the reverse name of the IP `address` as `asker` tells it. Never raises for what DNS does."""
    own = ipaddress.ip_address(address)
    answer = await asker.ask(dns.reversename.from_address(address).to_text(), "PTR")
    if not answer.asked:
        return ReverseName(address, "unchecked", answer.source, error=unchecked_words(answer))
    names = tuple(dict.fromkeys(answer.texts))[:MAX_NAMES]
    if not names:
        return ReverseName(address, "none", answer.source)
    forward = await asyncio.gather(*(asker.addresses(name, own.version) for name in names))
    for name, found in zip(names, forward, strict=True):
        if str(own) in {str(ipaddress.ip_address(record.address)) for record in found.records}:
            return ReverseName(address, "confirmed", answer.source, names, name)
    silent = next((found for found in forward if not found.asked), None)
    if silent is not None:
        error = f"whether {silent.name} leads back: {unchecked_words(silent)}"
        return ReverseName(address, "unchecked", answer.source, names, error=error)
    return ReverseName(address, "mismatch", answer.source, names)
