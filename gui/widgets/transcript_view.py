"""The live transcript: painted row by row from the model, with find, copy, folding and a legend.

Rows share one height; only what is too long for its line is measured and wrapped. Nothing is rich text.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextLine,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.stages import Stage
from gui.icons import draw_sign, draw_status
from gui.models.transcript import Kind, Row, RowRole, TranscriptModel, fold_text, legend, plain_text
from gui.texts import stage_name
from gui.theme import theme
from gui.widgets.basics import Button, SignButton, StatusSign, TextField, draw_focus, label, unit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.scrolling import SlimScrollBar

MEASURED_AT_ONCE = 500
"""When more rows come at once, as of a long reply that is unfolded, they are measured between other events."""
MEASURING_SECONDS = 0.012
"""So long rows are measured in one go, then other events have their turn."""


class TranscriptList(QTableView):
    """The rows. `following` tells whether new lines stay in sight."""

    following_changed = Signal(bool)

    def __init__(self, model: TranscriptModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.needle = ""
        self._follow = True
        self._unmeasured = 0
        self._held = -1
        self.setModel(model)
        self.columns = _Columns(self)
        self.setItemDelegate(_LineDelegate(self))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setVerticalScrollBar(SlimScrollBar())
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(self.columns.line)
        self.setAccessibleName(self.tr("Transcript"))
        self.setAccessibleDescription(
            self.tr("The conversation line by line. Enter opens folded lines, Control F finds, Control C copies.")
        )
        self._measuring = QTimer(self)
        self._measuring.setSingleShot(True)
        self._measuring.setInterval(0)
        self._measuring.timeout.connect(self._measure_some)
        model.rowsInserted.connect(self._rows_inserted)
        model.modelReset.connect(self._reset)
        model.dataChanged.connect(self._rows_changed)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().rangeChanged.connect(self._range_changed)
        self.verticalScrollBar().actionTriggered.connect(self._release)
        theme.changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        """Leave the ground of chosen rows to the delegate, which keeps the failing line's marking visible."""
        palette = QPalette(QApplication.palette())
        palette.setColor(QPalette.ColorRole.Highlight, QColor(0, 0, 0, 0))
        self.setPalette(palette)

    def hold(self, number: int) -> None:
        """Keep a row in sight, whatever is added or resized, until somebody scrolls."""
        self._held = number
        self._show_held()

    def _show_held(self) -> None:
        self.show_row(self._held, select=False)

    def _release(self) -> None:
        self._held = -1

    @property
    def following(self) -> bool:
        """Whether new lines stay in sight."""
        return self._follow

    def follow(self) -> None:
        """Go to the last line and stay with the news."""
        self._release()
        self._set_follow(True)
        self.scrollToBottom()

    def _set_follow(self, follow: bool) -> None:
        if follow is not self._follow:
            self._follow = follow
            self.following_changed.emit(follow)

    def _scrolled(self, value: int) -> None:
        self._set_follow(value >= self.verticalScrollBar().maximum())

    def _range_changed(self, _low: int, high: int) -> None:
        if self._held >= 0:
            self._show_held()
        elif self._follow:
            self.verticalScrollBar().setValue(high)

    def _reset(self) -> None:
        self._release()
        self._set_follow(True)

    def _rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        if last - first >= MEASURED_AT_ONCE:
            self._unmeasured = min(self._unmeasured, first)
            self._measuring.start()
            return
        for number in range(first, last + 1):
            self._measure(number)

    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        for number in range(first.row(), last.row() + 1):
            self._measure(number)

    def _measure(self, number: int) -> None:
        height = self.columns.height_of(self._model.row(number))
        if self.rowHeight(number) != height:
            self.setRowHeight(number, height)

    def _measure_some(self) -> None:
        until = time.perf_counter() + MEASURING_SECONDS
        count = self._model.rowCount()
        while self._unmeasured < count:
            self._measure(self._unmeasured)
            self._unmeasured += 1
            if time.perf_counter() >= until:
                self._measuring.start()
                return

    def sizeHint(self) -> QSize:
        """Return room for four lines: the list takes all that is left over, and asks for little."""
        return QSize(super().sizeHint().width(), self.columns.line * 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap long lines anew."""
        super().resizeEvent(event)
        if self.columns.set_width(self.viewport().width()):
            self._unmeasured = 0
            self._measuring.start()
        self._show_held()

    def changeEvent(self, event: QEvent) -> None:
        """Take the sizes anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "columns"):
            self.columns = _Columns(self)
            self.columns.set_width(self.viewport().width())
            self.verticalHeader().setDefaultSectionSize(self.columns.line)
            self._unmeasured = 0
            self._measuring.start()

    def show_row(self, number: int, *, select: bool = True) -> None:
        """Bring a row into sight, with some of its neighbours."""
        model: QAbstractItemModel | None = self.model()  # none while the window is being destroyed
        if model is None or not 0 <= number < model.rowCount():
            return
        index = model.index(number, 0)
        if select:
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def chosen_rows(self) -> list[int]:
        """Return the numbers of the selected rows."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def toggle(self, number: int) -> None:
        """Open or close a folded reply."""
        row = self._model.row(number)
        if row.kind is Kind.FOLD:
            self._set_follow(False)
            self._model.set_open(number, opened=not row.open)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll as the user wishes, not as the failing line does."""
        self._release()
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, left and right work on folds; Home and End go to the first and last line."""
        self._release()
        index = self.currentIndex()
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            event.ignore()  # the surrounding widget copies, with its heading
            return
        if index.isValid() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            row = self._model.row(index.row())
            if row.kind is Kind.FOLD:
                self.toggle(index.row())
                return
        if index.isValid() and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            if self._model.row(index.row()).kind is Kind.FOLD:
                self._set_follow(False)
                self._model.set_open(index.row(), opened=key == Qt.Key.Key_Right)
            return
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._model.rowCount():
            last = self._model.rowCount() - 1
            self.setCurrentIndex(self._model.index(0 if key == Qt.Key.Key_Home else last))
            if key == Qt.Key.Key_End:
                self.follow()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a fold opens or closes it."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton and len(self.chosen_rows()) <= 1:
            self.toggle(index.row())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or what will be here while there are none."""
        super().paintEvent(event)
        if self._model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(theme.colour("muted"))
            side = unit(self) * 3
            room = self.viewport().rect().adjusted(side, side, -side, -side)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, flags, self.tr("The conversation appears here, line by line, while it happens."))


