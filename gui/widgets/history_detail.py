"""The right side of the history: the chosen run, two runs to compare, or what to do first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from gui.engine import Engine
from gui.models.history import outcome_words, server_of_entry, title_of_entry, when_of_entry
from gui.theme import theme
from gui.widgets.basics import Button, Card, Chip, Sign, TextField, label, unit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.report_view import VERDICT_ALONE, VERDICT_BESIDE_LIST, ReportView
from gui.widgets.scrolling import SlimScrollBar

if TYPE_CHECKING:
    from core.comparing.comparison import Comparison
    from core.history.entry import Entry
    from core.history.opening import Opened
    from gui.widgets.comparison_view import ComparisonView

MAX_CLIENT = 120

SEALS = {"intact": ("tick", "passed"), "changed": ("warning", "failed"), "absent": ("info", "muted")}
"""Sign and colour for what a seal says."""


class ClientLine(QWidget):
    """A field for the client of a run; shown while the name is being changed. `edit` opens it and stands elsewhere."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self))
        self.field = _ClientField(self.tr("Client"), placeholder=self.tr("Name of the client"))
        self.field.setMaxLength(MAX_CLIENT)
        self.field.returnPressed.connect(self._save)
        self.field.given_up.connect(self.close_field)
        layout.addWidget(self.field, 1)
        self.save = Button(self.tr("Save the name"))
        self.save.clicked.connect(self._save)
        layout.addWidget(self.save)
        self.edit = Button(self.tr("Name the client…"), sign="people")
        self.edit.clicked.connect(self._open)
        self._client = ""
        self.hide()

    def show_client(self, client: str) -> None:
        """Take the name; empty if there is none."""
        self._client = client
        words = self.tr("Change the client…") if client else self.tr("Name the client…")
        self.edit.set_look(words, primary=False, sign="people")
        self.close_field()

    def _open(self) -> None:
        self.field.setText(self._client)
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def close_field(self) -> None:
        """Leave the name as it is."""
        had = self.field.hasFocus() or self.save.hasFocus()
        self.hide()
        if had:
            self.edit.setFocus()

    def _save(self) -> None:
        typed = self.field.text().strip()
        self.close_field()
        if typed != self._client:
            self.renamed.emit(typed)


