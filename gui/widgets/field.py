"""A field of a form: its name, its control, its problem."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.widgets.basics import TextField, Tick, label, unit
from gui.widgets.field_hint import FieldHint


class Field(QWidget):
    """A name, a control under it, and room for its problem."""

    def __init__(self, name: str, control: QWidget, *, help_text: str = "") -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self) // 2)
        self.name = name
        self.control = control
        if not isinstance(control, Tick):
            self._label = label(name, muted=True, wrap=True)
            self._label.setBuddy(control)
            layout.addWidget(self._label)
        layout.addWidget(control)
        self.hint = FieldHint()
        layout.addWidget(self.hint)
        if help_text:
            control.setToolTip(help_text)
            if not control.accessibleDescription():
                control.setAccessibleDescription(help_text)
        self._description = control.accessibleDescription()

    def show_problem(self, text: str, severity: str = "error") -> None:
        """Show the problem under the control, and tell it to screen readers with the control."""
        self.hint.show_problem(text, severity)
        self.control.setAccessibleDescription(" ".join(part for part in (text, self._description) if part))
        if isinstance(self.control, TextField):
            self.control.set_wrong(bool(text) and severity == "error")


def beside(wide: Field, narrow: Field) -> QGridLayout:
    """Return a row of two fields whose problems stand below both: there a sentence has room."""
    row = QGridLayout()
    row.setHorizontalSpacing(unit(wide))
    row.setVerticalSpacing(unit(wide) // 2)
    row.addWidget(wide, 0, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(narrow, 0, 1, Qt.AlignmentFlag.AlignTop)
    row.setColumnStretch(0, 1)
    for line, field in enumerate((wide, narrow), 1):
        layout = field.layout()
        assert layout is not None
        layout.removeWidget(field.hint)
        row.addWidget(field.hint, line, 0, 1, 2)
    return row
