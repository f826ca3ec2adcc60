"""The settings sheet in a window of its own, beside the check that it follows from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.engine import Engine
from gui.widgets.basics import Button, Card, unit
from gui.widgets.settings_sheet import SettingsSheetPanel
from gui.widgets.sizes import open_at

if TYPE_CHECKING:
    from core.sheets.way import SendingWay


class SheetDialog(QDialog):
    """Holds a `SettingsSheetPanel` (`panel`) and a button that closes it. It does not keep anything else waiting."""

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings sheet"))
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base, base, base, base)
        layout.setSpacing(base)
        card = Card()
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 1, 1, 1)
        self.panel = SettingsSheetPanel(engine)
        inside.addWidget(self.panel)
        layout.addWidget(card, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        self.close_button = Button(self.tr("Close"))
        self.close_button.clicked.connect(self.close)
        buttons.addWidget(self.close_button)
        layout.addLayout(buttons)
        open_at(self, 78, 44)

    def show_way(self, way: SendingWay, device: str | None) -> None:
        """Show the sheet for a way and, if known, a device, in front of the other windows."""
        self.panel.show_way(way, device)
        self.show()
        self.raise_()
        self.activateWindow()
