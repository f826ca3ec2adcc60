"""SPF judged for the site's address, and the DMARC record that applies."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import parse_mailbox
from core.evidence import sender_policy
from core.evidence.asking import Asker
from core.evidence.sender_policy import judge_spf, look_up_dmarc, parse_dmarc, walk
from core.request import Endpoint
from tests.evidence.dns_server import Fails, OverTcp, Rubbish, Silent, serving, txt

ADDRESS = "203.0.113.7"
SENDER = parse_mailbox("scanner@contoso.com")


async def judge(zones, address=ADDRESS, sender=SENDER, limit=2.0):
    async with serving(zones) as server:
        result = await asyncio.wait_for(
            judge_spf(sender, "copier.contoso.com", address, Asker(server.endpoint), limit), 10
        )
        return result, server


def record(text):
    return {"TXT": [txt("unrelated"), txt(text)]}


@pytest.mark.parametrize(
    ("text", "address", "result"),
    [
        ("v=spf1 ip4:203.0.113.0/24 -all", ADDRESS, "pass"),
        ("v=spf1 ip4:198.51.100.0/24 -all", ADDRESS, "fail"),
        ("v=spf1 ip4:198.51.100.0/24 ~all", ADDRESS, "softfail"),
        ("v=spf1 ip4:198.51.100.0/24 ?all", ADDRESS, "neutral"),
        ("v=spf1 ip4:198.51.100.0/24", ADDRESS, "neutral"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::7", "pass"),
        ("v=spf1 ip4:203.0.113.0/24 -all", "2001:db8::7", "fail"),
        ("v=spf1 include:spf.example.com -all", ADDRESS, "pass"),
        ("v=spf1 redirect=spf.example.com", ADDRESS, "pass"),
        ("v=spf1 a:host.example.com -all", ADDRESS, "pass"),
        ("v=spf1 mx:example.com -all", ADDRESS, "pass"),
        ("v=spf1 exists:%{i}._spf.example.com -all", ADDRESS, "pass"),
        ("v=spf1 ip4:nonsense -all", ADDRESS, "permerror"),
        ("v=spf1 wrong:thing -all", ADDRESS, "permerror"),
        ("v=spf1 include:absent.example.com -all", ADDRESS, "permerror"),
        ("v=spf1 include:contoso.com -all", ADDRESS, "permerror"),
        ("v=spf1 include:failing.example.com -all", ADDRESS, "temperror"),
    ],
)
async def test_the_result_for_this_address(text, address, result):
    zones = {
        "contoso.com": record(text),
        "spf.example.com": record("v=spf1 ip4:203.0.113.7 -all"),
        "host.example.com": {"A": [ADDRESS]},
        "example.com": {"MX": ["10 host.example.com."]},
        "203.0.113.7._spf.example.com": {"A": ["127.0.0.2"]},
        "failing.example.com": {"TXT": Fails()},
    }
    found, _ = await judge(zones, address)
    assert found.result == result
    assert found.record == text
    assert found.meaning
    assert found.source == "DNS server 127.0.0.1"
    assert bool(found.error) == (result in {"permerror", "temperror"})


async def test_no_record_and_two_records():
    assert (await judge({"contoso.com": {"TXT": [txt("hello")]}}))[0].result == "none"
    assert (await judge({}))[0].result == "none"
    two = {"contoso.com": {"TXT": [txt("v=spf1 -all"), txt("v=spf1 +all")]}}
    assert (await judge(two))[0].result == "permerror"


async def test_a_long_record_comes_over_tcp():
    text = "v=spf1 " + " ".join(f"ip4:198.51.100.{number}" for number in range(60)) + " ip4:203.0.113.7 -all"
    found, server = await judge({"contoso.com": {"TXT": OverTcp([txt(text)])}})
    assert (found.result, found.record) == ("pass", text)
    assert server.over_tcp >= 1


async def test_a_record_too_long_to_keep_is_not_judged_by_half():
    text = "v=spf1 " + "ip4:198.51.100.1 " * 300 + "ip4:203.0.113.7 -all"
    found, _ = await judge({"contoso.com": {"TXT": OverTcp([txt(text)])}})
    assert found.result == "permerror"
    assert "longer than" in found.error


async def test_more_than_ten_terms_that_ask_dns_are_a_mistake():
    """RFC 7208 §4.6.4."""
    zones = {f"spf{number}.example.com": record("v=spf1 ?all") for number in range(12)}
    zones["contoso.com"] = record("v=spf1 " + " ".join(f"include:{name}" for name in zones) + " -all")
    assert (await judge(zones))[0].result == "permerror"


async def test_more_than_two_void_lookups_are_a_mistake():
    """RFC 7208 §4.6.4."""
    absent = " ".join(f"a:absent{number}.example.com" for number in range(5))
    assert (await judge({"contoso.com": record(f"v=spf1 {absent} -all")}))[0].result == "permerror"


async def test_the_number_of_questions_is_bounded():
    hosts = [f"h{number}.example.com" for number in range(10)]
    zones = {name: {"A": ["198.51.100.1"]} for name in hosts}
    exchangers = [f"d{number}.example.com" for number in range(9)]
    for number, name in enumerate(exchangers):
        zones[name] = {"MX": [f"10 x{number}-{host}." for host in hosts]}
        zones |= {f"x{number}-{host}": {"A": ["198.51.100.1"]} for host in hosts}
    zones["contoso.com"] = record("v=spf1 " + " ".join(f"mx:{name}" for name in exchangers) + " -all")
    found, server = await judge(zones, limit=5)
    assert found.result == "permerror"
    assert len(server.asked) <= sender_policy.MAX_SPF_QUESTIONS


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 " + "a" * 60_000,
        "v=spf1 exists:" + "." + "a" * 3_900 + "!",
        "v=spf1 exists:" + "%{" * 1_900,
        "v=spf1 " + "%{s}" * 1_000,
        "v=spf1 exists:" + "%{s}" * 1_000 + ".example.com -all",
        "v=spf1 " + "-" * 3_000,
        "v=spf1 a:\x00\x1b[2J.example.com -all",
        "v=spf1 redirect=contoso.com",
        "v=spf1 exp=contoso.com -all",
    ],
    ids=range(9),
)
async def test_hostile_records_end_quickly_and_harmlessly(text):
    wire = "".join(c if " " <= c <= "~" else f"\\{ord(c):03}" for c in text)
    parts = [wire[start : start + 252] for start in range(0, len(wire), 252)]
    rdata = txt(text) if text.isprintable() else " ".join(f'"{part}"' for part in parts)
    found, _ = await judge({"contoso.com": {"TXT": OverTcp([rdata])}}, limit=3)
    assert found.result in {"permerror", "fail"}
    assert (found.record or "").isprintable()
    assert len(found.record or "") < sender_policy.MAX_TEXT + 60
    assert len(found.error) < 400
    assert "in time" not in found.error, "it has to end by itself, before the limit"


@pytest.mark.parametrize("behaviour", [Silent(), Fails(), Rubbish()])
async def test_what_dns_does_not_say_is_a_temporary_error(behaviour):
    found, _ = await judge({"contoso.com": {"TXT": behaviour}}, limit=0.4)
    assert found.result == "temperror"
    assert found.error


async def test_without_dns_it_ends_in_time():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = Endpoint("127.0.0.1", probe.getsockname()[1])
        found = await asyncio.wait_for(judge_spf(SENDER, "copier", ADDRESS, Asker(endpoint), 0.3), 5)
    assert found.result == "temperror"


async def test_a_sender_that_is_no_ascii():
    sender = parse_mailbox("größe@contoso.com")
    zones = {"contoso.com": record("v=spf1 exists:%{l}._spf.contoso.com ip4:203.0.113.7 -all")}
    assert (await judge(zones, sender=sender))[0].result == "pass"


# --- DMARC ---------------------------------------------------------------------------------------------------


async def dmarc(zones, domain="scan.office.contoso.com"):
    async with serving(zones) as server:
        return await look_up_dmarc(domain, Asker(server.endpoint, limit=0.4))


def test_the_walk_of_rfc_9989():
    assert walk("scan.contoso.com") == ("scan.contoso.com", "contoso.com", "com")
    long = walk("a.b.c.d.e.f.g.h.i.j.mail.example.com")
    assert long[0] == "a.b.c.d.e.f.g.h.i.j.mail.example.com"
    assert long[1:3] == ("g.h.i.j.mail.example.com", "h.i.j.mail.example.com")
    assert len(long) == 8
    eight = walk("a.b.c.d.e.f.example.com")
    assert eight[1] == "b.c.d.e.f.example.com"
    assert len(eight) == 8


@given(st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), min_size=1, max_size=30))
def test_a_walk_is_bounded_and_goes_up(labels):
    names = walk(".".join(labels))
    assert len(names) <= 8
    assert all(later == "" or earlier.endswith("." + later) for earlier, later in pairwise(names))


@given(st.one_of(st.text(max_size=100), st.from_regex(r"v ?= ?DMARC1( ?;.{0,20}){0,3}")))
def test_any_text_is_read_as_a_record_or_not(text):
    tags = parse_dmarc(text)
    first = [part.strip() for part in text.split(";")[0].split("=")]
    assert (tags is not None) == (first == ["v", "DMARC1"])


async def test_the_domains_own_record_goes_before_the_organisations():
    zones = {
        "_dmarc.scan.office.contoso.com": {"TXT": [txt("v=DMARC1; p=quarantine; sp=none")]},
        "_dmarc.contoso.com": {"TXT": [txt("v=DMARC1; p=reject")]},
    }
    found = await dmarc(zones)
    assert (found.at, found.policy, found.subdomain) == ("scan.office.contoso.com", "quarantine", False)


async def test_the_organisations_record_speaks_for_subdomains():
    found = await dmarc({"_dmarc.contoso.com": {"TXT": [txt("v=DMARC1; p=none; sp=reject")]}})
    assert (found.at, found.policy, found.subdomain) == ("contoso.com", "reject", True)
    found = await dmarc({"_dmarc.contoso.com": {"TXT": [txt("v=DMARC1;p=reject")]}})
    assert (found.policy, found.subdomain) == ("reject", False)


async def test_a_public_suffix_is_not_the_organisation():
    zones = {
        "_dmarc.com": {"TXT": [txt("v=DMARC1; p=none; psd=y")]},
        "_dmarc.contoso.com": {"TXT": [txt("v=DMARC1; p=reject")]},
    }
    assert (await dmarc(zones)).at == "contoso.com"
    del zones["_dmarc.contoso.com"]
    assert (await dmarc(zones)).at == "com"


async def test_a_domain_can_say_that_it_is_its_own_organisation():
    zones = {
        "_dmarc.office.contoso.com": {"TXT": [txt("v=DMARC1; p=quarantine; psd=n")]},
        "_dmarc.contoso.com": {"TXT": [txt("v=DMARC1; p=reject")]},
    }
    assert (await dmarc(zones)).at == "office.contoso.com"


@pytest.mark.parametrize(
    ("zones", "state"),
    [
        ({}, "none"),
        ({"_dmarc.contoso.com": {"TXT": [txt("v=DMARC1; p=none"), txt("v=DMARC1; p=reject")]}}, "none"),
        ({"_dmarc.contoso.com": {"TXT": [txt("p=reject; v=DMARC1")]}}, "none"),
        ({"_dmarc.contoso.com": {"TXT": Fails()}}, "unchecked"),
        ({"_dmarc.scan.office.contoso.com": {"TXT": Silent()}}, "unchecked"),
        ({"_dmarc.contoso.com": {"TXT": [txt("v=DMARC1")]}}, "found"),
    ],
)
async def test_where_no_record_applies(zones, state):
    found = await dmarc(zones)
    assert found.state == state
    assert found.policy == ("none" if state == "found" else None)
