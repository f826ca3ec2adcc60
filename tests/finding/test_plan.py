"""Plans: from real DNS packets and from practice tenants to the ways that would be tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from core.finding.form import FindForm
from core.finding.names import DnsNames
from core.finding.plan import (
    LEFT_FOREIGN,
    LEFT_NO_INSIDE,
    LEFT_NO_OUTSIDE,
    LEFT_NO_SIGN_IN,
    LEFT_OTHERS,
    NO_PROOF_OF_RELAY,
    make_plan,
)
from core.finding.search import on_request, read
from core.finding.text import plan_lines
from core.knowledge.load import load_knowledge
from core.knowledge.providers import provider_of_mx
from core.secret import Secret
from tests.evidence.dns_server import Silent, serving

FORM = FindForm(
    sender="scanner@contoso.com",
    recipients=("office@contoso.com", "customer@example.com"),
    user="scanner@contoso.com",
    password=Secret("Example-Passw0rd"),
)
TODAY = date(2026, 11, 25)


async def planned(zones, form=FORM, today=TODAY):
    knowledge = load_knowledge()
    async with serving(zones) as server:
        request = read(form, knowledge).request
        assert request is not None
        names = DnsNames(server.endpoint, partial(provider_of_mx, knowledge=knowledge))
        plan = await make_plan(request, names, knowledge, today=today)
        names.close()
        return plan, server.asked


def servers(plan, *, tried=True):
    return {(way.server, way.port, way.sign_in) for way in (plan.to_try if tried else plan.ways)}


MICROSOFT = {"contoso.com": {"MX": ["0 contoso-com.mail.protection.outlook.com."]}}


async def test_microsoft_by_its_mx():
    plan, asked = await planned(MICROSOFT)
    assert (plan.found.provider, plan.found.domain) == ("microsoft365", "contoso.com")
    host = "contoso-com.mail.protection.outlook.com"
    assert {
        ("smtp.office365.com", 587, True),
        ("smtp.office365.com", 587, False),
        ("smtp.office365.com", 25, True),
        ("smtp.office365.com", 25, False),
        (host, 25, False),
        (host, 25, True),
        ("smtp.office365.com", 465, True),
    } == servers(plan)
    assert plan.way("microsoft365-direct-send").recipients == ("office@contoso.com",)
    assert plan.way("microsoft365-connector").recipients == ("customer@example.com",)
    assert plan.way("microsoft365-submission").recipients == FORM.recipients
    assert {kind for _, kind in asked} <= {"MX", "SRV", "CNAME", "A", "AAAA"}


async def test_the_newer_mx_name_comes_from_dns():
    plan, _ = await planned({"contoso.com": {"MX": ["10 contoso-com.a-v1.mx.microsoft."]}})
    assert plan.found.provider == "microsoft365"
    assert plan.way("microsoft365-direct-send").server == "contoso-com.a-v1.mx.microsoft"


async def test_a_filter_before_microsoft_is_seen_through_by_autodiscover():
    guess = "contoso-com.mail.protection.outlook.com"
    zones = {
        "contoso.com": {"MX": ["10 eu-smtp-inbound-1.mimecast.com."]},
        "autodiscover.contoso.com": {"CNAME": ["autodiscover.outlook.com."]},
    }
    plan, _ = await planned(zones)
    assert plan.found.provider == "microsoft365"
    assert any("filter" in note for note in plan.notes)
    assert guess not in {way.server for way in plan.ways}  # DNS does not know it, so it is not made up
    plan, _ = await planned({**zones, guess: {"A": ["192.0.2.7"]}})
    assert plan.way("microsoft365-direct-send").server == guess


async def test_on_request_only():
    assert set(on_request(load_knowledge())) == {"hve", "acs", "legacy-tls"}
    plan, _ = await planned(MICROSOFT, replace(FORM, include=("hve,acs", "legacy-tls")))
    more = {way.server: way for way in plan.ways}
    assert {"smtp.hve.mx.microsoft", "smtp.azurecomm.net", "smtp-legacy.office365.com"} <= set(more)
    assert more["smtp.hve.mx.microsoft"].recipients == ("office@contoso.com",)


async def test_an_old_device_brings_the_endpoint_for_old_tls():
    plan, _ = await planned(MICROSOFT, replace(FORM, device="any-tls-1.0"))
    assert "smtp-legacy.office365.com" in {way.server for way in plan.ways}
    assert all(way.with_device for way in plan.to_try)
    plan, _ = await planned(MICROSOFT, replace(FORM, device="sharp-mx-series"))
    assert not any(way.with_device for way in plan.ways)


async def test_google():
    plan, _ = await planned({"contoso.com": {"MX": ["1 smtp.google.com."]}})
    assert plan.found.provider == "google"
    assert {
        ("smtp.gmail.com", 587, True),
        ("smtp.gmail.com", 465, True),
        ("smtp-relay.gmail.com", 587, False),
        ("smtp-relay.gmail.com", 25, False),
        ("aspmx.l.google.com", 25, False),
    } <= servers(plan)


async def test_a_provider_without_ways_of_its_own_has_those_of_its_data():
    plan, _ = await planned({"contoso.com": {"MX": ["10 mx00.ionos.de."]}})
    assert plan.found.provider == "ionos"
    assert {(way.port, way.security) for way in plan.ways if way.sign_in} >= {(587, "starttls"), (465, "tls")}
    assert "mx00.ionos.de" in {way.server for way in plan.ways}


async def test_an_unknown_provider_gets_only_names_that_resolve():
    zones = {
        "contoso.com": {"MX": ["10 mx.contoso.com."]},
        "mail.contoso.com": {"A": ["192.0.2.8"]},
        "_submissions._tcp.contoso.com": {"SRV": ["0 1 465 mail.contoso.com."]},
        "_submission._tcp.contoso.com": {"SRV": ["0 1 587 mail.hoster.example."]},
    }
    plan, _ = await planned(zones)
    assert plan.found.provider is None
    assert servers(plan) == {
        ("mail.contoso.com", 465, True),
        ("mail.contoso.com", 587, True),
        ("mx.contoso.com", 587, True),
        ("mx.contoso.com", 25, False),
    }
    foreign = next(way for way in plan.ways if way.server == "mail.hoster.example")
    assert foreign.left_out == LEFT_FOREIGN  # DNS alone hands no password to somebody else's server


async def test_without_a_password_no_way_signs_in():
    plan, _ = await planned(MICROSOFT, replace(FORM, user="", password=None))
    assert not any(way.sign_in for way in plan.to_try)
    assert plan.way("microsoft365-submission").left_out == LEFT_NO_SIGN_IN


@pytest.mark.parametrize(
    ("recipients", "send", "way", "expected", "left_out"),
    [
        (("office@contoso.com",), False, "microsoft365-connector", (), LEFT_NO_OUTSIDE),
        (("customer@example.com",), False, "microsoft365-direct-send", ("scanner@contoso.com",), ""),
        (("customer@example.com",), False, "microsoft365-submission", ("customer@example.com",), ""),
        (("customer@example.com",), True, "microsoft365-direct-send", (), LEFT_NO_INSIDE),
        (
            ("a@contoso.com", "b@contoso.com", "c@example.com"),
            False,
            "microsoft365-submission",
            ("a@contoso.com", "c@example.com"),
            "",
        ),
    ],
)
async def test_recipients(recipients, send, way, expected, left_out):
    plan, _ = await planned(MICROSOFT, replace(FORM, recipients=recipients, send=send))
    assert (plan.way(way).recipients, plan.way(way).left_out) == (expected, left_out)


async def test_present_settings_that_are_a_known_way_are_marked_not_tried_twice():
    plan, _ = await planned(
        MICROSOFT, replace(FORM, present_server="smtp.office365.com", present_port="587", present_sign_in=False)
    )
    marked = [way.id for way in plan.ways if way.present]
    assert marked == ["microsoft365-submission-no-sign-in"]
    plan, _ = await planned(MICROSOFT, replace(FORM, present_server="old.example.net", present_security="none"))
    assert {(way.port, way.security, way.sign_in) for way in plan.ways if way.present} == {
        (25, "none", False),
        (587, "none", True),
    }
    assert next(way for way in plan.ways if way.present and way.sign_in).left_out  # no password without encryption


async def test_an_own_server_by_hand():
    plan, _ = await planned(MICROSOFT, replace(FORM, server="relay.contoso.com"))
    own = {(way.port, way.security, way.sign_in) for way in plan.ways if way.server == "relay.contoso.com"}
    assert own == {(587, "starttls", True), (465, "tls", True), (25, "auto", False)}
    plan, _ = await planned(MICROSOFT, replace(FORM, server="relay.contoso.com", port="2525"))
    own = {(way.port, way.sign_in) for way in plan.ways if way.server == "relay.contoso.com"}
    assert own == {(2525, True), (2525, False)}


async def test_a_sender_whose_domain_takes_no_mail_is_seen_through_the_recipient():
    plan, _ = await planned(MICROSOFT, replace(FORM, sender="scanner@office.local"))
    assert plan.found.domain == "contoso.com"
    assert any("office.local takes no mail" in note for note in plan.notes)


async def test_silent_dns_is_told_and_an_own_server_still_tried():
    zones = {"contoso.com": {"MX": Silent()}}
    plan, _ = await planned(zones, replace(FORM, server="192.0.2.9"))
    assert any("could not be looked up" in note for note in plan.notes)
    assert "192.0.2.9" in {way.server for way in plan.to_try}


async def test_hostile_names_in_dns_are_not_dialled_and_come_out_inert():
    zones = {
        "contoso.com": {"MX": ["0 mx\\027[31m\\010.contoso.com."]},
        "_submission._tcp.contoso.com": {"SRV": ['0 1 587 "a b".contoso.com.']},
        "autodiscover.contoso.com": {"CNAME": ["\\000.outlook.com."]},
    }
    plan, _ = await planned(zones)
    text = "\n".join(plan_lines(plan))
    assert "\x1b" not in text
    assert all(way.server.isprintable() and " " not in way.server for way in plan.ways)


async def test_the_dates_of_microsofts_changes():
    before, _ = await planned(MICROSOFT, today=date(2026, 12, 31))
    after, _ = await planned(MICROSOFT, today=date(2027, 1, 1))
    late, _ = await planned(MICROSOFT, today=date(2027, 8, 1))
    way = "microsoft365-submission"
    assert [plan.way(way).standing for plan in (before, after, late)] == ["changing", "changing", "ending"]
    assert before.way(way).prospect.startswith("At the end of December 2026")
    assert after.way(way).prospect.startswith("Since the end of December 2026")
    token = replace(FORM, password=None, token=Secret("example-token"))
    with_token, _ = await planned(MICROSOFT, token, today=date(2027, 8, 1))
    assert (with_token.way(way).standing, with_token.way(way).prospect) == ("lasting", "")
    everything = " ".join(
        entry.text for way in load_knowledge().providers["microsoft365"].ways for entry in way.prospects
    )
    assert not any(old in everything for old in ("March 2026", "April 2026", "September 2025"))  # withdrawn


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sender": "nobody"}, "sender"),
        ({"sender": "<>"}, "sender"),
        ({"recipients": ()}, "recipients"),
        ({"recipients": ("a b@contoso.com",)}, "recipients"),
        ({"user": "scanner@contoso.com", "password": None}, "password"),
        ({"password": Secret("line\nbreak")}, "password"),
        ({"device": "toaster"}, "device"),
        ({"server": "http://x"}, "server"),
        ({"server": "mail.example.com", "port": "0"}, "port"),
        ({"port": "25"}, "server"),
        ({"security": "ssl"}, "security"),
        ({"present_server": "a b"}, "present_server"),
        ({"present_server": "mail.example.com", "present_port": "99999"}, "present_port"),
        ({"include": ("everything",)}, "include"),
        ({"timeout": "soon"}, "timeout"),
        ({"resolver": "dns"}, "resolver"),
    ],
)
def test_each_problem_is_told_beside_its_field(changes, field):
    parsed = read(replace(FORM, **changes), load_knowledge())
    assert parsed.request is None
    assert field in {problem.field for problem in parsed.errors}


async def test_no_password_goes_to_the_domain_of_a_recipient_outside():
    form = replace(
        FORM, sender="scanner@contosoo.com", recipients=("customer@fabrikam.com",), user="scanner@contosoo.com"
    )
    zones = {
        "fabrikam.com": {"MX": ["10 mx.fabrikam.com."]},
        "smtp.fabrikam.com": {"A": ["198.51.100.7"]},
        "mx.fabrikam.com": {"A": ["198.51.100.8"]},
    }
    plan, _ = await planned(zones, form)
    assert not [way for way in plan.to_try if way.sign_in]
    assert {way.left_out for way in plan.ways if way.sign_in} == {LEFT_OTHERS}
    typed, _ = await planned(zones, replace(form, server="smtp.fabrikam.com"))
    assert {way.id for way in typed.to_try if way.sign_in} == {"own-submission", "own-submission-tls"}
    theirs, _ = await planned(zones, replace(form, user="copier@fabrikam.com"))
    assert ("smtp.fabrikam.com", 587, True) in servers(theirs)  # whoever has a login there may use it


async def test_a_recipient_whose_domain_stands_in_is_inside_it():
    form = replace(FORM, sender="scanner@office.local", recipients=("customer@fabrikam.com",))
    plan, _ = await planned({"fabrikam.com": {"MX": ["0 fabrikam-com.mail.protection.outlook.com."]}}, form)
    assert plan.way("microsoft365-direct-send").recipients == ("customer@fabrikam.com",)
    assert plan.way("microsoft365-connector").left_out == LEFT_NO_OUTSIDE  # its own MX takes that without a connector


async def test_a_foreign_mx_beside_the_provider_s_is_not_the_tenant():
    mx = ["0 mx.filter.example.", "10 contoso-com.mail.protection.outlook.com."]
    plan, _ = await planned({"contoso.com": {"MX": mx}})
    assert plan.found.provider == "microsoft365"
    assert not [way for way in plan.to_try if way.server == "mx.filter.example"]
    assert plan.way("microsoft365-direct-send").server == "contoso-com.mail.protection.outlook.com"


async def test_a_recipient_at_the_same_provider_proves_no_connector():
    """The provider's MX take mail for all their customers' domains, with or without a connector."""
    there = {"example.com": {"MX": ["0 example-com.mail.protection.outlook.com."]}}
    plan, _ = await planned(MICROSOFT | there)
    connector = plan.way("microsoft365-connector")
    assert not connector.recommended
    assert connector.not_recommended == NO_PROOF_OF_RELAY
    assert plan.way("microsoft365-submission").recommended
    elsewhere, _ = await planned(MICROSOFT | {"example.com": {"MX": ["0 mx.example.com."]}})
    assert elsewhere.way("microsoft365-connector").recommended
