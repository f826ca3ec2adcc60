"""Stages `banner`, `ehlo` and `ehlo-tls`: the greeting and the service extensions."""

from __future__ import annotations

import re
import time

from core.evidence.public_address import parse_public
from core.session.conversation import Conversation, Passed, StageFailed
from core.session.replies import Extensions, Reply, parse_extensions
from core.session.steps.answers import expect, unusual
from core.stages import Stage, StageStatus

_SLOW_GREETING = 5.0
"""Seconds after which a greeting is worth a remark: some devices give up by then."""

_MASKED = re.compile(r"(?=(?:[^*]*\*){5})[*\d\s]+")
"""A greeting of which a firewall left no word, only digits and spaces. A framed notice has many asterisks as well."""

_FALL_BACK_TO_HELO = frozenset({500, 501, 502, 504})
"""Replies to EHLO that mean "I don't know this command" (RFC 5321 §3.2, §4.1.1.1), not "I don't like you"."""


async def banner(talk: Conversation) -> Passed:
    """Wait for the greeting (RFC 5321 §3.1)."""
    began = time.monotonic()
    reply = await talk.line.greeting(talk.request.timeout)
    delay = time.monotonic() - began
    details = {"reply": reply.verbatim(), "delay_ms": round(delay * 1000, 1)}
    if _MASKED.fullmatch(reply.text):
        talk.observed.add("greeting-masked")
    expect(reply, {220}, "The server refused the connection with its greeting", details, strictly=True)
    expected = talk.place.endpoint.greets_as if talk.place.endpoint else ()
    first = reply.text.split(" ", 1)[0].rstrip(".").lower()
    if expected and "greeting-masked" not in talk.observed and not first.endswith(expected):
        talk.observed.add("foreign-greeting")
        talk.finding(
            "warning",
            "Another server may be answering",
            f"{talk.request.server} usually greets with a name ending in {' or '.join(expected)}, "
            f"but “{first}” answered. A firewall or provider may redirect mail traffic.",
            cause="smtp-inspection-interference",
        )
    if "greeting-masked" in talk.observed:
        talk.finding(
            "warning",
            "The greeting is masked with asterisks",
            "A firewall between here and the server rewrites SMTP (Cisco calls it ESMTP inspection).",
            cause="smtp-inspection-interference",
        )
        return Passed("The server greets, but its words are masked with asterisks.", details, StageStatus.WARNING)
    if unusual(talk, reply, {220}):
        return Passed("The server greets, in an unusual form.", details, StageStatus.WARNING)
    if delay > _SLOW_GREETING:
        talk.finding(
            "info",
            "The greeting comes late",
            f"It took {delay:.0f} seconds. Servers do that on purpose against spam; "
            "a device with a short time limit gives up.",
            topic="slow-greeting",
        )
    return Passed("The server greets.", details)


async def ehlo(talk: Conversation) -> Passed:
    """Introduce ourselves and read the extension list (RFC 5321 §4.1.1.1); HELO where EHLO is unknown."""
    name = talk.request.ehlo
    reply = await talk.line.command(f"EHLO {name}", talk.request.timeout)
    if reply.code in _FALL_BACK_TO_HELO and not talk.encrypted:
        return await _helo(talk, name, reply)
    return _read(talk, reply, name)


async def _helo(talk: Conversation, name: str, refusal: Reply) -> Passed:
    talk.note("EHLO is not understood: trying the older HELO.")
    reply = await talk.line.command(f"HELO {name}", talk.request.timeout)
    if not reply.positive:
        raise StageFailed(
            f"The server refuses both EHLO and HELO with the name {name}.",
            reply=reply if reply.code not in _FALL_BACK_TO_HELO else refusal,
            details={"name": name, "reply": refusal.verbatim(), "helo_reply": reply.verbatim()},
        )
    talk.before_tls = Extensions(greeting=reply.text)
    talk.finding(
        "warning",
        "The server only knows HELO",
        "Without EHLO there is neither encryption nor sign-in. A firewall that rewrites SMTP can be the reason.",
        topic="helo-fallback",
    )
    details = {"verb": "HELO", "name": name, "reply": refusal.verbatim(), "extensions": [], "mechanisms": []}
    return Passed("The server only knows HELO, so it offers no extensions.", details, StageStatus.WARNING)


async def ehlo_tls(talk: Conversation) -> Passed:
    """Ask again after TLS: only this list counts (RFC 3207 §4.2)."""
    reply = await talk.line.command(f"EHLO {talk.request.ehlo}", talk.request.timeout)
    return _read(talk, reply, talk.request.ehlo)


def _read(talk: Conversation, reply: Reply, name: str) -> Passed:
    details: dict[str, object] = {"verb": "EHLO", "name": name, "reply": reply.lines[0] if reply.lines else ""}
    expect(reply, {250}, f"The server refused the name {name}", details, strictly=True)
    found = parse_extensions(reply)
    stage = talk.transcript.stage
    if talk.encrypted:
        talk.after_tls = found
    else:
        talk.before_tls = found
    public = parse_public(found.public_address)  # a server in the same network sees a private address
    seen_as = str(public) if public else None
    if talk.gathering is not None:
        talk.gathering.public_address_seen(seen_as)
    details |= {
        "extensions": found.as_lines(),
        "mechanisms": list(found.mechanisms),
        "size_limit": found.size,
        "seen_as": found.public_address,
        "public_address": seen_as,
    }
    if found.masked:
        talk.observed.add("keywords-masked")
        talk.finding(
            "warning",
            "The extension list is overwritten with X",
            "A firewall between here and the server removes extensions such as STARTTLS from the list.",
            cause="smtp-inspection-interference",
        )
        return Passed("The server answers, but a firewall overwrote parts of its list.", details, StageStatus.WARNING)
    summary = f"The server answers and offers {_highlights(found, stage)}."
    if seen_as:
        summary += f" It sees this site as {seen_as}."
    if unusual(talk, reply, {250}):
        return Passed(summary, details, StageStatus.WARNING)
    return Passed(summary, details)


def _highlights(found: Extensions, stage: Stage) -> str:
    parts = []
    if found.offers("STARTTLS"):
        parts.append("STARTTLS")
    if found.mechanisms:
        parts.append("sign-in (" + ", ".join(mechanism.upper() for mechanism in found.mechanisms[:6]) + ")")
    elif stage is Stage.EHLO_TLS:
        parts.append("no sign-in")
    if found.size:
        parts.append(f"messages up to {found.size / 1_000_000:.0f} MB")
    return ", ".join(parts) or "no extension of interest"
