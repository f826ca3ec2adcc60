"""Hostile text in replies, names, certificates and fields stays words, in each kind and each form."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import os
import re
import shutil
import subprocess

import msgspec
import pytest

from core.history.opening import open_document
from core.reports.documents.make import Wish, make
from core.reports.documents.model import KINDS, Details
from core.reports.documents.rendering import FORMATS, rendered
from core.reports.report import to_json
from tests.reports.reading import without_code

MARK = "Inert7"
HOSTILE = [
    f"<script>{MARK}()</script>",
    f"<img src=http://203.0.113.1/{MARK}.png onerror=alert(1)>",
    f"</td></tr></table></pre></code><h1>{MARK}</h1>",
    f"\"><svg onload=alert('{MARK}')>",
    f"[{MARK}](http://evil.example/) ![x](http://evil.example/x.png) <http://evil.example> http://evil.example/{MARK}",
    f"```\n# {MARK}\n```",
    f"`` ` ``` {MARK} | a | b |",
    f"\x1b[31m{MARK}\x1b]0;title\x07\x1b[2J\r\n250 OK\x00\x08",
    f"\u202e{MARK}\u2066\u200f\u200e\u2069\u202a\ufeff\u061c",
    f"=cmd|'/C calc'!A0 {MARK}",
    f"+{MARK}",
    f"-{MARK}",
    f"@SUM(1+1)*{MARK}",
    f"{{{{ 7*7 }}}} {{% for x in y %}} {{{{ config }}}} ${{7*7}} #{{7*7}} {MARK}",
    f"---\n===\n1. {MARK}",
    f"javascript:alert('{MARK}')",
    "A" * 1_000_000 + MARK,
]
IDS = [
    "script",
    "img",
    "close",
    "attribute",
    "markdown",
    "fence",
    "ticks",
    "ansi",
    "bidi",
    "formula",
    "plus",
    "minus",
    "at",
    "template",
    "setext",
    "javascript",
    "megabyte",
]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029]")
VOID = {"meta", "br", "hr", "img", "link"}
OWN_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "section",
    "footer",
    "h1",
    "h2",
    "h3",
    "p",
    "br",
    "hr",
    "b",
    "ol",
    "ul",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "pre",
    "span",
    "a",
}


def poisoned(report, text):
    """`report` as somebody else's file would bring it: `text` wherever a server, a resolver or a person writes."""
    document = json.loads(to_json(report))
    document["transcript"][0]["text"] = document["target"]["server"] = text
    document["findings"].append({"severity": "info", "title": text, "text": text})
    text = text[:10_000]  # a megabyte in three hundred places at once would only test this computer's memory
    document["request"] |= {"ehlo": text, "user": text, "from": text, "to": [text, text]}
    document["diagnosis"] |= {"title": text, "summary": text, "technical": text, "owner": text, "question": text}
    document["diagnosis"]["evidence"] = [{"text": text, "source": text}]
    document["diagnosis"]["fixes"] = [
        {"text": text, "command": text, "link": text},
        {"text": "x", "link": f"https://{text}"},
    ]
    document["diagnosis"]["ruled_out"] = [{"cause": "connect-timeout", "because": text, "title": text}]
    document["findings"] += [
        {"severity": "info", "title": text, "text": text, "topic": "misleading-connector-validated"}
    ]
    for stage in document["stages"]:
        stage["summary"] = text
        stage["details"] |= {"reply": text, "extensions": [text], "mechanisms": [text], "version": text, "cipher": text}
        stage["details"] |= {"group": text, "queue_id": text, "message_id": text, "problems": [text], "limits": text}
        stage["details"]["chain"] = [
            {"subject": text, "issuer": text, "names": [text], "sha256": text, "not_before": text}
        ]
    for line in document["transcript"][1:]:
        line["text"] = text
    document["evidence"] = {
        "public_address": {"address": text, "source": text},
        "reverse_name": {"names": [text], "state": text},
        "blocklists": [{"name": text, "state": "listed", "codes": [{"meaning": text}], "reason": text}],
        "spf": {"domain": text, "result": text, "record": text},
        "dmarc": {"domain": text, "policy": text, "record": text},
        "sender_domain": {"domain": text, "hosts": [text]},
        "path_mtu": {"mtu": 1, "meaning": {"title": text, "text": text}},
    }
    document["proof"] |= {"local_address": text, "public_address": text, "resolver": text, "server_address": text}
    document["tool"] = {"name": text, "version": text}
    return open_document(json.dumps(document)).report


