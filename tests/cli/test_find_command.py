"""`sendproof find` as a program: practice tenants, plan, JSON, statuses, Ctrl+C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest

from core.finding.model import from_json
from core.history.store import History
from core.practice.tenant import load_tenants
from core.resource_files import resource_path

ROOT = Path(__file__).resolve().parents[2]


def find(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "core", "find", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_blocklisted_tenant_recommends_submission(history_folder):
    result = find("--practice", "blocklisted-tenant")
    assert result.returncode == 0
    assert "✓ One way works from this site: sign-in on port 587" in result.stdout
    assert "✕ Direct Send" in result.stdout
    assert "Server:      smtp.office365.com" in result.stdout
    assert "Example-Passw0rd" not in result.stdout + result.stderr
    assert result.stderr == ""
    entry = History(history_folder).entries()[0]
    assert (entry.kind, entry.server, entry.outcome) == ("find", "smtp.office365.com:587", "accepted")


def test_without_history_nothing_is_kept(history_folder):
    assert find("--practice", "blocklisted-tenant", "--no-history").returncode == 0
    assert not history_folder.exists()


def test_json_fits_the_schema():
    result = find("--practice", "wrong-password", "--format", "json")
    assert result.returncode == 1
    schema = msgspec.json.decode(resource_path("schema", "find-1.json").read_bytes())
    document = json.loads(result.stdout)
    jsonschema.validate(document, schema)
    assert document["schema"] == "sendproof.find/1"
    assert {"title", "server", "cause", "outcome", "started_at"} <= set(document)
    assert document["recommendation"]["next_step"]["cause"] == "auth-bad-credentials"


def test_the_plan_asks_nobody():
    result = find("--practice", "blocklisted-tenant", "--plan", "--format", "json")
    assert result.returncode == 0
    assert len(json.loads(result.stdout)["ways"]) == 8
    text = find("--practice", "blocklisted-tenant", "--plan")
    assert "smtp.office365.com:587" in text.stdout
    assert "No message is sent." in text.stdout


def test_the_tenants_are_listed():
    result = find("--practice", "list")
    assert result.returncode == 0
    assert all(name in result.stdout for name in load_tenants())


def test_output_goes_to_a_file(tmp_path):
    path = tmp_path / "ways.json"
    result = find("--practice", "only-direct-send", "--format", "json", "--output", str(path))
    assert result.returncode == 1
    assert result.stdout == ""
    assert from_json(path.read_bytes()).recommendation.verdict == "makeshift"
    text = tmp_path / "ways.txt"
    find("--practice", "only-direct-send", "--output", str(text))
    assert "Only Direct Send on port 25 works" in text.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "x", "--to", "a@contoso.com"], "--from: “x” has no @"),
        (["--practice", "nowhere"], "There is no practice tenant “nowhere”"),
        (["--practice", "blocklisted-tenant", "--device", "toaster"], "--device: No device “toaster” is known"),
        (["--practice", "blocklisted-tenant", "--include", "all"], "--include: “all” can’t be included"),
        (["--practice", "blocklisted-tenant", "--present-port", "0"], "--present-port: A port is a number"),
        (["--practice", "blocklisted-tenant", "--password-env", "NOT_SET"], "is empty or not set"),
        (["--practice", "blocklisted-tenant", "--output", "/nowhere/at/all.json"], "can't be written to"),
        (["--password", "Secret1234"], "value hidden"),
    ],
)
def test_unusable_arguments_have_status_2(arguments, words):
    result = find(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Secret1234" not in result.stderr


def test_the_password_comes_from_the_environment_and_is_never_shown():
    result = find(
        *("--practice", "blocklisted-tenant", "--user", "scanner@contoso.com", "--password-env", "PW"),
        *("--format", "json"),
        PW="Another-Wrong1",
    )
    assert result.returncode == 1
    assert "Another-Wrong1" not in result.stdout + result.stderr
    assert json.loads(result.stdout)["recommendation"]["next_step"]["cause"] == "auth-bad-credentials"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to a whole console")
def test_ctrl_c_keeps_what_is_known():
    with subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "core", "find", "--practice", "blocklisted-tenant"),
            *("--server", "192.0.2.1", "--timeout", "60"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "— " in line and "s)" in line:
                process.send_signal(signal.SIGINT)
                break
        rest, _ = process.communicate(timeout=30)
    assert process.returncode in {0, 130}  # the practice servers may have been quicker than the signal
    assert "tried in" in "".join(lines) + rest


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_result_that_could_not_be_printed_is_told():
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "core", "find", "--practice", "blocklisted-tenant"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert "No space left" in result.stderr


def test_without_dns_it_says_what_it_waits_for_and_what_to_do():
    result = find(
        *("--from", "a@contoso.com", "--to", "b@contoso.com", "--resolver", "127.0.0.1:9"),
        *("--timeout", "1", "--no-dns-evidence", "--no-history"),
    )
    assert result.returncode == 1
    assert "Asking DNS who takes the mail of contoso.com" in result.stderr
    assert "There was nothing to try" in result.stdout
    assert "It is not known which service takes the mail of contoso.com" in result.stdout
    assert "name the organisation’s mail server" in " ".join(result.stdout.split())
