"""The headings of a table, without frames."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QTableView

from gui.icons import draw_sign
from gui.theme import theme
from gui.widgets.basics import unit


class PlainHeader(QHeaderView):
    """Plain headings with a line below, and where the table can be sorted an arrow at the column that gives the order.

    `side` is the room before each, as wide as that of the table's cells.
    """

    def __init__(self, table: QTableView, side: int | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._side = side
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        """Return a line with room around it."""
        return QSize(super().sizeHint().width(), self.fontMetrics().height() + round(unit(self) * 1.4))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw one heading."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        words = str(self.model().headerData(section, Qt.Orientation.Horizontal))
        room = QRectF(rect).adjusted(unit(self) if self._side is None else self._side, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        if self.isSortIndicatorShown() and section == self.sortIndicatorSection():
            size = self.fontMetrics().height() * 0.7
            x = room.left() + QFontMetrics(font).horizontalAdvance(words) + unit(self) * 0.5
            if x + size <= rect.right():
                down = self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
                square = QRectF(x, rect.center().y() - size / 2, size, size)
                draw_sign(painter, square, "down" if down else "up", theme.colour("muted"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.colour("border"))
        painter.restore()
