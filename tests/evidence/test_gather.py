"""Everything together, beside a conversation: what is told, what waits, what is dropped in the end."""

from __future__ import annotations

import asyncio
import json
import socket

import dns.reversename
import msgspec
import pytest

from core.addresses import parse_mailbox
from core.evidence import asking, gather, sender_policy
from core.evidence.blocklists import question_name
from core.evidence.gather import Evidence
from core.evidence.resolving import make_resolver
from core.evidence.telling import findings
from core.knowledge.facts import SIGNS
from core.knowledge.load import load_knowledge
from core.knowledge.providers import Located, provider_of
from core.request import CheckRequest, Credentials, Endpoint
from core.secret import Secret
from tests.evidence.dns_server import Fails, Held, Silent, serving, txt

ADDRESS = "203.0.113.7"
MX = "contoso-com.mail.protection.outlook.com"
POINTER = dns.reversename.from_address(ADDRESS).to_text(omit_final_dot=True)
ZEN = question_name(ADDRESS, "zen.spamhaus.org")

SITE = {
    "contoso.com": {"MX": [f"0 {MX}."], "TXT": [txt("v=spf1 include:spf.example.com -all")]},
    "spf.example.com": {"TXT": [txt("v=spf1 ip4:198.51.100.0/24 -all")]},
    "_dmarc.contoso.com": {"TXT": [txt("v=DMARC1; p=reject")]},
    ZEN: {"A": ["127.0.0.10"], "TXT": [txt(f"https://www.spamhaus.org/query/ip/{ADDRESS}")]},
    question_name(ADDRESS, "bl.spamcop.net"): {"A": Fails()},
    "myip.opendns.com": {"A": [ADDRESS]},
}
"""The founding case: an office line that is on the PBL, and Direct Send."""


def request(resolver: Endpoint | None, **fields) -> CheckRequest:
    settings = {
        "server": MX,
        "port": 25,
        "sender": parse_mailbox("scanner@contoso.com"),
        "recipients": (parse_mailbox("anna@contoso.com"),),
        "ehlo": "copier.contoso.com",
        "resolver": resolver,
    }
    return CheckRequest(**{**settings, **fields})


def begin(wanted: CheckRequest) -> gather.Gathering:
    knowledge = load_knowledge()
    return gather.start(wanted, provider_of(wanted.server, knowledge), knowledge)


async def gathered(
    zones, *, told: str | None = ADDRESS, reached: str = "198.51.100.1", limit=10.0, **fields
) -> Evidence:
    async with serving(zones) as server:
        gathering = begin(request(server.endpoint, **fields))
        gathering.server_reached(reached)
        gathering.public_address_seen(told)
        return await asyncio.wait_for(gathering.finish(limit), 15)


# --- What is gathered ----------------------------------------------------------------------------------------


async def test_the_founding_case():
    evidence = await gathered(SITE)
    assert evidence.direct
    assert evidence.public_address.address == ADDRESS
    assert evidence.public_address.source == "the server's answer to EHLO"
    assert [entry.title for entry in evidence.listed] == ["Spamhaus ZEN (PBL)"]
    assert evidence.sender.provider == "microsoft365"
    assert evidence.asked_is_mx
    assert evidence.reverse_name.state == "none"
    assert evidence.spf.result == "fail"
    assert evidence.dmarc.policy == "reject"
    assert evidence.signs() == {"listed", "listed-policy", "spf-fails-here", "no-reverse-name", "server-is-mx"}
    assert evidence.signs() <= SIGNS.keys()
    values = evidence.values()
    assert values["list_name"] == "Spamhaus ZEN (PBL)"
    assert values["spf_record"] == "v=spf1 include:spf.example.com -all"
    assert values["public_address"] == ADDRESS


async def test_all_of_it_is_json_with_sources():
    details = (await gathered(SITE)).as_details()
    again = json.loads(msgspec.json.encode(details))
    assert again == details
    for name in ("public_address", "reverse_name", "sender_domain", "spf", "dmarc"):
        assert details[name]["source"]
    assert all(entry["source"] for entry in [*details["blocklists"], *details["recipient_domains"]])


