"""One question after another, to a server that answers and to one that behaves badly."""

from __future__ import annotations

import asyncio
import socket

import dns.rcode
import dns.resolver

from core.evidence.asking import MAX_RECORDS, MAX_TEXT, Asker
from core.request import Endpoint
from tests.evidence.dns_server import Fails, Held, OverTcp, Rubbish, Silent, serving, txt

LIMIT = 0.4


async def test_each_kind_of_answer_has_its_outcome():
    zones = {
        "mail.example.com": {"A": ["203.0.113.7"], "AAAA": ["2001:db8::7"]},
        "alias.example.com": {"CNAME": ["mail.example.com."]},
        "failing.example.com": {"ANY": Fails()},
        "refusing.example.com": {"ANY": Fails(dns.rcode.REFUSED)},
        "silent.example.com": {"ANY": Silent()},
        "rubbish.example.com": {"ANY": Rubbish()},
    }
    async with serving(zones) as server:
        asker = Asker(server.endpoint, limit=LIMIT)
        assert (await asker.ask("mail.example.com", "A")).texts == ("203.0.113.7",)
        assert (await asker.ask("alias.example.com", "A")).texts == ("203.0.113.7",)
        assert (await asker.ask("mail.example.com", "MX")).outcome == "no-data"
        assert (await asker.ask("absent.example.com", "A")).outcome == "no-name"
        assert (await asker.ask("failing.example.com", "A")).outcome == "failed"
        assert (await asker.ask("refusing.example.com", "A")).outcome == "failed"
        assert (await asker.ask("silent.example.com", "A")).outcome == "silent"
        assert not (await asker.ask("rubbish.example.com", "A")).asked
        both = await asker.addresses("mail.example.com")
        assert both.texts == ("203.0.113.7", "2001:db8::7")
        assert both.source == "DNS server 127.0.0.1"


async def test_names_that_cannot_be_are_no_exception():
    async with serving({}) as server:
        asker = Asker(server.endpoint, limit=LIMIT)
        for name in ("a" * 64 + ".example.com", ".".join(["long"] * 60), "a..b", ""):
            assert (await asker.ask(name, "A")).outcome in {"failed", "no-name", "no-data"}


async def test_a_truncated_answer_is_fetched_over_tcp():
    async with serving({"example.com": {"TXT": OverTcp([txt("v=spf1 -all"), txt("x" * 800)])}}) as server:
        answer = await Asker(server.endpoint, limit=2).ask("example.com", "TXT")
        assert "v=spf1 -all" in answer.texts
        assert server.over_tcp == 1


async def test_a_hostile_answer_is_bounded_and_harmless():
    zones = {
        "big.example.com": {"TXT": OverTcp([txt("x" * 60_000)])},
        "many.example.com": {"A": OverTcp([f"203.0.113.{number}" for number in range(200)])},
        "ugly.example.com": {"TXT": ['"\\027[31mred\\000\\010"']},
    }
    async with serving(zones) as server:
        asker = Asker(server.endpoint, limit=2)
        (big,) = (await asker.ask("big.example.com", "TXT")).texts
        assert len(big) < MAX_TEXT + 60
        assert len((await asker.ask("many.example.com", "A")).records) == MAX_RECORDS
        (ugly,) = (await asker.ask("ugly.example.com", "TXT")).texts
        assert ugly.isprintable()


async def test_the_number_of_questions_is_bounded(monkeypatch):
    monkeypatch.setattr("core.evidence.asking.MAX_QUESTIONS", 3)
    async with serving({"*": {"A": ["203.0.113.7"]}}) as server:
        asker = Asker(server.endpoint, limit=1)
        outcomes = [(await asker.ask(f"host{number}.example.com", "A")).outcome for number in range(5)]
    assert outcomes == ["found"] * 3 + ["failed"] * 2
    assert len(server.asked) == 3


async def test_a_question_under_way_can_be_cancelled():
    async with serving({"example.com": {"A": Held(asyncio.Event(), ["203.0.113.7"])}}) as server:
        question = asyncio.ensure_future(Asker(server.endpoint, limit=60).ask("example.com", "A"))
        await asyncio.wait_for(server.question_came.wait(), 5)
        question.cancel()
        done, _ = await asyncio.wait({question}, timeout=5)
        assert done
        assert question.cancelled()


async def test_where_nobody_listens_it_ends_in_time():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = Endpoint("127.0.0.1", probe.getsockname()[1])
    assert not (await asyncio.wait_for(Asker(endpoint, limit=LIMIT).ask("example.com", "A"), 5)).asked


async def test_no_resolver_at_all_is_no_error(monkeypatch, tmp_path):
    empty = tmp_path / "resolv.conf"
    empty.write_text("")
    monkeypatch.setattr("dns.asyncresolver.Resolver.__init__", _reads(empty))
    answer = await Asker(None).ask("example.com", "A")
    assert answer.outcome == "failed"
    assert answer.source == "DNS"


def _reads(path):
    original = dns.resolver.BaseResolver.__init__

    def init(self, filename=None, configure=True):
        original(self, str(path), configure)

    return init
