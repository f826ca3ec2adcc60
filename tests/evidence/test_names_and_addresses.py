"""The public address, its reverse name, and where domains take their mail."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence import mail_exchangers, public_address, reverse_name
from core.evidence.asking import Asker
from core.evidence.data import Reflector
from core.evidence.public_address import parse_public
from core.request import Endpoint
from tests.evidence.dns_server import Fails, Held, Silent, serving, txt

LIMIT = 0.4
ADDRESS = "203.0.113.7"


def pointer(address: str) -> str:
    return dns.reversename.from_address(address).to_text(omit_final_dot=True)


# --- The public address --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inside",
    [
        *("10.1.2.3", "192.168.0.9", "172.31.0.1", "100.64.1.1", "127.0.0.1", "169.254.3.4", "0.0.0.0", "224.0.0.1"),
        *("255.255.255.255", "::1", "fe80::1", "fd00::1", "::", "ff02::1", "fe80::1%eth0", "::ffff:10.0.0.1"),
        *("", "mail.example.com", "203.0.113", None),
    ],
)
def test_what_is_no_public_address(inside):
    assert parse_public(inside) is None


@pytest.mark.parametrize("text", ["203.0.113.7", " 203.0.113.7 ", "::ffff:203.0.113.7"])
def test_a_public_address_is_taken(text):
    assert str(parse_public(text)) == "203.0.113.7"
    assert parse_public(text, 6) is None


def test_ipv6_is_taken_also_as_in_an_address_literal():
    assert str(parse_public("IPv6:2001:db8::7", 6)) == "2001:db8::7"


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text):
    address = parse_public(text)
    assert address is None or isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address)


async def test_the_resolver_given_is_asked_and_named():
    async with serving({"myip.opendns.com": {"A": [ADDRESS]}}) as server:
        found = await public_address.find(4, server.endpoint, LIMIT)
        assert found.address == ADDRESS
        assert found.source == "OpenDNS (myip.opendns.com, DNS server 127.0.0.1)"


async def test_an_address_can_come_as_text_and_over_ipv6():
    async with serving({"o-o.myaddr.l.google.com": {"TXT": [txt("2001:db8::7")]}}) as server:
        assert (await public_address.find(6, server.endpoint, LIMIT)).address == "2001:db8::7"


@pytest.mark.parametrize("answer", ["10.0.0.1", "not an address", "\\027[2J", "x" * 250, "2001:db8::7"])
async def test_an_answer_that_is_no_address_of_ours_is_not_believed(answer):
    zones = {"o-o.myaddr.l.google.com": {"TXT": [txt(answer)]}, "myip.opendns.com": {"A": ["192.168.1.1"]}}
    async with serving(zones) as server:
        found = await public_address.find(4, server.endpoint, LIMIT)
        assert found.address is None
        assert found.error.isprintable()
        assert len(found.error) <= 400


async def test_the_first_usable_answer_counts_and_nobody_is_waited_for():
    zones = {
        "myip.opendns.com": {"A": Held(asyncio.Event(), ["198.51.100.1"])},
        "o-o.myaddr.l.google.com": {"TXT": [txt(ADDRESS)]},
    }
    async with serving(zones) as server:
        found = await asyncio.wait_for(public_address.find(4, server.endpoint, 60), 5)
        assert found.address == ADDRESS


async def test_each_server_of_the_ip_version_is_asked_directly(monkeypatch):
    reflector = Reflector(
        id="x", name="X", question="me.example.com", record="address", servers=("127.0.0.1", "::1"), source="", date=""
    )
    asked = []

    async def ask(reflector, server, version, limit):
        asked.append(server)
        return public_address.PublicAddress(None, "X", "nothing")

    monkeypatch.setattr(public_address, "_ask", ask)
    await public_address.find(4, None, LIMIT, [reflector])
    assert asked == [Endpoint("127.0.0.1", 53)]


async def test_without_an_internet_the_address_stays_unknown():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))  # bound, and nobody answers there
        endpoint = Endpoint("127.0.0.1", probe.getsockname()[1])
        found = await asyncio.wait_for(public_address.find(4, endpoint, LIMIT), 5)
    assert found.address is None
    assert found.error


# --- The reverse name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ADDRESS, "2001:db8::7"])
async def test_a_reverse_name_that_leads_back(address):
    kind = "AAAA" if ":" in address else "A"
    zones = {
        pointer(address): {"PTR": ["mail.example.com."]},
        "mail.example.com": {kind: ["203.0.113.8" if kind == "A" else "2001:db8::8", address]},
    }
    async with serving(zones) as server:
        found = await reverse_name.look_up(address, Asker(server.endpoint, limit=LIMIT))
    assert (found.state, found.confirmed) == ("confirmed", "mail.example.com")


async def test_a_reverse_name_that_leads_elsewhere():
    zones = {pointer(ADDRESS): {"PTR": ["mail.example.com."]}, "mail.example.com": {"A": ["203.0.113.8"]}}
    async with serving(zones) as server:
        found = await reverse_name.look_up(ADDRESS, Asker(server.endpoint, limit=LIMIT))
    assert (found.state, found.names, found.confirmed) == ("mismatch", ("mail.example.com",), None)


async def test_no_reverse_name():
    async with serving({}) as server:
        found = await reverse_name.look_up(ADDRESS, Asker(server.endpoint, limit=LIMIT))
    assert found.state == "none"


@pytest.mark.parametrize(
    "zones",
    [
        {pointer(ADDRESS): {"PTR": Fails()}},
        {pointer(ADDRESS): {"PTR": Silent()}},
        {pointer(ADDRESS): {"PTR": ["mail.example.com."]}, "mail.example.com": {"A": Silent()}},
    ],
)
async def test_a_reverse_name_that_could_not_be_checked(zones):
    async with serving(zones) as server:
        found = await reverse_name.look_up(ADDRESS, Asker(server.endpoint, limit=LIMIT))
    assert found.state == "unchecked"
    assert found.error


async def test_of_many_reverse_names_only_some_are_followed():
    names = [f"host{number}.example.com." for number in range(40)]
    async with serving({pointer(ADDRESS): {"PTR": names}}) as server:
        found = await reverse_name.look_up(ADDRESS, Asker(server.endpoint, limit=LIMIT))
        assert len(found.names) == reverse_name.MAX_NAMES
        assert len(server.asked) == 1 + reverse_name.MAX_NAMES


# --- Where domains take mail ---------------------------------------------------------------------------------


async def exchangers(zones, domain="contoso.com", server="mx1.contoso.com"):
    async with serving(zones) as dns_server:
        asker = Asker(dns_server.endpoint, limit=LIMIT)
        return await mail_exchangers.look_up(domain, server, asker, lambda hosts: "known:" + ",".join(hosts))


async def test_exchangers_come_by_preference():
    found = await exchangers({"contoso.com": {"MX": ["20 mx2.contoso.com.", "10 MX1.contoso.com."]}})
    assert found.state == "mx"
    assert found.hosts == ("mx1.contoso.com", "mx2.contoso.com")
    assert found.asked_is_one
    assert found.provider == "known:mx1.contoso.com,mx2.contoso.com"


async def test_another_server_than_the_exchanger():
    found = await exchangers({"contoso.com": {"MX": ["10 mx.example.com."]}}, server="smtp.example.com")
    assert not found.asked_is_one


async def test_the_domains_own_address_counts_where_there_is_no_mx():
    found = await exchangers({"contoso.com": {"AAAA": ["2001:db8::1"]}}, server="2001:db8::1")
    assert (found.state, found.hosts, found.asked_is_one) == ("implicit", ("contoso.com",), True)


@pytest.mark.parametrize(
    ("zones", "state"),
    [
        ({"contoso.com": {"MX": ["0 ."]}}, "null"),
        ({"contoso.com": {"TXT": ['"x"']}}, "none"),
        ({}, "no-domain"),
        ({"contoso.com": {"MX": Fails()}}, "unchecked"),
        ({"contoso.com": {"MX": Silent()}}, "unchecked"),
        ({"contoso.com": {"MX": [], "A": Fails()}}, "unchecked"),
    ],
)
async def test_domains_without_an_exchanger(zones, state):
    assert (await exchangers(zones)).state == state


async def test_a_root_name_beside_real_exchangers_is_left_out():
    found = await exchangers({"contoso.com": {"MX": ["0 .", "10 mx1.contoso.com."]}})
    assert (found.state, found.hosts) == ("mx", ("mx1.contoso.com",))
