"""Diagnoses as a whole: the founding case, what is ruled out, success, dates."""

# ruff: noqa: E501 - real texts stand here as they came
from __future__ import annotations

from datetime import date
from types import MappingProxyType

import pytest

from core.diagnosis.diagnose import diagnose, notices
from core.knowledge.facts import Facts
from core.knowledge.load import load_knowledge
from core.reports.report import StageResult
from core.stages import Stage, StageStatus

KNOWLEDGE = load_knowledge()
MX = "contoso-com.mail.protection.outlook.com"
VALUES = {
    "server": MX,
    "port": "25",
    "sender": "scanner@contoso.com",
    "recipient": "anna@contoso.com",
    "public_address": "203.0.113.9",
}


def walked(failed: Stage | None, *, skipped=(), warned=(), last: Stage = Stage.MESSAGE) -> list[StageResult]:
    """Return stage results: everything passed up to `failed`, or up to `last`."""
    results, status = [], StageStatus.PASSED
    for stage in Stage:
        now = status
        if stage is failed:
            now, status = StageStatus.FAILED, StageStatus.NOT_REACHED
        elif stage in skipped:
            now = StageStatus.SKIPPED
        elif stage in warned:
            now = StageStatus.WARNING
        results.append(StageResult(stage=stage, status=now, duration_ms=1.0, summary="", proves="", does_not_prove=""))
        if failed is None and stage is last:
            status = StageStatus.SKIPPED
    return results


def founding_facts(**changes) -> Facts:
    return Facts(
        **{
            "stage": Stage.RCPT_TO,
            "code": 550,
            "enhanced": "5.7.1",
            "text": "Service unavailable, Client host [203.0.113.9] blocked using Spamhaus. To request removal from this "
            "list see https://www.spamhaus.org/query/ip/203.0.113.9 (AS16012611) [AM4PEPF00025F9B]",
            "server": MX,
            "port": 25,
            "provider": "microsoft365",
            "role": "mx",
            "encrypted": True,
            "asked": frozenset({"tls", "starttls", "internal-recipient"}),
            **changes,
        }
    )


@pytest.fixture
def founding():
    return diagnose(founding_facts(), walked(Stage.RCPT_TO, skipped={Stage.AUTH}), VALUES, KNOWLEDGE)


class TestFoundingCase:
    def test_the_cause_is_certain(self, founding):
        assert (founding.cause, founding.confidence) == ("ip-blocklisted", "certain")
        assert founding.title == "This site’s Internet address is on a blocklist"
        assert "203.0.113.9" in founding.summary
        assert "Spamhaus" in founding.summary
        assert founding.alternatives == ()

    def test_firewall_encryption_packet_size_and_sign_in_are_ruled_out(self, founding):
        ruled = {entry.title: entry for entry in founding.ruled_out}
        assert ruled["Firewall or blocked port"].stage is Stage.CONNECT
        assert ruled["Encryption or certificate"].stage is Stage.TLS
        assert ruled["Packet size (MTU)"].stage is Stage.TLS
        assert "No user name or password was used" in ruled["Sign-in"].because
        assert all(entry.because for entry in founding.ruled_out)

    def test_the_fix_is_submission_with_sign_in(self, founding):
        first = founding.fixes[0].text
        assert "smtp.office365.com" in first
        assert "587" in first
        assert "STARTTLS" in first
        assert "sign in" in first
        assert founding.fixes[1].command == (
            "Set-CASMailbox -Identity 'scanner@contoso.com' -SmtpClientAuthenticationDisabled $false"
        )

    def test_the_second_half_of_the_truth_is_told(self, founding):
        text = " ".join(fix.text for fix in founding.fixes)
        assert "December 2026" in text
        assert "OAuth" in text

    def test_the_reply_stands_in_the_evidence_word_by_word(self, founding):
        first = founding.evidence[0]
        assert first.text.startswith("550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus.")
        assert first.source == f"reply of {MX}:25, stage RCPT TO"
        assert any("AS16012611" in item.text for item in founding.evidence[1:])

    def test_the_misleading_observations_are_explained(self):
        found = notices(
            founding_facts(), walked(Stage.RCPT_TO, skipped={Stage.AUTH}), "ip-blocklisted", VALUES, KNOWLEDGE
        )
        topics = {finding.topic for finding in found}
        assert {"misleading-device-test-ok", "misleading-starttls-offered", "misleading-not-in-message-trace"} <= topics


