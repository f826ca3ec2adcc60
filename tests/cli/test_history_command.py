"""`sendproof history`, and that `sendproof check` keeps its runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import main
from core.history.store import History
from core.reports.seal import SealState, check
from tests.history.documents import document, watch


@pytest.fixture
def kept():
    history = History()
    entries = [
        history.keep(document(server="smtp.example.com", started_at="2026-11-01T10:00:00+00:00"), client="Contoso"),
        history.keep(document(server="mx.fabrikam.com", started_at="2026-11-20T10:00:00+00:00"), client="Fabrikam"),
        history.keep(watch()),
    ]
    return [entry.id for entry in entries]


def listed(capsys, *arguments):
    assert main(["history", "list", "--format", "json", *arguments]) == 0
    return [run["id"] for run in json.loads(capsys.readouterr().out)["runs"]]


def test_a_check_is_kept(capsys):
    assert main(["check", "--practice", "spamhaus-block", "--client", "Contoso"]) == 1
    (entry,) = History().entries()
    assert (entry.cause, entry.practice, entry.client) == ("ip-blocklisted", "spamhaus-block", "Contoso")
    assert check(History().read(entry)) is SealState.INTACT
    capsys.readouterr()
    assert main(["history", "show", "last", "--format", "text"]) == 0
    assert "blocklist" in capsys.readouterr().out


def test_a_check_need_not_be_kept(monkeypatch, capsys):
    assert main(["check", "--practice", "submission-ok", "--no-history"]) == 0
    assert History().entries() == []
    assert main(["history", "off"]) == 0
    assert main(["check", "--practice", "submission-ok"]) == 0
    assert History().entries() == []
    assert main(["history", "list"]) == 1
    assert "switched off" in capsys.readouterr().err
    assert main(["history", "on"]) == 0
    monkeypatch.setenv("SENDPROOF_HISTORY", "off")
    assert main(["check", "--practice", "submission-ok"]) == 0
    assert main(["history", "list"]) == 1
    assert "SENDPROOF_HISTORY=off" in capsys.readouterr().err


def test_a_history_that_can_not_be_written_costs_no_check(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SENDPROOF_HISTORY", str(tmp_path / "file" / "history"))
    assert main(["check", "--practice", "submission-ok"]) == 0
    said = capsys.readouterr()
    assert "accepted" in said.out
    assert said.err.startswith("This run is not in the history: ")


def test_the_list_can_be_narrowed(kept, capsys):
    first, second, third = kept
    assert listed(capsys) == [third, second, first]
    assert listed(capsys, "--limit", "1") == [third]
    assert listed(capsys, "--client", "contoso") == [first]
    assert listed(capsys, "--server", "fabrikam") == [second]
    assert listed(capsys, "--cause", "ip-blocklisted", "--since", "2026-11-10") == [second]
    assert listed(capsys, "--until", "2026-11-02") == [first]
    assert listed(capsys, "--text", "watched hour") == [third]
    assert main(["history", "list", "--client", "nobody"]) == 1
    assert capsys.readouterr().err == "No run fits.\n"


def test_the_table_has_a_line_a_run(kept, capsys):
    (History().folder / "broken.json").write_text("{")
    assert main(["history", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["ID", "WHEN", "OUTCOME", "SERVER", "CLIENT", "WHAT"]
    assert any("! damaged" in line for line in lines)
    assert any(line.startswith(kept[2]) and "Watch: Watched for an hour" in line for line in lines)


@pytest.mark.parametrize(("form", "begin"), [("text", "Sendproof"), ("markdown", "#"), ("html", "<!"), ("json", "{")])
def test_a_run_is_shown_in_each_form(kept, capsys, tmp_path, form, begin):
    assert main(["history", "show", kept[0][:6], "--format", form]) == 0
    shown = capsys.readouterr().out
    assert shown.lstrip().startswith(begin)
    assert main(["history", "show", kept[0], "--format", form, "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text(encoding="utf-8") == shown
    if form == "json":
        assert check(shown) is SealState.INTACT
    assert main(["history", "show", kept[0], "--format", form, "--redact"]) == 0
    assert "maria@contoso.com" not in capsys.readouterr().out


def test_other_kinds_are_text_or_json(kept, capsys):
    assert main(["history", "show", kept[2]]) == 0
    assert "title: Watched for an hour" in capsys.readouterr().out
    assert main(["history", "show", kept[2], "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(watch())
    assert main(["history", "show", kept[2], "--format", "html"]) == 2


def test_a_damaged_run_is_a_sentence(kept, capsys):
    entry = History().find(kept[0])
    entry.path.write_bytes(entry.path.read_bytes()[:-5])
    assert main(["history", "show", kept[0]]) == 1
    assert "cut short" in capsys.readouterr().err
    assert main(["history", "show", "nosuchid"]) == 1


def test_deleting(kept, capsys):
    assert main(["history", "delete", kept[0], "nosuchid"]) == 1
    assert [entry.id for entry in History().entries()] == [kept[2], kept[1]]
    assert main(["history", "clear"]) == 1, "nobody can be asked here"
    assert len(History().entries()) == 2
    assert main(["history", "clear", "--yes"]) == 0
    assert History().entries() == []
    assert main(["history", "clear", "--yes"]) == 0


@pytest.mark.parametrize("arguments", [[], ["list", "--since", "soon"], ["list", "--limit", "0"], ["show"]])
def test_unusable_arguments(arguments):
    assert main(["history", *arguments]) == 2


def test_a_file_that_can_not_be_written_is_named(kept):
    result = subprocess.run(
        [sys.executable, "-m", "core", "history", "list", "--output", "/no/such/folder/list.txt"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "“/no/such/folder/list.txt”: No such file or directory" in result.stderr
