"""From an observation to a check that does the same, run against a real server."""

from __future__ import annotations

import pytest

from core.listening.replay import can_replay, replay
from core.request import DeviceLimits, Security, parse
from core.secret import Secret
from tests.listening.sessions import session


def request_of(values, **changes):
    from dataclasses import replace

    parsed = parse(replace(values, **changes), {"": DeviceLimits()})
    assert parsed.request is not None, parsed.problems
    return parsed.request


def test_a_good_device_becomes_the_same_check():
    made = replay(session(), "microsoft365")
    values = made.values
    assert (values.server, values.port, values.security) == ("smtp.office365.com", "587", "starttls")
    assert (values.user, values.mechanism, values.password) == ("scanner@contoso.com", "login", None)
    assert (values.sender, values.recipients) == ("scanner@contoso.com", ("maria@contoso.com",))
    assert (values.ehlo, values.tls_max, values.sni) == ("copier.contoso.com", "1.2", True)
    assert "ECDHE-RSA-AES256-GCM-SHA384" in values.ciphers.split(":")
    assert made.remarks == ("Type the password again: nothing of it was kept.",)
    assert not values.send
    request = request_of(values, password=Secret("typed again"))
    assert request.credentials.user == "scanner@contoso.com"
    assert request.security is Security.STARTTLS


def test_an_old_copier_keeps_its_limits():
    made = replay(session({"tls.client_hello": "@1.0", "hello": "SHARP-MX4070N"}), "microsoft365")
    assert (made.values.tls_max, made.values.sni) == ("1.0", False)
    assert "AES128-SHA" in made.values.ciphers.split(":")
    request = request_of(made.values, password=Secret("x"))
    assert (request.tls.maximum, request.tls.sni) == ("1.0", False)


def test_what_cannot_be_imitated_is_said():
    made = replay(
        session(
            {
                "tls.client_hello": "@removed",
                "hello": "KM_C258",
                "hello_verb": "HELO",
                "envelopes.0.message.bare_lf": 4,
            }
        )
    )
    text = " ".join(made.remarks)
    assert made.values.ciphers == ""
    assert "none of the device’s cipher suites" in text
    assert "says HELO" in text
    assert "KM_C258" in text
    assert "Line ends" in text
    assert made.values.server == ""
    partly = replay(session({"tls.client_hello": "@some-removed"}))
    assert partly.values.ciphers == "ECDHE-RSA-AES128-GCM-SHA256"
    assert "2 of the device’s cipher suites" in " ".join(partly.remarks)


def test_ssl_2_is_tried_with_the_oldest_tls():
    made = replay(session({"tls.client_hello": "", "tls.version": "SSL 3.0"}))
    assert made.values.tls_max == "1.0"
    assert "SSL 3.0 can’t be spoken here" in " ".join(made.remarks)


@pytest.mark.parametrize(
    ("change", "service", "port", "security"),
    [
        ({"tls.how": "implicit"}, "google", "465", "tls"),
        ({"tls.how": "implicit"}, "microsoft365", "587", "tls"),
        ({"tls": "@none"}, "microsoft365-direct-send", "25", "none"),
        ({"tls.how": "implicit"}, None, "465", "tls"),
        ({}, "fastmail", "587", "starttls"),
        ({"tls": "@none", "sign_ins": [], "envelopes": []}, "fastmail", "465", "tls"),
    ],
)
def test_the_way_of_encrypting_is_the_devices(change, service, port, security):
    values = replay(session(change), service).values
    assert (values.port, values.security) == (port, security)


def test_a_sign_in_in_clear_is_never_allowed_silently():
    made = replay(session({"tls": "@none"}), "microsoft365")
    assert made.values.security == "none"
    assert not made.values.allow_plaintext_auth
    assert parse(made.values).request is None
    assert "without encryption" in " ".join(made.remarks)


def test_the_empty_sender_and_many_recipients():
    values = replay(session({"envelopes.0.sender": "", "envelopes.0.recipients": "@many"})).values
    assert values.sender == "<>"
    assert len(values.recipients) == 100


def test_a_token_cannot_be_replayed():
    made = replay(session({"sign_ins.0.mechanism": "XOAUTH2"}), "microsoft365")
    assert made.values.mechanism == "auto"
    assert "token" in " ".join(made.remarks)


def test_nothing_seen_cannot_be_replayed():
    nothing = session({"hello": "@none", "tls": "@none", "sign_ins": [], "envelopes": [], "commands": []})
    assert not can_replay(nothing)
    assert can_replay(session())
    text = " ".join(replay(nothing).remarks)
    assert "named no sender" in text


async def test_the_check_meets_the_practice_server_as_the_copier_would():
    from core.practice.rehearsal import rehearse
    from core.session.check import Check

    made = replay(session({"tls.client_hello": "@1.0", "sign_ins.0.matches": "@none"}), "microsoft365")
    async with rehearse("submission-ok") as served:
        request = request_of(made.values, password=Secret("pw"))
        from dataclasses import replace

        request = replace(
            request, dial=served.dial, ca_file=served.ca_file, dns_evidence=False, practice=served.practice
        )
        report = await Check(request, lambda event: None).run()
    assert report.diagnosis.cause == "tls-protocol-too-old"
