"""What is recommended: a table of who works, by rank, reach, risk and date."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from core.finding.model import Found, Plan, PlannedWay, WayResult
from core.finding.recommend import exit_status, finish
from core.finding.text import render_text
from core.knowledge.load import load_knowledge
from core.practice.load import load_scenario
from core.practice.rehearsal import rehearse
from core.reports.report import Finding
from core.session.check import Check
from core.stages import Stage

ENDING = {"submission": {"standing": "ending"}}
CHANGING = {"submission": {"standing": "changing"}}
ENDED = {"submission": {"standing": "ended", "prospect": "Gone."}}
WAYS = {
    "submission": {"method": "submission", "sign_in": True, "rank": 10},
    "submission-25": {"method": "submission", "sign_in": True, "rank": 20, "port": 25},
    "relay": {"method": "connector", "rank": 30, "port": 25},
    "direct": {"method": "direct-send", "rank": 40, "port": 25, "reach": "own-organisation"},
    "never": {"method": "relay", "rank": 80, "recommended": False, "not_recommended": "It would not last."},
}


def plan(*, to=("office@contoso.com",), **changes):
    ways = []
    for name, values in WAYS.items():
        fields = {
            "id": name,
            "title": name,
            "short": name,
            "server": f"{name}.example.com",
            "port": 587,
            "security": "starttls",
            "sign_in": False,
            "role": "submission",
            "reach": "anybody",
            "recommended": True,
            "recipients": to,
            "explanation": "",
        } | values
        ways.append(PlannedWay(**(fields | changes.get(name, {}))))
    return Plan(
        sender="scanner@contoso.com",
        recipients=to,
        user="scanner@contoso.com",
        device=None,
        device_limits=None,
        send=False,
        found=Found(domain="contoso.com", provider="microsoft365"),
        ways=tuple(ways),
    )


def ended(the_plan, works=(), *, states=None, reports=None, cancelled=False):
    states = dict.fromkeys(works, ("works", "accepted")) | (states or {})
    results = []
    for way in the_plan.ways:
        state, cause = states.get(way.id, ("fails", "connect-timeout"))
        results.append(WayResult(way=way.id, state=state, why="…", cause=cause, report=(reports or {}).get(way.id)))
    return finish(
        the_plan,
        results,
        started_at=dt.datetime(2026, 11, 25, tzinfo=dt.UTC),
        duration_ms=2100,
        cancelled=cancelled,
        knowledge=load_knowledge(),
    )


@pytest.mark.parametrize(
    ("works", "to", "changes", "verdict", "way"),
    [
        (("submission", "relay", "direct"), ("a@contoso.com",), {}, "recommended", "submission"),
        (("relay", "direct"), ("a@contoso.com",), {}, "recommended", "relay"),
        (("direct",), ("a@contoso.com",), {}, "recommended", "direct"),
        (("direct",), ("a@contoso.com", "b@example.com"), {}, "makeshift", "direct"),
        (("never",), ("a@contoso.com",), {}, "makeshift", "never"),
        (("never", "direct"), ("a@contoso.com", "b@example.com"), {}, "makeshift", "direct"),
        ((), ("a@contoso.com",), {}, "none", None),
        # what ends goes behind what lasts, though it ranks before it
        (("submission", "relay"), ("a@contoso.com",), ENDING, "recommended", "relay"),
        (("submission",), ("a@contoso.com",), ENDING, "recommended", "submission"),
        (("submission", "relay"), ("a@contoso.com",), CHANGING, "recommended", "submission"),
        (("submission",), ("a@contoso.com",), ENDED, "makeshift", "submission"),
        # a subdomain is inside
        (("direct",), ("a@mail.contoso.com",), {}, "recommended", "direct"),
    ],
)  # fmt: skip
def test_who_is_recommended(works, to, changes, verdict, way):
    document = ended(plan(to=to, **changes), works)
    assert (document.recommendation.verdict, document.recommendation.way) == (verdict, way)
    assert exit_status(document) == (0 if verdict == "recommended" else 1)
    for result in document.ways:
        if result.state == "works" and result.way != way:
            assert result.cautions, "each way that works says why it is not the one"


@pytest.fixture
async def report():
    async with rehearse("direct-send-ok") as request:
        return await Check(request).run()


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Works today, but this site’s address is on Spamhaus PBL", "blocklist-policy"),
        ("Works today, but SPF of contoso.com does not allow this site", "spf"),
        ("This site’s address has no reverse name", "reverse-name"),
    ],
)
async def test_what_works_only_today_is_not_recommended(report, title, topic):
    finding = Finding(severity="warning", title=title, text="…", topic=topic)
    seen = msgspec.structs.replace(report, findings=(finding,))
    document = ended(plan(), ("direct",), reports={"direct": seen})
    assert document.recommendation.verdict == "makeshift"
    assert "today, and it can’t be recommended" in document.recommendation.headline
    assert finding.title in document.recommendation.text
    assert document.recommendation.next_step is not None


async def test_port_25_from_a_changing_address_works_today(report):
    evidence = {"reverse_name": {"names": ["p5b0c1d2e.dip0.provider.example.net"]}}
    seen = msgspec.structs.replace(report, evidence=evidence)
    document = ended(plan(), ("direct",), reports={"direct": seen})
    assert document.recommendation.verdict == "makeshift"
    assert "from a changing address works today" in document.result("direct").cautions[0]
    fixed = msgspec.structs.replace(report, evidence={"reverse_name": {"names": ["mail.contoso.com"]}})
    assert ended(plan(), ("direct",), reports={"direct": fixed}).recommendation.verdict == "recommended"


@pytest.mark.parametrize("name", ["static-198-51-100-7.fiber.example.net", "198-51-100-7.customer.static.example.net"])
async def test_a_name_that_says_static_is_no_changing_address(report, name):
    seen = msgspec.structs.replace(report, evidence={"reverse_name": {"names": [name]}})
    assert ended(plan(), ("direct",), reports={"direct": seen}).recommendation.verdict == "recommended"


async def test_a_relay_that_was_tried_inside_only_is_not_said_to_reach_everybody(report):
    document = ended(plan(), ("relay",), reports={"relay": report})
    assert document.recommendation.way == "relay"
    text = render_text(document)
    assert "whether others too was not tried" in text
    assert "Reaches:     everybody" not in text
    outside = ended(plan(to=("office@contoso.com", "customer@example.com")), ("relay",))
    assert "Reaches:     everybody" in render_text(outside)
    signed_in = ended(plan(), ("submission",))
    assert "Reaches:     everybody" in render_text(signed_in)


@pytest.mark.parametrize("works", [("submission",), ("direct",), ("never",)])
def test_what_only_a_sent_message_shows_is_not_claimed(works):
    asked = plan()
    assert "No message was sent" in ended(asked, works).recommendation.text
    sent = msgspec.structs.replace(asked, send=True)
    assert "No message was sent" not in ended(sent, works).recommendation.text


BLOCKED = ("fails", "ip-blocklisted")
SWITCHED_OFF = ("fails", "smtp-auth-disabled")


@pytest.mark.parametrize(
    ("states", "cause", "way"),
    [
        ({"submission": SWITCHED_OFF}, "smtp-auth-disabled", "submission"),
        ({"submission": ("fails", "auth-bad-credentials")}, "auth-bad-credentials", "submission"),
        ({"direct": BLOCKED, "relay": BLOCKED}, "connect-timeout", "submission"),
        (dict.fromkeys(WAYS, BLOCKED), "ip-blocklisted", "submission"),
        ({"submission": SWITCHED_OFF, "relay": ("fails", "recipient-unknown")}, "recipient-unknown", "relay"),
    ],
)
def test_the_next_step_is_the_shortest(states, cause, way):
    step = ended(plan(), states=states).recommendation.next_step
    assert step is not None
    assert (step.cause, step.way) == (cause, way)


def test_try_again_later_has_a_status_of_its_own():
    document = ended(plan(), states=dict.fromkeys(WAYS, ("later", "greylisted")))
    assert (document.outcome, exit_status(document)) == ("deferred", 3)


def test_a_cancelled_search_without_result_says_so():
    document = ended(plan(), states=dict.fromkeys(WAYS, ("cancelled", None)), cancelled=True)
    assert (document.recommendation.verdict, exit_status(document)) == ("cancelled", 130)


def test_the_scenarios_used_here_exist():
    assert load_scenario("direct-send-ok").expect.outcome == "accepted"


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ((True, False), "and for recipients inside only"),
        ((False, True), "and not for recipients inside"),
    ],
)
async def test_which_recipient_was_taken_is_said_as_it_was(report, taken, words):
    to = ("office@contoso.com", "customer@example.com")
    said = [
        {"address": address, "accepted": accepted, "external": address == to[1], "code": 250 if accepted else 550}
        for address, accepted in zip(to, taken, strict=True)
    ]
    stages = tuple(
        msgspec.structs.replace(result, details=result.details | {"recipients": said})
        if result.stage is Stage.RCPT_TO
        else result
        for result in report.stages
    )
    seen = msgspec.structs.replace(report, stages=stages)
    document = ended(plan(to=to), states={"submission": ("partly", "recipient-unknown")}, reports={"submission": seen})
    assert document.recommendation.verdict == "makeshift"
    assert document.recommendation.headline.endswith(words)
