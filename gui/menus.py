"""The window's menus and their keys. What an entry does is a method of the window or of one of its controllers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from gui.practice_menu import PracticeMenus
from gui.theme import SCHEME_CHOICES, theme

if TYPE_CHECKING:
    from gui.pages.page import Page
    from gui.window import MainWindow


class Menus(QObject):
    """Builds the menu bar of `window`, and keeps the entries whose text, tick or state changes."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        bar = window.menuBar()
        self._add_file(bar)
        self._add_edit(bar)
        self._add_check(bar)
        self._add_view(bar)
        self._add_help(bar)

    def _action(self, menu: QMenu, text: str, slot: Callable[[], Any], *keys: str) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: slot())
        if keys:
            action.setShortcuts([QKeySequence(key) for key in keys])
        return action

    def _add_file(self, bar: QMenuBar) -> None:
        window = self._window
        file = bar.addMenu(self.tr("&File"))
        self.save = self._action(file, self.tr("&Share or save…"), window.save_report, "Ctrl+S")
        self._action(file, self.tr("&Open a report…"), window.open_report, "Ctrl+O")
        file.addSeparator()
        self.keep_history = self._action(file, self.tr("&Keep a history"), self._keep_history_chosen)
        self.keep_history.setCheckable(True)
        self.keep_history.setChecked(True)
        self.keep_history.setToolTip(self.tr("Keep each run on this computer, to find it again on the page History"))
        file.setToolTipsVisible(True)
        self._action(file, self.tr("&Forget recent checks"), window.forget_recent)
        file.addSeparator()
        self._action(file, self.tr("&Quit"), window.close, "Ctrl+Q")

    def _add_edit(self, bar: QMenuBar) -> None:
        window = self._window
        edit = bar.addMenu(self.tr("&Edit"))
        self._action(edit, self.tr("Copy for &ticket"), window.copy_ticket, "Ctrl+Shift+C")
        self._action(edit, self.tr("Copy t&ranscript"), window.copy_transcript)
        edit.addSeparator()
        self._action(edit, self.tr("&Find in the transcript"), window.open_find, "Ctrl+F")
        self._action(edit, self.tr("Find &next"), lambda: window.find_next(1), "F3")
        self._action(edit, self.tr("Find &previous"), lambda: window.find_next(-1), "Shift+F3")

    def _add_check(self, bar: QMenuBar) -> None:
        window, repeating = self._window, self._window.repeating
        check = bar.addMenu(self.tr("&Check"))
        self.run = self._action(check, self.tr("&Run check"), window.run, "F5")
        self.cancel = self._action(check, self.tr("&Cancel"), window.cancel, "Esc")
        self.cancel.setEnabled(False)
        check.addSeparator()
        compare = self._action(check, self.tr("Compare with another &network…"), repeating.compare)
        compare.setEnabled(False)
        repeating.offered.connect(compare.setEnabled)
        self._action(check, self.tr("Compare two saved re&ports…"), repeating.compare_files)
        self._action(check, self.tr("&Watch…"), repeating.watch)
        self._action(check, self.tr("Measure path &MTU…"), window.measure_mtu).setObjectName("measure-mtu")

    def _add_view(self, bar: QMenuBar) -> None:
        window = self._window
        view = bar.addMenu(self.tr("&View"))
        views = QActionGroup(self)
        self.views: dict[str, QAction] = {}
        for key, (view_id, text) in enumerate(
            (("simple", self.tr("&Simple view")), ("technician", self.tr("&Technician view"))), 1
        ):
            action = self._action(view, text, partial(window.show_view, view_id), f"Ctrl+{key}")
            action.setCheckable(True)
            views.addAction(action)
            self.views[view_id] = action
        view.addSeparator()
        self._action(view, self.tr("&Next page"), lambda: window.step_page(1), "Ctrl+Tab")
        self._action(view, self.tr("&Previous page"), lambda: window.step_page(-1), "Ctrl+Shift+Tab")
        view.addSeparator()
        colours = view.addMenu(self.tr("&Colours"))
        schemes = QActionGroup(self)
        words = {"system": self.tr("Like the &system"), "light": self.tr("&Light"), "dark": self.tr("&Dark")}
        self.schemes: dict[str, QAction] = {}
        for scheme in SCHEME_CHOICES:
            action = self._action(colours, words[scheme], partial(self._choose_scheme, scheme))
            action.setCheckable(True)
            schemes.addAction(action)
            self.schemes[scheme] = action
        self.schemes[theme.choice].setChecked(True)
        self._motion = self._action(view, self.tr("&Reduce motion"), self._motion_changed)
        self._motion.setCheckable(True)
        self._motion.setChecked(theme.reduce_motion)

    def _add_help(self, bar: QMenuBar) -> None:
        window = self._window
        menu = bar.addMenu(self.tr("&Help"))
        self._action(menu, self.tr("&How it works"), self.show_help, "F1")
        self.practice = PracticeMenus(
            window.engine, menu, choose=window.set_practice, choose_tenant=window.practise_finding
        )
        menu.addSeparator()
        self._action(menu, self.tr("&About Sendproof"), self.show_about)

    # What changes

    def follow(self, front: Page | None, *, checking: bool) -> None:
        """Let F5, Esc and Ctrl+S say and do what fits the page in front; None is the check, which is `checking`."""
        self.run.setText(front.run_words or self.tr("&Run") if front is not None else self.tr("&Run check"))
        self.run.setEnabled(front.can_run if front is not None else not checking)
        self.cancel.setEnabled(checking or (front is not None and front.busy))
        self.save.setEnabled(front is None or front.can_save)

    def follow_keeper(self) -> None:
        """Show whether runs are kept, and whether that can be chosen."""
        self.keep_history.setChecked(self._window.keeper.on)
        self.keep_history.setEnabled(self._window.keeper.allowed)

    def _keep_history_chosen(self) -> None:
        self._window.keeper.set_on(self.keep_history.isChecked())

    def _choose_scheme(self, scheme: str) -> None:
        theme.choose(scheme)
        self._window.store.put("colours", scheme)

    def _motion_changed(self) -> None:
        theme.reduce_motion = self._motion.isChecked()
        self._window.store.put("reduce_motion", theme.reduce_motion)

    def show_help(self) -> None:
        """Open the explanation."""
        from gui.help_dialog import HelpDialog

        HelpDialog(self._window).open()

    def show_about(self) -> None:
        """Open version, licences and where the settings are."""
        from gui.about_dialog import AboutDialog

        AboutDialog(self._window.store.path, self._window, history=self._window.keeper.folder).open()
