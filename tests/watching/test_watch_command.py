"""`sendproof watch` as a program: statuses, formats, Ctrl+C, and being killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from core.cli.main import main
from core.history.store import History
from core.watching.document import from_json

QUICK = ["--every", "1s", "--for", "30s"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--practice", "submission-ok", "--times", "2"], 0),
        (["--practice", "spamhaus-block", "--times", "2"], 1),
        (["--practice", "greylisted", "--times", "1"], 3),
        (["--practice", "greylisted", "--until-success"], 0),
        (["--practice", "spamhaus-block", "--until-failure"], 1),
        (["--practice", "wrong-password"], 1),
    ],
)
def test_status(arguments, status, capsys):
    assert main(["watch", *QUICK, *arguments]) == status
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--practice", "no-such"], "no-such"),
        (["--practice", "submission-ok", "--every", "5"], "--every: “5” is no amount of time"),
        (["--practice", "submission-ok", "--for", "soon"], "--for: “soon”"),
        (["--practice", "submission-ok", "--times", "many"], "--times"),
        (["--practice", "submission-ok", "--times", "0"], "--times: From 1"),
        (
            ["--server", "smtp.example.com", "--from", "a@contoso.com", "--to", "b@contoso.com", "--every", "30s"],
            "--every",
        ),
        (["--server", "smtp.example.com", "--from", "a@contoso.com"], "--to"),
        (["--practice", "submission-ok", "--output", "/no/such/folder/x.json"], "can't be written to"),
    ],
)
def test_unusable_arguments(arguments, words, capsys):
    assert main(["watch", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_sign_in_needs_longer_intervals(monkeypatch, capsys):
    monkeypatch.setenv("WORD", "Example-Passw0rd")
    arguments = ["--server", "smtp.example.com", "--from", "a@contoso.com", "--to", "b@contoso.com"]
    assert main(["watch", *arguments, "--user", "a@contoso.com", "--password-env", "WORD", "--every", "2m"]) == 2
    assert "5 minutes" in capsys.readouterr().err


def test_json_and_file(tmp_path, capsys):
    path = tmp_path / "watch.json"
    assert main(["watch", *QUICK, "--practice", "submission-ok", "--times", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "sendproof.watch/1"
    arguments = ["--practice", "submission-ok", "--times", "1", "--format", "json", "--output", str(path)]
    assert main(["watch", *QUICK, *arguments]) == 0
    assert from_json(path.read_bytes()).counts.passed == 1
    text = tmp_path / "watch.txt"
    assert main(["watch", *QUICK, "--practice", "greylisted", "--times", "1", "--output", str(text)]) == 3
    assert "451 4.7.1" in text.read_text(encoding="utf-8")
    assert len(History().entries()) == 3


def started(*arguments):
    command = [sys.executable, "-m", "core", "watch", "--practice", "submission-ok", *QUICK, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def runs_kept() -> int:
    entries = History().entries()
    assert all(not entry.damaged for entry in entries)
    return len(from_json(History().read(entries[0])).runs) if entries else 0


def until(condition, limit=40.0):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_killed_at_any_moment_the_runs_so_far_are_kept():
    process = started()
    until(lambda: runs_kept() >= 2)
    process.kill()
    process.communicate(timeout=20)
    (entry,) = History().entries()
    document = from_json(History().read(entry))
    assert len(document.runs) >= 2
    assert document.state == "running"


@pytest.mark.skipif(os.name == "nt", reason="a console event there, which ends this test's own process too")
def test_ctrl_c_ends_it_with_the_summary():
    process = started()
    until(lambda: runs_kept() >= 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Ended by hand." in out
    assert "passed" in out
    (entry,) = History().entries()
    assert from_json(History().read(entry)).ended_by == "cancelled"
