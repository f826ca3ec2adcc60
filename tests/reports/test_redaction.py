"""Redaction: what names a site, a tenant, a host or a person is gone everywhere; what explains the case stays."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from core.practice.load import load_scenarios
from core.practice.rehearsal import rehearse
from core.reports.documents.model import Details
from core.reports.redaction import Redaction, hidden_words, redact
from core.reports.report import from_json, to_json
from core.session.check import Check


def run(scenario):
    async def work():
        async with rehearse(scenario) as request:
            return await Check(request).run()

    return asyncio.run(work())


@pytest.fixture(scope="module")
def founding():
    return run("spamhaus-block")


def with_texts(report, **changes):
    """`report` with other transcript texts, TLS details and evidence, as a real site would have them."""
    document = json.loads(to_json(report))
    for number, text in enumerate(changes.pop("lines", ())):
        document["transcript"][number]["text"] = text
    tls = next(stage for stage in document["stages"] if stage["stage"] == "tls")
    tls["details"] |= changes.pop("tls", {})
    for key, value in changes.items():
        document[key] = document[key] | value
    return from_json(json.dumps(document))


@pytest.mark.parametrize("scenario", sorted(load_scenarios()))
def test_no_name_of_a_practice_site_is_left(scenario):
    text = to_json(redact(run(scenario))).lower()
    for name in ("contoso", "fabrikam", "203.0.113.9", "scanner@", "office@", "127.0.0.1"):
        assert name not in text, name


SITE = [
    "250-mail7.contoso.com Hello copier [203.0.113.77], pleased to meet contoso",
    "220 *** contoso-com.mail.protection.outlook.com and contoso.onmicrosoft.com",
    "550 5.7.1 [AM0PR04MB0001.eurprd04.prod.outlook.com 2026-11-25T10:00:00.000Z 2BAE13E52B17CB7F] "
    "pool-203-0-113-77.isp.example",
    "550 see https://internal.contoso.local/help?u=maria.huber@contoso.com",
    "550 client 2001:db8::77 or [IPv6:2001:DB8:0:0:0:0:0:99] refused",
    "250 2.0.0 Ok: queued as 4F1ABC12DE34",
    "550 5.2.0 STOREDRV.Submission.Exception:SendAsDenied.MapiExceptionSendAsDenied",
    "554 refused by zen.spamhaus.org, see https://www.spamhaus.org/query/ip/203.0.113.77",
    "250 use smtp.office365.com on 587",
]


def test_names_in_the_words_of_servers_are_hidden(founding):
    text = to_json(redact(with_texts(founding, lines=SITE))).lower()
    for name in ("mail7", "contoso", "203.0.113.77", "203-0-113-77", "internal.", "maria", "2001:db8", "isp.example",
                 "am0pr04mb0001", "2bae13e52b17cb7f", "4f1abc12de34"):  # fmt: skip
        assert name not in text, name


def test_quoted_mailboxes_and_names_with_capitals_are_hidden(founding):
    lines = [
        "220 EX01.Woodgrove.Local Microsoft ESMTP MAIL Service ready",
        '550 5.1.1 "maria huber"@woodgrove.example: unknown',
        "550 5.1.1 User 'scan office'@woodgrove.example unknown, nor kim.o'brien@woodgrove.example",
        "550 5.2.0 STOREDRV.Submission.Exception:SendAsDenied.MapiExceptionSendAsDenied",
    ]
    text = to_json(redact(with_texts(founding, lines=lines))).lower()
    for name in ("ex01", "woodgrove", "maria", "huber", "scan office", "kim", "brien"):
        assert name not in text, name
    assert "storedrv.submission.exception:sendasdenied.mapiexceptionsendasdenied" in text


def test_what_explains_the_case_stays(founding):
    copy = redact(with_texts(founding, lines=SITE))
    lines = [line.text for line in copy.transcript]
    assert lines[0].startswith("250-‹host")
    assert "STOREDRV.Submission.Exception:SendAsDenied.MapiExceptionSendAsDenied" in lines[6]
    assert "zen.spamhaus.org" in lines[7]
    assert "www.spamhaus.org/query/ip/‹address" in lines[7]
    assert "smtp.office365.com on 587" in lines[8]
    assert "‹tenant 1›.mail.protection.outlook.com" in to_json(copy)
    assert copy.diagnosis.cause == "ip-blocklisted"
    assert any("smtp.office365.com" in fix.text for fix in copy.diagnosis.fixes)
    assert any((fix.link or "").startswith("https://learn.microsoft.com") for fix in copy.diagnosis.fixes)


def test_certificates_dns_evidence_and_ids_are_hidden(founding):
    chain = [
        {"subject": "CN=mail.contoso.com", "issuer": "Contoso Dental Root CA",
         "names": ["mail.contoso.com", "*.contoso.com"],
         "sha256": "ab" * 32},
        {"subject": "Contoso Dental Root CA", "issuer": "Contoso Dental Root CA", "names": [], "sha256": "cd" * 32},
    ]  # fmt: skip
    report = with_texts(
        founding,
        tls={"chain": chain, "trusted_by_mozilla": False},
        evidence={
            "public_address": {"address": "203.0.113.77", "source": "resolver 198.51.100.1"},
            "reverse_name": {"names": ["copier-hq.contoso.com"], "state": "ok"},
            "spf": {"record": "v=spf1 ip4:203.0.113.77 include:_spf.contoso.com -all", "domain": "contoso.com"},
            "sender_domain": {"hosts": ["mx1.contoso.com"], "domain": "contoso.com"},
        },
        lines=["* certificate issued by Contoso Dental Root CA"],
    )
    text = to_json(redact(report))
    for name in ("contoso", "Contoso", "Dental", "203.0.113.77", "198.51.100.1", "copier-hq", "mx1.", "ab" * 32):
        assert name not in text, name
    assert "‹certificate name 1›" in text
    assert "Sendproof Practice Root" in to_json(redact(founding)), "ours is nobody's name"


def test_short_names_in_a_certificate_and_ids_of_tenants_are_hidden(founding):
    chain = [
        {"subject": "CN=mail.contoso.com", "issuer": "Contoso CA", "names": ["mail.contoso.com", "MAILSRV7"],
         "sha256": "ab" * 32},
    ]  # fmt: skip
    tenant = "0f9d8c7b-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
    report = with_texts(
        founding,
        tls={"chain": chain, "trusted_by_mozilla": False},
        lines=[
            f"550 5.7.64 TenantAttribution; tenant {tenant}",
            "* the certificate is for MAILSRV7",
            f"{tenant.upper()}",
        ],
    )
    text = to_json(redact(report))
    assert "MAILSRV7" not in text
    assert tenant not in text.lower()
    assert text.count("‹id 1›") >= 2, "the same thing has the same placeholder"


def test_a_public_authority_keeps_its_name(founding):
    chain = [{"subject": "CN=mail.contoso.com", "issuer": "DigiCert Global G2", "names": [], "sha256": "ab" * 32}]
    text = to_json(redact(with_texts(founding, tls={"chain": chain, "trusted_by_mozilla": True})))
    assert "DigiCert Global G2" in text
    assert "mail.contoso.com" not in text


def test_a_short_device_name_does_not_tear_up_our_sentences(founding):
    report = with_texts(founding, request={"ehlo": "copier"}, lines=["EHLO copier", "250 Hello copier"])
    copy = redact(report)
    assert copy.request.ehlo == "‹device name 1›"
    assert copy.transcript[0].text == "EHLO ‹device name 1›"
    assert "On the copier, set the server" in copy.diagnosis.fixes[0].text


def test_typed_names_are_hidden_in_the_report_too(founding):
    details = Details(client="Fabrikam Dental", site="Main Street", engineer="Sam Smith", device="MX-4070N",
                      issue="Sam Smith of Fabrikam Dental can’t scan from scanner@contoso.com")  # fmt: skip
    report = with_texts(founding, lines=["220 Welcome to Fabrikam Dental"])
    redaction = Redaction(report, details=details)
    assert redaction.report(report).transcript[0].text == "220 Welcome to ‹client›"
    hidden = redaction.details()
    assert (hidden.client, hidden.site, hidden.engineer, hidden.device) == (
        "‹client›",
        "‹site›",
        "‹engineer›",
        "MX-4070N",
    )
    assert hidden.issue == "‹engineer› of ‹client› can’t scan from ‹sender›"


def test_two_runs_share_their_placeholders(founding):
    second = with_texts(founding, request={"from": "other@contoso.com"})
    redaction = Redaction(founding, second)
    one, two = redaction.report(founding), redaction.report(second)
    assert one.proof.public_address == two.proof.public_address == "‹public address›"
    assert one.request.from_ == "‹sender›"
    assert two.request.from_ == "‹sender 2›"


def test_what_is_shown_before_is_all_that_is_hidden(founding):
    report = with_texts(founding, lines=SITE)
    shown = dict(hidden_words(report))
    before, after = to_json(report), to_json(redact(report))
    for word, placeholder in shown.items():
        assert word.lower() in before.lower() or "-com" in word or word == "contoso", word
        assert placeholder in after or word in {"contoso", "contoso.com", "contoso-com"}, (word, placeholder)
    import re

    for placeholder in set(re.findall(r"‹[^›]+›", after)):
        assert placeholder in shown.values(), placeholder


def test_hiding_twice_changes_nothing_more(founding):
    once = redact(founding)
    twice = redact(once)
    assert [line.text for line in twice.transcript] == [line.text for line in once.transcript] or "‹" in to_json(twice)
    assert "contoso" not in to_json(twice)


def test_the_shape_of_the_report_is_kept(founding):
    copy = redact(founding)
    assert msgspec.structs.replace(copy, proof=founding.proof).outcome == founding.outcome
    assert [stage.stage for stage in copy.stages] == [stage.stage for stage in founding.stages]
    assert len(copy.transcript) == len(founding.transcript)
    assert copy.started_at == founding.started_at
