"""A password used in a check appears nowhere: not in events, report, renderings, debug log or traceback."""

from __future__ import annotations

import base64
import html
import logging
import sys
import traceback
from urllib.parse import quote

import msgspec
import pytest

from core.cli.main import main
from core.practice.load import load_scenario
from core.practice.model import Account, Fault, FaultKind, Point
from core.reports.html import render_html
from core.reports.markdown import render_markdown
from core.reports.report import to_json
from core.reports.text import render_text
from core.secret import Secret
from core.stages import Outcome

USER = "scanner@contoso.com"
PASSWORD = "Tr0ub4dor&3/+<x>"
MECHANISMS = ["plain", "login", "cram-md5", "xoauth2"]


def forms() -> dict[str, str]:
    raw = PASSWORD.encode()
    return {
        "plain": PASSWORD,
        "base64": base64.b64encode(raw).decode(),
        "AUTH PLAIN": base64.b64encode(b"\0" + USER.encode() + b"\0" + raw).decode(),
        "XOAUTH2": base64.b64encode(f"user={USER}\x01auth=Bearer {PASSWORD}\x01\x01".encode()).decode(),
        "percent": quote(PASSWORD, safe=""),
        "html": html.escape(PASSWORD),
        "hex": raw.hex(),
    }


def assert_clean(text: str, where: str) -> None:
    for name, form in forms().items():
        assert form not in text, f"{name} form in {where}"


def scenario(mechanism: str, *, right: bool):
    base = load_scenario("submission-ok")
    given = PASSWORD if right else "another one"
    account = Account(user=USER, token=given) if mechanism == "xoauth2" else Account(user=USER, password=given)
    keywords = tuple(
        "AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2" if line.startswith("AUTH") else line
        for line in base.keywords(after_starttls=True)
    )
    return msgspec.structs.replace(base, accounts=(account,), ehlo_tls=keywords)


def form(mechanism: str) -> dict:
    secret = Secret(PASSWORD)
    token = mechanism == "xoauth2"
    return {
        "user": USER,
        "password": None if token else secret,
        "token": secret if token else None,
        "mechanism": mechanism,
    }


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
async def test_no_form_of_the_password_is_anywhere(play, mechanism, right, caplog):
    with caplog.at_level(logging.DEBUG):
        played = await play(scenario(mechanism, right=right), form=form(mechanism))
    report = played.report
    assert report.outcome is (Outcome.ACCEPTED if right else Outcome.STOPPED)
    assert report.stage("auth").details["mechanism"] == mechanism
    for where, text in {
        "json": to_json(report),
        "text": render_text(report),
        "markdown": render_markdown(report),
        "html": render_html(report),
        "events": repr(played.events) + repr([getattr(getattr(e, "line", None), "raw", b"") for e in played.events]),
        "log": caplog.text,
        "report repr": repr(report),
    }.items():
        assert_clean(text, where)
    assert any(line.masked for line in report.transcript)


@pytest.mark.parametrize("name", ["plain", "base64", "AUTH PLAIN", "percent", "hex"])
async def test_a_server_that_echoes_the_secret_is_masked(play, name):
    echo = Fault(kind=FaultKind.REPLY, text=f"535 5.7.8 you said {forms()[name]}")
    played = await play(scenario("plain", right=True).with_fault(Point.AUTH, echo), form=form("plain"))
    assert "you said" in to_json(played.report)
    assert_clean(to_json(played.report), "json")
    assert_clean(repr(played.events), "events")
    assert_clean(render_text(played.report), "text")


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.CLOSE, FaultKind.RUBBISH, FaultKind.HTTP])
async def test_a_broken_sign_in_leaks_nothing(play, fault):
    broken = scenario("login", right=True).with_fault(Point.AUTH, Fault(kind=fault))
    played = await play(broken, form=form("login"))
    assert_clean(to_json(played.report), "json")
    assert_clean(repr(played.events), "events")


