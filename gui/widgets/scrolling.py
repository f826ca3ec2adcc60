"""Scroll areas without a ground of their own, and a slim scroll bar that looks the same in light and dark."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScrollBar, QStyle, QStyleOptionSlider, QWidget

from gui.theme import theme
from gui.widgets.basics import unit


class SlimScrollBar(QScrollBar):
    """Draws only the handle; everything else is the style's own behaviour."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Vertical) -> None:
        super().__init__(orientation)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a bar as wide as a letter is high."""
        width = max(10, round(unit(self) * 1.5))
        return QSize(width, width * 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the handle."""
        if self.minimum() >= self.maximum():
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        slider = self.style().subControlRect(
            QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, self
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        hot = self.underMouse() or self.isSliderDown()
        area = self.parentWidget()
        while area is not None and not isinstance(area, ScrollArea):
            area = area.parentWidget()
        by_key = area is not None and area.hasFocus()
        painter.setBrush(theme.colour("accent" if by_key else "muted" if hot else "field_border"))
        margin = self.width() * (0.28 if hot or by_key else 0.34)
        handle = QRectF(slider).adjusted(margin, 1, -margin, -1)
        painter.drawRoundedRect(handle, handle.width() / 2, handle.width() / 2)


class ScrollArea(QScrollArea):
    """Is reached by Tab while there is more than can be seen, so that the arrow keys scroll it; its bar shows that."""

    def reach_by_key(self, name: str) -> None:
        """Let Tab come here, and screen readers call it `name`."""
        self.setAccessibleName(name)
        self.verticalScrollBar().rangeChanged.connect(self._range_changed)

    def _range_changed(self, least: int, most: int) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if most > least else Qt.FocusPolicy.NoFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show in the bar that the keys scroll here."""
        super().focusInEvent(event)
        self.verticalScrollBar().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they no longer do."""
        super().focusOutEvent(event)
        self.verticalScrollBar().update()


def scroll_area(widget: QWidget, name: str = "") -> ScrollArea:
    """Return a frameless area around `widget` that scrolls up and down only and lets the ground shine through.

    With a `name` it is reached by Tab: for what is to be read. A form needs none, its fields bring themselves in sight.
    """
    area = ScrollArea()
    area.setVerticalScrollBar(SlimScrollBar())
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if name:
        area.reach_by_key(name)
    set_content(area, widget)
    return area


def set_content(area: QScrollArea, widget: QWidget) -> None:
    """Put `widget` into `area`; Qt would give it a ground of its own there."""
    area.setWidget(widget)
    widget.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
