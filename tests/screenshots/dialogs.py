"""Brings the window's dialogs into their states for a picture. Nothing here leaves this computer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QDialog

from gui.window import MainWindow

Wait = Callable[[Callable[[], bool]], None]
"""Lets Qt work until the condition holds."""


def check(window: MainWindow, wait: Wait, scenario: str) -> None:
    """Run the check of a practice server to its end."""
    from core.practice.load import load_scenario

    window.set_practice(load_scenario(scenario))
    window.run()
    wait(lambda: window.controller.report is not None and not window.controller.busy)


def _share(window: MainWindow, wait: Wait, kind: str) -> QDialog:
    from gui.share_dialog import ShareDialog

    check(window, wait, "spamhaus-block")
    window.save_report()
    dialog = window.findChild(ShareDialog)
    assert dialog is not None
    dialog.form.kind.setCurrentIndex(dialog.form.kind.findData(kind))
    wait(lambda: dialog.save_button.isEnabled())
    return dialog


def _sheet(window: MainWindow, wait: Wait, *, administrator: bool) -> QDialog:
    check(window, wait, "spamhaus-block")
    wait(lambda: window.sheet_offer.way is not None)
    window.sheet_offer.show()
    dialog = window.sheet_offer.dialog
    assert dialog is not None
    dialog.panel.show_way(window.sheet_offer.way, "sharp-mx-series")
    wait(lambda: dialog.panel.sheets is not None and dialog.panel.device == "sharp-mx-series")
    if administrator:
        dialog.panel.administrator_button.click()
    return dialog


def _compare(window: MainWindow, wait: Wait, *, run: bool) -> QDialog:
    check(window, wait, "spamhaus-block")
    window.repeating.compare()
    dialog = window.repeating.compare_dialog
    assert dialog is not None
    if run:
        dialog.run()
        wait(lambda: dialog.view.comparison is not None and not dialog.busy)
    return dialog


def _watch(window: MainWindow, wait: Wait, *, run: bool) -> QDialog:
    from core.practice.load import load_scenario
    from core.watching import runner
    from tests.watching.clocks import WoundClock

    window.set_practice(load_scenario("comes-and-goes"))
    window.repeating.watch()
    dialog = window.repeating.watch_dialog
    assert dialog is not None
    if run:
        clock = runner.SystemClock
        runner.SystemClock = WoundClock  # type: ignore[assignment, misc]
        try:
            dialog.every.setCurrentIndex(dialog.every.findData(300))
            dialog.duration.setCurrentIndex(dialog.duration.findData(7200))
            dialog.start()
            wait(lambda: dialog.controller.document is not None and not dialog.controller.busy)
        finally:
            runner.SystemClock = clock  # type: ignore[misc]
    return dialog


def _mtu(window: MainWindow, _wait: Wait, *, run: bool) -> QDialog:
    from gui.mtu_dialog import MtuDialog
    from tests.pathmtu.fakes import FakeWay, measured

    window.measure_mtu()
    dialog = window.findChild(MtuDialog)
    assert dialog is not None
    if run:
        dialog.server.setText("mail.example.com")
        dialog.show_result(measured(FakeWay(1400)))
    return dialog


def _plain(window: MainWindow, wait: Wait, name: str) -> QDialog:
    from gui.about_dialog import AboutDialog
    from gui.help_dialog import HelpDialog

    getattr(window, f"show_{name}")()
    dialog = window.findChild(HelpDialog if name == "help" else AboutDialog)
    assert dialog is not None
    return dialog


DIALOGS: dict[str, Callable[[MainWindow, Wait], Any]] = {
    "share-ticket": lambda window, wait: _share(window, wait, "ticket"),
    "share-client": lambda window, wait: _share(window, wait, "client"),
    "share-escalation": lambda window, wait: _share(window, wait, "escalation"),
    "sheet": lambda window, wait: _sheet(window, wait, administrator=False),
    "sheet-administrator": lambda window, wait: _sheet(window, wait, administrator=True),
    "compare-begin": lambda window, wait: _compare(window, wait, run=False),
    "compare-found": lambda window, wait: _compare(window, wait, run=True),
    "watch-begin": lambda window, wait: _watch(window, wait, run=False),
    "watch-found": lambda window, wait: _watch(window, wait, run=True),
    "mtu-begin": lambda window, wait: _mtu(window, wait, run=False),
    "mtu-found": lambda window, wait: _mtu(window, wait, run=True),
    "help": lambda window, wait: _plain(window, wait, "help"),
    "about": lambda window, wait: _plain(window, wait, "about"),
}
"""Each dialog's state by its name: how the window gets there. Returns the dialog."""
