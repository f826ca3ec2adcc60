"""A stored report, complete and read-only: verdict, stages and conversation as the technician's page shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.stages import Stage
from gui.controllers.check import CheckController
from gui.engine import Engine
from gui.pages.check import StageNote, least_height, status_line
from gui.widgets.basics import Card, label, unit
from gui.widgets.stage_rail import StageRail
from gui.widgets.transcript_view import TranscriptView
from gui.widgets.verdict_card import VerdictCard

if TYPE_CHECKING:
    from core.reports.report import Report


VERDICT_BESIDE_LIST = 0.42
VERDICT_ALONE = 0.52
"""Shares of the height; beside the list there is less room for the conversation."""


class ReportView(QWidget):
    """Shows one report. It has a controller of its own, so a check that runs meanwhile is not disturbed."""

    def __init__(self, engine: Engine, heading: Callable[[], str], ticket_text: Callable[[], str]) -> None:
        super().__init__()
        base = unit(self)
        self.share = VERDICT_BESIDE_LIST
        self.controller = CheckController(engine, self)
        self.verdict = VerdictCard(ticket_text)
        self.rail = StageRail(self.controller.stages)
        self.note = StageNote()
        self.transcript = TranscriptView(self.controller.transcript, heading)
        self._rail_card = Card()
        inside = QVBoxLayout(self._rail_card)
        inside.setContentsMargins(base, base // 2, base, base // 2)
        inside.setSpacing(base // 2)
        inside.addWidget(self.rail)
        inside.addWidget(self.note)
        transcript_card = Card()
        around = QVBoxLayout(transcript_card)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.transcript)
        self.status = label(muted=True, scale=0.94, wrap=True)
        self.status.setContentsMargins(base // 2, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        layout.addWidget(self.verdict)
        layout.addWidget(self._rail_card)
        layout.addWidget(transcript_card, 1)
        layout.addWidget(self.status)
        self._refit = QTimer(self)  # labels know their final height only once they are shown
        self._refit.setSingleShot(True)
        self._refit.setInterval(0)
        self._refit.timeout.connect(self._fit_verdict)
        for signal in (self.verdict.size_wanted, self.transcript.size_wanted, self.note.close_button.clicked):
            signal.connect(self._refit.start)
        self.rail.chosen.connect(self._stage_chosen)
        self.controller.shown.connect(self._shown)

    def set_share(self, share: float) -> None:
        """Give the verdict at most that share of the height."""
        self.share = share
        self._refit.start()

    def show_report(self, report: Report) -> None:
        """Show `report`."""
        self.note.hide()
        self.rail.clearSelection()
        self.controller.show_report(report)

    def _shown(self, report: Report) -> None:
        self.verdict.show_report(report, self.controller.reply)
        self.status.setText(status_line(report))
        self.transcript.show_failure(self.controller.transcript.first_failed_row())
        self._refit.start()

    def _stage_chosen(self, stage: Stage) -> None:
        self.note.explain(self.controller, stage)
        self.transcript.show_stage(stage)
        self._refit.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the verdict its share of the new height."""
        super().resizeEvent(event)
        self._fit_verdict()

    def _fit_verdict(self) -> None:
        """Show the whole verdict if half of the height is enough for it; else it scrolls."""
        width = self.width()
        rest = least_height(self.transcript, width) + least_height(self._rail_card, width) + unit(self) * 3
        rest += self.status.heightForWidth(width) + 2
        room = max(
            self.verdict.minimumSizeHint().height(), min(round(self.height() * self.share), self.height() - rest)
        )
        self.verdict.take_height(width, room)
