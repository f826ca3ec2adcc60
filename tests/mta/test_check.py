"""The check against real Postfix: a real blocklist behind RCPT TO, real sign-in, real acceptance."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest

from core.reports.report import to_json
from core.reports.text import render_text
from core.request import Endpoint, FormValues, parse
from core.secret import Secret
from core.session.check import Check
from core.stages import Outcome, Stage, StageStatus

pytestmark = pytest.mark.mta


async def check(server, *, port=None, **form):
    values = {"server": server.server_name, "ehlo": "copier.contoso.com", "ca_file": str(server.ca_file)} | form
    secret = values.pop("password", None)
    parsed = parse(
        FormValues(
            **values, port=str(port or server.port), password=Secret(secret) if secret else None, dns_evidence=False
        )
    )
    assert parsed.request is not None, parsed.problems
    request = replace(parsed.request, dial=Endpoint(server.host, port or server.port))
    return await Check(request).run()


async def delivered(submission, check_id):
    """Return the messages with `check_id` once Postfix has delivered one, which it does after it accepted it."""
    for _ in range(200):
        found = [message for message in submission.messages(submission.recipient) if check_id.encode() in message]
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"message {check_id} was accepted, but not delivered within 10 seconds")


def assert_no_secret(report, password):
    text = to_json(report) + render_text(report)
    for form in (password, base64.b64encode(password.encode()).decode()):
        assert form not in text


async def test_the_blocklist_speaks_at_rcpt_to_after_real_starttls(listed_mx):
    report = await check(
        listed_mx, security="starttls", sender="scanner@contoso.com", recipients=("office@contoso.com",)
    )
    assert report.outcome is Outcome.STOPPED
    assert report.failed_stage is Stage.RCPT_TO
    assert report.diagnosis.cause == "ip-blocklisted"
    assert report.stage(Stage.TLS).status is StageStatus.PASSED
    assert report.stage(Stage.MAIL_FROM).status is StageStatus.PASSED
    assert "Spamhaus" in report.stage(Stage.RCPT_TO).details["reply"]
    assert {"connect-timeout", "certificate-untrusted"} & {ruled.cause for ruled in report.diagnosis.ruled_out}


@pytest.mark.parametrize("mechanism", ["auto", "plain", "login", "cram-md5"])
async def test_the_right_password_is_accepted(submission, mechanism):
    report = await check(
        submission,
        security="starttls",
        user=submission.user,
        password=submission.password,
        mechanism=mechanism,
        sender=submission.user,
        recipients=(submission.recipient,),
    )
    assert report.outcome is Outcome.ACCEPTED, report.diagnosis
    assert report.diagnosis.cause == "accepted"
    assert_no_secret(report, submission.password)


async def test_the_wrong_password_is_refused(submission):
    report = await check(
        submission,
        security="starttls",
        user=submission.user,
        password="not-the-password",
        sender=submission.user,
        recipients=(submission.recipient,),
    )
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.AUTH, "auth-bad-credentials")
    assert_no_secret(report, "not-the-password")


async def test_a_foreign_sender_is_refused(submission):
    report = await check(
        submission,
        security="starttls",
        user=submission.user,
        password=submission.password,
        sender="director@contoso.com",
        recipients=(submission.recipient,),
    )
    assert report.diagnosis.cause == "send-as-denied"
    assert report.failed_stage in {Stage.MAIL_FROM, Stage.RCPT_TO}
    assert_no_secret(report, submission.password)


async def test_a_message_that_is_really_sent_arrives_whole(submission):
    report = await check(
        submission,
        port=submission.implicit_port,
        security="tls",
        user=submission.user,
        password=submission.password,
        sender=submission.user,
        recipients=(submission.recipient,),
        send=True,
        attach_size="200K",
    )
    assert report.outcome is Outcome.ACCEPTED, report.diagnosis
    details = report.stage(Stage.MESSAGE).details
    assert details["queue_id"]
    assert [result.stage for result in report.stages][3] is Stage.TLS
    found = await delivered(submission, details["check_id"])
    assert len(found) == 1
    assert len(found[0]) > 200 * 1024


async def test_nothing_is_sent_unless_asked(submission):
    report = await check(
        submission,
        security="starttls",
        user=submission.user,
        password=submission.password,
        sender=submission.user,
        recipients=(submission.recipient,),
    )
    assert report.stage(Stage.DATA).status is StageStatus.SKIPPED
    assert [line.text for line in report.transcript if line.direction == "client"][-2:] == ["RSET", "QUIT"]
    assert not any(line.text.startswith("DATA") for line in report.transcript if line.direction == "client")


async def test_a_message_over_the_limit_is_refused_before_it_is_sent(submission):
    report = await check(
        submission,
        port=submission.small_port,
        security="starttls",
        user=submission.user,
        password=submission.password,
        sender=submission.user,
        recipients=(submission.recipient,),
        attach_size="20M",
    )
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.MAIL_FROM, "message-too-large")


async def test_without_sign_in_the_submission_server_refuses(submission):
    report = await check(submission, security="starttls", sender=submission.user, recipients=(submission.recipient,))
    assert report.failed_stage in {Stage.MAIL_FROM, Stage.RCPT_TO}
    assert report.diagnosis.cause in {"auth-required", "relay-denied"}
