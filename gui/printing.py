"""Puts a document on paper or into a PDF. Nothing it names is ever loaded, from this computer or from elsewhere.

The HTML is that of `core.reports.documents` for the form "print": Qt's text documents know a part of HTML 4 and
CSS 2.1. A PDF needs no printer and no window, only an application object (`gui.pdf_writer` makes one in the terminal).
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QBuffer, QCoreApplication, QLocale, QMarginsF, QRectF, QSizeF, Qt, QThread, QUrl, Signal
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QFontMetricsF,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)

from core.replacing import replace_file

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

MARGIN_MM = 18.0
FOOTER_MM = 9.0
"""Room for the line at the foot of a page."""
RESOLUTION = 300
"""Dots an inch; only rounding depends on it, since a PDF holds lines and letters."""
BODY_POINTS = 9.5
FAMILIES = ["Segoe UI", "Tahoma", "Arial"]
"""Letters on Windows, the first that is there: a Windows without its own font is rare, but Wine is one."""
MAX_HEADINGS = 500
QUIT_LIMIT_MS = 5_000

_LETTER_COUNTRIES = frozenset(
    {
        QLocale.Country.UnitedStates,
        QLocale.Country.Canada,
        QLocale.Country.Mexico,
        QLocale.Country.Philippines,
        QLocale.Country.Chile,
        QLocale.Country.Colombia,
        QLocale.Country.Venezuela,
        QLocale.Country.PuertoRico,
    }
)
"""Where ordinary paper is Letter and not A4 (Unicode CLDR, paper size)."""


class InertDocument(QTextDocument):
    """A text document that loads nothing: an image, a style sheet or a file named in its HTML stays away."""

    def loadResource(self, kind: int, url: QUrl | str) -> Any:
        """Give nothing, whatever is asked for."""
        return None


def paper(locale: QLocale | None = None) -> QPageSize:
    """Return the ordinary paper of `locale` (the system's, unless given): Letter or A4."""
    country = (locale or QLocale.system()).territory()
    return QPageSize(QPageSize.PageSizeId.Letter if country in _LETTER_COUNTRIES else QPageSize.PageSizeId.A4)


def write_pdf(html: str, path: Path, *, title: str = "", page: QPageSize | None = None) -> None:
    """Write the document `html` to `path` as a PDF.

    The file is complete or not there. Raises OSError where it can't be written. May be called in any thread.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sendproof-", suffix=".tmp")
    os.close(descriptor)
    try:
        writer = QPdfWriter(temporary)
        writer.setResolution(RESOLUTION)
        writer.setTitle(title)
        writer.setCreator(f"Sendproof {QCoreApplication.applicationVersion()}".strip())
        writer.setPageLayout(_layout(page))
        if not paint_pages(html, writer, title):
            raise OSError(errno.EIO, "the PDF could not be written")  # noqa: TRY301 - the temporary file goes as well
        replace_file(Path(temporary), path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class PdfThread(QThread):
    """Writes a PDF beside the window's thread. Qt's text documents need a thread of Qt, since they have timers.

    It keeps itself alive until it has ended; the program's end waits for it.
    """

    ended = Signal(object)
    """The PDF is written, or not: then it carries the exception."""

    _running: ClassVar[set[PdfThread]] = set()

    def __init__(self, html: str, path: Path, title: str) -> None:
        super().__init__()
        self._arguments = (html, path, title)
        self._running.add(self)
        self.finished.connect(lambda: self._running.discard(self))
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(lambda: self.wait(QUIT_LIMIT_MS))

    def run(self) -> None:
        """Write it."""
        html, path, title = self._arguments
        try:
            write_pdf(html, path, title=title)
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self.ended.emit(error)
        else:
            self.ended.emit(None)


def print_html(parent: QWidget, html: str, title: str) -> None:
    """Let the user choose a printer, and print the document `html`; `title` is what the printer's queue shows."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # loads the printers' libraries, so only now

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setDocName(title)
    printer.setPageSize(paper())
    printer.setPageMargins(QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM), QPageLayout.Unit.Millimeter)
    dialog = QPrintDialog(printer, parent)
    dialog.setWindowTitle(title)
    dialog.accepted.connect(lambda *_: paint_pages(html, printer, title))
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    dialog.finished.connect(dialog.deleteLater)
    dialog.show()  # open() asks for a receiver here


