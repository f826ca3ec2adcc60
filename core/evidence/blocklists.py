"""DNS blocklists: whether the public address is on them, and what the answer means (RFC 5782).

An answer is read code by code. A list that refuses to answer, or a resolver that makes answers up, proves nothing:
such a list "could not be checked", and is called neither listed nor clean.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.evidence.asking import SILENCE, Asker, unchecked_words
from core.evidence.data import Blocklist, Code, Kind, blocklists

State = Literal["listed", "not-listed", "unchecked"]

MAX_ZONES = 20
"""As many lists are asked at once; a user who names more gets the first ones."""

_CODES = ipaddress.IPv4Network("127.0.0.0/8")
_REFUSALS = ipaddress.IPv4Network("127.255.255.0/24")
"""Spamhaus keeps this range for errors about the question itself, and others followed."""
_SHUT = ipaddress.IPv4Address("127.0.0.1")
"""No list uses it for an entry (RFC 5782 §5 wants 127.0.0.1 itself unlisted); lists that refuse or close answer so."""
_UNKNOWN_REASON = "The list holds the address; what its answer means in detail is not known here."


@dataclass(frozen=True, slots=True)
class Listing:
    """One reason why an address is on a list, from one return code. `part` is the part of a combined list."""

    code: str
    kind: Kind
    meaning: str
    part: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a list's answer amounts to: `listings` if listed, `reason` in plain words if it could not be checked."""

    state: State
    listings: tuple[Listing, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListResult:
    """What one list says of the address. `words` is what the list itself says (its TXT record)."""

    zone: str
    name: str
    reach: Literal["wide", "narrow"]
    state: State
    source: str
    listings: tuple[Listing, ...] = ()
    reason: str = ""
    words: str = ""
    link: str = ""
    ms: float = field(default=0.0, compare=False)

    @property
    def title(self) -> str:
        """The list's name with the part that matters, such as "Spamhaus ZEN (PBL)"."""
        parts = dict.fromkeys(listing.part for listing in self.listings if listing.part)
        return f"{self.name} ({', '.join(parts)})" if parts else self.name

    @property
    def only_policy(self) -> bool:
        """Whether the address is listed for what its range is meant for, not for anything it did."""
        return bool(self.listings) and all(listing.kind == "policy" for listing in self.listings)

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {
            "zone": self.zone,
            "name": self.name,
            "state": self.state,
            "codes": [
                {"code": entry.code, "part": entry.part or None, "kind": entry.kind, "meaning": entry.meaning}
                for entry in self.listings
            ],
            "reason": self.reason or None,
            "words": self.words or None,
            "link": self.link or None,
            "source": self.source,
            "ms": self.ms,
        }


def question_name(address: str, zone: str) -> str:
    """Return the name to ask for: octets reversed (RFC 5782 §2.1), for IPv6 nibbles (§2.4). Raises ValueError."""
    parsed = ipaddress.ip_address(address)
    six = isinstance(parsed, ipaddress.IPv6Address)
    labels = list(format(int(parsed), "032x")) if six else str(parsed).split(".")
    return ".".join([*reversed(labels), zone.strip(".")])


def judge(answers: Iterable[str], known: Blocklist | None = None) -> Judgement:
    """Return what the A records `answers` of a list amount to; `known` is its entry in the data, None if there is none.

    Several answers give several reasons. One that is no return code spoils the whole: then a resolver, or the list's
    successor on that name, answers everything alike.
    """
    meanings = {answer: code for code in (known.code if known else ()) for answer in code.answers}
    listings: list[Listing] = []
    undocumented: list[str] = []
    for answer in dict.fromkeys(answers):
        try:
            code = ipaddress.IPv4Address(answer)
        except ValueError:
            return Judgement("unchecked", reason="the answer is no IPv4 address")
        if code not in _CODES:
            return Judgement(
                "unchecked",
                reason=f"the answer {code} is no return code: the DNS server makes answers up, or the list is gone",
            )
        meaning = meanings.get(str(code))
        if code in _REFUSALS or code == _SHUT or (meaning is not None and meaning.kind == "refused"):
            why = meaning.meaning if meaning is not None else "the list refused the question"
            return Judgement("unchecked", reason=f"{why} (answer {code})")
        if meaning is not None:
            listings.append(_listing(str(code), meaning))
        elif known is None:
            listings.append(Listing(str(code), "spam", _UNKNOWN_REASON))
        else:
            undocumented.append(str(code))
    if listings:
        return Judgement("listed", tuple(listings))
    if undocumented:
        return Judgement("unchecked", reason=f"{undocumented[0]} is no return code that this list documents")
    return Judgement("not-listed")


def _listing(code: str, meaning: Code) -> Listing:
    return Listing(code, meaning.kind, meaning.meaning, meaning.part, meaning.advice)


@dataclass(frozen=True, slots=True)
class Zone:
    """A list to ask: `ask` is the name queried, `shown` what may be shown of it (a key in it may not)."""

    ask: str
    shown: str
    known: Blocklist | None


def choose(zones: Sequence[str] | None, data: Sequence[Blocklist] | None = None) -> tuple[Zone, ...]:
    """Return the lists to ask: those the user named instead of the default ones, known or not."""
    data = blocklists() if data is None else data
    if zones is None:
        return tuple(Zone(entry.zone, entry.zone, entry) for entry in data)
    chosen = []
    for typed in dict.fromkeys(zone.strip(".").lower() for zone in zones):
        known = next((entry for entry in data if typed == entry.zone), None)
        shown = typed
        for entry in data:
            for ending in entry.also:
                if typed.endswith(ending):
                    known, shown = entry, f"…{ending}"
        chosen.append(Zone(typed, shown, known))
    return tuple(chosen[:MAX_ZONES])


def fitting(address: str, zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Return `zones` without those known to hold no addresses of this IP version."""
    six = ":" in address
    return tuple(zone for zone in zones if not six or zone.known is None or zone.known.ipv6)


async def look_up(address: str, zone: Zone, asker: Asker) -> ListResult:
    """Ask the list `zone` about the IP `address`. Never raises for what DNS does."""
    known = zone.known
    name = question_name(address, zone.ask)
    answer = await asker.ask(name, "A")
    words = ""
    if not answer.asked:
        judgement = Judgement("unchecked", reason=unchecked_words(answer).replace(zone.ask, zone.shown))
    elif answer.denied_above(zone.ask):
        judgement = Judgement("unchecked", reason="there is no list of this name")
    elif answer.outcome != "found" and known is not None and known.registered_only:
        judgement = Judgement("unchecked", reason="this list answers only DNS servers that are registered with it")
    else:
        judgement = judge((record.address for record in answer.records), known)
        if judgement.state == "listed":
            text = await asker.ask(name, "TXT")
            words = text.texts[0][:300] if text.records else ""
    link = known.link.replace("{address}", address) if known and judgement.state == "listed" else ""
    return _result(zone, judgement, answer.source, words=words, link=link, ms=answer.ms)


def unanswered(zone: Zone, source: str) -> ListResult:
    """Return the result of a list that did not answer before the check was over."""
    return _result(zone, Judgement("unchecked", reason=SILENCE), source)


def _result(
    zone: Zone, judgement: Judgement, source: str, *, words: str = "", link: str = "", ms: float = 0.0
) -> ListResult:
    return ListResult(
        zone=zone.shown,
        name=zone.known.name if zone.known else zone.shown,
        reach=zone.known.reach if zone.known else "wide",
        state=judgement.state,
        source=f"{zone.shown}, asked through {source}",
        listings=judgement.listings,
        reason=judgement.reason,
        words=words,
        link=link,
        ms=ms,
    )
