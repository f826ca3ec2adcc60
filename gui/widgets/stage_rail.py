"""The stages as a rail of signs; click or arrow keys choose one."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from core.stages import Stage
from gui.icons import draw_status
from gui.models.stages import DetailRole, StageModel, StateRole
from gui.texts import state_name
from gui.theme import theme
from gui.widgets.basics import draw_focus, unit

TURN_MS = 60
"""How often the running ring moves."""

_WALKED = {"passed", "warning", "skipped"}


class StageRail(QListView):
    """Shows a StageModel. `chosen` tells which stage the user picked."""

    chosen = Signal(object)

    def __init__(self, model: StageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = _StageDelegate(self)
        self._stages = model
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(self.tr("Stages of the conversation"))
        self.setAccessibleDescription(
            self.tr("Left and right choose a stage; its lines and what it proves are shown below.")
        )
        self.setModel(model)
        self._timer = QTimer(self)
        self._timer.setInterval(TURN_MS)
        self._timer.timeout.connect(self._turn)
        model.dataChanged.connect(self._model_changed)
        model.modelReset.connect(self._fit)
        model.rowsInserted.connect(self._fit)
        self.selectionModel().currentChanged.connect(self._current_changed)
        theme.changed.connect(self.viewport().update)
        self._fit()

    def choose(self, stage: Stage) -> None:
        """Put the choice on `stage`, as if it had been clicked."""
        row = self._stages.row_of(stage)
        if row >= 0:
            index = self._stages.index(row)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def columns(self) -> int:
        """Return how many stages stand side by side."""
        count = max(1, self._stages.rowCount())
        fitting = max(3, self.viewport().width() // self._delegate.least_width())
        lines = math.ceil(count / min(fitting, count))
        return math.ceil(count / lines)

    def _fit(self) -> None:
        columns = self.columns()
        width = max(1, (self.viewport().width() - 1) // columns)
        size = QSize(width, self._delegate.height())
        if size != self.gridSize():
            self.setGridSize(size)
        lines = math.ceil(max(1, self._stages.rowCount()) / columns)
        if self.height() != lines * size.height():
            self.setFixedHeight(lines * size.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the stages over the new width."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Take the sizes anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_delegate"):
            self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose again on a second click, too: the lines may have been scrolled away."""
        index = self.indexAt(event.position().toPoint())
        again = index.isValid() and index == self.currentIndex()
        super().mousePressEvent(event)
        if again:
            self.chosen.emit(self._stages.stage_at(index.row()))

    def _current_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self._stages.stage_at(current.row()))

    def _model_changed(self) -> None:
        self._fit()
        running = self._stages.running is not None
        if running and theme.moves():
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()

    def _turn(self) -> None:
        self._delegate.phase = (self._delegate.phase + TURN_MS / 1100) % 1.0
        running = self._stages.running
        if running is None:
            self._timer.stop()
        else:
            self.update(self._stages.index(self._stages.row_of(running)))


class _StageDelegate(QStyledItemDelegate):
    """Draws sign, name, and the time or the reason beneath."""

    def __init__(self, view: StageRail) -> None:
        super().__init__(view)
        self._view = view
        self.phase = 0.0

    def _fonts(self) -> tuple[QFont, QFont]:
        name = QFont(self._view.font())
        name.setPointSizeF(name.pointSizeF() * 0.92)
        detail = QFont(self._view.font())
        detail.setPointSizeF(detail.pointSizeF() * 0.87)
        return name, detail

    def least_width(self) -> int:
        name, detail = self._fonts()
        name.setBold(True)
        detail.setBold(True)
        stages = self._view._stages
        indexes = [stages.index(row) for row in range(stages.rowCount())]
        names = (QFontMetrics(name).horizontalAdvance(str(index.data())) for index in indexes)
        texts = [state_name("not-reached"), "550 5.7.1", *(str(index.data(DetailRole)) for index in indexes)]
        details = (QFontMetrics(detail).horizontalAdvance(text) for text in texts)
        return max(50, *names, *details) + 2

    def height(self) -> int:
        name, detail = self._fonts()
        base = unit(self._view)
        return self._size() + QFontMetrics(name).height() + QFontMetrics(detail).height() + round(base * 2.2)

    def _size(self) -> int:
        return round(self._view.fontMetrics().height() * 1.5)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the grid's size."""
        return self._view.gridSize()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one stage."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        flags = option.state  # type: ignore[attr-defined]
        state = index.data(StateRole)
        base, size = unit(self._view), self._size()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(flags & QStyle.StateFlag.State_Selected)
        hot = bool(flags & QStyle.StateFlag.State_MouseOver)
        if chosen or hot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("chosen" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), base * 0.6, base * 0.6)
        middle = rect.center().x()
        top = rect.top() + base * 0.7
        self._connect(painter, index, rect, QRectF(middle - size / 2, top, size, size), state)
        draw_status(painter, QRectF(middle - size / 2, top, size, size), state, phase=self.phase)
        name, detail = self._fonts()
        strong = state in {"failed", "running"}
        name.setBold(strong)
        detail.setBold(state == "failed")
        ink = theme.colour(
            {"failed": "failed", "running": "running", "passed": "text", "warning": "text"}.get(state, "muted")
        )
        painter.setPen(ink)
        painter.setFont(name)
        line = QFontMetrics(name).height()
        words = QRectF(rect.left(), top + size + base * 0.45, rect.width(), line)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        if state != "failed":
            painter.setPen(theme.colour("running" if state == "running" else "muted"))
        painter.setFont(detail)
        below = QRectF(rect.left(), words.bottom(), rect.width(), QFontMetrics(detail).height())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(index.data(DetailRole)))
        if chosen and self._view.hasFocus():
            draw_focus(painter, QRectF(rect), base * 0.6)
        painter.restore()

    def _connect(
        self, painter: QPainter, index: QModelIndex | QPersistentModelIndex, rect: QRect, sign: QRectF, state: str
    ) -> None:
        """Draw the line to the neighbours on the same line: full as far as the check has come."""
        columns = self._view.columns()
        row, last = index.row(), self._view._stages.rowCount() - 1
        middle = sign.center().y()
        gap = 3
        reached = next((n for n in range(last + 1) if index.sibling(n, 0).data(StateRole) not in _WALKED), last + 1)
        if row % columns:
            self._line(painter, rect.left(), sign.left() - gap, middle, walked=row <= reached and state != "idle")
        if (row + 1) % columns and row < last:
            following = index.sibling(row + 1, 0).data(StateRole)
            walked = row + 1 <= reached and following != "idle"
            self._line(painter, sign.right() + gap, rect.right() + 1, middle, walked=walked)

    @staticmethod
    def _line(painter: QPainter, left: float, right: float, y: float, *, walked: bool) -> None:
        pen = QPen(theme.colour("passed" if walked else "border"), 2 if walked else 1.4)
        painter.setPen(pen)
        painter.drawLine(round(left), round(y), round(right), round(y))
