"""The everyday questions, and the way of sending worked out from two addresses."""

from __future__ import annotations

import asyncio

import pytest

from core.addresses import AddressProblem, parse_mailbox
from core.everyday import (
    SimpleValues,
    mail_servers,
    network,
    online,
    prepare,
    problem_of,
    suggestion,
    why_no_server,
)
from core.evidence.mail_exchangers import MailExchangers
from core.knowledge.load import load_knowledge
from core.secret import Secret


def at(*hosts: str, provider: str | None = None) -> MailExchangers:
    return MailExchangers("contoso.com", "mx", "DNS", hosts, provider)


MICROSOFT = at("contoso-com.mail.protection.outlook.com", provider="microsoft365")
OWN = at("mail.contoso.com")
NOBODY = MailExchangers("contoso.com", "no-domain", "DNS")
OFFLINE = MailExchangers("contoso.com", "unchecked", "DNS", error="no answer in time")
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
    found = at("mx00.ionos.de", provider="ionos")
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


def test_every_state_without_a_server_has_its_sentence():
    for state in ("null", "none", "no-domain", "unchecked"):
        assert why_no_server(MailExchangers("contoso.com", state, "DNS")).endswith(".")
    assert why_no_server(MICROSOFT) == ""


async def test_a_reserved_domain_has_no_mail_server():
    found = await mail_servers("contoso.invalid")  # RFC 6761 §6.4: never exists, whether DNS is to be had or not
    assert found.hosts == ()
    assert found.state in {"no-domain", "unchecked"}
