"""Facts are read out of whatever people paste."""

# ruff: noqa: E501 - real texts stand here as they came
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.knowledge.explaining import understand
from core.knowledge.load import load_knowledge
from core.knowledge.match import match
from core.knowledge.panels import panel_codes_in
from core.knowledge.reading import read, reply_codes
from core.stages import Stage

KNOWLEDGE = load_knowledge()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("550 5.7.1 Unable to relay", (550, "5.7.1")),
        ("550-5.7.26 one\n550 5.7.26 two", (550, "5.7.26")),
        ("(535, b'5.7.8 Username and Password not accepted.')", (535, "5.7.8")),
        ("retcode (535); Msg: b'5.7.3 Authentication unsuccessful", (535, "5.7.3")),
        ("5.7.57 Client not authenticated. Error: 535 5.7.139 Authentication unsuccessful", (535, "5.7.139")),
        ('got code "534", with message "534-5.7.14 Please log in"', (534, "5.7.14")),
        ("host mx.example.com[203.0.113.1] said: 451 4.7.650 The mail server", (451, "4.7.650")),
        ("{LED=550 5.7.1 TRANSPORT.RULES.RejectMessage;", (550, "5.7.1")),
        ("Remote_host_said:_550_5.4.1_Recipient_address_rejected", (550, "5.4.1")),
        ('вернул ошибку "550 5.1.8. Отказано в доступе', (550, "5.1.8")),
        ("responseCode: 550", (550, None)),
        ("smtplib.SMTPDataError: (554, 'Transaction failed')", (554, None)),
        ("Die Serverantwort war: 5.7.1 Client wurde nicht authentifiziert", (None, "5.7.1")),
        ("connect ETIMEDOUT 203.0.113.210:465", (None, None)),
        ("connect to 198.51.100.5 failed", (None, None)),
        ("", (None, None)),
    ],
)
def test_codes_are_found_in_their_wrappings(text, codes):
    assert reply_codes(text) == codes


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("smtplib.SMTPAuthenticationError: (535, b'5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.')", "smtp-auth-disabled"),
        ("System.Net.Mail.SmtpException: Der SMTP-Server erfordert eine sichere Verbindung, oder der Client wurde nicht authentifiziert. Die Serverantwort war: 5.7.57 Client not authenticated to send mail.", "auth-required"),
        ("postfix/smtp[123]: ABC: to=<a@example.com>, relay=mx.example.com[203.0.113.1]:25, delay=1, dsn=5.7.1, status=bounced (host mx.example.com[203.0.113.1] said: 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org (in reply to RCPT TO command))", "ip-blocklisted"),
        ("RecipientStatus : {[{LED=550 5.4.1 Recipient address rejected: Access denied. AS(201806281)};{MSG=};{FQDN=contoso-com.mail.protection.outlook.com};{IP=203.0.113.1};{LRT=}]}", "recipient-access-denied"),
        ("Le serveur a répondu : 550 5.7.60 SMTP; Client does not have permissions to send as this sender", "send-as-denied"),
        ("Échec de l'authentification", "auth-bad-credentials"),
        ("ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1007)", "plaintext-expected"),
        ("javax.mail.MessagingException: Could not connect to SMTP host: smtp.example.com, port: 587; nested exception is: java.net.ConnectException: Connection refused", "connect-refused"),
        ("<** 530 5.7.0 Must issue a STARTTLS command first", "starttls-required"),
        ("curl: (6) Could not resolve host: smtp.offce365.com", "dns-name-not-found"),
        ("[WinError 10060] A connection attempt failed because the connected party did not properly respond after a period of time", "connect-timeout"),
    ],
)  # fmt: skip
def test_wrapped_texts_are_understood(text, cause):
    assert understand(text, KNOWLEDGE).verdict.cause == cause


