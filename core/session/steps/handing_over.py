"""Stages `data` and `message`: the message itself, only when it is really to be sent."""

from __future__ import annotations

import re

from core.session.conversation import Conversation, Details, Passed
from core.session.message import TestMessage
from core.session.steps.answers import expect, unusual
from core.stages import StageStatus

_NOT_ASKED = "Not asked for: nothing was sent."

_QUEUE_IDS = (
    re.compile(r"queued as ([A-Za-z0-9.-]{4,64})"),  # Postfix
    re.compile(r"\bid=([A-Za-z0-9-]{6,64})"),  # Exim
    re.compile(r"^Ok ([0-9a-f-]{40,80})"),  # Amazon SES
    re.compile(r"^OK\s+(?:\d+ )?([A-Za-z0-9._-]{10,80}) - gsmtp"),  # Google
    re.compile(r"^([A-Za-z0-9]{10,20}) Message accepted for delivery"),  # Sendmail
    re.compile(r"<([^<>\s@]{4,120}@[^<>\s]{3,120})>"),  # Exchange: the Message-ID
)
_INTERNAL_ID = re.compile(r"InternalId=(\d{6,24})")
_HOSTNAME = re.compile(r"Hostname=([A-Za-z0-9.-]{4,120})")


async def data(talk: Conversation) -> Passed:
    """Ask to hand the message over (RFC 5321 §4.1.1.4)."""
    if not talk.request.send:
        return Passed(_NOT_ASKED, status=StageStatus.SKIPPED)
    reply = await talk.line.command("DATA", talk.request.timeout)
    details: Details = {"reply": reply.verbatim()}
    expect(reply, {354}, "The server does not want the message", details, strictly=True)
    return Passed("The server is ready for the message.", details)


async def message(talk: Conversation, content: TestMessage | None) -> Passed:
    """Hand `content` over (None: nothing is to be sent); keep what a message trace needs from the final reply."""
    if content is None:
        return Passed(_NOT_ASKED, status=StageStatus.SKIPPED)
    talk.values["check_id"] = content.check_id
    talk.values["message_id"] = content.message_id
    talk.note(f"Sending test message {content.check_id} ({content.size:,} bytes)")
    reply = await talk.line.content(content, talk.request.timeout)
    ids = trace_ids(reply.text)
    details: Details = {
        "reply": reply.verbatim(),
        "check_id": content.check_id,
        "message_id": content.message_id,
        "size": content.size,
        **ids,
    }
    expect(reply, {250}, "The server refused the message", details)
    talk.values |= {name: value for name, value in ids.items() if value}
    known = ids["internal_id"] or ids["queue_id"]
    status = StageStatus.WARNING if unusual(talk, reply, {250}) else StageStatus.PASSED
    its_id = f" (its id: {known})" if known else ""
    return Passed(f"The server accepted test message {content.check_id}{its_id}.", details, status)


def trace_ids(text: str) -> dict[str, str | None]:
    """Return queue_id, internal_id and internal_host that the final reply names, None for what it does not.

    Microsoft's reply holds ``[InternalId=…, Hostname=…]``; with it, support finds the message in a trace.
    """
    internal, host = _INTERNAL_ID.search(text), _HOSTNAME.search(text)
    queue = next((match[1] for pattern in _QUEUE_IDS if (match := pattern.search(text))), None)
    return {
        "queue_id": queue,
        "internal_id": internal[1] if internal else None,
        "internal_host": host[1] if host else None,
    }