@pytest.mark.parametrize("cause_id", sorted(KNOWLEDGE.cause_ids))
def test_the_found_cause_is_never_ruled_out(cause_id):
    from core.diagnosis.ruling_out import ruled_out
    from core.knowledge.match import Verdict, see

    seen = see(founding_facts(), KNOWLEDGE)
    found = ruled_out(Verdict(cause_id, "likely"), seen, walked(None, skipped={Stage.AUTH}), VALUES, KNOWLEDGE)
    assert cause_id not in {entry.cause for entry in found}


def test_a_stage_that_passed_with_a_warning_rules_nothing_out():
    stages = walked(Stage.RCPT_TO, skipped={Stage.AUTH}, warned={Stage.TLS})
    found = diagnose(founding_facts(), stages, VALUES, KNOWLEDGE)
    assert not [entry for entry in found.ruled_out if entry.stage is Stage.TLS]


def test_sign_in_is_not_ruled_out_where_the_server_asks_for_it():
    facts = founding_facts(code=530, enhanced="5.7.57", text="Client not authenticated to send mail")
    found = diagnose(facts, walked(Stage.MAIL_FROM, skipped={Stage.AUTH}), VALUES, KNOWLEDGE)
    assert found.cause == "auth-required"
    assert "Sign-in" not in {entry.title for entry in found.ruled_out}


class TestAccepted:
    def test_sent(self):
        facts = Facts(stage=Stage.MESSAGE, server="smtp.office365.com", provider="microsoft365", role="submission")
        values = {**VALUES, "server": "smtp.office365.com", "internal_id": "64403181994012", "queue_id": "ABC123"}
        found = diagnose(facts, walked(None), values, KNOWLEDGE)
        assert (found.cause, found.confidence) == ("accepted", "certain")
        assert found.title == "The message was accepted"
        assert "64403181994012" in found.technical
        text = " ".join(fix.text for fix in found.fixes)
        assert "junk" in text
        assert "quarantine" in text
        assert any(fix.command and "'scanner@contoso.com'" in fix.command for fix in found.fixes)

    def test_nothing_sent(self):
        stages = walked(None, last=Stage.RCPT_TO)
        found = diagnose(Facts(stage=Stage.RCPT_TO, server=MX), stages, VALUES, KNOWLEDGE)
        assert found.title == "Sender and recipients are accepted"
        assert "Nothing was sent" in found.summary
        assert "anna@contoso.com" in found.summary

    def test_ended_early_on_purpose(self):
        found = diagnose(Facts(stage=Stage.EHLO, server=MX), walked(None, last=Stage.EHLO), VALUES, KNOWLEDGE)
        assert found.cause == "accepted"
        assert found.title == "Everything asked for passed"
        assert "“EHLO”" in found.summary


def test_nothing_known_is_said_aloud_with_the_evidence():
    facts = Facts(stage=Stage.DATA, code=599, text="Zorg says no", server="mail.example.com", port=25)
    found = diagnose(facts, walked(Stage.DATA), {}, KNOWLEDGE)
    assert (found.cause, found.confidence) == ("unknown", "possible")
    assert found.evidence[0].text == "599 Zorg says no"


def test_no_placeholder_is_left_in_any_text():
    for cause_id in sorted(KNOWLEDGE.cause_ids):
        from core.diagnosis.diagnose import describe
        from core.knowledge.match import Verdict, see

        for facts in (Facts(), founding_facts()):
            found = describe(Verdict(cause_id, "likely"), see(facts, KNOWLEDGE), (), {}, KNOWLEDGE)
            for text in (found.title, found.summary, found.technical, *(fix.text for fix in found.fixes)):
                assert "{" not in text
                assert "  " not in text


@pytest.mark.parametrize(
    ("today", "topic"),
    [
        (date(2026, 11, 21), "microsoft-password-sign-in-ends"),
        (date(2026, 12, 31), "microsoft-password-sign-in-ends"),
        (date(2027, 1, 1), "microsoft-password-sign-in-off-by-default"),
        (date(2027, 6, 1), "microsoft-password-sign-in-off-by-default"),
    ],
)
def test_a_password_sign_in_at_microsoft_carries_its_date(today, topic):
    facts = Facts(
        stage=Stage.RCPT_TO,
        server="smtp.office365.com",
        provider="microsoft365",
        role="submission",
        asked=frozenset({"tls", "starttls", "auth"}),
    )
    found = notices(facts, walked(None, last=Stage.RCPT_TO), "accepted", VALUES, KNOWLEDGE, today=today)
    assert topic in {finding.topic for finding in found}
    with_token = Facts(
        stage=Stage.RCPT_TO, provider="microsoft365", role="submission", asked=frozenset({"auth", "auth:xoauth2"})
    )
    assert notices(with_token, walked(None, last=Stage.RCPT_TO), "accepted", VALUES, KNOWLEDGE, today=today) == ()


