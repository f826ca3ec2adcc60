from __future__ import annotations

import io
import json
import sys

import pytest

from core.cli.explain import answer
from core.cli.main import main
from core.knowledge.load import load_knowledge

REPLY = "550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus. (AS16012611)"


def test_text(capsys):
    assert main(["explain", "--server", "contoso-com.mail.protection.outlook.com", "--stage", "rcpt-to", REPLY]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("This site’s Internet address is on a blocklist\n")
    assert "ip-blocklisted · certain · stage RCPT TO" in shown
    assert "smtp.office365.com, port 587" in shown
    assert "AS16012611 is Microsoft’s own mark" in shown


def test_json(capsys):
    assert main(["explain", "--format", "json", "--auth", "no", REPLY]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["diagnosis"]["cause"] == "ip-blocklisted"
    assert shown["diagnosis"]["fixes"][0]["text"]
    assert shown["panel_codes"] == []


def test_words_need_no_quotes(capsys):
    assert main(["explain", "550", "5.1.1", "User", "unknown"]) == 0
    assert "recipient-unknown" in capsys.readouterr().out


def test_unverified_panel_codes_say_so(capsys):
    assert main(["explain", "CE-02"]) == 0
    assert "Sharp CE-02: Mail or FTP server cannot be found (not verified)" in capsys.readouterr().out


def test_nothing_to_explain(capsys):
    assert main(["explain", " "]) == 2
    assert "no text" in capsys.readouterr().err


def test_text_from_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REPLY.encode())))
    assert main(["explain"]) == 0
    assert "ip-blocklisted" in capsys.readouterr().out


def test_control_characters_reach_no_terminal(capsys):
    assert main(["explain", "550 \x1b[2J\x1b]0;evil\x07 User unknown"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_batch(tmp_path, capsys):
    lines = [
        {"id": "a", "stage": "rcpt-to", "server": "", "port": None, "evidence": REPLY, "context": {}},
        {"id": 2, "evidence": "535 5.7.8 Error: authentication failed"},
        {"id": "c", "stage": "nonsense", "port": "x", "server": 5, "context": 7, "evidence": "450 4.2.2 Mailbox full"},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\nrubbish\n[]\n{}\n", encoding="utf-8")
    assert main(["explain", "--jsonl", str(path)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["id"], entry["cause"]) for entry in answers] == [
        ("a", "ip-blocklisted"),
        (2, "auth-bad-credentials"),
        ("c", "mailbox-full"),
        (None, "unknown"),
        (None, "unknown"),
        (None, "unknown"),
    ]
    assert set(answers[0]) == {"id", "cause", "confidence", "alternatives", "title"}
    assert all("error" in entry for entry in answers[3:])


def test_batch_from_standard_input(monkeypatch, capsys):
    line = json.dumps({"id": 1, "evidence": REPLY}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line + b"\n")))
    assert main(["explain", "--jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["cause"] == "ip-blocklisted"


def test_a_batch_that_is_not_there(capsys):
    assert main(["explain", "--jsonl", "/nowhere/at/all.jsonl"]) == 2
    assert "can't be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"evidence": 5}',
        b'{"evidence": "x' + b"y" * 3_000_000 + b'"}',
        b'"text"',
        b"null",
    ],
    ids=range(6),
)
def test_hostile_lines_are_answered(line):
    assert answer(line, load_knowledge())["cause"] == "unknown"
