"""What leaves the window: the ticket notes, the summary for IT, the heading of copied lines, the share dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from core import __version__
from core.stages import Outcome
from gui.texts import outcome_name, stage_name

if TYPE_CHECKING:
    from core.reports.report import Report
    from core.reports.seal import SealState
    from gui.window import MainWindow


class Sharing(QObject):
    """Speaks of the last check, or of a report that is given."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def copy_heading(self) -> str:
        """Return the lines that every copied transcript begins with: target, time, version, outcome."""
        controller = self._window.controller
        report, request = controller.report, controller.request
        lines = [f"Sendproof {__version__}"]
        if request is not None:
            target = f"{request.server}:{request.port}"
            if request.practice:
                target += self.tr(" (practice: {name})").format(name=request.practice)
            lines[0] += f", {target}"
        if report is not None:
            lines[0] += f", {report.started_at}"
            words = outcome_name(report.outcome.value)
            if report.failed_stage is not None and report.outcome is not Outcome.ACCEPTED:
                words = self.tr("{outcome} at {stage}").format(outcome=words, stage=stage_name(report.failed_stage))
            lines.append(f"{words}: {report.diagnosis.title}")
        elif controller.busy:
            lines.append(self.tr("The check is still running."))
        return "\n".join(lines)

    def ticket_text(self, report: Report | None = None) -> str:
        """Return the ticket notes of `report`, or of the last check, in the form that ticket systems take."""
        report = report or self._window.controller.report
        if report is None:
            return ""
        from core.reports.documents.make import Wish, make
        from core.reports.documents.model import Details
        from core.reports.documents.rendering import rendered
        from core.reports.templating import TemplateTrouble
        from gui.share_dialog import remembered

        kept = remembered(self._window.store, report)
        details = Details(**{name: kept.get(name, "") for name in Details.__struct_fields__})
        made = make(Wish(kind="ticket", details=details), report)
        try:
            return rendered(made, "markdown")
        except TemplateTrouble as trouble:
            return rendered(made, "markdown", own=()) if self._built_in_instead(str(trouble)) else ""

    def _built_in_instead(self, trouble: str) -> bool:
        """Say what is wrong with a company’s template; return whether ours is to be used."""
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Own template"), trouble, parent=self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        use = box.addButton(self.tr("Use the built-in template"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        return box.clickedButton() is use

    def summary_text(self) -> str:
        """Return a short summary of the last check for IT support."""
        report = self._window.controller.report
        if report is None:
            return ""
        from core.reports.summary import render_summary

        return render_summary(report)

    def client(self, report: Report | None = None) -> str:
        """Return the client of the ticket notes for the site of `report`, or of the last check; empty if unknown."""
        from gui.share_dialog import remembered

        about = report or self._window.controller.report
        return remembered(self._window.store, about).get("client", "") if about is not None else ""

    def share(
        self, report: Report, *, kind: str = "", second: Report | None = None, seal: SealState | None = None
    ) -> None:
        """Ask what is to be shared of `report`, show it, and save, copy or print it.

        kind: what the dialog begins with. second: a later run, if there is one. seal: what its file’s seal said.
        """
        from gui.share_dialog import ShareDialog

        window = self._window
        ShareDialog(window.engine, window.store, report, window, kind=kind, second=second, seal=seal).open()
