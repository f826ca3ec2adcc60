"""Stages `starttls` and `tls`: the switch to encryption, the handshake, and the trust decision."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import replace

from core.pathmtu.segments import largest_packet_received
from core.request import Security
from core.session import probing, tls, trust
from core.session.conversation import Conversation, Details, Passed, StageFailed
from core.session.steps.answers import expect
from core.stages import StageStatus

_SOON = dt.timedelta(days=14)
"""A certificate that ends within this time is worth a remark."""

_PROBLEMS = {
    "certificate-untrusted": "is signed by an issuer that nobody here trusts",
    "certificate-self-signed": "vouches only for itself",
    "certificate-expired": "is no longer valid",
    "certificate-not-yet-valid": "is not valid yet",
    "certificate-name-mismatch": "is for other names",
}


async def starttls(talk: Conversation) -> Passed:
    """Ask for encryption (RFC 3207 §4), if it is wanted and offered."""
    request = talk.request
    if request.implicit_tls:
        return Passed("Not needed: this port is encrypted from the first byte.", status=StageStatus.SKIPPED)
    offered = talk.extensions.offers("STARTTLS")
    if request.security is Security.NONE:
        if offered:
            talk.finding(
                "warning",
                "This conversation is not encrypted",
                "The server offers STARTTLS, but the check was told not to use it.",
                topic="not-encrypted",
            )
        return Passed("Not asked for: everything goes over the wire unencrypted.", status=StageStatus.SKIPPED)
    if not offered:
        expected = talk.place.endpoint is not None and bool(talk.place.endpoint.starttls)
        if expected:
            talk.observed.add("starttls-expected-here")
        needs_it = request.credentials is not None and not request.allow_plaintext_auth
        if request.security is Security.STARTTLS or needs_it:
            raise StageFailed("The server does not offer STARTTLS.", signs={"starttls-not-offered"})
        talk.finding(
            "warning",
            "The server offers no encryption",
            "STARTTLS is not in its list, so the message would go over the wire readable."
            + (" This service is known to offer it: something on the way may remove it." if expected else ""),
            cause="starttls-not-offered",
        )
        return Passed("The server does not offer encryption.", status=StageStatus.SKIPPED)
    reply = await talk.line.command("STARTTLS", request.timeout)
    details: Details = {"reply": reply.verbatim()}
    expect(reply, {220}, "The server lists STARTTLS and refuses it", details, strictly=True)
    if talk.line.bytes_before_handshake():
        details["injected"] = True
        talk.observed.add("injected-before-tls")
        talk.finding(
            "error",
            "Somebody spoke between STARTTLS and the handshake",
            "Unencrypted bytes came after the server's 220. They were thrown away; a device that believes them can be "
            "deceived (command injection, RFC 3207 §4.2).",
            topic="injected-before-tls",
        )
        return Passed("The server agrees to encrypt, but unasked bytes came with it.", details, StageStatus.WARNING)
    return Passed("The server agrees to encrypt.", details)


async def handshake(talk: Conversation) -> Passed:
    """Do the TLS handshake, then judge the certificate (RFC 8446, RFC 5280)."""
    request = talk.request
    trace = talk.tls_trace
    details: Details = {"limits": request.tls.describe() or None, "sni": request.tls.sni, "device": request.device}
    try:
        context = talk.tls_context or tls.context(request.tls, trace)
        await talk.line.handshake(context, request.server if request.tls.sni else None, request.timeout)
    except (OSError, ValueError) as error:
        raise await _failed(talk, error, trace, details) from None
    tls.stop_trace(context)
    connection = talk.line.ssl_object()
    assert connection is not None
    talk.negotiated = tls.negotiated(connection, trace)
    chain = tls.peer_chain(connection)
    judgement = trust.judge(chain, request.server, ca_file=request.ca_file)
    talk.judgement = judgement
    details |= {
        "version": talk.negotiated.version,
        "cipher": talk.negotiated.cipher,
        "bits": talk.negotiated.bits,
        "group": talk.negotiated.group,
        "verified": request.verify,
        "certificate_bytes": sum(len(certificate) for certificate in chain),
        "largest_packet": largest_packet_received(talk.line.transport),
        **judgement.as_details(),
    }
    talk.note(_certificate_note(talk, judgement))
    _remember(talk, judgement)
    return _judged(talk, judgement, details)


def _judged(talk: Conversation, judgement: trust.Judgement, details: Details) -> Passed:
    agreed = talk.negotiated.describe() if talk.negotiated else "TLS"
    if judgement.problems:
        problem = judgement.problems[0]
        sentence = f"The server's certificate {_PROBLEMS.get(problem, 'can not be trusted')}."
        if talk.request.verify:
            raise StageFailed(sentence, tls_error=problem, text=_certificate_words(judgement), details=details)
        talk.finding(
            "warning",
            "The certificate is not trusted",
            f"{sentence} {_certificate_words(judgement)} The check went on because it was told to, as most copiers do. "
            "No password is sent over such a connection unless that is allowed too.",
            cause=_cause_of(problem),
        )
        return Passed(f"Encrypted with {agreed}, but {sentence[0].lower()}{sentence[1:]}", details, StageStatus.WARNING)
    if judgement.only_by_system:
        issuer = judgement.chain[-1].issuer
        talk.finding(
            "warning",
            "Only this computer trusts the certificate",
            f"Its issuer “{issuer}” is in this computer's own list, but not in the public one. That is an inspection "
            "product or a private CA. A copier does not know this issuer and may refuse the connection.",
            cause="tls-interception",
        )
        return Passed(
            f"Encrypted with {agreed}, but only this computer's own list trusts the issuer “{issuer}”.",
            details,
            StageStatus.WARNING,
        )
    leaf = judgement.chain[0]
    if leaf.not_after - dt.datetime.now(dt.UTC) < _SOON:
        talk.finding(
            "info",
            "The certificate ends soon",
            f"It is valid until {leaf.not_after:%Y-%m-%d}. Usually it is renewed by itself.",
            topic="certificate-ends-soon",
        )
    limits = talk.request.tls.describe()
    like = f" (limited like the device: {limits})" if limits else ""
    if talk.request.device and not limits:
        talk.finding(
            "info",
            "Of this device's encryption nothing is known",
            f"No TLS limits of “{talk.request.device}” are on record, so this handshake offered all that this computer "
            "can. It does not prove that the device gets through.",
            topic="device-tls-unknown",
        )
    return Passed(f"Encrypted with {agreed}{like}; the certificate is trusted.", details)


def _certificate_note(talk: Conversation, judgement: trust.Judgement) -> str:
    agreed = talk.negotiated.describe() if talk.negotiated else "TLS"
    if not judgement.chain:
        return f"{agreed}; no readable certificate"
    leaf = judgement.chain[0]
    verdict = "trusted" if judgement.trusted else ", ".join(judgement.problems).replace("certificate-", "")
    return f"{agreed}; certificate {leaf.subject}, valid until {leaf.not_after:%Y-%m-%d}, {verdict}"


def _certificate_words(judgement: trust.Judgement) -> str:
    """Return who the certificate is for and who signed it, as evidence and for rules to look at."""
    if not judgement.chain:
        return "The server showed no certificate that can be read."
    leaf = judgement.chain[0]
    names = ", ".join(leaf.names[:5]) or leaf.subject
    return (
        f"Certificate for {names}; issuer {judgement.chain[-1].issuer}; "
        f"valid from {leaf.not_before:%Y-%m-%d} to {leaf.not_after:%Y-%m-%d}."
    )


def _remember(talk: Conversation, judgement: trust.Judgement) -> None:
    if talk.negotiated:
        talk.values["tls_version"] = f"TLS {talk.negotiated.version}"
        talk.values["tls_cipher"] = talk.negotiated.cipher
    if judgement.chain:
        leaf = judgement.chain[0]
        talk.values["certificate_issuer"] = judgement.chain[-1].issuer
        talk.values["certificate_names"] = ", ".join(leaf.names[:5]) or leaf.subject
        talk.values["certificate_expiry"] = f"{leaf.not_after:%Y-%m-%d}"
        talk.values["certificate_start"] = f"{leaf.not_before:%Y-%m-%d}"


def _cause_of(problem: str) -> str:
    return {
        "certificate-self-signed": "certificate-untrusted",
        "certificate-not-yet-valid": "certificate-expired",
    }.get(problem, problem)


async def _failed(talk: Conversation, error: BaseException, trace: tls.HandshakeTrace, details: Details) -> StageFailed:
    failure = tls.name_failure(error, trace)
    if trace.alerts_received:
        failure_text = f"{failure.text} (the server's alert: {', '.join(trace.alerts_received[:3])})"
    else:
        failure_text = failure.text
    talk.note(f"TLS handshake failed: {failure_text}")
    details |= {
        "error": failure_text,
        "alerts_received": trace.alerts_received[:10],
        "alerts_sent": trace.alerts_sent[:10],
        "server_hello_seen": trace.server_hello,
        "largest_packet": largest_packet_received(talk.line.transport),
    }
    if failure.tls_error in {"protocol-too-old", "no-shared-cipher"}:
        taken = await probing.find_out(talk.request, talk.server_address or "")
        details["server_would_take"] = [probe.as_details() for probe in taken]
        words = probing.describe(taken)
        if failure.tls_error == "no-shared-cipher" and not any(probe.taken for probe in taken):
            # The server refuses every offer, so a common cipher suite is not what is missing.
            failure = replace(failure, tls_error="alert")
        talk.note(words)
        failure_text = f"{failure_text}. {words}"
        talk.values["server_would_take"] = words
    summary = {
        "protocol-too-old": "No TLS version suits both sides.",
        "no-shared-cipher": "No cipher suite suits both sides.",
        "wrong-version-number": "What answers here does not speak TLS.",
        "closed": "The connection was closed during the handshake.",
        "reset": "The connection was reset during the handshake.",
        "timed-out": "The handshake went silent.",
    }.get(failure.tls_error, "The TLS handshake failed.")
    if isinstance(error, ssl.SSLError) and failure.tls_error == "wrong-version-number" and talk.request.implicit_tls:
        summary = "The server does not begin with TLS on this port."
    return StageFailed(
        summary, tls_error=failure.tls_error, os_error=failure.os_error, text=failure_text, details=details
    )
