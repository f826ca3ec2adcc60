"""Client summary, escalation sheet, case study, full report, before and after: what each has to say, and must not."""

from __future__ import annotations

import json
import re

import jsonschema
import msgspec
import pytest

from core.practice.load import load_scenarios
from core.reports.documents import data
from core.reports.documents.data import DocumentDataError, document_data, read_document_data
from core.reports.documents.escalation import addressees, default_addressee
from core.reports.documents.make import Wish, make
from core.reports.documents.model import KINDS, Details, Document, json_schema
from core.reports.documents.rendering import FORMATS, rendered
from core.reports.documents.run import Run
from core.reports.report import from_json
from core.resource_files import resource_path
from tests.reports.documents.conftest import run_practice

PROTOCOL_WORDS = re.compile(
    r"\b(smtp|tls|ssl|starttls|rcpt|mail from|ehlo|helo|dns|mx|tcp|mtu|icmp|auth|oauth|spf|dkim|dmarc|ptr|relay\w*|"
    r"ports?|cipher\w*|handshake|certificate\w*|protocol\w*|reply code|rfc|submission|direct send|hex|sha-256|"
    r"[245]\d\d|\d\.\d\.\d+)\b",
    re.IGNORECASE,
)


def made(report, kind, second=None, **options):
    return make(Wish(kind=kind, **options), report, second)


def text_of(report, kind, second=None, form="text", **options):
    return re.sub(r"\s+", " ", rendered(made(report, kind, second, **options), form, own=()))


def body(document: Document) -> str:
    """All words of a document without its foot line and its notice."""
    plain = msgspec.to_builtins(msgspec.structs.replace(document, seals=(), notice=""))
    for key in ("schema", "tool", "kind", "started_at", "state", "redacted"):
        plain.pop(key)
    for section in plain["sections"]:
        section.pop("id")

    def words(value, key=""):
        if isinstance(value, str):
            return [] if key in {"type", "state"} else [value]
        if isinstance(value, dict):
            return [word for name, item in value.items() for word in words(item, name)]
        return [word for item in value for word in words(item)] if isinstance(value, list) else []

    return "\n".join(words(plain))


# The client summary


@pytest.mark.parametrize("scenario", sorted(load_scenarios()))
def test_the_client_summary_has_no_protocol_word_and_fits_a_page(scenario):
    document = made(run_practice(scenario), "client").document
    text = body(document)
    assert not PROTOCOL_WORDS.search(text), PROTOCOL_WORDS.search(text)
    assert len(text) < 1_800


def test_no_sentence_for_clients_has_a_protocol_word():
    words = document_data().client
    for entry in words.cause:
        for text in (entry.wrong, entry.next):
            assert not PROTOCOL_WORDS.search(text), (entry.id, text)
            assert text[0].isupper()
            assert text.endswith(".")
    for text in [entry.words for entry in (*words.owner, *words.not_it)]:
        assert not PROTOCOL_WORDS.search(text), text


def test_the_client_summary_says_what_is_wrong_what_it_is_not_what_happens_and_who(founding):
    text = text_of(founding, "client", details=Details(client="Fabrikam Dental", engineer="Sam"))
    for words in (
        "Your Internet connection’s address is on a public blocklist",
        "Not the user name or password.",
        "Not your Internet line or firewall",
        "We set the copier to send through your mail service with a sign-in.",
        "Whoever sets up the copier.",
        "Fabrikam Dental",
        "Your contact: Sam",
        "Microsoft 365",
    ):
        assert words in text, words


def test_the_client_summary_after_the_change(founding, mended):
    text = text_of(founding, "client", mended)
    assert "works again, as far as this test can show" in text
    assert "What was changed" in text
    assert "the copier itself has to be set the same way" in text
    assert "so please make a test scan" in text
    assert not PROTOCOL_WORDS.search(body(made(founding, "client", mended).document))


# The escalation sheet


