"""Stages `mail-from` and `rcpt-to`: who sends, and who shall receive. Here a server decides about permission."""

from __future__ import annotations

from core.addresses import Mailbox
from core.session.conversation import Conversation, Details, Passed, StageFailed
from core.session.message import message_size
from core.session.replies import Reply
from core.session.steps.answers import expect, unusual
from core.session.transcript import render
from core.session.wire import WireError
from core.stages import StageStatus


async def mail_from(talk: Conversation) -> Passed:
    """Name the reverse-path (RFC 5321 §4.1.1.2), with SIZE (RFC 1870) and SMTPUTF8 (RFC 6531) where they apply."""
    request = talk.request
    extensions = talk.extensions
    details: Details = {"sender": request.sender.text}
    parameters = ""
    if request.needs_smtputf8:
        if not extensions.offers("SMTPUTF8"):
            raise StageFailed(
                "An address has letters outside ASCII, and the server does not offer SMTPUTF8.",
                signs={"smtputf8-not-offered"},
                details=details,
            )
        parameters += " SMTPUTF8"
    if extensions.offers("SIZE") and (request.send or request.attach_size):
        size = message_size(request)
        details["size"] = size
        if extensions.size and size > extensions.size:
            raise StageFailed(
                f"The message has {_mb(size)}, the server takes at most {_mb(extensions.size)}.",
                signs={"size-exceeded"},
                details=details,
            )
        parameters = f" SIZE={size}" + parameters
    reply = await talk.line.command(f"MAIL FROM:<{request.sender.wire}>{parameters}", request.timeout)
    details["reply"] = reply.verbatim()
    expect(reply, {250}, f"The server refused the sender {request.sender.text}", details)
    status = StageStatus.WARNING if unusual(talk, reply, {250}) else StageStatus.PASSED
    return Passed(f"The server takes {request.sender.text} as sender.", details, status)


async def rcpt_to(talk: Conversation) -> Passed:
    """Name each forward-path (RFC 5321 §4.1.1.3) and keep the answer to each."""
    request = talk.request
    answers: list[tuple[Mailbox, Reply]] = []
    odd = False
    for recipient in request.recipients:
        try:
            reply = await talk.line.command(f"RCPT TO:<{recipient.wire}>", request.timeout)
        except WireError as error:
            raise StageFailed.by_wire(error, _listed(talk, answers)) from None
        answers.append((recipient, reply))
        odd = (reply.positive and unusual(talk, reply, {250, 251})) or odd
        if reply.code == 421:
            break  # the server closes the connection with this (RFC 5321 §3.8)
    details = _listed(talk, answers)
    refused = [(recipient, reply) for recipient, reply in answers if not reply.positive]
    if not refused:
        who = f"{answers[0][0].text} as recipient" if len(answers) == 1 else f"all {len(answers)} recipients"
        return Passed(f"The server takes {who}.", details, StageStatus.WARNING if odd else StageStatus.PASSED)
    raise _refusal(talk, answers, refused, details)


def _listed(talk: Conversation, answers: list[tuple[Mailbox, Reply]]) -> Details:
    return {
        "recipients": [
            {
                "address": recipient.text,
                "accepted": reply.positive,
                "external": talk.request.is_external(recipient),
                "code": reply.code,
                "enhanced": reply.enhanced,
                "text": render(talk.clean(reply.text), limit=500),
            }
            for recipient, reply in answers
        ]
    }


def _refusal(
    talk: Conversation,
    answers: list[tuple[Mailbox, Reply]],
    refused: list[tuple[Mailbox, Reply]],
    details: Details,
) -> StageFailed:
    """Choose the refusal that says most (a permanent one before a transient one), and what the others add."""
    recipient, reply = min(refused, key=lambda answer: answer[1].transient)
    accepted = [answer for answer in answers if answer[1].positive]
    signs = set()
    if accepted:
        signs.add("some-recipients-accepted")
        inside = any(not talk.request.is_external(mailbox) for mailbox, _ in accepted)
        if inside and all(talk.request.is_external(mailbox) for mailbox, _ in refused):
            signs.add("external-recipient-refused")
            talk.finding(
                "warning",
                "Recipients inside are accepted, outside are refused",
                "The server takes mail for its own domain from here, but does not pass it on to others. "
                "That is Direct Send or an inbound server, not a relay.",
                topic="internal-only",
            )
    talk.values["recipient"] = recipient.text
    if reply.code < 400:
        summary = f"The server answered {reply.code} to the recipient {recipient.text}, which makes no sense here."
        return StageFailed(summary, reply=reply, signs=signs | {"unexpected-reply"}, details=details)
    who = f"the recipient {recipient.text}" if len(refused) == 1 else f"{len(refused)} of {len(answers)} recipients"
    codes = f"{reply.code} {reply.enhanced or ''}".strip()
    return StageFailed(f"The server refused {who}: {codes}.", reply=reply, signs=signs, details=details)


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
