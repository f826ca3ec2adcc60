"""What DNS says about a mail domain, as far as ways of sending can be worked out from it. Practice brings its own.

Nothing but DNS is asked. Every question is bounded (`core.evidence.asking`); what comes back is rendered harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from core.addresses import AddressProblem, parse_host
from core.evidence.asking import Asker
from core.evidence.mail_exchangers import MailExchangers, look_up
from core.request import Endpoint

QUESTION_LIMIT = 4.0
"""Seconds for one question; the plan waits for about two rounds of them."""


class Names(Protocol):
    """Where the plan asks. No method raises for what DNS does."""

    async def mx(self, domain: str) -> MailExchangers:
        """Return where `domain` takes mail."""

    async def service(self, domain: str, service: str) -> tuple[str, int] | None:
        """Return host and port that the SRV record `_service._tcp` of `domain` names (RFC 2782), None if none."""

    async def autodiscover(self, domain: str) -> tuple[str, ...]:
        """Return the names that autodiscover of `domain` leads to (CNAME, or SRV `_autodiscover._tcp`)."""

    async def exists(self, host: str) -> bool:
        """Return whether `host` has an address."""


class DnsNames:
    """Asks DNS: the resolver at `endpoint`, or those the system is set to."""

    def __init__(self, endpoint: Endpoint | None, provider_of: Callable[[Iterable[str]], str | None]) -> None:
        self._asker = Asker(endpoint, limit=QUESTION_LIMIT)
        self._provider_of = provider_of

    async def mx(self, domain: str) -> MailExchangers:
        """Ask for the MX records, or the domain's own address (RFC 5321 §5.1)."""
        return await look_up(domain, "", self._asker, self._provider_of)

    async def service(self, domain: str, service: str) -> tuple[str, int] | None:
        """Ask for the SRV record; the lowest priority and then the highest weight counts. A target "." says no."""
        answer = await self._asker.ask(f"_{service}._tcp.{domain}", "SRV")
        records = sorted(answer.records, key=lambda record: (record.priority, -record.weight))
        for record in records:
            target = _host(record.target.to_text(omit_final_dot=True))
            if target and 1 <= record.port <= 65535:
                return target, int(record.port)
        return None

    async def autodiscover(self, domain: str) -> tuple[str, ...]:
        """Ask for both forms of autodiscover."""
        alias, service = await asyncio.gather(
            self._asker.ask(f"autodiscover.{domain}", "CNAME"), self.service(domain, "autodiscover")
        )
        names = [_host(record.target.to_text(omit_final_dot=True)) for record in alias.records]
        return tuple(name for name in (*names, service[0] if service else "") if name)

    async def exists(self, host: str) -> bool:
        """Ask for the addresses."""
        return (await self._asker.addresses(host)).outcome == "found"

    def close(self) -> None:
        """Drop what is still under way."""
        self._asker.close()


def _host(text: str) -> str:
    """Return `text` if it is a host name that may be dialled, else nothing: DNS can hold any octets."""
    try:
        return parse_host(text) if text.strip(".") else ""
    except AddressProblem:
        return ""
