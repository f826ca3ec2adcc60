"""The everyday questions, and the way of sending worked out from two addresses."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from core.addresses import AddressProblem, parse_mailbox
from core.everyday import SimpleValues, network, online, prepare, problem_of, suggestion
from core.evidence.resolving import MailExchangers, mail_exchangers
from core.knowledge.load import load_knowledge
from core.request import Endpoint
from core.secret import Secret

MICROSOFT = MailExchangers("contoso.com", ("contoso-com.mail.protection.outlook.com",), answered=True)
OWN = MailExchangers("contoso.com", ("mail.contoso.com",), answered=True)
NOBODY = MailExchangers("contoso.com", os_error="name-not-found", answered=True)
OFFLINE = MailExchangers("contoso.com", os_error="dns-timeout")
VALUES = SimpleValues(sender="office@contoso.com", recipient="maria@contoso.com", network="same")


def prepared(values: SimpleValues, found: MailExchangers):
    async def lookup(domain: str) -> MailExchangers:
        assert domain == "contoso.com"
        return found

    return asyncio.run(prepare(values, load_knowledge(), lookup=lookup))


def statuses(made) -> dict[str, str]:
    return {answer.id: answer.status for answer in made.answers}


def test_microsoft_365_without_sign_in_is_direct_send():
    made = prepared(VALUES, MICROSOFT)
    assert statuses(made) == {"spelling": "passed", "online": "passed", "network": "passed"}
    request = made.parsed.request
    assert (request.server, request.port) == ("contoso-com.mail.protection.outlook.com", 25)
    assert request.credentials is None
    assert request.send is False
    assert "Microsoft 365" in made.way


def test_microsoft_365_with_sign_in_is_submission():
    values = SimpleValues(
        sender="office@contoso.com", recipient="a@example.com", signs_in=True, password=Secret("Korrekt-Pferd")
    )
    request = prepared(values, MICROSOFT).parsed.request
    assert (request.server, request.port) == ("smtp.office365.com", 587)
    assert request.credentials.user == "office@contoso.com"


def test_a_missing_password_is_asked_for_with_a_reason():
    values = SimpleValues(sender="office@contoso.com", recipient="a@example.com", signs_in=True)
    made = prepared(values, MICROSOFT)
    assert (made.missing, made.parsed) == ("password", None)
    assert made.reason


def test_a_provider_that_always_wants_a_sign_in_says_so():
    found = MailExchangers("contoso.com", ("mx00.ionos.de",), answered=True)
    made = prepared(VALUES, found)
    assert made.missing == "password"
    assert "sign in" in made.reason


def test_an_unknown_provider_is_asked_at_its_mx_or_for_its_server():
    request = prepared(VALUES, OWN).parsed.request
    assert (request.server, request.port) == ("mail.contoso.com", 25)
    values = SimpleValues(
        sender="office@contoso.com", recipient="a@example.com", signs_in=True, password=Secret("Korrekt-Pferd")
    )
    made = prepared(values, OWN)
    assert made.missing == "server"


def test_a_server_that_is_known_needs_no_look_up_to_succeed():
    values = SimpleValues(
        sender="office@contoso.com",
        recipient="a@example.com",
        signs_in=True,
        password=Secret("Korrekt-Pferd"),
        server="smtp.contoso.com",
    )
    assert prepared(values, OFFLINE).parsed.request.server == "smtp.contoso.com"


def test_a_domain_that_does_not_exist_is_a_question_of_spelling():
    made = prepared(VALUES, NOBODY)
    assert statuses(made)["spelling"] == "failed"
    assert statuses(made)["online"] == "passed"
    assert made.parsed is None


def test_no_answer_from_dns_is_a_question_of_being_online(monkeypatch):
    assert prepared(VALUES, OFFLINE).parsed is None
    monkeypatch.setattr("core.everyday.local_address", lambda: None)
    assert online(OFFLINE).status == "failed"
    monkeypatch.setattr("core.everyday.local_address", lambda: "192.0.2.10")
    assert online(OFFLINE).status == "warning"
    assert "192.0.2.10" in network("unknown").text
    assert network("other").status == "warning"


def test_two_domains_one_slip_apart_are_asked_about():
    values = SimpleValues(sender="office@contoso.com", recipient="maria@contosso.com")
    answer = next(a for a in prepared(values, MICROSOFT).answers if a.id == "spelling")
    assert answer.status == "warning"
    assert "contosso.com" in answer.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a@gmial.com", "a@gmail.com"),
        ("a@gmail.con", "a@gmail.com"),
        ("a@outlok.com", "a@outlook.com"),
        ("a@hotmaill.com", "a@hotmail.com"),
        ("a@contoso.con", "a@contoso.com"),
        ("a@gmail.com", ""),
        ("a@contoso.com", ""),
        ("a@gmx.net", ""),
        ("a@mail.contoso.com", ""),
    ],
)
def test_slips_in_well_known_domains(typed, meant):
    assert suggestion(parse_mailbox(typed)) == meant


def test_no_address_at_all_is_said_in_a_sentence():
    assert problem_of("office") == "“office” has no @. An address looks like scanner@contoso.com."
    assert problem_of("office@contoso.com") == ""
    with pytest.raises(AddressProblem):
        prepared(SimpleValues(sender="office", recipient="a@contoso.com"), OWN)


RECORDS = {
    "contoso.com.": ["20 second.contoso.com.", "10 First.contoso.com."],
    "null.example.com.": ["0 ."],
    "hostile.example.com.": [r"10 evil\027[31m.example.com."],
}


class NameServer(asyncio.DatagramProtocol):
    """Answers MX questions from RECORDS; `bare.example.com` has an address only, `silent.example.com` gets nothing."""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data, address) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text().lower()
        if name.startswith("silent"):
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in RECORDS and question.rdtype == dns.rdatatype.MX:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "MX", *RECORDS[name]))
        elif name == "bare.example.com." and question.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.25"))
        elif name not in RECORDS and name != "bare.example.com.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), address)


@pytest.fixture(scope="module")
def name_server() -> Iterator[Endpoint]:
    loop = asyncio.new_event_loop()
    transport, _ = loop.run_until_complete(loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0)))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield Endpoint(*transport.get_extra_info("sockname")[:2])
    loop.call_soon_threadsafe(transport.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def test_mail_servers_come_by_preference(name_server):
    found = await mail_exchangers("contoso.com", name_server)
    assert found.hosts == ("first.contoso.com", "second.contoso.com")
    assert found.answered
    assert found.sentence() == ""


async def test_a_domain_without_mx_is_its_own_host(name_server):
    found = await mail_exchangers("bare.example.com", name_server)
    assert (found.hosts, found.implicit) == (("bare.example.com",), True)


async def test_a_null_mx_takes_no_mail(name_server):
    found = await mail_exchangers("null.example.com", name_server)
    assert found.null
    assert "no e-mail" in found.sentence()


async def test_no_such_domain(name_server):
    found = await mail_exchangers("nowhere.example.com", name_server)
    assert (found.hosts, found.os_error, found.answered) == ((), "name-not-found", True)


async def test_a_silent_name_server_is_waited_for_only_so_long(name_server):
    found = await mail_exchangers("silent.example.com", name_server, limit=0.4)
    assert (found.hosts, found.os_error, found.answered) == ((), "dns-timeout", False)


async def test_hostile_names_come_out_inert(name_server):
    found = await mail_exchangers("hostile.example.com", name_server)
    assert found.hosts
    assert "\x1b" not in found.hosts[0]
