"""Ticket notes of the founding case: each line of the founding ticket that this program can know is there and true."""

from __future__ import annotations

import datetime as dt
import re

import msgspec
import pytest

from core.reports.documents.make import Wish, make
from core.reports.documents.model import Details
from core.reports.documents.rendering import rendered
from core.reports.documents.run import Run
from core.reports.report import from_json, to_json
from core.reports.seal import SealState
from core.stages import Stage
from tests.reports.documents.conftest import run_practice

DETAILS = Details(
    client="Fabrikam Dental", site="Main Street", device="Sharp MX-4070N", engineer="Sam", issue="No scans"
)


def notes(report, second=None, form="text", **options):
    return rendered(make(Wish(kind="ticket", details=DETAILS, **options), report, second), form, own=())


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def part(text: str, title: str) -> str:
    """The section under `title` of plain text."""
    lines = text.splitlines()
    begin = next(n for n, line in enumerate(lines) if line == title and set(lines[n + 1]) == {"-"})
    end = next((n for n in range(begin + 3, len(lines)) if lines[n] and set(lines[n]) == {"-"}), len(lines) + 1)
    return flat("\n".join(lines[begin + 2 : end - 1]))


SECTIONS = [
    "Ticket information",
    "Problem",
    "Initial assessment",
    "What was tested",
    "Root cause",
    "Resolution",
    "Verification",
    "Recommendations",
    "Ticket status",
]


def test_the_sections_are_those_of_the_founding_template_in_its_order(founding):
    text = notes(founding, form="markdown")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert re.findall(r"^### (.*)$", text.split("## Root cause")[0], re.MULTILINE)[:4] == [
        "Network and firewall",
        "MTU and packet size",
        "SMTP capability",
        "Full SMTP conversation",
    ]


def test_the_ticket_information_is_there(founding):
    text = part(notes(founding), "Ticket information")
    for word in (
        "Client: Fabrikam Dental",
        "Site / location: Main Street",
        "Device: Sharp MX-4070N",
        "Engineer: Sam",
        "Issue reported: No scans",
        "Date: 20",
    ):
        assert word in text, word
    empty = rendered(make(Wish(kind="ticket"), founding), "markdown", own=())
    assert "- **Client:** \n" in empty, "an empty line to fill in"


# (section of the notes, what the founding ticket says, what the notes say of it)
FOUNDING_LINES = [
    (
        "Problem",
        "scan-to-email was failing",
        "Scan-to-email fails: mail from scanner@contoso.com to office@contoso.com",
    ),
    ("Problem", "No corresponding failures in the message trace", "what is refused at RCPT TO never becomes a message"),
    (
        "Initial assessment",
        "Copier had network connectivity",
        "Network connectivity: this computer reached the mail server",
    ),
    ("Initial assessment", "SMTP endpoint reachable", "SMTP endpoint reachable: a mail server greeted on port 25"),
    ("Initial assessment", "No immediate firewall blocks observed", "No firewall block observed: port 25 answered"),
    (
        "Initial assessment",
        "Deeper SMTP-level troubleshooting",
        "the refusal comes in the SMTP conversation itself, at RCPT TO",
    ),
    (
        "What was tested",
        "Verified outbound connectivity",
        "Outbound connection to contoso-com.mail.protection.outlook.com",
    ),
    ("What was tested", "Confirmed port 25 reachable", "port 25 reachable"),
    ("What was tested", "No threat events observed", "No sign of inspection in the conversation"),
    ("What was tested", "TLS handshake success confirmed", "TLS handshake success confirmed."),
    ("What was tested", "MTU ruled out as root cause", "MTU ruled out as the cause of this failure."),
    ("What was tested", "Verified banner and EHLO responses", "SMTP banner and EHLO responses verified."),
    ("What was tested", "STARTTLS availability on port 25", "STARTTLS available on port 25, and accepted."),
    ("What was tested", "Negotiated TLS 1.3", "TLS 1.3 negotiated"),
    ("What was tested", "Re-issued EHLO after TLS", "EHLO issued again after TLS."),
    ("What was tested", "Capabilities post-TLS", "Capabilities after TLS: SIZE 157286400, PIPELINING, DSN"),
    ("What was tested", "EHLO", "✓ EHLO: The server answers"),
    ("What was tested", "STARTTLS", "✓ STARTTLS: The server agrees to encrypt."),
    ("What was tested", "MAIL FROM", "✓ MAIL FROM: The server takes scanner@contoso.com as sender."),
    ("What was tested", "RCPT TO", "✕ RCPT TO: The server refused the recipient office@contoso.com: 550 5.7.1."),
    (
        "What was tested",
        "Explicit block message referencing Spamhaus",
        "550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus",
    ),
    ("What was tested", "Does not appear in connector validation", "This does not show in the connector’s validation"),
    ("Root cause", "Public IP reputation enforcement", "its public address 203.0.113.9 is on a blocklist (Spamhaus)"),
    (
        "Root cause",
        "Direct Send is subject to IP reputation checks",
        "Direct Send (port 25, without sign-in) is judged by",
    ),
    ("Root cause", "IP was listed by Spamhaus", "The connecting address 203.0.113.9 is listed (Spamhaus)."),
    ("Root cause", "Rejection occurred at RCPT TO", "The failure occurred at RCPT TO."),
    ("Root cause", "STARTTLS success did not indicate acceptance", "Connection and encryption succeeded, and still"),
    (
        "Root cause",
        "Residential IPs are not reliable",
        "Addresses of ordinary lines are on policy lists (PBL) by design",
    ),
    (
        "Resolution",
        "Server changed to smtp.office365.com",
        "set the server to smtp.office365.com, port 587, encryption STARTTLS",
    ),
    ("Resolution", "SMTP AUTH enabled for mailbox", "Switch SMTP AUTH on for that mailbox"),
    (
        "Recommendations",
        "Use submission with authentication",
        "Use message submission with sign-in (smtp.office365.com, port 587)",
    ),
    (
        "Recommendations",
        "Avoid port 25 Direct Send",
        "Avoid port 25 without sign-in (Direct Send) unless the site has a clean fixed",
    ),
    (
        "Recommendations",
        "Not solely connector validation",
        "Do not rely on the connector’s validation in the admin center alone",
    ),
    ("Recommendations", "Full SMTP conversation testing", "Test future mail trouble with a full SMTP conversation"),
]


