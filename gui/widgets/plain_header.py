"""The headings of a table, without frames."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QTableView

from gui.theme import theme
from gui.widgets.basics import unit


class PlainHeader(QHeaderView):
    """Plain headings with a line below; `side` is the room before each, as wide as that of the table's cells."""

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
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        words = str(self.model().headerData(section, Qt.Orientation.Horizontal))
        room = QRectF(rect).adjusted(unit(self) if self._side is None else self._side, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()
