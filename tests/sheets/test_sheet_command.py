"""`sendproof sheet`: devices listed, sheets printed and written, every mistake named with its option."""

from __future__ import annotations

import json

import pytest

from core.cli.main import main
from core.knowledge.load import load_knowledge

BASE = ["sheet", "--server", "smtp.office365.com", "--from", "office@contoso.com"]


def test_the_sheet_of_a_device(capsys):
    assert main([*BASE, "--device", "sharp-mx-series"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "SMTP Server          smtp.office365.com" in shown.out
    assert "User Name            office@contoso.com" in shown.out
    assert "Network Settings > Services Settings > SMTP" in shown.out
    assert "Set-CASMailbox" not in shown.out


def test_the_administrators_sheet_comes_with_it_when_asked_for(capsys):
    assert main([*BASE, "--administrator"]) == 0
    assert "Set-CASMailbox -Identity 'office@contoso.com'" in capsys.readouterr().out


def test_the_method_follows_from_the_server(capsys):
    mx = ["sheet", "--server", "contoso-com.mail.protection.outlook.com", "--from", "office@contoso.com"]
    assert main([*mx, "--format", "json", "--public-address", "203.0.113.9"]) == 0
    way = json.loads(capsys.readouterr().out)["settings"]["way"]
    assert (way["method"], way["port"], way["user"], way["public_address"]) == ("direct-send", 25, None, "203.0.113.9")
    assert main([*mx, "--method", "connector", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["way"]["method"] == "connector"
    assert main(["sheet", "--server", "192.0.2.1", "--from", "a@example.com", "--no-sign-in", "--security", "none",
                 "--port", "25", "--format", "json"]) == 0  # fmt: skip
    assert json.loads(capsys.readouterr().out)["settings"]["way"]["method"] == "relay"
    assert main(["sheet", "--server", "smtp.gmail.com", "--from", "a@example.com", "--security", "tls", "--format",
                 "json"]) == 0  # fmt: skip
    way = json.loads(capsys.readouterr().out)["settings"]["way"]
    assert (way["port"], way["user"], way["provider"]) == (465, "a@example.com", "google")


def test_all_devices_are_listed(capsys):
    assert main(["sheet", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in listed} == set(load_knowledge().devices)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_a_file_is_written(tmp_path, capsys, form):
    path = tmp_path / "sheet"
    assert main([*BASE, "--format", form, "--output", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert b"smtp.office365.com" in path.read_bytes()
    assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["sheet"], {"--server", "--from"}),
        ([*BASE, "--device", "no-such-device"], {"--device"}),
        ([*BASE, "--port", "70000"], {"--port"}),
        ([*BASE, "--port", "²"], {"--port"}),
        ([*BASE, "--public-address", "here"], {"--public-address"}),
        ([*BASE, "--method", "direct-send", "--user", "a@contoso.com"], {"--user"}),
        ([*BASE, "--no-sign-in", "--user", "a@contoso.com"], {"--user"}),
        ([*BASE, "--no-sign-in", "--method", "high-volume"], {"--no-sign-in"}),
        (["sheet", "--server", "a b", "--from", "x"], {"--server", "--from"}),
    ],
)
def test_what_is_wrong_is_named_with_its_option(arguments, options, capsys):
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert {line.split(":")[0] for line in shown.err.splitlines()} == options
    assert shown.out == ""


def test_there_is_no_place_for_a_password(capsys):
    assert main([*BASE, "--password", "hunter2"]) == 2
    shown = capsys.readouterr()
    assert "hunter2" not in shown.out + shown.err


def test_a_broken_template_of_a_company_is_named(tmp_path, monkeypatch, capsys):
    from core.reports import templating

    (tmp_path / "sheet.html.j2").write_text("one\n{% if %}", encoding="utf-8")
    monkeypatch.setattr(templating, "own_folders", lambda: [tmp_path])
    assert main([*BASE, "--format", "html"]) == 2
    shown = capsys.readouterr()
    assert "sheet.html.j2, line 2" in shown.err
    assert shown.out == ""
    assert main(BASE) == 0


def test_a_folder_that_is_not_there_is_said_in_a_sentence(capsys):
    assert main([*BASE, "--output", "/no/such/folder/sheet.txt"]) == 2
    assert "Traceback" not in capsys.readouterr().err
