"""Searches of practice tenants: real servers, real TLS, and what they heard."""

from __future__ import annotations

import asyncio

import jsonschema
import msgspec
import pytest

from core.finding import events
from core.finding.form import FindForm
from core.finding.model import from_json, json_schema, to_json
from core.finding.recommend import exit_status
from core.finding.text import render_text
from core.practice.load import load_scenario
from core.practice.model import Fault, FaultKind
from core.practice.tenant import Served, load_tenants
from core.resource_files import resource_path
from core.secret import Secret
from tests.finding.conftest import with_timeout

SUBMISSION = "smtp.office365.com"
MX = "contoso-com.mail.protection.outlook.com"


@pytest.fixture(scope="module")
def schema():
    return msgspec.json.decode(resource_path("schema", "find-1.json").read_bytes())


@pytest.mark.parametrize("name", sorted(load_tenants()))
async def test_every_tenant_ends_as_its_data_says(search, name, schema):
    searched = await search(name)
    document, expected = searched.document, load_tenants()[name].expect
    found = document.recommendation
    assert (found.verdict, found.way or "", exit_status(document)) == (
        expected.verdict,
        expected.way,
        expected.exit_status,
    )
    assert (found.next_step.cause if found.next_step else "") == expected.next_cause
    assert searched.servers.sign_ins == expected.sign_ins
    text = to_json(document)
    jsonschema.validate(msgspec.json.decode(text), schema)
    assert to_json(from_json(text)) == text
    assert found.headline in render_text(document)
    assert document.outcome == ("accepted" if expected.verdict == "recommended" else "stopped")


def test_the_schema_that_ships_is_that_of_the_structs(schema):
    assert schema == msgspec.json.decode(msgspec.json.encode(json_schema()))


async def test_the_founding_case_recommends_signing_in(search):
    searched = await search("blocklisted-tenant")
    found = searched.document.recommendation
    assert found.headline == "One way works from this site: sign-in on port 587"
    assert "because of this site’s Internet address" in found.text
    assert "December 2026" in found.dates
    assert searched.document.result("microsoft365-direct-send").cause == "ip-blocklisted"
    assert searched.document.result("microsoft365-submission-no-sign-in").cause == "auth-required"
    assert searched.state("microsoft365-submission-25") == "works"
    assert "goes before it" in searched.document.result("microsoft365-submission-25").cautions[0]
    assert found.sending is not None
    assert (found.sending.server, found.sending.port, found.sending.user, found.sending.security) == (
        SUBMISSION,
        587,
        "scanner@contoso.com",
        "starttls",
    )


async def test_a_wrong_password_is_sent_once_over_all_servers(search):
    form = FindForm(password=Secret("Another-Wrong1"), user="scanner@contoso.com")
    searched = await search("blocklisted-tenant", form)
    sent = [
        text
        for server in searched.servers.servers.values()
        for direction, text in server.log
        if direction == "client" and "AUTH" in text.upper().split()[:1]
    ]
    assert len(sent) == 1
    assert searched.servers.sign_ins == 1
    assert searched.document.result("microsoft365-submission").cause == "auth-bad-credentials"
    held = searched.document.result("microsoft365-submission-25")
    assert held.state == "not-tried"
    assert "refused once" in held.why
    assert held.report is not None
    assert "Another-Wrong1" not in to_json(searched.document)


async def test_a_wrong_password_is_sent_once_though_every_server_answers_late(search):
    late = load_scenario("submission-ok").with_delay(60)
    change = {(SUBMISSION, 587): late, (SUBMISSION, 25): load_scenario("submission-ok")}
    form = FindForm(password=Secret("Another-Wrong1"), user="scanner@contoso.com")
    searched = await search("blocklisted-tenant", form, change=change)
    assert searched.servers.sign_ins == 1
    assert searched.document.result("microsoft365-submission").cause == "auth-bad-credentials"  # the better way first


