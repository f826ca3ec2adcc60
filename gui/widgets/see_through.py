"""Lists and tables that lie on a card and show it through."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractItemView, QApplication


def show_card_through(view: QAbstractItemView) -> None:
    """Let `view` paint no ground and no selection: its delegate does. To be called anew when the colours change."""
    palette = QPalette(QApplication.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(0, 0, 0, 0))
    view.setPalette(palette)
    view.viewport().setAutoFillBackground(False)
    view.viewport().update()
