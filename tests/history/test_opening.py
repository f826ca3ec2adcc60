"""Reports of other computers: read as somebody else's text, or refused in a sentence."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest

from core.history.files import UnreadableFile
from core.history.kinds import RENDERERS, as_text
from core.history.opening import Opened, open_document, open_file
from core.history.rerun import form_values_of, to_type_anew
from core.history.store import History
from core.practice.rehearsal import rehearse
from core.reports.seal import SealState
from core.request import FormValues, parse
from core.secret import Secret
from core.session.check import Check
from core.stages import Stage
from tests.history.documents import document, report, watch

HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[2J\x00=1+1|\u2028"


def changed(change) -> str:
    found = json.loads(document())
    change(found)
    return json.dumps(found)


def test_a_sound_report_opens_as_it_was(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(document(), encoding="utf-8")
    opened = open_file(path)
    assert opened == Opened(kind="report", document=document(), seal=SealState.INTACT, report=report())
    path.write_bytes(b"\xef\xbb\xbf" + document().encode())
    assert open_file(path).seal is SealState.INTACT, "an editor’s byte order mark changes no word"


def test_a_file_of_the_history_is_a_report_too():
    entry = History().keep(document(), client="Contoso")
    assert open_file(entry.path).seal is SealState.INTACT
    assert open_file(entry.path).report == report()


def test_a_changed_report_is_told_apart():
    assert open_document(changed(lambda r: r["diagnosis"].update(title="All is well"))).seal is SealState.CHANGED
    assert open_document(changed(lambda r: r["proof"].pop("report_sha256"))).seal is SealState.ABSENT


def everything(value) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in everything(part)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in everything(item)]
    return [value] if isinstance(value, str) else []


def test_hostile_texts_become_harmless_everywhere():
    import msgspec

    def spoil(value):
        if isinstance(value, dict):
            for name, item in list(value.items()):
                if isinstance(item, str) and name not in FIXED:
                    value[name] = HOSTILE
                else:
                    spoil(item)
        elif isinstance(value, list):
            for item in value:
                spoil(item)

    def change(found):
        found["transcript"] = [
            {"ms": 1.0, "stage": "rcpt-to", "direction": "server", "encrypted": True, "text": "x", "masked": False}
        ]
        found["stages"][0]["details"] = {HOSTILE: [HOSTILE, {"x": HOSTILE}]}
        found["evidence"] = {"x": HOSTILE}
        found["request"]["to"] = [HOSTILE]
        spoil(found)

    opened = open_document(changed(change))
    texts = everything(msgspec.to_builtins(opened.report))
    assert any("onerror" in text for text in texts), "it is shown, as text"
    bad = {c for text in texts for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c != "\n"}
    assert bad == set()
    assert opened.seal is SealState.CHANGED


FIXED = {
    "schema",
    "started_at",
    "outcome",
    "failed_stage",
    "stage",
    "status",
    "direction",
    "confidence",
    "severity",
    "role",
}


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://www.example.com/a?b=c", True),
        ("http://www.example.com/", False),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("https://exa\u202emple.com/", False),
        (" https://example.com", False),
    ],
)
def test_only_https_links_stay(link, kept):
    def change(found):
        found["diagnosis"]["fixes"][0]["link"] = link

    (first, *_) = open_document(changed(change)).report.diagnosis.fixes
    assert first.link == (link if kept else None)


def test_stages_are_complete_whatever_the_file_says():
    def change(found):
        found["stages"] = [found["stages"][3], found["stages"][3] | {"summary": "twice"}, found["stages"][0]]

    shown = open_document(changed(change)).report
    assert sorted(result.stage for result in shown.stages) == sorted(Stage)
    assert shown.stage(Stage.BANNER).summary != "twice"
    assert shown.stage(Stage.MESSAGE).summary == "The report says nothing of this stage."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"schema": "sendproof.report/1"}',
        '{"schema": "sendproof.report/2"}',
        '{"schema": "other"}',
        '{"schema":"sendproof.report/1","x":' + "[" * 100_000 + "]" * 100_000 + "}",
        changed(lambda r: r.update(duration_ms="long")),
        changed(lambda r: r.update(started_at="../../../etc/passwd")),
        changed(lambda r: r["target"].update(port=-1)),
        changed(lambda r: r["stages"][0].update(stage="launch")),
        changed(lambda r: r["stages"][0].update(details=json.loads("[" * 90 + "]" * 90))),
        changed(lambda r: r["stages"][0].update(details={"x": json.loads("[" * 90 + "]" * 90)})),
        document().replace('"duration_ms": 440.0', '"duration_ms": NaN'),
        "\ud800",
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(text):
    with pytest.raises(UnreadableFile, match=r"^[A-Z].*\.$"):
        open_document(text)


def test_numbers_have_bounds():
    def change(found):
        found["duration_ms"] = 1e308
        found["stages"][0]["duration_ms"] = -1e308
        found["stages"][0]["details"] = {"n": 2**63}

    shown = open_document(changed(change)).report
    assert shown.duration_ms == 1e9
    assert shown.stages[0].details["n"] == 1 << 53


def test_a_folder_a_missing_and_a_huge_file_are_refused(tmp_path):
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    for path in (tmp_path, tmp_path / "missing.json", huge, Path("nul\0byte")):
        with pytest.raises(UnreadableFile, match=r"\.$"):
            open_file(path)


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of POSIX")
def test_a_pipe_or_device_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path / "pipe.json", Path("/dev/zero")):
        with pytest.raises(UnreadableFile, match=r"\.$"):
            open_file(path)


def test_many_members_and_long_texts_are_cut():
    def change(found):
        found["diagnosis"]["evidence"] = [{"text": "x" * 50_000, "source": "s"}] * 200
        found["transcript"] = [
            {"ms": 1.0, "stage": "ehlo", "direction": "server", "encrypted": False, "text": "250-X", "masked": False}
        ] * 30_000

    shown = open_document(changed(change)).report
    assert len(shown.diagnosis.evidence) == 30
    assert len(shown.diagnosis.evidence[0].text) < 4_100
    assert sum(len(item.text) for item in shown.diagnosis.evidence) < 25_000
    assert len(shown.transcript) == 20_001


def test_other_kinds_are_shown_member_by_member():
    opened = open_document(watch(rows=[{"at": 1, "ok": True, "text": HOSTILE}, []], nothing=None))
    assert (opened.kind, opened.report) == ("watch", None)
    text = as_text(opened.kind, opened.document)
    assert "title: Watched for an hour" in text
    assert "  - at: 1\n    ok: yes\n    text: <img" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert as_text("x", "{") == "This document is damaged and can’t be shown."
    assert as_text("x", '{"a":' * 60 + "1" + "}" * 60) == "This document is damaged and can’t be shown."


@pytest.mark.parametrize("kind", RENDERERS)
def test_a_document_that_its_renderer_can_not_read_is_shown_member_by_member(kind):
    for odd in ({}, {"runs": 7}, {"runs": [None]}, {"first": [], "second": "x"}):
        text = as_text(kind, json.dumps({"schema": f"sendproof.{kind}/1", "title": "Odd", **odd}))
        assert "title: Odd" in text


FORM = FormValues(
    server="smtp.example.com",
    port="2525",
    security="starttls",
    ehlo="copier.contoso.com",
    user="scanner@contoso.com",
    password=Secret("a secret of this test"),
    mechanism="login",
    sender="scanner@contoso.com",
    recipients=("office@contoso.com", "maria@fabrikam.com"),
    send=True,
    attach_size="2048",
    timeout="7",
    deadline="33",
    ip="4",
    verify=False,
    allow_plaintext_auth=True,
    quit_after="mail-from",
    tls_min="1.1",
    tls_max="1.2",
    ciphers="ECDHE+AESGCM",
    sni=False,
    resolver="[2001:db8::53]:5353",
    dnsbl=("zen.example.com",),
    dns_evidence=False,
)


async def test_a_report_gives_back_every_setting_but_the_secret():
    from dataclasses import replace

    from core.request import Endpoint

    request = parse(FORM).request
    nowhere = replace(request, dial=Endpoint("127.0.0.1", 9), ca_file=None)
    made = await Check(nowhere, lambda event: None).run()
    again = form_values_of(open_document(_json(made)).report)
    assert again == replace(FORM, password=None, allow_plaintext_auth=False)
    assert [sentence.split(":")[0] for sentence in to_type_anew(made)] == [
        "Type the password anew",
        "Sign-in without encryption was allowed for that run only",
    ]
    assert "a secret of this test" not in _json(made)


def _json(made) -> str:
    from core.reports.report import to_json

    return to_json(made)


async def test_a_rehearsal_gives_back_what_was_typed():
    async with rehearse("spamhaus-block") as request:
        made = await Check(request, lambda event: None).run()
    again = form_values_of(made)
    assert (again.server, again.port) == ("contoso-com.mail.protection.outlook.com", "25")
    assert again.dns_evidence is True
    assert to_type_anew(made) == []
    assert parse(again).request is not None
