"""What the forms share: fields by name, what they hold, and which problem is told beside which field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.basics import Card, Choice, TextField, Tick, unit
from gui.widgets.field import Field
from gui.widgets.field_hint import FieldHint
from gui.widgets.scrolling import scroll_area

if TYPE_CHECKING:
    from core.request import FieldProblem


class FieldForm(Card):
    """A form whose fields are called like the values that they fill in.

    What happens in a field comes to `_edited`, `_left` and `_enter`, which a form overrides.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, Field] = {}

    # Building

    def _frame(self) -> tuple[QVBoxLayout, QVBoxLayout]:
        """Return the layout for the fields, which scrolls, and the one for buttons below it, with `trouble` on top."""
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        inner = QWidget()
        fields = QVBoxLayout(inner)
        fields.setContentsMargins(base * 2, base * 2, base * 2, base)
        fields.setSpacing(round(base * 1.25))
        self._scroll = scroll_area(inner)
        outer.addWidget(self._scroll, 1)
        bottom = QWidget()
        foot = QVBoxLayout(bottom)
        foot.setContentsMargins(base * 2, base, base * 2, base * 2)
        foot.setSpacing(base)
        self.trouble = FieldHint()
        foot.addWidget(self.trouble)
        outer.addWidget(bottom)
        return fields, foot

    def _text(
        self, name: str, title: str, *, placeholder: str = "", help_text: str = "", control: TextField | None = None
    ) -> Field:
        control = control or TextField(title, placeholder=placeholder)
        control.textEdited.connect(lambda _text: self._edited(name))
        control.left.connect(lambda: self._left(name))
        control.returnPressed.connect(self._enter)
        return self._field(name, Field(title, control, help_text=help_text))

    def _choice(self, name: str, title: str, choices: list[tuple[str, str]], *, help_text: str = "") -> Field:
        control = Choice(title)
        for value, words in choices:
            control.addItem(words, value)
        control.currentIndexChanged.connect(lambda _index: self._edited(name))
        return self._field(name, Field(title, control, help_text=help_text))

    def _tick(self, name: str, title: str, *, help_text: str = "") -> Field:
        control = Tick(title)
        control.toggled.connect(lambda _on: self._edited(name))
        return self._field(name, Field(title, control, help_text=help_text))

    def _field(self, name: str, field: Field) -> Field:
        self._fields[name] = field
        return field

    def _edited(self, name: str) -> None:
        """Something was typed or chosen in a field."""

    def _left(self, name: str) -> None:
        """The keyboard left a text field."""

    def _enter(self) -> None:
        """Enter was pressed in a text field."""

    # Values

    def control(self, name: str) -> Any:
        """Return the control of a field."""
        return self._fields[name].control

    def value(self, name: str) -> Any:
        """Return what a field holds: text, the data of a choice, or whether it is ticked."""
        control = self.control(name)
        if isinstance(control, TextField):
            return control.text()
        return control.isChecked() if isinstance(control, Tick) else control.currentData() or ""

    def set_value(self, name: str, value: Any) -> None:
        """Put `value` into a field."""
        control = self.control(name)
        if isinstance(control, TextField):
            control.setText(str(value))
            control.setCursorPosition(0)
        elif isinstance(control, Tick):
            control.setChecked(bool(value))
        else:
            control.setCurrentIndex(max(0, control.findData(value)))


def worst_problems(problems: Iterable[FieldProblem]) -> dict[str, FieldProblem]:
    """Return for each field the problem to be told beside it: its first error, else its last hint."""
    worst: dict[str, FieldProblem] = {}
    for problem in problems:
        if problem.field not in worst or worst[problem.field].severity == "hint":
            worst[problem.field] = problem
    return worst
