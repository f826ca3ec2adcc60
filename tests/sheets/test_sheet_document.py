"""The sheets in every format: complete for every device, true to the schema, and inert whatever the values are."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import jsonschema
import msgspec
import pytest

from core.knowledge.load import load_knowledge
from core.resource_files import resource_path
from core.sheets.administrator import administrator_sheet
from core.sheets.document import FORMATS, SheetDocument, document, json_schema, render
from core.sheets.settings import settings_sheet
from core.sheets.way import SendingWay
from tests.sheets.ways import HOSTILE_WAYS, SUBMISSION, WAYS

DEVICES = [None, *load_knowledge().devices]
NOW = "2026-11-25T17:00:00Z"


def made(device: str | None, way: SendingWay) -> SheetDocument:
    return document(settings_sheet(device, way), administrator_sheet(way), now=NOW)


@pytest.fixture(scope="module")
def schema():
    return msgspec.json.decode(resource_path("schema", "sheet-1.json").read_bytes())


class Tags(HTMLParser):
    """Gathers what a browser would see as tags and attributes, and the text between."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(sorted(name for name, _value in attributes))))

    def handle_data(self, data):
        self.text += data


def test_the_shipped_schema_is_that_of_the_code(schema):
    assert schema == msgspec.json.decode(msgspec.json.encode(json_schema()))


@pytest.mark.parametrize("name", WAYS)
def test_json_is_true_to_the_schema_and_reads_back(schema, name):
    for device in DEVICES:
        original = made(device, WAYS[name])
        text = render(original, "json")
        jsonschema.validate(msgspec.json.decode(text), schema)
        assert msgspec.json.decode(text, type=SheetDocument) == original


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("device", DEVICES)
def test_every_devices_sheet_has_all_values_in_every_format(device, form):
    sheet = made(device, SUBMISSION)
    text = render(sheet, form)
    assert not text.endswith("\n\n")
    if form == "html":
        text = Tags(text).text
    for row in sheet.settings.rows:
        assert row.field in text or form == "markdown"
        assert row.value in text or form == "markdown"
        if row.copyable:
            assert row.value in text
    for entry in ("smtp.office365.com", "587", "office@domain.com", "-SmtpClientAuthenticationDisabled $false"):
        assert entry in text
    if sheet.settings.doubtful:
        assert "not verified" in text or form == "json" or "unverified" in text


def test_markdown_is_a_table_that_a_ticket_system_shows():
    lines = render(made("sharp-mx-series", SUBMISSION), "markdown").splitlines()
    assert "| SMTP Server (also: Primary Server) | `smtp.office365.com` |  |" in lines
    assert "| SSL/TLS Level | STARTTLS |  |" in lines
    assert "**Network Settings ▸ Services Settings ▸ SMTP**" in lines
    assert "" not in [lines[number] + lines[number + 1] for number in range(len(lines) - 1)], "two empty lines"


def test_html_loads_nothing_and_runs_nothing():
    text = render(made("sharp-mx-series", SUBMISSION), "html")
    tags = Tags(text).tags
    assert {tag for tag, _names in tags}.isdisjoint({"script", "img", "link", "iframe", "object", "a", "form"})
    assert "default-src 'none'" in text
    assert text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", HOSTILE_WAYS)
def test_hostile_values_are_inert_in_every_format(name):
    way = HOSTILE_WAYS[name]
    tame = msgspec.structs.replace(
        way, server="s", user="t" if way.user else None, sender="t" if way.user == way.sender else "v",
        method=way.method if len(way.method) < 30 else "x", provider=way.provider if way.provider in WAYS_OF else None,
        public_address=None, tenant=None,
    )  # fmt: skip
    for device in DEVICES:
        for form in ("text", "json"):
            assert {"\x1b", "\u202e", "\r"}.isdisjoint(render(made(device, way), form))
    for device in (None, "sharp-mx-series", "xerox-small-colour-mfp"):
        shown = {form: render(made(device, way), form) for form in FORMATS}
        plain = {form: render(made(device, tame), form) for form in FORMATS}
        for text in shown.values():
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert "\r" not in text
            assert "49@" not in text, "a template ran"
        hostile, harmless = Tags(shown["html"]), Tags(plain["html"])
        assert set(hostile.tags) <= set(harmless.tags) | {("ul", ()), ("li", ()), ("h2", ("class",)), ("pre", ())}
        assert "<img src=x" in hostile.text, "it stays, as words"
        fence = False
        for line in shown["markdown"].splitlines():
            if line.startswith("```"):
                fence = not fence
            elif not fence:
                bare = _without_code(line)
                assert "<img" not in bare.replace("\\<", "")
                assert "](" not in bare.replace("\\](", "").replace("]\\(", "")
        assert not fence
        assert all(character.isprintable() for character in shown["text"].replace("\n", ""))


WAYS_OF = {"microsoft365", "google"}


def _without_code(line: str) -> str:
    return re.sub(r"(`+).*?\1", "", line)


def test_the_password_of_a_check_is_in_no_format():
    from tests.sheets.test_from_report import SECRET, checked

    report = checked("submission-ok")
    from core.sheets.from_report import way_from

    way = way_from(report)
    assert way is not None
    for device in DEVICES:
        for form in ("text", "json"):
            assert SECRET not in render(made(device, way), form)
    for form in FORMATS:
        assert SECRET not in render(made("sharp-mx-series", way), form)


def test_a_company_may_have_its_own_template(tmp_path, monkeypatch):
    from core.reports import templating

    (tmp_path / "sheet.html.j2").write_text("<p>Fabrikam IT: {{ settings.heading }}</p>", encoding="utf-8")
    monkeypatch.setattr(templating, "own_folders", lambda: [tmp_path])
    assert render(made(None, SUBMISSION), "html") == "<p>Fabrikam IT: Settings sheet – any device</p>"


def test_a_document_needs_a_sheet():
    with pytest.raises(ValueError, match="needs a sheet"):
        document()
    assert document(administrator=administrator_sheet(SUBMISSION)).title == "Administrator’s sheet"
