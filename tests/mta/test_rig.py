"""The rig itself, by the standard library's client: the servers say what the tests of the check rely on."""

from __future__ import annotations

import base64
import hmac
import os
import shutil
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mta import rig

pytestmark = pytest.mark.mta


def connect(server: rig.MailServer, port: int | None = None, source: str = "") -> smtplib.SMTP:
    return smtplib.SMTP(
        server.host,
        port or server.port,
        local_hostname="copier.contoso.com",
        timeout=10,
        source_address=(source, 0) if source else None,
    )


def trusting(server: rig.MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file))


def start_tls(client: smtplib.SMTP, server: rig.MailServer) -> None:
    client.ehlo()
    client._host = server.server_name  # what the certificate is checked for
    assert client.starttls(context=trusting(server))[0] == 220
    client.ehlo()


def sign_in(client: smtplib.SMTP, mechanism: str, user: str, password: str) -> tuple[int, bytes]:
    """AUTH by hand, since smtplib can't encode a password outside ASCII."""

    def b64(data: str | bytes) -> str:
        return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()

    if mechanism == "PLAIN":
        return client.docmd("AUTH", f"PLAIN {b64(f'{chr(0)}{user}{chr(0)}{password}')}")
    code, challenge = client.docmd("AUTH", mechanism)
    assert code == 334
    if mechanism == "LOGIN":
        assert client.docmd(b64(user))[0] == 334
        return client.docmd(b64(password))
    digest = hmac.new(password.encode(), base64.b64decode(challenge), "md5").hexdigest()
    return client.docmd(b64(f"{user} {digest}"))


@pytest.fixture
def signed_in(submission: rig.SubmissionServer) -> Iterator[smtplib.SMTP]:
    with connect(submission) as client:
        start_tls(client, submission)
        assert sign_in(client, "PLAIN", submission.user, submission.password)[0] == 235
        yield client


def test_the_mx_refuses_the_recipient_in_the_words_of_the_founding_case(listed_mx):
    with connect(listed_mx) as client:
        start_tls(client, listed_mx)
        assert client.mail("scanner@contoso.com")[0] == 250
        code, text = client.rcpt("anna@contoso.com")
        assert f"{code} {text.decode()}" == rig.BLOCK_REPLY
    assert "blocked using Spamhaus" in listed_mx.log()


def test_it_is_the_list_that_decides(listed_mx):
    with connect(listed_mx, source=rig.UNLISTED_ADDRESS) as client:
        client.ehlo()
        client.mail("scanner@contoso.com")
        assert client.rcpt("anna@contoso.com")[0] == 250
        assert client.rcpt("nobody-here@contoso.com")[0] == 550
        assert client.rcpt("someone@example.com") == (
            554,
            b"5.7.1 <someone@example.com>: Relay access denied",
        )


def test_the_mx_offers_starttls_and_no_sign_in(listed_mx):
    with connect(listed_mx) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        start_tls(client, listed_mx)
        assert not client.has_extn("auth")


def test_submission_wants_tls_first(submission):
    with connect(submission) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        code, text = client.mail(submission.user)
        assert (code, text) == (530, b"5.7.0 Must issue a STARTTLS command first")


def test_the_certificate_is_good_for_its_name_only(submission):
    with connect(submission) as client:
        client.ehlo()
        client._host = "smtp.example.com"
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            client.starttls(context=trusting(submission))


