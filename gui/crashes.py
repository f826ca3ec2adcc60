"""Catches what nobody caught, in every thread, and shows it; the program goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from core.secret import Secret
    from gui.crash_dialog import CrashDialog

MAX_REPORTS = 20
"""After so many different errors in one run the rest are only counted."""


class CrashHandler(QObject):
    """Catches what nobody caught, from every thread, and shows it. `secrets` gives what must not be seen."""

    _caught = Signal(object)

    def __init__(self, secrets: Callable[[], Iterable[Secret]], window: Callable[[], QWidget | None]) -> None:
        super().__init__()
        self._secrets = secrets
        self._window = window
        self._seen: set[str] = set()
        self.dialog: CrashDialog | None = None
        self._caught.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._previous: tuple[Any, ...] | None = None

    def install(self) -> None:
        """Take over the hooks for uncaught exceptions."""
        self._previous = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._main_thread
        threading.excepthook = lambda details: self.caught(details.exc_value)
        sys.unraisablehook = lambda details: self.caught(details.exc_value)

    def uninstall(self) -> None:
        """Give the hooks back."""
        if self._previous is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._previous
            self._previous = None

    def _main_thread(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        self.caught(error)

    def caught(self, error: BaseException | None) -> None:
        """Show `error` in a dialog; may be called from any thread."""
        if isinstance(error, Exception):
            self._caught.emit(error)
        elif isinstance(error, KeyboardInterrupt):
            raise SystemExit(130)

    def _show(self, error: Exception) -> None:
        from gui.crash_dialog import CrashDialog, crash_report

        report = crash_report(error, self._secrets())
        if sys.stderr is not None:
            print(report, file=sys.stderr)
        if report in self._seen or len(self._seen) >= MAX_REPORTS:
            return  # an error that repeats, in a paint event perhaps, must not bury the window
        self._seen.add(report)
        if self.dialog is None:
            self.dialog = CrashDialog(self._window())
            self.dialog.destroyed.connect(self._forget)
        self.dialog.add(report)
        self.dialog.show()
        self.dialog.raise_()

    def _forget(self) -> None:
        self.dialog = None