@pytest.mark.parametrize(
    "scenario", ["gmail-app-password", "account-locked", "conditional-access", "security-defaults", "own-mailbox-full"]
)
async def test_no_refusal_that_judges_the_account_is_provoked_twice(search, scenario):
    change = {(SUBMISSION, port): load_scenario(scenario) for port in (587, 25)}
    asked = load_scenario(scenario).check
    form = FindForm(user=asked.user, password=Secret(asked.password))
    searched = await search("blocklisted-tenant", form, change=change)
    failed_at_sign_in = load_scenario(scenario).expect.failed_stage == "auth"
    assert searched.servers.sign_ins == (1 if failed_at_sign_in else 2)


async def test_after_a_good_sign_in_nobody_waits_for_a_better_way(search, monkeypatch):
    """A silent server that would sign in too holds up no sign-in once the password is known to be right."""
    monkeypatch.setattr("core.finding.gate.HEAD_START", 3600)
    tenant = load_tenants()["blocklisted-tenant"]
    slow = Served(name="slow.contoso.com", ports=(587, 465, 25), scenario="silent-server")
    tenant = msgspec.structs.replace(tenant, servers=(*tenant.servers, slow))

    def note(finder, event):
        if isinstance(event, events.WayEnded) and event.result.way == "microsoft365-submission-25":
            finder.cancel()

    searched = await search(tenant, FindForm(server="slow.contoso.com", timeout="60"), when=note)
    assert searched.state("microsoft365-submission-25") == "works"
    assert searched.state("own-submission") == "cancelled"


async def test_a_sign_in_that_is_never_answered_is_not_repeated_at_that_provider(search):
    silent = load_scenario("submission-ok").with_fault("auth", Fault(kind=FaultKind.SILENCE))
    change = {(SUBMISSION, 587): silent, (SUBMISSION, 25): silent}
    searched = await search("blocklisted-tenant", with_timeout("1"), change=change)
    assert searched.servers.sign_ins == 1
    assert "not answered" in searched.document.result("microsoft365-submission-25").why


async def test_a_sign_in_that_is_never_answered_is_not_repeated_under_another_name(search):
    """The servers of an unknown provider have the same accounts, whatever DNS calls them."""
    silent = load_scenario("submission-ok").with_fault("auth", Fault(kind=FaultKind.SILENCE))
    tenant = load_tenants()["own-mail-server"]
    mx = Served(name="mx.fabrikam.com", ports=(587,), scenario="submission-ok")
    tenant = msgspec.structs.replace(tenant, servers=(tenant.servers[0], mx))
    change = {("mail.fabrikam.com", 587): silent, ("mx.fabrikam.com", 587): silent}
    searched = await search(tenant, with_timeout("1"), change=change)
    assert searched.servers.sign_ins == 1
    assert "not answered" in searched.document.result("mx-submission").why


async def test_one_sign_in_waits_for_the_answer_to_the_other(search):
    """The second AUTH goes out only after the first 235."""
    searched = await search("blocklisted-tenant")
    first = searched.servers.servers[SUBMISSION, 587].log
    assert any(text.startswith("235") for _, text in first)
    order = [event.result.way for event in searched.events if isinstance(event, events.WayEnded)]
    assert set(order) == {way.id for way in searched.document.plan.ways}


@pytest.mark.parametrize("kind", [FaultKind.SILENCE, FaultKind.RUBBISH, FaultKind.ENDLESS, FaultKind.HTTP])
async def test_a_bad_server_holds_up_nobody_else(search, kind):
    """The others end although one never says a usable word, and it ends within its own limit."""
    bad = load_scenario("submission-ok").with_fault("greeting", Fault(kind=kind))
    ended: list[str] = []

    def note(_finder, event):
        if isinstance(event, events.WayEnded):
            ended.append(event.result.way)

    searched = await search("blocklisted-tenant", with_timeout("1"), change={(SUBMISSION, 25): bad}, when=note)
    document = searched.document
    assert document.recommendation.way == "microsoft365-submission"
    assert searched.state("microsoft365-submission-25") in {"fails", "later"}
    assert searched.state("microsoft365-direct-send") == "fails"
    if kind is FaultKind.SILENCE:
        assert ended.index("microsoft365-submission") < ended.index("microsoft365-submission-25")


