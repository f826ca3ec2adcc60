"""The pages of the window in the order of the navigation, and how each is made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from gui.pages.check import CheckPage
    from gui.pages.page import Page
    from gui.pages.simple import SimplePage
    from gui.window import MainWindow


class PageEntry(NamedTuple):
    """A page of the technician's view; `make` is called when the page is first shown."""

    id: str
    title: str
    sign: str
    make: Callable[[MainWindow], QWidget]


def make_check(window: MainWindow) -> CheckPage:
    """Return the technician's page of the check, filled in as it was left."""
    from gui.pages.check import CheckPage

    page = CheckPage(window.engine, window.controller, window.sharing.copy_heading, window.sharing.ticket_text)
    page.form.run_wanted.connect(window.run)
    page.form.cancel_wanted.connect(window.cancel)
    page.form.practice_ended.connect(lambda: window.set_practice(None))
    page.verdict.save_wanted.connect(window.save_report)
    page.verdict.sheet_wanted.connect(window.sheet_offer.show)
    window.sheet_offer.offered.connect(page.verdict.offer_sheet)
    page.verdict.offer_sheet(window.sheet_offer.way is not None)
    page.verdict.compare_wanted.connect(window.repeating.compare)
    window.repeating.offered.connect(page.verdict.offer_repeating)
    page.verdict.offer_repeating(window.repeating.can_compare)
    page.verdict.measure_wanted.connect(lambda: window.measure_mtu(at_once=True))
    page.form.set_recent(window.store.recent())
    page.form.restore(window.store.record("form"))
    if window.catalogue is not None:
        page.form.set_catalogue(window.catalogue)
    if window.practice is not None:
        page.form.set_practice(window.practice)
    page.transcript.legend_button.setChecked(window.store.flag("legend"))
    splitter = window.store.bytes("splitter")
    if not splitter.isEmpty():
        page.restore_splitter(splitter)
    page.sync()
    return page


def make_simple(window: MainWindow) -> SimplePage:
    """Return the office's page, filled in as it was left. It is a view of its own and stands in no navigation."""
    from gui.pages.simple import SimplePage

    page = SimplePage(window.controller, window.engine, window.sharing.summary_text)
    page.technician_wanted.connect(window.show_check)
    page.save_wanted.connect(window.save_report)
    page.sheet_wanted.connect(window.sheet_offer.show)
    window.sheet_offer.offered.connect(page.offer_sheet)
    page.offer_sheet(window.sheet_offer.way is not None)
    page.find_wanted.connect(window.find_for_the_office)
    page.prepared.connect(window.starter.run_from_simple)
    page.preparing.connect(window.menus.cancel.setEnabled)
    page.practice_ended.connect(lambda: window.set_practice(None))
    page.restore(window.store.record("simple"))
    if window.catalogue is not None:
        page.set_catalogue(window.catalogue)
    if window.practice is not None:
        page.set_practice(window.practice)
    page.sync()
    return page


def _make_find(window: MainWindow) -> Page:
    from gui.pages.find import FindPage

    page = FindPage(window)
    if window.catalogue is not None:
        page.set_catalogue(window.catalogue)
    return page


def _make_listen(window: MainWindow) -> Page:
    from gui.pages.listen import ListenPage

    page = ListenPage(window.engine, window.store)
    if window.catalogue is not None:
        page.set_catalogue(window.catalogue)
    page.replay_wanted.connect(window.check_with)
    page.state_changed.connect(lambda: window.show_listening(page.busy))
    return page


def _make_explain(window: MainWindow) -> Page:
    from gui.pages.explain import ExplainPage

    return ExplainPage(window.engine)


def _make_history(window: MainWindow) -> Page:
    from gui.pages.history import HistoryPage

    return HistoryPage(
        window.engine,
        window.keeper,
        rerun=window.repeating.run_again,
        share=window.sharing.share,
        ticket=window.sharing.ticket_text,
    )


PAGES: tuple[PageEntry, ...] = (
    PageEntry("check", str(QT_TRANSLATE_NOOP("MainWindow", "Check")), "check", lambda window: window.check_page),
    PageEntry("find", str(QT_TRANSLATE_NOOP("MainWindow", "Find settings")), "search", _make_find),
    PageEntry("listen", str(QT_TRANSLATE_NOOP("MainWindow", "Listen to device")), "swap", _make_listen),
    PageEntry("explain", str(QT_TRANSLATE_NOOP("MainWindow", "Explain an error")), "question", _make_explain),
    PageEntry("history", str(QT_TRANSLATE_NOOP("MainWindow", "History")), "history", _make_history),
)
"""The pages in the order of the navigation. To add one: a line here and a function that makes its `Page`."""


def page_number(name: str) -> int:
    """Return at which place of the navigation the page with the id `name` stands, from 0."""
    return next(number for number, page in enumerate(PAGES) if page.id == name)
