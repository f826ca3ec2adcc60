"""The reply parser: RFC 5321 §4.2 replies come out whole, rubbish comes out as what it is, nothing raises."""

from hypothesis import given
from hypothesis import strategies as st

from core.session.replies import (
    address_in,
    foreign_protocol,
    is_final,
    may_become_reply,
    parse,
    parse_extensions,
)

CODES = st.integers(200, 599)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60)


def test_a_single_line():
    reply = parse([b"250 2.1.0 Sender OK"])
    assert (reply.code, reply.enhanced, reply.lines, reply.problems) == (250, "2.1.0", ("Sender OK",), ())
    assert reply.verbatim() == "250 2.1.0 Sender OK"


def test_several_lines_repeat_code_and_enhanced_code():
    reply = parse(
        [b"550-5.7.26 This mail has been blocked", b"550-5.7.26 because it is unauthenticated.", b"550 5.7.26 gsmtp"]
    )
    assert reply.enhanced == "5.7.26"
    assert reply.lines == ("This mail has been blocked", "because it is unauthenticated.", "gsmtp")
    assert reply.text.count("\n") == 2


def test_a_bare_code_is_a_reply():
    assert parse([b"250"]).code == 250
    assert parse([b"250"]).problems == ()


def test_different_codes_in_one_reply_are_said():
    reply = parse([b"250-one", b"550 two"])
    assert reply.code == 550
    assert reply.problems == ("codes-differ",)


def test_an_enhanced_code_of_another_class_is_said():
    assert parse([b"550 4.7.1 odd"]).problems == ("class-differs",)


def test_rubbish_keeps_its_words_and_has_no_code():
    reply = parse([b"HTTP/1.1 400 Bad Request"])
    assert reply.code == 0
    assert reply.problems == ("no-code",)
    assert "HTTP/1.1" in reply.text


def test_an_unfinished_reply_is_said():
    assert "unfinished" in parse([b"250-more"]).problems
    assert "unfinished" in parse([]).problems


def test_an_enhanced_code_needs_an_end():
    assert parse([b"250 2.1.0"]).enhanced == "2.1.0"
    assert parse([b"220 5.7.1.example.com ESMTP"]).enhanced is None


@given(CODES, st.lists(TEXT, min_size=1, max_size=6))
def test_what_is_written_by_the_rules_is_read_back(code, texts):
    lines = [f"{code}-{text}".encode() for text in texts[:-1]] + [f"{code} {texts[-1]}".encode()]
    reply = parse(lines)
    assert reply.code == code
    assert len(reply.lines) == len(texts)
    assert "no-code" not in reply.problems
    assert "unfinished" not in reply.problems
    assert all(not is_final(line) for line in lines[:-1])
    assert is_final(lines[-1])
    assert all(may_become_reply(line[:cut]) for line in lines for cut in range(5))


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_nothing_raises_and_everything_is_bounded(lines):
    reply = parse(lines)
    assert 0 <= reply.code <= 599
    assert reply.code or reply.problems
    parse_extensions(reply)
    for line in lines:
        is_final(line)
        may_become_reply(line)
        foreign_protocol(line)


def test_a_reply_of_a_megabyte_is_cut():
    assert len(parse([b"250 " + b"x" * 1_000_000]).text) <= 8_000


def test_extensions_of_microsoft():
    reply = parse(
        [
            b"250-LO2P265CA0061.outlook.office365.com Hello [203.0.113.9]",
            b"250-SIZE 157286400",
            b"250-STARTTLS",
            b"250-AUTH LOGIN XOAUTH2",
            b"250 SMTPUTF8",
        ]
    )
    found = parse_extensions(reply)
    assert found.public_address == "203.0.113.9"
    assert found.size == 157286400
    assert found.mechanisms == ("login", "xoauth2")
    assert found.words() == {"size", "starttls", "auth", "auth:login", "auth:xoauth2", "smtputf8"}
    assert not found.masked


def test_the_old_form_of_auth_counts():
    found = parse_extensions(parse([b"250-mail.example.com", b"250-AUTH=LOGIN PLAIN", b"250 AUTH PLAIN"]))
    assert found.mechanisms == ("login", "plain")
    assert "auth" in found.words()


def test_overwritten_keywords_are_noticed():
    found = parse_extensions(parse([b"250-mail.example.com", b"250-XXXXXXXA", b"250 SIZE 0"]))
    assert found.masked
    assert found.size is None
    assert not parse_extensions(parse([b"250-mail.example.com", b"250 XCLIENT NAME"])).masked


def test_addresses_in_brackets():
    assert address_in("mx.google.com at your service, [2001:db8::9]") == "2001:db8::9"
    assert address_in("Hello [IPv6:2001:db8::9]") == "2001:db8::9"
    assert address_in("Hello [999.1.1.1]") is None
    assert address_in("Hello friend") is None


def test_other_protocols_are_recognised():
    assert foreign_protocol(b"HTTP/1.1 400 Bad Request") == "other-protocol-http"
    assert foreign_protocol(b"SSH-2.0-OpenSSH_9.2") == "other-protocol-ssh"
    assert foreign_protocol(b"+OK POP3 ready") == "other-protocol-pop3"
    assert foreign_protocol(b"* OK IMAP4rev1") == "other-protocol-imap"
    assert foreign_protocol(b"\x15\x03\x01\x00\x02\x02\x46") == "tls-on-plain-port"
    assert foreign_protocol(b"\x00\xff\x10\x80binary\x01\x02") == "binary"
    assert foreign_protocol(b"220 mail.example.com ESMTP") is None
