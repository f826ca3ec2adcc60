"""The test message is correct, says what it is, and is exactly as large as announced."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP

import pytest

from core.request import FormValues, parse
from core.session.message import build, message_size, new_check_id
from core.session.steps.handing_over import trace_ids


def request(**values):
    form = {"server": "smtp.example.com", "sender": "scanner@contoso.com", "recipients": ("office@contoso.com",)}
    return parse(FormValues(**{**form, **values})).request


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57_000, 57_001, 1_000_000])
def test_the_size_is_what_was_announced_and_the_attachment_whole(size):
    made = replace(request(send=True), attach_size=size)
    message = build(made, new_check_id())
    raw = b"".join(message)
    assert len(raw) == message.size == message_size(made)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(piece.endswith(b"\r\n") for piece in message if piece)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    parsed = message_from_bytes(raw, policy=SMTP)
    assert not parsed.defects
    attachments = list(parsed.iter_attachments())
    assert sum(len(part.get_content()) for part in attachments) == size
    assert bool(attachments) == bool(size)


def test_it_says_what_it_is():
    message = build(request(), "CAFE0123")
    parsed = message_from_bytes(b"".join(message), policy=SMTP)
    assert "CAFE0123" in parsed["Subject"]
    assert "cafe0123" in parsed["Message-ID"]
    assert parsed["Message-ID"].endswith("@contoso.com>")
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["From"].addresses[0].addr_spec == "scanner@contoso.com"
    assert "CAFE0123" in parsed.get_body().get_content()


def test_odd_addresses_make_a_correct_message():
    for sender in ('"front desk"@contoso.com', "büro@contoso.com", "<>", "scanner@[192.0.2.1]"):
        made = request(sender=sender, recipients=("büro@contoso.com",) if "ü" in sender else ("a@contoso.com",))
        parsed = message_from_bytes(b"".join(build(made, "CAFE0123")), policy=SMTP)
        assert parsed["From"]
        assert parsed["To"]


@pytest.mark.parametrize(
    ("text", "queue", "internal"),
    [
        ("Ok: queued as 4F2B81C0A2", "4F2B81C0A2", None),
        ("OK id=1qXyZ0-0004Ab-Cd", "1qXyZ0-0004Ab-Cd", None),
        ("OK  1700000000 5b1f17b1804b1-40836b3sm10 - gsmtp", "5b1f17b1804b1-40836b3sm10", None),
        (
            "<a1b2@contoso.com> [InternalId=21474836480123, Hostname=LO2P265MB0002.PROD.OUTLOOK.COM] Queued mail",
            "a1b2@contoso.com",
            "21474836480123",
        ),
        ("Message accepted", None, None),
    ],
)
def test_ids_for_a_message_trace(text, queue, internal):
    found = trace_ids(text)
    assert (found["queue_id"], found["internal_id"]) == (queue, internal)
