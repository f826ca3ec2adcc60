"""For an error nobody expected: a dialog with a redacted report to copy, and the program goes on."""

from __future__ import annotations

import platform
import re
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from core import __version__
from gui.theme import theme
from gui.widgets.basics import Button, Sign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.scrolling import SlimScrollBar
from gui.widgets.sizes import open_at

if TYPE_CHECKING:
    from core.secret import Secret

MAX_REPORT = 20_000

_MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")


def crash_report(error: BaseException, secrets: Iterable[Secret] = ()) -> str:
    """Return a report on `error` without passwords, addresses, values of variables or this user's folder."""
    from core.secret import Redactor

    words = "".join(traceback.format_exception(error, limit=-30))
    words = Redactor(secrets).clean(words)
    words = _MAIL_ADDRESS.sub("[address]", words)
    for folder in (str(Path(__file__).resolve().parent.parent), str(Path.home())):
        words = words.replace(folder, "…")
    head = f"Sendproof {__version__}, Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}"
    return f"{head}\n\n{words}"[:MAX_REPORT]


class CrashDialog(QDialog):
    """Shows one report; further errors are added to it while it is open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong in Sendproof"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(base * 2)
        top = QHBoxLayout()
        top.setSpacing(base)
        top.addWidget(Sign("warning", "failed", scale=1.4), 0, Qt.AlignmentFlag.AlignTop)
        words = self.tr(
            "This is a mistake in the program, not in your settings. You can go on working; what failed just now may "
            "be incomplete. If you copy this report into an issue, the mistake can be mended. Passwords and addresses "
            "have been taken out."
        )
        top.addWidget(label(words, wrap=True), 1)
        layout.addLayout(top)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setVerticalScrollBar(SlimScrollBar())
        self.text.setFont(theme.fixed_font())
        self.text.setAccessibleName(self.tr("Error report"))
        self.text.setTabChangesFocus(True)
        layout.addWidget(self.text, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(CopyButton(self.tr("Copy the report"), self.text.toPlainText, primary=True))
        close = Button(self.tr("Go on working"))
        close.clicked.connect(self.close)
        buttons.addWidget(close)
        layout.addLayout(buttons)
        open_at(self, 90, 24)

    def add(self, report: str) -> None:
        """Show another report below those already there."""
        before = self.text.toPlainText()
        self.text.setPlainText(f"{before}\n\n{'-' * 40}\n\n{report}" if before else report)