class _Columns:
    """Where the parts of a line stand, in pixels, worked out from the fonts and the width."""

    def __init__(self, view: TranscriptList) -> None:
        self.fixed = theme.fixed_font()
        self.bold = QFont(self.fixed)
        self.bold.setBold(True)
        self.plain = QFont(view.font())
        self.plain.setItalic(True)
        self.small = QFont(view.font())
        self.small.setPointSizeF(self.small.pointSizeF() * 0.92)
        fixed = QFontMetrics(self.fixed)
        self.character = fixed.horizontalAdvance("0")
        self.text_height = max(fixed.height(), QFontMetrics(self.plain).height())
        self.line = round(self.text_height * 1.32)
        self.leading = (self.line - self.text_height) // 2
        self.gap = unit(view)
        self.extra = self.gap  # above the first line of a stage
        self.bar = max(3, unit(view) // 2)
        self._time_width = self.character * 7
        small = QFontMetrics(self.small)
        self._stage_width = max(small.horizontalAdvance(stage_name(stage)) for stage in Stage) + self.gap
        self._sign_width = round(self.text_height * 0.95)
        self.width = 0
        self.set_width(600)

    def set_width(self, width: int) -> bool:
        """Place the columns in `width`; return whether anything changed."""
        if width == self.width:
            return False
        self.width = width
        self.time = QRectF(self.bar + self.gap, 0, self._time_width, self.line)
        x = self.time.right() + self.gap * 1.6
        self.stage = QRectF(x, 0, self._stage_width, self.line)
        x = self.stage.right() + self.gap * 0.6
        self.sign = QRectF(x, 0, self._sign_width, self.line)
        x = self.sign.right() + self.gap * 0.5
        self.who = QRectF(x, 0, self.character * 2.6, self.line)
        self.text_left = self.who.right() + self.gap * 0.6
        self.text_width = max(self.character * 12.0, width - self.text_left - self.gap)
        return True

    def font_of(self, row: Row) -> QFont:
        """Return the font of a row's words."""
        if row.failed:
            return self.bold
        if row.kind is Kind.LINE and row.line is not None and row.line.direction != "note":
            return self.fixed
        return self.plain

    def height_of(self, row: Row) -> int:
        """Return the row's height; only words that may not fit are measured."""
        height = self.line + (self.extra if row.first else 0)
        if row.kind is Kind.FOLD:
            return height
        if len(row.text) * self.character * 0.9 <= self.text_width and row.text.isascii():
            return height
        one_width = row.text.isascii() and self.font_of(row) is not self.plain
        if one_width and len(row.text) * self.character <= self.text_width:
            return height
        lines = self.layout(row).lineCount()
        return height + (lines - 1) * self.text_height

    def layout(self, row: Row) -> QTextLayout:
        """Return the row's words, broken into lines."""
        layout = QTextLayout(row.text, self.font_of(row))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.text_width)
            line.setPosition(QPointF(0, top))
            top += self.text_height
        layout.endLayout()
        return layout


