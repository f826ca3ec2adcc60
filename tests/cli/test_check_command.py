"""The command line: arguments, exit statuses, output, Ctrl+C, pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

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
    assert "limited like the device: at most TLS 1.2" in report["stages"][6]["summary"]


def test_a_device_without_known_limits_proves_nothing_about_it(capsys):
    assert main(["check", "--practice", "submission-ok", "--like", "sharp-mx-series", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["request"]["device"] == "sharp-mx-series"
    assert any(finding.get("topic") == "device-tls-unknown" for finding in report["findings"])
    assert "sharp" not in report["stages"][6]["summary"]


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


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close differently there")
def test_a_pipe_that_closes_in_the_middle_is_no_traceback():
    process = run("check", "--practice", "hangs-after-ehlo")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=20)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_a_sentence():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        arguments = [sys.executable, "-m", "core", "check", "--practice", "spamhaus-block"]
        process = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert process.returncode == 2
    assert process.stderr.startswith(b"sendproof check: ")
    assert len(process.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize(("closed", "status"), [("<&-", 1), (">&-", 1), (">&- 2>&-", 1)])
def test_closed_streams_are_no_traceback(closed, status):
    command = f'"{sys.executable}" -m core check --practice spamhaus-block {closed}'
    process = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert process.returncode == status
    assert process.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_a_password_from_a_closed_standard_input_is_a_sentence():
    command = f'"{sys.executable}" -m core check --practice wrong-password --password-stdin <&-'
    process = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert (process.returncode, process.stdout) == (2, b"")
    assert b"Nothing came from standard input" in process.stderr
    assert b"Traceback" not in process.stderr


@pytest.mark.parametrize("name", ["a" * 300, "\0"])
def test_a_report_that_cant_be_written_is_told_before_the_check(tmp_path, name, capsys):
    assert main([*BASE, "--output", f"{tmp_path}/{name}"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "can't be written" in shown.err


def test_looking_whether_a_report_can_be_written_leaves_an_old_one_alone(tmp_path, capsys):
    old = tmp_path / "report"
    old.write_text("old", encoding="utf-8")
    assert main(["check", "--server", "", "--output", str(old)]) == 2
    assert old.read_text(encoding="utf-8") == "old"
    assert main(["check", "--server", "", "--output", str(tmp_path / "new")]) == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("field", ["--user", "password"])
def test_bytes_that_are_no_text_are_a_sentence(monkeypatch, capsys, field):
    monkeypatch.setenv("COPIER_PASSWORD", "b\udce4d" if field == "password" else "good")
    user = "b\udce4d" if field == "--user" else "scanner@contoso.com"
    assert main([*BASE, "--user", user, "--password-env", "COPIER_PASSWORD"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert field in shown.err
    assert "UTF-8" in shown.err


def test_ctrl_c_while_the_program_is_read_is_no_traceback(monkeypatch):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)
    assert main(["check", "--practice", "spamhaus-block"]) == 130


def test_a_terminal_without_unicode_gets_question_marks():
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = run("check", "--practice", "spamhaus-block", env=environment)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "blocked using Spamhaus" in out
    assert err == ""


def test_a_password_where_a_variable_s_name_belongs_is_not_repeated(capsys):
    """It is a common slip, and what is printed ends in logs and tickets."""
    for option in ("--password-env", "--token-env", "--token"):
        assert main(["check", "--practice", "wrong-password", option, "Hunter2!secret"]) == 2
        said = capsys.readouterr()
        assert "Hunter2" not in said.out + said.err
        assert "takes the name of an environment variable" in said.err
    assert main(["check", "--practice", "wrong-password", "--password-env", "SMTP_PASSWORD_7"]) == 2
    assert "SMTP_PASSWORD_7" in capsys.readouterr().err
