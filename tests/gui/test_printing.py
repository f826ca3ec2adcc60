"""Pages: paper by country, numbers on each page, and nothing is ever loaded."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from PySide6.QtCore import QLocale, QUrl
from PySide6.QtGui import QPageSize, QTextDocument

from gui import printing
from gui.printing import InertDocument, paper, write_pdf

LONG = "<h1>Title</h1>" + "<p>A line of text.</p>" * 120


def text_of(path) -> str:
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils is not installed")
def test_each_page_has_its_number_and_the_title(themed, tmp_path):
    target = tmp_path / "a page ü.pdf"
    write_pdf(LONG, target, title="Ticket notes <b> – contoso")
    pages = text_of(target).split("\f")[:-1]
    assert len(pages) >= 2
    for number, page in enumerate(pages, 1):
        assert f"{number} of {len(pages)}" in page
        assert "Ticket notes <b> – contoso" in page
    assert sum(page.count("A line of text.") for page in pages) == 120, "no line is lost between two pages"
    assert [entry.name for entry in tmp_path.iterdir()] == [target.name]


def test_nothing_is_loaded(themed, tmp_path, monkeypatch):
    picture = tmp_path / "secret.css"
    picture.write_text("body { color: red }")
    asked = []

    class Watched(InertDocument):
        def loadResource(self, kind, url):  # noqa: N802 - Qt's name
            asked.append(QUrl(url).toString())
            return super().loadResource(kind, url)

    monkeypatch.setattr(printing, "InertDocument", Watched)
    address = picture.as_uri()
    sheet = f'<html><head><link rel="stylesheet" type="text/css" href="{address}"></head><body>x</body></html>'
    for html in (sheet, f'<p>x<img src="{address}">y</p>'):
        asked.clear()
        write_pdf(html, tmp_path / "x.pdf")
        assert asked == [address] * len(asked) != [], "Qt asked for it, and was given nothing"
    document = InertDocument()
    for kind in (QTextDocument.ResourceType.ImageResource, QTextDocument.ResourceType.StyleSheetResource):
        assert document.resource(kind.value, QUrl(address)) is None


def test_the_paper_is_the_countrys():
    american = QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)
    german = QLocale(QLocale.Language.German, QLocale.Country.Germany)
    assert paper(american).id() is QPageSize.PageSizeId.Letter
    assert paper(german).id() is QPageSize.PageSizeId.A4


def test_what_can_not_be_written_is_an_error_and_leaves_the_old_file(themed, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        write_pdf(LONG, tmp_path / "no folder" / "x.pdf")
    old = tmp_path / "old.pdf"
    old.write_text("old")
    monkeypatch.setattr(printing, "paint_pages", lambda *_: False)
    with pytest.raises(OSError, match="could not be written"):
        write_pdf(LONG, old)
    assert old.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["old.pdf"]


def test_a_printer_gets_the_same_pages(themed, tmp_path):
    from PySide6.QtPrintSupport import QPrinter

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    assert printing.paint_pages(LONG, printer, "Ticket notes")
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF-")


def test_a_heading_goes_to_the_page_of_what_follows(themed, tmp_path):
    """Whatever stands before it, no heading ends a page, and none is lost."""
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils is not installed")
    for lines in range(20, 60, 4):
        html = "<p>x</p>" * lines + "<h2>Lonely</h2><h3>Below</h3><table><tr><td>follows</td></tr></table>"
        write_pdf(html, tmp_path / "x.pdf")
        pages = text_of(tmp_path / "x.pdf").split("\f")[:-1]
        (page,) = [page for page in pages if "Lonely" in page]
        assert "Below" in page
        assert "follows" in page
