"""The site's public address: what a mail server on the Internet sees, and what blocklists and SPF judge.

The server asked often says it in its answer to EHLO. Where it does not, name servers that answer with the asker's
address are asked directly, over this computer's own path to the Internet.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.evidence.asking import Asker, text_of
from core.evidence.data import Reflector, reflectors
from core.request import Endpoint
from core.session.transcript import render

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "0.0.0.0/8", "fc00::/7")
)
"""RFC 1918, RFC 6598, RFC 4193: addresses that nobody on the Internet sees."""


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """The address, None if it could not be found out; who told it; and why not."""

    address: str | None
    source: str
    error: str = ""

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {"address": self.address, "source": self.source, "error": self.error or None}


def parse_public(text: str | None, version: Literal[4, 6] | None = None) -> Address | None:
    """Return the address in `text` if it can be one on the Internet (and is of IP `version`), else None."""
    try:
        address = ipaddress.ip_address((text or "").strip().removeprefix("IPv6:"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if version is not None and address.version != version:
        return None
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_reserved:
        return None
    if address.is_unspecified or any(address in network for network in _INSIDE):
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return None
    return address


async def find(
    version: Literal[4, 6], resolver: Endpoint | None, limit: float, known: Sequence[Reflector] | None = None
) -> PublicAddress:
    """Ask who we are, over IP `version`, within about `limit` seconds; the first usable answer counts.

    With `resolver` given that one is asked, since the user wants nobody else to be: most resolvers then tell an
    address of their own or nothing, so its answer is used with its source named. Never raises for what DNS does.
    """
    tasks = {
        asyncio.create_task(_ask(reflector, server, version, limit))
        for reflector in (reflectors() if known is None else known)
        for server in _servers(reflector, version, resolver)
    }
    errors: list[str] = []
    waiting = set(tasks)
    try:
        async with asyncio.timeout(limit):
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    result = task.result()
                    if result.address is not None:
                        return result
                    errors.append(f"{result.source}: {result.error}")
    except TimeoutError:
        errors.append("no answer in time")
    finally:
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting, timeout=0.2)
    return PublicAddress(None, "DNS", "; ".join(errors)[:400] or f"nobody to ask over IPv{version}")


def _servers(reflector: Reflector, version: Literal[4, 6], resolver: Endpoint | None) -> list[Endpoint]:
    if resolver is not None:
        return [resolver]
    return [Endpoint(server, 53) for server in reflector.servers if ipaddress.ip_address(server).version == version]


async def _ask(reflector: Reflector, server: Endpoint, version: Literal[4, 6], limit: float) -> PublicAddress:
    kind = ("A" if version == 4 else "AAAA") if reflector.record == "address" else "TXT"
    source = f"{reflector.name} ({reflector.question}, DNS server {server.address})"
    answer = await Asker(server, limit=limit).ask(reflector.question, kind)
    if answer.outcome != "found":
        return PublicAddress(None, source, answer.error or "no such record")
    record = answer.records[0]
    text = text_of(record)[:64].decode("ascii", "replace") if kind == "TXT" else record.to_text()
    address = parse_public(text, version)
    if address is None:
        said = render(text, limit=64)
        return PublicAddress(None, source, f"answered “{said}”, which is no public IPv{version} address")
    return PublicAddress(str(address), source)
