"""For an error nobody expected: a dialog with a redacted report to copy, and the program goes on."""

from __future__ import annotations

import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from core import __version__
from gui.theme import theme
from gui.widgets.basics import Button, Sign, label, unit
from gui.widgets.copy_button import CopyButton

if TYPE_CHECKING:
    from core.secret import Secret

MAX_REPORT = 20_000
MAX_REPORTS = 20
"""After so many different errors in one run the rest are only counted."""

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
        metrics = self.fontMetrics()
        self.resize(metrics.averageCharWidth() * 90, metrics.height() * 24)

    def add(self, report: str) -> None:
        """Show another report below those already there."""
        before = self.text.toPlainText()
        self.text.setPlainText(f"{before}\n\n{'-' * 40}\n\n{report}" if before else report)


class CrashHandler(QObject):
    """Catches what nobody caught, from every thread, and shows it. `secrets` gives what must not be seen."""

    _caught = Signal(object)

    def __init__(self, secrets: Callable[[], Iterable[Secret]], window: Callable[[], QWidget | None]) -> None:
        super().__init__()
        self._secrets = secrets
        self._window = window
        self._seen: set[str] = set()
        self.dialog: CrashDialog | None = None
        self._caught.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._previous: tuple[Any, ...] | None = None

    def install(self) -> None:
        """Take over the hooks for uncaught exceptions."""
        self._previous = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._main_thread
        threading.excepthook = lambda details: self.caught(details.exc_value)
        sys.unraisablehook = lambda details: self.caught(details.exc_value)

    def uninstall(self) -> None:
        """Give the hooks back."""
        if self._previous is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._previous
            self._previous = None

    def _main_thread(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        self.caught(error)

    def caught(self, error: BaseException | None) -> None:
        """Show `error` in a dialog; may be called from any thread."""
        if isinstance(error, Exception):
            self._caught.emit(error)
        elif isinstance(error, KeyboardInterrupt):
            raise SystemExit(130)

    def _show(self, error: Exception) -> None:
        report = crash_report(error, self._secrets())
        if sys.stderr is not None:
            print(report, file=sys.stderr)
        if report in self._seen or len(self._seen) >= MAX_REPORTS:
            return  # an error that repeats, in a paint event perhaps, must not bury the window
        self._seen.add(report)
        if self.dialog is None:
            self.dialog = CrashDialog(self._window())
            self.dialog.destroyed.connect(self._forget)
        self.dialog.add(report)
        self.dialog.show()
        self.dialog.raise_()

    def _forget(self) -> None:
        self.dialog = None
