"""A button that puts text on the clipboard and says so for a moment."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from gui.widgets.basics import Button

SHOWN_MS = 1800


class CopyButton(Button):
    """Copies what `text` returns at that moment; the words change to "Copied" so that nobody clicks twice."""

    def __init__(self, words: str, text: Callable[[], str], *, primary: bool = False, quiet: bool = False) -> None:
        super().__init__(words, primary=primary, quiet=quiet, sign="copy")
        self._words = words
        self._make_primary = primary
        self._copy = text
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._restore)
        self.clicked.connect(self.copy)

    def sizeHint(self):  # type: ignore[no-untyped-def]
        """Keep the width while other words are shown."""
        size = super().sizeHint()
        return size.expandedTo(self.minimumSize())

    def copy(self) -> None:
        """Copy now."""
        text = self._copy()
        if not text:
            return
        QGuiApplication.clipboard().setText(text)
        self.show_copied()

    def show_copied(self) -> None:
        """Say for a moment that something was copied."""
        self.setMinimumWidth(self.width())
        self.set_look(self.tr("Copied"), primary=self._make_primary, sign="tick")
        self._timer.start(SHOWN_MS)

    def _restore(self) -> None:
        self.set_look(self._words, primary=self._make_primary, sign="copy")
        self.setMinimumWidth(0)
