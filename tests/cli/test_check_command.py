"""The command line: arguments, exit statuses, output, Ctrl+C, pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from core.cli.main import main

BASE = ["check", "--server", "smtp.example.com", "--from", "scanner@contoso.com", "--to", "office@contoso.com"]


@pytest.mark.parametrize(
    ("practice", "status"),
    [("submission-ok", 0), ("spamhaus-block", 1), ("greylisted", 3)],
)
def test_exit_status(practice, status, capsys):
    assert main(["check", "--practice", practice]) == status
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["check"],
        ["check", "--practice", "no-such-scenario"],
        [*BASE, "--port", "70000"],
        [*BASE, "--security", "sometimes"],
        [*BASE, "--timeout", "soon"],
        [*BASE, "--user", "scanner@contoso.com"],
        [*BASE, "--user", "scanner@contoso.com", "--password-env", "NO_SUCH_VARIABLE_HERE"],
        [*BASE, "--output", "/no/such/folder/report.json"],
        [*BASE, "--like", "no-such-device"],
        [*BASE, "--quit-after", "lunch"],
    ],
    ids=lambda arguments: " ".join(arguments[-2:]) or "nothing",
)
def test_unusable_arguments_end_with_2_and_a_sentence(arguments, capsys):
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.strip()
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_problems_name_their_option(capsys):
    assert main(["check", "--server", "a b", "--from", "x", "--port", "0"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert {line.split(":")[0] for line in lines} == {"--server", "--from", "--to", "--port"}


def test_help_and_version(capsys):
    assert main(["check", "--help"]) == 0
    assert "--allow-plaintext-auth" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert "Sendproof" in capsys.readouterr().out


def test_quit_after_ends_politely(capsys):
    assert main(["check", "--practice", "spamhaus-block", "--quit-after", "tls", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    status = {stage["stage"]: stage["status"] for stage in report["stages"]}
    assert status["tls"] == "passed"
    assert status["mail-from"] == status["rcpt-to"] == "skipped"
    assert [line["text"] for line in report["transcript"] if line["direction"] == "client"][-1] == "QUIT"
    assert report["diagnosis"]["cause"] == "accepted"
    assert "tested" in report["diagnosis"]["summary"]


def test_talking_like_an_old_device_is_said_in_the_verdict(capsys):
    """A workstation that passes does not prove that the copier passes: the verdict says which of the two was tested."""
    assert main(["check", "--practice", "submission-ok", "--tls-max", "1.1", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["failed_stage"] == "tls"
    assert report["diagnosis"]["cause"] == "tls-protocol-too-old"
    assert "as the device does" in report["diagnosis"]["summary"]
    taken = {probe["tls"]: probe["taken"] for probe in report["stages"][6]["details"]["server_would_take"]}
    assert taken == {"1.0": False, "1.1": False, "1.2": True, "1.3": True}
    assert main(["check", "--practice", "submission-ok", "--tls-max", "1.2", "--no-sni", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["stages"][6]["details"]["version"] == "1.2"
    assert report["request"]["tls_limits"] == "at most TLS 1.2, no SNI"
    assert "limits" in report["stages"][6]["summary"]


def test_an_outdated_server_is_not_blamed_on_the_device(capsys):
    assert main(["check", "--practice", "old-tls-only", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["diagnosis"]["title"] == "The server’s encryption is too old"
    assert "not the copier" in report["diagnosis"]["summary"]


def test_no_verify_goes_on_and_says_so(capsys):
    assert main(["check", "--practice", "certificate-expired", "--no-verify", "--format", "json"]) in {0, 1}
    report = json.loads(capsys.readouterr().out)
    status = {stage["stage"]: stage["status"] for stage in report["stages"]}
    assert status["tls"] == "warning"
    assert any(finding["title"] == "The certificate is not trusted" for finding in report["findings"])


def test_inside_and_outside_recipients_tell_direct_send_from_a_relay(capsys):
    assert main(["check", "--practice", "external-recipient-refused", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    answers = [(r["external"], r["accepted"]) for r in report["stages"][10]["details"]["recipients"]]
    assert answers == [(False, True), (True, False)]
    assert report["diagnosis"]["cause"] == "relay-denied"
    assert any(finding.get("topic") == "internal-only" for finding in report["findings"])


def run(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "core", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent as SIGINT here")
def test_ctrl_c_ends_politely_with_a_report():
    process = run("check", "--practice", "silent-server", "--format", "json", "--timeout", "60")
    for line in process.stderr:
        if "Greeting" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    report = json.loads(out)
    assert report["outcome"] == "cancelled"
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close differently there")
def test_a_closed_pipe_is_no_traceback():
    process = run("check", "--practice", "spamhaus-block")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=20)


def test_a_terminal_without_unicode_gets_question_marks():
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = run("check", "--practice", "spamhaus-block", env=environment)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "blocked using Spamhaus" in out
    assert err == ""
