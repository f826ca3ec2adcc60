"""What the sender's domain publishes about who may send for it: SPF (RFC 7208) and DMARC (RFC 9989).

SPF is judged for the site's public address, as a receiving server does when the device connects to it directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import dns.exception
import dns.resolver

from core.addresses import Mailbox
from core.evidence.asking import MAX_RECORDS, MAX_TEXT, Asker, text_of
from core.evidence.resolving import make_resolver
from core.request import Endpoint
from core.session.transcript import render

with warnings.catch_warnings():
    # Its docstrings hold backslashes that Python 3.12 and later complain about (sdgathman/pyspf issue 45).
    warnings.simplefilter("ignore")
    import spf

SpfResult = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]

MAX_SPF_QUESTIONS = 60
"""RFC 7208 §4.6.4 allows ten terms that ask DNS; with ten names for each "mx" a record could cause far more."""

MAX_WALK = 8
"""RFC 9989 §4.10: a tree walk asks at most eight names."""

MEANINGS: dict[str, str] = {
    "pass": "The domain's SPF record allows this address to send for it.",
    "fail": "The domain's SPF record forbids this address to send for it.",
    "softfail": "The domain's SPF record does not name this address; receivers are to be suspicious (~all).",
    "neutral": "The domain's SPF record says nothing about this address (?all, or no “all”).",
    "none": "The domain has no SPF record.",
    "temperror": "SPF could not be checked: DNS did not answer.",
    "permerror": "The domain's SPF record has a mistake, so that receivers can't use it.",
}


@dataclass(frozen=True, slots=True)
class SenderPolicy:
    """SPF of `domain` judged for `address`. `record` is the domain's record as published, None if there is none."""

    domain: str
    address: str
    result: SpfResult
    source: str
    record: str | None = None
    error: str = ""

    @property
    def meaning(self) -> str:
        """The result in a plain sentence."""
        return MEANINGS[self.result]

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {
            "domain": self.domain,
            "address": self.address,
            "result": self.result,
            "meaning": self.meaning,
            "record": self.record,
            "source": self.source,
            "error": self.error or None,
        }


