"""Runs a check again: as it was, over another network to compare, or at intervals. Makes its two dialogs late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.stages import Outcome

if TYPE_CHECKING:
    from core.practice.model import Scenario
    from core.reports.report import Report
    from core.request import CheckRequest
    from gui.compare_dialog import CompareDialog
    from gui.controllers.watching import WatchController
    from gui.watch_dialog import WatchDialog
    from gui.window import MainWindow


class Repeating(QObject):
    """`offered` carries whether there is a finished check that can be compared with another one."""

    offered = Signal(bool)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.compare_dialog: CompareDialog | None = None
        self.watch_dialog: WatchDialog | None = None
        self.watching: WatchController | None = None
        window.controller.state_changed.connect(self._offer)

    @property
    def can_compare(self) -> bool:
        """Whether the last check came to an end of its own, and its settings are still known."""
        controller = self._window.controller
        report = controller.report
        ended = report is not None and report.outcome is not Outcome.CANCELLED
        return ended and not controller.busy and controller.request is not None

    def _offer(self) -> None:
        self.offered.emit(self.can_compare)

    @property
    def busy(self) -> bool:
        """Whether a second run or a watch is under way."""
        comparing = self.compare_dialog is not None and self.compare_dialog.busy
        return comparing or (self.watching is not None and self.watching.busy)

    def cancel(self) -> None:
        """End both politely; what was found stays."""
        if self.compare_dialog is not None and self.compare_dialog.busy:
            self.compare_dialog.cancel()
        if self.watching is not None and not self.watching.ending:
            self.watching.stop()

    def abort(self) -> None:
        """End both at once."""
        if self.compare_dialog is not None:
            self.compare_dialog.abort()
        if self.watching is not None:
            self.watching.abort()

    def wipe(self) -> None:
        """Forget the passwords: the window closes."""
        if self.compare_dialog is not None:
            self.compare_dialog.wipe()

    # As it was

    def run_again(self, report: Report) -> None:
        """Fill the check's form with the settings of an earlier check; the password has to be typed anew."""
        from core.history.rerun import form_values_of, to_type_anew

        window, practice = self._window, report.request.practice
        values, missing = form_values_of(report), to_type_anew(report)

        def fill(scenarios: dict[str, Scenario]) -> None:
            scenario = scenarios.get(practice) if practice else None
            window.set_practice(scenario)
            if scenario is not None and scenario.check.user == values.user:
                window.check_with(replace(values, password=scenario.form().password))  # that of the lesson
            else:
                window.check_with(values)
                if missing:
                    window.notice.say(" ".join(missing))

        if practice:
            window.menus.practice.with_scenarios(fill)
        else:
            fill({})

    # Comparing

    def compare(self) -> None:
        """Compare the last check with one over another network."""
        controller = self._window.controller
        if self.can_compare and controller.report is not None and controller.request is not None:
            self._comparing().begin(controller.report, controller.request)

    def compare_files(self) -> None:
        """Compare two saved reports."""
        self._comparing().begin_with_files()

    def _comparing(self) -> CompareDialog:
        if self.compare_dialog is None:
            from gui.compare_dialog import CompareDialog

            dialog = CompareDialog(self._window.engine, self._window)
            dialog.run_ended.connect(self._keep)
            dialog.state_changed.connect(self._window.look_after_closing)
            self.compare_dialog = dialog
        return self.compare_dialog

    def _keep(self, report: Report) -> None:
        self._window.keep_run(report)

    # Watching

    def watch(self) -> None:
        """Show the watch, or offer to begin one with what the check's form says."""
        if self.watch_dialog is None:
            from gui.controllers.watching import WatchController
            from gui.watch_dialog import WatchDialog

            window = self._window
            self.watching = WatchController(window.engine, self)
            self.watching.state_changed.connect(window.look_after_closing)
            self.watching.kept.connect(window.keeper.kept)
            self.watching.failed_to_keep.connect(window.notice.say)
            self.watch_dialog = WatchDialog(window.engine, self.watching, window.store, self._prepared, window)
            self.watch_dialog.left_running.connect(self._say_it_goes_on)
        self.watch_dialog.offer()

    def _prepared(self) -> tuple[CheckRequest, str | None, bool, str] | None:
        found = self._window.prepared()
        if found is None:
            return None
        request, practice = found
        keeper = self._window.keeper
        return request, practice, keeper.on and keeper.allowed, self._window.sharing.client()

    def _say_it_goes_on(self) -> None:
        self._window.notice.say(self.tr("The watch goes on. Check ▸ Watch… shows it again."))
