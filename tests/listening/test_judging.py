"""What the real service would say: each rule speaks where it should and is silent where it should be."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.knowledge.load import KnowledgeError, load_knowledge
from core.listening.conditions import CONDITIONS
from core.listening.judgement_rules import load_rules, read_rules
from core.listening.judging import judge, scene_of, speaking, worst
from core.listening.scene import hello_fault
from core.listening.service import service_of
from core.listening.wording import STAND_INS, VALUES, duration, megabytes
from core.reports.report import Diagnosis
from tests.listening.sessions import session

RULES = {rule.id: rule for rule in load_rules()}
CASES = tomllib.loads((Path(__file__).parent / "data" / "judgements.toml").read_text(encoding="utf-8"))


def titles(judgement) -> list[str]:
    return [finding.title for finding in judgement.findings]


def rules_that_speak(seen, service: str = "microsoft365", device: str = "") -> set[str]:
    return {rule.id for rule in speaking(scene_of(seen, service or None, device or None))}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_speaks_of_its_example_and_not_of_its_counter_example(rule):
    case = CASES[rule]
    service = case.get("service", "microsoft365")
    assert rule in rules_that_speak(session(case["yes"]), service)
    assert rule not in rules_that_speak(session(case["no"]), service)


def test_no_example_is_left_over():
    assert set(CASES) == set(RULES)


def test_each_condition_is_asked_for():
    asked = set()
    for rule in RULES.values():
        asked |= {*rule.when, *rule.unless}
        for fix in rule.fixes:
            asked |= {*fix.when, *fix.unless}
    assert set(CONDITIONS) == asked


def test_a_good_session_is_told_to_be_good():
    judgement = judge(session(), "microsoft365")
    assert {finding.severity for finding in judgement.findings} == {"ok", "info"}
    assert judgement.server == "Microsoft 365"
    assert judgement.session == 1
    method = next(finding for finding in judgement.findings if finding.title == "Sign-in method")
    assert method.text == "AUTH LOGIN is offered by smtp.office365.com."


def test_the_picture_of_the_design():
    seen = session(
        {
            "hello": "SHARP-MX4070N",
            "tls.client_hello": "@1.0",
            "tls.version": "1.0",
            "sign_ins.0.user": "office@contoso.com",
        }
    )
    judgement = judge(seen, "microsoft365", "sharp-mx-series")
    errors = [finding for finding in judgement.findings if finding.severity == "error"]
    assert titles(judgement)[:2] == ["TLS 1.0 is refused", "Sender differs from the sign-in"]
    assert [finding.cause for finding in errors] == ["tls-protocol-too-old", "send-as-denied"]
    first, second = errors
    assert "Network Settings ▸ Services Settings ▸ SMTP" in first.fixes[0].text
    assert "“Enable SSL” and “SSL/TLS Level”" in first.fixes[0].text
    assert first.fixes[2].command == "Set-TransportConfig -AllowLegacyTLSClients $true"
    assert "smtp-legacy.office365.com" in first.fixes[2].text
    assert "office@contoso.com but sends as scanner@contoso.com" in second.text
    assert second.fixes[1].command == (
        "Add-RecipientPermission -Identity 'scanner@contoso.com' -Trustee 'office@contoso.com' -AccessRights SendAs"
    )
    assert second.evidence[0].text.startswith("MAIL FROM:<scanner@contoso.com>")
    assert first.evidence[-1].text.startswith("TLS hello: up to TLS 1.0, ")


def test_what_is_not_certain_is_no_error():
    """A mistyped password here, a server given by address, a port chosen here: none of it is the device's fault."""
    differs = judge(session({"sign_ins.0.matches": False}), "microsoft365").findings[0]
    assert (differs.title, differs.severity) == ("Another password than the one you typed", "warning")
    unnamed = judge(session({"tls.client_hello": "@no-sni"}), "google").findings
    assert [f.severity for f in unnamed if f.title == "No server name (SNI)"] == ["info"]
    at_once = {"problems": ["tls-on-plain-port"], "envelopes": [], "sign_ins": [], "tls": "@none"}
    assert judge(session(at_once), "google").findings[0].severity == "warning"
    assert judge(session(at_once), "microsoft365").findings[0].severity == "error"


