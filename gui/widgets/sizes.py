"""How large a window opens."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

MOST = 0.92
"""The share of the screen that a window takes at most, so that its title and its last button are in reach."""


def open_at(window: QWidget, characters: int, lines: int) -> None:
    """Give `window` room for so many characters and lines of its font, but no more than the screen has."""
    metrics = window.fontMetrics()
    room = window.screen().availableSize() * MOST
    window.resize(
        min(metrics.averageCharWidth() * characters, room.width()), min(metrics.height() * lines, room.height())
    )