@pytest.mark.parametrize("scenario", sorted(load_scenarios()))
def test_every_cause_has_an_addressee_by_itself(scenario):
    run = Run(run_practice(scenario))
    assert default_addressee(run) in {entry.id for entry in addressees()}
    for entry in addressees():
        document = made(run.report, "escalation", addressee=entry.id).document
        request = next(section for section in document.sections if section.id == "request")
        assert request.blocks, entry.id
        assert "{" not in body(document).replace("{{", "")


def test_an_escalation_has_the_decisive_lines_with_utc_times(founding):
    text = text_of(founding, "escalation", addressee="microsoft")
    assert "Escalation to: Microsoft support" in text
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC server: 550 5\.7\.1 Service unavailable", text)
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC we: RCPT TO:<office@contoso.com>", text)
    assert "Our public address: 203.0.113.9" in text
    assert re.search(r"Session at the server: DB1PEPF0003.mail.protection.outlook.com 20\S+Z [0-9A-F]{16}", text)
    assert "Firewall or blocked port: The connection to" in text
    assert "refused for the reputation of 203.0.113.9" in text
    assert "DATA: not tested." in text


@pytest.mark.parametrize(
    ("scenario", "addressee"),
    [
        ("spamhaus-block", "administrator"),
        ("smtp-auth-disabled", "administrator"),
        ("helo-rejected", "vendor"),
        ("tls-cut-by-firewall", "network"),
        ("address-banned-by-microsoft", "microsoft"),
    ],
)
def test_it_is_written_to_who_can_fix_it(scenario, addressee):
    assert default_addressee(Run(run_practice(scenario))) == addressee


def test_message_trace_ids_are_there(delivered):
    text = text_of(delivered, "escalation")
    ids = Run(delivered).trace_ids()
    assert ids
    for name, value in ids:
        assert f"{name}: {value}" in text


def test_an_unknown_addressee_is_refused(founding):
    with pytest.raises(ValueError, match="There is no addressee “nobody”"):
        made(founding, "escalation", addressee="nobody")


def test_nothing_went_wrong_is_said_in_an_escalation(mended):
    assert "Nothing was refused in this run." in text_of(mended, "escalation")


# The case study


def test_a_case_study_names_nobody(founding, mended):
    details = Details(
        client="Fabrikam Dental",
        site="Main Street 5",
        engineer="Sam Smith",
        device="Sharp MX-4070N",
        issue="Fabrikam Dental can’t scan",
    )
    for second in (None, mended):
        for form in FORMATS:
            text = rendered(made(founding, "case", second, details=details), form, own=())
            for name in ("contoso", "203.0.113.9", "Fabrikam", "Main Street", "Sam Smith", "127.0.0.1", "scanner@"):
                assert name.lower() not in text.lower(), (form, name)
            assert "Sharp MX-4070N" in text, "the model teaches something and names nobody"


def test_a_case_study_teaches(founding, mended):
    text = text_of(founding, "case", mended)
    for words in (
        "Configuration that failed",
        "What looked fine and misled",
        "Key findings",
        "Corrective action",
        "Validation",
        "Lessons learned",
        "When to use this case",
        "None of that is permission to send",
        "smtp.office365.com",
    ):
        assert words in text, words


# The full report, one run or two


def test_the_full_report_has_transcript_chain_and_seal(founding):
    text = text_of(founding, "full")
    for words in (
        "Certificate 1 (the server’s own)",
        "Sendproof Practice Root",
        "Transcript",
        "Settings tested",
        f"Report SHA-256 (seal): {founding.proof.report_sha256}",
        "Key share group",
        "Worth knowing",
    ):
        assert words in text, words
    for line in founding.transcript:
        assert line.text in rendered(made(founding, "full"), "text", own=())


