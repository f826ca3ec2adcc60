"""What the device does: a table of names and words, rewritten in place as more becomes known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.theme import theme
from gui.widgets.basics import PlainLabel, label, unit

if TYPE_CHECKING:
    from core.listening.facts import Fact


class DeviceFacts(QWidget):
    """Rows with a fine line under each. Nothing in it is rich text; each value can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._table = _Table()
        outer.addWidget(self._table)
        outer.addStretch(1)

    def show_facts(self, facts: tuple[Fact, ...]) -> None:
        """Show these rows and no others."""
        self._table.show_facts(facts)

    def texts(self) -> dict[str, str]:
        """Return what is shown, by name."""
        return self._table.texts()


class _Table(QWidget):
    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(base * 2)
        self._grid.setVerticalSpacing(round(base * 1.1))
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[PlainLabel, PlainLabel]] = []
        self._stacked = False
        theme.changed.connect(self.update)

    def _place(self, number: int) -> None:
        """Put a row's value beside its name, or in a narrow table below it."""
        name, value = self._rows[number]
        if self._stacked:
            self._grid.addWidget(name, 2 * number, 0, 1, 2)
            self._grid.addWidget(value, 2 * number + 1, 0, 1, 2)
        else:
            self._grid.addWidget(name, 2 * number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, 2 * number, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put values below their names where the room beside them is too narrow for long words."""
        super().resizeEvent(event)
        stacked = self.width() < self.fontMetrics().averageCharWidth() * 62
        if stacked is not self._stacked:
            self._stacked = stacked
            self._grid.setVerticalSpacing(round(unit(self) * (0.5 if stacked else 1.1)))
            for name, value in self._rows:
                self._grid.removeWidget(name)
                self._grid.removeWidget(value)
            for number in range(len(self._rows)):
                self._place(number)

    def show_facts(self, facts: tuple[Fact, ...]) -> None:
        while len(self._rows) < len(facts):
            name, value = label(muted=True, wrap=True), label(wrap=True).selectable()
            name.setMinimumWidth(round(self.fontMetrics().averageCharWidth() * 19))
            name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._rows.append((name, value))
            self._place(len(self._rows) - 1)
        for number, (name, value) in enumerate(self._rows):
            shown = number < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if not shown:
                name.clear()
                value.clear()
                continue
            fact = facts[number]
            name.setText(fact.name)
            value.setText(fact.text)
            value.setAccessibleName(f"{fact.name}: {fact.text}")
            font = QFont(value.font())
            if font.bold() is not fact.notable:
                font.setBold(fact.notable)
                value.setFont(font)
        self.update()

    def texts(self) -> dict[str, str]:
        return {name.text(): value.text() for name, value in self._rows if not name.isHidden()}

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines between the rows."""
        painter = QPainter(self)
        painter.setPen(QPen(theme.colour("border"), 1))
        gap = self._grid.verticalSpacing()
        for name, value in self._rows:
            if not name.isHidden():
                bottom = max(name.geometry().bottom(), value.geometry().bottom()) + gap // 2
                painter.drawLine(0, bottom, self.width(), bottom)
