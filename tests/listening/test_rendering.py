"""Facts as rows, and the document as text, Markdown and JSON."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from core.listening.facts import facts_of, headline
from core.listening.observation import ListenDocument, Place, from_json, to_json
from core.listening.rendering import judged, render_markdown
from core.listening.text import render_text
from core.reports.report import TranscriptLine
from core.stages import Stage
from tests.listening.sessions import session


def rows(change=None) -> dict[str, str]:
    return {fact.name: fact.text for fact in facts_of(session(change))}


def document(*sessions) -> ListenDocument:
    return ListenDocument(
        started_at="2026-11-25T10:42:00+00:00",
        duration_ms=61_000,
        title="copier.contoso.com (192.168.1.80), 1 session",
        server="",
        places=(Place(address="192.168.1.37", port=2525),),
        sessions=sessions,
    )


def test_the_table_of_the_design():
    shown = rows(
        {
            "hello": "SHARP-MX4070N",
            "tls.client_hello": "@1.0",
            "tls.version": "1.0",
            "sign_ins.0.user": "office@contoso.com",
            "sign_ins.0.matches": "@none",
        }
    )
    assert shown["Introduces itself as"] == "EHLO SHARP-MX4070N"
    assert shown["Encryption"] == ("STARTTLS, offers up to TLS 1.0, agreed on TLS 1.0 (ECDHE-RSA-AES256-GCM-SHA384)")
    assert shown["Server name sent (SNI)"] == "none"
    assert shown["Checks the certificate"] == "no: it took one that nobody vouches for"
    assert shown["Signs in"] == "AUTH LOGIN as office@contoso.com (password of 16 characters, not kept)"
    assert shown["Sender"] == "scanner@contoso.com"
    assert shown["Recipient"] == "maria@contoso.com"
    assert shown["Message"] == "1.8 MB, 1 attachment: scan0001.pdf (1.3 MB)"
    assert shown["Line ends"] == "as they should be (CRLF)"
    assert shown["Fingerprint JA4"].startswith("t10i")


@pytest.mark.parametrize(
    ("change", "name", "text"),
    [
        ({"tls": "@none"}, "Encryption", "none: everything came unencrypted"),
        (
            {"tls.completed": False, "tls.certificate": "refused", "tls.alert": "unknown_ca"},
            "Checks the certificate",
            "yes: it refused ours, as it should (alert unknown_ca)",
        ),
        ({"tls.certificate": "unknown"}, "Checks the certificate", "not known"),
        ({"tls.client_hello": "@sslv2"}, "TLS hello", "in the form of SSL 2.0"),
        ({"tls.client_hello": "@text"}, "TLS hello", "Plain text came instead of TLS: “EHLO copier”."),
        (
            {"tls.client_hello": "@plain-rsa"},
            "Cipher suites",
            "2: TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA",
        ),
        ({"tls.client_hello": "@sha1"}, "Signature algorithms", "2: rsa_pkcs1_sha1, ecdsa_sha1"),
        ({"envelopes.0.size": "@none"}, "Says the size beforehand", "no"),
        ({"problems": ["no-quit"]}, "Against the rules", "It hung up without QUIT."),
        (
            {"relay": {"server": "mx.example.com", "port": 25, "security": "none", "failed": "it hung up"}},
            "Passed through",
            "to mx.example.com port 25: it hung up",
        ),
    ],
)
def test_facts_in_words(change, name, text):
    assert rows(change)[name] == text


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tls": "@none"}, "Encryption"),
        ({"tls.client_hello": "@1.0"}, "Encryption"),
        ({"sign_ins.0.encrypted": False}, "Signs in"),
        ({"sign_ins.0.matches": False}, "Signs in"),
        ({"envelopes.0.sender": "sales@contoso.com"}, "Sender"),
        ({"envelopes.0.message.bare_lf": 1}, "Line ends"),
        ({"envelopes.0.message.missing": ["From"]}, "Headers missing"),
        ({"retry": {"of": 1, "after_s": 3.0, "differs": ["without-tls"]}}, "Comes back"),
    ],
)
def test_what_is_worth_a_second_look_is_marked(change, name):
    assert name in {fact.name for fact in facts_of(session(change)) if fact.notable}
    assert not [fact for fact in facts_of(session()) if fact.notable]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "copier.contoso.com: a message"),
        ({"envelopes.0.message": "@none"}, "copier.contoso.com: a sender, no message"),
        ({"envelopes": []}, "copier.contoso.com: a sign-in only"),
        ({"envelopes": [], "sign_ins": [], "tls.completed": False}, "copier.contoso.com: a failed TLS handshake"),
        ({"envelopes": [], "sign_ins": [], "tls": "@none", "hello": "@none"}, "Nothing said"),
    ],
)
def test_a_session_in_a_few_words(change, words):
    assert headline(session(change)) == words


def full() -> ListenDocument:
    line = TranscriptLine(
        ms=21.0, stage=Stage.EHLO, direction="client", encrypted=False, text="EHLO ``` <b>copier</b>", masked=False
    )
    seen = msgspec.structs.replace(
        session({"envelopes.0.sender": "sales@contoso.com", "hello": "<b>copier</b>"}), transcript=(line,)
    )
    return judged(document(seen), "microsoft365", "sharp-mx-series")


def test_as_text():
    text = render_text(full())
    assert "What Microsoft 365 would say" in text
    assert "✕ Sender differs from the sign-in" in text
    assert "Add-RecipientPermission -Identity 'sales@contoso.com'" in text
    assert "EHLO ``` <b>copier</b>" in text
    assert "Fingerprint JA4" in text


def test_as_markdown_with_nothing_that_can_break_out():
    text = render_markdown(full())
    outside = text.replace("EHLO ``` <b>copier</b>", "")
    assert not re.search(r"(?<![\\`])<b>", outside)
    assert re.search(r"````text\n.*EHLO ``` <b>copier</b>\n````", text)
    assert "### What Microsoft 365 would say" in text


def test_as_json_and_back():
    made = full()
    assert from_json(to_json(made)) == made
    found = json.loads(to_json(made))
    assert found["choices"]["provider"] == "microsoft365"
    assert found["judgements"][0]["findings"][0]["cause"] == "send-as-denied"
