"""Real clients as stand-ins for devices: each has to be described as what it is."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import sys
from email.message import EmailMessage

import pytest

from core.listening.client_hello import read_client_hello
from core.listening.facts import facts_of
from core.secret import Secret
from tests.listening.conftest import listening, run_tool, tool, trusting

PASSWORD = "Scan-2024-Geheim"


def rows(seen) -> dict[str, str]:
    return {row.name: row.text for row in facts_of(seen)}


def hello_of(seen):
    return read_client_hello(bytes.fromhex(seen.tls.client_hello)).hello


async def test_swaks_with_a_scan(tmp_path):
    scan = tmp_path / "scan0001.pdf"
    scan.write_bytes(b"%PDF-1.4" + bytes(range(256)) * 400)
    async with listening(compare=Secret(PASSWORD)) as server:
        status, out = await run_tool(
            tool("swaks"), "--server", "127.0.0.1", "--port", str(server.port), "-tls", "--tls-sni", "mail.contoso.com",
            "--ehlo", "SHARP-MX4070N", "--auth", "LOGIN", "--auth-user", "office@contoso.com",
            "--auth-password", PASSWORD, "--from", "scanner@contoso.com", "--to", "maria@contoso.com,jan@contoso.com",
            "--attach-type", "application/pdf", "--attach", f"@{scan}",
        )  # fmt: skip
        assert status == 0, out
        seen = await server.session()
    assert (seen.hello_verb, seen.hello, seen.ended) == ("EHLO", "SHARP-MX4070N", "quit")
    assert seen.tls is not None
    assert (seen.tls.how, seen.tls.completed, seen.tls.certificate) == ("starttls", True, "accepted")
    assert seen.tls.sni == hello_of(seen).sni == "mail.contoso.com"
    (attempt,) = seen.sign_ins
    assert (attempt.mechanism, attempt.user, attempt.encrypted) == ("LOGIN", "office@contoso.com", True)
    assert (attempt.password_length, attempt.matches, attempt.truncated_at) == (len(PASSWORD), True, None)
    (envelope,) = seen.envelopes
    assert (envelope.sender, envelope.signed_in_as) == ("scanner@contoso.com", "office@contoso.com")
    assert [recipient.address for recipient in envelope.recipients] == ["maria@contoso.com", "jan@contoso.com"]
    message = envelope.message
    assert message is not None
    (attachment,) = message.attachments
    assert (attachment.name, attachment.content_type) == ("scan0001.pdf", "application/pdf")
    assert attachment.size == scan.stat().st_size
    assert (message.bare_lf, message.terminator, message.missing) == (0, "crlf", ())
    assert message.mailer is not None
    assert message.mailer.startswith("swaks")
    told = rows(seen)
    assert told["Introduces itself as"] == "EHLO SHARP-MX4070N"
    assert told["Checks the certificate"].startswith("no")
    assert "scan0001.pdf" in told["Message"]


async def test_python_with_plain_text_and_no_sign_in():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "alarm@contoso.com", "maria@contoso.com", "Störung"
    message.set_content("Tür offen\n")

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="panel.contoso.com", timeout=10) as client:
            client.send_message(message, mail_options=("BODY=8BITMIME",))

    async with listening() as server:
        await asyncio.to_thread(send, server.port)
        seen = await server.session()
    assert (seen.hello, seen.tls, seen.sign_ins) == ("panel.contoso.com", None, ())
    assert seen.extensions_used == ("SIZE", "8BITMIME")
    (envelope,) = seen.envelopes
    assert envelope.body == "8BITMIME"
    assert envelope.size == envelope.message.size
    assert envelope.message.missing == ("Date", "Message-ID")
    assert envelope.message.attachments == ()
    assert rows(seen)["Encryption"] == "none"


async def test_python_with_cram_md5_and_implicit_tls():
    def send(port: int) -> None:
        with smtplib.SMTP_SSL("127.0.0.1", port, timeout=10, context=trusting()) as client:
            client.user, client.password = "office@contoso.com", PASSWORD
            client.ehlo()
            client.auth("CRAM-MD5", client.auth_cram_md5)

    async with listening(compare=Secret(PASSWORD), implicit_tls_ports=frozenset()) as server:
        # Port 0 is no port of TLS, so the device begins with it on a plain one: that is seen, and gone along with.
        await asyncio.to_thread(send, server.port)
        seen = await server.session()
    assert seen.problems == ("tls-on-plain-port",)
    assert (seen.tls.how, seen.tls.completed) == ("implicit", True)
    (attempt,) = seen.sign_ins
    assert (attempt.mechanism, attempt.password_length, attempt.matches) == ("CRAM-MD5", None, True)


async def test_msmtp(tmp_path):
    configuration = tmp_path / "msmtprc"
    configuration.write_text("")
    async with listening(mechanisms=("PLAIN",)) as server:
        status, out = await run_tool(
            tool("msmtp"), f"--file={configuration}", "--host=127.0.0.1", f"--port={server.port}", "--tls=on",
            "--tls-certcheck=off", "--auth=plain", "--user=office@contoso.com", f"--passwordeval=echo {PASSWORD}",
            "--from=office@contoso.com", "--domain=copier.contoso.com", "maria@contoso.com",
            text="From: office@contoso.com\nSubject: Scan\n\nhello\n",
        )  # fmt: skip
        assert status == 0, out
        seen = await server.session()
    assert seen.hello == "copier.contoso.com"
    assert "PIPELINING" in seen.extensions_used
    assert "pipelined-without-asking" not in seen.problems
    (attempt,) = seen.sign_ins
    assert (attempt.mechanism, attempt.initial_response, attempt.matches) == ("PLAIN", True, None)
    assert attempt.password_length == len(PASSWORD)


async def test_msmtp_that_verifies_and_hangs_up(tmp_path):
    configuration = tmp_path / "msmtprc"
    configuration.write_text("")
    async with listening() as server:
        status, _ = await run_tool(
            tool("msmtp"), f"--file={configuration}", "--host=127.0.0.1", f"--port={server.port}", "--tls=on",
            "--tls-starttls=on", "--from=a@contoso.com", "maria@contoso.com", text="Subject: Scan\n\nhello\n",
        )  # fmt: skip
        assert status != 0
        seen = await server.session()
    assert seen.tls.certificate == "refused" or seen.tls.left_after_handshake
    assert rows(seen)["Checks the certificate"].startswith(("yes", "perhaps"))


async def test_curl_that_verifies(tmp_path):
    (tmp_path / "mail").write_text("From: a@contoso.com\r\n\r\nhello\r\n")
    async with listening() as server:
        status, _ = await run_tool(
            tool("curl"), "-sS", "--url", f"smtp://127.0.0.1:{server.port}/copier.contoso.com", "--ssl-reqd",
            "--mail-from", "a@contoso.com", "--mail-rcpt", "maria@contoso.com", "-T", str(tmp_path / "mail"),
        )  # fmt: skip
        assert status != 0
        seen = await server.session()
    assert seen.hello == "copier.contoso.com"
    assert seen.ended == "tls-failed"
    assert (seen.tls.completed, seen.tls.certificate, seen.tls.alert) == (False, "refused", "unknown_ca")


async def test_curl_with_implicit_tls(tmp_path):
    (tmp_path / "mail").write_text("From: a@contoso.com\r\nDate: Thu, 01 Jan 2009 00:00:00 +0000\r\n\r\nhello\r\n")
    async with listening(port=0) as server:
        status, out = await run_tool(
            tool("curl"), "-sS", "-k", "--url", f"smtps://127.0.0.1:{server.port}", "--user", f"office:{PASSWORD}",
            "--login-options", "AUTH=LOGIN",
            "--mail-from", "a@contoso.com", "--mail-rcpt", "maria@contoso.com", "-T", str(tmp_path / "mail"),
        )  # fmt: skip
        assert status == 0, out
        seen = await server.session()
    assert (seen.tls.how, seen.tls.certificate) == ("implicit", "accepted")
    assert seen.envelopes[0].message.date_off_s < -100_000_000
    assert seen.sign_ins[0].user == "office"


@pytest.mark.parametrize("how", ["starttls", "implicit"])
async def test_openssl_with_tls_1_0_and_no_sni(how):
    async with listening() as server:
        extra = ("-starttls", "smtp") if how == "starttls" else ()
        status, out = await run_tool(
            tool("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1", "-noservername", "-crlf",
            "-cipher", "DEFAULT@SECLEVEL=0", "-quiet", "-ign_eof", *extra,
            text="EHLO old-copier\nMAIL FROM:<a@contoso.com>\nQUIT\n",
        )  # fmt: skip
        assert status == 0, out
        seen = await server.session()
    assert (seen.tls.how, seen.tls.version, seen.tls.sni) == (how, "1.0", None)
    hello = hello_of(seen)
    assert (hello.highest_version, hello.sni) == ("1.0", None)
    assert seen.hello == "old-copier"
    told = rows(seen)
    assert "offers up to TLS 1.0" in told["Encryption"]
    assert told["Server name sent (SNI)"] == "none"


async def test_a_device_beyond_this_computers_openssl():
    """A client that offers only what no OpenSSL of today has: its hello is still read."""
    sslv3 = bytes.fromhex("16030000330100002f0300") + bytes(32) + bytes.fromhex("0000080004000500030006") + b"\x01\x00"
    async with listening() as server:
        await asyncio.to_thread(_send_after_starttls, server.port, sslv3)
        seen = await server.session()
    assert (seen.tls.completed, seen.ended) == (False, "tls-failed")
    assert seen.tls.beyond_us
    assert seen.tls.alert_sent in {"protocol_version", "handshake_failure"}
    assert hello_of(seen).highest_version == "SSL 3.0"


def _send_after_starttls(port: int, data: bytes) -> None:
    from tests.listening.conftest import Device

    with Device(port) as device:
        device.say("EHLO old")
        assert device.say("STARTTLS").startswith("220")
        device.send(data)
        while device.sock.recv(4096):
            pass


def test_this_python_can_speak_tls_1_0():
    """Otherwise the tests above would prove little."""
    assert ssl.HAS_TLSv1, sys.version
