"""`sendproof listen` as its user meets it: a process of its own, a device that sends, Ctrl+C."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.cli.main import main
from core.listening.observation import from_json
from core.practice.load import load_scenario

PASSWORD = "Scan-2024-Geheim"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Running:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._threads = [
            threading.Thread(target=self._read, args=(process.stdout, self.lines)),
            threading.Thread(target=self._read, args=(process.stderr, self.errors)),
        ]
        self._ready = threading.Event()
        for thread in self._threads:
            thread.start()

    def _read(self, stream, into: list[str]) -> None:
        for line in stream:
            into.append(line.rstrip("\n"))
            if "Ctrl+C ends it" in line or "result." in line:
                self._ready.set()
        self._ready.set()

    def wait_ready(self) -> None:
        assert self._ready.wait(30)

    def finish(self) -> int:
        status = self.process.wait(30)
        for thread in self._threads:
            thread.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return status

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@contextmanager
def listen(*arguments: str, **environment: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "listen", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
    )
    running = Running(process)
    try:
        running.wait_ready()
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        running.finish()


def send(port: int, *, password: str = PASSWORD, sender: str = "scanner@contoso.com") -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="copier.contoso.com", timeout=20) as device:
        device.starttls()
        device.login("office@contoso.com", password)
        device.sendmail(sender, ["maria@contoso.com"], f"From: {sender}\r\nSubject: Scan\r\n\r\nhello\r\n")


def test_a_device_is_described_and_judged(tmp_path):
    port = free_port()
    with listen(
        "--port", str(port), "--address", "127.0.0.1", "--sessions", "1", "--provider", "microsoft365",
        "--device", "sharp-mx-series", "--password-env", "PW", PW=PASSWORD,
    ) as running:  # fmt: skip
        send(port, password=PASSWORD[:12])
        assert running.finish() == 1
    text = running.text
    for words in (
        "Enter this on the device",
        "127.0.0.1",
        f"Port         {port}",
        "EHLO copier.contoso.com",
        "What the device did (session 1, 127.0.0.1)",
        "AUTH LOGIN as office@contoso.com",
        "password of 12 octets, not kept",
        "cut off after 12",
        "What Microsoft 365 would say",
        "Nothing was delivered.",
    ):
        assert words in text, words
    assert "✕" in text
    assert PASSWORD[:12] not in text
    (kept,) = Path(os.environ["SENDPROOF_HISTORY"]).glob("*.json")
    assert PASSWORD[:12] not in kept.read_text(encoding="utf-8")


def test_json_goes_to_standard_output_alone():
    port = free_port()
    with listen(
        "--port", str(port), "--address", "127.0.0.1", "--sessions", "1", "--format", "json", "--no-history"
    ) as running:
        send(port, sender="office@contoso.com")
        running.finish()
    document = from_json(running.text)
    assert document.sessions[0].hello == "copier.contoso.com"
    assert document.stopped_by == "sessions"
    assert json.loads(running.text)["schema"] == "sendproof.listen/1"
    assert any("What the device did" in line for line in running.errors)
    assert not Path(os.environ["SENDPROOF_HISTORY"]).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another process are POSIX")
def test_ctrl_c_ends_with_the_result(tmp_path):
    port = free_port()
    output = tmp_path / "result.txt"
    with listen("--port", str(port), "--address", "127.0.0.1", "--output", str(output)) as running:
        send(port)
        running.process.send_signal(signal.SIGINT)
        assert running.finish() in {0, 1}
    text = output.read_text(encoding="utf-8")
    assert "Session 1: copier.contoso.com" in text
    assert "Transcript" in text


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another process are POSIX")
def test_nothing_seen_is_a_negative_result():
    with listen("--port", str(free_port()), "--address", "127.0.0.1") as running:
        running.process.send_signal(signal.SIGINT)
        assert running.finish() == 1
    assert "No device connected" in running.text


def test_pass_through_from_the_terminal():
    scenario = load_scenario("spamhaus-block")
    real, port = free_port(), free_port()
    practice = subprocess.Popen(
        [sys.executable, "-m", "core", "practice", "spamhaus-block", "--port", str(real), "--host", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        root = next(line.split("trust:")[1].strip() for line in practice.stdout if "Root to trust" in line)
        with listen(
            "--port", str(port), "--address", "127.0.0.1", "--sessions", "1", "--relay-to", f"127.0.0.1:{real}",
            "--relay-recipient", scenario.check.recipients[0], "--relay-sender-ok", "--ca-file", root,
        ) as running:  # fmt: skip
            with (
                smtplib.SMTP("127.0.0.1", port, timeout=20) as device,
                pytest.raises(smtplib.SMTPRecipientsRefused) as no,
            ):
                device.sendmail("scanner@contoso.com", list(scenario.check.recipients), "Subject: x\r\n\r\n")
            assert running.finish() == 1
    finally:
        practice.kill()
        practice.communicate()
    code, words = no.value.recipients[scenario.check.recipients[0]]
    assert code == 550
    assert b"Spamhaus" in words
    assert "PASS-THROUGH" in running.text
    assert any("»" in line and "C: RCPT TO" in line for line in running.lines)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--port", "x"), "“x” is no port"),
        (("--port", "0"), "“0” is no port"),
        (("--for", "soon"), "“soon” is no time"),
        (("--for", "90d"), "“90d” is no time"),
        (("--sessions", "0"), "“0” is no number of sessions"),
        (("--address", "copier"), "“copier” is not an IP address"),
        (("--provider", "tea"), "There is no provider “tea”"),
        (("--device", "tea"), "There is no device “tea”"),
        (("--offer-auth", "NTLM"), "--offer-auth takes LOGIN"),
        (("--password-env", "NOT_SET_HERE"), "NOT_SET_HERE"),
        (("--relay-recipient", "a@contoso.com"), "--relay-to HOST:PORT"),
        (("--relay-to", "mail.example.com:25", "--relay-recipient", "a@contoso.com"), "--relay-sender-ok"),
        (("--relay-to", "mail.example.com", "--relay-sender-ok"), "as HOST:PORT"),
        (("--relay-to", "mail.example.com:25", "--relay-sender-ok"), "Name the recipients"),
        (
            ("--relay-to", "mail.example.com:25", "--relay-sender-ok", "--relay-recipient", "nobody"),
            "“nobody” has no @",
        ),
        (
            (
                "--relay-to", "mail.example.com:25", "--relay-sender-ok", "--relay-recipient", "a@contoso.com",
                "--relay-security", "none", "--relay-sign-in",
            ),
            "only passed on over an encrypted connection",
        ),
        (("--output", "/nowhere/at/all.txt"), "can't be written to"),
    ],
)  # fmt: skip
def test_wrong_arguments_end_with_2_and_a_sentence(capsys, arguments, sentence):
    assert main(["listen", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_port_in_use_ends_with_2_and_what_to_do(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["listen", "--port", str(port), "--address", "127.0.0.1"]) == 2
    told = capsys.readouterr().err
    assert f"Port {port} is in use" in told
    assert "Choose another port" in told
