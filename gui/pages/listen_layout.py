"""How the page that listens is laid out: the form before, and the board with sessions, facts and findings after."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from gui.models.sessions import SessionModel
from gui.models.transcript import TranscriptModel
from gui.pages.page import Page
from gui.widgets.basics import Button, Card, Choice, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.device_facts import DeviceFacts
from gui.widgets.field_hint import FieldHint
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.judged_findings import JudgedFindings
from gui.widgets.listen_banner import ListenBanner
from gui.widgets.listen_setup import ListenSetup
from gui.widgets.listen_steps import ListenSteps
from gui.widgets.scrolling import scroll_area
from gui.widgets.session_list import SessionList
from gui.widgets.transcript_view import TranscriptView


class ListenLayout(Page):
    """Makes the widgets; what they do is in `ListenPage`."""

    def _lay_out(self, sessions: SessionModel) -> None:
        self.setup = ListenSetup()
        self.banner = ListenBanner()
        self.steps = ListenSteps()
        self.sessions = SessionList(sessions)
        self.facts = DeviceFacts()
        self.findings = JudgedFindings()
        self._lines = TranscriptModel(self, listening=True)
        self.transcript = TranscriptView(self._lines, self._heading)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.setup)
        self._board = self._build_board()
        self._stack.addWidget(self._board)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    def _heading(self) -> str:
        """Return the line that a copied conversation begins with."""
        return ""

    def _build_board(self) -> QWidget:
        base = unit(self)
        board = QWidget()
        layout = QVBoxLayout(board)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        layout.addWidget(self.banner)
        self.advice = FieldHint()
        layout.addWidget(self.advice)
        self._sessions_card = Card()
        inside = QVBoxLayout(self._sessions_card)
        inside.setContentsMargins(base, base // 2, base // 2, base // 2)
        inside.addWidget(self.sessions)
        layout.addWidget(self._sessions_card)
        self._results = QSplitter(Qt.Orientation.Vertical)
        self._results.setChildrenCollapsible(False)
        self._results.setHandleWidth(base)
        self._results.addWidget(self._build_columns())
        self._results.addWidget(self._build_transcript())
        self._results.setStretchFactor(0, 3)
        self._results.setStretchFactor(1, 2)
        self._results.setSizes([640, 360])
        self._steps_card = Card()
        steps = QVBoxLayout(self._steps_card)
        steps.setContentsMargins(1, 1, 1, 1)
        steps.addWidget(scroll_area(self.steps))
        layout.addWidget(self._steps_card, 1)
        layout.addWidget(self._results, 1)
        layout.addWidget(self._build_buttons())
        return board

    def _build_columns(self) -> QWidget:
        base = unit(self)
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setChildrenCollapsible(False)
        columns.setHandleWidth(base)
        self._facts_title = label(self.tr("What the device does"), bold=True, scale=1.08, wrap=True)
        columns.addWidget(self._column(self.tr("What the device does"), self._facts_title, self.facts))
        self.service = Choice(self.tr("Service that is asked"))
        self._findings_title = label(bold=True, scale=1.08, wrap=True)
        columns.addWidget(
            self._column(self.tr("What the service would say"), self._findings_title, self.findings, self.service)
        )
        columns.setStretchFactor(0, 1)
        columns.setStretchFactor(1, 1)
        columns.setSizes([1000, 1000])
        columns.setMinimumHeight(round(self.fontMetrics().height() * 7))
        self._columns = columns
        return columns

    def _column(self, name: str, title: QWidget, body: QWidget, beside: QWidget | None = None) -> Card:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(base * 2, round(base * 1.4), base // 2, base)
        layout.setSpacing(base)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, base, 0)
        head.addWidget(title, 1)
        if beside is not None:
            head.addWidget(beside, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addLayout(head)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, base, base)
        inside.addWidget(body)
        layout.addWidget(scroll_area(inner, name), 1)
        card.setMinimumWidth(round(self.fontMetrics().averageCharWidth() * 30))
        return card

    def _build_transcript(self) -> QWidget:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._side = QWidget()
        row = QHBoxLayout(self._side)
        row.setContentsMargins(base * 2, base, base, 0)
        self.side = Choice(self.tr("Which conversation is shown"))
        self.side.addItem(self.tr("Device and Sendproof"), False)
        self.side.addItem(self.tr("Sendproof and the real server"), True)
        row.addWidget(label(self.tr("Conversation:"), muted=True))
        row.addWidget(self.side)
        row.addStretch(1)
        self._side.hide()
        layout.addWidget(self._side)
        layout.addWidget(self.transcript, 1)
        return card

    def _build_buttons(self) -> QWidget:
        base = unit(self)
        self._buttons = QWidget()
        layout = QVBoxLayout(self._buttons)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base // 2)
        row = QWidget()
        flow = FlowLayout(row, gap=base, line_gap=base // 2)
        self.replay_button = Button(self.tr("Try it as the copier would"), sign="play")
        self.replay_button.setToolTip(
            self.tr("Fills the check with the same envelope, sign-in method and TLS limits, towards the real server")
        )
        self.save_button = Button(self.tr("Save…"), sign="save")
        self.ticket_button = CopyButton(self.tr("Copy for ticket"), lambda: "")
        self.ticket_button.clicked.disconnect()
        for button in (self.replay_button, self.save_button, self.ticket_button):
            flow.addWidget(button)
        layout.addWidget(row)
        self.status = label(muted=True, scale=0.94, wrap=True)
        self.status.hide()
        layout.addWidget(self.status)
        return self._buttons
