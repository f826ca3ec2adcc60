"""The list of sessions: time, address of the device, how it ended; one row each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QSizePolicy, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.icons import draw_status
from gui.models.sessions import RowRole, SessionModel, SessionRow
from gui.theme import theme
from gui.widgets.basics import draw_focus, unit
from gui.widgets.scrolling import SlimScrollBar
from gui.widgets.see_through import show_card_through

_SIGNS = {"open": "running", "error": "failed", "warning": "warning", "info": "passed", "ok": "passed", "": "idle"}
_INKS = {"error": "failed", "warning": "warning"}
SHOWN_ROWS = 4
SHOWN_ROWS_LOW = 2
"""So many rows are shown at once, in a low window; the rest scrolls."""
LOW_LINES = 40
"""A window with room for fewer lines of text is low."""


class SessionList(QListView):
    """Shows the sessions; `chosen` carries the number of the one to look at."""

    chosen = Signal(int)

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(_SessionDelegate(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollBar(SlimScrollBar())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Sessions"))
        self.setAccessibleDescription(self.tr("One row for each time that a device connected; up and down choose one."))
        self.selectionModel().currentChanged.connect(self._current_changed)
        theme.changed.connect(self._recolour)
        self._recolour()
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self.updateGeometry)

    def _recolour(self) -> None:
        show_card_through(self)

    @property
    def row_height(self) -> int:
        """The height of one row."""
        return round(self.fontMetrics().height() + unit(self) * 1.2)

    def sizeHint(self) -> QSize:
        """Return room for the rows there are, at most SHOWN_ROWS."""
        low = self.window().height() < self.fontMetrics().height() * LOW_LINES
        rows = max(1, min(self._model.rowCount(), SHOWN_ROWS_LOW if low else SHOWN_ROWS))
        return QSize(400, rows * self.row_height + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the same: the cards below give way."""
        return QSize(100, self.sizeHint().height())

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self._model.row(current.row()).seen.number)

    def choose(self, number: int) -> None:
        """Make session `number` the one that is looked at."""
        place = self._model.row_of(number)
        if place >= 0:
            index = self._model.index(place)
            self.setCurrentIndex(index)
            self.scrollTo(index)


class _SessionDelegate(QStyledItemDelegate):
    """Paints one session."""

    def __init__(self, view: SessionList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of a row."""
        return QSize(100, self._view.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw ground, sign, time, address and words."""
        row: SessionRow = index.data(RowRole)
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        base = unit(self._view)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("chosen"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), base * 0.5, base * 0.5)
        font = QFont(self._view.font())
        metrics = QFontMetrics(font)
        side = metrics.height() * 1.05
        x: float = rect.left() + base
        square = QRectF(x, rect.center().y() - side / 2, side, side)
        draw_status(painter, square, "skipped" if row.says_little else _SIGNS.get(row.result, "idle"))
        x += side + base
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        width: float = metrics.horizontalAdvance("00:00:00") + base
        painter.drawText(QRectF(x, rect.top(), width, rect.height()), middle, row.time)
        x += width
        width = max(metrics.horizontalAdvance("255.255.255.255"), metrics.horizontalAdvance(row.peer)) + base
        width = min(width, rect.width() * 0.4)
        painter.drawText(
            QRectF(x, rect.top(), width, rect.height()),
            middle,
            metrics.elidedText(row.peer, Qt.TextElideMode.ElideMiddle, int(width)),
        )
        x += width
        painter.setPen(theme.colour(_INKS.get(row.result, "text")))
        font.setBold(chosen)
        painter.setFont(font)
        room = rect.right() - x - base
        words = QFontMetrics(font).elidedText(row.words, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(x, rect.top(), room, rect.height()), middle, words)
        if chosen and self._view.hasFocus():
            draw_focus(painter, rect, base * 0.5)
        painter.restore()
