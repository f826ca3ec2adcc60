"""Pass-through: the real server's answer for the device's own attempt, and for nobody and nothing else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
import pytest

from core.addresses import parse_mailbox
from core.cli.listen import exit_status
from core.listening.machine import NOT_CONFIRMED, NOT_THIS_DEVICE
from core.listening.machine_base import ENOUGH
from core.listening.observation import LineSeen, to_json
from core.listening.request import Relay
from core.practice.load import load_scenario
from core.practice.server import PracticeServer
from core.request import Endpoint, Security
from tests.listening.conftest import Device, listening


@asynccontextmanager
async def passed_through(
    name: str, *, recipients=("maria@contoso.com",), lenient=False, relay=None, **choices
) -> AsyncIterator:
    """Yield a listening server and the practice server that its one confirmed server is.

    lenient: the real server takes bare line feeds.
    """
    played = load_scenario(name)
    if lenient:
        played = msgspec.structs.replace(played, bare_linefeed="")
    async with PracticeServer(played) as real:
        plain = Security.STARTTLS if "STARTTLS" in played.ehlo else Security.NONE
        security = Security.TLS if played.tls.implicit else plain
        confirmed = Relay(
            server=played.server,
            port=played.port,
            security=security,
            recipients=tuple(parse_mailbox(address) for address in recipients),
            confirmed=True,
            dial=Endpoint(real.address, real.port),
            ca_file=real.ca_file,
            practice=played.id,
            timeout=10,
        )
        async with listening(relay=replace(confirmed, **(relay or {})), **choices) as server:
            yield server, real


def envelope(device: Device, sender: str, *recipients: str) -> list[str]:
    return [device.say(f"MAIL FROM:<{sender}>"), *(device.say(f"RCPT TO:<{recipient}>") for recipient in recipients)]


async def test_the_block_at_the_real_server_reaches_the_device():
    scenario = load_scenario("spamhaus-block")
    check = scenario.check

    def play(port: int) -> list[str]:
        with Device(port) as device:
            ehlo = device.say("EHLO SHARP-MX4070N")
            replies = [ehlo, *envelope(device, check.sender, check.recipients[0])]
            device.say("QUIT")
            return replies

    async with passed_through("spamhaus-block", recipients=check.recipients) as (server, real):
        ehlo, mail, rcpt = await asyncio.to_thread(play, server.port)
        seen = await server.session()
    assert "SIZE" in ehlo
    assert mail.startswith("250")
    assert rcpt.startswith("550 5.7.1 ")
    assert "spamhaus" in rcpt.lower()
    said = [text for direction, text in real.log if direction == "server"]
    assert rcpt in said, "the device gets the real server's words, and no others"
    assert "EHLO SHARP-MX4070N" in [text for _, text in real.log]
    relay = seen.relay
    assert relay is not None
    assert (relay.delivered, relay.sign_in, relay.trusted) == (False, False, True)
    assert relay.diagnosis is not None
    assert relay.diagnosis.cause == "ip-blocklisted"
    assert relay.replies[-1].code == 550
    assert seen.envelopes[0].recipients[0].accepted is False
    assert seen.envelopes[0].recipients[0].reply.startswith("550 5.7.1")
    assert server.document.outcome == "stopped"
    assert server.document.cause == "ip-blocklisted"
    assert server.document.server == scenario.server
    assert any(event.relay for event in server.events if isinstance(event, LineSeen))


def sign_in(device: Device, user: str, password: str, mechanism: str = "LOGIN") -> str:
    if mechanism == "PLAIN":
        return device.say("AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode())
    assert device.say("AUTH LOGIN").startswith("334")
    assert device.say(base64.b64encode(user.encode())).startswith("334")
    return device.say(base64.b64encode(password.encode()))


@pytest.mark.parametrize(("name", "mechanism"), [("submission-ok", "LOGIN"), ("implicit-tls-465", "PLAIN")])
async def test_a_whole_message_with_sign_in_is_delivered(name, mechanism):
    scenario = load_scenario(name)
    account, check = scenario.accounts[0], scenario.check
    content = b"From: a@contoso.com\r\nSubject: x\r\n\r\n..two dots\r\nbare\n.\nend\r\n"

    def play(port: int) -> tuple[str, str]:
        with Device(port) as device:
            device.say("EHLO copier")
            device.starttls()
            assert "CHUNKING" not in device.say("EHLO copier")
            signed = sign_in(device, account.user, account.password, mechanism)
            envelope(device, check.sender, check.recipients[0])
            assert device.say("DATA").startswith("354")
            reply = device.say(content + b".")
            device.say("QUIT")
            return signed, reply

    async with passed_through(
        name, recipients=check.recipients[:1], lenient=True, relay={"sign_in": True}, sign_in_before_tls=False
    ) as (server, real):
        signed, reply = await asyncio.to_thread(play, server.port)
        seen = await server.session()
        messages = list(real.messages)
    assert signed.startswith("235")
    assert reply.startswith("250")
    assert reply in [text for direction, text in real.log if direction == "server"]
    (message,) = messages
    # The dot between bare line feeds stays content: stuffed, so that no server takes it for the end.
    assert message.beginning == b"From: a@contoso.com\r\nSubject: x\r\n\r\n.two dots\r\nbare\n..\nend\r\n"
    assert seen.relay.delivered
    assert seen.relay.sign_in
    assert (seen.sign_ins[0].relayed, seen.sign_ins[0].outcome) == (True, "accepted")
    assert seen.sign_ins[0].password_length == len(account.password)
    assert seen.relay.diagnosis.cause == "accepted"
    assert (server.document.outcome, server.document.cause) == ("accepted", "accepted")
    written = to_json(server.document) + repr(server.events)
    for form in (account.password, base64.b64encode(account.password.encode()).decode()[:-2]):
        assert form not in written


async def test_a_refused_sign_in_comes_from_the_real_server():
    scenario = load_scenario("smtp-auth-disabled")
    account = scenario.accounts[0]

    def play(port: int) -> str:
        with Device(port) as device:
            device.say("EHLO copier")
            reply = sign_in(device, account.user, account.password)
            device.say("QUIT")
            return reply

    async with passed_through("smtp-auth-disabled", relay={"sign_in": True}) as (server, _):
        reply = await asyncio.to_thread(play, server.port)
        seen = await server.session()
    assert reply.startswith("535 5.7.139")
    assert seen.sign_ins[0].outcome == "refused"
    assert seen.relay.diagnosis.cause == "smtp-auth-disabled"
    assert account.password not in to_json(server.document)


async def test_the_sign_in_stays_here_without_consent():
    scenario = load_scenario("submission-ok")
    account = scenario.accounts[0]

    def play(port: int) -> list[str]:
        with Device(port) as device:
            device.say("EHLO copier")
            replies = [sign_in(device, account.user, account.password)]
            replies += envelope(device, scenario.check.sender)
            device.say("QUIT")
            return replies

    async with passed_through("submission-ok") as (server, real):
        signed, mail = await asyncio.to_thread(play, server.port)
        seen = await server.session()
    assert signed.startswith("235"), "the device goes on, and the real server says what it thinks of that"
    assert mail.startswith("5")
    assert not any(text.startswith("AUTH") for direction, text in real.log if direction == "client")
    assert not seen.sign_ins[0].relayed
    assert seen.relay.diagnosis.cause == "auth-required"
    finding = server.document.judgements[0].findings[0]
    assert finding.title == "The sign-in was not handed on to the real server"
    assert "says nothing against the device" in finding.text
    assert "--relay-sign-in" in finding.fixes[0].text
    assert not any("switch SMTP authentication on" in fix.text for fix in finding.fixes), "the device does sign in"


async def test_a_device_that_does_not_sign_in_is_told_so():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier")
            envelope(device, "scanner@contoso.com")
            device.say("QUIT")

    async with passed_through("submission-ok") as (server, _):
        await asyncio.to_thread(play, server.port)
        await server.session()
    finding = server.document.judgements[0].findings[0]
    assert finding.cause == "auth-required"


async def test_a_real_server_that_is_silent_when_listening_ends_is_told():
    """Nothing is known then, and least of all that all is well."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    relay = Relay(
        server="mail.contoso.com",
        port=587,
        security=Security.NONE,
        recipients=(parse_mailbox("maria@contoso.com"),),
        confirmed=True,
        dial=Endpoint("127.0.0.1", silent.sockets[0].getsockname()[1]),
        timeout=60,
    )

    def connect(port: int) -> Device:
        device = Device(port)
        device.sock.sendall(b"EHLO copier\r\n")
        return device

    async with silent, listening(relay=relay) as server:
        device = await asyncio.to_thread(connect, server.port)
        await server.running(
            lambda: any(isinstance(event, LineSeen) and "Connected to" in event.line.text for event in server.events)
        )
        server.listening.stop()
        await server.running(lambda: server.ended)
    device.sock.close()
    (seen,) = server.document.sessions
    assert seen.relay.failed.startswith("It had not answered when listening ended")
    assert seen.relay.diagnosis is None
    finding = server.document.judgements[0].findings[0]
    assert (finding.severity, finding.title) == ("warning", "The real server could not be asked")
    assert exit_status(server.document) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "stranger@fabrikam.com",
        "MARIA@contoso.com",  # local parts may differ by case (RFC 5321 §2.4), so this is another one
        "maria@contoso.com@fabrikam.com",
        "@contoso.com:stranger@fabrikam.com",
        "stranger%fabrikam.com@contoso.com",
        "maria@contoso.com.fabrikam.com",
        '"maria@contoso.com"@fabrikam.com',
        "",
    ],
)
async def test_no_other_recipient_is_ever_reached(recipient):
    def play(port: int) -> list[str]:
        with Device(port) as device:
            device.say("EHLO copier")
            replies = envelope(device, "scanner@contoso.com", recipient)
            replies.append(device.say("DATA"))
            device.say("QUIT")
            return replies

    async with passed_through("direct-send-ok") as (server, real):
        mail, rcpt, data = await asyncio.to_thread(play, server.port)
        await server.session()
    assert mail.startswith("250")
    assert rcpt == NOT_CONFIRMED
    assert data.startswith("503")
    assert not any(text.upper().startswith(("RCPT", "DATA")) for direction, text in real.log if direction == "client")


