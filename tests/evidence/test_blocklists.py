"""Blocklists: how they are asked, and what their answers mean."""

from __future__ import annotations

import ipaddress

import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence import blocklists
from core.evidence.asking import Asker
from core.evidence.blocklists import choose, fitting, judge, look_up, question_name
from core.evidence.data import EvidenceDataError, read_blocklists, read_reflectors, reflectors
from core.evidence.data import blocklists as data
from tests.evidence.dns_server import Fails, Rubbish, Silent, serving

ZEN = data()[0]


# --- How a list is asked -------------------------------------------------------------------------------------


def test_the_examples_of_rfc_5782():
    assert question_name("192.0.2.99", "bad.example.com") == "99.2.0.192.bad.example.com"
    six = question_name("2001:db8:1:2:3:4:567:89ab", "ugly.example.com")
    assert six == "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com"


@given(st.ip_addresses(v=4))
def test_octets_are_reversed(address):
    labels = question_name(str(address), "bl.example.com").removesuffix(".bl.example.com").split(".")
    assert ipaddress.ip_address(".".join(reversed(labels))) == address


@given(st.ip_addresses(v=6).filter(lambda address: address.scope_id is None))
def test_nibbles_are_reversed(address):
    labels = question_name(str(address), "bl.example.com").removesuffix(".bl.example.com").split(".")
    assert [len(label) for label in labels] == [1] * 32
    assert int("".join(reversed(labels)), 16) == int(address)


def test_the_users_lists_replace_the_default_ones():
    assert next(zone.ask for zone in choose(None)) == "zen.spamhaus.org"
    zones = choose(["BL.example.com.", "zen.spamhaus.org"])
    assert [(zone.ask, zone.known) for zone in zones] == [("bl.example.com", None), ("zen.spamhaus.org", ZEN)]
    assert choose([]) == ()


def test_a_key_in_a_lists_name_is_not_shown():
    (zone,) = choose(["geheim0123456789.zen.dq.spamhaus.net"])
    assert zone.known is ZEN
    assert zone.ask.startswith("geheim")
    assert "geheim" not in zone.shown


def test_lists_without_ipv6_are_not_asked_about_it():
    zones = choose(None)
    assert [zone.ask for zone in fitting("2001:db8::7", zones)] == ["zen.spamhaus.org"]
    assert fitting("203.0.113.7", zones) == zones


# --- What an answer means ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "part", "kind"),
    [
        ("127.0.0.2", "SBL", "spam"),
        ("127.0.0.3", "CSS", "spam"),
        ("127.0.0.4", "XBL", "compromised"),
        ("127.0.0.9", "DROP", "hijacked"),
        ("127.0.0.10", "PBL", "policy"),
        ("127.0.0.11", "PBL", "policy"),
    ],
)
def test_the_parts_of_zen_are_told_apart(answer, part, kind):
    judgement = judge([answer], ZEN)
    assert judgement.state == "listed"
    assert [(entry.part, entry.kind) for entry in judgement.listings] == [(part, kind)]


def test_a_policy_listing_says_that_removal_is_the_wrong_fix():
    (listing,) = judge(["127.0.0.10"], ZEN).listings
    assert "wrong fix" in listing.advice
    assert "sign-in" in listing.advice


@pytest.mark.parametrize("known", [ZEN, None])
@pytest.mark.parametrize("answer", ["127.255.255.252", "127.255.255.254", "127.255.255.255", "127.0.0.1"])
@pytest.mark.parametrize("beside", [(), ("127.0.0.2",)])
def test_a_refusal_is_neither_listed_nor_clean(answer, known, beside):
    judgement = judge([*beside, answer], known)
    assert (judgement.state, judgement.listings) == ("unchecked", ())
    assert answer in judgement.reason


@given(st.ip_addresses(v=4), st.sampled_from([ZEN, None]), st.lists(st.sampled_from(["127.0.0.2", "127.0.0.10"])))
def test_only_return_codes_list_anything(answer, known, beside):
    judgement = judge([*beside, str(answer)], known)
    if answer not in ipaddress.ip_network("127.0.0.0/8") or answer in ipaddress.ip_network("127.255.255.0/24"):
        assert judgement.state == "unchecked"
        assert judgement.reason
    else:
        assert judgement.state != "not-listed"


@given(st.lists(st.text(max_size=20), max_size=4), st.sampled_from([ZEN, None]))
def test_any_text_is_judged_without_an_error(answers, known):
    judgement = judge(answers, known)
    assert (judgement.state == "listed") == bool(judgement.listings)
    assert (judgement.state == "unchecked") == bool(judgement.reason)


def test_an_undocumented_code_of_a_known_list_proves_nothing():
    assert judge(["127.0.0.77"], ZEN).state == "unchecked"
    assert judge(["127.0.0.77", "127.0.0.2"], ZEN).state == "listed"
    assert judge(["127.0.0.77"], None).state == "listed"


# --- Over DNS ------------------------------------------------------------------------------------------------