async def test_the_address_is_asked_for_where_ehlo_does_not_tell_it():
    evidence = await gathered(SITE, told=None)
    assert evidence.public_address.address == ADDRESS
    assert "OpenDNS" in evidence.public_address.source
    assert evidence.listed


def left_behind(before: set[asyncio.Task[object]]) -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() - before if not task.done()]


async def test_what_ehlo_tells_goes_before_what_others_told(monkeypatch):
    before = asyncio.all_tasks()
    monkeypatch.setattr(gather, "EHLO_FIRST", 0.0)
    other = "203.0.113.99"
    async with serving({**SITE, ZEN: {"A": Held(asyncio.Event(), ["127.0.0.2"])}}) as server:
        gathering = begin(request(server.endpoint))
        while (question_name(ADDRESS, "zen.spamhaus.org"), "A") not in server.asked:
            server.question_came.clear()
            await asyncio.wait_for(server.question_came.wait(), 5)
        gathering.public_address_seen(other)
        gathering.public_address_seen("203.0.113.100")
        evidence = await asyncio.wait_for(gathering.finish(10), 15)
    assert evidence.public_address.address == other
    assert evidence.spf.address == other
    assert evidence.reverse_name.address == other
    assert "listed" not in evidence.signs()
    assert left_behind(before) == []


async def test_nobody_else_is_asked_on_once_ehlo_told_the_address(monkeypatch):
    before = asyncio.all_tasks()
    monkeypatch.setattr(gather, "EHLO_FIRST", 0.0)
    held = Held(asyncio.Event(), [ADDRESS])
    async with serving({**SITE, "myip.opendns.com": {"A": held}, "o-o.myaddr.l.google.com": {"TXT": held}}) as server:
        gathering = begin(request(server.endpoint))
        while ("o-o.myaddr.l.google.com", "TXT") not in server.asked:
            server.question_came.clear()
            await asyncio.wait_for(server.question_came.wait(), 5)
        gathering.public_address_seen(ADDRESS)
        assert (await asyncio.wait_for(gathering.finish(10), 15)).listed
    assert left_behind(before) == []


async def test_the_users_lists_are_asked_instead():
    zones = {**SITE, question_name(ADDRESS, "bl.example.com"): {"A": ["127.0.0.2"]}}
    evidence = await gathered(zones, dnsbl=("bl.example.com",))
    assert [(entry.zone, entry.state) for entry in evidence.blocklists] == [("bl.example.com", "listed")]


async def test_nobody_is_asked_where_that_is_not_wanted():
    async with serving(SITE) as server:
        for fields in ({"dns_evidence": False}, {"practice": "spamhaus-block"}):
            gathering = begin(request(server.endpoint, **fields))
            gathering.public_address_seen(ADDRESS)
            evidence = await gathering.finish(5)
            assert evidence.blocklists == ()
            assert findings(evidence, request(None), accepted=True) == ()
        dialled = begin(request(None, dial=Endpoint("127.0.0.1", 2525)))
        assert (await dialled.finish(5)).sender is None
        assert server.asked == []


# --- Limits --------------------------------------------------------------------------------------------------


async def test_what_does_not_answer_in_time_could_not_be_checked():
    held = Held(asyncio.Event(), ["127.0.0.2"])
    zones = {**SITE, ZEN: {"A": held}, "contoso.com": {"ANY": Silent()}, POINTER: {"PTR": Silent()}}
    evidence = await gathered(zones, limit=0.3)
    states = {entry.zone: entry.state for entry in evidence.blocklists}
    assert states["zen.spamhaus.org"] == "unchecked"
    assert states["psbl.surriel.com"] == "not-listed"
    assert evidence.sender.state == "unchecked"
    assert evidence.reverse_name.state == "unchecked"
    assert evidence.spf.result == "temperror"
    assert evidence.dmarc.policy == "reject"
    assert evidence.signs() == frozenset()


async def test_without_an_internet_nothing_is_known_and_nothing_fails():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        gathering = begin(request(Endpoint("127.0.0.1", probe.getsockname()[1])))
        gathering.public_address_seen(None)
        evidence = await asyncio.wait_for(gathering.finish(0.3), 5)
    assert evidence.public_address.address is None
    assert evidence.signs() == frozenset()
    assert evidence.values() == {}
    told = findings(evidence, request(None), accepted=False)
    assert [finding.topic for finding in told] == ["public-address"]
    assert {finding.severity for finding in told} == {"info"}


