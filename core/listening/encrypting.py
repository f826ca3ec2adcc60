"""TLS with a device: the handshake, and everything it shows whether it succeeds or not."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final, Literal

import msgspec

from core.listening.observation import Ended, TlsSeen
from core.listening.recorder import Recorder
from core.listening.tap import Tap
from core.session.tls import name_failure, negotiated
from core.stages import Stage

CERTIFICATE_ALERTS: Final = frozenset(
    {
        "bad_certificate",
        "unsupported_certificate",
        "certificate_revoked",
        "certificate_expired",
        "certificate_unknown",
        "unknown_ca",
    }
)
"""Alerts that say "I don't take your certificate" (RFC 8446 §6.2)."""


class Over(ConnectionResetError):
    """The session is over. A ConnectionResetError, since that is what ends aiosmtpd's command loop in good order."""

    def __init__(self, ended: Ended, text: str = "") -> None:
        super().__init__(text)
        self.ended: Ended = ended
        self.text = text


async def encrypt(
    tap: Tap,
    recorder: Recorder,
    context: ssl.SSLContext,
    how: Literal["starttls", "implicit"],
    limit: float,
    *,
    carry: bool = False,
) -> None:
    """Do the handshake within `limit` seconds and record what it shows. Raises Over where it fails.

    carry: what came already belongs to the handshake.
    """
    recorder.stage = Stage.TLS
    began = recorder.ms()
    failure: BaseException | None = None
    before = 0
    try:
        before = await tap.shake_hands(context, limit, carry=carry)
    except (OSError, asyncio.IncompleteReadError) as error:
        failure = error
    if before:
        recorder.problem("injected-before-tls")
        recorder.note(f"{before} octets came in plain text before the handshake; they were thrown away")
    recorder.tls = seen = _seen(tap, how, began, recorder.ms() - began, failure)
    if failure is None:
        recorder.encrypted = True
        recorder.note(f"TLS {seen.version}, {seen.cipher}" + (f", asks for {seen.sni}" if seen.sni else ", no SNI"))
        recorder.changed()
        return
    if tap.hello is not None and not tap.hello.is_tls:
        recorder.problem("plain-on-tls-port" if how == "implicit" else "not-tls-after-starttls")
    elif how == "implicit" and not seen.client_hello:
        recorder.problem("plain-on-tls-port")
    recorder.note(_words(seen))
    recorder.changed()
    raise Over("tls-failed", _words(seen))


def _seen(
    tap: Tap, how: Literal["starttls", "implicit"], began: float, duration: float, failure: BaseException | None
) -> TlsSeen:
    connection = tap.connection
    hello = tap.hello
    received = [alert for alert in tap.trace.alerts_received if alert != "close_notify"]
    sent = [alert for alert in tap.trace.alerts_sent if alert != "close_notify"]
    seen = TlsSeen(
        how=how,
        ms=began,
        client_hello=hello.octets.hex() if hello and hello.is_tls else "",
        duration_ms=round(duration, 1),
        sni=connection.sni[:255] if connection and connection.sni else None,
        alert=received[0] if received else None,
        alert_sent=sent[0] if sent else None,
    )
    if failure is None:
        assert connection is not None
        agreed = negotiated(connection)
        return msgspec.structs.replace(seen, completed=True, version=agreed.version, cipher=agreed.cipher)
    named = name_failure(failure, tap.trace)
    refused = bool(CERTIFICATE_ALERTS & set(received)) or named.tls_error == "client-refused-certificate"
    beyond_us = not received and named.tls_error in {"protocol-too-old", "no-shared-cipher"}
    return msgspec.structs.replace(
        seen,
        tls_error=named.tls_error,
        error=named.text,
        certificate="refused" if refused else "unknown",
        beyond_us=beyond_us,
        alert=seen.alert or _alert_in(named.text),
    )


def late_alerts(tap: Tap, seen: TlsSeen) -> TlsSeen:
    """Return `seen` with an alert that came after the handshake: some devices look at the certificate only then."""
    received = [alert for alert in tap.trace.alerts_received if alert != "close_notify"]
    if not seen.completed or not received or seen.alert:
        return seen
    refused = bool(CERTIFICATE_ALERTS & set(received))
    return msgspec.structs.replace(seen, alert=received[0], certificate="refused" if refused else seen.certificate)


def _alert_in(error: str) -> str | None:
    """Return the alert that OpenSSL's words name ("TLSV1_ALERT_UNKNOWN_CA"), where the trace did not see it."""
    head, found, tail = error.upper().replace(" ", "_").partition("ALERT_")
    del head
    return tail.split("]")[0].split(")")[0].strip("_").lower()[:40] or None if found else None


def _words(seen: TlsSeen) -> str:
    if seen.certificate == "refused":
        return f"the device refused our certificate (alert {seen.alert or 'of an unknown kind'})"
    if seen.alert:
        return f"the device ended the handshake (alert {seen.alert})"
    if seen.tls_error == "timed-out" and not seen.client_hello:
        return "no TLS came; the device probably waits for a greeting in plain text"
    if seen.tls_error == "wrong-version-number":
        return "what came is not TLS"
    if seen.beyond_us:
        return f"this computer’s OpenSSL can’t speak what the device offers ({seen.error})"
    return f"the handshake failed ({seen.error})"
