"""Habits of devices, played by hand: each is recorded as what it is."""

from __future__ import annotations

import asyncio
import base64
import hmac
import socket
import ssl
from collections.abc import Callable

import pytest

from core.listening.facts import facts_of
from core.listening.judging import judge
from core.listening.request import Limits
from core.secret import Secret
from tests.listening.conftest import QUICK, Device, listening, trusting

TYPED = "Scan-2024-Secret-of-the-office"


def rows(seen) -> dict[str, str]:
    return {row.name: row.text for row in facts_of(seen)}


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


async def one(play: Callable[[int], object], **choices):
    """Return what was seen of the one session that `play` holds."""
    async with listening(**choices) as server:
        await asyncio.to_thread(play, server.port)
        return await server.session()


def mail(device: Device, content: bytes, sender: str = "scanner@contoso.com", end: bytes = b"\r\n.\r\n") -> str:
    assert device.say(f"MAIL FROM:<{sender}>").startswith("250")
    assert device.say("RCPT TO:<maria@contoso.com>").startswith("250")
    assert device.say("DATA").startswith("354")
    device.send(content + end)
    return device.reply()


async def test_bare_line_feeds_throughout():
    def play(port: int) -> None:
        with Device(port) as device:
            assert device.say("EHLO x", b"\n").startswith("250")
            device.say("MAIL FROM:<a@contoso.com>", b"\n")
            device.say("RCPT TO:<b@contoso.com>", b"\n")
            device.say("DATA", b"\n")
            assert device.say(b"From: a@contoso.com\nSubject: x\n\none\ntwo\n.", b"\n").startswith("250")
            device.say("QUIT", b"\n")

    seen = await one(play)
    message = seen.envelopes[0].message
    assert (message.crlf, message.bare_lf, message.terminator) == (0, 5, "lf")
    assert message.size == len(b"From: a@contoso.com\nSubject: x\n\none\ntwo\n")
    assert {"bare-lf-commands", "lf-terminator"} <= set(seen.problems)
    assert seen.ended == "quit"
    assert rows(seen)["Line ends"].startswith("5 with LF alone")


async def test_bare_line_feeds_within_a_good_envelope():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert mail(device, b"From: a@contoso.com\r\nSubject: x\r\n\r\none\ntwo\rthree\n").startswith("250")
            assert device.say("QUIT").startswith("221")

    seen = await one(play)
    message = seen.envelopes[0].message
    assert (message.crlf, message.bare_lf, message.bare_cr, message.terminator) == (4, 2, 1, "crlf")
    assert "lf-terminator" not in seen.problems


async def test_a_dot_after_mixed_line_ends_is_waited_for():
    """LF, dot, CRLF: a strict server goes on reading, so does this one, until nothing comes any more."""

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert mail(device, b"Subject: x\r\n\r\none\n.\r\ntwo\n", end=b".\r\n").startswith("250")
            device.say("QUIT")

    seen = await one(play)
    message = seen.envelopes[0].message
    assert message.terminator == "lf"
    assert message.size == len(b"Subject: x\r\n\r\none\n.\r\ntwo\n")


async def test_commands_that_end_in_a_carriage_return():
    def play(port: int) -> None:
        with Device(port) as device:
            assert device.say("EHLO x", b"\r").startswith("250")
            assert device.say("QUIT").startswith("221")

    seen = await one(play)
    assert seen.problems == ("bare-cr-commands",)
    assert [command.line_end for command in seen.commands] == ["cr", "crlf"]
    assert rows(seen)["Oddities"] == "commands end in CR alone"


async def test_signing_in_before_tls_with_the_user_name_on_the_line():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert device.say(f"AUTH LOGIN {b64('office@contoso.com')}") == "334 UGFzc3dvcmQ6"
            assert device.say(b64(TYPED)).startswith("235")
            device.say("QUIT")

    seen = await one(play, compare=Secret(TYPED))
    (attempt,) = seen.sign_ins
    assert (attempt.encrypted, attempt.user_on_auth_line, attempt.matches) == (False, True, True)
    assert "auth-before-tls" in seen.problems
    assert "before TLS" in rows(seen)["Signs in"]


