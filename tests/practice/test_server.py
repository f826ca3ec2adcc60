from __future__ import annotations

import asyncio
import base64
import contextlib
import smtplib
import socket
import ssl
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from core.practice.load import load_scenario
from core.practice.model import Scenario, SignIn, Tls
from core.practice.server import MAX_LOG, PracticeServer
from core.practice.session import Limits
from tests.practice.fault_table import healthy
from tests.practice.walker import Client, walk

SECRET = "Example-Passw0rd"


def open_server() -> Scenario:
    """A scenario that offers everything without TLS, for tests of the bare conversation."""
    return msgspec.structs.replace(
        load_scenario("submission-ok"),
        ehlo=(
            "mail",
            "SIZE 1000",
            "AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2",
            "STARTTLS",
            "CHUNKING",
            "8BITMIME",
            "PIPELINING",
        ),
        ehlo_tls=(),
        tls=Tls(),
        sign_in=SignIn(),
        replies=(),
    )


class Raw:
    """A client that says anything."""

    def __init__(self, server: PracticeServer) -> None:
        self.server = server

    async def __aenter__(self) -> Raw:
        self.reader, self.writer = await asyncio.open_connection(self.server.address, self.server.port)
        assert (await self.reply()).startswith("220")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):  # the server may have ended it before
            await self.writer.wait_closed()

    async def reply(self) -> str:
        lines = []
        while line := (await self.reader.readline()).decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def ask(self, data: str | bytes) -> str:
        self.writer.write(data.encode() + b"\r\n" if isinstance(data, str) else data)
        return await self.reply()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_rules_of_the_conversation() -> None:
    async with PracticeServer(open_server()) as server, Raw(server) as client:
        for command, code in (
            ("MAIL FROM:<a@contoso.com>", "503"),
            ("EHLO", "501"),
            ("TEA", "500"),
            ("", "500"),
            ("HELO copier", "250"),
            ("EHLO copier", "250"),
            ("DATA", "503"),
            ("RCPT TO:<b@contoso.com>", "503"),
            ("MAIL FROM a@contoso.com", "501"),
            ("MAIL FROM:<a@contoso.com> SIZE=1001", "552"),
            ("MAIL FROM:<a@contoso.com> SIZE=x", "501"),
            ("MAIL FROM:<a@contoso.com> RET=FULL", "555"),
            ("MAIL FROM:<é@contoso.com>", "553"),
            ("mail from:<a@contoso.com> SIZE=1000 BODY=8BITMIME", "250"),
            ("MAIL FROM:<a@contoso.com>", "503"),
            ("DATA", "503"),
            ("RCPT TO:<nonsense>", "501"),
            ("RCPT TO:<b@contoso.com>", "250"),
            ("AUTH PLAIN", "503"),
            ("RSET", "250"),
            ("DATA", "503"),
            ("NOOP", "250"),
            ("VRFY x", "252"),
            ("MAIL FROM:<>", "250"),
            ("RSET", "250"),
            ("STARTTLS now", "501"),
            ("QUIT", "221"),
        ):
            assert (await client.ask(command)).startswith(code), command
        assert await client.reader.read() == b""


async def test_several_commands_in_one_segment_are_answered_in_order() -> None:
    async with PracticeServer(open_server()) as server, Raw(server) as client:
        await client.ask("EHLO x")
        message = b"Subject: x\r\n\r\n..a\r\n.\r\nNOOP\r\nQUIT\r\n"
        client.writer.write(b"MAIL FROM:<a@contoso.com>\r\nRCPT TO:<b@contoso.com>\r\nDATA\r\n" + message)
        assert [(await client.reply())[:3] for _ in range(6)] == ["250", "250", "354", "250", "250", "221"]
        assert server.messages[0].beginning == b"Subject: x\r\n\r\n.a\r\n"
        assert server.messages[0].size == 18


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
async def test_the_end_of_a_message_is_found_wherever_it_is_cut(cut: int) -> None:
    async with PracticeServer(open_server()) as server, Raw(server) as client:
        await client.ask("EHLO x")
        await client.ask("MAIL FROM:<a@contoso.com>")
        await client.ask("RCPT TO:<b@contoso.com>")
        assert (await client.ask("DATA")).startswith("354")
        data = b"a\r\n..\r\nb\n.\nc\r\n.\r\n"
        for at in range(0, len(data), cut):
            client.writer.write(data[at : at + cut])
            await client.writer.drain()
        assert (await client.reply()).startswith("550 5.6.11")  # the bare line feeds did not end it, and were seen
        assert (await client.ask("NOOP")).startswith("250")


