"""About: version, licences with their texts, and where settings and history are."""

from __future__ import annotations

import platform
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from core import __version__
from core.resource_files import resource_path
from gui.icons import draw_program_icon
from gui.theme import theme
from gui.widgets.basics import Button, Choice, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.scrolling import SlimScrollBar
from gui.widgets.sizes import open_at

_TITLES = {
    "sendproof": "Sendproof (MIT)",
    "qt-lgpl-3.0": "Qt and PySide6 (LGPL 3.0)",
    "gpl-3.0": "GPL 3.0, which the LGPL refers to",
    "python": "Python (PSF)",
    "openssl": "OpenSSL (Apache 2.0)",
    "aiosmtplib": "aiosmtplib (MIT)",
    "certifi": "certifi (MPL 2.0)",
    "cffi": "cffi (MIT)",
    "cryptography": "cryptography (Apache 2.0 or BSD)",
    "dnspython": "dnspython (ISC)",
    "email-validator": "email-validator (Unlicense)",
    "idna": "idna (BSD)",
    "msgspec": "msgspec (BSD)",
}


class _Picture(QWidget):
    def __init__(self) -> None:
        super().__init__()
        side = self.fontMetrics().height() * 4
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the program's icon."""
        draw_program_icon(QPainter(self), self.rect().toRectF())


class AboutDialog(QDialog):
    """Version, licences, settings."""

    def __init__(self, settings: Path, parent: QWidget | None = None, *, history: Path | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Sendproof"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base * 3, base * 3, base * 3, base * 2)
        layout.setSpacing(base * 2)
        top = QHBoxLayout()
        top.setSpacing(base * 2)
        top.addWidget(_Picture(), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(base // 2)
        words.addWidget(label(f"Sendproof {__version__}", bold=True, scale=1.4))
        words.addWidget(label(self.tr("Finds out why a copier can’t send scans by e-mail."), wrap=True))
        versions = f"Python {platform.python_version()}, Qt {qVersion()}, {platform.system()} {platform.release()}"
        words.addWidget(label(versions, muted=True, wrap=True).selectable())
        top.addLayout(words, 1)
        layout.addLayout(top)

        self._add_place(layout, self.tr("Settings (never a password)"), settings, settings.parent)
        if history is not None:
            self._add_place(layout, self.tr("History (a file each run)"), history, history)

        layout.addWidget(label(self.tr("Licences"), bold=True, muted=True))
        qt = self.tr(
            "Sendproof uses Qt under the GNU Lesser General Public License, version 3. You may replace the Qt "
            "libraries by your own build of them."
        )
        layout.addWidget(label(qt, wrap=True))
        self.choice = Choice(self.tr("Licence"))
        for path in licence_files():
            self.choice.addItem(_TITLES.get(path.stem, path.stem), str(path))
        layout.addWidget(self.choice)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setVerticalScrollBar(SlimScrollBar())
        self.text.setTabChangesFocus(True)
        self.text.setFont(theme.fixed_font())
        self.text.setAccessibleName(self.tr("Text of the licence"))
        layout.addWidget(self.text, 1)
        self.choice.currentIndexChanged.connect(self._show_licence)
        self._show_licence()
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        close = Button(self.tr("Close"), primary=True)
        close.clicked.connect(self.close)
        buttons.addWidget(close)
        layout.addLayout(buttons)
        open_at(self, 96, 38)

    def _add_place(self, layout: QVBoxLayout, title: str, path: Path, folder: Path) -> None:
        """Say where something lies, with buttons that copy the path and open the folder."""
        layout.addWidget(label(title, bold=True, muted=True))
        row = QHBoxLayout()
        row.setSpacing(unit(self))
        row.addWidget(label(str(path), wrap=True).selectable(), 1)
        row.addWidget(CopyButton(self.tr("Copy"), lambda: str(path)))
        show = Button(self.tr("Open the folder"))
        show.setEnabled(folder.is_dir())
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        row.addWidget(show)
        layout.addLayout(row)

    def _show_licence(self) -> None:
        path = self.choice.currentData()
        if path:
            self.text.setPlainText(Path(path).read_text(encoding="utf-8", errors="replace"))


def licence_files() -> list[Path]:
    """Return the licence texts that come with the program, Sendproof's and Qt's first."""
    order = list(_TITLES)
    files = resource_path("licences").glob("*.txt")
    return sorted(files, key=lambda path: (order.index(path.stem) if path.stem in order else len(order), path.stem))