def test_what_says_the_same_less_well_is_left_out():
    shown = titles(judge(session({"tls.client_hello": "@1.0", "tls.version": "1.0"}), "microsoft365"))
    assert "TLS 1.0 is refused" in shown
    assert "TLS 1.0 is old" not in shown
    assert "No cipher suite in common" not in shown
    cut = {"sign_ins.0.matches": False, "sign_ins.0.truncated_at": 20}
    assert "Another password than the one you typed" not in titles(judge(session(cut), "microsoft365"))
    plain = titles(judge(session({"tls": "@none", "sign_ins.0.encrypted": False}), "microsoft365"))
    assert "It does not use STARTTLS" in plain
    assert "It signs in before TLS" not in plain


def test_what_a_device_puts_into_a_name_cannot_leave_its_quotes():
    seen = session({"sign_ins.0.user": "a'; Remove-Mailbox b@contoso.com #@contoso.com"})
    finding = next(f for f in judge(seen, "microsoft365").findings if f.cause == "send-as-denied")
    assert "-Trustee 'a''; Remove-Mailbox b@contoso.com #@contoso.com' " in finding.fixes[1].command


def test_what_is_only_hearsay_about_a_service_is_no_error():
    seen = session({"envelopes.0.sender": "sales@contoso.com"})
    finding = next(f for f in judge(seen, "gmx").findings if f.title == "Sender differs from the sign-in")
    assert finding.severity == "warning"
    assert finding.text.endswith("(As far as is known; not verified.)")


def test_names_of_fields_that_nobody_verified_are_called_so():
    seen = session({"envelopes.0.sender": "sales@contoso.com"})
    known = judge(seen, "microsoft365", "sharp-mx-series").findings[0]
    assert [fix.unverified for fix in known.fixes] == [False, False]
    knowledge = load_knowledge()
    unsure = next(
        device.id
        for device in knowledge.devices.values()
        if device.web_path and {device.path_status, device.labels} & {"unverified", "reported"}
    )
    hearsay = judge(seen, "microsoft365", unsure).findings[0]
    assert [fix.unverified for fix in hearsay.fixes] == [True, False]


def test_nothing_is_said_of_what_was_not_reached():
    seen = session(
        {
            "envelopes": [],
            "sign_ins": [],
            "commands": [],
            "ended": "tls-failed",
            "tls.completed": False,
            "tls.client_hello": "@1.0",
            "tls.certificate": "unknown",
        }
    )
    topics = {finding.topic for finding in judge(seen, "microsoft365").findings if finding.severity != "ok"}
    assert topics == {"encryption"}


def test_without_a_service_it_speaks_of_services_in_general():
    judgement = judge(session({"tls.client_hello": "@1.0", "tls.version": "1.0"}))
    assert judgement.provider is None
    assert judgement.server == "a mail service of today"
    assert worst(judgement) == "warning"
    assert "None" not in " ".join(finding.text for finding in judgement.findings)


def test_the_real_answer_stands_first():
    seen = session(
        {
            "relay": {
                "server": "smtp.office365.com",
                "port": 587,
                "security": "starttls",
                "diagnosis": {
                    "cause": "smtp-auth-disabled",
                    "confidence": "certain",
                    "title": "SMTP AUTH is off",
                    "summary": "It is off for the mailbox.",
                    "owner": "The administrator",
                },
            }
        }
    )
    first = judge(seen, "microsoft365").findings[0]
    assert (first.severity, first.cause) == ("error", "smtp-auth-disabled")
    assert first.title == "The real server’s answer: SMTP AUTH is off"
    taken = Diagnosis(cause="accepted", confidence="certain", title="Accepted", summary="All of it.", owner="–")
    import msgspec

    accepted = session({"relay": {**msgspec.to_builtins(seen.relay), "diagnosis": msgspec.to_builtins(taken)}})
    assert judge(accepted, "microsoft365").findings[0].severity == "ok"
    failed = session(
        {"relay": {"server": "mx.example.com", "port": 25, "security": "none", "failed": "It can’t be reached."}}
    )
    assert judge(failed).findings[0].title == "The real server could not be asked"


@pytest.mark.parametrize(
    ("service", "server", "role"),
    [
        ("microsoft365", "smtp.office365.com", "submission"),
        ("microsoft365-submission", "smtp.office365.com", "submission"),
        ("microsoft365-direct-send", "", "mx"),
        ("microsoft365-high-volume", "smtp.hve.mx.microsoft", "submission"),
        ("google", "smtp.gmail.com", "submission"),
        ("google-workspace-relay", "smtp-relay.gmail.com", "relay"),
    ],
)
def test_services_are_found_by_provider_and_by_preset(service, server, role):
    found = service_of(service)
    assert (found.server, found.endpoint.role) == (server, role)
    assert service_of("nobody") is None
    assert service_of(None) is None


