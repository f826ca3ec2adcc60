"""Puts the program together: application, theme, engine, window, and the net for unexpected errors."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication

from core import __version__
from gui.crashes import CrashHandler
from gui.engine import Engine
from gui.store import Store
from gui.theme import theme
from gui.window import MainWindow


def make_application(arguments: list[str]) -> QApplication:
    """Return the application, named so that settings land in the right place."""
    application = QApplication(arguments)
    application.setApplicationName("Sendproof")
    application.setApplicationVersion(__version__)
    application.setApplicationDisplayName("Sendproof")
    application.setDesktopFileName("sendproof")
    return application


def run(arguments: list[str] | None = None) -> int:
    """Open the window and return the exit status when it is closed."""
    application = make_application(sys.argv if arguments is None else arguments)
    store = Store()
    theme.reduce_motion = store.flag("reduce_motion")
    theme.install(application, store.text("colours", "system"))
    engine = Engine()
    window = MainWindow(engine, store)
    crashes = CrashHandler(window.secrets, lambda: window)
    crashes.install()
    engine.crashed.connect(crashes.caught)
    window.show()
    status = application.exec()
    engine.stop()
    crashes.uninstall()
    return status
