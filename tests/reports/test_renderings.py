"""Hostile words in a banner or reply come out inert in every rendering, and redaction leaves no name behind."""

from __future__ import annotations

import html.parser
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cli.main import main
from core.practice.load import load_scenario
from core.reports import inert
from core.reports.build import fingerprint
from core.reports.html import render_html
from core.reports.markdown import render_markdown
from core.reports.redaction import hidden_words, redact
from core.reports.report import from_json, to_json
from core.reports.text import render_text
from tests.conversations.conftest import play
from tests.reports.reading import without_code

HOSTILE = (
    "550 5.7.1 <script>alert(1)</script> <img src=x onerror=alert(1)> [click](http://evil.example) "
    "```` ``` ` | # heading \x1b[31mred\x1b]0;title\x07 \u202eesrever \x00 =cmd|'/C calc'!A0 {server} %s"
)


@pytest.fixture
async def hostile_report():
    scenario = load_scenario("submission-ok").with_reply("rcpt-to", HOSTILE)
    scenario = msgspec.structs.replace(scenario, greeting=f"220 mail.example.com {HOSTILE[10:]}")
    return (await play(scenario)).report


@pytest.fixture
async def founding_report():
    return (await play(load_scenario("spamhaus-block"))).report


OWN_TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "br", "b"}
    | {"ol", "ul", "li", "table", "tr", "td", "pre", "span", "a"}
    | {"header", "section", "footer", "h3", "thead", "tbody", "th"}
)


class Tags(html.parser.HTMLParser):
    """Collects what a browser would take for tags."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def no_control(text):
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


async def test_html_holds_no_foreign_tag(hostile_report):
    page = render_html(hostile_report)
    tags = Tags()
    tags.feed(page)
    assert {tag for tag, _ in tags.seen} <= OWN_TAGS
    for tag, attributes in tags.seen:
        assert not any(name.startswith("on") or name == "src" for name in attributes), (tag, attributes)
        assert attributes.get("href", "https://").startswith("https://")
    assert "&lt;script&gt;" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert no_control(page.replace("\t", ""))


async def test_terminal_and_text_hold_no_control_character(hostile_report):
    assert no_control(render_text(hostile_report))
    assert "␛[31mred" in render_text(hostile_report)


async def test_markdown_keeps_foreign_words_in_code_or_escaped(hostile_report):
    text = render_markdown(hostile_report)
    assert no_control(text)
    outside = without_code(text)
    assert "<script>" not in outside.replace("\\<", "")
    assert "](http" not in outside
    fences = re.findall(r"^\s*(`{3,})text$", text, flags=re.MULTILINE)
    assert max(map(len, fences)) > 4, "the fence is longer than the longest run of backticks inside"


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_no_text_breaks_out_of_inline_code(text):
    shown = inert.code(text)
    fence = re.match(r"`+", shown)[0]
    inside = shown[len(fence) : -len(fence)]
    assert fence not in inside.replace(" ", "x") or "`" not in text
    assert "\n" not in shown


@given(st.text("<>[]()*_`#|!&$@-ab\\ ", max_size=60))
def test_escaped_text_has_no_bare_markup(text):
    outside = without_code(inert.markdown(text))
    assert not re.search(r"(?<!\\)[<\[\]*_`#|]", outside.replace("\\\\", ""))
    assert not inert.markdown(text).startswith(">"), "elsewhere in a line it is only a sign"


async def test_redaction_leaves_no_name_behind(founding_report):
    redacted = redact(founding_report)
    for text in (to_json(redacted), render_text(redacted), render_markdown(redacted), render_html(redacted)):
        for name in ("contoso", "203.0.113.9", "scanner@", "office@", "copier.contoso.com", "127.0.0.1"):
            assert name not in text.lower(), name
    assert "‹public address›" in to_json(redacted)
    assert "blocked using Spamhaus" in to_json(redacted)
    assert redacted.diagnosis.cause == "ip-blocklisted"
    assert redacted.proof.transcript_sha256 == fingerprint(redacted.transcript)
    assert from_json(to_json(redacted)) == redacted


async def test_placeholders_are_stable_and_told_before(founding_report):
    words = dict(hidden_words(founding_report))
    assert words["203.0.113.9"] == "‹public address›"
    assert to_json(redact(founding_report)) == to_json(redact(founding_report))


async def test_a_public_service_keeps_its_name():
    report = (await play(load_scenario("wrong-password"))).report
    assert "smtp.office365.com" in to_json(redact(report))


async def test_the_fingerprint_is_that_of_the_transcript(founding_report):
    assert founding_report.proof.transcript_sha256 == fingerprint(founding_report.transcript)
    changed = list(founding_report.transcript)
    changed[3] = msgspec.structs.replace(changed[3], text="250 all is well")
    assert founding_report.proof.transcript_sha256 != fingerprint(changed)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_every_format_goes_to_a_file(tmp_path, capsys, form):
    target = tmp_path / "a report with spaces ü.out"
    assert main(["check", "--practice", "spamhaus-block", "--format", form, "--output", str(target), "--redact"]) == 1
    text = target.read_text(encoding="utf-8")
    assert "contoso" not in text
    assert "Spamhaus" in text
    assert capsys.readouterr().out == ""
