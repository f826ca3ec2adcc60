"""Stage `auth`: sign-in by PLAIN, LOGIN, CRAM-MD5 or XOAUTH2 (RFC 4954).

What carries the user name or the secret never reaches the transcript: a phrase stands in its place. One mechanism
is tried, once: repeated tries with a wrong password lock accounts.
"""

from __future__ import annotations

import base64
import binascii
import json

from aiosmtplib.auth import auth_crammd5_verify, auth_login_encode, auth_plain_encode, auth_xoauth2_encode
from aiosmtplib.errors import SMTPAuthenticationError

from core.request import Credentials, Mechanism
from core.session.conversation import Conversation, Details, Passed, StageFailed
from core.session.replies import Reply
from core.session.steps.answers import expect, unusual
from core.session.transcript import render
from core.stages import StageStatus

_WITH_TLS = (Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.CRAM_MD5)
_WITHOUT_TLS = (Mechanism.CRAM_MD5, Mechanism.PLAIN, Mechanism.LOGIN)
"""On a readable connection the challenge-response mechanism goes first."""


async def sign_in(talk: Conversation) -> Passed:
    """Sign in, if credentials were given and the connection deserves them."""
    request = talk.request
    credentials = request.credentials
    offered = talk.extensions.mechanisms
    details: Details = {"offered": list(offered), "user": credentials.user if credentials else None}
    if credentials is None:
        return Passed("No sign-in was asked for.", details, StageStatus.SKIPPED)
    _insist_on_trust(talk, details)
    if not talk.extensions.offers("AUTH") and not offered:
        raise StageFailed("The server offers no sign-in.", signs={"auth-not-offered"}, details=details)
    mechanism = _choose(talk)
    details["mechanism"] = mechanism.value if mechanism else None
    if mechanism is None:
        wanted = "one for passwords" if request.mechanism is Mechanism.AUTO else request.mechanism.value.upper()
        raise StageFailed(
            f"For sign-in the server offers {', '.join(name.upper() for name in offered) or 'nothing'}, not {wanted}.",
            signs={"auth-mechanism-not-offered"},
            details=details,
        )
    talk.values["mechanism"] = mechanism.value.upper()
    reply = await _in_turn(talk, mechanism, credentials)
    details["reply"] = reply.verbatim()
    expect(reply, {235}, f"The server refused the sign-in of {credentials.user}", details, strictly=True)
    status = StageStatus.WARNING if unusual(talk, reply, {235}) else StageStatus.PASSED
    return Passed(f"Signed in as {credentials.user} ({mechanism.value.upper()}).", details, status)


def _insist_on_trust(talk: Conversation, details: Details) -> None:
    """Keep the secret back from a connection that others can read, or from a server that may be somebody else."""
    if talk.trusted or talk.request.allow_plaintext_auth:
        return
    if not talk.encrypted:
        raise StageFailed(
            "The password was not sent, because the connection is not encrypted.",
            signs={"starttls-not-offered"},
            details=details,
        )
    problems = talk.judgement.problems if talk.judgement else ("certificate-untrusted",)
    talk.finding(
        "warning",
        "The password was held back",
        "The server could be somebody else, so user name and password were not sent. To send them all the same for one "
        "check, allow sign-in over untrusted connections (--allow-plaintext-auth).",
        topic="password-held-back",
    )
    raise StageFailed(
        "The password was not sent, because the server's certificate is not trusted.",
        tls_error=problems[0],
        text="sign-in was held back",
        details=details,
    )


def _choose(talk: Conversation) -> Mechanism | None:
    offered = talk.extensions.mechanisms
    wanted = talk.request.mechanism
    if wanted is not Mechanism.AUTO:
        return wanted if wanted.value in offered else None
    order = _WITH_TLS if talk.encrypted else _WITHOUT_TLS
    return next((mechanism for mechanism in order if mechanism.value in offered), None)


async def _in_turn(talk: Conversation, mechanism: Mechanism, credentials: Credentials) -> Reply:
    """Hold the exchange when it is this check's turn; whoever waits hears how it ended."""
    if talk.turn is None:
        return await _exchange(talk, mechanism, credentials)
    await talk.turn.take(talk)
    reply: Reply | None = None
    try:
        reply = await _exchange(talk, mechanism, credentials)
    except StageFailed as failure:
        reply = failure.reply
        raise
    finally:
        talk.turn.answered(talk, reply)
    return reply


async def _exchange(talk: Conversation, mechanism: Mechanism, credentials: Credentials) -> Reply:
    user, secret = credentials.user, credentials.secret.reveal()
    match mechanism:
        case Mechanism.LOGIN:
            return await _login(talk, *auth_login_encode(user, secret))
        case Mechanism.CRAM_MD5:
            return await _cram_md5(talk, user, secret)
        case Mechanism.XOAUTH2:
            return await _xoauth2(talk, auth_xoauth2_encode(user, secret))
        case _:
            return await _plain(talk, auth_plain_encode(user, secret))


async def _plain(talk: Conversation, response: bytes) -> Reply:
    """PLAIN (RFC 4616) with the initial response of RFC 4954 §4; again after 334 where a server wants it so."""
    limit = talk.request.timeout
    reply = await talk.line.command(
        b"AUTH PLAIN " + response, limit, shown="AUTH PLAIN (user name and password hidden)"
    )
    if reply.code == 334:
        reply = await talk.line.command(response, limit, shown="(user name and password hidden)")
    return reply


async def _login(talk: Conversation, user: bytes, password: bytes) -> Reply:
    limit = talk.request.timeout
    reply = await talk.line.command("AUTH LOGIN", limit)
    if reply.code == 334:
        reply = await talk.line.command(user, limit, shown="(user name hidden)")
    if reply.code == 334:
        reply = await talk.line.command(password, limit, shown="(password hidden)")
    return reply


async def _cram_md5(talk: Conversation, user: str, secret: str) -> Reply:
    """CRAM-MD5 (RFC 2195): the password itself stays here."""
    limit = talk.request.timeout
    reply = await talk.line.command("AUTH CRAM-MD5", limit)
    if reply.code != 334:
        return reply
    try:
        response = auth_crammd5_verify(user, secret, reply.text.strip())
    except SMTPAuthenticationError:
        await talk.line.command("*", limit)  # RFC 4954 §4: cancels the exchange
        raise StageFailed("The server's challenge can't be read.", reply=reply, signs={"malformed-reply"}) from None
    return await talk.line.command(response, limit, shown="(answer to the challenge hidden)")


async def _xoauth2(talk: Conversation, response: bytes) -> Reply:
    """XOAUTH2 (Google, Microsoft): a refusal comes as a 334 with its reason, then the real reply."""
    limit = talk.request.timeout
    reply = await talk.line.command(
        b"AUTH XOAUTH2 " + response, limit, shown="AUTH XOAUTH2 (user name and token hidden)"
    )
    if reply.code == 334:
        if reason := _reason(reply.text):
            talk.note(f"The server's reason: {reason}")
        reply = await talk.line.command(b"", limit)
    return reply


def _reason(text: str) -> str:
    """Return the status and scope in a 334's base64 JSON, harmless to show; empty if there is none."""
    try:
        found = json.loads(base64.b64decode(text.strip()[:4096], validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    parts = [
        f"{key} {found[key]}" for key in ("status", "schemes", "scope", "error") if isinstance(found.get(key), str)
    ]
    return render(", ".join(parts), limit=200)
