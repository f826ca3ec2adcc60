"""Which way a check leads to, for real checks of the practice servers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache

import msgspec
import pytest

from core.practice.load import load_scenario, load_scenarios
from core.practice.server import PracticeServer
from core.reports.report import Report
from core.request import Endpoint, FormValues, parse
from core.sheets.from_report import way_from
from core.sheets.settings import settings_sheet
from core.sheets.way import METHODS, SendingWay

SECRET = load_scenario("submission-ok").accounts[0].password


@cache
def checked(name: str) -> Report:
    """Return the report of a check of a practice server, over real sockets and TLS."""
    scenario = load_scenario(name)

    async def run() -> Report:
        from core.session.check import Check

        values = {field: getattr(scenario.form(), field) for field in FormValues.__dataclass_fields__}
        parsed = parse(FormValues(**values))
        assert parsed.request is not None
        async with PracticeServer(scenario) as server:
            request = replace(
                parsed.request,
                dial=Endpoint(server.address, server.port),
                ca_file=str(server.ca_file),
                dns_evidence=False,
                practice=scenario.id,
            )
            if any(fault.kind.value in {"silence", "drip"} for fault in scenario.faults.values()):
                request = replace(request, timeout=0.5)
            return await Check(request).run()

    return asyncio.run(run())


def short(way: SendingWay | None) -> tuple:
    assert way is not None
    return way.server, way.port, way.security, way.user, way.sender, way.method


OFFICE = ("smtp.office365.com", 587, "starttls", "scanner@contoso.com", "scanner@contoso.com", "submission")


@pytest.mark.parametrize(
    "name", ["spamhaus-block", "direct-send-rejected", "sign-in-on-mx", "external-recipient-refused", "wrong-password",
             "smtp-auth-disabled", "submission-without-sign-in", "submission-ok"],
)  # fmt: skip
def test_microsoft_leads_to_submission_with_sign_in(name):
    way = way_from(checked(name))
    assert short(way) == OFFICE
    assert way is not None
    assert way.provider == "microsoft365"
    assert way.tenant == "contoso.com"


def test_the_founding_case_knows_this_sites_address():
    way = way_from(checked("spamhaus-block"))
    assert way is not None
    assert way.public_address == "203.0.113.9"


def test_a_working_direct_send_keeps_its_own_settings():
    assert short(way_from(checked("direct-send-ok"))) == (
        "contoso-com.mail.protection.outlook.com", 25, "starttls", None, "scanner@contoso.com", "direct-send",
    )  # fmt: skip


def test_a_subdomain_of_the_senders_counts_as_inside():
    report = checked("direct-send-ok")
    inside = msgspec.structs.replace(
        report, request=msgspec.structs.replace(report.request, to=("a@mail.contoso.com",))
    )
    outside = msgspec.structs.replace(report, request=msgspec.structs.replace(report.request, to=("a@fabrikam.com",)))
    assert (way_from(inside).method, way_from(outside).method) == ("direct-send", "connector")


def test_send_as_denied_leads_to_the_accounts_own_address():
    report = checked("send-as-denied")
    way = way_from(report)
    assert way is not None
    assert way.sender == way.user == report.request.user
    assert report.request.from_ != report.request.user


def test_google_leads_to_its_own_submission():
    way = way_from(checked("gmail-app-password"))
    assert short(way)[:3] == ("smtp.gmail.com", 587, "starttls")
    sheet = settings_sheet("sharp-mx-series", way)
    assert "app password" in next(row.value for row in sheet.rows if row.secret)


def test_a_password_that_is_no_longer_taken_leads_to_a_way_without_it():
    report = checked("basic-auth-retired")
    internal = msgspec.structs.replace(report.request, to=("office@contoso.com",))
    external = msgspec.structs.replace(report.request, to=("customer@example.com",))
    inside = way_from(msgspec.structs.replace(report, request=internal))
    outside = way_from(msgspec.structs.replace(report, request=external))
    assert short(inside)[0::5] == ("smtp.hve.mx.microsoft", "high-volume")
    assert short(outside)[0::5] == ("smtp.azurecomm.net", "azure")
    known = {"sender_domain": {"hosts": ["contoso-com.mail.protection.outlook.com"], "provider": "microsoft365"}}
    connector = way_from(msgspec.structs.replace(report, evidence=known))
    assert short(connector) == (
        "contoso-com.mail.protection.outlook.com", 25, "starttls", None, "scanner@contoso.com", "connector",
    )  # fmt: skip


def test_an_unknown_server_that_fails_leads_to_the_senders_provider_or_nowhere():
    report = checked("spamhaus-block")
    target = msgspec.structs.replace(report.target, server="mail.example.com", provider=None, role="unknown")
    own = msgspec.structs.replace(report, target=target)
    assert way_from(own) is None
    known = {"sender_domain": {"hosts": ["contoso-com.mail.protection.outlook.com"], "provider": "microsoft365"}}
    assert short(way_from(msgspec.structs.replace(own, evidence=known))) == OFFICE


def test_a_recipient_that_does_not_exist_changes_no_settings():
    report = checked("recipient-unknown")
    way = way_from(report)
    assert way is not None
    assert (way.server, way.port) == (report.target.server, report.target.port)


def test_the_wrong_port_of_a_submission_server_is_put_right():
    report = checked("submission-ok")
    wrong = msgspec.structs.replace(
        report,
        outcome="stopped",
        target=msgspec.structs.replace(report.target, port=465, security="tls"),
        diagnosis=msgspec.structs.replace(report.diagnosis, cause="connect-timeout"),
    )
    assert short(way_from(wrong)) == OFFICE


def test_the_empty_sender_is_no_address():
    report = checked("spamhaus-block")
    bounced = msgspec.structs.replace(report, request=msgspec.structs.replace(report.request, from_="<>"))
    way = way_from(bounced)
    assert way is not None
    assert (way.user, way.sender, way.tenant) == (None, "", None)


@pytest.mark.parametrize("name", load_scenarios())
def test_every_practice_server_leads_to_a_sheet_or_nowhere(name):
    way = way_from(checked(name))
    if way is not None:
        assert way.method in METHODS
        sheet = settings_sheet("sharp-mx-series", way)
        assert len(sheet.rows) >= 6
        assert way.signs_in or way.method not in {"submission", "high-volume", "azure"}
