"""Each scenario, met by a plain client with the scenario's own settings, stops where it says it does."""

from __future__ import annotations

import asyncio

import pytest

from core.practice.load import load_scenario, load_scenarios
from core.practice.model import Point
from core.practice.server import PracticeServer
from tests.practice.walker import walk

SILENT = {"hangs-after-ehlo", "port-wants-tls-first", "silent-server"}
WORDS = {
    "spamhaus-block": "550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus. To request "
    "removal from this list see https://www.spamhaus.org/query/ip/203.0.113.9 (AS16012611)",
    "submission-without-sign-in": "530 5.7.57 Client not authenticated to send mail.",
    "wrong-password": "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
    "smtp-auth-disabled": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
    "Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.",
    "basic-auth-retired": "550 5.7.30",
    "sign-in-on-mx": "AUTH LOGIN is not offered",
    "send-as-denied": "554 5.2.252 SendAsDenied; scanner@contoso.com not allowed to send as sales@contoso.com",
    "direct-send-rejected": "550 5.7.68 TenantInboundAttribution",
    "starttls-stripped-by-firewall": "STARTTLS is not offered",
    "certificate-expired": "certificate has expired",
    "certificate-not-yet-valid": "certificate is not yet valid",
    "certificate-self-signed": "self-signed certificate",
    "certificate-wrong-name": "Hostname mismatch",
    "certificate-unknown-issuer": "self-signed certificate in certificate chain",
    "tls-too-early": "WRONG_VERSION_NUMBER",
    "old-ciphers-only": "HANDSHAKE_FAILURE",
    "tls-cut-by-firewall": "reset",
    "hangs-after-ehlo": "silence",
    "greylisted": "451 4.7.1 <office@contoso.com>: Recipient address rejected: Greylisted",
    "http-on-port": "no reply: b'HTTP/1.1 408",
    "helo-rejected": "504 5.5.2 <copier>: Helo command rejected",
}


@pytest.mark.parametrize("name", sorted(load_scenarios()))
async def test_scenario_ends_where_it_says(name: str) -> None:
    scenario = load_scenario(name)
    async with PracticeServer(scenario) as server:
        result = await asyncio.to_thread(walk, server, 0.3 if name in SILENT else 3)
    stage = result.point.stage if result.point else None
    assert (stage, result.why) == (scenario.expect.failed_stage, result.why)
    assert WORDS.get(name, "") in result.why
    if scenario.expect.outcome == "deferred":
        assert result.why.startswith("4")


async def test_greylisting_accepts_the_second_connection() -> None:
    async with PracticeServer(load_scenario("greylisted")) as server:
        assert (await asyncio.to_thread(walk, server)).point is Point.RCPT_TO
        assert (await asyncio.to_thread(walk, server)).point is None


async def test_old_tls_server_takes_an_old_client() -> None:
    import ssl
    import warnings

    async with PracticeServer(load_scenario("old-tls-only")) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        reader, writer = await asyncio.open_connection(server.address, server.port)
        await reader.readline()
        writer.write(b"STARTTLS\r\n")
        await reader.readline()
        await writer.start_tls(context, server_hostname="mail.contoso.com")
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.1"
        writer.close()
        await writer.wait_closed()