async def test_of_several_recipients_only_the_confirmed_one_is_written_to():
    def play(port: int) -> str:
        with Device(port) as device:
            device.say("EHLO copier")
            envelope(device, "scanner@contoso.com", "stranger@fabrikam.com", "maria@contoso.com")
            device.say("DATA")
            smuggled = b"x\n.\nMAIL FROM:<a@b.example>\nRCPT TO:<stranger@fabrikam.com>\nDATA\nspam"
            smuggled += b"\r.\rRCPT TO:<c@d.example>\r\n"
            reply = device.say(b"Subject: x\r\n\r\n" + smuggled + b".")
            device.say("QUIT")
            return reply

    async with passed_through("direct-send-ok", recipients=("maria@CONTOSO.com",), lenient=True) as (server, real):
        assert (await asyncio.to_thread(play, server.port)).startswith("250")
        seen = await server.session()
        (message,) = real.messages
    assert message.recipients == ("maria@contoso.com",)
    assert b"\n..\nMAIL FROM" in message.beginning
    assert b"\r..\rRCPT TO" in message.beginning
    assert [recipient.accepted for recipient in seen.envelopes[0].recipients] == [False, True]


async def test_another_device_is_not_served():
    def play(port: int, source: str) -> list[str]:
        with Device(port, source=source) as device:
            device.say("EHLO copier")
            replies = envelope(device, "scanner@contoso.com", "maria@contoso.com")
            device.say("QUIT")
            return replies

    async with passed_through("direct-send-ok") as (server, real):
        first = await asyncio.to_thread(play, server.port, "127.0.0.1")
        await server.session(1)
        before = len(real.log)
        second = await asyncio.to_thread(play, server.port, "127.0.0.2")
        await server.session(2)
        assert len(real.log) == before
    assert first[1].startswith("250")
    assert second[1] == NOT_THIS_DEVICE

    async with passed_through("direct-send-ok", relay={"peer": "127.0.0.2"}) as (server, real):
        assert (await asyncio.to_thread(play, server.port, "127.0.0.1"))[1] == NOT_THIS_DEVICE
        assert real.log == []
        assert (await asyncio.to_thread(play, server.port, "127.0.0.2"))[1].startswith("250")