class _ClientField(TextField):
    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the name as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class HistoryDetail(QWidget):
    """Shows one run with what can be done with it. The page does it; here are only the buttons."""

    open_wanted = Signal()
    back_wanted = Signal()
    rerun_wanted = Signal()
    compare_wanted = Signal()
    save_wanted = Signal()
    keep_wanted = Signal()
    delete_wanted = Signal()
    comparison_save_wanted = Signal()
    renamed = Signal(str)

    def __init__(self, engine: Engine, heading: Callable[[], str], ticket_text: Callable[[], str]) -> None:
        super().__init__()
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        layout.addWidget(self._head())
        self.view = ReportView(engine, heading, ticket_text)
        self.view.verdict.save_wanted.connect(self.save_wanted)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.text.setFont(theme.fixed_font())
        self.text.setVerticalScrollBar(SlimScrollBar())
        self.text.setTabChangesFocus(True)
        self.text.viewport().setAutoFillBackground(False)
        self.text.setAccessibleName(self.tr("The run as text"))
        text_card = Card()
        inside = QVBoxLayout(text_card)
        inside.setContentsMargins(base, base, 2, base)
        inside.addWidget(self.text)
        self._words_card = Card()
        words = QVBoxLayout(self._words_card)
        words.setContentsMargins(base * 3, base * 3, base * 3, base * 3)
        words.setSpacing(base)
        self._title = label(bold=True, scale=1.3, wrap=True)
        self._words = label(wrap=True, muted=True).selectable()
        words.addWidget(self._title)
        words.addWidget(self._words)
        self.compare = Button(self.tr("Compare"), primary=True)
        self.compare.clicked.connect(self.compare_wanted)
        row = QHBoxLayout()
        row.addWidget(self.compare)
        row.addStretch(1)
        words.addLayout(row)
        words.addStretch(1)
        self.stack = QStackedWidget()
        for widget in (self._words_card, self.view, text_card):
            self.stack.addWidget(widget)
        self._text_card = text_card
        self.comparison: ComparisonView | None = None
        self._comparison_ground = QWidget()
        layout.addWidget(self.stack, 1)
        self.show_words("", "")

    def _head(self) -> Card:
        base = unit(self)
        self.head = Card()
        inside = QVBoxLayout(self.head)
        inside.setContentsMargins(base * 2, base, base * 2, base)
        inside.setSpacing(base // 2)
        top = QHBoxLayout()
        top.setSpacing(base)
        self.when = label(bold=True, wrap=True)
        top.addWidget(self.when, 1)
        self.origin = QWidget()
        self._origin_layout = QHBoxLayout(self.origin)
        self._origin_layout.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.origin)
        inside.addLayout(top)
        seal = QHBoxLayout()
        seal.setSpacing(base // 2)
        self._seal_sign = Sign("info", "muted")
        self.seal = label(wrap=True, muted=True)
        seal.addWidget(self._seal_sign, 0, Qt.AlignmentFlag.AlignTop)
        seal.addWidget(self.seal, 1)
        inside.addLayout(seal)
        self.client = ClientLine()
        self.client.renamed.connect(self.renamed)
        inside.addWidget(self.client)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=base, line_gap=base // 2)
        self.back = Button(self.tr("Back to the list"))
        self.open = Button(self.tr("Open"))
        self.open.setToolTip(self.tr("Give the run the whole page (Enter)"))
        self.rerun = Button(self.tr("Run again…"), sign="play")
        self.rerun.setToolTip(self.tr("Fill the check’s form with the same settings; the password is typed anew (F5)"))
        self.save = Button(self.tr("Save…"), sign="save")
        self.keep = Button(self.tr("Keep in the history"), sign="history")
        self.delete = Button(self.tr("Delete…"), sign="cross")
        self.delete.setToolTip(self.tr("Delete this run from the history (Del)"))
        for button, signal in (
            (self.back, self.back_wanted),
            (self.open, self.open_wanted),
            (self.rerun, self.rerun_wanted),
            (self.save, self.save_wanted),
            (self.keep, self.keep_wanted),
            (self.delete, self.delete_wanted),
        ):
            button.clicked.connect(signal)
        order = (self.back, self.open, self.rerun, self.save, self.keep, self.client.edit, self.delete)
        for button in order:
            flow.addWidget(button)
        self.back.hide()
        inside.addWidget(buttons)
        return self.head

    # What is shown

    def show_comparison(self, comparison: Comparison) -> None:
        """Show two runs side by side."""
        if self.comparison is None:
            from gui.widgets.comparison_view import ComparisonView  # what it needs is slow to import

            self.comparison = ComparisonView()
            self.comparison.save_wanted.connect(self.comparison_save_wanted)
            ground = QWidget()
            inside = QVBoxLayout(ground)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(unit(self))
            inside.addWidget(self.comparison, 1)
            inside.addWidget(self.comparison.footer())
            self._comparison_ground = ground
            self.stack.addWidget(ground)
        self._show_head(self.tr("Before and after"), "", sound=True)
        for widget in (self.delete, self.rerun, self.client, self.client.edit):
            widget.hide()
        self.save.set_look(self.tr("Share or save…"), primary=False, sign="save")
        self.open.setVisible(self.back.isHidden())
        self._show_seal("")
        self.comparison.show_comparison(comparison)
        self.stack.setCurrentWidget(self._comparison_ground)

    def show_words(self, title: str, words: str, *, compare: bool = False) -> None:
        """Show a few words instead of a run; with `compare`, the button that compares."""
        self.head.hide()
        self.stack.setCurrentWidget(self._words_card)
        self._title.setText(title)
        self._words.setText(words)
        self.compare.setVisible(compare)

    def show_two(self, before: Entry, after: Entry) -> None:
        """Offer to compare two runs; the older one is the one before."""
        lines = [
            self.tr("Before: {run}").format(run=self._in_a_line(before)),
            self.tr("After: {run}").format(run=self._in_a_line(after)),
        ]
        both = not before.damaged and not after.damaged and before.kind == after.kind == "report"
        if not both:
            lines.append(self.tr("Only two checks can be compared."))
        self.show_words(self.tr("Two runs are chosen"), "\n\n".join(lines), compare=both)

    @staticmethod
    def _in_a_line(entry: Entry) -> str:
        parts = [
            when_of_entry(entry),
            server_of_entry(entry),
            outcome_words(entry),
            title_of_entry(entry),
            entry.client,
        ]
        return ", ".join(part for part in parts if part)

    def show_damaged(self, entry: Entry, problem: str) -> None:
        """Say what is wrong with a file, and let it be deleted."""
        self.show_words(self.tr("This file can’t be shown"), f"{problem}\n\n{entry.path}")
        self._show_head(when_of_entry(entry, long=True), self.tr("damaged"), sound=False)
        self.client.hide()
        self.client.edit.hide()
        self._show_seal("")

    def show_opened(self, opened: Opened, *, text: str, entry: Entry | None = None, file: str = "") -> None:
        """Show a document of the history (`entry`) or of a file; `text` is the text form of other kinds."""
        chip = ""
        if entry is not None:
            when = self._heading(entry)
        else:
            chip = self.tr("Opened from a file")
            when = self.tr("From the file “{name}”").format(name=file)
            if opened.report is not None:
                made = self.tr("made {when} by {tool}")
                moment = opened.report.started_at[:19].replace("T", " ") + opened.report.started_at[-6:]
                when += ", " + made.format(when=moment, tool=_tool(opened))
        if entry is not None and entry.practice:
            chip = self.tr("Practice")
        self._show_head(when, chip, sound=True)
        self.open.setVisible(self.back.isHidden())
        self.client.edit.setVisible(entry is not None)
        self.client.show_client(entry.client if entry is not None else "")
        self._kept = entry is not None
        self.delete.setVisible(self._kept and not self.back.isHidden())  # the list beside it has its own
        self.keep.setVisible(entry is None)
        self.rerun.setVisible(opened.report is not None)
        self.save.setVisible(opened.report is None)  # a report's card has its own
        self.save.set_look(self.tr("Save…"), primary=False, sign="save")
        self._show_seal(opened.seal.value if opened.report is not None else "")
        if opened.report is not None:
            self.stack.setCurrentWidget(self.view)
            self.view.show_report(opened.report)
        else:
            self.text.setPlainText(text)
            self.stack.setCurrentWidget(self._text_card)

    def _show_head(self, when: str, chip: str, *, sound: bool) -> None:
        self.head.show()
        self.when.setText(when)
        while (item := self._origin_layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if chip:
            self._origin_layout.addWidget(Chip(chip, colour="warning"))
        for button in (self.open, self.rerun, self.save, self.keep):
            button.setVisible(sound)
        self._kept = False
        self.delete.show()

    def _show_seal(self, state: str) -> None:
        words = {
            "intact": self.tr("Unchanged since it was made (SHA-256)."),
            "changed": self.tr("Changed after it was made: its SHA-256 does not fit. Don’t rely on it."),
            "absent": self.tr("It carries no SHA-256: nothing tells whether it was changed."),
        }
        for widget in (self.seal, self._seal_sign):
            widget.setVisible(bool(state))
        if state:
            sign, colour = SEALS[state]
            self._seal_sign.set_sign(sign, colour)
            self.seal.setText(words[state])
            self.seal.set_colour(colour if state == "changed" else "muted")

    @staticmethod
    def _heading(entry: Entry) -> str:
        return ", ".join(part for part in (when_of_entry(entry, long=True), entry.client) if part)

    def show_client(self, entry: Entry) -> None:
        """Show another name for the client of the run that is shown."""
        self.when.setText(self._heading(entry))
        self.client.show_client(entry.client)

    _kept = False
    """Whether a run of the history is shown, and can be read."""

    def set_alone(self, alone: bool) -> None:
        """Offer the way back to the list while the run has the whole page."""
        self.view.set_share(VERDICT_ALONE if alone else VERDICT_BESIDE_LIST)
        self.back.setVisible(alone)
        self.open.setVisible(not alone)
        self.delete.setVisible(alone and self._kept)


def _tool(opened: Opened) -> str:
    assert opened.report is not None
    return f"{opened.report.tool.name} {opened.report.tool.version}"
