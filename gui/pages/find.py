"""Find settings: which way of sending works from this site, each way explained, and the sheet for the device."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from gui.controllers.find import FindController, State
from gui.engine import Job
from gui.pages.page import Page
from gui.widgets.announce import announce
from gui.widgets.basics import Card, unit
from gui.widgets.find_banner import FindBanner
from gui.widgets.find_form import FindForm
from gui.widgets.settings_sheet import SettingsSheetPanel
from gui.widgets.way_details import WayDetails
from gui.widgets.ways_table import WaysTable

if TYPE_CHECKING:
    from core.everyday import SimpleValues
    from core.finding.model import FindDocument, Plan, PlannedWay
    from core.practice.tenant import Tenant
    from core.secret import Secret
    from gui.models.presets import Catalogue
    from gui.sheet_dialog import SheetDialog
    from gui.window import MainWindow

TICK_MS = 100
WIDE = 120
"""So many characters wide is a page that shows the sheet beside the table."""


class FindPage(Page):
    """The form until a search begins; then the banner, the table of ways, and beside it the settings sheet."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._engine = window.engine
        self._tenant: Tenant | None = None
        self._split = False
        self._dialog: SheetDialog | None = None
        self._before_practice: dict[str, Any] = {}
        self._secrets: list[Secret] = []
        self.controller = FindController(window.engine, self)
        self.form = FindForm()
        self.banner = FindBanner(self.ticket_text)
        self.table = WaysTable(self.controller.model)
        self.details = WayDetails()
        self.sheet = SettingsSheetPanel(window.engine)
        self.sheet.set_empty_words(
            self.tr("When a way works, what to type into your device stands here, field by field.")
        )
        self._build()
        self._connect()
        self.form.restore(window.store.record("find"))
        self._show_form(True)

    def _build(self) -> None:
        base = unit(self)
        ways = Card()
        inside = QVBoxLayout(ways)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.setChildrenCollapsible(False)
        self._rows.setHandleWidth(base)
        self._rows.addWidget(self.table)
        self._rows.addWidget(self.details)
        self._rows.setStretchFactor(0, 3)
        self._rows.setStretchFactor(1, 1)
        inside.addWidget(self._rows)
        sheet = Card()
        beside = QVBoxLayout(sheet)
        beside.setContentsMargins(1, 1, 1, 1)
        beside.addWidget(self.sheet)
        self._sheet_card = sheet
        self._results = QSplitter(Qt.Orientation.Horizontal)
        self._results.setChildrenCollapsible(False)
        self._results.setHandleWidth(base)
        self._results.addWidget(ways)
        self._results.addWidget(sheet)
        self._results.setStretchFactor(0, 3)
        self._results.setStretchFactor(1, 2)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(base)
        right.addWidget(self.banner)
        right.addWidget(self._results, 1)
        right.addStretch(0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        layout.addWidget(self.form)
        layout.addWidget(self._right, 1)
        metrics = self.fontMetrics()
        self.form.setFixedWidth(metrics.averageCharWidth() * 46)
        ways.setMinimumWidth(metrics.averageCharWidth() * 62)
        sheet.setMinimumWidth(metrics.averageCharWidth() * 36)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.setTabOrder(self.form, self.banner)
        self.setTabOrder(self.banner, self.table)
        self.setTabOrder(self.table, self.details)
        self.setTabOrder(self.details, self.sheet)

    def _connect(self) -> None:
        self.form.run_wanted.connect(self.run)
        self.form.plan_wanted.connect(self.show_plan)
        self.form.practice_ended.connect(lambda: self.set_practice(None))
        self.banner.cancel_wanted.connect(self.cancel)
        self.banner.again_wanted.connect(self.run)
        self.banner.change_wanted.connect(self.change)
        self.banner.save_wanted.connect(self.save)
        self.table.chosen.connect(self._chosen)
        self.table.open_wanted.connect(self.open_in_check)
        self.details.open_wanted.connect(self.open_in_check)
        self.details.sheet_wanted.connect(self._sheet_of_chosen)
        controller = self.controller
        controller.state_changed.connect(self._state_changed)
        controller.refused.connect(self._problems)
        controller.planned.connect(self._planned)
        controller.moved.connect(self._moved)
        controller.finished.connect(self._finished)
        controller.failed_to_run.connect(self._failed)

    # For the window

    @property
    def run_words(self) -> str:
        """F5 searches."""
        return self.tr("&Find settings")

    @property
    def busy(self) -> bool:
        """Whether a search runs."""
        return self.controller.busy

    @property
    def can_save(self) -> bool:
        """Whether there is a result."""
        return self.controller.document is not None

    def run(self) -> None:
        """Try the ways."""
        self._begin(only_plan=False)

    def show_plan(self) -> None:
        """Show what would be tried, without contacting a server."""
        self._begin(only_plan=True)

    def _begin(self, *, only_plan: bool) -> None:
        if self.busy:
            return
        values = self.form.values()
        if values.password is not None:
            self._secrets.append(values.password)
        self.controller.run(values, self._tenant, only_plan=only_plan)

    def cancel(self) -> None:
        """End the search; what is known stays."""
        self.controller.cancel()

    def abort(self) -> None:
        """End the search at once."""
        self.controller.abort()

    def change(self) -> None:
        """Show the form again, with the results beside it where there is room."""
        self._show_form(True)
        self.form.take_focus()

    def take_focus(self) -> None:
        """Put the keyboard on the form, or on the table if there are results."""
        if self.form.isVisible():
            self.form.take_focus()
        else:
            self.table.setFocus()

    def secrets(self) -> list[Secret]:
        """Return the passwords typed here, for cleaning an error report."""
        typed = self.form.password.secret()
        return [*self._secrets, *([typed] if typed else [])]

    def keep(self) -> None:
        """Keep the form, without the password."""
        self._window.store.put("find", self._before_practice if self._tenant is not None else self.form.stored())

    def wipe(self) -> None:
        """Forget the passwords."""
        self.form.wipe()
        self._secrets.clear()

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer the devices and the ways on request."""
        self.form.set_catalogue(catalogue)

    def set_practice(self, tenant: Tenant | None) -> None:
        """Let the next searches go to a practice tenant, or with None to the real network again."""
        if self.busy or (tenant is None and self._tenant is None):
            return
        if self._tenant is None:
            self._before_practice = self.form.stored()
        self._tenant = tenant
        self.form.set_practice(tenant)
        if tenant is None:
            self.form.wipe()
            self.form.restore(self._before_practice)
        self.controller.model.reset(None)
        self.controller.document = None
        self.sheet.show_way(None)
        self.banner.show_welcome()
        self._show_form(True)
        self.state_changed.emit()

    def fill(self, values: SimpleValues) -> None:
        """Take over what the simple view asked; results of another search go, what else was typed stays."""
        if self.busy:
            return
        self.set_practice(None)
        form = self.form
        if self.controller.document is not None and form.value("sender") != values.sender:
            self.controller.model.reset(None)
            self.controller.document = None
            self.sheet.show_way(None)
            self.banner.show_welcome()
        form.set_value("sender", values.sender)
        form.set_value("recipients", values.recipient)
        form.set_value("device", values.device)
        if values.signs_in:
            form.set_value("user", values.sender)
            form.password.setText(values.password.reveal() if values.password is not None else "")
        form.show_problems(())
        self._show_form(True)
        form.take_focus()
        self.state_changed.emit()

    # What happens

    def _show_form(self, shown: bool) -> None:
        rows = self.controller.model.rowCount() > 0
        self.form.setVisible(shown)
        room = self.width() > self.fontMetrics().averageCharWidth() * 190
        self._results.setVisible(rows and (not shown or room))
        self._sheet_card.setVisible(self._is_wide())
        self.banner.fit()

    def _is_wide(self) -> bool:
        """Return whether the sheet has room beside the table; else it opens in a window of its own."""
        return self.width() > self.fontMetrics().averageCharWidth() * WIDE

    def _state_changed(self) -> None:
        state = self.controller.state
        self.form.set_busy(self.busy)
        if state is State.LOOKING:
            self.details.show_nothing()
            self.banner.show_looking(self.form.value("sender").rpartition("@")[2].strip())
            self._timer.start()
        elif state is State.CANCELLING:
            self.banner.show_progress(self.tr("Ending the conversations politely …"))
        elif not self.busy:
            self._timer.stop()
        self.state_changed.emit()

    def _problems(self, problems: Any) -> None:
        self.form.show_problems(problems)
        if any(problem.severity == "error" for problem in problems):
            self.banner.show_welcome()
            self._show_form(True)

    def _planned(self, plan: Plan, begun: bool) -> None:
        self.sheet.show_way(None, plan.device)
        self._show_form(False)
        if begun:
            self.banner.show_running(plan)
        else:
            self.banner.show_plan(plan)
            self.table.choose(0)
            self._announce(self.banner.title.text() if self.banner.title else "")

    def _moved(self) -> None:
        model = self.controller.model
        if self.controller.state is State.RUNNING and self.controller.plan is not None:
            words = self.tr("{done} of {all} done. Esc ends the search and keeps what is known.")
            self.banner.show_progress(words.format(done=model.done, all=model.rowCount()))
        row = self.table.currentIndex().row()
        if row >= 0:
            self._chosen(row)

    def _tick(self) -> None:
        self.banner.turn()

    def _finished(self, document: FindDocument) -> None:
        from core.finding.model import to_json

        self._show_form(False)
        self.banner.show_document(document)
        found = document.recommendation
        self.sheet.show_way(found.sending, document.plan.device)
        worth = found.way or (found.next_step.way if found.next_step else None)
        self.table.choose(max(0, self.controller.model.row_of(worth or "")))
        self._window.keeper.keep(partial(to_json, document))
        self._announce(f"{found.headline}. {found.text} {found.dates}")
        if self.isVisible():
            self.table.setFocus()

    def _announce(self, words: str) -> None:
        if self.isVisible():
            announce(self.banner, words)

    def _failed(self, words: str) -> None:
        self.banner.show_welcome(words)
        self._show_form(True)

    # The chosen way

    def _way(self) -> PlannedWay | None:
        row = self.table.currentIndex().row()
        return self.controller.model.way(row) if row >= 0 else None

    def _chosen(self, row: int) -> None:
        if row < 0:
            self.details.show_nothing()
            return
        way = self.controller.model.way(row)
        self.details.show_way(way, self.controller.model.result(row))
        self.details.open_button.setEnabled(self._can_open(way))
        self.details.sheet_button.setEnabled(self.controller.document is not None)

    def _can_open(self, way: PlannedWay) -> bool:
        return self._tenant is None or self._scenario_of(way) is not None

    def _scenario_of(self, way: PlannedWay) -> str | None:
        """Return the practice scenario that plays the server of `way`, None if no server is there."""
        for served in self._tenant.servers if self._tenant is not None else ():
            if served.name == way.server and way.port in served.ports:
                return served.scenario
        return None

    def open_in_check(self) -> None:
        """Fill the check's form with the chosen way and show it, ready to run."""
        way = self._way()
        if way is None or not self._can_open(way):
            return
        from core.request import FormValues

        typed = self.form.values()
        values = FormValues(
            server=way.server,
            port=str(way.port),
            security=way.security,
            user=typed.user if way.sign_in else "",
            password=typed.password if way.sign_in else None,
            sender=typed.sender,
            recipients=way.recipients or typed.recipients,
            device=typed.device,
        )
        scenario = self._scenario_of(way)
        if scenario is not None:
            from core.practice.load import load_scenario

            self._window.set_practice(load_scenario(scenario))
        else:
            self._window.set_practice(None)
        self._window.check_with(values)

    def _sheet_of_chosen(self) -> None:
        way, document = self._way(), self.controller.document
        if way is None or document is None:
            return
        from core.finding.recommend import sending_way

        sending = sending_way(document.plan, way, document.result(way.id), document.ways)
        self.sheet.show_way(sending)
        if not self._is_wide():
            from gui.sheet_dialog import SheetDialog

            if self._dialog is None:
                self._dialog = SheetDialog(self._engine, self)
            self._dialog.show_way(sending, self.sheet.device)

    # What leaves the page

    def ticket_text(self) -> str:
        """Return the result as plain text; empty if there is none."""
        if self.controller.document is None:
            return ""
        from core.finding.text import render_text

        return render_text(self.controller.document)

    def copy_ticket(self) -> None:
        """Put the result into the clipboard."""
        if self.banner.copy_ticket.isVisible():
            self.banner.copy_ticket.copy()
        elif self.controller.document is not None:
            QGuiApplication.clipboard().setText(self.ticket_text())

    def save(self) -> None:
        """Ask where to save the result: as text, or as JSON for other programs."""
        document = self.controller.document
        if document is None:
            return
        from PySide6.QtWidgets import QFileDialog

        folder = self._window.store.text("report_folder") or str(Path.home())
        name = f"Sendproof ways {document.plan.found.domain.replace('.', '-')} {document.started_at[:10]}"
        dialog = QFileDialog(self, self.tr("Save the result"), str(Path(folder) / name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        filters = {self.tr("Text (*.txt)"): "txt", self.tr("JSON for other programs (*.json)"): "json"}
        dialog.setNameFilters(list(filters))

        def filter_chosen(words: str) -> None:
            dialog.setDefaultSuffix(filters.get(words, "txt"))

        dialog.filterSelected.connect(filter_chosen)
        dialog.setDefaultSuffix("txt")
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the result to `path`, as JSON if it ends in .json, else as text."""
        document = self.controller.document
        if document is None:
            return
        self._window.store.put("report_folder", str(path.parent))

        async def work(_job: Job) -> None:
            from core.finding.model import to_json
            from core.finding.text import render_text
            from core.history.files import write_whole

            words = to_json(document) + "\n" if path.suffix.lower() == ".json" else render_text(document)
            write_whole(path, words.encode())

        def failed(error: BaseException) -> None:
            if isinstance(error, OSError):
                words = self.tr("{path} could not be written: {error}")
                self._window.notice.say(words.format(path=path, error=error.strerror or error))
            else:
                self._engine.crashed.emit(error)

        self._engine.submit(work, failed=failed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the banner the height that its words need."""
        super().resizeEvent(event)
        self.banner.fit()
        self._show_form(self.form.isVisibleTo(self))
        if not self._split:
            self._split = True
            self._results.setSizes([round(self.width() * 0.6), round(self.width() * 0.4)])
            self._rows.setSizes([round(self.height() * 0.6), round(self.height() * 0.2)])
