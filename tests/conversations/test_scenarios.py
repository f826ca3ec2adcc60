"""Every practice scenario, end to end: outcome, stage and cause are what its own file expects."""

from __future__ import annotations

import jsonschema
import msgspec
import pytest

from core.cli.main import main
from core.practice.load import load_scenarios
from core.reports.html import render_html
from core.reports.markdown import render_markdown
from core.reports.report import from_json, json_schema, to_json
from core.reports.text import render_text
from core.resource_files import resource_path
from core.session.check import exit_status
from core.stages import Stage, StageStatus, order

SCENARIOS = load_scenarios()


@pytest.fixture(scope="module")
def schema():
    return msgspec.json.decode(resource_path("schema", "report-1.json").read_bytes())


def test_the_shipped_schema_is_that_of_the_code(schema):
    assert schema == msgspec.json.decode(msgspec.json.encode(json_schema()))


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario(play, name, schema):
    scenario = SCENARIOS[name]
    quiet = any(fault.kind.value in {"silence", "drip"} for fault in scenario.faults.values())
    played = await play(scenario, **({"timeout": 1.0} if quiet else {}))
    report = played.report
    assert report.outcome is scenario.expect.outcome
    assert report.failed_stage is scenario.expect.failed_stage
    assert report.diagnosis.cause == scenario.expect.cause, report.diagnosis
    assert exit_status(report) == scenario.expect.exit_status
    jsonschema.validate(msgspec.json.decode(to_json(report)), schema)
    assert from_json(to_json(report)) == report
    implicit = report.target.security == "tls" or (report.target.security, report.target.port) == ("auto", 465)
    assert tuple(result.stage for result in report.stages) == order(implicit_tls=implicit)
    for text in (render_text(report), render_markdown(report), render_html(report), report.diagnosis.summary):
        assert "{" not in text.replace("{ ", "") or "<style>" in text, "a placeholder was left"
    if report.failed_stage:
        assert report.diagnosis.fixes, "a failure without a next step helps nobody"
        assert report.diagnosis.evidence


async def test_the_founding_case(play):
    """Everything is fine but RCPT TO: the verdict names the blocklist, excludes the rest, and knows the way out."""
    played = await play(SCENARIOS["spamhaus-block"])
    report = played.report
    diagnosis = report.diagnosis
    assert (report.failed_stage, diagnosis.cause, diagnosis.confidence) == (Stage.RCPT_TO, "ip-blocklisted", "certain")
    assert report.target.provider == "microsoft365"
    assert report.target.role == "mx"
    assert report.proof.public_address == "203.0.113.9"
    excluded = " ".join(f"{ruled.title} {ruled.because}" for ruled in diagnosis.ruled_out).lower()
    for word in ("firewall", "encryption", "mtu", "sign-in"):
        assert word in excluded, excluded
    advice = " ".join(fix.text for fix in diagnosis.fixes)
    assert "smtp.office365.com" in advice
    assert "587" in advice
    assert any("blocked using Spamhaus" in item.text for item in diagnosis.evidence)
    assert "203.0.113.9" in diagnosis.summary
    assert report.stage(Stage.TLS).status is StageStatus.PASSED
    assert report.stage(Stage.TLS).proves
    assert report.stage(Stage.TLS).does_not_prove


def test_the_founding_case_in_the_terminal(capsys):
    assert main(["check", "--practice", "spamhaus-block"]) == 1
    shown = capsys.readouterr()
    assert "C: EHLO" in shown.out
    assert "S: 550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus" in shown.out
    assert "✕ Stopped at RCPT TO" in shown.out
    assert "\x1b" not in shown.out
    assert shown.err == ""


def test_json_prints_the_report_only(capsys, schema):
    assert main(["check", "--practice", "spamhaus-block", "--format", "json"]) == 1
    shown = capsys.readouterr()
    report = msgspec.json.decode(shown.out)
    jsonschema.validate(report, schema)
    assert report["schema"] == "sendproof.report/1"
    assert report["failed_stage"] == "rcpt-to"
    assert report["diagnosis"]["cause"] == "ip-blocklisted"
    assert "RCPT TO" in shown.err


@pytest.mark.parametrize(
    ("greeting", "masked"),
    [
        ("220 mail.contoso.com ESMTP ***** Authorised use only *****", False),
        ("220 relay.contoso.com ESMTP **********************************", False),
        ("220 ****************************************2*0*****", True),
        ("220 ********* ****************", True),
    ],
)
async def test_a_greeting_with_a_frame_of_asterisks_is_no_masked_one(play, greeting, masked):
    """A firewall leaves no word of the greeting (Cisco: all but the digits 2 and 0); people decorate with asterisks."""
    scenario = msgspec.structs.replace(SCENARIOS["recipient-unknown"], greeting=greeting)
    report = (await play(scenario)).report
    assert any(finding.cause == "smtp-inspection-interference" for finding in report.findings) is masked
