"""A quiet line at the bottom of the window, for what a user should know and need not act on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.widgets.announce import announce
from gui.widgets.basics import Card, Sign, SignButton, label, unit


class NoticeLine(QWidget):
    """Shows one notice until it is closed; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        base = unit(self)
        around = QHBoxLayout(self)
        around.setContentsMargins(base, 0, base, base)
        card = Card()
        around.addWidget(card)
        layout = QHBoxLayout(card)
        layout.setContentsMargins(round(base * 1.4), base // 2, base // 2, base // 2)
        layout.setSpacing(base)
        layout.addWidget(Sign("info", "muted"), 0, Qt.AlignmentFlag.AlignVCenter)
        self.words = label(wrap=True).selectable()
        layout.addWidget(self.words, 1)
        self.close_button = SignButton("cross", self.tr("Close this notice"))
        self.close_button.clicked.connect(self.hide)
        layout.addWidget(self.close_button)
        self.hide()

    def say(self, text: str) -> None:
        """Show `text`."""
        self.words.setText(text)
        self.show()
        announce(self, text)