async def test_chunks_and_size() -> None:
    async with PracticeServer(open_server()) as server, Raw(server) as client:
        await client.ask("EHLO x")
        for size, code in ((900, "250"), (1001, "552")):
            await client.ask("MAIL FROM:<a@contoso.com>")
            await client.ask("RCPT TO:<b@contoso.com>")
            assert (await client.ask(b"BDAT 3\r\nabc")).startswith("250")
            assert (await client.ask(f"BDAT {size - 3} LAST\r\n".encode() + b"x" * (size - 3))).startswith(code)
        assert (await client.ask("BDAT -1")).startswith("501")


async def test_mechanisms_are_really_verified() -> None:
    user = "scanner@contoso.com"
    bearer = f"user={user}\1auth=Bearer %s\1\1"
    async with PracticeServer(open_server()) as server:
        for words, codes in (
            (["AUTH PLAIN " + b64(f"\0{user}\0{SECRET}")], ["235"]),
            (["AUTH PLAIN", b64(f"\0{user.upper()}\0{SECRET}")], ["334", "235"]),
            (["AUTH PLAIN " + b64(f"\0{user}\0wrong")], ["535"]),
            (["AUTH PLAIN " + b64(f"\0{user}\0")], ["535"]),
            (["AUTH PLAIN " + b64(user)], ["501"]),
            (["AUTH PLAIN !!!"], ["501"]),
            (["AUTH PLAIN", "*"], ["334", "501"]),
            (["AUTH LOGIN", b64(user), b64(SECRET)], ["334", "334", "235"]),
            (["AUTH LOGIN " + b64(user), b64(SECRET)], ["334", "235"]),
            (["AUTH LOGIN " + b64(user), b64("no")], ["334", "535"]),
            (["AUTH LOGIN " + b64("other@contoso.com"), b64(SECRET)], ["334", "535"]),
            (["AUTH XOAUTH2 " + b64(bearer % "example-access-token")], ["235"]),
            (["AUTH XOAUTH2 " + b64(bearer % SECRET)], ["535"]),
            (["AUTH XOAUTH2 " + b64(bearer % "")], ["535"]),
            (["AUTH GSSAPI"], ["504"]),
            (["AUTH"], ["504"]),
        ):
            async with Raw(server) as client:
                await client.ask("EHLO x")
                assert [(await client.ask(word))[:3] for word in words] == codes, words


@pytest.mark.parametrize(("password", "code"), [(SECRET, 235), ("wrong", 535)])
async def test_cram_md5_with_smtplib(password: str, code: int) -> None:
    async with PracticeServer(open_server()) as server:

        def talk() -> int:
            with smtplib.SMTP(server.address, server.port, timeout=3) as client:
                client.ehlo()
                client.user, client.password = "scanner@contoso.com", password
                try:
                    return client.auth("CRAM-MD5", client.auth_cram_md5, initial_response_ok=False)[0]
                except smtplib.SMTPAuthenticationError as error:
                    return error.smtp_code

        assert await asyncio.to_thread(talk) == code


async def test_no_password_is_ever_logged() -> None:
    shown: list[str] = []
    listener = lambda _number, _direction, text: shown.append(text)  # noqa: E731
    async with PracticeServer(open_server(), listener=listener) as server, Raw(server) as client:
        await client.ask("EHLO x")
        await client.ask("AUTH PLAIN " + b64(f"\0x\0{SECRET}"))
        await client.ask(f"AUTH {b64(SECRET)} {b64(SECRET)}")
        await client.ask("AUTH LOGIN " + b64("x"))
        await client.ask(b64(SECRET))
        await client.ask(b64(SECRET))  # out of step: the password as a command
        await client.ask(SECRET.encode() + b"\xff\r\n")
    text = "\n".join(text for _direction, text in server.log)
    assert text == "\n".join(shown)
    assert "AUTH PLAIN ***" in text
    for form in (SECRET, b64(SECRET), b64(SECRET).rstrip("="), b64(f"\0x\0{SECRET}")):
        assert form not in text


