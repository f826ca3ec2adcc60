"""What the verdict rests on: the decisive words, the service's own marks in them, and the facts that speak for it."""

from __future__ import annotations

from collections.abc import Iterator

from core.knowledge.facts import OS_ERRORS, SIGNS, TLS_ERRORS, Facts
from core.knowledge.load import Knowledge
from core.knowledge.match import Verdict
from core.knowledge.words import bounded
from core.reports.report import EvidenceItem
from core.session.transcript import render

MAX_REPLY = 1_200
MAX_TAGS = 4


def evidence(verdict: Verdict, facts: Facts, knowledge: Knowledge) -> tuple[EvidenceItem, ...]:
    """Return the evidence, the decisive reply first and word by word (bounded, control characters visible)."""
    return tuple(_items(verdict, facts, knowledge))


def _items(verdict: Verdict, facts: Facts, knowledge: Knowledge) -> Iterator[EvidenceItem]:
    text = bounded(facts.text)
    if text.strip():
        yield EvidenceItem(text=_verbatim(facts, text), source=_source(facts, knowledge))
    shown = 0
    for tag in knowledge.tags:
        if shown < MAX_TAGS and knowledge.pattern(tag.pattern).search(text):
            shown += 1
            label = "reported by users" if tag.status in {"reported", "unverified"} else "service’s documentation"
            yield EvidenceItem(text=tag.meaning, source=f"mark in the reply, {label}")
    if facts.os_error:
        yield EvidenceItem(text=_sentence(OS_ERRORS[facts.os_error]), source="operating system")
    if facts.tls_error:
        yield EvidenceItem(text=_sentence(TLS_ERRORS[facts.tls_error]), source="TLS handshake")
    for sign in sorted(facts.signs - {"read-loosely"}):
        source = "measured by ICMP echo" if sign.startswith("path-mtu") else "seen in the conversation"
        yield EvidenceItem(text=_sentence(SIGNS[sign]), source=source)
    if facts.role in {"mx", "submission", "relay"} and facts.server and verdict.cause != "accepted":
        yield EvidenceItem(text=_ROLE[facts.role].format(server=facts.server), source="provider data")


_ROLE = {
    "mx": "{server} is an MX: it takes mail for its own recipients and judges where it comes from; it has no sign-in.",
    "submission": "{server} is a submission server: it takes mail after sign-in.",
    "relay": "{server} is a relay: it takes mail from sites that are registered there.",
}


def _verbatim(facts: Facts, text: str) -> str:
    lead = " ".join(str(part) for part in (facts.code, facts.enhanced) if part)
    shown = "\n".join(render(line, limit=MAX_REPLY) for line in text.strip().splitlines()[:20])[:MAX_REPLY]
    if (
        lead
        and not (facts.code and str(facts.code) in shown[:80])
        and not (facts.enhanced and facts.enhanced in shown[:80])
    ):
        return f"{lead} {shown}"
    return shown


def _source(facts: Facts, knowledge: Knowledge) -> str:
    if facts.stage is None:
        return "the text given"
    label = knowledge.stages[facts.stage].label
    where = f"{facts.server}:{facts.port}" if facts.server and facts.port else facts.server or "the server"
    said = "reply of" if facts.code else "seen at"
    return f"{said} {where}, stage {label}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."
