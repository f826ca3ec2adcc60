"""Says something through the screen reader, without moving the keyboard focus."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, text: str) -> None:
    """Let the screen reader say `text` on behalf of `widget`, which must be in sight."""
    from PySide6 import QtGui  # here, not above: the window starts without it

    if hasattr(QtGui, "QAccessibleAnnouncementEvent"):
        event: QtGui.QAccessibleEvent = QtGui.QAccessibleAnnouncementEvent(widget, text)
    else:  # Qt before 6.8
        widget.setAccessibleDescription(text)
        event = QtGui.QAccessibleEvent(widget, QtGui.QAccessible.Event.Alert)
    QtGui.QAccessible.updateAccessibility(event)
