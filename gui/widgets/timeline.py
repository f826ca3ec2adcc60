"""The runs of a watch on a line of time: when, how each ended, how long it took. A table beside it says it in words."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.stages import Outcome
from gui.icons import draw_sign
from gui.theme import theme
from gui.widgets.basics import unit

if TYPE_CHECKING:
    from core.watching.document import Gap, WatchDocument, WatchRun

_SIGNS = {Outcome.ACCEPTED: "tick", Outcome.STOPPED: "cross", Outcome.DEFERRED: "warning"}
_COLOURS = {Outcome.ACCEPTED: "passed", Outcome.STOPPED: "failed", Outcome.DEFERRED: "warning"}
_STEPS = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)


class Timeline(QWidget):
    """Paints a watch. A bar is higher the longer its run took; its sign stands on top; gaps are hatched.

    `chosen` carries the number of a run that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: WatchDocument | None = None
        self._bars: list[tuple[QRectF, WatchRun]] = []
        self._selected = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(self.sizeHint().height())
        self.setAccessibleName(self.tr("Timeline"))
        theme.changed.connect(self.update)

    def show_document(self, document: WatchDocument | None) -> None:
        """Paint `document`."""
        self._document = document
        self._bars = []
        words = document.summary if document is not None else ""
        self.setAccessibleDescription(self.tr("{summary} The table below says it in words.").format(summary=words))
        self.update()

    def select(self, number: int) -> None:
        """Mark the run of that number; 0 for none."""
        if number != self._selected:
            self._selected = number
            self.update()

    def bars(self) -> list[tuple[QRectF, WatchRun]]:
        """Return the place of each run as it was painted last."""
        return list(self._bars)

    def sizeHint(self) -> QSize:
        """Return a strip of about six lines."""
        line = self.fontMetrics().height()
        return QSize(line * 30, line * 6)

    def minimumSizeHint(self) -> QSize:
        """Return the same height, and room for a few runs."""
        return QSize(self.fontMetrics().height() * 12, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line, the gaps, the runs."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        sign = line * 0.8
        room = QRectF(self.rect()).adjusted(sign, sign * 1.3, -sign, -line * 1.25)
        painter.setPen(QPen(theme.colour("field_border"), 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        self._bars = []
        document = self._document
        if document is None:
            painter.setPen(theme.colour("muted"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self.tr("No run yet"))
            return
        begin, end = _span(document)
        self._draw_scale(painter, room, begin, end)
        for gap in document.gaps:
            self._draw_gap(painter, room, gap, begin, end)
        longest = max((run.duration_ms for run in document.runs), default=0.0)
        width = max(3.0, min(unit(self) * 1.2, room.width() / max(1, (end - begin) / document.every_s) * 0.7))
        for run in document.runs:
            x = _place(_seconds(run.started_at), begin, end, room)
            height = room.height() * (0.25 + 0.75 * (run.duration_ms / longest if longest else 0))
            bar = QRectF(x - width / 2, room.bottom() - height, width, height)
            self._draw_run(painter, bar, run, sign)
            self._bars.append((bar.adjusted(-2, -sign * 1.2, 2, 0), run))

    def _draw_run(self, painter: QPainter, bar: QRectF, run: WatchRun, sign: float) -> None:
        colour = theme.colour(_COLOURS.get(run.outcome, "muted") if run.counted else "faint")
        painter.setPen(QPen(theme.colour("accent"), 2) if run.number == self._selected else Qt.PenStyle.NoPen)
        painter.setBrush(colour if run.counted else Qt.BrushStyle.BDiagPattern)
        painter.drawRoundedRect(bar, min(2.5, bar.width() / 3), min(2.5, bar.width() / 3))
        # Signs need room beside each other: troubles always get theirs, the others where it is there.
        trouble = run.outcome is not Outcome.ACCEPTED
        if trouble or bar.width() >= sign * 0.5:
            size = sign if trouble else sign * 0.8
            square = QRectF(bar.center().x() - size / 2, bar.top() - size - 2, size, size)
            draw_sign(painter, square, _SIGNS.get(run.outcome, "question"), colour)

    def _draw_gap(self, painter: QPainter, room: QRectF, gap: Gap, begin: float, end: float) -> None:
        if gap.kind != "sleep":
            return
        left = _place(_seconds(gap.begin), begin, end, room)
        right = _place(_seconds(gap.end), begin, end, room)
        colour = QColor(theme.colour("field_border"))
        colour.setAlphaF(0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(left, room.top(), max(2.0, right - left), room.height())
        painter.setBrush(QBrush(colour, Qt.BrushStyle.BDiagPattern))
        painter.drawRect(area)
        words = self.tr("slept")
        if self.fontMetrics().horizontalAdvance(words) < area.width():
            painter.setPen(theme.colour("muted"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def _draw_scale(self, painter: QPainter, room: QRectF, begin: float, end: float) -> None:
        metrics = self.fontMetrics()
        seconds = end - begin < 600
        form = "%H:%M:%S" if seconds else "%H:%M"
        wide = metrics.horizontalAdvance("00:00:00" if seconds else "00:00") * 1.8
        fits = max(1, int(room.width() / wide))
        step = next((step for step in _STEPS if (end - begin) / step <= fits), _STEPS[-1])
        offset = dt.datetime.fromtimestamp(begin).astimezone().utcoffset() or dt.timedelta()
        shift = offset.total_seconds()
        at = math.ceil((begin + shift) / step) * step - shift
        painter.setPen(theme.colour("muted"))
        while at <= end:
            x = _place(at, begin, end, room)
            painter.drawLine(QPointF(x, room.bottom()), QPointF(x, room.bottom() + 4))
            words = f"{dt.datetime.fromtimestamp(at):{form}}"
            half = metrics.horizontalAdvance(words) / 2
            left = min(max(0.0, x - half), self.width() - 2 * half - 1)
            place = QRectF(left, room.bottom() + 4, 2 * half + 2, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
            at += step

    # The mouse

    def _run_at(self, position: QPointF) -> WatchRun | None:
        near = [(abs(bar.center().x() - position.x()), run) for bar, run in self._bars if bar.contains(position)]
        return min(near, key=lambda found: found[0])[1] if near else None

    def event(self, event: QEvent) -> bool:
        """Tell about the run under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            run = self._run_at(QPointF(event.pos()))
            if run is None:
                QToolTip.hideText()
            else:
                from html import escape

                from core.watching.text import run_lines

                # A tool tip that looks like markup would be taken for it.
                words = "<br>".join(escape(line.strip()) for line in run_lines(run))
                QToolTip.showText(event.globalPos(), f"<p>{words}</p>", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a run."""
        run = self._run_at(event.position())
        if run is not None:
            self.chosen.emit(run.number)


def _seconds(moment: str) -> float:
    try:
        return dt.datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _span(document: WatchDocument) -> tuple[float, float]:
    """Return the first and the last moment to show; while it runs there is room for the first twelve runs."""
    begin = _seconds(document.started_at)
    moments = [_seconds(run.started_at) for run in document.runs] + [_seconds(gap.end) for gap in document.gaps]
    last = max([begin, *moments])
    if document.state == "running":
        last = max(last, begin + min(document.every_s * 12, document.duration_s))
    return begin, max(last, begin + document.every_s)


def _place(moment: float, begin: float, end: float, room: QRectF) -> float:
    share = (moment - begin) / (end - begin) if end > begin else 0.0
    return room.left() + room.width() * min(1.0, max(0.0, share))