def test_dns_evidence_is_in_the_full_report(founding):
    evidence = {
        "direct": True,
        "public_address": {"address": "203.0.113.9", "source": "the server", "error": None},
        "reverse_name": {"address": "203.0.113.9", "state": "none", "names": [], "confirmed": False},
        "blocklists": [
            {
                "zone": "zen.example.org",
                "name": "Example list",
                "state": "listed",
                "codes": [{"code": "127.0.0.10", "meaning": "A line for homes."}],
            },
            {"zone": "b.example.org", "name": "Other", "state": "unchecked", "reason": "no answer"},
        ],
        "spf": {"domain": "contoso.com", "result": "fail", "record": "v=spf1 -all"},
        "sender_domain": {"domain": "contoso.com", "state": "ok", "hosts": ["mx.contoso.com"]},
        "recipient_domains": [],
    }
    report = msgspec.structs.replace(founding, evidence=evidence)
    text = text_of(report, "full")
    for words in (
        "Example list: listed. A line for homes.",
        "Other: could not be asked. no answer",
        "contoso.com: fail: v=spf1 -all",
        "MX of contoso.com: mx.contoso.com",
        "none (none)",
    ):
        assert words in text, words
    assert "Example list: listed." in text_of(report, "ticket")
    assert "Reverse name (PTR): there is none." in text_of(report, "ticket")


def test_a_full_report_as_json_is_the_report(founding):
    assert from_json(rendered(made(founding, "full"), "json")) == founding


def test_before_and_after_shows_both_runs_and_what_was_changed(founding, mended):
    text = text_of(founding, "full", mended)
    for words in (
        "Before and after",
        "What was changed",
        "Server contoso-com.mail.protection.outlook.com smtp.office365.com",
        "Stopped at RCPT TO",
        "Sender and recipients are accepted",
        "550 5.7.1",
        "Stage Before After",
    ):
        assert words in text, words
    for report in (founding, mended):
        assert report.proof.report_sha256 in text
        assert report.transcript[-1].text in text


# All kinds and forms


@pytest.mark.parametrize("kind", KINDS)
def test_json_documents_fit_the_shipped_schema(founding, mended, kind):
    shipped = json.loads(resource_path("schema", "document-1.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(json_schema()))
    for second in (None, mended):
        if kind == "full" and second is None:
            continue
        document = json.loads(rendered(made(founding, kind, second), "json"))
        jsonschema.validate(document, shipped)
        assert document["schema"] == "sendproof.document/1"


@pytest.mark.parametrize("form", [*FORMATS, "print"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_rendering_shows_the_seal(founding, kind, form):
    assert founding.proof.report_sha256 in rendered(made(founding, kind), form, own=()) or kind == "case"
    hidden = made(founding, kind, redact=True)
    assert founding.proof.report_sha256 not in rendered(hidden, form, own=()), "it would tie the copy to the original"
    assert hidden.reports[0].proof.report_sha256 in rendered(hidden, form, own=())


@pytest.mark.parametrize("scenario", sorted(load_scenarios()))
def test_every_practice_case_makes_every_document(scenario):
    report = run_practice(scenario)
    for kind in KINDS:
        for redact in (False, True):
            document = made(report, kind, redact=redact)
            for form in (*FORMATS, "print"):
                text = rendered(document, form, own=())
                assert "None" not in re.sub(r"None( of that| is known|\.| matches)", "", text) or form == "json", (
                    kind,
                    form,
                )


# The data


def test_a_mistake_in_the_data_is_named(tmp_path):
    for name in ("client.toml", "recommendations.toml", "escalation.toml"):
        (tmp_path / name).write_text(resource_path("documents", name).read_text(encoding="utf-8"), encoding="utf-8")
    good = read_document_data(tmp_path)
    assert good == document_data()
    client = tmp_path / "client.toml"
    whole = client.read_text(encoding="utf-8")
    client.write_text(whole.replace("id = 'ip-blocklisted'", "id = 'ip-blacklisted'"), encoding="utf-8")
    with pytest.raises(DocumentDataError, match=r"client\.toml: cause ip-blocklisted: missing") as caught:
        read_document_data(tmp_path)
    assert "ip-blacklisted is no cause" in str(caught.value)
    client.write_text(whole.replace("wrong =", "worng =", 1), encoding="utf-8")
    with pytest.raises(DocumentDataError, match=r"client.toml: .*worng"):
        read_document_data(tmp_path)
    assert data.document_data.cache_info().currsize == 1
