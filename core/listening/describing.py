"""What a device did, in plain words: the rows that window and terminal show for a session."""

from __future__ import annotations

from collections.abc import Iterator

from core.listening.client_hello import read_client_hello
from core.listening.fingerprints import fingerprints
from core.listening.observation import Envelope, MessageFacts, RelaySeen, Retry, SessionSeen, SignIn, TlsSeen
from core.listening.wording import duration, listed, megabytes

_DIFFERS = {
    "without-tls": "without encryption",
    "with-tls": "with encryption",
    "implicit-tls": "with TLS from the first byte",
    "older-tls": "with an older TLS version",
    "without-sign-in": "without sign-in",
    "other-mechanism": "with another sign-in method",
    "helo": "with HELO instead of EHLO",
    "other-sender": "with another sender",
    "other-recipient": "with another recipient",
    "other-port": "on another port",
}

_PROBLEMS = {
    "spoke-before-greeting": "It spoke before the greeting, which servers take for spam software.",
    "bare-lf-commands": "Its command lines end in a bare line feed instead of CRLF.",
    "bare-cr-commands": "Its command lines end in a bare carriage return instead of CRLF.",
    "tls-on-plain-port": "It began with TLS at once, as port 465 expects it; most other ports begin in plain text.",
    "plain-on-tls-port": "It waited for plain text where TLS begins with the first byte.",
    "not-tls-after-starttls": "After STARTTLS it sent something that is not TLS.",
    "http": "It speaks HTTP, so it is no mail client.",
    "overlong-line": "It sent a line longer than any server takes.",
    "no-ehlo-after-tls": "It did not repeat EHLO after STARTTLS (RFC 3207 §4.2 wants it).",
    "pipelined-without-asking": "It sent commands without waiting for the replies, before that was offered.",
    "auth-before-tls": "It signed in over an unencrypted connection.",
    "injected-before-tls": "It sent plain text between STARTTLS and the handshake.",
    "unknown-commands": "It sent lines that are no SMTP commands.",
    "lf-terminator": "It ended the message with bare line feeds; a strict server would wait for ever.",
    "null-bytes": "It sent zero bytes within its commands.",
    "no-quit": "It hung up without QUIT.",
    "path-without-brackets": "It sent an address without < and >.",
    "space-after-colon": "It put a space after “FROM:” or “TO:”, which strict servers refuse.",
}
"""Words of SessionSeen.problems as sentences."""

_ENDED = {
    "open": "still going on",
    "quit": "in good order, with QUIT",
    "closed": "the device hung up",
    "reset": "the device cut the connection",
    "tls-failed": "the TLS handshake failed",
    "timeout": "the device fell silent",
    "limit": "ended by Sendproof",
    "refused": "refused by Sendproof",
    "stopped": "listening was stopped",
}


def rows(seen: SessionSeen) -> list[tuple[str, str]]:
    """Return what is known of a session as label and text, in the order of the conversation."""
    return list(_rows(seen))


def problem_sentences(seen: SessionSeen) -> list[str]:
    """Return the oddities of a session as sentences."""
    return [_PROBLEMS[word] for word in seen.problems if word in _PROBLEMS]


def _rows(seen: SessionSeen) -> Iterator[tuple[str, str]]:
    if seen.hello is not None:
        yield "Introduces itself as", f"{seen.hello_verb} {seen.hello}"
    elif seen.tls is None:
        yield "Introduces itself as", "nothing came"
    yield from _encryption(seen)
    for attempt in seen.sign_ins[-3:]:
        yield "Signs in", sign_in_words(attempt)
    if not seen.sign_ins and seen.envelopes:
        yield "Signs in", "no"
    for envelope in seen.envelopes[:3]:
        yield from _envelope(envelope)
    if len(seen.envelopes) > 3:
        yield "More messages", str(len(seen.envelopes) - 3)
    if seen.extensions_used:
        yield "Extensions used", ", ".join(seen.extensions_used)
    if seen.relay is not None:
        yield "Passed through", relay_words(seen.relay)
    slow = max((command.pause_ms or 0.0 for command in seen.commands), default=0.0)
    if slow >= 2_000:
        yield "Longest pause", duration(slow / 1000)
    if seen.retry is not None:
        yield "Comes back", retry_words(seen.retry)
    if seen.ended != "open":
        text = f" ({seen.ended_text})" if seen.ended_text and seen.ended != "tls-failed" else ""
        yield "Ended", _ENDED[seen.ended] + text


def _encryption(seen: SessionSeen) -> Iterator[tuple[str, str]]:
    tls = seen.tls
    if tls is None:
        if seen.hello is not None:
            yield "Encryption", "none: everything came unencrypted"
        return
    how = "STARTTLS" if tls.how == "starttls" else "TLS from the first byte"
    offered = _offered(tls)
    agreed = f", agreed on TLS {tls.version} ({tls.cipher})" if tls.completed else ", and the handshake failed"
    yield "Encryption", f"{how}{offered}{agreed}"
    if tls.client_hello:
        yield "Server name sent (SNI)", tls.sni or "none"
        yield from _hello(tls.client_hello)
    yield "Checks the certificate", certificate_words(tls)
    if tls.error and tls.certificate != "refused":
        yield "Handshake", seen.ended_text or tls.error


def _offered(tls: TlsSeen) -> str:
    hello = read_client_hello(bytes.fromhex(tls.client_hello)).hello if tls.client_hello else None
    return f", offers up to {_version(hello.highest_version)}" if hello else ""