async def test_after_so_many_messages_it_is_enough():
    def play(port: int) -> str:
        with Device(port) as device:
            device.say("EHLO copier")
            replies = envelope(device, "scanner@contoso.com", "maria@contoso.com")
            if replies[1].startswith("250"):
                device.say("DATA")
                replies.append(device.say(b"Subject: x\r\n\r\n."))
            device.say("QUIT")
            return replies[-1]

    async with passed_through("direct-send-ok", relay={"messages": 1}) as (server, real):
        assert (await asyncio.to_thread(play, server.port)).startswith("250")
        await server.session(1)
        assert (await asyncio.to_thread(play, server.port)).startswith("550 5.7.1")
        await server.session(2)
        assert len(real.messages) == 1


def hand_over(device: Device) -> list[str]:
    replies = envelope(device, "scanner@contoso.com", "maria@contoso.com")
    replies.append(device.say("DATA"))
    if replies[-1].startswith("354"):
        replies.append(device.say(b"Subject: x\r\n\r\n."))
    return replies


async def test_it_is_enough_within_one_session_as_well():
    def play(port: int) -> list[list[str]]:
        with Device(port) as device:
            device.say("EHLO copier")
            replies = [hand_over(device) for _ in range(3)]
            device.say("QUIT")
            return replies

    async with passed_through("direct-send-ok", relay={"messages": 2}) as (server, real):
        first, second, third = await asyncio.to_thread(play, server.port)
        assert len(real.messages) == 2
        again = (await asyncio.to_thread(play, server.port))[0]
        assert len(real.messages) == 2
    assert first[-1].startswith("250")
    assert second[-1].startswith("250")
    assert third[1] == ENOUGH
    assert third[2].startswith("503")
    assert again[1] == ENOUGH, "it is not for want of the right device"


