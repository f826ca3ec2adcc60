"""Facts as rows, and the document as text, Markdown and JSON."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from core.listening.facts import facts_of, headline
from core.listening.observation import ListenDocument, Place, from_json, to_json
from core.listening.rendering import judged, render_markdown, render_text
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
    assert shown["Encryption"] == "STARTTLS, offers up to TLS 1.0"
    assert shown["Server name sent (SNI)"] == "none"
    assert shown["Checks the certificate"] == "no"
    assert shown["Signs in"] == "AUTH LOGIN as office@contoso.com (password of 16 octets, not kept)"
    assert shown["Sender"] == "scanner@contoso.com"
    assert shown["Recipient"] == "maria@contoso.com"
    assert shown["Message"] == "1.8 MB, 1 attachment: scan0001.pdf"
    assert shown["Line ends"] == "CR LF, as it should be"
    assert shown["Fingerprint JA4"].startswith("t10i")


@pytest.mark.parametrize(
    ("change", "name", "text"),
    [
        ({"tls": "@none"}, "Encryption", "none"),
        (
            {"tls.completed": False, "tls.certificate": "refused", "tls.alert": "unknown_ca"},
            "Encryption",
            "STARTTLS, offers up to TLS 1.2, ended by the device (unknown_ca)",
        ),
        (
            {"tls.certificate": "refused", "tls.alert": "unknown_ca"},
            "Checks the certificate",
            "yes: it refused ours, which nobody can know (unknown_ca)",
        ),
        ({"tls.certificate": "unknown"}, "Checks the certificate", "not known"),
        ({"tls.client_hello": "@sslv2"}, "TLS hello", "in the form of SSL 2.0"),
        ({"tls.client_hello": "@text"}, "TLS hello", "Plain text came instead of TLS: “EHLO copier”."),
        (
            {"sign_ins.0.encrypted": False, "sign_ins.0.matches": False, "sign_ins.0.truncated_at": 20},
            "Signs in",
            "AUTH LOGIN as scanner@contoso.com (before TLS, password cut off after 20 characters, "
            "password of 16 octets, not kept)",
        ),
        ({"envelopes.0.sender": ""}, "Sender", "<> (the empty sender)"),
        (
            {"envelopes.0.message.bare_lf": 3, "envelopes.0.message.terminator": "lf"},
            "Line ends",
            "3 with LF alone and the end of the message with LF alone",
        ),
        ({"commands.4.pause_ms": 75_000.0}, "Time", "0.9 s in all, longest pause 75 seconds before MAIL"),
        (
            {"retry": {"of": 1, "after_s": 3.0, "differs": ["without-tls", "helo"]}},
            "Comes again",
            "3 seconds after session 1, without TLS and with HELO",
        ),
    ],
)
def test_facts_in_words(change, name, text):
    assert rows(change)[name] == text


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
    assert "Listening to a device: copier.contoso.com (192.168.1.80), 1 session" in text
    assert "Listened at 192.168.1.37 port 2525; 1 session" in text
    assert "✕ Sender differs from the sign-in" in text
    assert "Add-RecipientPermission -Identity 'sales@contoso.com'" in text
    assert "0.021  ehlo       C: EHLO ``` <b>copier</b>" in text


def test_as_markdown_with_nothing_that_can_break_out():
    text = render_markdown(full())
    outside = text.replace("C: EHLO ``` <b>copier</b>", "")
    assert not re.search(r"(?<![\\`])<b>", outside)
    assert "````text\n   0.021  ehlo       C: EHLO ``` <b>copier</b>\n````" in text
    assert "### What Microsoft 365 would say" in text


def test_another_service_or_none_can_be_asked_afterwards():
    made = full()
    assert judged(made).judgements == made.judgements
    assert judged(made, "google").judgements[0].provider == "google"
    nobody = judged(made, "", "")
    assert nobody.judgements[0].provider is None
    assert (nobody.choices.provider, nobody.choices.device) == (None, None)


def test_the_history_shows_it_as_text():
    from core.history.kinds import as_text

    assert "What Microsoft 365 would say" in as_text("listen", to_json(full()))


def test_as_json_and_back():
    made = full()
    assert from_json(to_json(made)) == made
    found = json.loads(to_json(made))
    assert found["choices"]["provider"] == "microsoft365"
    assert found["judgements"][0]["findings"][0]["cause"] == "send-as-denied"