async def test_after_starttls_all_is_forgotten() -> None:
    async with PracticeServer(healthy()) as server:

        def talk() -> None:
            with closing(Client(server, 3)) as client:
                client.reply()
                assert client.ask("EHLO x").startswith("250")
                client.send(b"STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")  # CVE-2011-0411 from the client's side
                assert client.reply().startswith("220")
                client.start_tls()
                assert client.ask("AUTH LOGIN").startswith("503")
                assert client.ask("EHLO x").startswith("250")
                assert client.ask("STARTTLS").startswith("503")

        await asyncio.to_thread(talk)
        assert any("thrown away" in text for _direction, text in server.log)


async def test_a_failed_handshake_ends_with_an_alert() -> None:
    async with PracticeServer(load_scenario("old-ciphers-only")) as server:
        result = await asyncio.to_thread(walk, server)
    assert "ALERT" in result.why


async def test_hostile_clients() -> None:
    async with PracticeServer(open_server(), limits=Limits(errors=5)) as server:
        async with Raw(server) as client:  # lines beyond every limit, and rubbish
            assert (await client.ask(b"x" * 5000 + b"\r\n")).startswith("500")
            assert (await client.ask(b"x" * 200_000 + b"\r\n")).startswith("500")
            assert (await client.ask(b"\0\xff\xfe\r\n")).startswith("500")
            assert (await client.ask("EHLO \x1b[2J")).startswith("501")
        async with Raw(server) as client:  # a line without end
            client.writer.write(b"x" * 2_000_000)
            assert await _read_to_end(client.reader) == b""
        async with Raw(server) as client:  # errors without end
            client.writer.write(b"TEA\r\n" * 100)
            answers = await _read_to_end(client.reader)
            assert answers.count(b"500 ") <= 6
        async with Raw(server):  # leaves at once
            pass
        async with Raw(server) as client:  # speaks TLS too early
            client.writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n")
            assert (await client.reply()).startswith("500")
    assert len(server.log) <= MAX_LOG
    assert all(text.isprintable() for _direction, text in server.log)


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    data = b""
    try:
        while part := await reader.read(4096):
            data += part
    except ConnectionError:
        pass
    return data


async def test_idle_and_long_sessions_end() -> None:
    async with PracticeServer(open_server(), limits=Limits(idle=0.05)) as server, Raw(server) as client:
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.reader.read() == b""
    async with PracticeServer(open_server(), limits=Limits(session=0.05)) as server, Raw(server) as client:
        assert await _read_to_end(client.reader) == b""


async def test_connections_are_counted() -> None:
    async with PracticeServer(open_server(), max_connections=2) as server, Raw(server), Raw(server):
        reader, writer = await asyncio.open_connection(server.address, server.port)
        assert (await reader.read()).startswith(b"421 4.3.2")
        writer.close()
        await writer.wait_closed()


async def test_several_at_once() -> None:
    async with PracticeServer(healthy()) as server:
        walks = await asyncio.gather(*(asyncio.to_thread(walk, server, 10) for _ in range(8)))
        assert [result.point for result in walks] == [None] * 8
        assert len(server.messages) == 8


async def test_nothing_is_left_behind() -> None:
    before = asyncio.all_tasks()
    async with PracticeServer(healthy()) as server:
        folder = Path(server.ca_file).parent
        idle = socket.create_connection((server.address, server.port), timeout=3)
        assert await asyncio.to_thread(idle.recv, 3) == b"220"
        midway = Client(server, 3)  # in the middle of a handshake
        await asyncio.to_thread(lambda: (midway.reply(), midway.ask("EHLO x"), midway.ask("STARTTLS")))
        assert server.connections == 2
    assert server.connections == 0
    assert asyncio.all_tasks() == before
    assert not folder.exists()
    for sock in (idle, midway.sock):
        with closing(sock):
            sock.settimeout(3)
            try:
                while sock.recv(1000):
                    pass
            except ConnectionResetError:
                pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.address, server.port), timeout=3)


async def test_a_port_in_use_is_an_os_error() -> None:
    async with PracticeServer(healthy()) as server:
        with pytest.raises(OSError, match="in use"):
            async with PracticeServer(healthy(), port=server.port):
                pass


async def test_the_root_vouches_for_the_good_certificate_only() -> None:
    async with PracticeServer(healthy()) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        assert [dict(root["subject"][0])["commonName"] for root in context.get_ca_certs()] == [
            "Sendproof Practice Root"
        ]


async def test_every_reply_late() -> None:
    async with PracticeServer(open_server().with_delay(30)) as server, Raw(server) as client:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await client.ask("NOOP")
        assert loop.time() - start >= 0.029
