"""DNS in a whole check: names looked up through a given resolver, evidence gathered beside, failures told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.evidence.blocklists import question_name
from core.practice.load import load_scenario
from core.practice.server import PracticeServer
from core.request import parse
from core.session import dialling
from core.session.check import Check
from core.stages import Outcome, Stage, StageStatus
from tests.evidence.dns_server import Fails, Silent, serving, txt

MX = "contoso-com.mail.protection.outlook.com"
ADDRESS = "203.0.113.9"
ZONES = {
    MX: {"CNAME": ["mx.example.net."]},
    "mx.example.net": {"A": ["127.0.0.1"]},
    "contoso.com": {"MX": [f"0 {MX}."], "TXT": [txt("v=spf1 ip4:198.51.100.0/24 -all")]},
    question_name(ADDRESS, "zen.spamhaus.org"): {"A": ["127.0.0.10"]},
}


async def check(zones, scenario="direct-send-ok", **changes):
    played = load_scenario(scenario)
    async with serving(zones) as dns, PracticeServer(played) as server:
        request = parse(played.form()).request
        request = replace(
            request,
            port=server.port,
            ca_file=str(server.ca_file),
            resolver=dns.endpoint,
            dns_evidence=True,
            **changes,
        )
        return await Check(request).run()


async def test_an_accepted_check_from_a_listed_address_carries_the_evidence():
    report = await check(ZONES)
    assert report.outcome is Outcome.ACCEPTED
    dns = report.stage(Stage.DNS)
    assert dns.status is StageStatus.PASSED
    assert dns.details["addresses"] == ["127.0.0.1"]
    assert dns.details["evidence"]["cname_chain"] == ["mx.example.net"]
    assert dns.details["evidence"]["resolver"] == "127.0.0.1"
    assert report.proof.resolver == "127.0.0.1"
    assert report.proof.public_address == ADDRESS
    assert "127.0.0.10" in str(report.evidence)
    told = " ".join(f"{finding.title} {finding.text}" for finding in report.findings)
    assert "Spamhaus" in told or "zen.spamhaus.org" in told


async def test_a_name_that_does_not_exist():
    report = await check({}, server="smtp.contosso.example")
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.DNS, "dns-name-not-found")


async def test_a_name_without_address():
    report = await check({"mail.example.com": {"TXT": [txt("hello")]}}, server="mail.example.com")
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.DNS, "dns-name-not-found")


async def test_a_resolver_that_is_silent():
    report = await check(
        {"mail.example.com": {"A": Silent(), "AAAA": Silent()}}, server="mail.example.com", timeout=1.0
    )
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.DNS, "dns-timeout")


async def test_a_resolver_that_fails():
    report = await check({"mail.example.com": {"A": Fails(), "AAAA": Fails()}}, server="mail.example.com", timeout=2.0)
    assert report.failed_stage is Stage.DNS
    assert report.diagnosis.cause in {"dns-timeout", "dns-name-not-found"}
    assert report.diagnosis.confidence != "certain" or report.diagnosis.cause == "dns-timeout"


async def test_the_system_only_says_try_again_and_the_closer_look_knows_more(monkeypatch):
    """getaddrinfo's EAI_AGAIN hides whether the name is wrong or DNS is down."""
    import socket

    async with serving({}) as dns:

        def again(*_args, **_options):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(dialling.socket, "getaddrinfo", again)
        from core.session import check as module

        asked = module.resolving.look_closer
        monkeypatch.setattr(
            module.resolving, "look_closer", lambda host, _none, limit: asked(host, dns.endpoint, limit)
        )
        request = parse(replace(load_scenario("direct-send-ok").form(), server="smtp.contosso.example")).request
        report = await Check(replace(request, dns_evidence=True, timeout=3.0)).run()
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.DNS, "dns-name-not-found")


async def test_nobody_listens_at_the_address():
    zones = {"mail.example.com": {"A": ["127.0.0.77"]}}
    async with serving(zones) as dns:
        request = parse(replace(load_scenario("direct-send-ok").form(), server="mail.example.com", port="9")).request
        report = await Check(replace(request, resolver=dns.endpoint)).run()
    assert (report.failed_stage, report.diagnosis.cause) == (Stage.CONNECT, "connect-refused")
    assert report.stage(Stage.CONNECT).details["attempts"][0]["outcome"] == "refused"
    assert report.stage(Stage.CONNECT).details["attempts"][0]["os_code"] in {111, 10061}


@pytest.mark.parametrize("ip", ["4", "6"])
async def test_only_the_wished_ip_version_is_tried(ip):
    zones = {"mail.example.com": {"A": ["127.0.0.77"], "AAAA": ["::1"]}}
    async with serving(zones) as dns:
        form = replace(load_scenario("direct-send-ok").form(), server="mail.example.com", port="9", ip=ip)
        report = await Check(replace(parse(form).request, resolver=dns.endpoint)).run()
    families = {attempt["family"] for attempt in report.stage(Stage.CONNECT).details["attempts"]}
    assert families == {f"IPv{ip}"}


async def test_an_ip_address_needs_no_look_up():
    scenario = load_scenario("plain-server")
    async with PracticeServer(scenario) as server:
        form = replace(scenario.form(), server="127.0.0.1", port=str(server.port), dns_evidence=False)
        report = await Check(parse(form).request).run()
    assert report.stage(Stage.DNS).status is StageStatus.SKIPPED
    assert report.stage(Stage.CONNECT).status is StageStatus.PASSED


async def test_several_addresses_out_of_reach_are_one_plain_sentence():
    zones = {"mail.example.com": {"A": ["127.0.0.77", "127.0.0.78"]}}
    async with serving(zones) as dns:
        request = parse(replace(load_scenario("direct-send-ok").form(), server="mail.example.com", port="9")).request
        report = await Check(replace(request, resolver=dns.endpoint)).run()
    assert report.stage(Stage.CONNECT).summary == "None of the 2 addresses took the connection (port 9)."


async def test_a_given_resolver_is_asked_once_for_the_server(monkeypatch):
    from core.session.check import resolving

    asked = []
    look = resolving.look_closer
    monkeypatch.setattr(resolving, "look_closer", lambda host, *rest: (asked.append(host), look(host, *rest))[1])
    report = await check(ZONES)
    assert report.stage(Stage.DNS).details["addresses"] == ["127.0.0.1"]
    assert asked == [MX]