async def test_cancelling_in_the_middle_keeps_what_is_known(search):
    silent = load_scenario("submission-ok").with_fault("greeting", Fault(kind=FaultKind.SILENCE))

    def cancel(finder, event):
        if isinstance(event, events.WayEnded) and event.result.way == "microsoft365-submission":
            finder.cancel()

    searched = await search("blocklisted-tenant", with_timeout("60"), change={(SUBMISSION, 25): silent}, when=cancel)
    document = searched.document
    assert exit_status(document) == 130
    assert searched.state("microsoft365-submission") == "works"
    assert searched.state("microsoft365-submission-25") == "cancelled"
    assert document.recommendation.way == "microsoft365-submission"
    assert "cancelled" in document.recommendation.text
    assert isinstance(searched.events[-1], events.FindFinished)


async def test_cancelling_at_the_very_start_still_ends_in_a_document(search):
    searched = await search("blocklisted-tenant", when=lambda finder, _event: finder.cancel())
    assert {result.state for result in searched.document.ways} == {"cancelled"}
    assert searched.document.recommendation.headline == "The search was cancelled"
    assert searched.servers.sign_ins == 0


async def test_a_search_that_is_torn_down_leaves_no_conversation(search):
    silent = load_scenario("submission-ok").with_fault("greeting", Fault(kind=FaultKind.SILENCE))
    started = asyncio.Event()

    def note(_finder, event):
        if isinstance(event, events.WayProgress):
            started.set()

    task = asyncio.create_task(
        search("blocklisted-tenant", with_timeout("60"), change={(SUBMISSION, 587): silent}, when=note)
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [other for other in asyncio.all_tasks() if other is not asyncio.current_task()] == []


async def test_nothing_is_sent_unless_asked(search):
    searched = await search("blocklisted-tenant")
    assert not any(server.messages for server in searched.servers.servers.values())
    again = await search("blocklisted-tenant", FindForm(send=True))
    sent = {key: len(server.messages) for key, server in again.servers.servers.items() if server.messages}
    assert sent == {(SUBMISSION, 587): 1, (SUBMISSION, 25): 1}


async def test_the_device_decides_where_this_computer_gets_through(search):
    searched = await search("blocklisted-tenant", FindForm(device="any-tls-1.0"))
    result = searched.document.result("microsoft365-submission")
    assert result.device_fails
    assert result.cause == "tls-protocol-too-old"
    assert result.report is not None
    assert result.report.outcome == "accepted"
    assert result.device_report is not None
    assert result.device_report.request.tls_limits == "at most TLS 1.0"
    assert searched.servers.sign_ins == 2  # the device's tries sign in no second time
    assert searched.document.recommendation.verdict == "none"
    step = searched.document.recommendation.next_step
    assert step is not None
    assert "firmware" in step.text
    assert "microsoft365-legacy-tls" in {way.id for way in searched.document.plan.ways}


async def test_cancelled_before_the_device_was_tried_is_no_recommendation(search):
    """What this computer can do says nothing about a device with old TLS."""

    def note(finder, event):
        if isinstance(event, events.WayProgress) and event.device and event.way == "microsoft365-submission":
            finder.cancel()

    searched = await search("blocklisted-tenant", FindForm(device="any-tls-1.0"), when=note)
    result = searched.document.result("microsoft365-submission")
    assert result.report is not None
    assert result.report.outcome in {"accepted", "cancelled"}
    assert "works" not in {found.state for found in searched.document.ways if found.report}
    assert searched.document.recommendation.verdict == "cancelled"


async def test_a_password_typed_into_the_wrong_field_is_masked_everywhere(search):
    form = FindForm(user="Example-Passw0rd", password=Secret("Example-Passw0rd"))
    searched = await search("blocklisted-tenant", form)
    shown = to_json(searched.document) + render_text(searched.document) + repr(searched.events)
    assert "Example-Passw0rd" not in shown
    assert searched.document.plan.user == "[secret]"


async def test_an_untrusted_server_gets_no_password(search):
    change = {(SUBMISSION, port): load_scenario("certificate-self-signed") for port in (587, 25)}
    searched = await search("blocklisted-tenant", change=change)
    assert searched.servers.sign_ins == 0
    assert searched.state("microsoft365-submission") == "fails"
