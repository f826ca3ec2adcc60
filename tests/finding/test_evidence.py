"""Ways without sign-in that work today are judged by what DNS says of this site's address, in real packets."""

from __future__ import annotations

from datetime import date
from functools import partial

import msgspec
import pytest

from core.finding.form import FindForm
from core.finding.names import DnsNames
from core.finding.plan import make_plan
from core.finding.run import Finder
from core.finding.search import read
from core.knowledge.load import load_knowledge
from core.knowledge.providers import provider_of_mx
from core.practice.load import load_scenario
from core.practice.tenant import load_tenant, serve_tenant
from tests.evidence.dns_server import serving, txt

HOST = "contoso-com.mail.protection.outlook.com"
OURS = "8.8.4.4"  # stands for a public address: documentation addresses are no public ones to the judge
REVERSE = "4.4.8.8"


def zones(**more):
    return {
        "contoso.com": {"MX": [f"0 {HOST}."], "TXT": [txt("v=spf1 ip4:8.8.4.4 -all")]},
        f"{REVERSE}.in-addr.arpa": {"PTR": ["mail.contoso.com."]},
        "mail.contoso.com": {"A": [OURS]},
        **more,
    }


async def direct_send(records):
    """Search with Direct Send open and no password; DNS says `records`. Return result and recommendation."""
    knowledge = load_knowledge()
    tenant = load_tenant("only-direct-send")
    scenario = msgspec.structs.replace(load_scenario("direct-send-ok"), client_address=OURS)
    async with serving(records) as dns:
        resolver = f"127.0.0.1:{dns.endpoint.port}"
        form = FindForm(sender="scanner@contoso.com", recipients=("office@contoso.com",), resolver=resolver)
        request = read(form, knowledge).request
        assert request is not None
        names = DnsNames(dns.endpoint, partial(provider_of_mx, knowledge=knowledge))
        plan = await make_plan(request, names, knowledge, today=date(2026, 11, 25))
        names.close()
        async with serve_tenant(tenant, {(HOST, 25): scenario}) as servers:
            document = await Finder(request, plan, knowledge=knowledge, dial=servers.dial).run()
    return document.result("microsoft365-direct-send"), document.recommendation


async def test_a_clean_address_lets_direct_send_be_recommended():
    result, found = await direct_send(zones())
    assert result.state == "works"
    assert (found.verdict, found.way) == ("recommended", "microsoft365-direct-send")


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({f"{REVERSE}.zen.spamhaus.org": {"A": ["127.0.0.11"]}}, "Works today, but this site’s address is on"),
        ({"contoso.com": {"MX": [f"0 {HOST}."], "TXT": [txt("v=spf1 -all")]}}, "SPF of contoso.com does not allow"),
        (
            {
                f"{REVERSE}.in-addr.arpa": {"PTR": ["p4.dip0.provider.example."]},
                "p4.dip0.provider.example": {"A": [OURS]},
            },
            "from a changing address works today",
        ),
    ],
)
async def test_what_dns_says_against_the_address_makes_it_a_makeshift(records, words):
    result, found = await direct_send(zones(**records))
    assert result.state == "works"
    assert (found.verdict, found.way) == ("makeshift", "microsoft365-direct-send")
    assert words in " ".join(result.cautions)
    assert found.next_step is not None
    assert found.next_step.cause == "sign-in-missing"