class _LineDelegate(QStyledItemDelegate):
    """Draws a row: edge and cross for the failing line, time, stage, lock, who speaks, words."""

    def __init__(self, view: TranscriptList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of a row; the view sets it itself."""
        return QSize(10, self._view.columns.line)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        row: Row = index.data(RowRole)
        columns = self._view.columns
        rect: QRect = option.rect  # type: ignore[attr-defined]
        flags = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(rect)
        if row.first:
            if index.row():
                y = rect.top() + columns.extra / 2
                painter.setPen(QPen(theme.colour("border"), 1))
                painter.drawLine(QPointF(columns.stage.left(), y), QPointF(rect.right() - columns.gap, y))
            body.setTop(body.top() + columns.extra)
        self._paint_ground(painter, body, row, chosen=bool(flags & QStyle.StateFlag.State_Selected))
        painter.translate(rect.left(), body.top())
        if row.kind is Kind.SUMMARY:
            self._paint_summary(painter, row)
        elif row.kind is Kind.FOLD:
            self._paint_fold(painter, row)
        else:
            self._paint_line(painter, row)
        painter.restore()
        if index == self._view.currentIndex() and self._view.hasFocus():
            draw_focus(painter, QRectF(rect), 2)

    def _paint_ground(self, painter: QPainter, body: QRectF, row: Row, *, chosen: bool) -> None:
        if row.failed:
            painter.fillRect(body, theme.colour("failed_tint"))
        if chosen:
            ground = theme.colour("chosen")
            if row.failed:
                ground.setAlpha(150)
            painter.fillRect(body, ground)
        if row.failed:
            painter.fillRect(
                QRectF(body.left(), body.top(), self._view.columns.bar, body.height()), theme.colour("failed")
            )

    def _paint_words(self, painter: QPainter, row: Row, ink: QColor) -> None:
        columns = self._view.columns
        layout = columns.layout(row)
        top = columns.leading
        needle = self._view.needle.casefold()
        if needle:
            self._paint_matches(painter, layout, row, needle)
        painter.setPen(ink)
        layout.draw(painter, QPointF(columns.text_left, top))

    def _paint_matches(self, painter: QPainter, layout: QTextLayout, row: Row, needle: str) -> None:
        columns = self._view.columns
        folded = row.text.casefold()
        if len(folded) != len(row.text):
            return  # casefolding moved the places; the row itself is still found and chosen
        at = folded.find(needle)
        while at >= 0:
            first = layout.lineForTextPosition(at)
            end = min(at + len(needle), first.textStart() + first.textLength())
            left, right = _x_of(first, at), _x_of(first, end)
            top = columns.leading + first.y()
            match = QRectF(columns.text_left + left, top, right - left, columns.text_height)
            painter.fillRect(match, theme.colour("find_match"))
            painter.setPen(QPen(theme.colour("warning"), 1))
            painter.drawLine(match.bottomLeft(), match.bottomRight())
            at = folded.find(needle, at + len(needle))

    def _paint_line(self, painter: QPainter, row: Row) -> None:
        line, columns = row.line, self._view.columns
        assert line is not None
        left_middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        ink = theme.colour("text")
        if row.failed:
            ink = theme.colour("failed")
        elif line.direction == "client":
            ink = theme.colour("accent")
        elif line.direction == "note":
            ink = theme.colour("muted")
        quiet = ink if row.failed else theme.colour("muted")
        painter.setPen(quiet)
        painter.setFont(columns.fixed)
        painter.drawText(
            columns.time, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{line.ms / 1000:.3f}"
        )
        side = columns.sign.width()
        square = QRectF(columns.sign.left(), (columns.line - side) / 2, side, side).adjusted(1, 1, -1, -1)
        stage_left = columns.stage
        if row.failed:
            mark = QRectF(stage_left.left(), square.top(), square.width(), square.height())
            draw_sign(painter, mark, "cross", ink)
            stage_left = stage_left.adjusted(side + columns.gap * 0.3, 0, columns.gap, 0)
        if row.first or row.failed:
            painter.setFont(columns.small)
            painter.setPen(quiet)
            painter.drawText(stage_left, left_middle, row.heading if row.first else "")
        painter.setPen(quiet)
        if line.unexpected:
            draw_sign(painter, square, "warning", theme.colour("warning"))
        elif line.encrypted and line.direction != "note":
            draw_sign(painter, square, "lock", quiet)
        painter.setFont(columns.bold if row.failed else columns.fixed)
        painter.setPen(ink if row.failed or line.direction == "client" else theme.colour("muted"))
        who = {"client": "C:", "server": "S:", "note": "*"}[line.direction]
        painter.drawText(columns.who, left_middle, who)
        self._paint_words(painter, row, ink)

    def _paint_fold(self, painter: QPainter, row: Row) -> None:
        columns = self._view.columns
        size = columns.text_height * 0.85
        square = QRectF(columns.text_left, (columns.line - size) / 2, size, size)
        draw_sign(painter, square, "down" if row.open else "right", theme.colour("accent"))
        painter.setPen(theme.colour("accent"))
        painter.setFont(self._view.font())
        room = QRectF(square.right() + columns.gap * 0.5, 0, columns.text_width, columns.line)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fold_text(row))

    def _paint_summary(self, painter: QPainter, row: Row) -> None:
        columns = self._view.columns
        if row.first:
            painter.setFont(columns.small)
            painter.setPen(theme.colour("muted"))
            painter.drawText(
                columns.stage, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, stage_name(row.stage)
            )
        side = columns.text_height * 0.92
        square = QRectF(columns.who.left(), (columns.line - side) / 2, side, side)
        draw_status(painter, square, row.status)
        ink = theme.colour({"failed": "failed", "warning": "warning"}.get(row.status, "muted"))
        self._paint_words(painter, row, ink)


def _x_of(line: QTextLine, position: int) -> float:
    found: Any = line.cursorToX(position)  # the stubs say float, PySide returns the position too
    return float(found[0] if isinstance(found, tuple) else found)


class Legend(QWidget):
    """What each sign of the transcript means."""

    def __init__(self, *, listening: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Legend"))
        layout = FlowLayout(self, gap=unit(self) * 2, line_gap=unit(self) // 2)
        entries: list[tuple[str, str, str]] = [
            ("text", "C:", self.tr("the device") if listening else self.tr("this computer")),
            ("text", "S:", self.tr("Sendproof") if listening else self.tr("mail server")),
            ("text", "*", self.tr("remark by Sendproof")),
            ("sign", "lock", self.tr("sent encrypted")),
            ("sign", "warning", self.tr("nobody asked for this line")),
            ("sign", "right", self.tr("folded lines")),
            ("sign", "cross", self.tr("here it failed")),
        ]
        if not listening:
            entries += [
                ("status", "passed", self.tr("stage passed")),
                ("status", "warning", self.tr("passed with a warning")),
                ("status", "failed", self.tr("stage failed")),
            ]
        for kind, sign, words in entries:
            layout.addWidget(_LegendEntry(kind, sign, words))


class _LegendEntry(QWidget):
    """One sign with its meaning."""

    def __init__(self, kind: str, sign: str, words: str) -> None:
        super().__init__()
        from gui.widgets.basics import Sign

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(unit(self) // 2)
        if kind == "text":
            shown = label(sign)
            shown.setFont(theme.fixed_font())
            row.addWidget(shown)
        elif kind == "status":
            row.addWidget(StatusSign(sign, scale=1.0))
        else:
            row.addWidget(Sign(sign, {"cross": "failed", "warning": "warning", "right": "accent"}.get(sign, "muted")))
        row.addWidget(label(words, muted=True, scale=0.92))


class FindBar(QWidget):
    """Find in the transcript."""

    wanted = Signal(str)
    step = Signal(int)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(unit(self) // 2)
        self.field = TextField(self.tr("Find in the transcript"), placeholder=self.tr("Find in the transcript"))
        self.field.textChanged.connect(self.wanted)
        self.field.returnPressed.connect(lambda: self.step.emit(1))
        row.addWidget(self.field, 1)
        self._count = label(muted=True)
        self._count.setMinimumWidth(self.fontMetrics().horizontalAdvance("000 of 000"))
        row.addWidget(self._count)
        for sign, name, action in (
            ("up", self.tr("Previous match (Shift+F3)"), lambda: self.step.emit(-1)),
            ("down", self.tr("Next match (F3)"), lambda: self.step.emit(1)),
            ("cross", self.tr("Close the search (Esc)"), self.closed.emit),
        ):
            button = SignButton(sign, name)
            button.clicked.connect(action)
            row.addWidget(button)

    def show_count(self, current: int, total: int) -> None:
        """Say which match of how many is shown."""
        if not self.field.text():
            self._count.setText("")
        elif total == 0:
            self._count.setText(self.tr("nothing found"))
        else:
            self._count.setText(self.tr("{current} of {total}").format(current=current + 1, total=total))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class TranscriptView(QWidget):
    """Heading, find, legend and rows together. `heading` gives the lines that every copy begins with."""

    size_wanted = Signal()
    """Search or legend were opened or closed, so that another height is needed."""

    def __init__(self, model: TranscriptModel, heading: Callable[[], str]) -> None:
        super().__init__()
        self._model = model
        self._heading = heading
        self._matches: list[int] = []
        self._match = -1
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, base, 1, base)
        layout.setSpacing(base // 2)

        top = QHBoxLayout()
        top.setContentsMargins(base * 2, 0, base, 0)
        top.setSpacing(base // 2)
        top.addWidget(label(self.tr("Transcript"), bold=True))
        top.addStretch(1)
        self.latest = Button(self.tr("Latest line"), quiet=True, sign="to-end")
        self.latest.setToolTip(self.tr("Go to the last line and follow the conversation again (End)"))
        self.latest.clicked.connect(self._to_latest)
        self.latest.hide()
        top.addWidget(self.latest)
        self.legend_button = Button(self.tr("Legend"), quiet=True)
        self.legend_button.setCheckable(True)
        self.legend_button.setAccessibleDescription(self.tr("Shows what each sign in the transcript means."))
        top.addWidget(self.legend_button)
        self.copy_button = Button(self.tr("Copy"), sign="copy")
        self.copy_button.setAccessibleDescription(self.tr("Opens the ways to copy the transcript."))
        self.copy_button.clicked.connect(self._open_copy_menu)
        top.addWidget(self.copy_button)
        self.find_button = Button(self.tr("Find"), sign="search")
        self.find_button.setToolTip(self.tr("Find in the transcript (Ctrl+F)"))
        self.find_button.clicked.connect(self.open_find)
        top.addWidget(self.find_button)
        layout.addLayout(top)

        self.find_bar = FindBar()
        self.find_bar.setContentsMargins(base * 2, 0, base, 0)
        self.find_bar.hide()
        self.find_bar.wanted.connect(self._find)
        self.find_bar.step.connect(self.find_next)
        self.find_bar.closed.connect(self.close_find)
        layout.addWidget(self.find_bar)

        self.legend = Legend(listening=model.listening)
        self.legend.setContentsMargins(base * 2, 0, base, base // 2)
        self.legend.hide()
        self.legend_button.toggled.connect(self.legend.setVisible)
        self.legend_button.toggled.connect(lambda _on: self.size_wanted.emit())
        layout.addWidget(self.legend)

        self.list = TranscriptList(model)
        self.list.following_changed.connect(lambda follows: self.latest.setVisible(not follows))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(
            lambda where: self._menu().popup(self.list.viewport().mapToGlobal(where))
        )
        self.list.setMinimumHeight(self.list.columns.line * 3)
        layout.addWidget(self.list, 1)

    def sizeHint(self) -> QSize:
        """Return room for a dozen lines."""
        return QSize(600, self.list.columns.line * 12)

    def _to_latest(self) -> None:
        self.list.follow()
        self.list.setFocus()

    # Stages

    def show_stage(self, stage: Stage) -> None:
        """Bring the first line of `stage` to the top."""
        number = self._model.first_row_of(stage)
        if number >= 0:
            self.list.hold(-1)
            index = self._model.index(number)
            self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.list.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)

    def show_failure(self, number: int) -> None:
        """Bring the failing line into sight without choosing it, so that its marking stays plain to see."""
        self.list.hold(number)

    # Find

    def open_find(self) -> None:
        """Show the search and put the keyboard there."""
        self.find_bar.show()
        self.size_wanted.emit()
        self.find_bar.field.setFocus()
        self.find_bar.field.selectAll()

    def close_find(self) -> None:
        """Hide the search."""
        self.find_bar.hide()
        self.size_wanted.emit()
        self.list.needle = ""
        self.list.viewport().update()
        self.list.setFocus()

    def _find(self, needle: str) -> None:
        self.list.needle = needle
        self._matches = self._model.find(needle)
        self._match = -1
        self.list.viewport().update()
        if self._matches:
            self.find_next(1)
        else:
            self.find_bar.show_count(0, 0)

    def find_next(self, step: int = 1) -> None:
        """Go to the next match, or with -1 to the one before; opens the search if nothing is looked for."""
        if not self.find_bar.field.text() or self.find_bar.isHidden():
            self.open_find()
            return
        self._matches = self._model.find(self.find_bar.field.text())
        if not self._matches:
            self.find_bar.show_count(0, 0)
            return
        self._match = (self._match + step) % len(self._matches)
        self.list.show_row(self._matches[self._match])
        self.find_bar.show_count(self._match, len(self._matches))

    # Copy

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        some = bool(self.list.chosen_rows())
        anything = self._model.rowCount() > 0
        chosen = menu.addAction(self.tr("Copy the selection"), self.copy_selection)
        chosen.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        chosen.setEnabled(some)
        chosen = menu.addAction(self.tr("Copy the selection as Markdown"), lambda: self.copy_selection(markdown=True))
        chosen.setEnabled(some)
        menu.addSeparator()
        menu.addAction(self.tr("Copy everything"), self.copy_all).setEnabled(anything)
        whole = menu.addAction(self.tr("Copy everything as Markdown"), lambda: self.copy_all(markdown=True))
        whole.setEnabled(anything)
        menu.addSeparator()
        menu.addAction(self.tr("Select all"), self.list.selectAll).setEnabled(anything)
        return menu

    def _open_copy_menu(self) -> None:
        self._menu().popup(self.copy_button.mapToGlobal(self.copy_button.rect().bottomLeft()))

    def copy_selection(self, *, markdown: bool = False) -> None:
        """Copy the selected rows, with a heading; without a selection, everything."""
        rows = self.list.chosen_rows()
        self._put(self._model.lines_of(rows) if rows else self._model.lines_of(), markdown=markdown)

    def copy_all(self, *, markdown: bool = False) -> None:
        """Copy all rows, folded lines too, with a heading."""
        self._put(self._model.lines_of(), markdown=markdown)

    def _put(self, rows: list[Row], *, markdown: bool) -> None:
        if rows:
            QGuiApplication.clipboard().setText(self.as_text(rows, markdown=markdown))

    def as_text(self, rows: list[Row], *, markdown: bool) -> str:
        """Return rows with their heading, as plain text or as Markdown with a fenced block."""
        words = plain_text(rows)
        if not markdown:
            return f"{self._heading()}\n{legend(listening=self._model.listening)}\n\n{words}\n"
        fence = "```"
        while fence in words:
            fence += "`"
        heading = "\n".join(
            f"    {line}" for line in f"{self._heading()}\n{legend(listening=self._model.listening)}".splitlines()
        )
        return f"{heading}\n\n{fence}text\n{words}\n{fence}\n"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies the selection."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
        else:
            super().keyPressEvent(event)
