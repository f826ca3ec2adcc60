"""From what was typed to a request to listen, or to sentences beside the fields."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.listening.choosing import ListenForm, parse_listening
from core.listening.request import MECHANISMS
from core.request import Security
from core.secret import Secret

RELAY = ListenForm(
    relay=True,
    relay_server="smtp.office365.com",
    relay_recipients="maria@contoso.com",
    relay_consent=True,
)


def problems(form: ListenForm) -> dict[str, str]:
    return {problem.field: problem.text for problem in parse_listening(form).problems}


def test_what_is_typed_becomes_a_request():
    made = parse_listening(
        ListenForm(ports=" 25, 587;2525 25", service="microsoft365", device="sharp-mx-series", compare=Secret("x"))
    )
    request = made.request
    assert made.problems == ()
    assert request.ports == (25, 587, 2525)
    assert (request.provider, request.device) == ("microsoft365", "sharp-mx-series")
    assert request.compare.reveal() == "x"
    assert request.relay is None
    assert not request.allow_public


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        ("", "Enter a port"),
        ("  ", "Enter a port"),
        ("abc", "“abc” is no port"),
        ("25 0", "“0” is no port"),
        ("65536", "“65536” is no port"),
        ("٢٥", "is no port"),
        ("-1", "“-1” is no port"),
        ("1 2 3 4 5", "At most 4"),
    ],
)
def test_wrong_ports(ports, words):
    made = parse_listening(ListenForm(ports=ports))
    assert made.request is None
    assert words in made.problems[0].text


def test_port_465_is_explained_and_allowed():
    made = parse_listening(ListenForm(ports="465"))
    assert made.request.implicit_tls(465)
    assert "TLS begins with the first octet" in made.problems[0].text


@pytest.mark.parametrize(
    ("service", "offered"),
    [
        ("", MECHANISMS),
        ("microsoft365-submission", ("LOGIN", "XOAUTH2")),
        ("postmark", ("PLAIN", "CRAM-MD5")),
        ("microsoft365-direct-send", MECHANISMS),
        ("nobody", MECHANISMS),
    ],
)
def test_the_service_decides_which_methods_are_offered(service, offered):
    assert parse_listening(ListenForm(service=service)).request.mechanisms == offered
    everything = ListenForm(service=service, only_service_mechanisms=False)
    assert parse_listening(everything).request.mechanisms == MECHANISMS


def test_pass_through_to_one_server_and_its_recipients():
    relay = parse_listening(replace(RELAY, relay_sign_in=True)).request.relay
    assert (relay.server, relay.port, relay.security) == ("smtp.office365.com", 587, Security.STARTTLS)
    assert relay.allows("maria@contoso.com")
    assert not relay.allows("somebody@contoso.com")
    assert relay.sign_in
    assert relay.confirmed


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"relay_consent": False}, "relay_consent", "really be delivered"),
        ({"relay_server": ""}, "relay_server", ""),
        ({"relay_port": "smtp"}, "relay_port", "1 to 65535"),
        ({"relay_recipients": ""}, "relay_recipients", "Name the recipients"),
        ({"relay_recipients": "maria"}, "relay_recipients", "has no @"),
        ({"relay_recipients": "a@b.c b@b.c c@b.c d@b.c e@b.c f@b.c"}, "relay_recipients", "At most 5"),
        ({"relay_security": "auto"}, "relay_security", ""),
        ({"relay_security": "nonsense"}, "relay_security", "Choose"),
        ({"relay_security": "none", "relay_sign_in": True}, "relay_sign_in", "encrypted connection"),
    ],
)
def test_pass_through_that_cannot_be(change, field, words):
    form = replace(RELAY, **change)
    assert parse_listening(form).request is None
    assert words in problems(form)[field]
    assert parse_listening(replace(form, relay=False)).request is not None, "it is not asked for"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_never_raises(ports, server, port, recipients):
    form = replace(RELAY, ports=ports, relay_server=server, relay_port=port, relay_recipients=recipients)
    made = parse_listening(form)
    assert (made.request is None) is any(problem.severity == "error" for problem in made.problems)
