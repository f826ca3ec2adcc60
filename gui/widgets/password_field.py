"""A field for a secret: hidden unless shown on purpose, wiped when the window closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit

from gui.widgets.basics import SignButton, TextField, unit

if TYPE_CHECKING:
    from core.secret import Secret


class PasswordField(TextField):
    """Hides what is typed; the eye shows it while it is pressed down. Nothing in it is ever stored."""

    def __init__(self, name: str, *, description: str = "") -> None:
        super().__init__(name, description=description)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self._eye = SignButton("eye", self.tr("Show the password"))
        self._eye.setParent(self)
        self._eye.setCheckable(True)
        self._eye.setCursor(Qt.CursorShape.ArrowCursor)
        self._eye.toggled.connect(self._show)
        self.reserve_right(self._eye.sizeHint().width() + unit(self) // 2)

    def _show(self, shown: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self._eye.set_sign(
            "eye-off" if shown else "eye", self.tr("Hide the password") if shown else self.tr("Show the password")
        )

    def secret(self) -> Secret | None:
        """Return what is typed, wrapped; None if nothing is."""
        from core.secret import Secret

        return Secret(self.text()) if self.text() else None

    def wipe(self) -> None:
        """Forget what was typed, its undo history too, and hide again."""
        self._eye.setChecked(False)
        self.setText("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the eye at the right edge."""
        super().resizeEvent(event)
        size = self._eye.sizeHint()
        side = min(size.height(), self.height() - 6)
        self._eye.setGeometry(self.width() - side - 4, (self.height() - side) // 2, side, side)
