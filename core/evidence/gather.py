"""Gathers everything the server does not say, beside the conversation and never in its way.

gathering = start(request, place, knowledge)            # in the loop; questions to DNS go out at once
gathering.server_reached("198.51.100.7")                # once connected
gathering.public_address_seen("203.0.113.7")            # after EHLO; None if its answer did not say
evidence = await gathering.finish(1.5)                  # what is known by then; the rest is cancelled

Nothing here raises for what DNS or the network does. What is not known in the end "could not be checked".
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from core.addresses import is_ip_address
from core.evidence import blocklists, mail_exchangers, public_address, reverse_name, sender_policy
from core.evidence.asking import QUESTION_LIMIT, SILENCE, Asker
from core.evidence.blocklists import ListResult
from core.evidence.mail_exchangers import MailExchangers
from core.evidence.public_address import PublicAddress
from core.evidence.reverse_name import ReverseName
from core.evidence.sender_policy import DomainPolicy, SenderPolicy
from core.knowledge.load import Knowledge
from core.knowledge.providers import Located, provider_of_mx
from core.request import CheckRequest, IpVersion

MAX_DOMAINS = 5
"""Of the recipients' domains as many are looked at."""

EHLO_FIRST = 3.0
"""Seconds that the server asked has for telling our address, before others are asked for it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out. None and empty mean that there was nothing to ask; what did not answer says so itself.

    direct: whether mail goes from this site straight to the recipients' server, so that address, reverse name,
    blocklists and SPF decide; with a sign-in the provider's own servers send, and they do not.
    """

    direct: bool = False
    public_address: PublicAddress | None = None
    reverse_name: ReverseName | None = None
    blocklists: tuple[ListResult, ...] = ()
    sender: MailExchangers | None = None
    recipients: tuple[MailExchangers, ...] = ()
    spf: SenderPolicy | None = None
    dmarc: DomainPolicy | None = None

    @property
    def listed(self) -> tuple[ListResult, ...]:
        """The lists that hold the public address."""
        return tuple(entry for entry in self.blocklists if entry.state == "listed")

    @property
    def unchecked(self) -> tuple[ListResult, ...]:
        """The lists that could not be checked."""
        return tuple(entry for entry in self.blocklists if entry.state == "unchecked")

    @property
    def asked_is_mx(self) -> bool:
        """Whether the server asked takes mail for one of the domains involved, by their MX records."""
        return any(found.asked_is_one for found in (self.sender, *self.recipients) if found is not None)

    def as_details(self) -> dict[str, object]:
        """Return all of it as JSON values, each item with its source."""

        def of(item: Any) -> object:
            return item.as_details() if item is not None else None

        return {
            "direct": self.direct,
            "public_address": of(self.public_address),
            "reverse_name": of(self.reverse_name),
            "blocklists": [entry.as_details() for entry in self.blocklists],
            "sender_domain": of(self.sender),
            "recipient_domains": [entry.as_details() for entry in self.recipients],
            "asked_is_mx": self.asked_is_mx,
            "spf": of(self.spf),
            "dmarc": of(self.dmarc),
        }

    def signs(self) -> frozenset[str]:
        """Return what is certain, in words of `core.knowledge.facts.SIGNS`."""
        found: set[str] = set()
        if self.listed:
            found.add("listed")
        if any(entry.only_policy for entry in self.listed):
            found.add("listed-policy")
        if self.blocklists and all(entry.state == "not-listed" for entry in self.blocklists):
            found.add("not-listed")
        if self.spf is not None and self.spf.result in {"fail", "softfail"}:
            found.add("spf-fails-here")
        if self.reverse_name is not None and self.reverse_name.state == "none":
            found.add("no-reverse-name")
        if self.reverse_name is not None and self.reverse_name.state == "mismatch":
            found.add("reverse-name-mismatch")
        if self.sender is not None and self.sender.state == "no-domain":
            found.add("sender-domain-not-found")
        if any(entry.state in {"null", "no-domain"} for entry in self.recipients):
            found.add("recipient-domain-takes-no-mail")
        if self.asked_is_mx:
            found.add("server-is-mx")
        return frozenset(found)

    def values(self) -> dict[str, str]:
        """Return the values for placeholders, by name, only those that are known."""
        known: dict[str, str | None] = {
            "public_address": self.public_address.address if self.public_address else None,
            "list_name": ", ".join(entry.title for entry in self.listed),
            "removal_link": next((entry.link for entry in self.listed if entry.link), None),
            "ptr": next(iter(self.reverse_name.names), None) if self.reverse_name else None,
            "spf_record": self.spf.record if self.spf else None,
            "dmarc_policy": self.dmarc.policy if self.dmarc else None,
            "sender_domain_mx": next(iter(self.sender.hosts), None) if self.sender else None,
            "recipient_domain_mx": next((host for entry in self.recipients for host in entry.hosts), None),
        }
        return {name: value for name, value in known.items() if value}