async def test_an_error_of_the_program_during_sign_in_shows_no_secret(play, monkeypatch):
    from core.session.steps import signing_in

    def broken(reply, *_args, **_options):
        raise RuntimeError(f"unexpected {reply!r}")

    monkeypatch.setattr(signing_in, "expect", broken)
    with pytest.raises(RuntimeError) as caught:
        await play(scenario("plain", right=False), form=form("plain"))
    text = "".join(traceback.format_exception(caught.value))
    assert "unexpected Reply" in text
    assert_clean(text, "traceback")


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "html"])
def test_the_terminal_shows_no_secret(capfd, monkeypatch, tmp_path, format_):
    monkeypatch.setenv("COPIER_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    logging.getLogger("asyncio").setLevel(logging.DEBUG)
    target = tmp_path / "report"
    arguments = ["check", "--practice", "submission-ok", "--user", USER, "--password-env", "COPIER_PASSWORD"]
    assert main([*arguments, "--format", format_, "--output", str(target)]) == 1
    shown = capfd.readouterr()
    assert_clean(shown.out + shown.err, "terminal")
    assert_clean(target.read_text(encoding="utf-8"), format_)
    assert "password hidden" in target.read_text(encoding="utf-8")


def test_the_password_comes_from_standard_input_too(capsys, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["check", "--practice", "submission-ok", "--user", USER, "--password-stdin", "--format", "json"]) == 1
    shown = capsys.readouterr()
    assert_clean(shown.out + shown.err, "terminal")
    assert msgspec.json.decode(shown.out)["diagnosis"]["cause"] == "auth-bad-credentials"


def test_a_password_is_no_argument():
    assert main(["check", "--practice", "submission-ok", "--user", USER, "--password", PASSWORD]) == 2


async def test_no_secret_goes_over_an_untrusted_connection(play):
    """With --no-verify the check goes on, but the password stays here unless that was allowed too."""
    untrusted = scenario("plain", right=True)
    played = await play(untrusted, form=form("plain"), ca_file=None, verify=False)
    assert played.report.failed_stage == "auth"
    assert played.report.diagnosis.cause == "certificate-untrusted"
    assert not any("AUTH" in text for _, text in played.log if text.startswith("AUTH"))
    assert not any("AUTH PLAIN" in line.text for line in played.report.transcript if line.direction == "client")
    allowed = await play(untrusted, form=form("plain"), ca_file=None, verify=False, allow_plaintext_auth=True)
    assert allowed.report.outcome is Outcome.ACCEPTED


async def test_no_secret_goes_over_a_plain_connection(play):
    stripped = msgspec.structs.replace(
        scenario("plain", right=True),
        ehlo=("mail.contoso.com", "AUTH PLAIN LOGIN", "SIZE 1000000"),
        sign_in=msgspec.structs.replace(scenario("plain", right=True).sign_in, required=""),
        tls=msgspec.structs.replace(scenario("plain", right=True).tls, required=""),
    )
    played = await play(stripped, form=form("plain") | {"security": "auto"})
    assert played.report.failed_stage == "starttls"
    assert not any(line.masked for line in played.report.transcript)
    allowed = await play(stripped, form=form("plain") | {"security": "none", "allow_plaintext_auth": True})
    assert allowed.report.outcome is Outcome.ACCEPTED
    assert_clean(to_json(allowed.report), "json")


@pytest.mark.parametrize(
    ("password", "quoted", "left_over"),
    [
        # The transcript, the details and the findings are cut at different lengths: no cut may leave half of it.
        (PASSWORD, "x" * 190 + PASSWORD, PASSWORD[:8]),
        (PASSWORD, "x" * 1990 + PASSWORD, PASSWORD[:8]),
        # Format characters are written as numbers, which must not make the password unrecognisable.
        ("r\u00e4t\u00adsel\u200dhaft", "r\u00e4t\u00adsel\u200dhaft", "sel"),
    ],
)
async def test_what_a_server_quotes_is_cleaned_before_it_is_cut(play, password, quoted, left_over):
    echo = Fault(kind=FaultKind.REPLY, text=f"535 5.7.8 {quoted}")
    played = await play(
        scenario("plain", right=False).with_fault(Point.AUTH, echo), form=form("plain") | {"password": Secret(password)}
    )
    assert played.report.failed_stage == "auth"
    for text in (to_json(played.report), render_text(played.report), repr(played.events)):
        assert left_over not in text


async def test_a_password_typed_as_the_user_name_is_not_in_the_report(play):
    played = await play(
        scenario("plain", right=False), form=form("plain") | {"user": "Geheim!2024", "password": Secret("Geheim!2024")}
    )
    for text in (to_json(played.report), render_text(played.report), repr(played.events)):
        assert "Geheim!2024" not in text
