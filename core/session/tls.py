"""TLS: contexts with a device's limits, what a handshake showed, and failed handshakes named.

The handshake itself trusts nobody: the certificate is judged afterwards (`core.session.trust`), so that an
untrusted one is evidence and not just an error. Nothing secret is sent before that judgement.
"""

from __future__ import annotations

import re
import ssl
import warnings
from dataclasses import dataclass, field

from core.request import TlsLimits
from core.session import os_errors

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_NAMES = {"TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"}

_GROUPS = {
    0x0017: "secp256r1",
    0x0018: "secp384r1",
    0x0019: "secp521r1",
    0x001D: "x25519",
    0x001E: "x448",
    0x0100: "ffdhe2048",
    0x0101: "ffdhe3072",
    0x0102: "ffdhe4096",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
}
"""Named groups of the IANA registry "TLS Supported Groups" (RFC 8446 §4.2.7) that mail servers use."""

_ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""Alert descriptions of RFC 8446 §6."""


_REASONS = {
    "wrong-version-number": (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "UNKNOWN_PROTOCOL",
        "PACKET_LENGTH_TOO_LONG",
        "BAD_RECORD_TYPE",
        "RECORD_LAYER_FAILURE",
    ),
    "protocol-too-old": (
        "UNSUPPORTED_PROTOCOL",
        "PROTOCOL_VERSION",
        "VERSION_TOO_LOW",
        "NO_PROTOCOLS_AVAILABLE",
        "INAPPROPRIATE_FALLBACK",
    ),
    "no-shared-cipher": (
        "HANDSHAKE_FAILURE",
        "INSUFFICIENT_SECURITY",
        "NO_SHARED_CIPHER",
        "NO_CIPHERS_AVAILABLE",
        "DH_KEY_TOO_SMALL",
        "EE_KEY_TOO_SMALL",
        "MD_TOO_WEAK",
        "WRONG_SIGNATURE_TYPE",
        "LEGACY_SIGALG",
        "WRONG_CIPHER_RETURNED",
        "NO_SUITABLE",
        "BAD_ECPOINT",
        "UNSUPPORTED_ELLIPTIC_CURVE",
        "UNSAFE_LEGACY_RENEGOTIATION",
    ),
    "client-refused-certificate": (
        "ALERT_BAD_CERTIFICATE",
        "ALERT_UNKNOWN_CA",
        "ALERT_CERTIFICATE_",
        "ALERT_UNSUPPORTED_CERTIFICATE",
    ),
    "closed": ("UNEXPECTED_EOF", "EOF_OCCURRED"),
    "reset": ("CONNECTION_RESET",),
    "alert": ("ALERT",),
}
"""OpenSSL's reason names (stable; openssl/sslerr.h) by the word they mean, asked in this order."""


@dataclass(slots=True)
class HandshakeTrace:
    """What passed in a handshake, as far as OpenSSL tells: alerts both ways, the server's hello, the group."""

    alerts_received: list[str] = field(default_factory=list)
    alerts_sent: list[str] = field(default_factory=list)
    server_hello: bool = False
    group: str | None = None

    def record(
        self, _conn: object, direction: str, _version: object, content: object, message: object, data: bytes
    ) -> None:
        """Take one message from OpenSSL. Never raises: this is evidence beside the handshake."""
        kind = getattr(content, "name", "")
        if kind == "ALERT" and len(data) >= 2:
            name = _ALERTS.get(data[1], f"alert {data[1]}")
            (self.alerts_received if direction == "read" else self.alerts_sent).append(name)
        elif kind == "HANDSHAKE" and direction == "read":
            name = getattr(message, "name", "")
            if name == "SERVER_HELLO":
                self.server_hello = True
                self.group = _group_of_server_hello(data) or self.group
            elif name == "SERVER_KEY_EXCHANGE":
                self.group = _group_of_key_exchange(data) or self.group


def context(limits: TlsLimits, trace: HandshakeTrace | None = None) -> ssl.SSLContext:
    """Return a client context within `limits`, which checks nothing about the certificate.

    Limits below TLS 1.2 lower OpenSSL's security level for this context, since old versions need SHA-1 signatures.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    old = min(limits.maximum or "1.3", limits.minimum or "1.2") < "1.2"
    with warnings.catch_warnings():
        # Python calls TLS 1.0 and 1.1 deprecated. They are: talking as an old device does is what they are for here.
        warnings.simplefilter("ignore", DeprecationWarning)
        if limits.minimum or old:
            made.minimum_version = _VERSIONS[limits.minimum or "1.0"]
        if limits.maximum:
            made.maximum_version = _VERSIONS[limits.maximum]
    if limits.ciphers or old:
        level = ":@SECLEVEL=0" if old and "@SECLEVEL" not in limits.ciphers else ""
        made.set_ciphers((limits.ciphers or "DEFAULT") + level)
    if trace is not None:
        # Private in CPython (3.8 to 3.14 have it); where it is missing, the trace stays empty.
        setattr(made, "_msg_callback", trace.record)  # noqa: B010
    return made


def stop_trace(made: ssl.SSLContext) -> None:
    """Let OpenSSL tell nothing more: after the handshake it would report every single record."""
    if hasattr(made, "_msg_callback"):
        setattr(made, "_msg_callback", None)  # noqa: B010


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What the handshake agreed on: version "1.3", cipher suite, key exchange group (None if not to be had)."""

    version: str
    cipher: str
    bits: int
    group: str | None

    def describe(self) -> str:
        """Return it as a short phrase."""
        return f"TLS {self.version}, {self.cipher}" + (f", {self.group}" if self.group else "")


