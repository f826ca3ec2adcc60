"""The words for a verdict: texts and fixes of a cause, chosen by their conditions and filled with the real values."""

from __future__ import annotations

from collections.abc import Mapping

from core.knowledge import templates
from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge
from core.knowledge.match import Seen, Verdict, holds
from core.knowledge.model import Cause, FixText, Variant
from core.reports.report import Fix
from core.session.transcript import render

MAX_REPLY_IN_TEXT = 160


def advise(
    cause: Cause, seen: Seen, verdict: Verdict, values: Mapping[str, str], knowledge: Knowledge
) -> tuple[Fix, ...]:
    """Return the fixes that fit, in the order of the data; fallbacks only where nothing specific fitted."""
    rule = verdict.rule.id if verdict.rule else ""
    fitting = [fix for fix in cause.fixes if holds(fix.when, seen, rule=rule, captures=verdict.captures)]
    specific = any(not fix.fallback and _is_specific(fix) for fix in fitting)
    return tuple(
        Fix(
            text=fill_text(fix.text, values, knowledge),
            command=templates.fill_command(fix.command, values, knowledge.samples) if fix.command else None,
            link=fix.link or None,
            unverified=fix.status in {"unverified", "reported"},
        )
        for fix in fitting
        if not (fix.fallback and specific)
    )


def best_variant(cause: Cause, seen: Seen, verdict: Verdict) -> Variant | None:
    """Return the first of the cause's variants whose conditions hold, or None."""
    rule = verdict.rule.id if verdict.rule else ""
    for variant in cause.variants:
        if holds(variant.when, seen, rule=rule, captures=verdict.captures):
            return variant
    return None


def with_captures(
    values: Mapping[str, str], captures: Mapping[str, str], facts: Facts, knowledge: Knowledge
) -> dict[str, str]:
    """Return the values for the placeholders: the caller's, then the reply's pieces, then what the facts hold."""
    filled = {name: value for name, value in captures.items() if value}
    filled.update({name: str(value) for name, value in values.items() if value})
    if facts.server:
        filled.setdefault("server", facts.server)
    if facts.port:
        filled.setdefault("port", str(facts.port))
    if "public_address" in filled:
        filled.setdefault("client_address", filled["public_address"])
    elif "client_address" in filled:
        filled["public_address"] = filled["client_address"]
    provider = knowledge.providers.get(facts.provider or "")
    if provider:
        filled.setdefault("provider_name", provider.name)
        if provider.submission_server:
            filled.setdefault("submission_server", provider.submission_server)
            filled.setdefault("submission_port", str(provider.submission_port))
    for address, domain in (("sender", "sender_domain"), ("recipient", "recipient_domain")):
        if "@" in filled.get(address, ""):
            filled.setdefault(domain, filled[address].rpartition("@")[2])
    if "recipient" in filled:
        filled.setdefault("recipients", filled["recipient"])
    reply = " ".join(str(part) for part in (facts.code, facts.enhanced, facts.text.strip()) if part)
    if reply:
        filled.setdefault("reply", render(" ".join(reply.split()), limit=MAX_REPLY_IN_TEXT))
    return filled


def fill_text(template: str, values: Mapping[str, str], knowledge: Knowledge) -> str:
    """Return a sentence with its placeholders filled, its first letter a capital."""
    text = templates.fill(template, values, knowledge.stand_in_words)
    stands_in = any(text.startswith(words) for words in knowledge.stand_in_words.values())
    return text[:1].upper() + text[1:] if stands_in else text


def _is_specific(fix: FixText) -> bool:
    when = fix.when
    return bool(when.provider or when.enhanced or when.any_words or when.signs)