@pytest.fixture
def system_resolver(monkeypatch):
    """Let the system's resolver be a test's own."""

    def be(endpoint: Endpoint) -> None:
        for module in (asking, sender_policy):
            monkeypatch.setattr(module, "make_resolver", lambda _, limit: make_resolver(endpoint, limit))

    return be


async def test_a_resolver_that_denies_everything_is_not_believed(system_resolver):
    """As in a network without the Internet: its "no" would make every address clean and every domain absent."""
    before = asyncio.all_tasks()
    zones = {ZEN: {"A": ["127.0.0.10"]}}
    async with serving(zones) as server:
        system_resolver(server.endpoint)
        gathering = begin(request(None))
        gathering.public_address_seen(ADDRESS)
        evidence = await asyncio.wait_for(gathering.finish(10), 15)
        assert [name for name, _ in server.asked].count(asking.LANDMARK) == 1
    assert left_behind(before) == []
    assert evidence.signs() == {"listed", "listed-policy"}, "what it says beyond a no still counts"
    assert {entry.state for entry in evidence.blocklists[1:]} == {"unchecked"}
    assert evidence.sender.state == "unchecked"
    assert evidence.reverse_name.state == "unchecked"
    assert evidence.spf.result == "temperror"
    assert evidence.dmarc.state == "unchecked"


async def test_a_resolver_that_knows_the_internet_is_believed(system_resolver):
    async with serving({asking.LANDMARK: {"A": ["198.41.0.4"]}}) as server:
        system_resolver(server.endpoint)
        gathering = begin(request(None))
        gathering.public_address_seen(ADDRESS)
        evidence = await asyncio.wait_for(gathering.finish(10), 15)
    assert evidence.sender.state == "no-domain"
    assert evidence.blocklists[0].state == "not-listed"
    assert evidence.spf.result == "none"
    assert "no-reverse-name" in evidence.signs()


async def test_no_task_is_left_behind():
    before = asyncio.all_tasks()
    async with serving({"*": {"ANY": Silent()}}) as server:
        gathering = begin(request(server.endpoint))
        gathering.public_address_seen(ADDRESS)
        await asyncio.wait_for(server.question_came.wait(), 5)
        await gathering.cancel()
        assert (await gathering.finish(5)).signs() == frozenset()
    assert left_behind(before) == []


async def test_a_broken_address_from_ehlo_is_no_error():
    for told in ("", "nonsense", "10.0.0.9", "\x1b[2J"):
        evidence = await gathered({}, told=told, limit=0.3)
        assert evidence.public_address.address is None


# --- What is told --------------------------------------------------------------------------------------------


def topics(evidence, *, accepted, **fields):
    return {finding.topic: finding for finding in findings(evidence, request(None, **fields), accepted=accepted)}


async def test_an_accepted_check_from_a_policy_range_is_warned_about():
    told = topics(await gathered(SITE), accepted=True)
    policy = told["blocklist-policy"]
    assert policy.severity == "warning"
    assert policy.title.startswith("Works today")
    assert "refuse" in policy.text
    assert "wrong fix" in policy.text
    assert "zen.spamhaus.org, asked through DNS server 127.0.0.1" in policy.text
    assert told["spf"].severity == "warning"
    assert "ip4:203.0.113.7" in told["spf"].text
    assert "DMARC record of contoso.com" in told["spf"].text
    assert told["reverse-name"].cause == "ptr-missing-or-mismatch"


async def test_a_refused_check_is_not_said_to_work():
    told = topics(await gathered(SITE), accepted=False)
    assert told["blocklist-policy"].severity == "error"
    assert not any("Works today" in finding.title for finding in told.values())


async def test_with_a_sign_in_the_address_does_not_matter():
    signed_in = {
        "server": "smtp.office365.com",
        "port": 587,
        "credentials": Credentials("scanner@contoso.com", Secret("wrong horse")),
    }
    evidence = await gathered(SITE, **signed_in)
    assert not evidence.direct
    told = topics(evidence, accepted=True, **signed_in)
    assert told["blocklist"].severity == "info"
    assert not told.keys() & {"spf", "reverse-name", "blocklist-policy"}


