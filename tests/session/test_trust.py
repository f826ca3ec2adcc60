"""The trust decision: issuer, dates and name are three questions, each answered by itself, for each list of roots."""

import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.session import trust

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def make(name, *, issuer=None, ca=False, begin=-30, end=60, names=(), addresses=()):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begin * DAY)
        .not_valid_after(NOW + end * DAY)
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    entries = [x509.DNSName(entry) for entry in names] + [x509.IPAddress(entry) for entry in addresses]
    if entries:
        builder = builder.add_extension(x509.SubjectAlternativeName(entries), critical=False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def der(*pairs):
    return [certificate.public_bytes(serialization.Encoding.DER) for certificate, _ in pairs]


@pytest.fixture(scope="module")
def root():
    return make("Example Root", ca=True, begin=-900, end=900)


@pytest.fixture(scope="module")
def ca_file(root, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "root.pem"
    path.write_bytes(root[0].public_bytes(serialization.Encoding.PEM))
    return str(path)


def judge(chain, host="mail.example.com", **options):
    return trust.judge(der(*chain), host, now=NOW, **options)


def test_a_good_certificate(root, ca_file):
    judgement = judge([make("mail", issuer=root, names=["mail.example.com"])], ca_file=ca_file)
    assert judgement.trusted
    assert (judgement.by_file, judgement.by_system, judgement.by_mozilla) == (True, False, False)
    assert judgement.chain[0].names == ("mail.example.com",)
    assert judgement.chain[0].issuer == "Example Root"


def test_an_intermediate_is_followed(root, ca_file):
    middle = make("Example Issuing CA", issuer=root, ca=True)
    leaf = make("mail", issuer=middle, names=["mail.example.com"])
    assert judge([leaf, middle], ca_file=ca_file).trusted
    assert judge([leaf], ca_file=ca_file).problems == ("certificate-untrusted",)


def test_an_unknown_issuer(root):
    assert judge([make("mail", issuer=root, names=["mail.example.com"])]).problems == ("certificate-untrusted",)


def test_self_signed():
    assert judge([make("mail", names=["mail.example.com"])]).problems == ("certificate-self-signed",)


@pytest.mark.parametrize(("begin", "end", "problem"), [(-90, -1, "expired"), (1, 90, "not-yet-valid")])
def test_dates_are_a_question_of_their_own(root, ca_file, begin, end, problem):
    leaf = make("mail", issuer=root, names=["mail.example.com"], begin=begin, end=end)
    assert judge([leaf], ca_file=ca_file).problems == (f"certificate-{problem}",)


def test_an_expired_intermediate_is_no_unknown_issuer(root, ca_file):
    middle = make("Example Issuing CA", issuer=root, ca=True, begin=-400, end=-2)
    leaf = make("mail", issuer=middle, names=["mail.example.com"], begin=-100, end=60)
    assert judge([leaf, middle], ca_file=ca_file).problems == ("certificate-expired",)


def test_several_problems_the_weightiest_first(root, ca_file):
    leaf = make("mail", issuer=root, names=["other.example.com"], begin=-90, end=-1)
    assert judge([leaf], ca_file=ca_file).problems == ("certificate-expired", "certificate-name-mismatch")
    assert judge([leaf]).problems[0] == "certificate-untrusted"


@pytest.mark.parametrize(
    ("names", "host", "matches"),
    [
        (["mail.example.com"], "MAIL.example.com", True),
        (["*.example.com"], "mail.example.com", True),
        (["*.example.com"], "a.mail.example.com", False),
        (["*.example.com"], "example.com", False),
        (["*.com"], "example.com", False),
        (["mail.example.com"], "mail.example.org", False),
        (
            ["mail.protection.outlook.com", "*.mail.protection.outlook.com"],
            "contoso-com.mail.protection.outlook.com",
            True,
        ),
    ],
)
def test_names(names, host, matches):
    assert trust.name_matches(make("x", names=names)[0], host) is matches


def test_addresses_match_as_addresses_only():
    import ipaddress

    certificate = make("x", names=["192.0.2.7"], addresses=[ipaddress.ip_address("192.0.2.1")])[0]
    assert trust.name_matches(certificate, "192.0.2.1")
    assert not trust.name_matches(certificate, "192.0.2.7")


def test_the_common_name_alone_is_no_name():
    assert "certificate-name-mismatch" in judge([make("mail.example.com")]).problems


def test_trusted_by_this_computer_alone_is_told(root, monkeypatch):
    store = trust._store(der(root))
    monkeypatch.setattr(trust, "_system_store", lambda: store)
    judgement = judge([make("mail", issuer=root, names=["mail.example.com"])])
    assert judgement.trusted
    assert judgement.only_by_system


def test_rubbish_is_untrusted():
    assert trust.judge([b"not a certificate"], "mail.example.com").problems == ("certificate-untrusted",)
    assert trust.judge([], "mail.example.com").problems == ("certificate-untrusted",)


def spoilt(old, new):
    """Return a certificate for mail.example.com with `new` in the place of `old`."""
    (pair,) = der(make("mail.example.com", names=["mail.example.com"]))
    assert old in pair
    assert len(old) == len(new)
    return pair.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05"),  # version 6
        (b"\x0c\x10mail", b"\x0c\x10ma\xff\xfe"),  # a subject and issuer that is no UTF-8
        (b"\x82\x10mail", b"\xa5\x10mail"),  # an ediPartyName, which the library doesn't know
        (b"\x82\x10mail", b"\xa3\x10mail"),  # an x400Address
        (b"\x82\x10mail", b"\x82\x20mail"),  # a length beyond the end
    ],
)
def test_a_certificate_that_is_half_readable_is_judged_all_the_same(old, new, root):
    strange = spoilt(old, new)
    (good,) = der(make("mail", issuer=root, names=["mail.example.com"]))
    for chain in ([strange], [strange, good], [good, strange]):
        assert not trust.judge(chain, "mail.example.com", now=NOW).trusted


def test_an_odd_root_in_a_file_does_not_cost_the_others(root, tmp_path):
    odd = spoilt(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")
    good = root[0].public_bytes(serialization.Encoding.PEM).decode()
    path = tmp_path / "roots.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(odd) + good, encoding="ascii")
    judgement = judge([make("mail", issuer=root, names=["mail.example.com"])], ca_file=str(path))
    assert judgement.by_file


def test_names_in_a_certificate_are_harmless_and_bounded(root):
    leaf = make("evil\x1b[31m", issuer=root, names=[f"n{n}.example.com" for n in range(200)])
    facts = trust.facts_of(leaf[0])
    assert "\x1b" not in facts.subject
    assert len(facts.names) == trust.MAX_NAMES + 1
    assert facts.names[-1] == "… and 150 more"


def test_the_lists_of_roots_are_there():
    assert trust._mozilla_store() is not None
    assert trust._system_store() is not None
