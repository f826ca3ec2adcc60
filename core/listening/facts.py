"""What a device does, as rows of name and words: for the table of the window and for the written forms."""

from __future__ import annotations

from typing import NamedTuple

from core.listening.client_hello import HelloState
from core.listening.fingerprints import fingerprints
from core.listening.observation import MessageFacts, SessionSeen, SignIn
from core.listening.oddities import oddities
from core.listening.scene import Scene
from core.listening.tls_names import say_version
from core.listening.wording import duration, listed, megabytes

SHOWN_NAMES = 5


class Fact(NamedTuple):
    """One row. notable: worth a second look, shown stronger."""

    id: str
    name: str
    text: str
    notable: bool = False


ENDINGS = {
    "open": "still going on",
    "quit": "QUIT, as it should be",
    "closed": "it hung up without QUIT",
    "reset": "the connection was reset",
    "tls-failed": "in the TLS handshake",
    "timeout": "it went silent",
    "limit": "a bound of Sendproof was reached",
    "refused": "it was turned away",
    "stopped": "listening was stopped",
}


def facts_of(seen: SessionSeen) -> tuple[Fact, ...]:
    """Return what was seen of one session, in the order in which it happens; what was not reached has no row."""
    scene = Scene(seen)
    rows = [
        _introduction(seen),
        _encryption(scene),
        *_hello_rows(scene),
        _certificate(seen),
        *(_sign_in(attempt) for attempt in seen.sign_ins[-SHOWN_NAMES:]),
        *_envelope_rows(scene),
        *_message_rows(scene),
        _extensions(seen),
        _oddities(seen),
        _timing(scene),
        _retry(seen),
        _relay(seen),
        Fact("end", "Ended", seen.ended_text or ENDINGS.get(seen.ended, seen.ended)),
    ]
    return tuple(row for row in rows if row is not None)


def headline(seen: SessionSeen) -> str:
    """Return a session in a few words: the name the device gives itself, and how far it got."""
    if seen.messages:
        reached = "a message" if seen.messages == 1 else f"{seen.messages} messages"
    elif seen.envelopes:
        reached = "a sender, no message"
    elif seen.sign_ins:
        reached = "a sign-in only"
    elif seen.tls is not None:
        reached = "a TLS handshake" if seen.tls.completed else "a failed TLS handshake"
        if seen.tls.certificate == "refused":
            reached = "refused our certificate"
    else:
        reached = "a greeting" if seen.hello else "nothing said"
    return f"{seen.hello}: {reached}" if seen.hello else reached[:1].upper() + reached[1:]


def _introduction(seen: SessionSeen) -> Fact | None:
    if seen.hello is None:
        return None
    return Fact("hello", "Introduces itself as", f"{seen.hello_verb or 'EHLO'} {seen.hello}")


def _encryption(scene: Scene) -> Fact | None:
    tls = scene.seen.tls
    if tls is None:
        if "plain-on-tls-port" in scene.seen.problems:
            return Fact("encryption", "Encryption", "plain text where TLS has to begin", True)
        return Fact("encryption", "Encryption", "none", True) if scene.reached else None
    how = "STARTTLS" if tls.how == "starttls" else "TLS from the first octet"
    parts = [how]
    if scene.highest:
        parts.append(f"offers up to {say_version(scene.highest)}")
    if tls.completed and tls.version and tls.version != scene.highest:
        parts.append(f"{say_version(tls.version)} was agreed")
    if not tls.completed:
        parts.append(_failure(scene))
    old = scene.highest is not None and scene.highest not in {"1.2", "1.3"}
    return Fact("encryption", "Encryption", ", ".join(parts), old or not tls.completed)


def _failure(scene: Scene) -> str:
    tls = scene.seen.tls
    assert tls is not None
    if tls.certificate == "refused":
        return f"ended by the device ({tls.alert or 'no alert'})"
    if tls.alert:
        return f"the handshake failed: the device sent the alert {tls.alert}"
    if tls.beyond_us:
        return "the handshake failed here: this computer can’t speak what was offered"
    return f"the handshake failed{f': {tls.error}' if tls.error else ''}"


def _hello_rows(scene: Scene) -> list[Fact]:
    reading = scene.reading
    if reading is None:
        return []
    rows = []
    if reading.state not in {HelloState.COMPLETE, HelloState.INCOMPLETE}:
        rows.append(Fact("hello-problem", "TLS hello", reading.problem, True))
    hello = scene.hello
    if hello is None:
        return rows
    if hello.form == "sslv2":
        rows.append(Fact("hello-form", "TLS hello", "in the form of SSL 2.0", True))
    rows.append(Fact("sni", "Server name sent (SNI)", hello.sni if hello.sni is not None else "none"))
    names = [point.name for point in hello.real_suites]
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    rows.append(Fact("suites", "Cipher suites", f"{len(names)}: {shown}" if names else "none"))
    if hello.signature_schemes:
        schemes = [point.name for point in hello.signature_schemes if not point.grease]
        rows.append(Fact("signatures", "Signature algorithms", f"{len(schemes)}: {', '.join(schemes[:3])}, …"))
    if hello.alpn:
        rows.append(Fact("alpn", "ALPN", ", ".join(hello.alpn)))
    found = fingerprints(hello)
    if found is not None:
        rows.append(Fact("ja4", "Fingerprint JA4", found.ja4))
        rows.append(Fact("ja3", "Fingerprint JA3", found.ja3))
    return rows