async def test_a_server_inside_the_site_does_not_see_the_address():
    unknown = {"server": "relay.contoso.com", "port": 25}
    assert (await gathered(SITE, reached="198.51.100.1", **unknown)).direct
    assert not (await gathered(SITE, reached="192.168.0.2", **unknown)).direct
    assert not (await gathered(SITE, told="192.168.0.9", **unknown)).direct


async def test_an_infected_device_matters_even_with_a_sign_in():
    zones = {**SITE, ZEN: {"A": ["127.0.0.4"]}}
    signed_in = {"credentials": Credentials("u", Secret("wrong horse")), "port": 587}
    told = topics(await gathered(zones, **signed_in), accepted=True, **signed_in)
    assert told["blocklist"].severity == "warning"
    assert "infected" in told["blocklist"].text


async def test_a_refused_question_is_told_as_not_checked():
    told = topics(await gathered({**SITE, ZEN: {"A": ["127.255.255.254"]}}), accepted=True)
    assert not told.keys() & {"blocklist", "blocklist-policy"}
    unchecked = told["blocklist-unchecked"]
    assert unchecked.severity == "info"
    assert "public DNS servers" in unchecked.text


async def test_a_site_in_order_is_told_nothing_but_roles():
    zones = {
        "contoso.com": {"MX": [f"0 {MX}."], "TXT": [txt(f"v=spf1 ip4:{ADDRESS} -all")]},
        POINTER: {"PTR": ["mail.contoso.com."]},
        "mail.contoso.com": {"A": [ADDRESS]},
    }
    evidence = await gathered(zones)
    assert set(topics(evidence, accepted=True)) == {"server-is-mx"}
    assert evidence.signs() == {"server-is-mx"}
    only_zen = await gathered(zones, dnsbl=("zen.spamhaus.org",))
    assert only_zen.signs() == {"server-is-mx", "not-listed"}


@pytest.mark.parametrize(
    ("zones", "topic", "words"),
    [
        ({"contoso.com": {"MX": ["0 ."]}}, "sender-domain", "null MX"),
        ({"example.com": {"MX": ["10 mx.example.net."]}, "contoso.com": {"MX": ["0 mx."]}}, "other-mx", "elsewhere"),
        ({"contoso.com": {"TXT": [txt("v=spf1 wrong:x -all")], "MX": ["0 mx."]}}, "spf", "mistake"),
    ],
)
async def test_what_is_wrong_with_the_domains(zones, topic, words):
    recipients = (parse_mailbox("anna@example.com"),)
    told = topics(await gathered(zones, recipients=recipients), accepted=False, recipients=recipients)
    assert words in told[topic].title


async def test_domains_that_do_not_exist():
    recipients = (parse_mailbox("anna@exmaple.com"),)
    evidence = await gathered({"com": {"NS": ["ns.example."]}}, recipients=recipients)
    assert {"sender-domain-not-found", "recipient-domain-takes-no-mail"} <= evidence.signs()
    told = topics(evidence, accepted=False, recipients=recipients)
    assert "typing mistake" in told["recipient-domain"].text
    assert told["sender-domain"].cause == "sender-domain-unresolvable"


async def test_senders_that_dns_cannot_be_asked_about():
    for sender in (parse_mailbox("<>", allow_null=True), parse_mailbox("scanner@[192.0.2.1]")):
        evidence = await gathered(SITE, sender=sender)
        assert (evidence.sender, evidence.spf, evidence.dmarc) == (None, None, None)


async def test_texts_from_the_network_are_bounded_and_harmless():
    zones = {
        **SITE,
        ZEN: {"A": ["127.0.0.2"], "TXT": ['"\\027[31m' + "x" * 200 + '" "' + "y" * 250 + '"']},
        POINTER: {"PTR": ["\\027\\<b\\>.example.com."]},
    }
    for finding in findings(await gathered(zones), request(None), accepted=True):
        assert finding.text.isprintable()
        assert len(finding.text) < 2000


def test_a_place_is_what_providers_say():
    assert provider_of(MX, load_knowledge())[:2] == ("microsoft365", "mx")
    assert Located(None, "unknown", None).role == "unknown"