class Page(html.parser.HTMLParser):
    """Reads a page as a browser does: tags, attributes, and whether what is opened is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.problems: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)


def documents(report, text):
    details = Details(client=text, site=text, device=text, issue=text, engineer=text)
    for kind in KINDS:
        yield kind, make(Wish(kind=kind, details=details), report)
    for kind in ("ticket", "full"):
        yield kind, make(Wish(kind=kind, details=details), report, report)
        yield kind, make(Wish(kind=kind, details=details, redact=True), report)


@pytest.fixture(params=HOSTILE, ids=IDS, scope="module")
def hostile(request, founding):
    """Each document of a poisoned report in each form: (kind, form, text)."""
    report = poisoned(founding, request.param)
    return [
        (kind, form, rendered(made, form, own=()))
        for kind, made in documents(report, request.param)
        for form in (*FORMATS, "print")
    ]


def test_html_has_no_tag_attribute_or_address_of_others(hostile):
    for kind, form, text in hostile:
        if form in {"html", "print"}:
            page = Page(text)
            assert {tag for tag, _ in page.tags} <= OWN_TAGS, (kind, form)
            assert page.problems == [] == page.open, (kind, form)
            for tag, attributes in page.tags:
                assert not [name for name in attributes if name.startswith("on") or name in {"src", "srcset"}], tag
                assert tag not in {"link", "img", "script", "iframe", "object", "form", "base"}
                if "href" in attributes:
                    assert re.fullmatch(r"https://[!-~]+", attributes["href"]), attributes
            assert not CONTROL.search(text.replace("\t", "")), (kind, form)
            if form == "html":
                assert "default-src 'none'" in text.split("<style>")[0]


def test_markdown_has_no_markup_of_others(hostile):
    for kind, form, text in hostile:
        if form != "markdown":
            continue
        assert not CONTROL.search(text), kind
        outside = without_code(text)
        assert "](" not in re.sub(r"\\.", "", outside), kind
        assert not re.search(r"(?<!\\)<(?!https://)", outside), kind
        assert not re.search(r"(?<![\\<])https?://(?!learn|check|mc\.|www\.spamhaus)", outside), kind
        for line in outside.splitlines():
            if MARK in line and line.startswith("#"):
                assert re.match(r"#{1,3} ", line), line
            assert "{{" not in line.replace("\\{\\{", ""), line


def test_plain_text_and_json_have_no_control_character(hostile):
    for kind, form, text in hostile:
        if form in {"text", "json"}:
            assert not CONTROL.search(text), (kind, form)
        if form == "json":
            assert json.loads(text)["schema"] in {"sendproof.document/1", "sendproof.report/1"}


def test_template_syntax_is_not_filled_in(founding):
    text = "before {{ 7*7 }} {% if 1 %}yes{% endif %} after"
    for kind, made in documents(poisoned(founding, text), text):
        for form in FORMATS:
            shown = re.sub(r"\\+(?=[{}%*|])", "", rendered(made, form, own=()))
            assert "before 49" not in shown, (kind, form)
            if kind in {"ticket", "full"}:
                assert "{{ 7*7 }} {% if 1 %}yes{% endif %}" in shown, (kind, form)


@pytest.mark.parametrize("text", [words for words in HOSTILE if words[0] in "=+-@"])
def test_no_cell_is_a_formula(founding, text):
    """A table that is copied into a spreadsheet has each cell's text begin a cell there."""
    report = poisoned(founding, text)
    for _, made in documents(report, text):
        for form in ("html", "print"):
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", rendered(made, form, own=()), re.DOTALL):
                shown = re.sub(r"<[^>]+>|&nbsp;", "", cell).strip().removeprefix("✕").strip()
                rows = list(csv.reader(io.StringIO(shown.replace("\n", " "))))
                first = rows[0][0] if rows and rows[0] else ""
                assert not first.startswith(("=", "+", "@")), cell


@pytest.mark.parametrize("form", FORMATS)
def test_a_megabyte_in_every_field_stays_small(founding, form):
    report = poisoned(founding, HOSTILE[-1])
    for kind in KINDS:
        assert len(rendered(make(Wish(kind=kind), report), form, own=())) < 4_000_000, kind


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_in_a_browser_asks_nobody_for_anything(founding, tmp_path, kind):
    report = poisoned(founding, "".join(HOSTILE[:5]))
    page = tmp_path / "page.html"
    page.write_text(rendered(make(Wish(kind=kind), report), "html", own=()), encoding="utf-8")
    log = tmp_path / "net.json"
    result = subprocess.run(
        [
            chromium(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
            "--disable-extensions",
            "--disable-features=Translate,OptimizationHints,MediaRouter,CertificateTransparencyComponentUpdater",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={log}",
            "--net-log-capture-mode=Everything",
            "--virtual-time-budget=2000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=90,
        check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    assert b"Inert7" in result.stdout, result.stderr[-2000:]
    asked = set(re.findall(r"https?://[^\"\\\s]+", log.read_text(encoding="utf-8", errors="replace")))
    assert not [address for address in asked if "203.0.113" in address or "evil.example" in address], asked


def test_a_clean_report_is_untouched_by_all_this(founding):
    assert open_document(to_json(founding)).report == founding
    assert msgspec.structs.asdict(make(Wish(kind="full"), founding))["reports"] == (founding,)
