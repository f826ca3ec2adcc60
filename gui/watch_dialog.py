"""Watches a server for trouble that comes and goes, beside whatever else the window does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.controllers.watching import WatchController
from gui.engine import Engine
from gui.models.watch import Column, WatchModel
from gui.saving import ask_to_save
from gui.store import Store
from gui.texts import stage_name
from gui.theme import theme
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, Chip, Choice, StatusSign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.field import Field
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.look import LOOKS
from gui.widgets.plain_header import PlainHeader
from gui.widgets.scrolling import SlimScrollBar, scroll_area
from gui.widgets.sizes import open_at
from gui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from core.request import CheckRequest
    from core.watching.document import WatchDocument

EVERY = (2, 10, 60, 120, 300, 600, 900, 1800, 3600)
FOR = (60, 600, 1800, 3600, 7200, 14_400, 28_800, 86_400, 3 * 86_400, 7 * 86_400)
KEY = "watch"
"""Under this the last choices are remembered."""

Prepare = Callable[[], "tuple[CheckRequest, str | None, bool, str] | None"]
"""Returns what is to be watched, the practice server (None: a real one), whether to keep it, and for which client."""


class WatchDialog(QDialog):
    """Settings, timeline, table. Closing it does not end the watch: `left_running` says so to the window."""

    left_running = Signal()

    def __init__(
        self, engine: Engine, controller: WatchController, store: Store, prepare: Prepare, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Watch"))
        self._engine = engine
        self._store = store
        self._prepare = prepare
        self.controller = controller
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base, base, base, base)
        layout.setSpacing(base)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(base)
        inside.addWidget(self._make_settings())
        inside.addWidget(self._make_result(), 1)
        layout.addWidget(scroll_area(inner, self.tr("Watch")), 1)
        layout.addLayout(self._make_buttons())
        self._timer = QTimer(self)
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._tick)
        controller.state_changed.connect(self._state_changed)
        controller.grown.connect(self._show_document)
        controller.ended.connect(self._ended)
        theme.changed.connect(self._recolour)
        self._recolour()
        open_at(self, 112, 40)
        self._show_document(controller.document)
        self._state_changed()

    # Building

    def _make_settings(self) -> Card:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        top = QHBoxLayout()
        top.setSpacing(base)
        self.target = label(bold=True, scale=1.2, wrap=True)
        top.addWidget(self.target, 1)
        self.practice = Chip(self.tr("Practice"), colour="warning")
        self.practice.hide()
        top.addWidget(self.practice)
        layout.addLayout(top)
        self._gentle = label(wrap=True, muted=True)
        layout.addWidget(self._gentle)
        row = QHBoxLayout()
        row.setSpacing(base * 2)
        self.every = Choice(self.tr("A run every"))
        self.duration = Choice(self.tr("For"))
        self.until = Choice(self.tr("Until"))
        for value, words in (
            ("", self.tr("The time is over")),
            ("failure", self.tr("The first trouble")),
            ("success", self.tr("The first run that passes")),
        ):
            self.until.addItem(words, value)
        self.every_field = Field(self.tr("A run every"), self.every)
        self.duration_field = Field(self.tr("For"), self.duration)
        self.until_field = Field(self.tr("Until"), self.until)
        for field in (self.every_field, self.duration_field, self.until_field):
            row.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(row)
        return card

    def _make_result(self) -> Card:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        top = QHBoxLayout()
        top.setSpacing(base)
        self._sign = StatusSign("idle", scale=1.2)
        top.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self.summary = label(bold=True, wrap=True).selectable()
        top.addWidget(self.summary, 1)
        layout.addLayout(top)
        self.notes = label(wrap=True).selectable()
        layout.addWidget(self.notes)
        self.status = label(wrap=True, muted=True)
        layout.addWidget(self.status)
        self.timeline = Timeline()
        self.timeline.chosen.connect(self._choose)
        layout.addWidget(self.timeline)
        self.model = WatchModel(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setFrameShape(QTableView.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setVerticalScrollBar(SlimScrollBar())
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAccessibleName(self.tr("The runs, the last one first"))
        self.table.setMinimumHeight(round(self.fontMetrics().height() * 1.6 * 6))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(round(self.fontMetrics().height() * 1.6))
        header = PlainHeader(self.table, side=3)
        self.table.setHorizontalHeader(header)
        header.setStretchLastSection(True)
        metrics = self.fontMetrics()
        for column, sample in (
            (Column.WHEN, "00 MMM 00:00:00"),
            (Column.RESULT, "! try again later"),
            (Column.STAGE, "MAIL FROM"),
            (Column.TOOK, "00.0 s"),
        ):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, metrics.horizontalAdvance(sample) + base * 3)
        self.table.selectionModel().currentRowChanged.connect(
            lambda now, _before: self.timeline.select(self.model.number_at(now.row()))
        )
        layout.addWidget(self.table, 1)
        return card

    def _make_buttons(self) -> QHBoxLayout:
        base = unit(self)
        row = QHBoxLayout()
        row.setSpacing(base)
        left = QWidget()
        flow = FlowLayout(left, gap=base, line_gap=base // 2)
        flow.setContentsMargins(0, 0, 0, 0)
        self.start_button = Button(self.tr("Start watching"), primary=True, sign="play")
        self.start_button.clicked.connect(self.start)
        self.stop_button = Button(self.tr("Stop"), sign="stop")
        self.stop_button.clicked.connect(self.controller.stop)
        self.copy_ticket = CopyButton(self.tr("Copy for ticket"), self.text)
        self.save = Button(self.tr("Save…"), sign="save")
        self.save.clicked.connect(self._save)
        for button in (self.start_button, self.stop_button, self.copy_ticket, self.save):
            flow.addWidget(button)
        row.addWidget(left, 1)
        self.close_button = Button(self.tr("Close"))
        self.close_button.clicked.connect(self.close)
        row.addWidget(self.close_button)
        return row

    def _recolour(self) -> None:
        palette = QPalette(QApplication.palette())
        palette.setColor(QPalette.ColorRole.Base, theme.colour("card"))
        palette.setColor(QPalette.ColorRole.Highlight, theme.colour("chosen"))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.colour("text"))
        self.table.setPalette(palette)

    # What is watched

    def offer(self) -> None:
        """Show the dialog with what the check's form says now; while a watch runs, that one."""
        if not self.controller.busy:
            found = self._prepare()
            if found is None:
                return  # the form says what is wrong with it
            request, practice, _keep, _client = found
            self._offer(request, practice)
        self.show()
        self.raise_()
        self.activateWindow()
        (self.stop_button if self.controller.busy else self.start_button).setFocus()

    def _offer(self, request: CheckRequest, practice: str | None) -> None:
        from dataclasses import replace

        from core.watching.plan import in_words, minimum_for

        self._show_target(request, practice)
        minimum = minimum_for(replace(request, practice=practice))
        gentle = [self.tr("Easy on the server: when it says “try again later”, it is asked less often.")]
        if request.credentials is not None:
            gentle.append(self.tr("If the sign-in is refused, the watch ends, so that the account is not locked."))
        if request.send:
            gentle.append(self.tr("Each run sends a message."))
        self._gentle.setText(" ".join(gentle))
        remembered = self._store.record(KEY)
        self._fill(self.every, [value for value in EVERY if value >= minimum], remembered.get("every"), 300, in_words)
        least = 60 if practice is not None else 1800
        self._fill(self.duration, [value for value in FOR if value >= least], remembered.get("for"), 7200, in_words)
        index = self.until.findData(remembered.get("until", ""))
        self.until.setCurrentIndex(max(0, index))
        for field in (self.every_field, self.duration_field):
            field.show_problem("")

    def _show_target(self, request: CheckRequest, practice: str | None) -> None:
        self.practice.setVisible(practice is not None)
        words = self.tr("{server}, port {port}: {sender} to {recipients}")
        recipients = ", ".join(mailbox.text for mailbox in request.recipients)
        self.target.setText(
            words.format(server=request.server, port=request.port, sender=request.sender.text, recipients=recipients)
        )

    @staticmethod
    def _fill(choice: Choice, values: list[int], wanted: Any, default: int, words: Callable[[float], str]) -> None:
        choice.clear()
        for value in values:
            choice.addItem(words(value), value)
        for candidate in (wanted, default, values[0]):
            index = choice.findData(candidate) if candidate is not None else -1
            if index >= 0:
                choice.setCurrentIndex(index)
                return

    def start(self) -> None:
        """Begin to watch."""
        from dataclasses import replace

        from core.watching.plan import UnfitPlan, make_plan

        if self.controller.busy:
            return
        found = self._prepare()  # anew: the form may have been changed since
        if found is None:
            self.status.setText(self.tr("The settings on the page “Check” need a look first."))
            announce(self, self.status.text())
            return
        request, practice, keep, client = found
        self._show_target(request, practice)
        every, duration, until = self.every.currentData(), self.duration.currentData(), self.until.currentData()
        for field in (self.every_field, self.duration_field):
            field.show_problem("")
        try:
            plan = make_plan(replace(request, practice=practice), float(every), float(duration), until=until)
        except UnfitPlan as problem:
            field = self.every_field if problem.field == "every" else self.duration_field
            field.show_problem(str(problem))
            return
        self._store.put(KEY, {"every": every, "for": duration, "until": until})
        self.controller.start(request, plan, practice=practice, keep=keep, client=client)

    # What is shown

    def _state_changed(self) -> None:
        busy = self.controller.busy
        for widget in (self.every, self.duration, self.until):
            widget.setEnabled(not busy)
        focus = self.focusWidget()
        self.start_button.setVisible(not busy)
        self.stop_button.setVisible(busy)
        self.stop_button.setEnabled(not self.controller.ending)
        if focus is self.start_button and busy:
            self.stop_button.setFocus()
        if busy and not self._timer.isActive():
            self._timer.start()
        elif not busy:
            self._timer.stop()
        self._tick()

    def _tick(self) -> None:
        """Say what is being waited for."""
        controller = self.controller
        text = ""
        if controller.ending:
            text = self.tr("Ending the conversation politely …")
        elif controller.running and controller.stage is not None:
            words = self.tr("Run {n} – {stage}: waiting for {what}")
            text = words.format(n=controller.running, stage=stage_name(controller.stage), what=controller.waiting_for)
        elif controller.next_at is not None:
            text = self._next_words(controller.next_at, controller.seconds_to_next())
        elif controller.document is not None and not controller.busy:
            from core.watching.text import ENDED

            text = ENDED[controller.document.ended_by]
        elif not controller.busy:
            text = self.tr("Nothing is watched yet. You can go on using the window meanwhile.")
        if self.status.text() != text:
            self.status.setText(text)

    def _next_words(self, at: float, seconds: float) -> str:
        from core.watching.plan import in_words

        moment = time.strftime("%H:%M:%S", time.localtime(at))
        text = self.tr("Next run at {time}, in {rest}").format(time=moment, rest=in_words(seconds))
        return text + self.tr(" – later than planned, because the server put us off") * self.controller.backed_off

    def _show_document(self, document: WatchDocument | None) -> None:
        self.timeline.show_document(document)
        self.model.show_document(document)
        has = document is not None and bool(document.runs)
        for button in (self.copy_ticket, self.save):
            button.setVisible(has)
        if document is None:
            self._sign.set_status("idle")
            self.summary.setText(self.tr("Trouble that comes and goes shows only when the check is repeated."))
            self.notes.hide()
            return
        sign, colour = LOOKS[document.outcome.value] if document.runs else ("idle", "text")
        self._sign.set_status(sign)
        self.summary.setText(document.summary if document.runs else self.tr("The first run is under way."))
        self.summary.set_colour(colour if document.runs else "text")
        self.notes.setText("\n".join(f"{note.title}: {note.text}" for note in document.notes))
        self.notes.setVisible(bool(document.notes))

    def _ended(self, document: WatchDocument | None) -> None:
        self._show_document(document)
        self._state_changed()
        if document is not None and self.isVisible():
            from core.watching.text import ENDED

            announce(self, f"{ENDED[document.ended_by]} {document.summary}")

    def _choose(self, number: int) -> None:
        row = self.model.row_of(number)
        if row >= 0:
            self.table.selectRow(row)
            self.table.scrollTo(self.model.index(row, 0))

    # What leaves the dialog

    def text(self) -> str:
        """Return the watch as text for a ticket."""
        document = self.controller.document
        if document is None:
            return ""
        from core.watching.text import render_text

        return render_text(document)

    def _save(self) -> None:
        document = self.controller.document
        if document is None:
            return

        def make(ending: str) -> str:
            from core.watching.document import to_json
            from core.watching.text import render_text

            return to_json(document) + "\n" if ending == "json" else render_text(document)

        suggested = str(Path.home() / f"Sendproof watch {document.started_at[:10]}")
        ask_to_save(self, self._engine, self.tr("Save the watch"), suggested, make, ("txt", "json"))

    def done(self, result: int) -> None:
        """Close (Esc, the button, the window's own one): a watch that runs goes on, and that is said."""
        super().done(result)
        if self.controller.busy:
            self.left_running.emit()
