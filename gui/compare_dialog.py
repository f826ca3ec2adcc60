"""Compares a finished run with another one: over another network, or from files. Keeps nothing else waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.stages import Outcome
from gui.controllers.check import CheckController, State
from gui.engine import Engine, Job
from gui.saving import ask_to_save
from gui.texts import outcome_name, stage_name
from gui.theme import theme
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, Chip, StatusSign, label, unit
from gui.widgets.comparison_view import ComparisonView, comparison_text
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.look import look_of
from gui.widgets.result_parts import Remark, Step
from gui.widgets.sizes import open_at
from gui.widgets.stage_rail import StageRail

if TYPE_CHECKING:
    from core.comparing.comparison import Comparison
    from core.reports.report import Report
    from core.request import CheckRequest


class CompareDialog(QDialog):
    """Three pages: what to do, the second run as it goes, the comparison.

    `run_ended` carries the Report of a second run, so that it can be kept. `busy` and `ended` are for the window,
    which waits for a run before it closes.
    """

    run_ended = Signal(object)
    state_changed = Signal()

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare two runs"))
        self._engine = engine
        self._first: Report | None = None
        self._request: CheckRequest | None = None
        self._practice: str | None = None
        self._folder = ""
        self._asked = 0
        self.controller = CheckController(engine, self)
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base, base, base, base)
        layout.setSpacing(base)
        self.stack = QStackedWidget()
        layout.addWidget(self.stack, 1)
        self._begin_page = QWidget()
        self.view = ComparisonView()
        self.view.save_wanted.connect(self._save)
        self._running_page = self._make_running_page()
        for page in (self._begin_page, self._running_page, self.view):
            self.stack.addWidget(page)
        layout.addLayout(self._make_buttons())
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._tick)
        self.controller.state_changed.connect(self._state_changed)
        self.controller.finished.connect(self._finished)
        self.controller.failed_to_run.connect(self._failed)
        open_at(self, 118, 42)

    # Building

    def _make_buttons(self) -> QHBoxLayout:
        base = unit(self)
        row = QHBoxLayout()
        row.setSpacing(base)
        left = QWidget()
        flow = FlowLayout(left, gap=base, line_gap=base // 2)
        flow.setContentsMargins(0, 0, 0, 0)
        self.run_button = Button(self.tr("Run again"), primary=True, sign="play")
        self.run_button.clicked.connect(self.run)
        self.cancel_button = Button(self.tr("Cancel"), sign="stop")
        self.cancel_button.clicked.connect(self.cancel)
        self.open_button = Button(self.tr("Compare with a saved report…"))
        self.open_button.clicked.connect(self.ask_for_files)
        for button in (self.run_button, self.cancel_button, self.open_button, self.view.copy_ticket, self.view.save):
            flow.addWidget(button)
        row.addWidget(left, 1)
        self.close_button = Button(self.tr("Close"))
        self.close_button.clicked.connect(self.close)
        row.addWidget(self.close_button)
        return row

    def _make_running_page(self) -> QWidget:
        base = unit(self)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        card = Card()
        card.set_bar("running")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(round(base * 2.6), base * 2, base * 2, base * 2)
        inside.setSpacing(base)
        row = QHBoxLayout()
        row.setSpacing(base)
        self._sign = StatusSign("running", scale=1.35)
        row.addWidget(self._sign)
        self._running_title = label(bold=True, scale=1.3, wrap=True)
        row.addWidget(self._running_title, 1)
        inside.addLayout(row)
        self.waiting = label(wrap=True, muted=True)
        inside.addWidget(self.waiting)
        self.rail = StageRail(self.controller.stages)
        inside.addWidget(self.rail)
        layout.addWidget(card)
        layout.addStretch(1)
        self._phase = 0.0
        return page

    def _fill_begin_page(self) -> None:
        """Say what is kept and what to do now."""
        page = QWidget()
        base = unit(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        if self._first is not None:
            layout.addWidget(self._kept_card(self._first))
            layout.addWidget(self._steps_card(self._first))
        else:
            card = Card()
            inside = QVBoxLayout(card)
            inside.setContentsMargins(base * 3, base * 3, base * 3, base * 3)
            inside.addWidget(label(self.tr("Compare two saved reports"), bold=True, scale=1.3, wrap=True))
            words = self.tr("Choose the two files (JSON): the older one counts as the first run.")
            inside.addWidget(label(words, wrap=True, muted=True))
            layout.addWidget(card)
        self._problem = Remark("warning", "warning", "")
        self._problem.hide()
        layout.addStretch(1)
        self.stack.removeWidget(self._begin_page)
        self._begin_page.deleteLater()
        self._begin_page = page
        self.stack.insertWidget(0, page)

    def _kept_card(self, report: Report) -> Card:
        base = unit(self)
        sign, colour = look_of(report)
        card = Card()
        card.set_bar(colour)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(round(base * 2.6), base * 2, base * 2, base * 2)
        layout.setSpacing(base // 2)
        row = QHBoxLayout()
        row.setSpacing(base)
        row.addWidget(StatusSign(sign, scale=1.2))
        row.addWidget(label(self.tr("This run is kept as the first one"), bold=True, wrap=True), 1)
        if report.request.practice:
            row.addWidget(Chip(self.tr("Practice"), colour="warning"))
        layout.addLayout(row)
        where = f" – {stage_name(report.failed_stage)}" if report.failed_stage is not None else ""
        ended = f"{outcome_name(report.outcome.value)}{where}: {report.diagnosis.title}"
        layout.addWidget(label(f"{report.target.server}:{report.target.port}, {ended}", wrap=True).selectable())
        address = report.proof.public_address
        known = self.tr("Public address {a}").format(a=address) if address else self.tr("Public address not known")
        layout.addWidget(label(known, wrap=True, muted=True).selectable())
        return card

    def _steps_card(self, report: Report) -> Card:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(round(base * 2.6), base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        layout.addWidget(label(self.tr("Compare with another network"), bold=True, scale=1.3, wrap=True))
        steps = [
            self.tr("Join another network, such as your phone’s hotspot. Unplug the network cable and end any VPN."),
            self.tr("Run again: the same check goes out over the other network, with the same settings and password."),
        ]
        for number, step in enumerate(steps, 1):
            layout.addWidget(Step(number, step, report.target.server))
        if report.target.port == 25:
            words = self.tr(
                "Mobile networks filter port 25 as a rule. If the second run gets no connection at all, that says "
                "nothing about this site."
            )
            layout.addWidget(Remark("info", "running", words))
        if report.request.practice:
            words = self.tr("In practice there is no network to change: another practice server plays the other one.")
            layout.addWidget(Remark("info", "running", words))
        return card

    # What is compared

    def begin(self, report: Report, request: CheckRequest) -> None:
        """Take a finished run as the first one; `request` is what was checked, run again unchanged later."""
        if self.busy:
            self._to_front()
            return
        self._asked += 1
        self._first = report
        self._request = request
        self._practice = report.request.practice
        self.setWindowTitle(self.tr("Compare with another network"))
        self._fill_begin_page()
        self._show(self._begin_page)
        self._to_front()
        self.run_button.setFocus()

    def begin_with_files(self) -> None:
        """Ask for two saved reports and compare them."""
        if not self.busy:
            self._asked += 1
            self._first = self._request = self._practice = None
            self.setWindowTitle(self.tr("Compare two saved reports"))
            self._fill_begin_page()
            self._show(self._begin_page)
            self.ask_for_files()
        self._to_front()

    def _to_front(self) -> None:
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def busy(self) -> bool:
        """Whether the second run is under way."""
        return self.controller.busy

    def run(self) -> None:
        """Run the same check again."""
        request = self._request
        if request is None or self.busy:
            return
        if self._practice is not None:
            self.controller.play(_practise_elsewhere(self._practice, request))
        else:
            self.controller.run(request)

    def cancel(self) -> None:
        """End the second run politely."""
        self.controller.cancel()

    def abort(self) -> None:
        """End the second run at once: the window is closing."""
        self.controller.abort()

    def _state_changed(self) -> None:
        state = self.controller.state
        if state is State.RUNNING:
            target = f"{self._request.server}:{self._request.port}" if self._request else ""
            self._running_title.setText(self.tr("Checking {target} again").format(target=target))
            self.waiting.setText(self.tr("Beginning …"))
            self._show(self._running_page)
            self.cancel_button.setFocus()
            self._timer.start()
        elif state is State.CANCELLING:
            self.waiting.setText(self.tr("Ending the conversation politely …"))
        else:
            self._timer.stop()
        self._sync_buttons()
        self.state_changed.emit()

    def _tick(self) -> None:
        if theme.moves():
            self._phase = (self._phase + 0.06) % 1.0
            self._sign.set_status("running", self._phase)
        stages = self.controller.stages
        if self.controller.state is State.RUNNING and stages.running is not None:
            words = self.tr("{stage}: waiting for {what}")
            self.waiting.setText(words.format(stage=stage_name(stages.running), what=stages.waiting_for))

    def _finished(self, report: Report) -> None:
        self.run_ended.emit(report)
        if report.outcome is Outcome.CANCELLED or self._first is None:
            self._show(self._begin_page)
            return
        first = self._first
        self._compare(lambda: (first, report))

    def _failed(self, words: str) -> None:
        self._show(self._begin_page)
        announce(self._begin_page, words)

    def _compare(self, read: Callable[[], tuple[Report, Report]]) -> None:
        """Compare the two reports that `read` returns, beside the window's thread, and show what follows."""
        self._asked += 1
        asked = self._asked

        async def work(_job: Job) -> Comparison | str:
            from core.comparing.compare import compare
            from core.history.aside import aside
            from core.history.files import UnreadableFile

            def look() -> Comparison | str:
                try:
                    return compare(*read())
                except UnreadableFile as problem:
                    return str(problem)

            return await aside(look)

        def done(found: Any) -> None:
            if asked != self._asked:
                return
            if isinstance(found, str):
                self._say(found)
            else:
                self.show_comparison(found)

        self._engine.submit(work, done=done)

    def show_comparison(self, comparison: Comparison) -> None:
        """Show a comparison that is there already."""
        self.view.show_comparison(comparison)
        self._show(self.view)
        self.view.copy_ticket.setFocus()
        announce(self.view, f"{comparison.conclusion.title}. {comparison.conclusion.text}")

    def _say(self, problem: str) -> None:
        """Say on the first page why files can't be compared."""
        self._show(self._begin_page)
        layout = self._begin_page.layout()
        assert isinstance(layout, QVBoxLayout)
        self._problem.deleteLater()
        self._problem = Remark("warning", "warning", problem, heading=self.tr("These can’t be compared"))
        layout.insertWidget(0, self._problem)
        announce(self._begin_page, problem)

    # Files

    def ask_for_files(self) -> QFileDialog:
        """Ask which saved report to compare with, or which two."""
        one = self._first is not None
        title = self.tr("Choose the report to compare with") if one else self.tr("Choose two reports")
        dialog = QFileDialog(self, title, self._folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if one else QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Reports (*.json)"), self.tr("All files (*)")])
        dialog.filesSelected.connect(lambda paths: self.open_files([Path(path) for path in paths]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def open_files(self, paths: Sequence[Path]) -> None:
        """Compare the kept run with one file, or two files with each other; the older one is the first run."""
        if paths:
            self._folder = str(paths[0].parent)
        kept = [self._first] if self._first is not None else []
        if len(kept) + len(paths) != 2:
            self._say(self.tr("Choose two files to compare: hold Ctrl for the second one."))
            return
        self._compare(lambda: _in_order(*kept, *map(_read, paths)))

    def _save(self) -> None:
        comparison = self.view.comparison
        if comparison is None:
            return
        name = f"Sendproof comparison {comparison.started_at[:10]}"
        suggested = str(Path(self._folder or Path.home()) / name)
        ask_to_save(
            self, self._engine, self.tr("Save the comparison"), suggested, lambda end: comparison_text(comparison, end)
        )

    # What is shown

    def _show(self, page: QWidget) -> None:
        self.stack.setCurrentWidget(page)
        self._sync_buttons()

    def _sync_buttons(self) -> None:
        shown, busy = self.stack.currentWidget(), self.busy
        self.run_button.setVisible(not busy and self._request is not None)
        self.cancel_button.setVisible(busy)
        self.cancel_button.setEnabled(self.controller.state is not State.CANCELLING)
        self.open_button.setVisible(not busy)
        words = self.tr("Compare with a saved report…") if self._first is not None else self.tr("Choose two reports…")
        if self.open_button.text() != words:
            self.open_button.set_look(words, primary=self._first is None)
        for button in (self.view.copy_ticket, self.view.save):
            button.setVisible(shown is self.view)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc cancel a run first, and close after that."""
        from PySide6.QtCore import Qt

        if event.key() == Qt.Key.Key_Escape and self.busy:
            self.cancel()
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Close (Esc, the button, the window's own one): cancel what runs; the password goes with the dialog."""
        self.cancel()
        self.wipe()
        super().done(result)

    def wipe(self) -> None:
        """Forget the request with its password."""
        self._request = None


def _read(path: Path) -> Report:
    """Return the report in a file. Raises UnreadableFile."""
    from core.history.files import UnreadableFile
    from core.history.opening import open_file

    name = path.name
    try:
        opened = open_file(path)
    except UnreadableFile as problem:
        raise UnreadableFile(f"{name}: {problem}") from None
    if opened.report is None:
        raise UnreadableFile(f"{name}: This is no check; only checks can be compared.")
    return opened.report


def _in_order(one: Report, two: Report) -> tuple[Report, Report]:
    from core.history.entry import moment

    first, second = sorted((one, two), key=lambda report: str(moment(report.started_at)))
    return first, second


def _practise_elsewhere(practice: str, request: CheckRequest) -> Callable[[Job], Any]:
    """Return the work of a check against the practice server that plays the same one as another network meets it."""

    async def work(job: Job) -> Any:
        from dataclasses import replace

        from core.practice.load import load_scenario
        from gui.controllers.check import rehearse_in_job

        elsewhere = load_scenario(practice).elsewhere or practice
        return await rehearse_in_job(job, elsewhere, replace(request, ca_file=None))  # that of the first run is gone

    return work