async def test_sign_in_is_only_offered_over_tls_where_chosen():
    def play(port: int) -> None:
        with Device(port) as device:
            assert "AUTH" not in device.say("EHLO x")
            device.starttls()
            assert "AUTH LOGIN PLAIN CRAM-MD5 XOAUTH2" in device.say("EHLO x")
            device.say("QUIT")

    seen = await one(play, sign_in_before_tls=False)
    assert [command.stage for command in seen.transcript if command.direction == "client"][-2:] == ["ehlo-tls"] * 2


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
async def test_a_password_that_is_cut_off(mechanism):
    cut = TYPED[:20]

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            if mechanism == "PLAIN":
                reply = device.say("AUTH PLAIN " + b64(f"\0office@contoso.com\0{cut}"))
            elif mechanism == "LOGIN":
                device.say("AUTH LOGIN")
                device.say(b64("office@contoso.com"))
                reply = device.say(b64(cut))
            else:
                challenge = base64.b64decode(device.say("AUTH CRAM-MD5")[4:])
                digest = hmac.new(cut.encode(), challenge, "md5").hexdigest()
                reply = device.say(b64(f"office@contoso.com {digest}"))
            assert reply.startswith("235")
            device.say("QUIT")

    seen = await one(play, compare=Secret(TYPED))
    (attempt,) = seen.sign_ins
    assert (attempt.matches, attempt.truncated_at, attempt.user) == (False, 20, "office@contoso.com")
    assert "cut off" in rows(seen)["Signs in"]


async def test_xoauth2_tells_the_length_of_the_token():
    token = "ya29." + "x" * 200

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            reply = device.say("AUTH XOAUTH2 " + b64(f"user=office@contoso.com\1auth=Bearer {token}\1\1"))
            assert reply.startswith("235")
            device.say("QUIT")

    seen = await one(play)
    (attempt,) = seen.sign_ins
    assert (attempt.user, attempt.token_length, attempt.password_length) == ("office@contoso.com", 205, None)


async def test_refused_xoauth2_takes_the_detour_over_a_challenge():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            reply = device.say("AUTH XOAUTH2 " + b64("user=office@contoso.com\1auth=Bearer abc\1\1"))
            assert reply.startswith("334 ")
            assert device.say("").startswith("535")
            device.say("QUIT")

    seen = await one(play, refuse_sign_in=True)
    assert [attempt.outcome for attempt in seen.sign_ins] == ["refused"]


async def test_sign_ins_that_lead_nowhere():
    def play(port: int) -> None:
        with Device(port) as device:
            assert device.say("AUTH LOGIN").startswith("503")
            device.say("EHLO x")
            assert device.say("AUTH NTLM").startswith("504")
            assert device.say("AUTH LOGIN").startswith("334")
            assert device.say("*").startswith("501")
            assert device.say("AUTH PLAIN not-base64!").startswith("501")
            assert device.say("AUTH CRAM-MD5 abc=").startswith("501")
            device.say("AUTH LOGIN")
            device.send((b64("office@contoso.com") + "\r\n").encode())
            device.reply()  # and it hangs up where the password is due

    seen = await one(play)
    assert [(attempt.mechanism, attempt.outcome) for attempt in seen.sign_ins] == [
        ("NTLM", "refused"),
        ("LOGIN", "cancelled"),
        ("PLAIN", "malformed"),
        ("CRAM-MD5", "malformed"),
        ("LOGIN", "cut"),
    ]
    assert seen.sign_ins[-1].user == "office@contoso.com"
    assert (seen.ended, "no-quit" in seen.problems) == ("closed", True)


