"""Settings: what fits becomes a request, what does not is named by field, and no control character gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import AddressProblem, parse_ehlo_name, parse_host, parse_mailbox, port_number
from core.request import DeviceLimits, FormValues, Mechanism, Security, TlsLimits, parse
from core.secret import Secret
from core.stages import Stage

GOOD = {"server": "smtp.office365.com", "sender": "scanner@contoso.com", "recipients": ("office@contoso.com",)}


def errors(**values):
    return {problem.field: problem.text for problem in parse(FormValues(**{**GOOD, **values})).errors}


def request(**values):
    parsed = parse(FormValues(**{**GOOD, **values}))
    assert parsed.request is not None, parsed.problems
    return parsed.request


def hints(**values):
    return {p.field for p in parse(FormValues(**{**GOOD, **values})).problems if p.severity == "hint"}


def test_the_least_that_is_needed():
    made = request()
    assert (made.server, made.port, made.security, made.send) == ("smtp.office365.com", 587, Security.AUTO, False)
    assert made.ehlo
    assert not made.implicit_tls
    assert made.credentials is None


def test_an_empty_form_names_each_field_that_is_missing():
    assert set(errors(server="", sender="", recipients=())) == {"server", "sender", "recipients"}


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" SMTP.Office365.com. ", "smtp.office365.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("192.0.2.10", "192.0.2.10"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("contoso-com.mail.protection.outlook.com", "contoso-com.mail.protection.outlook.com"),
        ("mail_relay", "mail_relay"),
    ],
)
def test_server_names(typed, host):
    assert parse_host(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a b",
        "http://mail.example.com",
        "me@example.com",
        "mail.example.com:25",
        "300.1.2.3",
        "-x.example",
        "a..b",
        "x" * 300,
    ],
)
def test_bad_server_names_get_a_sentence(typed):
    with pytest.raises(AddressProblem) as problem:
        parse_host(typed)
    assert str(problem.value).endswith((".", "com", "brackets"))


@pytest.mark.parametrize(
    ("typed", "wire", "utf8"),
    [
        ("scanner@contoso.com", "scanner@contoso.com", False),
        (" <scanner@contoso.com> ", "scanner@contoso.com", False),
        ("scan@münchen.example", "scan@xn--mnchen-3ya.example", False),
        ("büro@contoso.com", "büro@contoso.com", True),
        ("scanner@office.local", "scanner@office.local", False),
        ("copier@server", "copier@server", False),
        ('"front desk"@contoso.com', '"front desk"@contoso.com', False),
        ("scanner@[192.0.2.1]", "scanner@[192.0.2.1]", False),
    ],
)
def test_addresses(typed, wire, utf8):
    mailbox = parse_mailbox(typed)
    assert (mailbox.wire, mailbox.smtputf8) == (wire, utf8)


@pytest.mark.parametrize(
    "typed", ["", "office", "@contoso.com", "a@b@c", "a@contoso.com, b@contoso.com", "a@contoso..com"]
)
def test_bad_addresses_get_a_sentence(typed):
    with pytest.raises(AddressProblem):
        parse_mailbox(typed)


def test_the_empty_sender_is_allowed_where_it_makes_sense():
    assert parse_mailbox("<>", allow_null=True).is_null
    with pytest.raises(AddressProblem):
        parse_mailbox("<>")


CONTROLS = st.sampled_from(
    [chr(c) for c in [*range(0x20), *range(0x7F, 0xA0)] if chr(c).strip()] + ["\r\n", "\n.\r\n", "a\rb"]
)


@given(CONTROLS, st.integers(0, 20))
def test_no_control_character_gets_into_a_command(control, place):
    """Leading and trailing white space is only trimmed; anything inside is refused."""
    for field, value in (
        ("sender", "scanner@contoso.com"),
        ("server", "smtp.example.com"),
        ("ehlo", "copier.example.com"),
    ):
        at = min(max(place, 1), len(value) - 1)
        assert field in errors(**{field: value[:at] + control + value[at:]})
    assert "recipients" in errors(recipients=("off" + control + "ice@contoso.com",))
    assert "user" in errors(user="scan" + control + "ner", password=Secret("x"))


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_request_or_a_problem(text):
    for field in ("server", "port", "sender", "ehlo", "timeout", "attach_size", "tls_max", "resolver", "ciphers"):
        parsed = parse(FormValues(**{**GOOD, field: text}))
        assert (parsed.request is None) == bool(parsed.errors)
        if parsed.request is not None:
            made = parsed.request
            for piece in (made.server, made.ehlo, made.sender.wire, *(r.wire for r in made.recipients)):
                assert not set(piece) & {"\r", "\n", "\0"}


@pytest.mark.parametrize("port", ["0", "65536", "-1", "25a", "²5", "1e3"])
def test_bad_ports(port):
    assert "port" in errors(port=port)


def test_ports_and_encryption():
    assert request(security="tls").port == 465
    assert request(port="465").implicit_tls
    assert request(port="25").implicit_tls is False
    assert "security" in hints(port="465", security="starttls")
    assert "security" in hints(port="587", security="tls")
    assert "security" in errors(security="sometimes")


def test_sign_in_needs_both_halves_and_encryption():
    assert "password" in errors(user="scanner@contoso.com")
    assert "user" in errors(password=Secret("Hunter2!"))
    signed = {"user": "scanner@contoso.com", "password": Secret("Hunter2!")}
    assert "security" in errors(security="none", **signed)
    assert request(security="none", allow_plaintext_auth=True, **signed).credentials.user == "scanner@contoso.com"
    assert "password" in errors(mechanism="xoauth2", **signed)
    token = request(user="scanner@contoso.com", token=Secret("eyJ0"))
    assert token.mechanism is Mechanism.XOAUTH2
    assert token.credentials.is_token
    assert "mechanism" in errors(user="a", token=Secret("eyJ0"), mechanism="login")
    assert "user" in errors(mechanism="login")


def test_passwords_that_devices_stumble_over_get_a_hint():
    assert "password" in hints(user="a", password=Secret("Hunter2! "))
    assert "password" in hints(user="a", password=Secret("Hünter2"))
    assert "password" in errors(user="a", password=Secret("Hunter\n2"))
    assert "password" in errors(user="a", password=Secret("x" * 9000))


def test_device_limits_narrow_the_handshake_and_the_form_goes_first():
    devices = {
        "old-copier": DeviceLimits(TlsLimits(maximum="1.2", ciphers="RSA+AES", sni=False), "copier", Mechanism.LOGIN)
    }
    made = parse(FormValues(**GOOD, device="old-copier"), devices).request
    assert made.tls == TlsLimits(maximum="1.2", ciphers="RSA+AES", sni=False)
    assert (made.ehlo, made.mechanism, made.device) == ("copier", Mechanism.LOGIN, "old-copier")
    made = parse(FormValues(**GOOD, device="old-copier", tls_max="1.1", ehlo="mfp"), devices).request
    assert (made.tls.maximum, made.ehlo) == ("1.1", "mfp")
    assert "device" in errors(device="unknown-one")


def test_tls_limits():
    assert "tls_min" in errors(tls_min="1.3", tls_max="1.2")
    assert "tls_max" in errors(tls_max="2.0")
    assert "ciphers" in errors(ciphers="NO-SUCH-CIPHER")
    assert request(tls_max="1.2", sni=False).tls.describe() == "at most TLS 1.2, no SNI"
    assert not request().tls


def test_sizes_and_times():
    assert request(attach_size="5M").attach_size == 5 * 1024 * 1024
    assert request(attach_size="500k").attach_size == 500 * 1024
    for bad in ("5G", "much", "-1", "151M"):
        assert "attach_size" in errors(attach_size=bad)
    assert request(timeout="2,5").timeout == 2.5
    for bad in ("0", "nan", "inf", "soon"):
        assert "timeout" in errors(timeout=bad)
        assert "deadline" in errors(deadline=bad)


def test_resolver():
    assert request(resolver="192.0.2.53").resolver.port == 53
    assert request(resolver="192.0.2.53:5353").resolver.port == 5353
    assert request(resolver="[2001:db8::53]:5353").resolver.address == "2001:db8::53"
    assert request(resolver="2001:db8::53").resolver.address == "2001:db8::53"
    for bad in ("dns.example.com", "192.0.2.53:99999"):
        assert "resolver" in errors(resolver=bad)


def test_early_ends_need_no_recipient():
    assert request(quit_after="tls", recipients=()).quit_after is Stage.TLS
    assert "recipients" in errors(quit_after="rcpt-to", recipients=())
    assert "quit_after" in errors(quit_after="lunch")


def test_recipients_inside_and_outside():
    made = request(recipients=("a@contoso.com", "b@print.contoso.com", "c@example.com", "a@contoso.com"))
    assert [made.is_external(r) for r in made.recipients] == [False, False, True]
    assert "recipients" in errors(recipients=tuple(f"a{n}@contoso.com" for n in range(101)))


def test_a_missing_or_useless_ca_file_is_named(tmp_path):
    assert "ca_file" in errors(ca_file=str(tmp_path / "none.pem"))
    (tmp_path / "bad.pem").write_text("hello")
    assert "ca_file" in errors(ca_file=str(tmp_path / "bad.pem"))


def test_ip_version_and_address_fit():
    assert "ip" in errors(server="192.0.2.1", ip="6")
    assert request(server="192.0.2.1", ip="4").ip == "4"


def test_ehlo_names():
    assert parse_ehlo_name("[192.0.2.1]") == "[192.0.2.1]"
    assert parse_ehlo_name("[IPv6:2001:db8::1]") == "[IPv6:2001:db8::1]"
    for bad in ("[copier]", "two words", "a\r\nMAIL"):
        with pytest.raises(AddressProblem):
            parse_ehlo_name(bad)


@pytest.mark.parametrize(
    ("typed", "port"),
    [("587", 587), (" 25 ", 25), ("1", 1), ("65535", 65_535), ("00465", 465)]
    + [(wrong, None) for wrong in ("", "0", "65536", "-25", "2.5", "25a", "٢٥", "²5", "9" * 5000)],
)
def test_a_port_is_a_number_up_to_65535(typed, port):
    assert port_number(typed) == port
