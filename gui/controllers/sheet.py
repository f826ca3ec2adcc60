"""Offers the settings sheet after a check, where the check leads to a way of sending, and shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.controllers.check import CheckController
from gui.engine import Engine, Job
from gui.store import Store

if TYPE_CHECKING:
    from core.reports.report import Report
    from core.sheets.way import SendingWay
    from gui.sheet_dialog import SheetDialog

DEVICE_KEY = "sheet_device"
"""Under this the device chosen last is remembered."""


class SheetOffer(QObject):
    """Knows the way that the last check leads to. `offered` carries whether there is one."""

    offered = Signal(bool)

    def __init__(self, engine: Engine, controller: CheckController, store: Store, window: QWidget) -> None:
        super().__init__(window)
        self._engine = engine
        self._store = store
        self._window = window
        self._way: SendingWay | None = None
        self._device: str | None = None
        self._dialog: SheetDialog | None = None
        self._asked = 0
        controller.finished.connect(self.look)
        controller.state_changed.connect(self._forget_if_running)
        self._controller = controller

    @property
    def way(self) -> SendingWay | None:
        """The way that the last check leads to, None where none is known."""
        return self._way

    def look(self, report: Report) -> None:
        """Find out, beside the window's thread, which way a finished check leads to."""
        self._asked += 1
        asked = self._asked

        async def work(_job: Job) -> SendingWay | None:
            from core.sheets.from_report import way_from

            return way_from(report)

        def done(way: SendingWay | None) -> None:
            if asked == self._asked:
                self._way = way
                self._device = report.request.device
                self.offered.emit(way is not None)

        self._engine.submit(work, done=done)

    def _forget_if_running(self) -> None:
        if self._controller.busy and self._way is not None:
            self._asked += 1
            self._way = None
            self.offered.emit(False)

    def show(self) -> None:
        """Show the sheet for that way."""
        if self._way is None:
            return
        if self._dialog is None:
            from gui.sheet_dialog import SheetDialog

            self._dialog = SheetDialog(self._engine, self._window)
            self._dialog.panel.device_changed.connect(lambda device: self._store.put(DEVICE_KEY, device or ""))
        self._dialog.show_way(self._way, self._device or self._store.text(DEVICE_KEY) or None)

    @property
    def dialog(self) -> SheetDialog | None:
        """The sheet's window, once it was shown."""
        return self._dialog