def page_count(html: str, page: QPageSize | None = None) -> int:
    """Return how many pages the document `html` takes on `page` (the ordinary paper, unless given)."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(RESOLUTION)
    writer.setPageLayout(_layout(page))
    document, _foot = _lay_out(html, writer)
    return document.pageCount()


def _layout(page: QPageSize | None) -> QPageLayout:
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    return QPageLayout(page or paper(), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)


def _lay_out(html: str, device: QPagedPaintDevice) -> tuple[InertDocument, float]:
    """Return the document set for the pages of `device`, and the height of a page's foot in its dots."""
    foot = FOOTER_MM / 25.4 * device.logicalDpiY()
    document = InertDocument()
    font = QFont(FAMILIES if os.name == "nt" else ["sans-serif"])
    # Letters as outlines: those made of dots, which Windows still has, would be tiny pictures in a PDF.
    font.setStyleHint(QFont.StyleHint.SansSerif, QFont.StyleStrategy.ForceOutline)
    font.setPointSizeF(BODY_POINTS)
    for ligatures in ("liga", "clig"):
        font.setFeature(QFont.Tag(ligatures), 0)  # "office" copied from a PDF is to be "office", without a ligature
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.documentLayout().setPaintDevice(device)
    document.setHtml(html)
    document.setPageSize(QSizeF(device.width(), device.height() - foot))
    _keep_headings(document)
    return document, foot


def paint_pages(html: str, device: QPagedPaintDevice, title: str) -> bool:
    """Paint `html` on the pages of `device`, each with its number; return whether that worked."""
    painter = QPainter()
    if not painter.begin(device):
        return False
    document, foot = _lay_out(html, device)
    size = document.pageSize()
    pages = document.pageCount()
    small = QFont(document.defaultFont())
    small.setPointSizeF(7.5)
    words = QCoreApplication.translate("printing", "{number} of {pages}")
    context = QAbstractTextDocumentLayout.PaintContext()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Text, QColor("#1a1d21"))  # paper is white, whatever colours the window has
    context.palette = palette  # type: ignore[attr-defined] # the stubs lack the fields of this structure
    for number in range(pages):
        if number:
            device.newPage()
        painter.save()
        painter.translate(0, -number * size.height())
        clip = QRectF(0, number * size.height(), size.width(), size.height())
        context.clip = clip  # type: ignore[attr-defined]
        painter.setClipRect(clip)
        document.documentLayout().draw(painter, context)
        painter.restore()
        painter.setFont(small)
        painter.setPen(QColor("#5b636d"))
        line = QRectF(0, device.height() - foot, size.width(), foot)
        right = words.format(number=number + 1, pages=pages)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, right)
        room = size.width() - painter.fontMetrics().horizontalAdvance(right) * 1.5
        left = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, left)
    return bool(painter.end())


def _keep_headings(document: QTextDocument) -> None:
    """Let no heading stand alone at the foot of a page: where what follows is on the next one, it goes there too."""
    layout = document.documentLayout()
    height = document.pageSize().height()
    line = QFontMetricsF(document.defaultFont(), layout.paintDevice()).lineSpacing()
    block = document.begin()
    for _ in range(MAX_HEADINGS):
        while block.isValid() and not block.blockFormat().headingLevel():
            block = block.next()
        first, end = block, block
        while end.isValid() and end.blockFormat().headingLevel():
            end = end.next()
        if not end.isValid():
            return
        top = layout.blockBoundingRect(first).top()
        room = (int(top // height) + 1) * height - top
        if layout.blockBoundingRect(end).top() + line > top + room:
            # As a rule so much that its line no longer fits, and Qt itself begins the next page with it.
            margin = first.blockFormat().topMargin() + room
            for wanted in (margin - line / 2, margin):
                form = QTextBlockFormat()
                form.setTopMargin(wanted)
                QTextCursor(first).mergeBlockFormat(form)
                document.markContentsDirty(0, document.characterCount())  # else headings before tables lose their text
                if layout.blockBoundingRect(first).top() >= top + room:
                    break
        block = end
