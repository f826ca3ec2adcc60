"""The technician's view: form on the left; verdict, stages and transcript on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from core.stages import Outcome, Stage, StageStatus
from gui.controllers.check import CheckController, State
from gui.engine import Engine, Job
from gui.texts import stage_name, state_name
from gui.widgets.announce import announce
from gui.widgets.basics import Card, SignButton, label, unit
from gui.widgets.check_form import CheckForm
from gui.widgets.stage_rail import StageRail
from gui.widgets.transcript_view import TranscriptView
from gui.widgets.verdict_card import VerdictCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.reports.report import Report
    from core.request import CheckRequest

SAY_WAITING_AFTER = 2.0
"""After so many seconds it is said what is being waited for."""


class StageNote(QWidget):
    """What the chosen stage proves and what it does not."""

    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(base * 2, 0, base, base)
        layout.setSpacing(base)
        words = QVBoxLayout()
        words.setSpacing(base // 3)
        self._heading = label(bold=True, wrap=True)
        self._proves = label(wrap=True, scale=0.96).selectable()
        self._not = label(wrap=True, scale=0.96).selectable()
        for part in (self._heading, self._proves, self._not):
            words.addWidget(part)
        layout.addLayout(words, 1)
        self.close_button = SignButton("cross", self.tr("Close this explanation"))
        self.close_button.clicked.connect(self.hide)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def explain(self, controller: CheckController, stage: Stage) -> None:
        """Show what is known of `stage`."""
        state = controller.stages.state(stage)
        result = controller.stages.result(stage)
        head = f"{stage_name(stage)} – {state_name(state)}"
        if result is not None and result.summary:
            head += f": {result.summary}"
        self._heading.setText(head)
        proves = result.proves if result else ""
        does_not = result.does_not_prove if result else ""
        self._proves.setText(self.tr("This proves: {text}").format(text=proves) if proves else "")
        self._not.setText(self.tr("This does not prove: {text}").format(text=does_not) if does_not else "")
        self._proves.setVisible(bool(proves))
        self._not.setVisible(bool(does_not))
        self.setVisible(True)


class CheckPage(QWidget):
    """Wires form, controller, verdict, rail and transcript together."""

    def __init__(
        self,
        engine: Engine,
        controller: CheckController,
        heading: Callable[[], str],
        ticket_text: Callable[[], str],
    ) -> None:
        super().__init__()
        self._engine = engine
        self.controller = controller
        base = unit(self)
        self.form = CheckForm()
        self.verdict = VerdictCard(ticket_text)
        self.rail = StageRail(controller.stages)
        self.transcript = TranscriptView(controller.transcript, heading)
        self.note = StageNote()

        rail_card = Card()
        rail_layout = QVBoxLayout(rail_card)
        rail_layout.setContentsMargins(base, base // 2, base, base // 2)
        rail_layout.setSpacing(base // 2)
        rail_layout.addWidget(self.rail)
        rail_layout.addWidget(self.note)
        self._rail_card = rail_card
        transcript_card = Card()
        inside = QVBoxLayout(transcript_card)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.transcript)

        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(base)
        right.addWidget(self.verdict)
        right.addWidget(rail_card)
        right.addWidget(transcript_card, 1)
        self.status = label(muted=True, scale=0.94)
        self.status.setContentsMargins(base // 2, 0, 0, 0)
        right.addWidget(self.status)

        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(base)
        self.splitter.addWidget(self.form)
        self.splitter.addWidget(self._right)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

        metrics = self.fontMetrics()
        self.form.setMinimumWidth(metrics.averageCharWidth() * 36)
        self._right.setMinimumWidth(metrics.averageCharWidth() * 56)
        self._splitter_set = False

        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._tick)
        self.form.mx_wanted.connect(self._look_up_mx)
        self.rail.chosen.connect(self._stage_chosen)
        self.verdict.size_wanted.connect(self._fit_verdict)
        self._refit = QTimer(self)  # labels know their final height only once they are shown
        self._refit.setSingleShot(True)
        self._refit.setInterval(0)
        self._refit.timeout.connect(self._fit_verdict)
        self.verdict.size_wanted.connect(self._refit.start)
        self.transcript.size_wanted.connect(self._refit.start)
        self.note.close_button.clicked.connect(self._refit.start)
        controller.state_changed.connect(self._state_changed)
        controller.began.connect(self._began)
        controller.finished.connect(self._finished)
        controller.failing_row.connect(self.transcript.show_failure)
        controller.failed_to_run.connect(self.verdict.show_welcome)
        self.setTabOrder(self.form, self.verdict)
        self.setTabOrder(self.verdict, self.rail)

    def sync(self) -> None:
        """Show what the controller holds, for a page that is made when a check has run already."""
        if self.controller.busy:
            self._state_changed()
            if self.controller.request is not None:
                self._began(self.controller.request)
        elif self.controller.report is not None:
            self._finished(self.controller.report)

    def _look_up_mx(self, domain: str) -> None:
        async def work(_job: Job) -> tuple[str, str]:
            from core.everyday import mail_servers, why_no_server

            found = await mail_servers(domain)
            return (found.hosts[0] if found.hosts else ""), why_no_server(found)

        def done(found: tuple[str, str]) -> None:
            server, error = found
            problem = self.tr("{error} Type the server’s name yourself.").format(error=error)
            self.form.mx_found(domain, server, problem)

        self._engine.submit(work, done=done)

    def restore_splitter(self, state: QByteArray) -> None:
        """Take the width of the form as it was left."""
        self._splitter_set = self.splitter.restoreState(state)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the verdict its share of the new height."""
        super().resizeEvent(event)
        if not self._splitter_set:
            form = round(self.fontMetrics().averageCharWidth() * 42)
            self.splitter.setSizes([min(form, round(self.width() * 0.32)), self.width()])
            self._splitter_set = True
        self._fit_verdict()

    def _fit_verdict(self) -> None:
        """Show the whole verdict if half of the page is enough for it; else it scrolls."""
        width = self._right.width()
        rest = least_height(self.transcript, width) + least_height(self._rail_card, width) + unit(self) * 5
        room = max(self.verdict.minimumSizeHint().height(), min(round(self.height() * 0.54), self.height() - rest))
        self.verdict.take_height(width, room)

    def _stage_chosen(self, stage: Stage) -> None:
        self.note.explain(self.controller, stage)
        self.transcript.show_stage(stage)
        self._fit_verdict()

    def _state_changed(self) -> None:
        state = self.controller.state
        self.form.set_running(self.controller.busy, cancelling=state is State.CANCELLING)
        if state is State.RUNNING:
            self.note.hide()
            self.rail.clearSelection()
            self.status.setText("")
            self.verdict.show_running(self.tr("the mail server"))
            self._timer.start()
        elif state is State.CANCELLING:
            self.verdict.show_waiting(self.tr("Ending the conversation politely …"))
        else:
            self._timer.stop()

    def _began(self, request: CheckRequest) -> None:
        target = self.tr("{server}, port {port}").format(server=request.server, port=request.port)
        self.verdict.show_running(target)

    def _tick(self) -> None:
        self.verdict.turn()
        stages = self.controller.stages
        if self.controller.state is not State.RUNNING:
            return
        if stages.running is None:
            results = (stages.result(stage) for stage in Stage)
            if any(result is not None and result.status is StageStatus.FAILED for result in results):
                self.verdict.show_waiting(self.tr("Looking for the reason …"))
            return
        seconds = self.controller.seconds_in_stage()
        name = stage_name(stages.running)
        if seconds < SAY_WAITING_AFTER:
            self.verdict.show_waiting(name)
        else:
            words = self.tr("{stage}: waiting for {what}, {seconds} s so far, at most {limit} s")
            self.verdict.show_waiting(
                words.format(stage=name, what=stages.waiting_for, seconds=f"{seconds:.0f}", limit=f"{stages.limit:g}")
            )

    def _finished(self, report: Report) -> None:
        self.verdict.show_report(report, self.controller.reply)
        self.status.setText(status_line(report))
        self.transcript.show_failure(self.controller.transcript.first_failed_row())
        if self.isVisible():
            words = f"{self.verdict.headline(report)}. {report.diagnosis.title}. {report.diagnosis.summary}"
            announce(self.verdict, words)