def test_submission_wants_a_sign_in(submission):
    with connect(submission) as client:
        start_tls(client, submission)
        assert set(client.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN", "CRAM-MD5"}
        client.mail("someone@example.com")
        code, text = client.rcpt(submission.recipient)
        assert code == 554
        assert b"Access denied" in text


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_the_right_password_is_accepted_and_the_wrong_one_is_not(submission, mechanism):
    with connect(submission) as client:
        start_tls(client, submission)
        code, text = sign_in(client, mechanism, submission.user, submission.password + "x")
        assert code == 535
        assert text.startswith(b"5.7.8 Error: authentication failed")
        assert sign_in(client, mechanism, submission.user, submission.password)[0] == 235


def test_implicit_tls(submission):
    with socket.create_connection((submission.host, submission.implicit_port), timeout=10) as plain:
        context = trusting(submission)
        with context.wrap_socket(plain, server_hostname=submission.server_name) as encrypted:
            assert encrypted.recv(1000).startswith(b"220 smtp.contoso.com")


def test_a_sender_of_somebody_else_is_refused(signed_in, submission):
    signed_in.mail("boss@contoso.com")
    code, text = signed_in.rcpt(submission.recipient)
    assert code == 553
    assert text.startswith(b"5.7.1 <boss@contoso.com>: Sender address rejected: not owned by user")


def test_recipients_here_elsewhere_and_nowhere(signed_in, submission):
    signed_in.mail(submission.user)
    assert signed_in.rcpt(submission.recipient)[0] == 250
    assert signed_in.rcpt("someone@example.com")[0] == 250
    code, text = signed_in.rcpt("nobody-here@contoso.com")
    assert code == 550
    assert text.startswith(b"5.1.1 <nobody-here@contoso.com>: Recipient address rejected: User unknown")


def test_an_accepted_message_arrives(signed_in, submission):
    subject = f"rig {os.urandom(8).hex()}"
    signed_in.sendmail(
        submission.user, [submission.recipient], f"From: {submission.user}\r\nSubject: {subject}\r\n\r\nHello\r\n"
    )
    deadline = time.monotonic() + 10
    while not any(subject.encode() in message for message in submission.messages(submission.recipient)):
        assert time.monotonic() < deadline, submission.log()
        time.sleep(0.01)


def test_a_message_over_the_limit_is_refused(submission):
    with connect(submission, submission.small_port) as client:
        start_tls(client, submission)
        assert client.esmtp_features["size"] == str(rig.SIZE_LIMIT)
        sign_in(client, "PLAIN", submission.user, submission.password)
        code, text = client.mail(submission.user, [f"SIZE={rig.SIZE_LIMIT + 1}"])
        assert (code, text) == (552, b"5.3.4 Message size exceeds fixed limit")


# --- Starting and stopping -----------------------------------------------------------------------------------


def processes() -> dict[int, tuple[str, int, int]]:
    """Name, parent and process group of each living process, by its id."""
    alive = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text().rpartition(")")
        except OSError:
            continue  # ended meanwhile
        state, parent, group = tail.split()[:3]
        if state != "Z":
            alive[int(stat.parent.name)] = (head.partition("(")[2], int(parent), int(group))
    return alive


def own_servers() -> dict[int, str]:
    """Process group and name of the servers that this test process has started."""
    return {
        group: name for name, parent, group in processes().values() if parent == os.getpid() and group != os.getpgrp()
    }


@pytest.fixture
def folders(monkeypatch) -> list[Path]:
    """The folders that the rig makes during this test."""
    made: list[Path] = []
    make = rig.tempfile.mkdtemp

    def mkdtemp(**options: str) -> str:
        made.append(Path(make(**options)))
        return str(made[-1])

    monkeypatch.setattr(rig.tempfile, "mkdtemp", mkdtemp)
    return made


def test_nothing_is_left_behind(real_servers, folders):
    before = own_servers()
    with rig.mail_servers() as second:
        started = {group: name for group, name in own_servers().items() if group not in before}
        assert sorted(started.values()) == ["master", "rbldnsd"]
        assert second.listed_mx.port != real_servers.listed_mx.port
        with connect(second.listed_mx) as client:
            client.ehlo()
            assert len([group for _, _, group in processes().values() if group in started]) > len(started)
    assert [process for process in processes().values() if process[2] in started] == []
    assert own_servers() == before
    assert [folder.exists() for folder in folders] == [False]


def test_a_failed_start_says_why_and_leaves_nothing_behind(real_servers, folders, monkeypatch):
    before = own_servers()
    monkeypatch.setattr(rig, "MASTER_CF", rig.MASTER_CF.replace("127.0.0.1:{mx}", "127.0.0.3:{mx}"))
    monkeypatch.setattr(rig, "START_LIMIT", 2.0)
    with (
        pytest.raises(RuntimeError, match=r"(?s)Postfix did not answer within 2 s:.*daemon started"),
        rig.mail_servers(),
    ):
        pytest.fail("nothing answers at that address")
    assert own_servers() == before
    assert [folder.exists() for folder in folders] == [False]


def test_a_missing_program_is_named(monkeypatch):
    if os.name != "posix" or os.geteuid() != 0:
        with pytest.raises(rig.Missing, match="root"):
            rig.check_programs()
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(os, "name", "posix")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, **options: None if "rbl" in name else (which(name) or name))
    with pytest.raises(rig.Missing, match=r"not installed: rbldnsd$"):
        rig.check_programs()
