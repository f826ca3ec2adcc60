"""Where the window stands and how large it is: as it was left, else as its font and the screen ask for."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow

from gui.store import Store


def restore_geometry(window: QMainWindow, store: Store) -> None:
    """Give `window` its least size, and the place and size that `store` remembers."""
    metrics = window.fontMetrics()
    window.setMinimumSize(metrics.averageCharWidth() * 100, metrics.height() * 30)
    room = window.screen().availableGeometry().size()
    wanted = window.minimumSize()
    wanted.setWidth(min(metrics.averageCharWidth() * 190, round(room.width() * 0.92)))
    wanted.setHeight(min(metrics.height() * 52, round(room.height() * 0.9)))
    window.setMinimumSize(window.minimumSize().boundedTo(room))
    geometry = store.bytes("geometry")
    if geometry.isEmpty() or not window.restoreGeometry(geometry):
        window.resize(wanted)
