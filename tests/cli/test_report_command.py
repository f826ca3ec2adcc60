"""`sendproof report`: every kind and form from a file, the seal checked, strangers' files refused in a sentence."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import main
from core.practice.load import load_scenario
from core.reports import pdf, templating
from core.reports.documents.model import KINDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The founding case and the run after the change, as files."""
    folder = tmp_path_factory.mktemp("saved")
    paths = []
    for scenario in ("spamhaus-block", "submission-ok"):
        path = folder / f"{scenario}.json"
        main(["check", "--practice", scenario, "--format", "json", "--output", str(path)])
        paths.append(path)
    assert load_scenario("submission-ok")
    return paths


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("form", "begin"), [("html", "<!DOCTYPE"), ("markdown", "# "), ("text", ""), ("json", "{")])
def test_every_kind_in_every_form(saved, capsys, kind, form, begin):
    assert main(["report", str(saved[0]), "--kind", kind, "--format", form, "--client", "Fabrikam"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith(begin)
    assert len(output.out) > 500
    assert "The seal is intact" in output.err
    assert "Traceback" not in output.err


def test_the_ending_of_the_output_says_the_form(saved, tmp_path, capsys):
    for name, begin in {"a.html": b"<!", "a.md": b"# ", "a.json": b"{", "a.txt": b"Ticket", "a.pdf": b"%PDF"}.items():
        assert main(["report", str(saved[0]), "--output", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(begin)
    assert capsys.readouterr().out == ""


def test_two_files_are_before_and_after(saved, capsys):
    assert main(["report", str(saved[0]), str(saved[1]), "--kind", "full", "--format", "text"]) == 0
    assert capsys.readouterr().out.startswith("Before and after")
    assert main(["report", str(saved[0]), str(saved[1])]) == 0
    assert "Resolved (practice)" in capsys.readouterr().out


def test_redacted(saved, capsys):
    arguments = ["--redact", "--client", "Fabrikam Dental", "--engineer", "Sam Smith", "--format", "markdown"]
    assert main(["report", str(saved[0]), *arguments]) == 0
    out = capsys.readouterr().out
    for name in ("contoso", "Fabrikam", "Sam Smith", "203.0.113.9"):
        assert name not in out
    assert "**Client:** `‹client›`" in out


def test_a_changed_report_is_said_and_has_a_status_of_its_own(saved, tmp_path, capsys):
    changed = tmp_path / "changed.json"
    changed.write_text(saved[0].read_text(encoding="utf-8").replace("blocked using Spamhaus", "all is well"))
    assert main(["report", str(changed)]) == 1
    output = capsys.readouterr()
    assert "THE SEAL DOES NOT FIT" in output.err
    assert "was changed after Sendproof had written it" in " ".join(output.out.split())
    document = json.loads(saved[0].read_text(encoding="utf-8"))
    del document["proof"]["report_sha256"]
    changed.write_text(json.dumps(document))
    assert main(["report", str(changed)]) == 0
    assert "There is no seal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"nonsense", "not a report"), (b"{}", "not a report"), (b"\xff\xfe", "not a"), (b"[" * 100_000, ""),
     (b'{"schema": "sendproof.report/9"}', ""), (b"", "not a report"), (b"{" + b" " * 20_000_000, "")],
    ids=["text", "empty object", "bytes", "deep", "newer", "empty", "huge"],
)  # fmt: skip
def test_what_is_no_report_is_refused_in_a_sentence(tmp_path, capsys, content, words):
    path = tmp_path / "strange\x1b[31m.json"
    path.write_bytes(content)
    assert main(["report", str(path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("sendproof report: “")
    assert words in output.err
    assert "\x1b" not in output.err
    assert output.err.count("\n") == 1


def test_unusable_arguments_are_refused(saved, tmp_path, capsys):
    for arguments, words in (
        ([str(tmp_path / "none.json")], "is not there"),
        ([str(tmp_path)], "a folder"),
        ([str(saved[0]), "--format", "pdf"], "A PDF needs --output FILE."),
        ([str(saved[0]), "--addressee", "isp"], "--addressee is for --kind escalation."),
        ([str(saved[0]), "--kind", "escalation", "--addressee", "nobody"], "There is no addressee “nobody”"),
        ([str(saved[0]), "--output", str(tmp_path / "no folder" / "a.md")], "could not be written"),
        ([str(saved[0]), "--kind", "novel"], "invalid choice"),
    ):
        assert main(["report", *arguments]) == 2
        assert words in capsys.readouterr().err, arguments


def test_standard_input(saved, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(saved[0].read_bytes())))
    assert main(["report", "-", "--kind", "client"]) == 0
    assert capsys.readouterr().out.startswith("Scanning to e-mail")


def test_a_company_s_own_template_goes_first_and_a_broken_one_is_named(saved, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(templating, "own_folders", lambda: [tmp_path])
    own = tmp_path / "ticket.md.j2"
    own.write_text("{% extends 'document.md.j2' %}{% block body %}OUR OWN {{ report.target.server }}{% endblock %}")
    assert main(["report", str(saved[0]), "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "OUR OWN contoso-com.mail.protection.outlook.com" in out
    assert "## Problem" not in out
    own.write_text("fine\n{{ document.nothing.there }}")
    assert main(["report", str(saved[0]), "--format", "markdown"]) == 2
    err = capsys.readouterr().err
    assert "ticket.md.j2, line 2" in err
    assert "--built-in-templates" in err
    assert main(["report", str(saved[0]), "--format", "markdown", "--built-in-templates"]) == 0
    assert "## Problem" in capsys.readouterr().out


def test_own_templates_lie_beside_the_program_or_with_its_data():
    from core.places import data_folder, program_folder

    assert templating.own_folders() == list(
        dict.fromkeys([program_folder() / "templates", data_folder() / "templates"])
    )


def command(*arguments, without_qt=False, **environment):
    program = "import sys\n"
    if without_qt:
        program += (
            "class NoQt:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name.split('.')[0] in {'PySide6', 'gui'}: raise ImportError(name)\n"
            "sys.meta_path.insert(0, NoQt())\n"
        )
    program += "from core.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=90, check=False, env=env | environment,
    )  # fmt: skip


def test_a_pdf_is_made_without_any_screen(saved, tmp_path):
    target = tmp_path / "a.pdf"
    result = command("report", saved[0], "--output", target)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert target.read_bytes().startswith(b"%PDF-")
    assert "Qt" not in result.stderr


def test_a_pdf_without_qt_is_refused_in_a_sentence(saved, tmp_path):
    target = tmp_path / "a.pdf"
    result = command("report", saved[0], "--output", target, without_qt=True)
    assert result.returncode == 2
    assert "A PDF needs Sendproof with its window parts (Qt)" in result.stderr
    assert "Take --format html" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert command("report", saved[0], "--output", tmp_path / "a.html", without_qt=True).returncode == 0


def test_the_program_s_entry_offers_its_painter(monkeypatch):
    import gui.__main__

    monkeypatch.setattr(pdf, "_painters", [])
    monkeypatch.setattr(sys, "argv", ["Sendproof.exe", "--version"])
    gui.__main__.main()
    assert pdf._painters == [gui.__main__._paint]