def test_hostile_values_stay_plain():
    evil = "x'; Remove-Mailbox *; '\r\n\x1b[2J"
    found = diagnose(founding_facts(), walked(Stage.RCPT_TO), dict.fromkeys(VALUES, evil), KNOWLEDGE)
    for text in (found.title, found.summary, found.technical, *(fix.text for fix in found.fixes)):
        assert "\x1b" not in text
        assert "\n" not in text
    assert any(fix.command and "'x''; Remove-Mailbox *; ''[2J'" in fix.command for fix in found.fixes)


def test_hostile_replies_are_bounded():
    found = diagnose(founding_facts(text="\x1b[2J blocked " * 50_000), walked(Stage.RCPT_TO), VALUES, KNOWLEDGE)
    assert len(found.evidence[0].text) < 2_000
    assert "\x1b" not in found.evidence[0].text


class TestPacketSize:
    """What a measured packet size adds to a handshake that went silent."""

    VALUES = MappingProxyType({"server": "mail.example.com", "path_mtu": "1400", "path_mss": "1360"})

    def silent(self, *signs, stage=Stage.TLS, **facts):
        facts.setdefault("tls_error", "timed-out" if stage is Stage.TLS else None)
        return diagnose(
            Facts(stage=stage, signs=frozenset(signs), server="mail.example.com", port=587, **facts),
            walked(stage, skipped={Stage.AUTH}),
            self.VALUES,
            KNOWLEDGE,
        )

    def test_a_black_hole_is_named_with_the_size_that_fits(self):
        found = self.silent("path-mtu-black-hole")
        assert (found.cause, found.confidence) == ("tls-handshake-dropped", "likely")
        assert found.title == "Large packets to mail.example.com get lost on the way"
        assert "1400" in found.summary
        assert "1400" in found.fixes[0].text
        assert "1360" in found.fixes[0].text
        assert not [entry for entry in found.ruled_out if entry.title == "Packet size (MTU)"]
        assert any("vanish" in item.text for item in found.evidence)

    def test_packets_of_full_size_rule_it_out(self):
        found = self.silent("path-mtu-full")
        assert found.cause == "tls-handshake-dropped"
        ruled = next(entry for entry in found.ruled_out if entry.cause == "path-mtu")
        assert "mail.example.com" in ruled.because
        assert not [fix for fix in found.fixes if "MTU" in fix.text]

    def test_a_smaller_size_that_is_told_leaves_it_open(self):
        found = self.silent("path-mtu-reduced")
        assert found.cause == "tls-handshake-dropped"
        assert "path-mtu" not in {entry.cause for entry in found.ruled_out}
        assert "1360" in found.fixes[0].text

    def test_without_a_measurement_nothing_is_claimed(self):
        found = self.silent()
        assert "path-mtu" not in {entry.cause for entry in found.ruled_out}
        assert "get lost on the way" not in found.title
        assert any("1400 is a value to try" in fix.text for fix in found.fixes)

    def test_a_silent_message_in_a_black_hole(self):
        found = self.silent("silence", "path-mtu-black-hole", stage=Stage.MESSAGE)
        assert (found.cause, found.confidence) == ("response-unusable", "likely")
        assert "get lost on the way" in found.title
        assert "1400" in found.fixes[0].text
        assert not [entry for entry in found.ruled_out if entry.title == "Packet size (MTU)"]

    @pytest.mark.parametrize("stage", [Stage.STARTTLS, Stage.EHLO_TLS, Stage.DATA])
    def test_where_no_large_packet_is_needed_a_black_hole_is_not_blamed(self, stage):
        found = self.silent("silence", "path-mtu-black-hole", stage=stage)
        assert found.cause == "response-unusable"
        assert "get lost on the way" not in found.title

    def test_a_finished_handshake_does_not_rule_it_out_for_a_silent_message(self):
        found = self.silent("silence", stage=Stage.MESSAGE)
        assert not [entry for entry in found.ruled_out if entry.title == "Packet size (MTU)"]
        refused = diagnose(founding_facts(), walked(Stage.RCPT_TO, skipped={Stage.AUTH}), VALUES, KNOWLEDGE)
        assert [entry for entry in refused.ruled_out if entry.title == "Packet size (MTU)"]
