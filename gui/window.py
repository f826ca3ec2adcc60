"""The main window: the two views, the pages, the menus and the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from PySide6.QtCore import QT_TRANSLATE_NOOP, QEvent, QTimer
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core import __version__
from core.stages import Outcome, Stage
from gui.controllers.check import CheckController
from gui.controllers.repeating import Repeating
from gui.controllers.sheet import SheetOffer
from gui.engine import Engine, Job
from gui.icons import program_icon
from gui.keeping import Keeper
from gui.models.presets import Catalogue
from gui.store import Store
from gui.texts import outcome_name, stage_name
from gui.theme import SCHEME_CHOICES, theme
from gui.widgets.basics import forget_unit, unit
from gui.widgets.navigation import Navigation, NavigationButton
from gui.widgets.notice import NoticeLine

if TYPE_CHECKING:
    from core.reports.report import Report
    from core.reports.seal import SealState
    from core.request import CheckRequest, FormValues
    from core.secret import Secret
    from gui.pages.check import CheckPage
    from gui.pages.explain import ExplainPage
    from gui.pages.find import FindPage
    from gui.pages.history import HistoryPage
    from gui.pages.page import Page
    from gui.pages.simple import SimplePage

FOUNDING_CASE = "spamhaus-block"
"""The practice scenario that stands first in the menu."""

CLOSE_LIMIT_MS = 900
"""A check that has not ended politely by then does not keep the window from closing."""


class PageEntry(NamedTuple):
    """A page of the technician's view; `make` is called when the page is first shown."""

    id: str
    title: str
    sign: str
    make: Callable[[MainWindow], QWidget]


def _make_check(window: MainWindow) -> QWidget:
    return window.check_page


def _make_find(window: MainWindow) -> Page:
    from gui.pages.find import FindPage

    page = FindPage(window)
    if window.catalogue is not None:
        page.set_catalogue(window.catalogue)
    return page


def _make_listen(window: MainWindow) -> Page:
    from gui.pages.listen import ListenPage

    page = ListenPage(window.engine, window.store, window.catalogue)
    page.replay_wanted.connect(window.check_with)
    page.state_changed.connect(lambda: window.show_listening(page.busy))
    return page


def _make_explain(window: MainWindow) -> Page:
    from gui.pages.explain import ExplainPage

    return ExplainPage(window.engine)


def _make_history(window: MainWindow) -> Page:
    from gui.pages.history import HistoryPage

    return HistoryPage(
        window.engine, window.keeper, rerun=window.check_again, share=window.share, ticket=window.ticket_text
    )


PAGES: tuple[PageEntry, ...] = (
    PageEntry("check", str(QT_TRANSLATE_NOOP("MainWindow", "Check")), "check", _make_check),
    PageEntry("find", str(QT_TRANSLATE_NOOP("MainWindow", "Find settings")), "search", _make_find),
    PageEntry("listen", str(QT_TRANSLATE_NOOP("MainWindow", "Listen to device")), "swap", _make_listen),
    PageEntry("explain", str(QT_TRANSLATE_NOOP("MainWindow", "Explain an error")), "question", _make_explain),
    PageEntry("history", str(QT_TRANSLATE_NOOP("MainWindow", "History")), "history", _make_history),
)
"""The pages in the order of the navigation. To add one: a line here and a function that makes its `Page`."""


