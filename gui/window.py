"""The main window: the two views, the pages, what runs in them, and the end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gui.controllers.check import CheckController
from gui.controllers.repeating import Repeating
from gui.controllers.sharing import Sharing
from gui.controllers.sheet import SheetOffer
from gui.controllers.starting import Starter
from gui.engine import Engine, Job
from gui.geometry import restore_geometry
from gui.icons import program_icon
from gui.keeping import Keeper
from gui.menus import Menus
from gui.models.presets import Catalogue
from gui.pages.stack import PageStack
from gui.pages.table import PAGES, make_check, make_simple, page_number
from gui.store import Store
from gui.theme import theme
from gui.widgets.basics import forget_unit, unit
from gui.widgets.navigation import Navigation, NavigationButton
from gui.widgets.notice import NoticeLine

if TYPE_CHECKING:
    from core.everyday import SimpleValues
    from core.pathmtu.document import PathMtu
    from core.practice.model import Scenario
    from core.practice.tenant import Tenant
    from core.reports.report import Report
    from core.request import CheckRequest, FormValues
    from core.secret import Secret
    from gui.pages.check import CheckPage
    from gui.pages.explain import ExplainPage
    from gui.pages.find import FindPage
    from gui.pages.history import HistoryPage
    from gui.pages.page import Page
    from gui.pages.simple import SimplePage

CLOSE_LIMIT_MS = 900
"""A check that has not ended politely by then does not keep the window from closing."""


class MainWindow(QMainWindow):
    """Shows the simple view of a check, or the technician's with its pages.

    `menus` has the menus and keys, `starter` the checks that begin here, `repeating` those that run again, `sharing`
    what is copied, saved and printed, `sheet_offer` the settings sheet of the last check, `keeper` the history.
    """

    def __init__(self, engine: Engine, store: Store) -> None:
        super().__init__()
        self.engine = engine
        self.store = store
        self.controller = CheckController(engine, self)
        self.starter = Starter(self)
        self.sharing = Sharing(self)
        self.sheet_offer = SheetOffer(engine, self.controller, store, self)
        self.keeper = Keeper(engine, self)
        self.repeating = Repeating(self)
        self.catalogue: Catalogue | None = None
        self._check_page: CheckPage | None = None
        self._simple_page: SimplePage | None = None
        self.practice: Scenario | None = None
        """The practice server that the next checks go to."""
        self._closing = False
        self._out_of_time = False
        self._painted = False
        self.setWindowTitle("Sendproof")
        self._build()
        self.menus = Menus(self)
        self.controller.state_changed.connect(self._state_changed)
        self.controller.began.connect(self._began)
        self.controller.finished.connect(self.keep_run)
        self.keeper.failed.connect(self.notice.say)
        self.keeper.state_changed.connect(self._keeper_changed)
        self.setAcceptDrops(True)
        theme.changed.connect(self.update)
        self._restore()

    # Building

    def _build(self) -> None:
        self._views = QStackedWidget()
        self._technician = QWidget()
        base = unit(self)
        row = QHBoxLayout(self._technician)
        row.setContentsMargins(base, base, base, base)
        row.setSpacing(base)
        self.navigation = Navigation([(self.tr(page.title), page.sign) for page in PAGES])
        simple = NavigationButton(self.tr("Simple view"), "people")
        simple.setCheckable(False)
        simple.setToolTip(self.tr("Only the questions an office can answer (Ctrl+1)"))
        simple.clicked.connect(lambda: self.show_view("simple"))
        self.navigation.add_footer(simple)
        self.navigation.chosen.connect(self._show_page)
        row.addWidget(self.navigation)
        self._pages = PageStack(lambda entry: entry.make(self))
        self._pages.state_changed.connect(self._state_changed)
        row.addWidget(self._pages, 1)
        self._views.addWidget(self._technician)
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._views, 1)
        self.notice = NoticeLine()
        layout.addWidget(self.notice)
        self.setCentralWidget(central)

    @property
    def check_page(self) -> CheckPage:
        """The technician's page, made when it is first needed."""
        if self._check_page is None:
            self._check_page = make_check(self)
        return self._check_page

    def page(self, name: str) -> Any:
        """Return the page with that id (see PAGES), made when it is first needed."""
        return self._pages.page(name)

    def show_listening(self, active: bool) -> None:
        """Say in the title and in the navigation whether this computer listens to devices."""
        words = self.tr("listening")
        self.navigation.set_active(page_number("listen"), active, words)
        self.setWindowTitle(f"Sendproof – {words}" if active else "Sendproof")

    @property
    def history_page(self) -> HistoryPage:
        """The page with the kept runs."""
        return cast("HistoryPage", self.page("history"))

    @property
    def find_page(self) -> FindPage:
        """The page that finds out which way of sending works."""
        return cast("FindPage", self.page("find"))

    @property
    def explain_page(self) -> ExplainPage:
        """The page that explains a pasted text."""
        return cast("ExplainPage", self.page("explain"))

    @property
    def simple_page(self) -> SimplePage:
        """The office's page, made when it is first needed."""
        if self._simple_page is None:
            self._simple_page = make_simple(self)
            self._views.addWidget(self._simple_page)
        return self._simple_page

    # Views and pages

    def show_view(self, view: str) -> None:
        """Show the view called "simple" or "technician"."""
        if view == "simple":
            self._views.setCurrentWidget(self.simple_page)
            self.simple_page.take_focus()
        else:
            self._views.setCurrentWidget(self._technician)
            self._show_page(self._pages.number)
            self._focus_page()
        self.menus.views[view].setChecked(True)
        self._sync_actions()

    def show_page(self, name: str) -> None:
        """Show the page with that id (see PAGES) in the technician's view."""
        self._show_page(page_number(name))
        self.show_view("technician")

    def show_check(self) -> None:
        """Show the technician's view of the check."""
        self.show_page("check")

    @property
    def _front(self) -> Page | None:
        """The page in front, if it is one that runs by itself; None in the simple view and on the check's page."""
        return self._pages.front if self.view == "technician" else None

    def _focus_page(self) -> None:
        if self._front is not None:
            self._front.take_focus()
        elif self._check_page is not None:
            self._check_page.form.take_focus()

    @property
    def view(self) -> str:
        """The view that is shown."""
        return "technician" if self._views.currentWidget() is self._technician else "simple"

    def _show_page(self, number: int) -> None:
        page = self.page(PAGES[number].id)
        self._pages.setCurrentWidget(page)
        self.navigation.set_current(number)
        self._sync_actions()
        if self._front is not None:
            self._front.shown()

    def step_page(self, step: int) -> None:
        """Show the next or previous page, in the technician's view only."""
        if self.view == "technician":
            self._show_page((self._pages.number + step) % len(PAGES))
            self._focus_page()

    # Start

    def paintEvent(self, event: QPaintEvent) -> None:
        """Start the engine once the window is on the screen, and not a moment before."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._after_first_paint)

    def _after_first_paint(self) -> None:
        self.setWindowIcon(program_icon())
        self.engine.start()
        self.engine.submit(_load_catalogue, done=self._catalogue_loaded)
        self.keeper.look()

    def _catalogue_loaded(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        if self._check_page is not None:
            self._check_page.form.set_catalogue(catalogue)
        if self._simple_page is not None:
            self._simple_page.set_catalogue(catalogue)
        for page in self._pages.own_pages():
            page.set_catalogue(catalogue)

    # Running

    def run(self) -> None:
        """Start the check of the view that is shown, or what the page in front is for."""
        if self._front is not None:
            if self._front.can_run:
                self._front.run()
            return
        if self.controller.busy:
            return
        if self.view == "simple":
            self.simple_page.run()
            return
        self.starter.run_form()

    def prepared(self) -> tuple[CheckRequest, str | None] | None:
        """Return what the check's form describes and the practice server's id; None after saying what is wrong."""
        if self.view == "simple" or self._front is not None:
            self.show_check()
        return self.starter.prepared()

    def find_for_the_office(self, values: SimpleValues) -> None:
        """Show the page that finds settings, filled in with what the simple view asked."""
        self.show_page("find")
        self.find_page.fill(values)

    def check_with(self, values: FormValues) -> None:
        """Show the check's page with `values` in its form, ready to run."""
        self.show_check()
        self.check_page.form.fill(values)

    def secrets(self) -> list[Secret]:
        """Return what must be taken out of an error report."""
        typed = [
            page.password.secret()
            for page in (self._check_page.form if self._check_page else None, self._simple_page)
            if page is not None
        ]
        typed += [secret for page in self._pages.own_pages() for secret in page.secrets()]
        return self.starter.secrets + [secret for secret in typed if secret]

    def cancel(self) -> None:
        """End what runs."""
        if self._front is not None and self._front.busy:
            self._front.cancel()
            return
        if self._simple_page is not None and self._simple_page.cancel():
            return
        self.controller.cancel()

    def _state_changed(self) -> None:
        self._sync_actions()
        self.look_after_closing()

    def look_after_closing(self) -> None:
        """Close now if the window is to close and nothing runs any more."""
        if self._closing and not self._busy:
            QTimer.singleShot(0, self._close_if_idle)  # a check that ended has yet to be given to the history

    def _close_if_idle(self) -> None:
        if not self._busy and self.isVisible():
            self.close()

    @property
    def _runs(self) -> bool:
        """Whether anything runs, on whichever page."""
        beside = self.controller.busy or self.repeating.busy
        return beside or any(page.busy for page in self._pages.own_pages())

    @property
    def _busy(self) -> bool:
        """Whether anything runs, or a run is still on its way into the history."""
        return self._runs or self.keeper.busy

    def _sync_actions(self) -> None:
        self.menus.follow(self._front, checking=self.controller.busy)

    def _began(self, request: CheckRequest) -> None:
        self.setWindowTitle(f"Sendproof – {request.server}:{request.port}")

    # The history

    def keep_run(self, report: Report) -> None:
        """Put a finished run into the history."""
        from core.reports.report import to_json

        self.keeper.keep(partial(to_json, report), client=self.sharing.client(report))

    def _keeper_changed(self) -> None:
        self.menus.follow_keeper()
        self._state_changed()

    def open_report(self) -> None:
        """Ask for the file of a report and show it."""
        self.show_page("history")
        self.history_page.ask_for_file()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files of this computer."""
        if event.mimeData().hasUrls() and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show the report that was dropped; two are compared."""
        from gui.pages.history import local_files

        paths = local_files(event.mimeData().urls())
        if paths:
            event.acceptProposedAction()
            self.show_page("history")
            self.history_page.open_paths(paths)

    # Practice

    def practise_finding(self, tenant: Tenant | None) -> None:
        """Show the page that finds settings, filled in for a practice tenant; None ends that."""
        if tenant is None:
            self.find_page.set_practice(None)
            return
        self.show_page("find")
        self.find_page.set_practice(tenant)
        self.find_page.take_focus()

    def set_practice(self, scenario: Scenario | None) -> None:
        """Let the next checks go to a practice server, or with None to real ones again."""
        if scenario is None and self.practice is None:
            return
        if self._front is not None and scenario is not None:
            self.show_check()
        self.practice = scenario
        if self._check_page is not None:
            self._check_page.form.set_practice(scenario)
        if self._simple_page is not None:
            self._simple_page.set_practice(scenario)

    # The result of what is in front

    def copy_ticket(self) -> None:
        """Copy the result of what is in front for a ticket."""
        if self._front is not None:
            self._front.copy_ticket()
            return
        if self.controller.report is None:
            return
        button = self._check_page.verdict.copy_ticket if self._check_page is not None else None
        if button is not None and self.view == "technician":
            button.copy()
        else:
            QGuiApplication.clipboard().setText(self.sharing.ticket_text())

    def copy_transcript(self) -> None:
        """Copy the conversation that is in front, or that of the check."""
        if self._front is not None and self._front.copy_transcript():
            return
        self.check_page.transcript.copy_all()

    def open_find(self) -> None:
        """Open the search in what is in front, or in the transcript of the check."""
        if self._front is not None and self._front.open_find():
            return
        self.show_check()
        self.check_page.transcript.open_find()

    def find_next(self, step: int) -> None:
        """Go to the next or previous hit of the search in what is in front."""
        if self._front is not None and self._front.find_next(step):
            return
        self.show_check()
        self.check_page.transcript.find_next(step)

    def save_report(self) -> None:
        """Ask how the result of what is in front is to be shared or saved.

        The simple view begins with the summary for people who know nothing of mail.
        """
        if self._front is not None:
            self._front.save()
        elif self.controller.report is not None:
            self.sharing.share(self.controller.report, kind="client" if self.view == "simple" else "")

    def measure_mtu(self, *, at_once: bool = False) -> None:
        """Open the measurement of packet sizes for the server that was checked last, or that is typed in."""
        from gui.mtu_dialog import MtuDialog

        report = self.controller.report
        if report is not None and report.request.practice is not None:
            report = None  # a practice server is within this computer
        typed = "" if self._check_page is None or self.practice is not None else self._check_page.form.values().server
        dialog = MtuDialog(self.engine, report.target.server if report is not None else typed, report, self)
        dialog.measured.connect(self._keep_measurement)
        if at_once:
            dialog.run_at_once()
        dialog.open()

    def _keep_measurement(self, result: PathMtu) -> None:
        from core.pathmtu.document import to_json

        if result.outcome != "cancelled":
            self.keeper.keep(partial(to_json, result), client=self.sharing.client())

    # Settings

    def forget_recent(self) -> None:
        """Forget the checks that the form offers to fill in again."""
        self.store.clear_recent()
        if self._check_page is not None:
            self._check_page.form.set_recent([])

    def _restore(self) -> None:
        restore_geometry(self, self.store)
        view = self.store.text("view", "simple")
        self.show_view(view if view in self.menus.views else "simple")

    def _keep(self) -> None:
        self.store.put("geometry", self.saveGeometry())
        self.store.put("view", self.view)
        if self._check_page is not None:
            if self.practice is None:
                self.store.put("form", self._check_page.form.stored())
            self.store.put("splitter", self._check_page.splitter.saveState())
            self.store.put("legend", self._check_page.transcript.legend_button.isChecked())
        if self._simple_page is not None and self.practice is None:
            self.store.put("simple", self._simple_page.stored())
        for page in self._pages.own_pages():
            page.keep()
        self.store.save()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the navigation's words where room is short."""
        super().resizeEvent(event)
        self.navigation.set_compact(self.width() < self.fontMetrics().averageCharWidth() * 165)

    def changeEvent(self, event: QEvent) -> None:
        """Take the spacing anew when the program's font changes."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            forget_unit()
        super().changeEvent(event)

    # The end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once when nothing runs; else cancel politely first, within a second."""
        if self._busy and not self._closing:
            self._closing = True
            if not self._runs:
                self._finish()  # only the last run is still on its way to the disk
            self._cancel_all()
            self.setEnabled(False)
            QTimer.singleShot(CLOSE_LIMIT_MS, self._close_now)
            event.ignore()
            return
        if self._busy and not self._out_of_time:
            event.ignore()
            return
        self._finish()
        event.accept()

    def _cancel_all(self) -> None:
        self.repeating.cancel()
        if self._simple_page is None or not self._simple_page.cancel():
            self.controller.cancel()
        for page in self._pages.own_pages():
            if page.busy:
                page.cancel()

    def _close_now(self) -> None:
        if self.isVisible():
            self._out_of_time = True
            self.controller.abort()
            self.repeating.abort()
            for page in self._pages.own_pages():
                page.abort()
            self.close()

    def _finish(self) -> None:
        """Keep the settings and forget the passwords and the pasted texts."""
        self._keep()
        if self._check_page is not None:
            self._check_page.form.wipe()
        if self._simple_page is not None:
            self._simple_page.wipe()
        self.repeating.wipe()
        for page in self._pages.own_pages():
            page.wipe()
        self.starter.secrets.clear()


async def _load_catalogue(_job: Job) -> Catalogue:
    """Read presets and devices, and bring in what a check needs, so that the first one starts at once."""
    from core.knowledge.load import load_knowledge
    from gui.models.presets import catalogue_of

    catalogue = catalogue_of(load_knowledge())
    import core.session.check  # noqa: F401

    return catalogue