async def test_it_is_enough_over_several_sessions_at_a_time():
    def play(port: int) -> list[str]:
        with Device(port) as one, Device(port) as other:
            for device in (one, other):
                device.say("EHLO copier")
                assert envelope(device, "scanner@contoso.com", "maria@contoso.com")[1].startswith("250")
            replies = [one.say("DATA"), other.say("DATA"), one.say(b"Subject: x\r\n\r\n.")]
            return [*replies, other.say("RSET")]

    async with passed_through("direct-send-ok", relay={"messages": 1}) as (server, real):
        asked, late, taken, reset = await asyncio.to_thread(play, server.port)
        assert len(real.messages) == 1
    assert asked.startswith("354")
    assert late == ENOUGH
    assert taken.startswith("250")
    assert reset.startswith("250")


async def test_who_only_looks_in_is_not_taken_for_the_device():
    def look(port: int) -> None:
        with Device(port, source="127.0.0.2"):
            pass

    def play(port: int) -> list[str]:
        with Device(port) as device:
            device.say("EHLO copier")
            return hand_over(device)

    async with passed_through("direct-send-ok") as (server, real):
        await asyncio.to_thread(look, server.port)
        await server.session(1)
        assert (await asyncio.to_thread(play, server.port))[-1].startswith("250")
        assert len(real.messages) == 1


async def test_a_device_that_begins_anew_begins_anew_at_the_real_server():
    def play(port: int) -> list[str]:
        with Device(port) as device:
            device.say("EHLO copier")
            envelope(device, "scanner@contoso.com", "maria@contoso.com")
            device.say("EHLO copier")
            return hand_over(device)

    async with passed_through("direct-send-ok") as (server, real):
        replies = await asyncio.to_thread(play, server.port)
        assert len(real.messages) == 1
    assert [reply[:3] for reply in replies] == ["250", "250", "354", "250"]


async def test_half_a_message_is_never_taken_for_a_whole_one():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier")
            envelope(device, "scanner@contoso.com", "maria@contoso.com")
            device.say("DATA")
            device.send(b"Subject: x\r\n\r\nhalf\r\n")

    async with passed_through("direct-send-ok") as (server, real):
        await asyncio.to_thread(play, server.port)
        seen = await server.session()
        assert real.messages == []
    assert seen.envelopes[0].message.terminator == "cut"
    assert not seen.relay.delivered
    assert seen.ended == "closed"


async def test_a_server_whose_certificate_is_not_trusted_gets_nothing():
    def play(port: int) -> str:
        with Device(port) as device:
            return device.say("EHLO copier")

    async with passed_through("certificate-self-signed", relay={"sign_in": True}) as (server, real):
        assert (await asyncio.to_thread(play, server.port)).startswith("421 4.4.1 The real server: ")
        seen = await server.session()
    assert seen.relay.diagnosis.cause == "certificate-untrusted"
    assert not any(text.startswith(("AUTH", "MAIL")) for direction, text in real.log if direction == "client")


async def test_a_server_that_refuses_at_once_is_quoted():
    def play(port: int) -> str:
        with Device(port) as device:
            return device.say("EHLO copier")

    async with passed_through("greeting-rejected") as (server, _):
        told = await asyncio.to_thread(play, server.port)
        seen = await server.session()
    assert told.startswith("554")
    assert seen.relay.diagnosis.cause in {"greeting-rejected", "ip-blocklisted"}


async def test_a_server_that_can_not_be_reached():
    def play(port: int) -> str:
        with Device(port) as device:
            return device.say("EHLO copier")

    async with passed_through("direct-send-ok", relay={"dial": Endpoint("127.0.0.1", 9)}) as (server, _):
        assert (await asyncio.to_thread(play, server.port)).startswith("421 4.4.1")
        seen = await server.session()
    assert seen.relay.diagnosis.cause == "connect-refused"
    assert server.document.outcome == "stopped"


@pytest.mark.parametrize(
    "change",
    [
        {"confirmed": False},
        {"recipients": ()},
        {"security": Security.AUTO},
        {"security": Security.NONE, "sign_in": True},
    ],
)
def test_what_can_not_be_confirmed(change):
    good = Relay("mail.example.com", 587, Security.STARTTLS, (parse_mailbox("a@contoso.com"),), confirmed=True)
    with pytest.raises(ValueError, match=r"\w"):
        replace(good, **change)
