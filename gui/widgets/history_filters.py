"""What narrows the list of kept runs: words to search for, and choices among what occurs."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.models.history import DAMAGED, Filter, HistoryModel
from gui.texts import outcome_name
from gui.widgets.basics import Button, Choice, Fold, TextField, Tick, label, unit
from gui.widgets.field import Field
from gui.widgets.flow_layout import FlowLayout

PAUSE_MS = 120
"""So long after the last letter the list is narrowed."""
MAX_WORDS = 200


class HistoryFilters(QWidget):
    """The search field, the period, and below a fold the client, server, cause and outcome."""

    changed = Signal()
    to_list = Signal()
    """Down or Enter in the search field: the keyboard wants to go to the list."""

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self._model = model
        self._filling = False
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base // 2)
        row = QHBoxLayout()
        row.setSpacing(base)
        self.text = _SearchField(self.tr("Search the history"), placeholder=self.tr("Client, server, cause, address …"))
        self.text.setMaxLength(MAX_WORDS)
        self.text.setToolTip(self.tr("Every word has to occur somewhere in the run (Ctrl+F)"))
        self.text.down.connect(self.to_list)
        row.addWidget(self.text, 1)
        self.days = Choice(self.tr("When"))
        for words, days in (
            (self.tr("Any time"), 0),
            (self.tr("Today"), 1),
            (self.tr("Last 7 days"), 7),
            (self.tr("Last 30 days"), 30),
            (self.tr("Last 365 days"), 365),
        ):
            self.days.addItem(words, days)
        row.addWidget(self.days)
        layout.addLayout(row)
        line = QHBoxLayout()
        self.fold = Fold(self.tr("More filters"))
        self.fold.setAccessibleDescription(self.tr("Shows the choice of client, server, cause and outcome."))
        line.addWidget(self.fold)
        line.addStretch(1)
        self.reset = Button(self.tr("Show all"), quiet=True, sign="cross")
        self.reset.setToolTip(self.tr("Take all filters away"))
        self.reset.clicked.connect(self.clear)
        self.reset.hide()
        line.addWidget(self.reset)
        self.count = label(muted=True, scale=0.94)
        line.addWidget(self.count)
        layout.addLayout(line)
        body = QWidget()
        flow = FlowLayout(body, gap=base, line_gap=base // 2)
        self.client = Choice(self.tr("Client"))
        self.server = Choice(self.tr("Server"))
        self.cause = Choice(self.tr("Cause"))
        self.outcome = Choice(self.tr("Outcome"))
        for name, choice in (
            (self.tr("Client"), self.client),
            (self.tr("Server"), self.server),
            (self.tr("Cause"), self.cause),
            (self.tr("Outcome"), self.outcome),
        ):
            choice.setMinimumWidth(self.fontMetrics().averageCharWidth() * 24)
            flow.addWidget(Field(name, choice))
        self.practice = Tick(self.tr("Practice runs too"))
        self.practice.setChecked(True)
        flow.addWidget(self.practice)
        body.hide()
        self.fold.toggled.connect(body.setVisible)
        layout.addWidget(body)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._changed)
        self.text.textChanged.connect(lambda _text: self._timer.start())
        for choice in (self.days, self.client, self.server, self.cause, self.outcome):
            choice.currentIndexChanged.connect(lambda _index: self._changed())
        self.practice.toggled.connect(lambda _on: self._changed())
        self.refresh()

    def refresh(self) -> None:
        """Offer what occurs in the entries; a choice that was made stays."""
        self._filling = True
        everyone, every = self.tr("All clients"), self.tr("All servers")
        _offer(self.client, everyone, ((value, value) for value in self._model.values("client")))
        _offer(self.server, every, ((value, value) for value in self._model.values("server")))
        causes = self._model.titles_of_causes()
        titles = sorted((title or cause, cause) for cause, title in causes.items())
        _offer(self.cause, self.tr("All causes"), titles)
        outcomes = [(outcome_name(value), value) for value in ("accepted", "stopped", "deferred", "cancelled")]
        _offer(self.outcome, self.tr("All outcomes"), [*outcomes, (self.tr("damaged"), DAMAGED)])
        self._filling = False

    def filter(self) -> Filter:
        """Return what is asked for."""
        return Filter(
            text=self.text.text().strip(),
            client=self.client.currentData() or "",
            server=self.server.currentData() or "",
            cause=self.cause.currentData() or "",
            outcome=self.outcome.currentData() or "",
            days=self.days.currentData() or 0,
            practice=self.practice.isChecked(),
        )

    def show_count(self, shown: int, total: int) -> None:
        """Say how many runs are shown."""
        if shown == total:
            words = self.tr("1 run") if total == 1 else self.tr("{n} runs").format(n=total)
        else:
            words = self.tr("{shown} of {total} runs").format(shown=shown, total=total)
        self.count.setText(words if total else "")
        self.reset.setVisible(self.filter() != Filter())

    def clear(self) -> None:
        """Show everything again."""
        self._filling = True
        self.text.clear()
        for choice in (self.days, self.client, self.server, self.cause, self.outcome):
            choice.setCurrentIndex(0)
        self.practice.setChecked(True)
        self._filling = False
        self._changed()

    def _changed(self) -> None:
        self._timer.stop()
        if not self._filling:
            self.changed.emit()


class _SearchField(TextField):
    """The field for words; Down and Enter go on to the list, Esc empties it."""

    down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on to the list, or empty the field."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.down.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def _offer(choice: Choice, everything: str, items: Iterable[tuple[str, str]]) -> None:
    """Fill a choice with (words, value); the first entry stands for all."""
    chosen = choice.currentData()
    choice.blockSignals(True)
    choice.clear()
    choice.addItem(everything, "")
    for words, value in items:
        choice.addItem(words, value)
    choice.setCurrentIndex(max(0, choice.findData(chosen)) if chosen else 0)
    choice.blockSignals(False)
    choice.updateGeometry()
    choice.update()
