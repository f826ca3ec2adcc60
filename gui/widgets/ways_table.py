"""The table of ways: each cell wraps in its column, painted from the model, as high as its words need."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui.icons import draw_status
from gui.models.ways import Column, SignRole, TakenRole, WaysModel
from gui.theme import theme
from gui.widgets.basics import draw_focus, unit
from gui.widgets.plain_header import PlainHeader
from gui.widgets.scrolling import SlimScrollBar
from gui.widgets.see_through import show_card_through

MAX_LINES = 4
"""So many lines of a cell are shown; the details below say the rest."""
TURN_MS = 80


class WaysTable(QTableView):
    """Shows a WaysModel; one row is chosen. `chosen` tells its row, -1 for none."""

    chosen = Signal(int)
    open_wanted = Signal()

    def __init__(self, model: WaysModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setHorizontalHeader(PlainHeader(self))
        self.setModel(model)
        self._delegate = _WayDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setVerticalScrollBar(SlimScrollBar())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(10)
        self.setAccessibleName(self.tr("Ways of sending"))
        self.setAccessibleDescription(
            self.tr("Each row is a way: server, result, reason and time. Details of the chosen one stand below.")
        )
        self.selectionModel().currentChanged.connect(lambda current, _before: self.chosen.emit(current.row()))
        self.doubleClicked.connect(lambda _index: self.open_wanted.emit())
        self._timer = QTimer(self)
        self._timer.setInterval(TURN_MS)
        self._timer.timeout.connect(self._turn)
        model.dataChanged.connect(self._data_changed)
        model.modelReset.connect(self._fit)
        theme.changed.connect(self._recolour)
        self._recolour()
        self._fit()

    def choose(self, row: int) -> None:
        """Choose a row, as if it had been clicked."""
        if 0 <= row < self._model.rowCount():
            self.selectRow(row)
            self.scrollTo(self._model.index(row, 0))

    def _recolour(self) -> None:
        show_card_through(self)

    def _fit(self) -> None:
        """Give each column its share, and each row the height of its words."""
        metrics = self.fontMetrics()
        side = unit(self) * 2
        last = metrics.horizontalAdvance("00.0 s") + side
        result = metrics.horizontalAdvance("EHLO (TLS) …") + round(metrics.height() * 1.9) + side
        rest = max(0, self.viewport().width() - last - result)
        shares = {Column.WAY: 0.24, Column.SERVER: 0.38, Column.WHY: 0.38}
        for column, share in shares.items():
            self.setColumnWidth(column, int(rest * share))
        self.setColumnWidth(Column.RESULT, result)
        self.setColumnWidth(Column.TIME, last)
        for row in range(self._model.rowCount()):
            self._fit_row(row)

    def _fit_row(self, row: int) -> None:
        heights = [self._delegate.height(self._model.index(row, column)) for column in Column]
        self.setRowHeight(row, max(heights))

    def _data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.column() != Column.TIME:
            for row in range(first.row(), last.row() + 1):
                self._fit_row(row)
        if self._model.moving and not self._timer.isActive():
            self._timer.start()

    def _turn(self) -> None:
        if not self._model.moving:
            self._timer.stop()
            return
        if theme.moves():
            self._delegate.phase = (self._delegate.phase + TURN_MS / 1100) % 1.0
        self._model.tick()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the columns over the new width."""
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the way in the check; Home and End go to the first and last way."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.open_wanted.emit()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._model.rowCount() and not event.modifiers():
            self.choose(0 if key == Qt.Key.Key_Home else self._model.rowCount() - 1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, and the ring where the keyboard is."""
        super().paintEvent(event)
        if self.hasFocus():
            draw_focus(QPainter(self.viewport()), QRectF(self.viewport().rect()), unit(self) * 0.5)


class _WayDelegate(QStyledItemDelegate):
    """Draws a cell: ground, wrapped words, and for the result its sign."""

    def __init__(self, table: WaysTable) -> None:
        super().__init__(table)
        self._table = table
        self.phase = 0.0

    def _font(self, index: QModelIndex | QPersistentModelIndex) -> QFont:
        font = QFont(self._table.font())
        font.setBold(index.column() == Column.RESULT or (index.column() == Column.WAY and bool(index.data(TakenRole))))
        return font

    def _room(self, index: QModelIndex | QPersistentModelIndex) -> float:
        side = unit(self._table) * 1.4
        sign = self._table.fontMetrics().height() * 1.05 + unit(self._table) * 0.6
        return self._table.columnWidth(index.column()) - side - (sign if index.column() == Column.RESULT else 0)

    def height(self, index: QModelIndex | QPersistentModelIndex) -> int:
        """Return the height that the words of a cell need."""
        lines = len(_lines(_text(index), self._font(index), self._room(index)))
        return self._table.fontMetrics().height() * max(1, lines) + round(unit(self._table) * 1.7)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of the row."""
        return QSize(10, self._table.rowHeight(index.row()))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        flags = option.state  # type: ignore[attr-defined]
        chosen = bool(flags & QStyle.StateFlag.State_Selected)
        taken = str(index.data(TakenRole) or "")
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hot = bool(flags & QStyle.StateFlag.State_MouseOver)
        ground = f"{taken}_tint" if taken else "chosen" if chosen else "hover" if hot else ""
        if ground:
            painter.fillRect(rect, theme.colour(ground))
        if (taken or chosen) and index.column() == 0:
            bar = QRect(rect.left(), rect.top(), max(3, unit() // 2), rect.height())
            painter.fillRect(bar, theme.colour(taken or "accent"))
        painter.setPen(QPen(theme.colour(taken if taken and chosen else "border"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if taken and chosen:
            painter.drawLine(rect.topLeft(), rect.topRight())
        left, ink = rect.left() + unit(), theme.colour("text")
        if index.column() == Column.RESULT:
            sign, colour = index.data(SignRole)
            size = self._table.fontMetrics().height() * 1.05
            square = QRectF(left, rect.center().y() - size / 2, size, size)
            draw_status(painter, square, sign, phase=self.phase)
            left += round(size + unit() * 0.6)
            ink = theme.colour(colour)
        elif index.column() in (Column.SERVER, Column.TIME):
            ink = theme.colour("muted" if not chosen else "text")
        painter.setPen(ink)
        font = self._font(index)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        lines = _lines(_text(index), font, self._room(index))
        top = rect.center().y() - metrics.height() * len(lines) / 2 + metrics.ascent() + 1
        for number, words in enumerate(lines):
            painter.drawText(QPointF(left, top + number * metrics.height()), words)
        painter.restore()


def _text(index: QModelIndex | QPersistentModelIndex) -> str:
    """Return the words of a cell; a host name may break after its dots, before it breaks anywhere."""
    text = str(index.data() or "")
    return text.replace(".", ".\u200b").replace(":", "\u200b:") if index.column() == Column.SERVER else text


def _lines(text: str, font: QFont, room: float) -> list[str]:
    """Return `text` in lines of at most `room` pixels, at most MAX_LINES; the last ends in an ellipsis if cut."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    lines: list[tuple[int, int]] = []
    while len(lines) <= MAX_LINES and (line := layout.createLine()).isValid():
        line.setLineWidth(max(1.0, room))
        lines.append((line.textStart(), line.textLength()))
    layout.endLayout()
    if len(lines) <= MAX_LINES:
        return [text[start : start + length].strip() for start, length in lines]
    shown = [text[start : start + length].strip() for start, length in lines[: MAX_LINES - 1]]
    rest = text[lines[MAX_LINES - 1][0] :]
    return [*shown, QFontMetrics(font).elidedText(rest, Qt.TextElideMode.ElideRight, round(room))]