def least_height(widget: QWidget, width: int) -> int:
    """Return the height below which a QBoxLayout never makes `widget`, which has a layout too, at `width`.

    Where texts wrap in it, that is not its minimum: Qt then takes the height for the width as the least.
    """
    layout = widget.layout()
    assert layout is not None
    if layout.hasHeightForWidth():
        return layout.totalHeightForWidth(width)
    return layout.totalMinimumSize().height()


def status_line(report: Report) -> str:
    """Return the facts under the transcript: public address, time, whether a message was sent."""
    from PySide6.QtCore import QCoreApplication

    translate = QCoreApplication.translate
    parts = []
    if report.request.practice:
        parts.append(translate("CheckPage", "Practice server"))
    if report.proof.public_address:
        parts.append(translate("CheckPage", "Public address {a}").format(a=report.proof.public_address))
    parts.append(translate("CheckPage", "Finished in {s} s").format(s=f"{report.duration_ms / 1000:.2f}"))
    sent = report.stage(Stage.MESSAGE).status in {StageStatus.PASSED, StageStatus.WARNING}
    if sent and report.outcome is Outcome.ACCEPTED:
        parts.append(translate("CheckPage", "A test message was handed over"))
    else:
        parts.append(translate("CheckPage", "No message was sent"))
    return "     ".join(parts)