def negotiated(connection: ssl.SSLObject, trace: HandshakeTrace | None = None) -> Negotiated:
    """Return what `connection`, after its handshake, agreed on."""
    version = connection.version() or ""
    cipher = connection.cipher() or ("", "", 0)
    return Negotiated(_NAMES.get(version, version), cipher[0], cipher[2], trace.group if trace else None)


def peer_chain(connection: ssl.SSLObject) -> list[bytes]:
    """Return the certificates the server sent, leaf first, as DER. Empty if it sent none."""
    public = getattr(connection, "get_unverified_chain", None)  # Python 3.13 and newer
    if public is not None:
        return list(public())[:10]
    inner = getattr(connection, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        der = 0x0002  # _ssl.ENCODING_DER
        return [certificate.public_bytes(der) for certificate in (inner.get_unverified_chain() or [])[:10]]
    leaf = connection.getpeercert(binary_form=True)
    return [leaf] if leaf else []


@dataclass(frozen=True, slots=True)
class HandshakeFailure:
    """A failed handshake: `tls_error` is a word of TLS_ERRORS, `text` OpenSSL's or the system's own words."""

    tls_error: str
    text: str
    os_error: str | None = None


def name_failure(error: BaseException, trace: HandshakeTrace) -> HandshakeFailure:
    """Return what a failed handshake means. `trace` helps to tell "no common version" from "cut on the way"."""
    text = _text(error)
    received = set(trace.alerts_received)
    if isinstance(error, ssl.SSLError):
        reason = (getattr(error, "reason", None) or text).upper()
        return HandshakeFailure(_by_reason(reason, received, trace), text)
    if isinstance(error, TimeoutError):
        return HandshakeFailure("timed-out", "the handshake went silent", "timed-out")
    if received & {"protocol_version"}:
        return HandshakeFailure("protocol-too-old", text)
    if received & {"handshake_failure", "insufficient_security"}:
        return HandshakeFailure("no-shared-cipher", text)
    if isinstance(error, ConnectionError) and os_errors.number_of(error) is not None:
        return HandshakeFailure("reset", text, os_errors.classify(error))
    return HandshakeFailure("closed", text or "the connection was closed during the handshake")


def _by_reason(reason: str, received: set[str], trace: HandshakeTrace) -> str:
    """Map OpenSSL's reason (its error codes are stable names) to a word of TLS_ERRORS."""
    for word, names in _REASONS.items():
        if any(name in reason for name in names):
            if word == "wrong-version-number" and trace.server_hello:
                return "other"  # the peer did speak TLS before
            return word
    if "protocol_version" in received:
        return "protocol-too-old"
    if received & {"handshake_failure", "insufficient_security"}:
        return "no-shared-cipher"
    return "alert" if received else "other"


def _text(error: BaseException) -> str:
    """Return the error's words without Python's source position."""
    text = re.sub(r"\s*\(_ssl\.c:\d+\)", "", str(error)) or type(error).__name__
    return text[:300]


def _group_of_server_hello(data: bytes) -> str | None:
    """Return the group of the key_share extension (RFC 8446 §4.2.8) in a ServerHello with its 4-byte header."""
    try:
        position = 4 + 2 + 32
        position += 1 + data[position]  # legacy_session_id_echo
        position += 2 + 1  # cipher_suite, legacy_compression_method
        end = position + 2 + int.from_bytes(data[position : position + 2], "big")
        position += 2
        while position + 4 <= min(end, len(data)):
            kind = int.from_bytes(data[position : position + 2], "big")
            size = int.from_bytes(data[position + 2 : position + 4], "big")
            if kind == 0x0033 and size >= 2:
                return _group_name(int.from_bytes(data[position + 4 : position + 6], "big"))
            position += 4 + size
    except IndexError:
        pass
    return None


def _group_of_key_exchange(data: bytes) -> str | None:
    """Return the named curve of a TLS 1.2 ServerKeyExchange (RFC 8422 §5.4), None for finite-field groups."""
    if len(data) >= 7 and data[4] == 3:
        return _group_name(int.from_bytes(data[5:7], "big"))
    return None


def _group_name(number: int) -> str:
    return _GROUPS.get(number, f"group 0x{number:04x}")
