"""Checks against real servers, looked at closely: every line, every mechanism, and encryption that does not fit."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote

import pytest

from core.reports.report import to_json
from core.request import FormValues, parse
from core.secret import Secret
from core.session.check import Check
from core.stages import Stage, StageStatus
from tests.mta.rig import BLOCK_REPLY, DOMAIN, RECIPIENT, USER
from tests.mta.test_check import check

pytestmark = pytest.mark.mta

ENVELOPE = {"sender": USER, "recipients": (RECIPIENT,)}


def client_lines(report):
    return [line.text for line in report.transcript if line.direction == "client"]


async def test_the_refusal_is_in_the_transcript_word_for_word_and_the_end_is_polite(listed_mx):
    report = await check(listed_mx, **ENVELOPE)
    (refusal,) = [line for line in report.transcript if line.text == BLOCK_REPLY]
    assert (refusal.direction, refusal.stage, refusal.encrypted) == ("server", Stage.RCPT_TO, True)
    assert [line.split()[0] for line in client_lines(report)] == [
        *("EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "RSET", "QUIT"),
    ]
    assert any("blocked using Spamhaus" in item.text for item in report.diagnosis.evidence)
    assert report.diagnosis.confidence == "certain"
    assert report.diagnosis.fixes


@pytest.mark.parametrize("mechanism", ["plain", "login", "cram-md5"])
async def test_a_wrong_password_is_one_with_every_mechanism(submission, mechanism):
    report = await check(submission, **ENVELOPE, user=USER, password="not the password", mechanism=mechanism)
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.AUTH, "auth-bad-credentials")
    assert report.stage(Stage.MAIL_FROM).status is StageStatus.NOT_REACHED


async def test_each_recipient_is_asked_for_even_if_one_is_unknown(submission):
    recipients = (RECIPIENT, f"nobody-here@{DOMAIN}", "someone@example.com")
    report = await check(
        submission, sender=USER, recipients=recipients, user=USER, password=submission.password, security="starttls"
    )
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.RCPT_TO, "recipient-unknown")
    assert len([line for line in client_lines(report) if line.startswith("RCPT TO:")]) == len(recipients)


async def test_a_server_that_insists_on_encryption(submission):
    report = await check(submission, **ENVELOPE, security="none")
    assert report.failed_stage in {Stage.MAIL_FROM, Stage.RCPT_TO}
    assert report.diagnosis.cause == "starttls-required"


async def test_a_certificate_of_an_unknown_authority_and_no_password_for_it(submission):
    report = await check(submission, **ENVELOPE, ca_file="", user=USER, password=submission.password)
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.TLS, "certificate-untrusted")
    assert not any(line.startswith("AUTH") for line in client_lines(report))


async def test_a_certificate_for_another_name(submission):
    report = await check(replace(submission, server_name="smtp.example.com"), **ENVELOPE)
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.TLS, "certificate-name-mismatch")


async def test_tls_from_the_first_byte_where_starttls_is_meant(submission):
    report = await check(submission, **ENVELOPE, security="tls")
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.TLS, "plaintext-expected")


async def test_waiting_for_a_greeting_where_tls_is_meant(submission):
    report = await check(submission, **ENVELOPE, port=submission.implicit_port, security="starttls", timeout="1")
    assert report.failed_stage is Stage.BANNER
    assert report.diagnosis.cause in {"tls-on-connect-expected", "greeting-timeout"}


@pytest.mark.parametrize("mechanism", ["plain", "login"])
@pytest.mark.parametrize("right", [True, False])
async def test_the_password_is_in_no_event_in_any_form(submission, mechanism, right):
    password = submission.password + ("" if right else "-not")
    form = FormValues(
        server=submission.server_name,
        port=str(submission.port),
        user=USER,
        password=Secret(password),
        mechanism=mechanism,
        ca_file=str(submission.ca_file),
        dns_evidence=False,
        **ENVELOPE,
    )
    request = parse(form).request
    assert request is not None
    events = []
    report = await Check(request, events.append).run()
    assert (report.failed_stage is None) is right
    told = repr(form) + repr(request) + repr(events) + repr(report) + to_json(report)
    raw = password.encode()
    encoded = [base64.b64encode(text).decode() for text in (raw, b"\0" + USER.encode() + b"\0" + raw)]
    assert [text for text in (password, quote(password), raw.hex(), *encoded) if text in told] == []