async def judge_spf(sender: Mailbox, ehlo: str, address: str, asker: Asker, limit: float) -> SenderPolicy:
    """Judge SPF of `sender` for the IP `address` within about `limit` seconds. Never raises for what DNS does.

    The library is synchronous, so it works in a daemon thread of its own; its questions go where those of `asker`
    go, and end when the time is over.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[SenderPolicy] = loop.create_future()
    evaluation = _Evaluation(sender, ehlo, address, asker.endpoint, limit)

    def deliver(result: SenderPolicy) -> None:
        if not done.done():
            done.set_result(result)

    def work() -> None:
        result = evaluation.run()
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(deliver, result)

    threading.Thread(target=work, name="spf", daemon=True).start()
    try:
        async with asyncio.timeout(limit + 0.5):
            found = await done
            if found.record is None and found.result == "none" and not await asker.knows_the_internet():
                return evaluation.outcome("temperror", "this DNS server does not know the Internet")
            return found
    except TimeoutError:
        return evaluation.outcome("temperror", "no answer in time")
    finally:
        evaluation.stop()


class _Evaluation:
    """One judgement in its thread."""

    def __init__(self, sender: Mailbox, ehlo: str, address: str, resolver: Endpoint | None, limit: float) -> None:
        self._sender = sender
        self._ehlo = ehlo
        self._address = address
        self._endpoint = resolver
        self._limit = limit
        self._deadline = time.monotonic() + limit
        self._source = f"DNS server {resolver.address}" if resolver else "DNS"
        self._record: str | None = None

    def stop(self) -> None:
        """Let no further question be asked."""
        self._deadline = 0.0

    def outcome(self, result: SpfResult, error: str = "") -> SenderPolicy:
        return SenderPolicy(self._sender.domain, self._address, result, self._source, self._record, error)

    def run(self) -> SenderPolicy:
        try:
            resolver = make_resolver_now(self._endpoint, self._limit)
            if self._endpoint is None and resolver.nameservers:
                self._source = f"DNS server {resolver.nameservers[0]}"
        except (dns.exception.DNSException, ValueError) as error:
            return self.outcome("temperror", _words(error))
        query = _Query(self._address, self._sender.wire, self._ehlo, resolver, lambda: self._deadline)
        try:
            record = query.dns_spf(self._sender.domain)
            self._record = render(record, limit=MAX_TEXT) if record else None
            result, _, explanation = query.check()
        except spf.TempError as error:
            return self.outcome("temperror", _words(error))
        except spf.PermError as error:
            return self.outcome("permerror", _words(error))
        except Exception as error:  # noqa: BLE001 – hostile records reach deep into the library
            return self.outcome("permerror", f"the record can't be read: {_words(error)}")
        if result not in MEANINGS:
            return self.outcome("permerror", render(str(explanation), limit=300))
        failed = result in {"temperror", "permerror"}
        return self.outcome(result, render(str(explanation), limit=300) if failed else "")


class _Query(spf.query):  # type: ignore[misc]
    """pyspf's evaluation over our resolver, with bounds on time, number of questions and size of records."""

    def __init__(self, address: str, sender: str, ehlo: str, resolver: dns.resolver.Resolver, deadline: Any) -> None:
        super().__init__(i=address, s=sender, h=ehlo, strict=True)
        self._resolver = resolver
        self._deadline = deadline
        self._left = MAX_SPF_QUESTIONS

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """Return the records in the form pyspf wants; count void look-ups as RFC 7208 §4.6.4 says."""
        name = str(name).rstrip(".").lower()
        if (name, qtype) in self.cache:
            return list(self.cache[name, qtype])
        found = self._ask(name, qtype)
        self.cache[name, qtype] = found
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"more than {spf.MAX_VOID_LOOKUPS} look-ups found nothing")
        return list(found)

    def _ask(self, name: str, kind: str) -> list[Any]:
        remaining = self._deadline() - time.monotonic()
        if remaining <= 0:
            raise spf.TempError("no answer in time")
        self._left -= 1
        if self._left < 0:
            raise spf.PermError(f"more than {MAX_SPF_QUESTIONS} questions to DNS")
        try:
            answer = self._resolver.resolve(
                name + ".", kind, lifetime=remaining, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.Timeout, dns.resolver.NoNameservers, OSError) as error:
            raise spf.TempError(_words(error)) from None
        except (dns.exception.DNSException, ValueError):
            return []  # a name that can't exist (RFC 7208 §4.3)
        return [_in_pyspf_form(record, kind) for record in list(answer.rrset or ())[:MAX_RECORDS]]


def _in_pyspf_form(record: Any, kind: str) -> Any:
    match kind:
        case "A" | "AAAA":
            return record.address
        case "MX":
            return record.preference, record.exchange.to_text(omit_final_dot=True)
        case "PTR":
            return record.target.to_text(omit_final_dot=True)
        case _:
            text = text_of(record)
            if len(text) > MAX_TEXT and text[:6].lower() == b"v=spf1":
                raise spf.PermError(f"the record is longer than {MAX_TEXT} octets")
            return (text,)


def make_resolver_now(endpoint: Endpoint | None, limit: float) -> dns.resolver.Resolver:
    """Return the same resolver as `make_resolver`, for use in a thread without a loop. Raises what that raises."""
    model = make_resolver(endpoint, limit)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = list(model.nameservers)
    resolver.port = model.port
    resolver.lifetime, resolver.timeout = model.lifetime, model.timeout
    return resolver