def test_what_is_known_beside_the_text_counts():
    text = "504 5.7.4 Unrecognized authentication type"
    at_mx = read(text, KNOWLEDGE, stage=Stage.AUTH, server="contoso-com.mail.protection.outlook.com", port=25)
    before_tls = read(text, KNOWLEDGE, stage=Stage.AUTH, server="smtp.office365.com", context={"starttls": False})
    assert match(at_mx, KNOWLEDGE).cause == "auth-not-offered"
    assert match(before_tls, KNOWLEDGE).cause == "starttls-required"


def test_a_wrong_stage_does_not_mislead():
    text = "550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus"
    for stage in (None, *Stage):
        assert match(read(text, KNOWLEDGE, stage=stage), KNOWLEDGE).cause == "ip-blocklisted"


def test_a_greeting_of_another_server_is_noticed():
    text = "220-ns1.hosting.example ESMTP Exim 4.84\n535 Incorrect authentication data"
    facts = read(text, KNOWLEDGE, stage=Stage.AUTH, server="smtp.office365.com", port=587)
    assert "foreign-greeting" in facts.signs
    own = read("220 AM0PR06CA0126.outlook.office365.com Microsoft ESMTP", KNOWLEDGE, server="smtp.office365.com")
    assert "foreign-greeting" not in own.signs


@pytest.mark.parametrize("text", ["", "hello", "the weather is fine", "12345", "\x00\x01\x02", "🦊🦊🦊", "550"])
def test_unknown_stays_unknown(text):
    verdict = understand(text, KNOWLEDGE).verdict
    assert (verdict.cause, verdict.confidence) == ("unknown", "possible")


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_text_gets_an_answer(text):
    verdict = understand(text, KNOWLEDGE).verdict
    assert verdict.cause in KNOWLEDGE.cause_ids


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 " * 100_000,
        "\n" * 1_000_000,
        "250-" * 250_000,
        "blocked " * 120_000,
        "a.b@" * 250_000,
        "(" * 1_000_000,
        "1." * 500_000,
        "220 " + "a-" * 500_000,
        "\ud800" * 1_000,
        bytes(range(256)).decode("latin-1") * 4_000,
    ],
    ids=range(10),
)
def test_hostile_texts_are_bounded(text):
    assert understand(text, KNOWLEDGE, stage=Stage.RCPT_TO).verdict.cause in KNOWLEDGE.cause_ids


@pytest.mark.parametrize(
    ("text", "vendor", "cause"),
    [
        ("CE-02", "Sharp", "dns-name-not-found"),
        ("ce02", None, None),
        ("#806", "Canon", None),
        ("1102", "Kyocera", "auth-bad-credentials"),
        ("Kyocera error 1102", "Kyocera", "auth-bad-credentials"),
        ("016-503", "Xerox / Fujifilm", "dns-name-not-found"),
        ("2C71", "Toshiba", "auth-bad-credentials"),
    ],
)
def test_panel_codes_are_looked_up(text, vendor, cause):
    found = understand(text, KNOWLEDGE)
    assert (found.panel_codes[0].vendor if found.panel_codes else None) == vendor
    if cause:
        assert found.verdict.cause == cause
        assert found.verdict.confidence != "certain"


def test_ambiguous_panel_codes_name_the_candidates_and_the_question():
    verdict = understand("1102", KNOWLEDGE).verdict
    assert {"smtp-auth-disabled", "auth-app-password-required"} <= set(verdict.alternative_causes)
    assert "folder" in verdict.question


def test_a_reply_code_in_a_sentence_is_no_panel_code():
    assert panel_codes_in("550 5.1.1 User unknown", KNOWLEDGE) == ()
    assert understand("550 5.1.1 User unknown", KNOWLEDGE).panel_codes == ()


def test_unverified_codes_are_marked():
    codes = KNOWLEDGE.panel_codes
    assert sum(code.verified for code in codes) > 50
    assert sum(not code.verified for code in codes) > 100
    assert not understand("CE-02", KNOWLEDGE).panel_codes[0].verified
