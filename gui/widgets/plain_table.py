"""What lists and tables on a card share: no ground of their own, and quiet headings."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView

from gui.icons import draw_sign
from gui.theme import theme
from gui.widgets.basics import unit


def show_card_through(view: QAbstractItemView) -> None:
    """Let `view` paint no ground and no selection: its delegate does. To be called anew when the colours change."""
    palette = QPalette(QApplication.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(0, 0, 0, 0))
    view.setPalette(palette)
    view.viewport().setAutoFillBackground(False)
    view.viewport().update()


class PlainHeader(QHeaderView):
    """Headings with a line below, and where the table can be sorted an arrow at the column that gives the order."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
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
        side = unit(self)
        room = QRectF(rect).adjusted(side, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        if self.isSortIndicatorShown() and section == self.sortIndicatorSection():
            size = self.fontMetrics().height() * 0.7
            x = room.left() + QFontMetrics(font).horizontalAdvance(words) + side * 0.5
            down = self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            if x + size <= rect.right():
                square = QRectF(x, rect.center().y() - size / 2, size, size)
                draw_sign(painter, square, "down" if down else "up", theme.colour("muted"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.colour("border"))
        painter.restore()
