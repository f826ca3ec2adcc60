"""The benchmark's server keeps the watch rightly."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest

from tests.bench import late_server as module
from tests.bench.late_server import late_server


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, "DELAY", 0.01)
    with late_server() as running:
        yield running


def test_each_command_that_is_waited_for_is_a_round_trip(server):
    with smtplib.SMTP("localhost", server.port, local_hostname="copier.example.com", timeout=10) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        assert not client.has_extn("auth")
        client.starttls(context=ssl.create_default_context(cafile=str(server.ca_file)))
        client.login("scanner@example.com", "secret")
        assert client.mail("scanner@example.com")[0] == 250
        assert client.rcpt("anna@example.com")[0] == 250
    conversation = server.next_conversation()
    assert conversation.commands == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "QUIT"]
    assert conversation.waits == 1 + 7
    assert conversation.seconds >= 8 * 0.01


def test_commands_sent_together_are_one_round_trip(server):
    with socket.create_connection((server.host, server.port), timeout=10) as client:
        stream = client.makefile("rwb")
        assert stream.readline().startswith(b"220")
        stream.write(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nQUIT\r\n")
        stream.flush()
        assert [stream.readline()[:3] for _ in range(3)] == [b"250", b"250", b"221"]
        assert stream.read() == b""
        stream.close()
    assert server.next_conversation().waits == 2


def test_a_broken_handshake_ends_the_connection(server):
    with socket.create_connection((server.host, server.port), timeout=10) as client:
        stream = client.makefile("rwb")
        stream.readline()
        stream.write(b"STARTTLS\r\n")
        stream.flush()
        assert stream.readline().startswith(b"220")
        stream.write(b"this is no handshake\r\n")
        stream.flush()
        stream.read()
        stream.close()
    assert not server.next_conversation().encrypted


def test_waiting_for_a_conversation_has_an_end(server):
    with pytest.raises(TimeoutError):
        server.next_conversation(within=0.01)