class MainWindow(QMainWindow):
    """Shows the simple or the technician's view of one check."""

    def __init__(self, engine: Engine, store: Store) -> None:
        super().__init__()
        self.engine = engine
        self.store = store
        self.controller = CheckController(engine, self)
        self.sheet_offer = SheetOffer(engine, self.controller, store, self)
        self.keeper = Keeper(engine, self)
        self.repeating = Repeating(self)
        self.catalogue: Catalogue | None = None
        self._check_page: CheckPage | None = None
        self._simple_page: SimplePage | None = None
        self._practice: Any = None
        self._scenarios: dict[str, Any] = {}
        self._closing = False
        self._out_of_time = False
        self._painted = False
        self._secrets: list[Secret] = []
        self.setWindowTitle("Sendproof")
        self._build()
        self._build_menus()
        self.controller.state_changed.connect(self._state_changed)
        self.controller.began.connect(self._began)
        self.controller.finished.connect(self.keep_run)
        self.keeper.failed.connect(self.notice.say)
        self.keeper.state_changed.connect(self._keeper_changed)
        self.setAcceptDrops(True)
        theme.changed.connect(self._recolour)
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
        self._pages = QStackedWidget()
        self._made: dict[str, QWidget] = {}
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
            from gui.pages.check import CheckPage

            page = CheckPage(self.controller, self.copy_heading, self.ticket_text)
            self._check_page = page
            page.form.run_wanted.connect(self.run)
            page.form.cancel_wanted.connect(self.cancel)
            page.form.mx_wanted.connect(self._look_up_mx)
            page.form.practice_ended.connect(lambda: self.set_practice(None))
            page.verdict.save_wanted.connect(self.save_report)
            page.verdict.sheet_wanted.connect(self.sheet_offer.show)
            self.sheet_offer.offered.connect(page.verdict.offer_sheet)
            page.verdict.offer_sheet(self.sheet_offer.way is not None)
            page.verdict.compare_wanted.connect(self.repeating.compare)
            self.repeating.offered.connect(page.verdict.offer_repeating)
            page.verdict.offer_repeating(self.repeating.can_compare)
            page.verdict.measure_wanted.connect(lambda: self.measure_mtu(at_once=True))
            page.form.set_recent(self.store.recent())
            page.form.restore(self.store.record("form"))
            if self.catalogue is not None:
                page.form.set_catalogue(self.catalogue)
            if self._practice is not None:
                page.form.set_practice(self._practice)
            page.transcript.legend_button.setChecked(self.store.flag("legend"))
            splitter = self.store.bytes("splitter")
            if not splitter.isEmpty():
                page.restore_splitter(splitter)
            page.sync()
        return self._check_page

    def page(self, name: str) -> Any:
        """Return the page with that id (see PAGES), made when it is first needed."""
        if name not in self._made:
            page = next(entry for entry in PAGES if entry.id == name).make(self)
            self._made[name] = page
            self._pages.addWidget(page)
            if name != "check":
                cast("Page", page).state_changed.connect(self._state_changed)
        return self._made[name]

    def show_listening(self, active: bool) -> None:
        """Say in the title and in the navigation whether this computer listens to devices."""
        number = next(number for number, page in enumerate(PAGES) if page.id == "listen")
        words = self.tr("listening")
        self.navigation.set_active(number, active, words)
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

    def _made_pages(self) -> list[Page]:
        """Return the pages that exist, without the check's own."""
        return [cast("Page", page) for name, page in self._made.items() if name != "check"]

    @property
    def simple_page(self) -> SimplePage:
        """The office's page, made when it is first needed."""
        if self._simple_page is None:
            from gui.pages.simple import SimplePage

            page = SimplePage(self.controller, self.engine, self.summary_text)
            self._simple_page = page
            page.technician_wanted.connect(self.show_check)
            page.save_wanted.connect(self.save_report)
            page.sheet_wanted.connect(self.sheet_offer.show)
            self.sheet_offer.offered.connect(page.offer_sheet)
            page.offer_sheet(self.sheet_offer.way is not None)
            page.find_wanted.connect(self._find_for_the_office)
            page.prepared.connect(self._simple_prepared)
            page.preparing.connect(self._cancel.setEnabled)
            page.practice_ended.connect(lambda: self.set_practice(None))
            page.restore(self.store.record("simple"))
            if self.catalogue is not None:
                page.set_catalogue(self.catalogue)
            if self._practice is not None:
                page.set_practice(self._practice)
            self._views.addWidget(page)
            page.sync()
        return self._simple_page

    def _action(
        self, menu: QMenu, text: str, slot: Callable[[], Any], *keys: str | QKeySequence.StandardKey, name: str = ""
    ) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: slot())
        if keys:
            action.setShortcuts([QKeySequence(key) for key in keys])
        if name:
            action.setObjectName(name)
        return action

    def _build_menus(self) -> None:
        bar = self.menuBar()
        file = bar.addMenu(self.tr("&File"))
        self._save = self._action(file, self.tr("&Share or save…"), self.save_report, "Ctrl+S")
        self._action(file, self.tr("&Open a report…"), self.open_report, "Ctrl+O")
        file.addSeparator()
        self._keep_history = self._action(file, self.tr("&Keep a history"), self._keep_history_chosen)
        self._keep_history.setCheckable(True)
        self._keep_history.setChecked(True)
        self._keep_history.setToolTip(self.tr("Keep each run on this computer, to find it again on the page History"))
        file.setToolTipsVisible(True)
        self._action(file, self.tr("&Forget recent checks"), self._forget_recent)
        file.addSeparator()
        self._action(file, self.tr("&Quit"), self.close, "Ctrl+Q")

        edit = bar.addMenu(self.tr("&Edit"))
        self._copy_ticket = self._action(edit, self.tr("Copy for &ticket"), self.copy_ticket, "Ctrl+Shift+C")
        self._action(edit, self.tr("Copy t&ranscript"), self._copy_transcript)
        edit.addSeparator()
        self._action(edit, self.tr("&Find in the transcript"), self.open_find, "Ctrl+F")
        self._action(edit, self.tr("Find &next"), lambda: self._find_next(1), "F3")
        self._action(edit, self.tr("Find &previous"), lambda: self._find_next(-1), "Shift+F3")

        check = bar.addMenu(self.tr("&Check"))
        self._run = self._action(check, self.tr("&Run check"), self.run, "F5")
        self._cancel = self._action(check, self.tr("&Cancel"), self.cancel, "Esc")
        self._cancel.setEnabled(False)
        check.addSeparator()
        self._compare = self._action(check, self.tr("Compare with another &network…"), self.repeating.compare)
        self._compare.setEnabled(False)
        self.repeating.offered.connect(self._compare.setEnabled)
        self._action(check, self.tr("Compare two saved re&ports…"), self.repeating.compare_files)
        self._action(check, self.tr("&Watch…"), self.repeating.watch)
        self._action(check, self.tr("Measure path &MTU…"), self.measure_mtu, name="measure-mtu")

        view = bar.addMenu(self.tr("&View"))
        views = QActionGroup(self)
        self._view_actions: dict[str, QAction] = {}
        for key, (view_id, text) in enumerate(
            (("simple", self.tr("&Simple view")), ("technician", self.tr("&Technician view"))), 1
        ):
            action = self._action(view, text, partial(self.show_view, view_id), f"Ctrl+{key}")
            action.setCheckable(True)
            views.addAction(action)
            self._view_actions[view_id] = action
        view.addSeparator()
        self._action(view, self.tr("&Next page"), lambda: self._step_page(1), "Ctrl+Tab")
        self._action(view, self.tr("&Previous page"), lambda: self._step_page(-1), "Ctrl+Shift+Tab")
        view.addSeparator()
        colours = view.addMenu(self.tr("&Colours"))
        schemes = QActionGroup(self)
        words = {"system": self.tr("Like the &system"), "light": self.tr("&Light"), "dark": self.tr("&Dark")}
        self._scheme_actions: dict[str, QAction] = {}
        for scheme in SCHEME_CHOICES:
            action = self._action(colours, words[scheme], partial(self._choose_scheme, scheme))
            action.setCheckable(True)
            schemes.addAction(action)
            self._scheme_actions[scheme] = action
        self._motion = self._action(view, self.tr("&Reduce motion"), self._motion_changed)
        self._motion.setCheckable(True)

        help_menu = bar.addMenu(self.tr("&Help"))
        self._action(help_menu, self.tr("&How it works"), self.show_help, "F1")
        self._practice_menu = help_menu.addMenu(self.tr("&Practice without a broken copier"))
        self._practice_menu.aboutToShow.connect(self._need_scenarios)
        self._practice_menu.addAction(self.tr("Reading the scenarios …")).setEnabled(False)
        self._tenant_menu = help_menu.addMenu(self.tr("&Find settings for a practice tenant"))
        self._tenant_menu.setToolTipsVisible(True)
        self._tenant_menu.aboutToShow.connect(self._need_tenants)
        self._tenant_menu.addAction(self.tr("Reading the tenants …")).setEnabled(False)
        help_menu.addSeparator()
        self._action(help_menu, self.tr("&About Sendproof"), self.show_about)

    # Views and pages

    def show_view(self, view: str) -> None:
        """Show the view called "simple" or "technician"."""
        if view == "simple":
            self._views.setCurrentWidget(self.simple_page)
            self.simple_page.take_focus()
        else:
            self._views.setCurrentWidget(self._technician)
            self._show_page(self._shown_number)
            self._focus_page()
        self._view_actions[view].setChecked(True)
        self._sync_actions()

    def show_page(self, name: str) -> None:
        """Show the page with that id (see PAGES) in the technician's view."""
        self._show_page(next(number for number, page in enumerate(PAGES) if page.id == name))
        self.show_view("technician")

    def show_check(self) -> None:
        """Show the technician's view of the check."""
        self.show_page("check")

    @property
    def _front(self) -> Page | None:
        """The page in front, if it is one that runs by itself; None in the simple view and on the check's page."""
        shown = self._pages.currentWidget() if self.view == "technician" else None
        return cast("Page", shown) if shown is not None and shown is not self._check_page else None

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

    def _step_page(self, step: int) -> None:
        if self.view == "technician":
            self._show_page((self._shown_number + step) % len(PAGES))
            self._focus_page()

    @property
    def _shown_number(self) -> int:
        """Which of PAGES is shown; pages are made, and so stacked, in the order in which they are first wanted."""
        shown = self._pages.currentWidget()
        ids = [page.id for page in PAGES]
        return next((ids.index(name) for name, page in self._made.items() if page is shown), 0)

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
        if "find" in self._made:
            self.find_page.set_catalogue(catalogue)

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
        form = self.check_page.form
        parsed = form.attempt()
        if parsed.request is None:
            return
        self._remember_secrets(parsed.request)
        entry = form.stored()
        if self._practice is not None:
            self.controller.run_practice(self._practice.id, parsed.request)
            return
        entry["title"] = f"{parsed.request.server}:{parsed.request.port}  –  {parsed.request.sender.text}"
        self.store.add_recent(entry)
        form.set_recent(self.store.recent())
        self.controller.run(parsed.request)

    def prepared(self) -> tuple[CheckRequest, str | None] | None:
        """Return what the check's form describes and the practice server's id; None after saying what is wrong."""
        if self.view == "simple" or self._front is not None:
            self.show_check()
        parsed = self.check_page.form.attempt()
        if parsed.request is None:
            return None
        self._remember_secrets(parsed.request)
        return parsed.request, self._practice.id if self._practice is not None else None

    def _simple_prepared(self, values: Any, request: Any) -> None:
        """Run what the simple view worked out, and show it in the technician's form too."""
        self._remember_secrets(request)
        self.check_page.form.fill(values)
        if self._practice is not None:
            self.controller.run_practice(self._practice.id, request)
        else:
            self.controller.run(request)

    def _find_for_the_office(self, values: Any) -> None:
        """Show the page that finds settings, filled in with what the simple view asked."""
        self.show_page("find")
        self.find_page.fill(values)

    def check_with(self, values: FormValues) -> None:
        """Show the check's page with `values` in its form, ready to run."""
        self.show_check()
        self.check_page.form.fill(values)

    def _remember_secrets(self, request: Any) -> None:
        if request.credentials is not None:
            self._secrets.append(request.credentials.secret)

    def secrets(self) -> list[Secret]:
        """Return what must be taken out of an error report."""
        typed = [
            page.password.secret()
            for page in (self._check_page.form if self._check_page else None, self._simple_page)
            if page is not None
        ]
        typed += [secret for page in self._made_pages() for secret in page.secrets()]
        return self._secrets + [secret for secret in typed if secret]

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
        return beside or any(page.busy for page in self._made_pages())

    @property
    def _busy(self) -> bool:
        """Whether anything runs, or a run is still on its way into the history."""
        return self._runs or self.keeper.busy

    def _sync_actions(self) -> None:
        """Let F5, Esc and Ctrl+S say and do what fits the page in front."""
        front = self._front
        self._run.setText(front.run_words or self.tr("&Run") if front is not None else self.tr("&Run check"))
        self._run.setEnabled(front.can_run if front is not None else not self.controller.busy)
        self._cancel.setEnabled(self.controller.busy or (front is not None and front.busy))
        self._save.setEnabled(front is None or front.can_save)

    def _began(self, request: Any) -> None:
        self.setWindowTitle(f"Sendproof – {request.server}:{request.port}")

    def _look_up_mx(self, domain: str) -> None:
        async def work(_job: Job) -> Any:
            from core.everyday import mail_servers, why_no_server

            found = await mail_servers(domain)
            return (found.hosts[0] if found.hosts else ""), why_no_server(found)

        def done(found: tuple[str, str]) -> None:
            server, error = found
            problem = self.tr("{error} Type the server’s name yourself.").format(error=error)
            self.check_page.form.mx_found(domain, server, problem)

        self.engine.submit(work, done=done)

    # The history

    def keep_run(self, report: Report) -> None:
        """Put a finished run into the history."""
        from core.reports.report import to_json

        self.keeper.keep(partial(to_json, report), client=self.client(report))

    def client(self, report: Report | None = None) -> str:
        """Return the client of the ticket notes for the site of `report`, or of the last check; empty if unknown."""
        from gui.share_dialog import remembered

        about = report or self.controller.report
        return remembered(self.store, about).get("client", "") if about is not None else ""

    def _keep_history_chosen(self) -> None:
        self.keeper.set_on(self._keep_history.isChecked())

    def _keeper_changed(self) -> None:
        self._keep_history.setChecked(self.keeper.on)
        self._keep_history.setEnabled(self.keeper.allowed)
        self._state_changed()

    def check_again(self, report: Report) -> None:
        """Fill the check's form with the settings of an earlier check; the password has to be typed anew."""
        from core.history.rerun import form_values_of, to_type_anew

        values, practice, missing = form_values_of(report), report.request.practice, to_type_anew(report)

        def fill(scenarios: dict[str, Any]) -> None:
            scenario = scenarios.get(practice) if practice else None
            self.set_practice(scenario)
            if scenario is not None and scenario.check.user == values.user:
                self.check_with(replace(values, password=scenario.form().password))  # that of the lesson
            else:
                self.check_with(values)
                if missing:
                    self.notice.say(" ".join(missing))

        if practice and not self._scenarios:
            self._when_scenarios_are_there = fill
            self._need_scenarios()
        else:
            fill(self._scenarios)

    _when_scenarios_are_there: Callable[[dict[str, Any]], None] | None = None

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

    def _need_scenarios(self) -> None:
        if self._scenarios:
            return

        async def work(_job: Job) -> dict[str, Any]:
            from core.practice.load import load_scenarios

            return load_scenarios()

        self.engine.submit(work, done=self._scenarios_loaded)

    def _scenarios_loaded(self, scenarios: dict[str, Any]) -> None:
        self._scenarios = scenarios
        if self._when_scenarios_are_there is not None:
            self._when_scenarios_are_there(scenarios)
            self._when_scenarios_are_there = None
        menu = self._practice_menu
        menu.clear()
        self._add_scenario(menu, scenarios[FOUNDING_CASE])
        menu.addSeparator()
        titles = self._practice_groups()
        groups = {title: menu.addMenu(title) for title in dict.fromkeys(titles.values())}
        for name, scenario in scenarios.items():
            if name != FOUNDING_CASE:
                self._add_scenario(groups[titles[scenario.expect.failed_stage]], scenario)
        for group in groups.values():
            group.menuAction().setVisible(not group.isEmpty())
        menu.addSeparator()
        self._action(menu, self.tr("&End practice"), lambda: self.set_practice(None))

    def _add_scenario(self, menu: QMenu, scenario: Any) -> None:
        title = scenario.title.replace("&", "&&")
        action = self._action(menu, title, partial(self.set_practice, scenario), name=f"practice-{scenario.id}")
        action.setToolTip(scenario.summary)
        menu.setToolTipsVisible(True)

    def _need_tenants(self) -> None:
        if self._tenants_read:
            return
        self._tenants_read = True

        async def work(_job: Job) -> dict[str, Any]:
            from core.practice.tenant import load_tenants

            return load_tenants()

        def done(tenants: dict[str, Any]) -> None:
            menu = self._tenant_menu
            menu.clear()
            for tenant in tenants.values():
                words = tenant.title.replace("&", "&&")
                name = f"tenant-{tenant.id}"
                self._action(menu, words, partial(self.practise_finding, tenant), name=name).setToolTip(tenant.summary)
            menu.addSeparator()
            self._action(menu, self.tr("&End practice"), lambda: self.find_page.set_practice(None))

        self.engine.submit(work, done=done)

    _tenants_read = False

    def practise_finding(self, tenant: Any) -> None:
        """Show the page that finds settings, filled in for a practice tenant."""
        self.show_page("find")
        self.find_page.set_practice(tenant)
        self.find_page.take_focus()

    def _practice_groups(self) -> dict[Stage | None, str]:
        """Return under which heading a scenario stands, by the stage at which its check fails."""
        reaching = self.tr("Connection and greeting")
        encrypting = self.tr("Encryption")
        sender = self.tr("Sender")
        message = self.tr("Message")
        return {
            None: self.tr("It works"),
            Stage.SETTINGS: reaching,
            Stage.DNS: reaching,
            Stage.CONNECT: reaching,
            Stage.BANNER: reaching,
            Stage.EHLO: reaching,
            Stage.STARTTLS: encrypting,
            Stage.TLS: encrypting,
            Stage.EHLO_TLS: encrypting,
            Stage.AUTH: self.tr("Sign-in"),
            Stage.MAIL_FROM: sender,
            Stage.RCPT_TO: self.tr("Recipient"),
            Stage.DATA: message,
            Stage.MESSAGE: message,
        }

    def set_practice(self, scenario: Any) -> None:
        """Let the next checks go to a practice server, or with None to real ones again."""
        if scenario is None and self._practice is None:
            return
        if self._practice is None and self._check_page is not None:
            self._before_practice = self._check_page.form.stored()
        leaving = scenario is None
        if self._front is not None and not leaving:
            self.show_check()
        self._practice = scenario
        if self._check_page is not None:
            self._check_page.form.set_practice(scenario)
            if leaving:
                self._check_page.form.wipe()
                self._check_page.form.restore(self._before_practice or _EMPTY_FORM)
        if self._simple_page is not None:
            self._simple_page.set_practice(scenario)

    _before_practice: dict[str, Any] | None = None

    # What leaves the window

    def copy_heading(self) -> str:
        """Return the lines that every copied transcript begins with: target, time, version, outcome."""
        report, request = self.controller.report, self.controller.request
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
        elif self.controller.busy:
            lines.append(self.tr("The check is still running."))
        return "\n".join(lines)

    def ticket_text(self, report: Report | None = None) -> str:
        """Return the ticket notes of `report`, or of the last check, in the form that ticket systems take."""
        report = report or self.controller.report
        if report is None:
            return ""
        from core.reports.documents.make import Wish, make
        from core.reports.documents.model import Details
        from core.reports.documents.rendering import rendered
        from core.reports.templating import TemplateTrouble
        from gui.share_dialog import remembered

        kept = remembered(self.store, report)
        details = Details(**{name: kept.get(name, "") for name in Details.__struct_fields__})
        made = make(Wish(kind="ticket", details=details), report)
        try:
            return rendered(made, "markdown")
        except TemplateTrouble as trouble:
            return rendered(made, "markdown", own=()) if self._built_in_instead(str(trouble)) else ""

    def _built_in_instead(self, trouble: str) -> bool:
        """Say what is wrong with a company’s template; return whether ours is to be used."""
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Own template"), trouble, parent=self)
        box.setTextFormat(_plain_text())
        use = box.addButton(self.tr("Use the built-in template"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        return box.clickedButton() is use

    def summary_text(self) -> str:
        """Return a short summary for IT support."""
        if self.controller.report is None:
            return ""
        from core.reports.summary import render_summary

        return render_summary(self.controller.report)

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
            QGuiApplication.clipboard().setText(self.ticket_text())

    def _copy_transcript(self) -> None:
        if self._front is not None and self._front.copy_transcript():
            return
        self.check_page.transcript.copy_all()

    def open_find(self) -> None:
        """Open the search in what is in front, or in the transcript of the check."""
        if self._front is not None and self._front.open_find():
            return
        self.show_check()
        self.check_page.transcript.open_find()

    def _find_next(self, step: int) -> None:
        if self._front is not None and self._front.find_next(step):
            return
        self.show_check()
        self.check_page.transcript.find_next(step)

    def save_report(self) -> None:
        """Ask where to save the report, and write it in the form of the file's ending."""
        if self._front is not None:
            self._front.save()
            return
        if self.controller.report is not None:
            self.save_that_report(self.controller.report)

    def save_that_report(self, report: Report, seal: SealState | None = None) -> None:
        """Ask what is to be shared of `report`, show it, and save, copy or print it; `seal`: what its file’s seal said.

        The simple view begins with the summary for people who know nothing of mail.
        """
        self.share(report, kind="client" if self.view == "simple" else "", seal=seal)

    def share(
        self, report: Report, *, kind: str = "", second: Report | None = None, seal: SealState | None = None
    ) -> None:
        """Open the share dialog for `report`, with a later run `second` if there is one."""
        from gui.share_dialog import ShareDialog

        ShareDialog(self.engine, self.store, report, self, kind=kind, second=second, seal=seal).open()

    # Help

    def show_help(self) -> None:
        """Open the explanation."""
        from gui.help_dialog import HelpDialog

        HelpDialog(self).open()

    def show_about(self) -> None:
        """Open version, licences and where the settings are."""
        from gui.about_dialog import AboutDialog

        AboutDialog(self.store.path, self, history=self.keeper.folder).open()

    # Tools

    def measure_mtu(self, *, at_once: bool = False) -> None:
        """Open the measurement of packet sizes for the server that was checked last, or that is typed in."""
        from gui.mtu_dialog import MtuDialog

        report = self.controller.report
        if report is not None and report.request.practice is not None:
            report = None  # a practice server is within this computer
        typed = "" if self._check_page is None or self._practice is not None else self._check_page.form.values().server
        dialog = MtuDialog(self.engine, report.target.server if report is not None else typed, report, self)
        if at_once:
            dialog.run_at_once()
        dialog.open()

    # Settings

    def _choose_scheme(self, scheme: str) -> None:
        theme.choose(scheme)
        self.store.put("colours", scheme)

    def _motion_changed(self) -> None:
        theme.reduce_motion = self._motion.isChecked()
        self.store.put("reduce_motion", theme.reduce_motion)

    def _recolour(self) -> None:
        self.update()

    def _forget_recent(self) -> None:
        self.store.clear_recent()
        if self._check_page is not None:
            self._check_page.form.set_recent([])

    def _restore(self) -> None:
        self._scheme_actions[theme.choice].setChecked(True)
        self._motion.setChecked(theme.reduce_motion)
        metrics = self.fontMetrics()
        self.setMinimumSize(metrics.averageCharWidth() * 100, metrics.height() * 30)
        room = self.screen().availableGeometry().size()
        wanted = self.minimumSize().expandedTo(self.minimumSize())
        wanted.setWidth(min(metrics.averageCharWidth() * 190, round(room.width() * 0.92)))
        wanted.setHeight(min(metrics.height() * 52, round(room.height() * 0.9)))
        self.setMinimumSize(self.minimumSize().boundedTo(room))
        geometry = self.store.bytes("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(wanted)
        view = self.store.text("view", "simple")
        self.show_view(view if view in self._view_actions else "simple")

    def _keep(self) -> None:
        self.store.put("geometry", self.saveGeometry())
        self.store.put("view", self.view)
        if self._check_page is not None:
            if self._practice is None:
                self.store.put("form", self._check_page.form.stored())
            self.store.put("splitter", self._check_page.splitter.saveState())
            self.store.put("legend", self._check_page.transcript.legend_button.isChecked())
        if self._simple_page is not None and self._practice is None:
            self.store.put("simple", self._simple_page.stored())
        for page in self._made_pages():
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
        for page in self._made_pages():
            if page.busy:
                page.cancel()

    def _close_now(self) -> None:
        if self.isVisible():
            self._out_of_time = True
            self.controller.abort()
            self.repeating.abort()
            for page in self._made_pages():
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
        for page in self._made_pages():
            page.wipe()
        self._secrets.clear()


_EMPTY_FORM: dict[str, Any] = {
    "server": "",
    "port": "",
    "security": "auto",
    "ehlo": "",
    "user": "",
    "sender": "",
    "recipients": "",
    "send": False,
    "ip": "auto",
    "timeout": "",
    "deadline": "",
    "mechanism": "auto",
    "sign_in": False,
    "verify": True,
    "tls_max": "",
    "device": "",
    "ca_file": "",
}


def _plain_text() -> Any:
    from PySide6.QtCore import Qt

    return Qt.TextFormat.PlainText


async def _load_catalogue(_job: Job) -> Catalogue:
    """Read presets and devices, and bring in what a check needs, so that the first one starts at once."""
    from core.knowledge.load import load_knowledge
    from gui.models.presets import catalogue_of

    catalogue = catalogue_of(load_knowledge())
    import core.session.check  # noqa: F401

    return catalogue
