"""What a message is like, from its lines alone."""

from __future__ import annotations

import base64
import datetime as dt
import quopri
import random

import pytest

from core.listening.message_facts import MAX_ATTACHMENTS, MAX_NAMES, MessageReader

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


def lines(data: bytes) -> list[bytes]:
    found = data.split(b"\n")
    return [line + b"\n" for line in found[:-1]] + ([found[-1]] if found[-1] else [])


def read(content: bytes):
    reader = MessageReader()
    reader.feed(lines(content))
    return reader.facts("crlf", NOW, lambda text: text)


def test_headers_present_missing_and_repeated():
    facts = read(
        b"From: Scanner <scanner@contoso.com>, b@contoso.com\r\nfrom: c@contoso.com\r\n"
        b"Sender: office@contoso.com\r\nReply-To: Desk <desk@contoso.com>\r\nX-Mailer: KM\r\n"
        b"Date: Wed, 25 Nov 2026 11:00:00 +0000\r\n\r\nbody\r\n"
    )
    assert facts.headers == ("From", "Sender", "Reply-To", "X-Mailer", "Date")
    assert facts.missing == ("Message-ID", "To", "Subject", "MIME-Version")
    assert facts.repeated == ("From",)
    assert facts.from_addresses == ("scanner@contoso.com", "b@contoso.com", "c@contoso.com")
    assert (facts.sender_address, facts.reply_to, facts.mailer) == ("office@contoso.com", ("desk@contoso.com",), "KM")
    assert facts.date_off_s == -3600


@pytest.mark.parametrize("date", ["yesterday", "", "Wed, 99 Nov 2026 11:00:00", "Wed, 25 Nov 9999999 11:00:00 +0000"])
def test_a_date_that_is_none(date):
    assert read(f"Date: {date}\r\n\r\n".encode()).date_off_s is None


def test_line_ends_length_and_octets():
    facts = read(b"Subject: \xe4\r\n\r\n" + b"x" * 2000 + b"\r\none\ntwo\rthree\r\n\0\r\n")
    assert (facts.crlf, facts.bare_lf, facts.bare_cr) == (5, 1, 1)
    assert (facts.longest_line, facts.eight_bit, facts.eight_bit_headers, facts.nul) == (2000, True, True, True)


def test_attachments_by_name_type_and_decoded_size():
    pdf, note = random.Random(1).randbytes(10_007), "Grüße = ü\r\n".encode() * 50
    encoded = base64.encodebytes(pdf).replace(b"\n", b"\r\n")
    quoted = quopri.encodestring(note.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    facts = read(
        b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\npreamble\r\n--outer\r\n'
        b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
        b"--inner\r\n\r\nplain\r\n--inner\r\nContent-Type: text/html\r\n\r\n<p>\r\n--inner--\r\n"
        b"--outer\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf\r\n\r\n" + encoded + b"\r\n"
        b'--outer\r\nContent-Type: text/plain; name="note.txt"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        + quoted + b"--outer\r\nContent-Type: image/tiff\r\n\r\nraw\r\n--outer--\r\nepilogue\r\n"
    )  # fmt: skip
    assert [(part.name, part.content_type) for part in facts.attachments] == [
        ("Grüße.pdf", "application/pdf"),
        ("note.txt", "text/plain"),
        (None, "image/tiff"),
    ]
    assert facts.attachments[0].size == len(pdf)
    assert facts.attachments[1].size in {len(note), len(note) - 2}
    assert facts.attachments[2].size == 3
    assert facts.parts == 7


def test_a_message_that_is_one_attachment():
    facts = read(
        b"Content-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"
        + base64.b64encode(b"12345") + b"\r\n"
    )  # fmt: skip
    assert [(part.name, part.size, part.encoding) for part in facts.attachments] == [("scan.pdf", 5, "base64")]


def test_pieces_of_long_lines_count_as_one_line():
    reader = MessageReader()
    for piece in (b"Subject: x\r\n", b"\r\n", b"a" * 100_000, b"b" * 5, b"\r\n"):
        reader.feed([piece])
    facts = reader.facts("crlf", NOW, lambda text: text)
    assert (facts.longest_line, facts.crlf, facts.size) == (100_005, 3, 100_021)


def test_hostile_headers_are_bounded_and_harmless():
    many = b"".join(b"X-%d: y\r\n" % number for number in range(5_000))
    facts = read(b"From: \x1b[31m\xe2\x80\xaeevil@x.example\r\n" + many + b"\r\nbody\r\n")
    assert len(facts.headers) == MAX_NAMES
    assert facts.headers_cut
    assert all(text.isprintable() for text in (*facts.headers, *facts.from_addresses))
    parts = b"--b\r\nContent-Type: application/x; name=y\r\n\r\nz\r\n" * 5_000
    facts = read(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")
    assert len(facts.attachments) == MAX_ATTACHMENTS
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500))
    assert read(nested).parts < 20


@pytest.mark.parametrize(
    "header",
    [
        b"From: =?utf-8?q?" + b"=00" * 3_000 + b"?= <a@b.example>",
        b"From: " + b"(" * 20_000,
        b"From: " + b"<" * 5_000 + b"@" * 5_000,
        b'Content-Type: multipart/mixed; boundary="' + b"\\" * 9_000,
        b"Content-Type: ;;;=;=;" + b";x=" * 3_000,
        b"Content-Disposition: attachment; filename*0*=nowhere''%ZZ; filename*999999999=x",
        b"Content-Type: multipart/mixed; boundary*=unknown-charset''b",
        b"Date: " + b"9" * 9_000,
        b"\xff\xfe: \xff\xfe",
        b"no header at all",
    ],
)
def test_headers_that_nobody_foresaw(header):
    facts = read(header + b"\r\n\r\nbody\r\n")
    assert facts.size == len(header) + 10


def test_any_rubbish_has_facts():
    chance = random.Random(3)
    kind = b"Content-Type: multipart/mixed; boundary=b"
    words = [b"--b", b"--b--", b"\r\n", b"\n", b"\r", kind, b":", b"\0", b"=\r\n", b"x"]
    for _ in range(300):
        content = b"".join(chance.choice(words) for _ in range(chance.randrange(60)))
        assert read(content).size == len(content)
