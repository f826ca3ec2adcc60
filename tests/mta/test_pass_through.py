"""Pass-through to real Postfix: the device's own sign-in and message, its answer, and a real blocklist's."""

from __future__ import annotations

import asyncio
import base64
import secrets
import smtplib

import pytest

from core.addresses import parse_mailbox
from core.listening.observation import to_json
from core.listening.request import Relay
from core.request import Endpoint, Security
from tests.listening.conftest import listening, trusting

pytestmark = pytest.mark.mta


def relay_to(server, recipient: str, **changes) -> Relay:
    return Relay(
        server=server.server_name,
        port=server.port,
        security=Security.STARTTLS,
        recipients=(parse_mailbox(recipient),),
        confirmed=True,
        dial=Endpoint(server.host, server.port),
        ca_file=str(server.ca_file),
        **changes,
    )


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
async def test_the_devices_own_sign_in_and_message_arrive(submission, mechanism):
    mark = secrets.token_hex(8)

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="copier.contoso.com", timeout=20) as device:
            device.starttls(context=trusting())
            device.ehlo()
            # The password has letters that old devices write otherwise; smtplib's own login knows only ASCII.
            authorize = {"PLAIN": plain, "LOGIN": login, "CRAM-MD5": cram_md5}[mechanism]
            code, words = authorize(device, submission.user, submission.password)
            assert code == 235, words
            device.sendmail(submission.user, [submission.recipient], f"Subject: {mark}\r\n\r\n.dot\r\n..dots\r\n")

    async with listening(relay=relay_to(submission, submission.recipient, sign_in=True)) as server:
        await asyncio.to_thread(send, server.port)
        seen = await server.session()
    assert seen.sign_ins[0].relayed
    assert (seen.sign_ins[0].mechanism, seen.sign_ins[0].outcome) == (mechanism, "accepted")
    assert seen.relay.delivered
    assert seen.relay.trusted
    assert seen.relay.diagnosis.cause == "accepted"
    for _ in range(200):
        found = [message for message in submission.messages(submission.recipient) if mark.encode() in message]
        if found:
            break
        await asyncio.sleep(0.05)
    (message,) = found
    assert b"\n.dot\n..dots\n" in message.replace(b"\r\n", b"\n")
    written = to_json(server.document)
    for form in (submission.password, base64.b64encode(submission.password.encode()).decode()):
        assert form not in written


def plain(device: smtplib.SMTP, user: str, password: str) -> tuple[int, bytes]:
    return device.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode())


def login(device: smtplib.SMTP, user: str, password: str) -> tuple[int, bytes]:
    device.docmd("AUTH", "LOGIN")
    device.docmd(base64.b64encode(user.encode()).decode())
    return device.docmd(base64.b64encode(password.encode()).decode())


def cram_md5(device: smtplib.SMTP, user: str, password: str) -> tuple[int, bytes]:
    import hmac

    _, challenge = device.docmd("AUTH", "CRAM-MD5")
    digest = hmac.new(password.encode(), base64.b64decode(challenge), "md5").hexdigest()
    return device.docmd(base64.b64encode(f"{user} {digest}".encode()).decode())


async def test_a_wrong_password_gets_postfix_own_answer(submission):
    def send(port: int) -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as device:
            device.starttls(context=trusting())
            device.ehlo()
            return plain(device, submission.user, "not-the-password")

    async with listening(relay=relay_to(submission, submission.recipient, sign_in=True)) as server:
        code, words = await asyncio.to_thread(send, server.port)
        seen = await server.session()
    assert code == 535
    assert b"authentication failed" in words
    assert seen.relay.diagnosis.cause == "auth-bad-credentials"
    assert "not-the-password" not in to_json(server.document)


async def test_the_real_blocklist_refuses_the_devices_attempt(listed_mx):
    def send(port: int) -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="copier.contoso.com", timeout=20) as device:
            device.ehlo()
            device.mail("scanner@contoso.com")
            return device.rcpt("office@contoso.com")

    async with listening(relay=relay_to(listed_mx, "office@contoso.com")) as server:
        code, words = await asyncio.to_thread(send, server.port)
        seen = await server.session()
    assert code == 550
    assert b"Spamhaus" in words
    assert seen.relay.diagnosis.cause == "ip-blocklisted"
    assert not seen.relay.delivered
