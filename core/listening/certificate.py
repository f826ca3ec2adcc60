"""The certificate and TLS context of the listening server.

The certificate is made at each start for this computer's names and addresses, and vouches only for itself: a device
that takes it verifies nothing, and a device that refuses it says so. The context takes everything that this
computer's OpenSSL still can, from TLS 1.0 and without security level: it is for seeing old devices, never for mail.
"""

from __future__ import annotations

import ssl
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization

from core.practice.certificates import self_signed
from core.resource_files import resource_path
from core.session.tls import HandshakeTrace

_CIPHERS = "ALL:!aNULL:!eNULL:@SECLEVEL=0"
"""All that OpenSSL has, but for suites without certificate: whether the device looks at it is what is to be seen.

Those with finite-field Diffie-Hellman, which some old devices insist on, need its group: ffdhe2048 (RFC 7919, A.1).
"""


class SeenConnection(ssl.SSLObject):
    """A TLS connection that remembers what passed in its handshake; `sni` is the server name asked for."""

    trace: HandshakeTrace
    sni: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The context, what the certificate is for, and its SHA-256 fingerprint in hexadecimal."""

    context: ssl.SSLContext
    names: tuple[str, ...]
    sha256: str


def make_identity(names: tuple[str, ...], addresses: tuple[str, ...]) -> Identity:
    """Return a fresh identity for host `names` and numeric `addresses`; takes up to a second (an RSA key is made)."""
    certificate, key = self_signed(names, addresses)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The standard library reads a key only from a file; it lives for a moment, in a folder for this user alone.
    with tempfile.TemporaryDirectory(prefix="sendproof-", ignore_cleanup_errors=True) as folder:
        chain = Path(folder, "listen.pem")
        chain.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(chain)
    context.set_ciphers(_CIPHERS)
    context.load_dh_params(str(resource_path("tls", "ffdhe2048.pem")))  # Windows takes no Path here
    with warnings.catch_warnings():
        # TLS 1.0 and 1.1 are deprecated: seeing who still needs them is what this is for.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.num_tickets = 0  # no device comes back to resume
    context.sslobject_class = SeenConnection
    context.sni_callback = _remember_name
    # Private in CPython (3.8 to 3.14 have it); where it is missing, OpenSSL's error still names a received alert.
    setattr(context, "_msg_callback", _trace)  # noqa: B010
    return Identity(context, (*names, *addresses), certificate.fingerprint(hashes.SHA256()).hex())


def _remember_name(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    if isinstance(connection, SeenConnection):
        connection.sni = name


def _trace(connection: object, direction: str, version: object, content: object, message: object, data: bytes) -> None:
    trace = getattr(connection, "trace", None)
    if trace is not None and len(trace.alerts_received) + len(trace.alerts_sent) < 20:
        trace.record(connection, direction, version, content, message, data)