@pytest.mark.parametrize(("section", "founding_line", "words"), FOUNDING_LINES)
def test_what_the_founding_ticket_says_is_there(founding, section, founding_line, words):
    assert words in part(notes(founding), section), founding_line


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("Problem", "What the users reported (not known to this program): ____"),
        ("Initial assessment", "The copier’s own network connection: not tested"),
        ("Initial assessment", "DNS resolution: not tested; in practice this computer plays the server."),
        ("What was tested", "Ports 587 and 465: not tested in this run."),
        ("What was tested", "Firewall rules and logs reviewed (not known to this program): ____"),
        ("What was tested", "IDS/IPS and threat inspection bypassed for the test (not known to this program): ____"),
        ("What was tested", "Path MTU with ICMP and the DF bit: not tested separately."),
        ("What was tested", "Blocklists: not asked in DNS by this run."),
        ("What was tested", "DATA: not tested."),
        ("Verification", "Test scans from the device delivered (not known to this program): ____"),
        ("Verification", "Messages visible in the message trace (not known to this program): ____"),
        ("Verification", "Not verified yet"),
        ("Ticket status", "Open (practice): the cause is found, not resolved yet."),
    ],
)
def test_what_was_not_tested_is_said_and_never_claimed(founding, section, words):
    assert words in part(notes(founding), section)


def test_nothing_of_the_resolution_is_claimed_without_a_second_run(founding):
    text = notes(founding)
    for claim in (
        "succeeded immediately",
        "Resolved",
        "delivered successfully",
        "MFA removed",
        "ports 25 and 587 reachable",
    ):
        assert claim not in text


def test_a_second_run_is_resolution_verification_and_status(founding, mended):
    text = notes(founding, mended)
    resolution = part(text, "Resolution")
    assert "Reconfigured" not in resolution, "who set what in the copier is nothing that a check can know"
    assert "The same values set in the device (not known to this program)" in resolution
    assert "Server contoso-com.mail.protection.outlook.com smtp.office365.com" in resolution
    assert "Port 25 587" in resolution
    assert "Sign-in none scanner@contoso.com" in resolution
    assert "this mailbox may sign in for sending (SMTP AUTH)" in resolution
    assert "the same conversation went through" in resolution
    verification = part(text, "Verification")
    assert "smtp.office365.com, port 587" in verification
    assert "No test message was sent, so delivery itself is not proved by this program." in verification
    assert "Resolved (practice)" in part(text, "Ticket status")
    assert "A test scan has yet to confirm the delivery." in part(text, "Ticket status")
    assert "Port 587: reachable at smtp.office365.com (second run)." in part(text, "What was tested")