def start(request: CheckRequest, place: Located, knowledge: Knowledge) -> Gathering:
    """Begin to gather for `request`; call it in the running loop. `place`: where the server belongs.

    With `dns_evidence` off, and against a practice server or a server dialled by number without a resolver of its
    own, nothing is asked: `finish` then returns an empty Evidence at once.
    """
    return Gathering(request, place, knowledge)


class Gathering:
    """One gathering under way; see `start`."""

    def __init__(self, request: CheckRequest, place: Located, knowledge: Knowledge) -> None:
        self._request = request
        self._place = place
        self._provider_of_mx = partial(provider_of_mx, knowledge=knowledge)
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._told = asyncio.Event()
        self._inside = bool(is_ip_address(request.server)) and _is_inside(request.server)
        self._address: PublicAddress | None = None
        self._zones: tuple[blocklists.Zone, ...] = ()
        self._domains: tuple[str, ...] = ()
        self._active = (
            request.dns_evidence and request.practice is None and (request.dial is None or request.resolver is not None)
        )
        self._asker = Asker(request.resolver) if self._active else None
        if self._active:
            self._start_domains()
            self._begin("address", self._find_address())

    # --- what the conversation tells -----------------------------------------------------------------------------

    def server_reached(self, address: str) -> None:
        """Take the server's IP address: one inside the site does not see our public address.

        What is dialled instead of the server (`dial`) says nothing of where the server is.
        """
        if self._request.dial is not None:
            return
        self._inside = self._inside or _is_inside(address)

    def public_address_seen(self, address: str | None) -> None:
        """Take the address that EHLO's answer told, or None if it told none; what depends on it starts now.

        Later calls are ignored, but for the first that names an address. Never raises.
        """
        if not self._active:
            return
        parsed = public_address.parse_public(address)
        if parsed is None:
            self._inside = self._inside or (address is not None and _is_inside(address))
            self._told.set()
            return
        if self._address is not None and self._address.source == _BY_EHLO:
            return
        text = str(parsed)
        same = self._address is not None and self._address.address == text
        self._address = PublicAddress(text, _BY_EHLO)
        finding = self._tasks.pop("address", None)
        if finding is not None:
            finding.cancel()
        if not same:
            self._start_with(text)

    # --- the end -------------------------------------------------------------------------------------------------

    async def finish(self, limit_s: float) -> Evidence:
        """Wait at most about `limit_s` seconds for what is still under way, cancel the rest, return what is known."""
        if not self._active:
            return Evidence(direct=self._direct)
        self._told.set()
        loop = asyncio.get_running_loop()
        until = loop.time() + limit_s
        while True:
            # A task that ends may start others (the address is found: now its lists), so look again.
            running = {task for task in self._tasks.values() if not task.done()}
            remaining = until - loop.time()
            if not running or remaining <= 0:
                break
            await asyncio.wait(running, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        evidence = self._collect()
        await self.cancel()
        return evidence

    async def cancel(self) -> None:
        """Drop everything that is still under way."""
        if self._asker is not None:
            self._asker.close()
        running = {task for task in self._tasks.values() if not task.done()}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=0.5)

    # --- what is asked -------------------------------------------------------------------------------------------

    @property
    def _direct(self) -> bool:
        role = self._place.role
        without_sign_in = self._request.credentials is None
        return (
            without_sign_in and not self._inside and (role == "mx" or (role == "unknown" and self._request.port == 25))
        )

    def _start_domains(self) -> None:
        request, asker = self._request, self._asker
        assert asker is not None
        sender = _domain(request.sender.domain)
        if sender:
            self._begin("dmarc", sender_policy.look_up_dmarc(sender, asker))
        domains = dict.fromkeys(_domain(mailbox.domain) for mailbox in request.recipients)
        self._domains = tuple(name for name in domains if name)[:MAX_DOMAINS]
        for domain in filter(None, dict.fromkeys((sender, *self._domains))):
            work = mail_exchangers.look_up(domain, request.server, asker, self._provider_of_mx)
            self._begin(f"domain {domain}", work)

    async def _find_address(self) -> PublicAddress:
        try:
            async with asyncio.timeout(EHLO_FIRST):
                await self._told.wait()
        except TimeoutError:
            pass  # no EHLO yet: then others are asked
        version: Literal[4, 6] = 6 if self._request.ip is IpVersion.V6 else 4
        found = await public_address.find(version, self._request.resolver, QUESTION_LIMIT)
        if self._address is None:
            self._address = found
            if found.address is not None:
                self._start_with(found.address)
        return found

    def _start_with(self, address: str) -> None:
        assert self._asker is not None
        self._zones = blocklists.fitting(address, blocklists.choose(self._request.dnsbl))
        self._begin("reverse name", reverse_name.look_up(address, self._asker))
        for zone in self._zones:
            self._begin(f"list {zone.ask}", blocklists.look_up(address, zone, self._asker))
        sender = self._request.sender
        if _domain(sender.domain):
            ehlo, asker = self._request.ehlo, self._asker
            self._begin("spf", sender_policy.judge_spf(sender, ehlo, address, asker, QUESTION_LIMIT))

    def _begin(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        old = self._tasks.pop(name, None)
        if old is not None:
            old.cancel()
        self._tasks[name] = asyncio.get_running_loop().create_task(work, name=name)

    # --- what came of it -----------------------------------------------------------------------------------------

    def _collect(self) -> Evidence:
        assert self._asker is not None
        who, sender = self._asker.source, _domain(self._request.sender.domain)
        address = self._address or PublicAddress(None, who, SILENCE)

        def exchangers(domain: str) -> MailExchangers:
            found: MailExchangers | None = self._result(f"domain {domain}")
            return found or MailExchangers(domain, "unchecked", who, error=SILENCE)

        evidence = Evidence(
            direct=self._direct,
            public_address=address,
            sender=exchangers(sender) if sender else None,
            recipients=tuple(exchangers(name) for name in self._domains),
            dmarc=(self._result("dmarc") or DomainPolicy(sender, "unchecked", who, error=SILENCE)) if sender else None,
        )
        if address.address is None:
            return evidence
        ours = address.address
        return replace(
            evidence,
            reverse_name=self._result("reverse name") or ReverseName(ours, "unchecked", who, error=SILENCE),
            blocklists=tuple(
                self._result(f"list {zone.ask}") or blocklists.unanswered(zone, who) for zone in self._zones
            ),
            spf=(self._result("spf") or SenderPolicy(sender, ours, "temperror", who, error=SILENCE))
            if sender
            else None,
        )

    def _result(self, name: str) -> Any:
        task = self._tasks.get(name)
        if task is None or not task.done() or task.cancelled():
            return None
        return task.result()


_BY_EHLO = "the server's answer to EHLO"


def _domain(domain: str) -> str:
    """Return `domain` if DNS can be asked about it: neither empty nor an address literal (RFC 5321 §4.1.3)."""
    return "" if domain.startswith("[") else domain.rstrip(".").lower()


def _is_inside(address: str) -> bool:
    """Return whether `address` is an IP address that is not one of the Internet's."""
    return is_ip_address(address) and public_address.parse_public(address) is None
