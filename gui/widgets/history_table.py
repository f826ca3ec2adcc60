"""The list of kept runs: two lines a row, painted from the model; no widget a row, so that many rows cost nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
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
from gui.models.history import Column, HistoryModel, SignRole
from gui.theme import theme
from gui.widgets.basics import draw_focus, unit
from gui.widgets.plain_header import PlainHeader
from gui.widgets.scrolling import SlimScrollBar
from gui.widgets.see_through import show_card_through

LINES = 2


class HistoryTable(QTableView):
    """Shows a HistoryModel; any number of rows can be chosen."""

    open_wanted = Signal()
    delete_wanted = Signal()
    chosen = Signal()
    """Other rows are chosen than before."""

    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty_words = ""
        self._model = model
        self.setHorizontalHeader(PlainHeader(self))
        self.setModel(model)
        self.setItemDelegate(_RunDelegate(self))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setVerticalScrollBar(SlimScrollBar())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSectionsClickable(True)
        self.horizontalHeader().setSortIndicator(Column.WHEN, Qt.SortOrder.DescendingOrder)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setAccessibleName(self.tr("Kept runs"))
        self.setAccessibleDescription(
            self.tr("Enter opens a run, Delete deletes what is chosen, Shift with the arrows chooses several.")
        )
        self.doubleClicked.connect(lambda _index: self.open_wanted.emit())
        self.selectionModel().selectionChanged.connect(lambda _on, _off: self.chosen.emit())
        theme.changed.connect(self._recolour)
        self._recolour()
        self._fit()

    def _recolour(self) -> None:
        show_card_through(self)

    def _fit(self) -> None:
        """Give each column its share of the width."""
        metrics = self.fontMetrics()
        side = unit(self) * 2
        self.verticalHeader().setDefaultSectionSize(metrics.height() * LINES + round(unit(self) * 1.5))
        when = metrics.horizontalAdvance("00 MMM 0000") + side
        outcome = round(metrics.horizontalAdvance("cancelled") * 1.1) + metrics.height() + side
        rest = max(0, self.viewport().width() - when - outcome)
        a_word = metrics.horizontalAdvance("Fabrikam") + side  # where room is short, names break between their words
        client = int(max(rest * 0.23, min(a_word, rest * 0.3)))
        title = int((rest - client) * 0.55)
        self.setColumnWidth(Column.WHEN, when)
        self.setColumnWidth(Column.OUTCOME, outcome)
        self.setColumnWidth(Column.TITLE, title)
        self.setColumnWidth(Column.SERVER, rest - client - title)
        self.setColumnWidth(Column.CLIENT, client)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the columns over the new width."""
        super().resizeEvent(event)
        self._fit()

    def chosen_ids(self) -> list[str]:
        """Return the ids of the chosen entries, from the top."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._model.entry(row).id for row in rows]

    def choose(self, entry_id: str) -> bool:
        """Choose one entry and bring it into sight; return whether it is shown."""
        row = self._model.row_of(entry_id)
        if row < 0:
            return False
        self.selectRow(row)
        self.scrollTo(self._model.index(row, 0))
        return True

    def choose_all(self, ids: Sequence[str]) -> None:
        """Choose these entries, as far as they are shown, and bring the first into sight."""
        rows = [row for row in map(self._model.row_of, ids) if row >= 0]
        if len(rows) == 1:
            self.choose(ids[0] if len(ids) == 1 else self._model.entry(rows[0]).id)
            return
        flags = QItemSelectionModel.SelectionFlag
        self.clearSelection()
        for row in rows:
            self.selectionModel().select(self._model.index(row, 0), flags.Select | flags.Rows)
        if rows:
            self.scrollTo(self._model.index(rows[0], 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete deletes, Home and End go to the first and last run."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.open_wanted.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen_ids():
            self.delete_wanted.emit()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._model.rowCount() and not event.modifiers():
            self.selectRow(0 if key == Qt.Key.Key_Home else self._model.rowCount() - 1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        if self._model.rowCount() == 0:
            painter.setPen(theme.colour("muted"))
            side = unit(self) * 3
            room = self.viewport().rect().adjusted(side, side, -side, -side)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty_words)
        if self.hasFocus():
            draw_focus(painter, QRectF(self.viewport().rect()), unit(self) * 0.5)


class _RunDelegate(QStyledItemDelegate):
    """Draws a cell: ground, at most two lines of words, and for the outcome its sign."""

    def __init__(self, table: HistoryTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height that every row has."""
        return QSize(10, self._table.verticalHeader().defaultSectionSize())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        flags = option.state  # type: ignore[attr-defined]
        chosen = bool(flags & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.fillRect(rect, theme.colour("chosen"))
        elif flags & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.colour("hover"))
        if chosen and index.column() == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), max(3, unit() // 2), rect.height()), theme.colour("accent"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.colour("border"))
        side = unit()
        room = QRectF(rect).adjusted(side, 0, -side * 0.5, 0)
        ink, font = theme.colour("text"), QFont(self._table.font())
        if index.column() == Column.OUTCOME:
            sign, colour = index.data(SignRole)
            size = self._table.fontMetrics().height() * 1.05
            draw_status(painter, QRectF(room.left(), room.center().y() - size / 2, size, size), sign)
            room.setLeft(room.left() + size + side * 0.6)
            ink = theme.colour(colour)
            font.setBold(True)
        elif index.column() in (Column.WHEN, Column.SERVER) and not chosen:
            ink = theme.colour("muted")
        painter.setPen(ink)
        _draw_lines(painter, room, _breakable(str(index.data() or ""), index.column()), font)
        painter.restore()


def _breakable(text: str, column: int) -> str:
    """Return `text` with the places where a line may end: after the date, and at the dots of a name."""
    if column == Column.WHEN:
        return text.replace(", ", "\u2028")
    if column == Column.SERVER:
        return text.replace(".", ".\u200b").replace("-", "-\u200b").replace(":", "\u200b:")
    return text


def _draw_lines(painter: QPainter, room: QRectF, text: str, font: QFont) -> None:
    """Draw `text` in at most two lines, in the middle of `room`; what does not fit ends in an ellipsis."""
    metrics = QFontMetrics(font)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    starts: list[int] = []
    while len(starts) <= LINES and (line := layout.createLine()).isValid():
        line.setLineWidth(max(1.0, room.width()))
        starts.append(line.textStart())
    layout.endLayout()
    cut = len(starts) > LINES
    starts = starts[:LINES]
    painter.setFont(font)
    top = room.center().y() - metrics.height() * len(starts) / 2 + metrics.ascent()
    for number, start in enumerate(starts):
        last = number == len(starts) - 1
        words = text[start:] if last else text[start : starts[number + 1]]
        if last and cut:
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, round(room.width()))
        painter.drawText(QPointF(room.left(), top + number * metrics.height()), words.strip(" \u2028\u200b"))
