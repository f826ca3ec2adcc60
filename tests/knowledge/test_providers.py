from __future__ import annotations

import pytest

from core.knowledge.load import load_knowledge
from core.knowledge.providers import device_limits, presets, provider_of, provider_of_mx, recommended_submission
from core.request import FormValues, parse


@pytest.mark.parametrize(
    ("server", "provider", "role"),
    [
        ("smtp.office365.com", "microsoft365", "submission"),
        ("SMTP.Office365.com.", "microsoft365", "submission"),
        ("smtp-legacy.office365.com", "microsoft365", "submission"),
        ("smtp.hve.mx.microsoft", "microsoft365", "submission"),
        ("smtp-hve.office365.com", "microsoft365", "submission"),
        ("smtp.azurecomm.net", "microsoft365", "submission"),
        ("smtp-mail.outlook.com", "microsoft365", "submission"),
        ("contoso-com.mail.protection.outlook.com", "microsoft365", "mx"),
        ("contoso-com.a-v1.mx.microsoft", "microsoft365", "mx"),
        ("eur.olc.protection.outlook.com", "microsoft365", "mx"),
        ("smtp.gmail.com", "google", "submission"),
        ("smtp-relay.gmail.com", "google", "relay"),
        ("aspmx.l.google.com", "google", "mx"),
        ("email-smtp.eu-west-1.amazonaws.com", "ses", "submission"),
        ("mail.smtp2go.com", "smtp2go", "submission"),
        ("mta7.am0.yahoodns.net", "yahoo", "mx"),
        ("mx01.mail.icloud.com", "icloud", "mx"),
        ("mail.example.com", None, "unknown"),
        ("evilsmtp.office365.com.example.com", None, "unknown"),
        ("", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_servers_are_placed(server, provider, role):
    place = provider_of(server)
    assert (place.provider, place.role) == (provider, role)


def test_what_an_endpoint_serves():
    endpoint = provider_of("smtp.office365.com").endpoint
    assert endpoint is not None
    assert endpoint.starttls is True
    assert {service.port for service in endpoint.ports} == {587, 25}
    assert provider_of("contoso-com.mail.protection.outlook.com").endpoint.auth is False


def test_a_domain_is_placed_by_its_mx():
    assert provider_of_mx(["contoso-com.mail.protection.outlook.com."]) == "microsoft365"
    assert provider_of_mx(["aspmx.l.google.com", "alt1.aspmx.l.google.com"]) == "google"
    assert provider_of_mx(["mail.example.com"]) is None


def test_the_way_to_send_is_known():
    provider = recommended_submission("microsoft365")
    assert provider is not None
    assert (provider.submission_server, provider.submission_port) == ("smtp.office365.com", 587)
    assert recommended_submission("mimecast") is None
    assert recommended_submission(None) is None


def test_presets_fit_the_form():
    identities = [preset.id for _, preset in presets()]
    assert len(identities) == len(set(identities))
    for _, preset in presets():
        server = preset.server.replace("{sender_domain_mx}", "contoso-com.mail.protection.outlook.com")
        parsed = parse(
            FormValues(
                server=server,
                port=str(preset.port),
                security=preset.security,
                sender="scanner@contoso.com",
                recipients=("anna@contoso.com",),
            )
        )
        assert parsed.request is not None, preset.id
        assert provider_of(server).role == preset.role, preset.id


def test_every_device_can_be_talked_like():
    limits = device_limits()
    assert set(limits) == set(load_knowledge().devices)
    assert limits["ricoh-without-ecdhe"].tls.maximum == "1.2"
    assert limits["xerox-before-2017"].tls.maximum == "1.0"
    assert not limits["controller-without-sni"].tls.sni
    for device in limits:
        form = FormValues(
            server="mail.example.com", sender="a@example.com", recipients=("b@example.com",), device=device
        )
        assert parse(form, limits).request is not None, device
