"""Templates: values are harmless in each format, a company's own go first, a broken one is named with file and line."""

from __future__ import annotations

import re

import pytest

from core.reports import inert
from core.reports.templating import TemplateTrouble, render

HOSTILE = "<script>alert(1)</script> [x](http://evil.example) `a` {{ 7*7 }} \x1b[31m \u202e # *b* | c\nd"


@pytest.fixture
def own(tmp_path):
    def write(name: str, text: str) -> list:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return [tmp_path]

    return write


@pytest.mark.parametrize("form", ["html", "md", "txt"])
@pytest.mark.parametrize(
    "template",
    ["{{ x }}", "{% autoescape false %}{{ x }}{% endautoescape %}", "{% macro m(y) %}{{ y }}{% endmacro %}{{ m(x) }}",
     "{% set y %}{{ x }}{% endset %}{{ y }}", "{{ [x, x]|join(' ') }}", "{% for y in [x] %}{{ y }}{% endfor %}"],
)  # fmt: skip
def test_a_value_is_harmless_whatever_the_template_does(own, form, template):
    text = render(f"t.{form}.j2", {"x": HOSTILE}, own=own(f"t.{form}.j2", template))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "49" not in text
    if form == "html":
        assert "<" not in text
    if form == "md":
        bare = re.sub(r"(`+).*?\1", "", text)
        assert "<" not in bare.replace("\\<", "")
        assert "](" not in bare.replace("\\](", "")
    assert "\\\\\\" not in text, "escaped once"
    assert "&amp;lt;" not in text


def test_safe_is_refused(own):
    with pytest.raises(TemplateTrouble, match="safe") as caught:
        render("t.html.j2", {"x": HOSTILE}, own=own("t.html.j2", "one\ntwo {{ x|safe }}"))
    assert caught.value.own


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [("a\nb\n{% if %}", 3, "Expected an expression"), ("a\n{{ nothing }}", 2, "'nothing' is undefined"),
     ("{{ ''.__class__.__mro__ }}", 1, "unsafe"), ("\n\n{{ 1/0 }}", 3, "division by zero"),
     ("{% include 'gone.html.j2' %}", None, "gone.html.j2"), ("{% for x in range(10**9) %}{% endfor %}", 1, "Range")],
)  # fmt: skip
def test_a_broken_template_of_a_company_is_named_with_file_and_line(own, text, line, reason):
    with pytest.raises(TemplateTrouble) as caught:
        render("t.html.j2", {}, own=own("t.html.j2", text))
    assert (caught.value.line, caught.value.own) == (line, True)
    assert "t.html.j2" in str(caught.value)
    assert reason in str(caught.value)
    if line:
        assert f"line {line}" in str(caught.value)


def test_the_first_folder_goes_before_the_others(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "t.txt.j2").write_text(folder.name)
    (second / "only.txt.j2").write_text("only")
    assert render("t.txt.j2", {}, own=[first, second]) == "first"
    assert render(["only.txt.j2", "t.txt.j2"], {}, own=[tmp_path / "none", first, second]) == "only"


def test_a_missing_template_is_no_companys_fault():
    with pytest.raises(TemplateTrouble) as caught:
        render("missing.txt.j2", {}, own=[])
    assert not caught.value.own


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "  =1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(value):
    assert inert.cell(value).startswith("“")
    assert inert.cell("550 5.7.1 refused") == "550 5.7.1 refused"


def test_addresses_read_well_in_markdown():
    assert inert.markdown("The server takes scanner@contoso.com as sender (port 25).") == (
        "The server takes `scanner@contoso.com` as sender (port 25)."
    )
    assert inert.markdown("see https://www.example.com/a_b.") == "see `https://www.example.com/a_b`."
    assert inert.markdown("- no list") == "\\- no list"
    assert inert.markdown("1. no list") == "1\\. no list"
