"""The line under a field that says what is wrong with it, or what to think of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.widgets.basics import Sign, label, unit


class FieldHint(QWidget):
    """Hidden while there is nothing to say; an error has another sign and colour than a hint."""

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self) // 2)
        self._sign = Sign("warning", "failed", scale=0.95)
        self._label = label(wrap=True, scale=0.94)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        self.hide()

    def show_problem(self, text: str, severity: str = "error") -> None:
        """Show `text`, or nothing if it is empty; `severity` is "error" or "hint"."""
        if text:
            colour = "failed" if severity == "error" else "warning"
            self._sign.set_sign("warning" if severity == "error" else "info", colour)
            self._label.set_colour(colour)
        self._label.setText(text)
        self.setVisible(bool(text))

    def text(self) -> str:
        """Return what is shown."""
        return self._label.text() if not self.isHidden() else ""
