"""Throw-away certificates for practice servers: a root, and a leaf that is good or wrong in one known way.

Nothing here is ever trusted by anything but a check that is handed the root's file.
"""

from __future__ import annotations

import ipaddress
import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core.practice.model import CertificateKind, KeyKind, Scenario, TlsVersion

ROOT_NAME = "Sendproof Practice Root"
UNKNOWN_NAME = "Sendproof Practice Unknown Root"
_YEAR = timedelta(days=365)
_VERSIONS = {
    TlsVersion.V1_0: ssl.TLSVersion.TLSv1,
    TlsVersion.V1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.V1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.V1_3: ssl.TLSVersion.TLSv1_3,
}

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def server_context(scenario: Scenario, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the server's TLS context and the file (PEM) of the root that signs its good certificates.

    Both files are written to `folder`, which should be readable by this user alone. With a certificate that is
    self-signed or from an unknown CA, the root is there and did not sign it.
    """
    now = datetime.now(UTC)
    kind = scenario.tls.certificate
    unknown = kind is CertificateKind.UNKNOWN_CA
    root = _authority(scenario.tls.issuer or (UNKNOWN_NAME if unknown else ROOT_NAME), now)
    ca_file = folder / "root.pem"
    key: _Key = (
        ec.generate_private_key(ec.SECP256R1())
        if scenario.tls.key is KeyKind.EC
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    names = scenario.tls.names or (scenario.server,)
    if kind is CertificateKind.SELF_SIGNED:
        chain = [_leaf(names, key, None, now, kind)]
    else:
        chain = [_leaf(names, key, root, now, kind)]
    trusted = root
    if unknown:
        chain.append(root.certificate)
        trusted = _authority(ROOT_NAME, now)
    ca_file.write_bytes(trusted.certificate.public_bytes(serialization.Encoding.PEM))
    chain_file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain_file.write_bytes(
        private + b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    )
    return _context(scenario, chain_file), ca_file


def self_signed(names: tuple[str, ...], addresses: tuple[str, ...]) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """Return a certificate for host `names` and numeric `addresses` that vouches only for itself, with its key.

    RSA with 2048 bits, since old devices know nothing newer; valid for sixty days.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    more = tuple(ipaddress.ip_address(address.split("%", 1)[0]) for address in addresses)
    return _leaf(names, key, None, datetime.now(UTC), CertificateKind.SELF_SIGNED, more), key


def _context(scenario: Scenario, chain_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_file)
    if scenario.tls.ciphers:
        context.set_ciphers(scenario.tls.ciphers)
    with warnings.catch_warnings():
        # TLS 1.0 and 1.1 are deprecated, and here on purpose: to be the old server that others only read about.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[scenario.tls.minimum]
        context.maximum_version = _VERSIONS[scenario.tls.maximum]
    return context


def _authority(name: str, now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    certificate = (
        _builder(subject, subject, key, now - 3 * _YEAR, now + 5 * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Authority(certificate, key)


def _leaf(
    names: tuple[str, ...],
    key: _Key,
    issuer: _Authority | None,
    now: datetime,
    kind: CertificateKind,
    addresses: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...] = (),
) -> x509.Certificate:
    begin, end = now - timedelta(days=30), now + timedelta(days=60)
    if kind is CertificateKind.EXPIRED:
        begin, end = now - timedelta(days=120), now - timedelta(days=30)
    elif kind is CertificateKind.NOT_YET_VALID:
        begin, end = now + timedelta(days=30), now + timedelta(days=120)
    subject = _name(names[0])
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    if kind is not CertificateKind.OTHER_NAME:
        # A device that is pointed at this computer by address or as localhost sees a fitting name, too.
        alternatives += [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
            *(x509.IPAddress(address) for address in addresses if not address.is_loopback),
        ]
    issuer_key = issuer.key if issuer else key
    return (
        _builder(subject, issuer.certificate.subject if issuer else subject, key, begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _Key, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    # RFC 5280, appendix A: a common name has at most 64 characters; the names that count are in the extension.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        # RSA key exchange without (EC)DHE, which old devices use, needs keyEncipherment (RFC 5246 §7.4.2).
        key_encipherment=not signs_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
