"""DNS as evidence: which resolver answered, how quickly, through which aliases.

The system's look-up gives addresses and no more; dnspython tells the rest. No DNS at all is no error here.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from core.request import Endpoint
from core.session.transcript import render

MAX_RECORDS = 50
"""As many records of one answer are kept."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What DNS said about a host name. `os_error` is a word of OS_ERRORS, None if there is an address."""

    host: str
    resolver: str | None = None
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ms: float = 0.0
    os_error: str | None = None
    error: str = ""

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {
            "resolver": self.resolver,
            "answers": list(self.addresses),
            "cname_chain": list(self.aliases),
            "ms": round(self.ms, 1),
            "error": self.error or None,
        }


def make_resolver(endpoint: Endpoint | None, limit: float) -> dns.asyncresolver.Resolver:
    """Return a resolver that asks `endpoint`, or those the system is set to; each question takes at most `limit` s.

    Raises dns.resolver.NoResolverConfiguration where the system names none.
    """
    if endpoint is not None:
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = [endpoint.address]
        resolver.port = endpoint.port
    else:
        try:
            resolver = dns.asyncresolver.Resolver()
        except OSError as error:  # a Windows without the usual registry keys
            raise dns.resolver.NoResolverConfiguration from error
    resolver.lifetime = limit
    resolver.timeout = min(3.0, limit)
    return resolver


async def look_closer(host: str, endpoint: Endpoint | None, limit: float) -> Resolved:
    """Ask for A and AAAA of `host`, following aliases, within about `limit` seconds. Never raises for DNS."""
    started = time.monotonic()

    def elapsed() -> float:
        return (time.monotonic() - started) * 1000

    try:
        resolver = make_resolver(endpoint, limit)
    except (dns.exception.DNSException, ValueError) as error:
        return Resolved(host, ms=elapsed(), os_error="dns-failed", error=_words(error))
    name = dns.name.from_text(host + ".")
    addresses: list[str] = []
    aliases: list[str] = []
    asked: str | None = None
    failure: tuple[str, str] | None = None
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        remaining = limit - elapsed() / 1000
        if remaining <= 0:
            break
        try:
            answer = await resolver.resolve(name, kind, lifetime=remaining, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN as error:
            failure = ("name-not-found", _words(error))
            break
        except dns.exception.Timeout as error:
            failure = failure or ("dns-timeout", _words(error))
            break
        except (dns.exception.DNSException, OSError, ValueError) as error:
            failure = failure or ("dns-failed", _words(error))
            continue
        asked = f"{answer.nameserver}" if answer.nameserver else asked
        for rrset in answer.response.answer[:MAX_RECORDS]:
            for record in list(rrset)[:MAX_RECORDS]:
                text = render(record.to_text().rstrip("."), limit=253)
                if rrset.rdtype == kind:
                    addresses.append(text)
                elif rrset.rdtype == dns.rdatatype.CNAME and text not in aliases:
                    aliases.append(text)
    if addresses:
        failure = None
    elif failure is None:
        failure = ("name-not-found", "the name exists, but has no address")
    if asked is None:
        with contextlib.suppress(IndexError):
            asked = str(resolver.nameservers[0])
    return Resolved(
        host,
        asked,
        tuple(dict.fromkeys(addresses)),
        tuple(aliases),
        elapsed(),
        failure[0] if failure else None,
        failure[1] if failure else "",
    )


def _words(error: BaseException) -> str:
    return render(str(error) or type(error).__name__, limit=300)
