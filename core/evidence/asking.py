"""Asking DNS for evidence: one bounded question after another, each answer with who gave it, never an exception.

What DNS or the network does wrong ends up in `Answer.outcome`. "Could not be asked" is a result like any other here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from core.evidence.resolving import make_resolver
from core.request import Endpoint
from core.session.transcript import render

Outcome = Literal["found", "no-data", "no-name", "silent", "failed"]
"""found: records; no-data: the name exists without such records (NODATA); no-name: NXDOMAIN; silent: no answer in
time; failed: SERVFAIL, REFUSED, rubbish, or no DNS server to ask."""

QUESTION_LIMIT = 5.0
"""Seconds for one question, all servers and retries included."""

MAX_QUESTIONS = 120
"""As many questions one check asks beside the conversation; what comes after is not asked."""

AT_ONCE = 12
"""As many questions are under way at the same time: some routers drop more."""

MAX_RECORDS = 50
"""As many records of one answer are looked at."""

SILENCE = "no answer in time"

LANDMARK = "a.root-servers.net"
"""A name that every DNS server knows that knows the Internet (RFC 7720; its address has been the same for decades)."""

MAX_TEXT = 4096
"""Octets of one TXT record that are kept. The longest SPF record in use is about half as long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question. `records` are dnspython's, at most MAX_RECORDS; `source` says who was asked.

    `denied_by` is the zone that says a name does not exist (the owner of the SOA record, RFC 2308 §3), where told.
    """

    name: str
    kind: str
    outcome: Outcome
    source: str
    records: tuple[Any, ...] = ()
    error: str = ""
    ms: float = 0.0
    denied_by: str = ""

    @property
    def asked(self) -> bool:
        """Whether DNS gave a clear answer, be it yes or no."""
        return self.outcome in {"found", "no-data", "no-name"}

    def denied_above(self, zone: str) -> bool:
        """Whether a top-level domain or the root says that the name does not exist: then `zone` does not either."""
        owner = self.denied_by.rstrip(".").lower()
        return self.outcome == "no-name" and bool(self.denied_by) and "." not in owner and owner != zone.strip(".")

    @property
    def texts(self) -> tuple[str, ...]:
        """The records as harmless text: addresses, names without the final dot, whole TXT strings."""
        return tuple(_as_text(record) for record in self.records)


class Asker:
    """Asks one resolver: `endpoint`, or those the system is set to. Questions over MAX_QUESTIONS are not asked.

    In a network without the Internet the system's resolver often denies every name. So its "no" counts only if it
    knows LANDMARK; an `endpoint` was chosen by somebody who knows what it can answer.
    """

    def __init__(self, endpoint: Endpoint | None, *, limit: float = QUESTION_LIMIT) -> None:
        self.endpoint = endpoint
        self.limit = limit
        self._left = MAX_QUESTIONS
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._no_resolver = ""
        self._landmark: asyncio.Task[bool] | None = None
        try:
            self._resolver = make_resolver(endpoint, limit)
        except (dns.exception.DNSException, ValueError) as error:
            self._no_resolver = _words(error)

    @property
    def source(self) -> str:
        """Who is asked, as it stands beside a piece of evidence."""
        if self.endpoint is not None:
            return f"DNS server {self.endpoint.address}"
        if self._resolver is None or not self._resolver.nameservers:
            return "DNS"
        return f"DNS server {self._resolver.nameservers[0]}"

    async def ask(self, name: str, kind: str) -> Answer:
        """Ask for the records of type `kind` ("A", "MX", "PTR", …) of `name`. Never raises for what DNS does."""
        answer = await self._ask(name, kind)
        if answer.outcome in {"no-name", "no-data"} and not await self.knows_the_internet():
            return replace(answer, outcome="failed", error="this DNS server does not know the Internet")
        return answer

    async def knows_the_internet(self) -> bool:
        """Return whether a "no" of this resolver can be believed; asked once."""
        if self.endpoint is not None:
            return True
        if self._landmark is None:
            self._landmark = asyncio.get_running_loop().create_task(self._knows_landmark())
        return await asyncio.shield(self._landmark)

    async def _knows_landmark(self) -> bool:
        return (await self._ask(LANDMARK, "A")).outcome == "found"

    def close(self) -> None:
        """Drop the question that several others may share."""
        if self._landmark is not None:
            self._landmark.cancel()

    async def _ask(self, name: str, kind: str) -> Answer:
        started = time.monotonic()

        def answer(
            outcome: Outcome, records: Iterable[Any] = (), error: str = "", source: str = "", denied_by: str = ""
        ) -> Answer:
            ms = round((time.monotonic() - started) * 1000, 1)
            return Answer(name, kind, outcome, source or self.source, tuple(records), error, ms, denied_by)

        if self._resolver is None:
            return answer("failed", error=self._no_resolver)
        if self._left <= 0:
            return answer("failed", error="too many questions in one check")
        self._left -= 1
        try:
            question = dns.name.from_text(name.rstrip(".") + ".")
        except (dns.exception.DNSException, UnicodeError) as error:
            return answer("failed", error=f"not a name DNS knows: {_words(error)}")
        try:
            async with self._at_once, asyncio.timeout(self.limit + 0.5):  # the resolver's own limit comes first
                found = await self._resolver.resolve(question, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN as error:
            return answer("no-name", denied_by=_denied_by(error))
        except (dns.exception.Timeout, TimeoutError) as error:
            return answer("silent", error=_words(error))
        except (dns.exception.DNSException, OSError, ValueError) as error:
            return answer("failed", error=_words(error))
        source = f"DNS server {found.nameserver}" if found.nameserver else ""
        records = list(found.rrset or ())[:MAX_RECORDS]
        return answer("found" if records else "no-data", records, source=source)

    async def addresses(self, name: str, version: int | None = None) -> Answer:
        """Ask for the addresses of `name`, of IP `version` 4 or 6, or of both as one answer."""
        if version is not None:
            return await self.ask(name, "A" if version == 4 else "AAAA")
        four, six = await asyncio.gather(self.ask(name, "A"), self.ask(name, "AAAA"))
        records = four.records + six.records
        if records:
            first = four if four.records else six
            return Answer(name, "A/AAAA", "found", first.source, records, ms=max(four.ms, six.ms))
        return six if four.asked else four  # what could not be asked outweighs a clear no


def unchecked_words(answer: Answer) -> str:
    """Say in a few plain words why `answer` is none."""
    if answer.outcome == "silent":
        return "no DNS server answered in time"
    return f"DNS could not answer ({answer.error})" if answer.error else "DNS could not answer"


def text_of(record: Any) -> bytes:
    """Return the strings of a TXT record joined (RFC 7208 §3.3), at most MAX_TEXT octets and one more if cut."""
    return b"".join(record.strings)[: MAX_TEXT + 1]


def _denied_by(error: dns.resolver.NXDOMAIN) -> str:
    for response in error.responses().values():  # type: ignore[no-untyped-call]
        for rrset in response.authority:
            if rrset.rdtype == dns.rdatatype.SOA:
                return str(rrset.name.to_text())
    return ""


def _as_text(record: Any) -> str:
    match record.rdtype:
        case dns.rdatatype.TXT:
            return render(text_of(record), limit=MAX_TEXT)
        case dns.rdatatype.MX:
            return _name(record.exchange)
        case dns.rdatatype.PTR:
            return _name(record.target)
        case _:
            return render(record.to_text(), limit=255)


def _name(name: dns.name.Name) -> str:
    return render(name.to_text(omit_final_dot=True), limit=255)


def _words(error: BaseException) -> str:
    return render(str(error) or type(error).__name__, limit=200)