# --- DMARC -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainPolicy:
    """DMARC for `domain`. `policy` is what receivers are told to do with mail that fails.

    state: found, none, unchecked (see `error`). at: the domain whose record applies, found by RFC 9989's tree walk
    (which needs no list of public suffixes). record: as published. subdomain: `policy` came from its "sp" tag.
    """

    domain: str
    state: Literal["found", "none", "unchecked"]
    source: str
    policy: Literal["none", "quarantine", "reject"] | None = None
    at: str | None = None
    record: str | None = None
    subdomain: bool = False
    error: str = ""

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {
            "domain": self.domain,
            "state": self.state,
            "policy": self.policy,
            "at": self.at,
            "record": self.record,
            "found_by": "tree walk (RFC 9989)",
            "source": self.source,
            "error": self.error or None,
        }


def walk(domain: str) -> tuple[str, ...]:
    """Return the domains to ask for a DMARC record, the domain itself first (RFC 9989 §4.10): at most MAX_WALK."""
    labels = domain.strip(".").lower().split(".")
    names = [".".join(labels)]
    rest = labels[1:] if len(labels) < MAX_WALK else labels[-(MAX_WALK - 1) :]
    names += [".".join(rest[index:]) for index in range(len(rest))]
    return tuple(dict.fromkeys(names))


def parse_dmarc(text: str) -> dict[str, str] | None:
    """Return the tags of a DMARC record, or None if `text` is none (RFC 9989 §4.7: "v=DMARC1" comes first)."""
    parts = [part.strip() for part in text.split(";")]
    tags: dict[str, str] = {}
    for number, part in enumerate(parts):
        name, equals, value = part.partition("=")
        if number == 0 and (name.strip() != "v" or value.strip() != "DMARC1"):
            return None
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    return tags


async def look_up_dmarc(domain: str, asker: Asker) -> DomainPolicy:
    """Return the DMARC policy that applies to mail from `domain` (in A-labels). Never raises for what DNS does."""
    names = walk(domain)
    answers = await asyncio.gather(*(asker.ask(f"_dmarc.{name}", "TXT") for name in names))
    found: list[tuple[str, dict[str, str], str]] = []
    for name, answer in zip(names, answers, strict=True):
        records = [(tags, text) for text in answer.texts if (tags := parse_dmarc(text)) is not None]
        if len(records) == 1:  # several are none (RFC 9989 §4.10)
            found.append((name, *records[0]))
    applies = _applying(names, found)
    own = answers[0]
    if applies is None or applies[0] != names[0]:
        unsure = next((answer for answer in answers if not answer.asked), None)
        if not own.asked or (unsure is not None and applies is None):
            error = "DNS did not answer" if unsure is None or not unsure.error else unsure.error
            return DomainPolicy(domain, "unchecked", own.source, error=error)
    if applies is None:
        return DomainPolicy(domain, "none", own.source)
    at, tags, text = applies
    subdomain = at != names[0] and "sp" in tags
    policy = _policy(tags.get("sp" if subdomain else "p", ""))
    return DomainPolicy(domain, "found", own.source, policy, at, text, subdomain)


def _applying(
    names: tuple[str, ...], found: list[tuple[str, dict[str, str], str]]
) -> tuple[str, dict[str, str], str] | None:
    """Choose the record: the domain's own, else its organisational domain's, else the public suffix's (§4.10.1)."""
    if not found or found[0][0] == names[0]:
        return found[0] if found else None
    organisation = found[-1][0]
    for name, tags, _ in found:
        if tags.get("psd") == "n":
            organisation = name
            break
        if tags.get("psd") == "y":
            organisation = names[max(names.index(name) - 1, 0)]
            break
    return next((entry for entry in found if entry[0] == organisation), None) or next(
        (entry for entry in found if entry[1].get("psd") == "y"), None
    )


def _policy(value: str) -> Literal["none", "quarantine", "reject"]:
    match value.lower():
        case "quarantine":
            return "quarantine"
        case "reject":
            return "reject"
        case _:
            return "none"  # RFC 9989 §4.7: a missing or unknown policy is "none"


def _words(error: BaseException) -> str:
    return render(str(error) or type(error).__name__, limit=300)