async def ask(behaviour, zone="zen.spamhaus.org", address="203.0.113.7", **server_settings):
    name = question_name(address, zone)
    zones = {} if behaviour is None else {name: behaviour}
    async with serving(zones) as server:
        server.denied_by = server_settings.get("denied_by")
        (chosen,) = choose([zone])
        return await look_up(address, chosen, Asker(server.endpoint, limit=0.4)), server


async def test_a_listing_comes_with_its_words_link_and_source():
    result, _ = await ask({"A": ["127.0.0.10"], "TXT": ['"https://www.spamhaus.org/query/ip/203.0.113.7"']})
    assert result.state == "listed"
    assert result.only_policy
    assert result.title == "Spamhaus ZEN (PBL)"
    assert result.words == "https://www.spamhaus.org/query/ip/203.0.113.7"
    assert result.link == "https://www.spamhaus.org/query/ip/203.0.113.7"
    assert result.source == "zen.spamhaus.org, asked through DNS server 127.0.0.1"


async def test_what_does_not_exist_is_not_listed():
    result, server = await ask(None)
    assert result.state == "not-listed"
    assert server.asked == [("7.113.0.203.zen.spamhaus.org", "A")]


@pytest.mark.parametrize(
    "behaviour",
    [
        {"A": Fails()},
        {"A": Fails(dns.rcode.REFUSED)},
        {"A": Silent()},
        {"A": Rubbish()},
        {"A": ["127.255.255.254"]},
        {"A": ["198.51.100.80"]},
    ],
    ids=["servfail", "refused", "silent", "rubbish", "public-resolver", "lying-resolver"],
)
async def test_what_was_not_answered_could_not_be_checked(behaviour):
    result, _ = await ask(behaviour)
    assert result.state == "unchecked"
    assert result.reason
    assert result.link == ""


async def test_a_list_that_does_not_exist_is_not_called_clean():
    gone, _ = await ask(None, zone="zen.spamhuas.example", denied_by="example")
    assert gone.state == "unchecked"
    own, _ = await ask(None, zone="zen.spamhaus.org", denied_by="zen.spamhaus.org")
    assert own.state == "not-listed"
    parent, _ = await ask(None, zone="bl.contoso.com", denied_by="contoso.com")
    assert parent.state == "not-listed"


async def test_silence_of_a_list_for_registered_resolvers_proves_nothing():
    clean, _ = await ask(None, zone="b.barracudacentral.org")
    assert clean.state == "unchecked"
    listed, _ = await ask({"A": ["127.0.0.2"]}, zone="b.barracudacentral.org")
    assert listed.state == "listed"


async def test_ipv6_is_asked_by_nibbles():
    result, server = await ask({"A": ["127.0.0.4"]}, address="2001:db8::7")
    assert result.state == "listed"
    assert server.asked[0][0].startswith("7.0.0.0.0.0.")


# --- The data ------------------------------------------------------------------------------------------------


def test_the_shipped_data_is_sound():
    assert data()[0].zone == "zen.spamhaus.org"
    assert {entry.id for entry in reflectors()} == {"opendns", "google"}


def test_mistakes_in_the_data_are_told_with_file_entry_and_field(tmp_path):
    path = tmp_path / "blocklists.toml"
    entry = (
        '[[list]]\nzone = "bl.example.com"\nname = "n"\nabout = "a"\nreach = "wide"\nipv6 = false\n'
        'source = "https://example.com/"\ndate = "2026-11-21"\n'
    )
    code = '[[list.code]]\nanswers = ["{}"]\nkind = "spam"\nmeaning = "m"\nadvice = "{}"\n'
    path.write_text(entry + code.format("127.0.0.2", "do"))
    assert read_blocklists(path)[0].zone == "bl.example.com"
    for text, told in {
        entry: "code: at least one",
        entry + code.format("192.0.2.1", "do"): "answers: “192.0.2.1”",
        entry + code.format("127.0.0.2", ""): "advice",
        entry + code.format("127.0.0.2", "do") * 2: "stands there twice",
        entry.replace("wide", "huge") + code.format("127.0.0.2", "do"): "reach",
        entry.replace("https", "http") + code.format("127.0.0.2", "do"): "source",
        entry.replace("bl.example.com", "BL") + code.format("127.0.0.2", "do"): "zone",
        "nonsense": "blocklists.toml",
    }.items():
        path.write_text(text)
        with pytest.raises(EvidenceDataError, match=r"blocklists\.toml") as caught:
            read_blocklists(path)
        assert told in str(caught.value)
    path.write_text(
        '[[reflector]]\nid = "x"\nname = "n"\nquestion = "q"\nrecord = "TXT"\nservers = ["ns.example.com"]\n'
        'source = "https://example.com/"\ndate = "2026-11-21"\n'
    )
    with pytest.raises(EvidenceDataError, match=r"servers: “ns\.example\.com”"):
        read_reflectors(path)


def test_the_number_of_lists_is_bounded():
    assert len(choose([f"bl{number}.example.com" for number in range(50)])) == blocklists.MAX_ZONES
