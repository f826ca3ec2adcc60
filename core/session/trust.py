"""Whether a server's certificate deserves trust, judged twice: by the operating system's roots and by Mozilla's.

A chain that only this computer's own list trusts was made by an inspection product or a private CA: a copier,
which has neither, would refuse it. Dates, name and issuer are separate questions here, so that each is answered
even when another is answered with no. Rules: RFC 5280 §6 (path), RFC 9525 §6 (name).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import ssl
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from core.session.transcript import render

MAX_NAMES = 50
"""So many names of a certificate are shown; some hosters put hundreds into one."""

_UNREADABLE = (
    ValueError,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for a certificate that it can't read, or for a part of one when that is asked for."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate in words. Dates are UTC. `names` are the subject alternative names, bounded."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime
    sha256: str

    def as_details(self) -> dict[str, object]:
        """Return the facts as they stand in the report."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "not_before": self.not_before.isoformat(timespec="seconds"),
            "not_after": self.not_after.isoformat(timespec="seconds"),
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """The trust decision. by_system, by_mozilla, by_file: does that list of roots trust the issuer?

    problems are words of TLS_ERRORS, the weightiest first; empty means trusted for this name, now. A chain that only
    the system trusts is no problem by itself: `only_by_system` says so.
    """

    chain: tuple[CertificateFacts, ...]
    by_system: bool
    by_mozilla: bool
    by_file: bool
    name_matches: bool
    problems: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether the certificate is trusted for this name."""
        return not self.problems

    @property
    def only_by_system(self) -> bool:
        """Whether nobody but this computer's own list trusts the issuer."""
        return self.by_system and not self.by_mozilla and not self.by_file

    def as_details(self) -> dict[str, object]:
        """Return the decision as it stands in the report."""
        return {
            "trusted": self.trusted,
            "trusted_by_system": self.by_system,
            "trusted_by_mozilla": self.by_mozilla,
            "trusted_by_file": self.by_file,
            "name_matches": self.name_matches,
            "problems": list(self.problems),
            "chain": [facts.as_details() for facts in self.chain],
        }


def judge(
    chain_der: Sequence[bytes], host: str, *, ca_file: str | None = None, now: dt.datetime | None = None
) -> Judgement:
    """Judge the chain a server sent (DER, leaf first) for `host`, a name in A-labels or an IP address.

    `ca_file` adds the roots in that PEM file. Never raises: a certificate that can't be read is untrusted.
    """
    now = now or dt.datetime.now(dt.UTC)
    chain = _load(chain_der)
    if not chain:
        return Judgement((), False, False, False, False, ("certificate-untrusted",))
    leaf = chain[0]
    begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    stores = (_system_store(), _mozilla_store(), _file_store(ca_file) if ca_file else None)
    verdicts = [_leads_to(chain, store, now) for store in stores]
    in_time = any(verdicts)
    if not in_time:
        # Dates are a question of their own: who would be trusted at a moment at which the certificate was valid?
        moments = (min(max(now, begin), end), begin + (end - begin) / 2)
        verdicts = [any(_leads_to(chain, store, moment) for moment in moments) for store in stores]
    by_system, by_mozilla, by_file = verdicts
    problems: list[str] = []
    if not any(verdicts):
        problems.append("certificate-self-signed" if _self_signed(leaf) else "certificate-untrusted")
    if now < leaf.not_valid_before_utc:
        problems.append("certificate-not-yet-valid")
    elif now > leaf.not_valid_after_utc:
        problems.append("certificate-expired")
    elif not problems and not in_time:
        problems.append("certificate-expired")  # not the leaf, but one of the chain
    matches = name_matches(leaf, host)
    if not matches:
        problems.append("certificate-name-mismatch")
    return Judgement(
        chain=tuple(facts_of(certificate) for certificate in chain),
        by_system=by_system,
        by_mozilla=by_mozilla,
        by_file=by_file,
        name_matches=matches,
        problems=tuple(problems),
    )


_ONE_AT_A_TIME = threading.RLock()
"""Several checks may run at once: the roots are read once, and Python's filters of warnings are no thread's own."""