async def test_a_sender_that_is_not_the_login():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.starttls()
            device.say("EHLO x")
            device.say("AUTH PLAIN " + b64("\0office@contoso.com\0secret"))
            mail(device, b"From: Scanner <noreply@fabrikam.com>\r\n\r\nhello")
            device.say("QUIT")

    seen = await one(play)
    (envelope,) = seen.envelopes
    assert (envelope.signed_in_as, envelope.sender) == ("office@contoso.com", "scanner@contoso.com")
    assert envelope.message.from_addresses == ("noreply@fabrikam.com",)


async def test_a_verifying_device_says_unknown_ca():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            with pytest.raises(ssl.SSLCertVerificationError):
                device.starttls(ssl.create_default_context(), "mail.contoso.com")

    seen = await one(play)
    assert (seen.tls.certificate, seen.tls.alert, seen.tls.completed) == ("refused", "unknown_ca", False)
    assert seen.tls.sni == "mail.contoso.com"
    assert seen.ended == "tls-failed"


async def test_a_device_that_looks_at_the_certificate_afterwards():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.starttls()
            assert device.sock.getpeercert(binary_form=True)

    seen = await one(play)
    assert (seen.tls.certificate, seen.tls.left_after_handshake) == ("unknown", True)


async def test_the_certificate_is_for_what_is_typed_into_the_device():
    found = {}

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.starttls()
            found["der"] = device.sock.getpeercert(binary_form=True)
            device.say("EHLO x")
            device.say("QUIT")

    async with listening() as server:
        await asyncio.to_thread(play, server.port)
        await server.session()
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(found["der"])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "127.0.0.1" in {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert certificate.public_key().key_size == 2048
    fingerprint = certificate.fingerprint(certificate.signature_hash_algorithm).hex()
    assert server.document.choices.certificate_sha256 == fingerprint


async def test_retry_without_tls_and_without_sign_in():
    def first(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier")
            with pytest.raises(ssl.SSLCertVerificationError):
                device.starttls(ssl.create_default_context(), "x.example.com")

    def second(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier")
            device.say("AUTH PLAIN " + b64("\0office@contoso.com\0secret"))
            device.say("QUIT")

    def third(port: int) -> None:
        with Device(port) as device:
            device.say("HELO copier")
            mail(device, b"Subject: x\r\n\r\n")
            device.say("QUIT")

    async with listening(refuse_sign_in=True) as server:
        seen = []
        for number, play in enumerate((first, second, third), 1):
            await asyncio.to_thread(play, server.port)
            seen.append(await server.session(number))
    assert seen[0].retry is None
    assert (seen[1].retry.of, seen[1].retry.differs) == (1, ("without-tls",))
    assert seen[1].retry.earlier_ended == "tls-failed"
    assert (seen[2].retry.of, seen[2].retry.differs) == (2, ("without-sign-in", "helo"))
    assert rows(seen[2])["Comes again"].endswith("without sign-in and with HELO")


async def test_a_message_after_a_message_is_no_retry():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier")
            mail(device, b"Subject: x\r\n\r\n")
            device.say("QUIT")

    async with listening() as server:
        for number in (1, 2):
            await asyncio.to_thread(play, server.port)
            await server.session(number)
    assert [seen.retry for seen in server.document.sessions] == [None, None]


async def test_a_device_that_only_knows_key_exchange_of_finite_fields():
    def play(port: int) -> None:
        context = trusting(ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("DHE+AES@SECLEVEL=0")
        with Device(port) as device:
            device.say("EHLO old")
            device.starttls(context)
            device.say("EHLO old")
            device.say("QUIT")

    seen = await one(play)
    assert seen.tls.cipher.startswith("DHE-RSA-")


async def test_plain_text_after_starttls_and_no_ehlo_after_tls():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.starttls()
            assert device.say("MAIL FROM:<a@contoso.com>").startswith("503")
            device.say("QUIT")

    seen = await one(play)
    assert "no-ehlo-after-tls" in seen.problems

    def plain(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert device.say("STARTTLS").startswith("220")
            device.send(b"MAIL FROM:<a@contoso.com>\r\n")
            while device.sock.recv(4096):
                pass

    seen = await one(plain)
    assert "not-tls-after-starttls" in seen.problems
    assert (seen.ended, seen.tls.completed, seen.tls.client_hello) == ("tls-failed", False, "")


async def test_oddities_of_commands():
    def play(port: int) -> None:
        with Device(port, greeted=False) as device:
            device.send(b"EHLO x\r\nNOOP\r\n")
            for _ in range(3):
                device.reply()
            assert device.say("MAIL FROM: a@contoso.com SIZE=10 BODY=8BITMIME").startswith("250")
            assert device.say("RCPT TO:<b@contoso.com> NOTIFY=NEVER").startswith("250")
            assert device.say("MAIL FROM:<again@contoso.com>").startswith("503")
            assert device.say("RSET").startswith("250")
            assert device.say("MAIL FROM:<>").startswith("250")
            assert device.say("RCPT TO").startswith("501")
            assert device.say("FOO bar").startswith("500")
            device.say("QUIT")

    seen = await one(play)
    assert set(seen.problems) == {
        "spoke-before-greeting",
        "pipelined-without-asking",
        "path-without-brackets",
        "space-after-colon",
        "unknown-commands",
    }
    assert "an address without < and >" in rows(seen)["Oddities"]
    assert [envelope.sender for envelope in seen.envelopes] == ["a@contoso.com", ""]
    assert (seen.envelopes[0].size, seen.envelopes[0].body) == (10, "8BITMIME")
    assert set(seen.extensions_used) >= {"SIZE", "8BITMIME", "DSN"}


async def test_pauses_and_pipelining_are_told_apart():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.send(b"MAIL FROM:<a@contoso.com>\r\nRCPT TO:<b@contoso.com>\r\n")
            device.reply()
            device.reply()
            device.say("QUIT")

    seen = await one(play)
    pauses = {command.verb: command.pause_ms for command in seen.commands}
    assert pauses["RCPT"] is None
    assert pauses["EHLO"] is not None
    assert pauses["EHLO"] >= 0
    assert "PIPELINING" in seen.extensions_used


async def test_chunking():
    content = b"From: a@contoso.com\r\nContent-Type: text/plain\r\n\r\none\r\ntwo\r\n"

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.say("MAIL FROM:<a@contoso.com>")
            device.say("RCPT TO:<b@contoso.com>")
            device.send(b"BDAT 30\r\n" + content[:30])
            assert device.reply().startswith("250")
            device.send(f"BDAT {len(content) - 30} LAST\r\n".encode() + content[30:] + b"QUIT\r\n")
            assert device.reply().startswith("250")
            assert device.reply().startswith("221")

    seen = await one(play)
    message = seen.envelopes[0].message
    assert (message.size, message.terminator, message.crlf) == (len(content), "bdat", 5)
    assert message.from_addresses == ("a@contoso.com",)


@pytest.mark.parametrize("step", [1, 7, 20])
async def test_chunks_may_be_cut_anywhere(step):
    content = (
        b"From: a@contoso.com\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n"
        b"Content-Type: application/pdf; name=scan.pdf\r\n\r\nx\r\n--bb--\r\n"
    )

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.say("MAIL FROM:<a@contoso.com>")
            device.say("RCPT TO:<b@contoso.com>")
            for start in range(0, len(content), step):
                piece = content[start : start + step]
                device.send(f"BDAT {len(piece)}\r\n".encode() + piece)
                assert device.reply().startswith("250")
            assert device.say("BDAT 0 LAST").startswith("250")
            device.say("QUIT")

    seen = await one(play)
    message = seen.envelopes[0].message
    assert (message.size, message.crlf, message.bare_lf, message.bare_cr) == (len(content), 8, 0, 0)
    assert [part.name for part in message.attachments] == ["scan.pdf"]


async def test_a_device_that_leaves_in_the_middle_of_a_message():
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            device.say("MAIL FROM:<a@contoso.com>")
            device.say("RCPT TO:<b@contoso.com>")
            device.say("DATA")
            device.send(b"Subject: x\r\n\r\nhalf of")

    seen = await one(play)
    assert seen.envelopes[0].message.terminator == "cut"
    assert seen.messages == 0
    assert seen.ended == "closed"


async def test_a_silent_device_and_a_message_too_large_are_ended():
    def silent(port: int) -> None:
        with Device(port) as device:
            assert device.reply().startswith("421")

    seen = await one(silent, limits=Limits(idle=0.3, peek=0.01))
    assert seen.ended == "timeout"

    def large(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert device.say("MAIL FROM:<a@contoso.com> SIZE=5000").startswith("552")
            device.say("MAIL FROM:<a@contoso.com>")
            device.say("RCPT TO:<b@contoso.com>")
            device.say("DATA")
            device.send((b"x" * 70 + b"\r\n") * 100)
            assert device.reply().startswith("552")

    seen = await one(large, limits=Limits(message=4000, peek=0.01))
    assert seen.ended == "limit"


async def test_http_and_other_strangers():
    def play(port: int) -> None:
        with Device(port, greeted=False) as device:
            device.send(b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\nAccept: */*\r\n\r\nA\r\nB\r\nC\r\n")
            while device.sock.recv(4096):
                pass

    seen = await one(play)
    assert "http" in seen.problems
    assert seen.ended == "limit"
    assert seen.commands[0].text == "GET / HTTP/1.1"


async def test_implicit_tls_on_its_port_and_a_device_that_speaks_plain_there():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def good(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            device = object.__new__(Device)
            device.buffer = b""
            device.sock = trusting().wrap_socket(raw)
            assert device.reply().startswith("220")
            device.say("EHLO x")
            device.say("QUIT")
            device.sock.close()

    def plain(port: int) -> None:
        with Device(port, greeted=False) as device:
            device.send(b"EHLO x\r\n")
            while device.sock.recv(4096):
                pass

    async with listening(port=port, implicit_tls_ports=frozenset({port})) as server:
        await asyncio.to_thread(good, port)
        await asyncio.to_thread(plain, port)
        first, second = await server.session(1), await server.session(2)
    assert (first.implicit_tls, first.tls.how, first.ended) == (True, "implicit", "quit")
    assert (second.ended, second.problems) == ("tls-failed", ("plain-on-tls-port",))
    assert server.document.places[0].implicit_tls


async def test_two_sessions_at_a_time_do_not_mix():
    def play(port: int, name: str) -> None:
        with Device(port) as device:
            device.say(f"EHLO {name}")
            mail(device, b"Subject: x\r\n\r\n", sender=f"{name}@contoso.com")
            device.say("QUIT")

    async with listening(limits=QUICK) as server:
        names = [f"device{number}" for number in range(6)]
        await asyncio.gather(*(asyncio.to_thread(play, server.port, name) for name in names))
        await server.running(lambda: len(server.ended) == 6)
    assert {(seen.hello, seen.envelopes[0].sender) for seen in server.document.sessions} == {
        (name, f"{name}@contoso.com") for name in names
    }


async def test_a_message_that_nobody_asked_for_is_not_kept():
    """A device that goes on after a refused DATA speaks its message as commands: that is content, and not recorded."""

    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert device.say("DATA").startswith("503")
            for line in ("From: a@contoso.com", "the salary list"):
                assert device.say(line).startswith("500")
            device.say("QUIT")

    seen = await one(play)
    assert "salary" not in str(seen)
    assert seen.commands[-2].text == "(a line of the message, which nobody asked for)"


@pytest.mark.parametrize(("offered", "blamed"), [(True, True), (False, False)])
async def test_who_was_offered_no_sign_in_is_not_blamed_for_none(offered, blamed):
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier.contoso.com")
            device.say("MAIL FROM:<a@contoso.com>")
            device.say("QUIT")

    seen = await one(play, sign_in_before_tls=offered)
    titles = [finding.title for finding in judge(seen, "microsoft365").findings]
    assert ("It does not sign in" in titles) is blamed