def _certificate(seen: SessionSeen) -> Fact | None:
    if seen.tls is None:
        return None
    if seen.tls.certificate == "accepted":
        return Fact("certificate", "Checks the certificate", "no")
    if seen.tls.certificate == "refused":
        alert = f" ({seen.tls.alert})" if seen.tls.alert else ""
        return Fact("certificate", "Checks the certificate", f"yes: it refused ours, which nobody can know{alert}")
    if seen.tls.left_after_handshake:
        return Fact("certificate", "Checks the certificate", "perhaps: it hung up right after the handshake")
    return Fact("certificate", "Checks the certificate", "not known")


def _sign_in(attempt: SignIn) -> Fact:
    words = f"AUTH {attempt.mechanism}"
    if attempt.user:
        words += f" as {attempt.user}"
    remarks = []
    if not attempt.encrypted:
        remarks.append("before TLS")
    if attempt.truncated_at:
        remarks.append(f"password cut off after {attempt.truncated_at} characters")
    elif attempt.matches is True:
        remarks.append("the password you typed")
    elif attempt.matches is False:
        remarks.append("not the password you typed")
    if attempt.token_length is not None:
        remarks.append(f"token of {attempt.token_length} octets, not kept")
    elif attempt.password_length is not None:
        remarks.append(f"password of {attempt.password_length} octets, not kept")
    else:
        remarks.append("password not kept")
    if attempt.outcome in {"refused", "cancelled", "malformed", "cut"}:
        ends = {"refused": "refused", "cancelled": "broken off", "malformed": "against the rules", "cut": "unfinished"}
        remarks.append(ends[attempt.outcome])
    notable = not attempt.encrypted or attempt.matches is False
    return Fact("sign-in", "Signs in", f"{words} ({', '.join(remarks)})", notable)


def _envelope_rows(scene: Scene) -> list[Fact]:
    envelope = scene.envelope
    if envelope is None:
        return []
    sender = scene.sender or "<> (the empty sender)"
    differs = bool(scene.sender and scene.login and scene.sender.casefold() != scene.login.casefold())
    rows = [Fact("sender", "Sender", sender, differs or not scene.sender)]
    addresses = [recipient.address for recipient in envelope.recipients]
    if addresses:
        more = len(addresses) - SHOWN_NAMES
        words = ", ".join(addresses[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
        rows.append(Fact("recipients", "Recipient" if len(addresses) == 1 else "Recipients", words))
    size = megabytes(envelope.size) if envelope.size is not None else "no"
    rows.append(Fact("size", "Says the size beforehand", size))
    return rows


def _message_rows(scene: Scene) -> list[Fact]:
    message = scene.message
    if message is None:
        return []
    words = [megabytes(message.size)]
    names = [part.name or part.content_type for part in message.attachments]
    if names:
        count = f"{len(names)} attachment{'' if len(names) == 1 else 's'}"
        words.append(f"{count}: {', '.join(names[:SHOWN_NAMES])}{', …' if len(names) > SHOWN_NAMES else ''}")
    if message.terminator == "cut":
        words.append("broken off")
    rows = [Fact("message", "Message", ", ".join(words), message.terminator == "cut")]
    rows.append(_line_ends(message))
    if message.from_addresses:
        rows.append(Fact("from", "From header", ", ".join(message.from_addresses[:SHOWN_NAMES])))
    if message.missing:
        rows.append(Fact("missing", "Headers missing", ", ".join(message.missing), "From" in message.missing))
    if message.mailer:
        rows.append(Fact("mailer", "Software", message.mailer))
    return rows


def _line_ends(message: MessageFacts) -> Fact:
    odd = []
    if message.bare_lf:
        odd.append(f"{message.bare_lf} with LF alone")
    if message.bare_cr:
        odd.append(f"{message.bare_cr} with CR alone")
    if message.terminator == "lf":
        odd.append("the end of the message with LF alone")
    return Fact("line-ends", "Line ends", listed(odd) if odd else "CR LF, as it should be", bool(odd))


def _extensions(seen: SessionSeen) -> Fact | None:
    if not seen.extensions_used:
        return None
    return Fact("extensions", "Extensions used", ", ".join(seen.extensions_used))


def _oddities(seen: SessionSeen) -> Fact | None:
    found = oddities(seen)
    return Fact("oddities", "Oddities", "; ".join(found), True) if found else None


def _timing(scene: Scene) -> Fact:
    words = f"{scene.seen.duration_ms / 1000:.1f} s in all"
    slowest = scene.slowest
    if slowest is not None and (slowest.pause_ms or 0) >= 1000:
        words += f", longest pause {duration((slowest.pause_ms or 0) / 1000)} before {slowest.verb or 'a command'}"
    return Fact("timing", "Time", words, slowest is not None and (slowest.pause_ms or 0) > 60_000)


def _retry(seen: SessionSeen) -> Fact | None:
    if seen.retry is None:
        return None
    changed = {
        "without-tls": "without TLS",
        "with-tls": "with TLS",
        "implicit-tls": "with TLS from the first octet",
        "older-tls": "with older TLS",
        "without-sign-in": "without sign-in",
        "other-mechanism": "with another sign-in method",
        "helo": "with HELO",
        "other-sender": "with another sender",
        "other-recipient": "with other recipients",
        "other-port": "on another port",
    }
    how = listed([changed.get(word, word) for word in seen.retry.differs]) or "in the same way"
    words = f"{duration(seen.retry.after_s)} after session {seen.retry.of}, {how}"
    return Fact("retry", "Comes again", words, bool(seen.retry.differs))


def _relay(seen: SessionSeen) -> Fact | None:
    relay = seen.relay
    if relay is None:
        return None
    words = f"to {relay.server}, port {relay.port}"
    if relay.failed:
        words += f": {relay.failed}"
    elif relay.replies:
        words += f": {relay.replies[-1].text}"
    return Fact("relay", "Passed through", words, bool(relay.failed) or not relay.delivered)