def test_every_preset_and_provider_can_be_judged_for_every_device():
    knowledge = load_knowledge()
    ids = [provider.id for provider in knowledge.providers.values() if provider.submission_server]
    ids += [preset.id for provider in knowledge.providers.values() for preset in provider.presets]
    seen = session({"tls.client_hello": "@1.0", "hello": "a_b", "envelopes.0.sender": "", "sign_ins.0.matches": False})
    for service in ids:
        for finding in judge(seen, service).findings:
            assert not {"{", "}", "[", "|"} & set(finding.title + finding.text), finding
    bent = judge(session({"tls": "@none"}), "microsoft365", "sharp-mx-series")
    assert "“Enable SSL” = “Enabled”, “SSL/TLS Level” = “STARTTLS”" in bent.findings[0].fixes[0].text
    for device in knowledge.devices:
        for finding in judge(seen, "microsoft365", device).findings:
            for fix in finding.fixes:
                assert "{" not in fix.text
                assert "unknown" not in fix.text


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("copier.contoso.com", ""),
        ("copier.contoso.com.", ""),
        ("[192.168.1.80]", ""),
        ("[IPv6:2001:db8::1]", ""),
        ("192.168.1.80", "bare-address"),
        ("2001:db8::1", "bare-address"),
        ("KM_C258", "characters"),
        ("my copier", "characters"),
        ("-copier.example.com", "characters"),
        ("localhost", "localhost"),
        ("localhost.localdomain", "localhost"),
        ("SHARP-MX4070N", "no-dot"),
        ("", "characters"),
    ],
)
def test_names_given_with_ehlo(name, fault):
    assert hello_fault(name) == fault


def test_sizes_and_times_in_words():
    assert [megabytes(size) for size in (1, 90, 655_360, 1_887_436, 36_700_160, 157_286_400)] == [
        "1 octet",
        "90 octets",
        "640 KB",
        "1.8 MB",
        "35 MB",
        "150 MB",
    ]
    assert [duration(s) for s in (1, 75, 180, 7200, 400_000)] == [
        "1 second",
        "75 seconds",
        "3 minutes",
        "2 hours",
        "5 days",
    ]


def test_every_value_has_words_for_when_it_is_not_known():
    assert set(STAND_INS) == set(VALUES)


def mistakes(tmp_path, text: str) -> str:
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError) as error:
        read_rules(tmp_path, load_knowledge())
    return "\n".join(error.value.problems)


RULE = """
[[rule]]
id = "x"
topic = "sender"
severity = "info"
when = ["sender-same"]
title = "t"
text = "x"
source = "RFC 5321"
date = "2026-11-25"
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"sender-same"', '"no-such-thing"'), "there is no condition “no-such-thing”"),
        (('text = "x"', 'text = "{nonsense}"'), "nobody can say “{nonsense}”"),
        (('text = "x"', 'text = "{user!ps}"'), "for commands only"),
        (('text = "x"', 'text = "a } b"'), "a brace that belongs to no placeholder"),
        (('topic = "sender"', 'topic = "weather"'), "Invalid enum value 'weather'"),
        (('date = "2026-11-25"', 'date = "today"'), "needs a source and the date"),
        (('severity = "info"', 'severity = "error"'), "an error has one"),
        (('severity = "info"', 'severity = "warning"'), "told what to do"),
        (('severity = "info"', 'severity = "info"\ncause = "bad-luck"'), "there is no cause “bad-luck”"),
        (('severity = "info"', 'severity = "info"\nproviders = ["nobody"]'), "there is no provider “nobody”"),
        (('severity = "info"', 'severity = "info"\noutranks = ["y"]'), "there is no other rule “y”"),
        (('severity = "info"', 'severity = "info"\nweight = 3'), "unknown field `weight`"),
        (('severity = "info"', 'severity = "info"\nfix = [{ text = "a", command = "rm {peer}" }]'), "may stand there"),
        (('severity = "info"', 'severity = "info"\nfix = [{ text = "a", link = "ftp://x" }]'), "begin with https://"),
        (('id = "x"', 'id = "x"\n[extra]\n[[rule]]\nid = "y"'), "only [[rule]] and [defaults]"),
        (("[[rule]]", "[[rule"), "rules.toml: "),
    ],
)
def test_mistakes_in_rules_are_named(tmp_path, change, words):
    assert words in mistakes(tmp_path, RULE.replace(*change))


def test_the_rule_of_the_test_itself_is_right(tmp_path):
    (tmp_path / "rules.toml").write_text(RULE, encoding="utf-8")
    assert [rule.id for rule in read_rules(tmp_path, load_knowledge())] == ["x"]
