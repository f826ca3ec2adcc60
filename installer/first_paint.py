"""Tells when the first window was painted, for the build's figures; without the variable below it does nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

VARIABLE = "SENDPROOF_FIRST_PAINT"
"""Names the file that gets the time of the first paint, in seconds since 1970; the program then ends."""


def tell_first_paint(window: type[Any]) -> None:
    """Make the class `window`, a QWidget, write the time once its first picture is on the screen."""
    target = os.environ.get(VARIABLE)
    if not target:
        return
    from PySide6.QtCore import QCoreApplication, QTimer

    paint = window.paintEvent

    def painted() -> None:
        Path(target).write_text(f"{time.time():.6f}\n", encoding="ascii")
        QCoreApplication.quit()

    def first(self: Any, event: Any) -> None:
        paint(self, event)
        window.paintEvent = paint
        QTimer.singleShot(0, painted)  # comes after the picture has been handed to the screen

    window.paintEvent = first