def _hello(octets: str) -> Iterator[tuple[str, str]]:
    """What the TLS hello offers beside its version, and the fingerprints of the software that made it."""
    reading = read_client_hello(bytes.fromhex(octets))
    if reading.problem:
        yield "TLS hello", reading.problem
    hello = reading.hello
    if hello is None:
        return
    if hello.form == "sslv2":
        yield "TLS hello", "in the form of SSL 2.0"
    names = [point.name for point in hello.real_suites]
    yield "Cipher suites", f"{len(names)}: {', '.join(names[:3])}{', …' if len(names) > 3 else ''}" if names else "none"
    schemes = [point.name for point in hello.signature_schemes or () if not point.grease]
    if schemes:
        shown = f"{', '.join(schemes[:3])}{', …' if len(schemes) > 3 else ''}"
        yield "Signature algorithms", f"{len(schemes)}: {shown}"
    if hello.alpn:
        yield "ALPN", ", ".join(hello.alpn[:5])
    found = fingerprints(hello)
    if found is not None:
        yield "Fingerprint JA4", found.ja4
        yield "Fingerprint JA3", found.ja3


def _version(version: str) -> str:
    return version if version.startswith("SSL") else f"TLS {version}"


def certificate_words(tls: TlsSeen) -> str:
    """Return whether the device verifies, as far as it can be known from a certificate that nobody vouches for."""
    if tls.certificate == "accepted":
        return "no: it took one that nobody vouches for"
    if tls.certificate == "refused":
        return f"yes: it refused ours, as it should (alert {tls.alert or 'of its own'})"
    if tls.left_after_handshake:
        return "probably: it hung up right after the handshake"
    return "not known"


def sign_in_words(attempt: SignIn) -> str:
    """Return one attempt to sign in as a phrase."""
    who = f" as {attempt.user}" if attempt.user else ""
    parts = []
    if attempt.password_length is not None:
        parts.append(f"password of {attempt.password_length} characters, not kept")
    if attempt.token_length is not None:
        parts.append(f"access token of {attempt.token_length} characters, not kept")
    if attempt.truncated_at is not None:
        parts.append(f"the first {attempt.truncated_at} characters of the one typed here: it is cut off")
    elif attempt.matches is not None:
        parts.append("the one typed here" if attempt.matches else "not the one typed here")
    if attempt.user_on_auth_line:
        parts.append("user name on the AUTH line")
    if not attempt.encrypted:
        parts.append("before encryption")
    if attempt.outcome not in {"accepted"}:
        parts.append(
            {"refused": "refused", "cancelled": "cancelled by the device", "malformed": "unreadable"}.get(
                attempt.outcome, "broken off"
            )
        )
    return f"AUTH {attempt.mechanism}{who}" + (f" ({'; '.join(parts)})" if parts else "")


def _envelope(envelope: Envelope) -> Iterator[tuple[str, str]]:
    yield "Sender", envelope.sender or "<> (the empty one)"
    if envelope.recipients:
        listed_ones = ", ".join(
            recipient.address + ("" if recipient.accepted else " (refused)") for recipient in envelope.recipients[:5]
        )
        more = len(envelope.recipients) - 5
        label = "Recipient" if len(envelope.recipients) == 1 else "Recipients"
        yield label, listed_ones + (f" and {more} more" if more > 0 else "")
    if envelope.size is not None or envelope.message is not None:
        yield "Says the size beforehand", megabytes(envelope.size) if envelope.size is not None else "no"
    if envelope.message is not None:
        yield "Message", message_words(envelope.message)
        yield from _oddities(envelope.message)


def relay_words(relay: RelaySeen) -> str:
    """Return where a session was passed on to, and the last word from there."""
    last = relay.failed or (relay.replies[-1].text if relay.replies else "")
    return f"to {relay.server} port {relay.port}{f': {last}' if last else ''}"


def message_words(message: MessageFacts) -> str:
    """Return size and attachments of a message as a phrase."""
    parts = [megabytes(message.size)]
    count = len(message.attachments)
    if count:
        names = ", ".join(
            f"{part.name or part.content_type} ({megabytes(part.size)})" for part in message.attachments[:5]
        )
        parts.append(f"{count} attachment{'' if count == 1 else 's'}: {names}")
    else:
        parts.append("no attachment")
    if message.terminator == "cut":
        parts.append("broken off in the middle")
    return ", ".join(parts)


def _oddities(message: MessageFacts) -> Iterator[tuple[str, str]]:
    ends = [f"{message.bare_lf:,} bare line feeds" if message.bare_lf else ""]
    ends.append(f"{message.bare_cr:,} bare carriage returns" if message.bare_cr else "")
    wrong = [text for text in ends if text]
    yield "Line ends", f"{listed(wrong)} among {message.crlf:,} right ones" if wrong else "as they should be (CRLF)"
    if message.missing:
        yield "Headers missing", ", ".join(message.missing)
    if message.from_addresses:
        yield "From header", ", ".join(message.from_addresses)
    if message.date_off_s is not None and abs(message.date_off_s) >= 120:
        way = "behind" if message.date_off_s < 0 else "ahead of"
        yield "Its clock", f"{duration(abs(message.date_off_s))} {way} this computer’s"
    if message.mailer:
        yield "Mail software", message.mailer


def retry_words(retry: Retry) -> str:
    """Return how a session follows an earlier one as a phrase."""
    how = [_DIFFERS[word] for word in retry.differs if word in _DIFFERS]
    after = f"{duration(retry.after_s)} after session {retry.of}"
    return f"{after}, {listed(how)}" if how else f"{after}, just the same"