def test_a_delivered_message_has_its_ids_in_the_verification(founding, delivered):
    verification = part(notes(founding, delivered), "Verification")
    assert "A test message was handed over: 250" in verification
    for _, value in Run(delivered).trace_ids():
        assert value in verification
    assert "yet to confirm" not in notes(founding, delivered)


def moved(report, **delta):
    when = dt.datetime.fromisoformat(report.started_at) + dt.timedelta(**delta)
    return msgspec.structs.replace(report, started_at=when.isoformat(timespec="milliseconds"))


def test_an_older_run_proves_nothing(founding, mended):
    text = notes(founding, moved(mended, days=-3))
    assert "Resolved" not in text
    assert "The second run is older than the first one" in flat(text)


def test_a_practice_run_proves_nothing_of_a_real_one(founding, mended):
    real = msgspec.structs.replace(founding, request=msgspec.structs.replace(founding.request, practice=None))
    text = flat(notes(real, mended))
    assert "Resolved" not in text
    assert "One of the runs was practice and the other was not" in text


def test_another_recipient_proves_nothing(founding, mended):
    other = msgspec.structs.replace(mended, request=msgspec.structs.replace(mended.request, to=("else@contoso.com",)))
    assert "Resolved" not in notes(founding, other)
    assert "missing: office@contoso.com" in flat(notes(founding, other))
    hidden = flat(notes(founding, other, redact=True))
    assert "missing: ‹recipient 1›" in hidden


def test_a_check_that_ended_before_the_recipient_resolves_nothing(founding, mended):
    stages = tuple(
        msgspec.structs.replace(stage, status="skipped") if stage.stage in {Stage.RCPT_TO, Stage.DATA} else stage
        for stage in mended.stages
    )
    short = from_json(to_json(msgspec.structs.replace(mended, stages=stages)))
    assert "Resolved" not in notes(founding, short)


def test_a_second_run_that_fails_leaves_it_open(founding):
    again = moved(founding, hours=1)
    text = notes(founding, again)
    assert "Open (practice): the second run did not go through either." in flat(text)
    assert "Not resolved yet." in text


@pytest.mark.parametrize(
    ("scenario", "status", "words"),
    [
        ("submission-ok", "No fault found", "Nothing was refused in this check"),
        ("greylisted", "Waiting", "put off"),
        ("tls-cut-by-firewall", "Open", "packet size is not ruled out"),
        ("certificate-wrong-name", "Open", "packet size was not the question"),
        ("plain-server", "No fault found", "No TLS handshake took place"),
        ("silent-server", "Open", "not reached, so not tested"),
        ("wrong-password", "Open", "Sign-in offered"),
    ],
)
def test_other_cases_claim_only_what_was_seen(scenario, status, words):
    report = run_practice(scenario)
    text = flat(notes(report))
    assert status in part(notes(report), "Ticket status")
    assert words in text
    if report.stage(Stage.TLS).status not in {"passed", "warning"}:
        assert "MTU ruled out" not in text
        assert "TLS handshake success" not in text
    if report.stage(Stage.MESSAGE).status == "skipped":
        assert "Message: not tested." in text


def test_practice_is_said_first(founding):
    assert "This was practice (“spamhaus-block”): no real mail server was asked." in flat(notes(founding))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SealState.CHANGED, "was changed after Sendproof had written it"),
        (SealState.ABSENT, "carries no seal"),
        (SealState.INTACT, ""),
    ],
)
def test_what_the_seal_of_an_opened_report_says_is_told(founding, state, words):
    document = make(Wish(kind="ticket"), founding, seals=(state,)).document
    assert (words in document.notice) if words else "seal" not in document.notice
    assert any(founding.proof.report_sha256 in line for line in document.seals)


def test_a_measured_path_mtu_is_told(founding):
    measured = {"path_mtu": {"mtu": 1280, "meaning": {"title": "Smaller than usual", "text": "The line carries 1280."}}}
    text = flat(notes(msgspec.structs.replace(founding, evidence=measured)))
    assert "Path MTU measured with ICMP and the DF bit: 1280 bytes. Smaller than usual The line carries 1280." in text
    assert "not tested separately" not in text