@contextmanager
def _quietly() -> Iterator[None]:
    """Say nothing of odd certificates while others are read; one thread at a time, since the filters are shared."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


def warm_up() -> None:
    """Read the lists of roots, which takes some ten milliseconds once, so that no handshake has to wait for it."""
    with _ONE_AT_A_TIME:
        _warm_up()


@cache
def _warm_up() -> None:
    now = dt.datetime.now(dt.UTC)
    chain = [_throw_away_certificate(now)]
    for store in (_mozilla_store(), _system_store()):
        # Lists, algorithms and the verifier itself are only loaded when the first certificate is really judged.
        _leads_to(chain, store, now)


def _throw_away_certificate(now: dt.datetime) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    return (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def name_matches(certificate: x509.Certificate, host: str) -> bool:
    """Return whether `certificate` is for `host` (RFC 9525 §6.3: SAN only, a wildcard is the whole first label)."""
    names, addresses = _alternative_names(certificate)
    try:
        return ipaddress.ip_address(host.split("%", 1)[0]) in addresses
    except ValueError:
        pass
    wanted = host.rstrip(".").lower()
    parent = wanted.partition(".")[2]
    for name in names:
        pattern = name.rstrip(".").lower()
        if pattern == wanted or (pattern.startswith("*.") and "." in parent and pattern[2:] == parent):
            return True
    return False


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """Return what is worth telling about `certificate`, harmless to show."""
    names, addresses = _alternative_names(certificate)
    shown = [*names, *(str(address) for address in addresses)]
    if len(shown) > MAX_NAMES:
        shown = [*shown[:MAX_NAMES], f"… and {len(shown) - MAX_NAMES} more"]
    return CertificateFacts(
        subject=_name(certificate, of_issuer=False) or (shown[0] if shown else "(no name)"),
        issuer=_name(certificate, of_issuer=True) or "(no name)",
        names=tuple(render(name, limit=253) for name in shown),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _name(certificate: x509.Certificate, *, of_issuer: bool) -> str:
    """Return "common name (organisation)" of the subject or issuer, as far as they are given."""
    try:
        name = certificate.issuer if of_issuer else certificate.subject
        common = [str(part.value) for part in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
        organisation = [str(part.value) for part in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    except _UNREADABLE:
        return "(unreadable name)"
    if common and organisation and organisation[0] not in common[0]:
        return render(f"{common[0]} ({organisation[0]})", limit=200)
    return render((common or organisation or [""])[0], limit=200)


def _alternative_names(
    certificate: x509.Certificate,
) -> tuple[list[str], list[ipaddress.IPv4Address | ipaddress.IPv6Address]]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
        addresses = [
            value
            for value in found.get_values_for_type(x509.IPAddress)
            if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address)
        ]
    except _UNREADABLE:
        return [], []
    return names, addresses


def _load(chain_der: Iterable[bytes]) -> list[x509.Certificate]:
    chain = []
    with _quietly():
        for der in chain_der:
            try:
                chain.append(x509.load_der_x509_certificate(der))
            except _UNREADABLE:
                break
    return chain


def _self_signed(certificate: x509.Certificate) -> bool:
    try:
        return certificate.issuer == certificate.subject
    except _UNREADABLE:
        return False


def _leads_to(chain: Sequence[x509.Certificate], store: Store | None, moment: dt.datetime) -> bool:
    """Return whether `chain` leads to a root of `store` at `moment`, whatever names the leaf carries."""
    if store is None:
        return False
    names, addresses = _alternative_names(chain[0])
    subject: x509.DNSName | x509.IPAddress
    if names:
        subject = x509.DNSName(names[0].replace("*", "any", 1) if names[0].startswith("*.") else names[0])
    elif addresses:
        subject = x509.IPAddress(addresses[0])
    else:
        return False  # without alternative names nobody accepts it for any name (RFC 9525 §6.2)
    return _verifies(store, subject, chain, moment)


def _verifies(
    store: Store, subject: x509.DNSName | x509.IPAddress, chain: Sequence[x509.Certificate], moment: dt.datetime
) -> bool:
    # Private CAs rarely keep to the rules for public ones; the operating system accepts them all the same.
    anything = ExtensionPolicy.permit_all()
    issuers = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    leaves = anything.require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    builder = PolicyBuilder().store(store).time(moment).extension_policies(ca_policy=issuers, ee_policy=leaves)
    try:
        verifier = builder.build_server_verifier(subject)
    except ValueError:
        return False  # a name that is no host name, such as one with a space in it
    try:
        verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, *_UNREADABLE):
        return False
    return True


def _store(certificates: Iterable[bytes]) -> Store | None:
    loaded = []
    with _quietly():
        for der in certificates:
            try:
                loaded.append(x509.load_der_x509_certificate(der))
            except _UNREADABLE:
                continue  # one odd root must not cost all the others
    return Store(loaded) if loaded else None


@cache
def _mozilla_store() -> Store | None:
    return _file_store(certifi.where())


def _file_store(path: str) -> Store | None:
    """Return the roots in a PEM file, read again when the file has changed."""
    try:
        changed = Path(path).stat().st_mtime_ns
    except OSError:
        return None
    return _read_file(path, changed)


@lru_cache(maxsize=8)
def _read_file(path: str, _changed: int) -> Store | None:
    with _quietly():
        try:
            return Store(x509.load_pem_x509_certificates(Path(path).read_bytes()))
        except OSError:
            return None
        except _UNREADABLE:
            return _store(_ders(Path(path)))  # slower, one by one: an odd root must not cost all the others


@cache
def _system_store() -> Store | None:
    """Return the operating system's roots.

    Windows fetches public roots when first needed, so some may be missing there; those are in Mozilla's list too.
    """
    if sys.platform == "win32":
        found = [der for der, encoding, _ in ssl.enum_certificates("ROOT") if encoding == "x509_asn"]
        return _store(found)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    listed = context.get_ca_certs(binary_form=True)
    folder = ssl.get_default_verify_paths().capath
    if not listed and folder and Path(folder).is_dir():
        # A folder of hashed files is only read on demand by OpenSSL, and never listed.
        listed = [
            ssl.PEM_cert_to_DER_cert(block)
            for path in sorted(Path(folder).glob("*.pem"))
            for block in _pem_blocks(path)
        ]
    return _store(listed)


def _ders(path: Path) -> Iterable[bytes]:
    for block in _pem_blocks(path):
        with contextlib.suppress(ValueError):  # no base64
            yield ssl.PEM_cert_to_DER_cert(block)


def _pem_blocks(path: Path) -> list[str]:
    end = "-----END CERTIFICATE-----"
    try:
        text = path.read_text("ascii", "ignore")
    except OSError:
        return []
    return [part[part.index("-----BEGIN") :] + end for part in text.split(end) if "-----BEGIN CERTIFICATE" in part]
