"""Watching and comparing against real Postfix: one refused sign-in is the last one; a change proves itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.comparing.compare import compare
from core.request import Endpoint, FormValues, parse
from core.secret import Secret
from core.stages import Outcome, Stage
from core.watching.plan import make_plan
from core.watching.runner import Watch
from tests.mta.test_check import check
from tests.watching.clocks import WoundClock

pytestmark = pytest.mark.mta


def signed_in(server, password):
    form = FormValues(
        server=server.server_name,
        port=str(server.port),
        security="starttls",
        ehlo="copier.contoso.com",
        ca_file=str(server.ca_file),
        user=server.user,
        password=Secret(password),
        sender=server.user,
        recipients=(server.recipient,),
        dns_evidence=False,
    )
    request = parse(form).request
    assert request is not None
    return replace(request, dial=Endpoint(server.host, server.port))


async def watch(request):
    return await Watch(request, make_plan(request, 300, 3600), clock=WoundClock(), jitter=lambda: 0.0).run()


async def test_a_wrong_password_is_tried_exactly_once(submission):
    before = submission.log().count("authentication failed")
    document = await watch(signed_in(submission, "not-the-password"))
    assert (document.ended_by, len(document.runs), document.cause) == ("credentials", 1, "auth-bad-credentials")
    for _ in range(200):
        if submission.log().count("authentication failed") > before:
            break
        await asyncio.sleep(0.05)
    assert submission.log().count("authentication failed") == before + 1


async def test_a_whole_watch_of_a_server_that_works(submission):
    document = await watch(signed_in(submission, submission.password))
    assert document.summary == "All 13 runs passed."
    assert (document.ended_by, document.outcome) == ("time", Outcome.ACCEPTED)


async def test_before_and_after_another_way_of_sending(listed_mx, submission):
    before = await check(listed_mx, security="starttls", sender=submission.user, recipients=(submission.recipient,))
    after = await check(
        submission,
        security="starttls",
        user=submission.user,
        password=submission.password,
        sender=submission.user,
        recipients=(submission.recipient,),
    )
    found = compare(before, after)
    assert (found.kind, found.conclusion.id) == ("before-after", "change-works")
    assert "user" in {pair.id for pair in found.changed}
    (decided,) = [pair for pair in found.stages if pair.decided]
    assert decided.stage is Stage.RCPT_TO
    assert "Spamhaus" in (decided.first.reply if decided.first and decided.first.reply else "")
