"""All signs, drawn with QPainter: sharp at every scale, in the theme's colours, without an image format to ship.

Each draw function takes a painter, a square, and a colour; it leaves the painter as it was.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from gui.theme import theme

Draw = Callable[[QPainter, QRectF, QColor], None]

STATUS_COLOURS = {
    "passed": "passed",
    "warning": "warning",
    "failed": "failed",
    "running": "running",
    "skipped": "muted",
    "not-reached": "faint",
    "idle": "faint",
}
"""Which colour of the theme a stage's state has."""


def _points(square: QRectF, *points: tuple[float, float]) -> QPolygonF:
    """Return a polygon from points in a 24 × 24 grid laid over `square`."""
    unit = square.width() / 24
    return QPolygonF([QPointF(square.left() + x * unit, square.top() + y * unit) for x, y in points])


def _pen(colour: QColor, square: QRectF, width: float) -> QPen:
    return QPen(
        colour,
        square.width() * width / 24,
        Qt.PenStyle.SolidLine,
        Qt.PenCapStyle.RoundCap,
        Qt.PenJoinStyle.RoundJoin,
    )


def _inner(square: QRectF, margin: float) -> QRectF:
    cut = square.width() * margin / 24
    return square.adjusted(cut, cut, -cut, -cut)


def draw_status(painter: QPainter, square: QRectF, status: str, *, phase: float = 0.0) -> None:
    """Draw a stage's state: passed, warning, failed, running, skipped, not-reached or idle.

    Each has a shape of its own, so that colour is never needed. `phase` (0 to 1) turns the running ring.
    """
    colour = theme.colour(STATUS_COLOURS.get(status, "faint"))
    on_colour = theme.colour("on_status")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if status == "passed":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(_inner(square, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(on_colour, square, 2.2))
        painter.drawPolyline(_points(square, (7.4, 12.4), (10.6, 15.5), (16.6, 8.8)))
    elif status == "failed":
        painter.setPen(_pen(colour, square, 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(_inner(square, 0.8))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(_inner(square, 3))
        painter.setPen(_pen(on_colour, square, 2.2))
        painter.drawPolyline(_points(square, (9, 9), (15, 15)))
        painter.drawPolyline(_points(square, (15, 9), (9, 15)))
    elif status == "warning":
        painter.setPen(_pen(colour, square, 2))
        painter.setBrush(colour)
        painter.drawPolygon(_points(square, (12, 2.6), (22, 20.6), (2, 20.6)))
        painter.setPen(_pen(on_colour, square, 2.2))
        painter.drawPolyline(_points(square, (12, 9), (12, 14)))
        painter.drawPolyline(_points(square, (12, 17.4), (12, 17.5)))
    elif status == "running":
        ring = _inner(square, 2.2)
        painter.setPen(_pen(theme.colour("border"), square, 2.6))
        painter.drawEllipse(ring)
        painter.setPen(_pen(colour, square, 2.6))
        painter.drawArc(ring, round(-phase * 360 * 16), 250 * 16)
    elif status == "skipped":
        painter.setPen(_pen(colour, square, 1.6))
        painter.drawEllipse(_inner(square, 1.6))
        painter.drawPolyline(_points(square, (8.5, 12), (15.5, 12)))
    else:
        pen = _pen(colour, square, 1.6)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([2.4, 2.2])
        painter.setPen(pen)
        painter.drawEllipse(_inner(square, 1.6))
    painter.restore()


def _stroked(
    width: float, *lines: tuple[tuple[float, float], ...], circles: tuple[tuple[float, ...], ...] = ()
) -> Draw:
    """Return a function that draws lines and circles (x, y, radius) given in a 24 × 24 grid."""

    def draw(painter: QPainter, square: QRectF, colour: QColor) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(colour, square, width))
        unit = square.width() / 24
        for line in lines:
            painter.drawPolyline(_points(square, *line))
        for x, y, radius in circles:
            painter.drawEllipse(
                QPointF(square.left() + x * unit, square.top() + y * unit), radius * unit, radius * unit
            )
        painter.restore()

    return draw


def _lock(painter: QPainter, square: QRectF, colour: QColor) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    unit = square.width() / 24
    painter.setPen(_pen(colour, square, 2.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shackle = QPainterPath()
    shackle.moveTo(square.left() + 7.5 * unit, square.top() + 11 * unit)
    shackle.lineTo(square.left() + 7.5 * unit, square.top() + 8 * unit)
    shackle.arcTo(QRectF(square.left() + 7.5 * unit, square.top() + 3.5 * unit, 9 * unit, 9 * unit), 180, -180)
    shackle.lineTo(square.left() + 16.5 * unit, square.top() + 11 * unit)
    painter.drawPath(shackle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    body = QRectF(square.left() + 4.5 * unit, square.top() + 10.5 * unit, 15 * unit, 10.5 * unit)
    painter.drawRoundedRect(body, 2 * unit, 2 * unit)
    painter.restore()


def _eye(*, crossed: bool) -> Draw:
    def draw(painter: QPainter, square: QRectF, colour: QColor) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_pen(colour, square, 1.8))
        unit = square.width() / 24
        path = QPainterPath(_points(square, (2, 12)).first())
        left, top = square.left(), square.top()
        path.quadTo(left + 12 * unit, top + 1 * unit, left + 22 * unit, top + 12 * unit)
        path.quadTo(left + 12 * unit, top + 23 * unit, left + 2 * unit, top + 12 * unit)
        painter.drawPath(path)
        painter.drawEllipse(QPointF(left + 12 * unit, top + 12 * unit), 3.2 * unit, 3.2 * unit)
        if crossed:
            painter.drawPolyline(_points(square, (4, 20), (20, 4)))
        painter.restore()

    return draw


def _filled(*points: tuple[float, float]) -> Draw:
    def draw(painter: QPainter, square: QRectF, colour: QColor) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_pen(colour, square, 1.5))
        painter.setBrush(colour)
        painter.drawPolygon(_points(square, *points))
        painter.restore()

    return draw


def _warning(painter: QPainter, square: QRectF, colour: QColor) -> None:
    _stroked(1.9, ((12, 3.5), (21.5, 20), (2.5, 20), (12, 3.5)), ((12, 9.5), (12, 14)), ((12, 16.9), (12, 17)))(
        painter, square, colour
    )


SIGNS: dict[str, Draw] = {
    "lock": _lock,
    "eye": _eye(crossed=False),
    "eye-off": _eye(crossed=True),
    "play": _filled((7, 4.5), (19.5, 12), (7, 19.5)),
    "stop": _filled((6.5, 6.5), (17.5, 6.5), (17.5, 17.5), (6.5, 17.5)),
    "cross": _stroked(2.6, ((6, 6), (18, 18)), ((18, 6), (6, 18))),
    "tick": _stroked(2.4, ((4.5, 12.8), (9.8, 18), (19.5, 6.5))),
    "warning": _warning,
    "info": _stroked(1.9, ((12, 11), (12, 17)), ((12, 7.4), (12, 7.5)), circles=((12, 12, 9.4),)),
    "question": _stroked(
        1.9,
        (
            (9, 9.4),
            (9.3, 8.1),
            (10.4, 7),
            (12, 6.6),
            (13.6, 7),
            (14.7, 8.1),
            (14.9, 9.5),
            (14.2, 10.9),
            (12.7, 12),
            (12, 13.1),
            (12, 14),
        ),
        ((12, 17.2), (12, 17.3)),
        circles=((12, 12, 9.4),),
    ),
    "search": _stroked(2, ((15.2, 15.2), (21, 21)), circles=((10.2, 10.2, 6.6),)),
    "copy": _stroked(
        1.7,
        ((8.5, 8.5), (20, 8.5), (20, 20), (8.5, 20), (8.5, 8.5)),
        ((4.5, 15.5), (4, 15.5), (4, 4), (15.5, 4), (15.5, 4.5)),
    ),
    "save": _stroked(1.8, ((12, 3.5), (12, 15.5)), ((6.8, 10.5), (12, 15.7), (17.2, 10.5)), ((4, 20.5), (20, 20.5))),
    "swap": _stroked(
        1.9, ((4, 8.5), (20, 8.5)), ((16, 4.5), (20, 8.5), (16, 12.5)), ((20, 16), (4, 16)), ((8, 12), (4, 16), (8, 20))
    ),
    "down": _stroked(2, ((5.5, 9), (12, 15.5), (18.5, 9))),
    "right": _stroked(2, ((9, 5.5), (15.5, 12), (9, 18.5))),
    "up": _stroked(2, ((5.5, 15.5), (12, 9), (18.5, 15.5))),
    "to-end": _stroked(2, ((12, 3.5), (12, 16)), ((6.5, 11), (12, 16.5), (17.5, 11)), ((5, 20.5), (19, 20.5))),
    "history": _stroked(1.8, ((12, 6.8), (12, 12), (15.8, 14.2)), circles=((12, 12, 9.2),)),
    "check": _stroked(1.9, ((7.6, 12.4), (10.8, 15.4), (16.4, 9)), circles=((12, 12, 9.2),)),
    "people": _stroked(
        1.8, ((3, 20.5), (4.5, 15.5), (8, 13.6), (16, 13.6), (19.5, 15.5), (21, 20.5)), circles=((12, 7.6, 4.1),)
    ),
    "sheet": _stroked(
        1.8,
        ((5, 3.5), (19, 3.5), (19, 20.5), (5, 20.5), (5, 3.5)),
        ((8.5, 8.2), (15.5, 8.2)),
        ((8.5, 12), (15.5, 12)),
        ((8.5, 15.8), (12.5, 15.8)),
    ),
    "tools": _stroked(1.9, ((5, 8), (9, 12), (5, 16)), ((12, 17), (19, 17))),
    "link": _stroked(
        1.8,
        ((13, 4.5), (19.5, 4.5), (19.5, 11)),
        ((19.5, 4.5), (10.5, 13.5)),
        ((9.5, 5.5), (4.5, 5.5), (4.5, 19.5), (18.5, 19.5), (18.5, 14.5)),
    ),
    "practice": _stroked(
        1.8,
        ((2.5, 9), (12, 4.5), (21.5, 9), (12, 13.5), (2.5, 9)),
        ((6.5, 11), (6.5, 16), (12, 18.8), (17.5, 16), (17.5, 11)),
    ),
}
"""The signs by name."""


def draw_sign(painter: QPainter, square: QRectF, name: str, colour: QColor) -> None:
    """Draw the sign called `name` (a key of SIGNS)."""
    SIGNS[name](painter, square, colour)


def program_icon() -> QIcon:
    """Return the program's icon in the usual sizes: an envelope with the tick that is earned, not assumed."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        draw_program_icon(painter, QRectF(0, 0, size, size))
        painter.end()
        icon.addPixmap(pixmap)
    return icon


def draw_program_icon(painter: QPainter, square: QRectF) -> None:
    """Draw the program's icon; the same picture is made into the .exe's icon."""
    blue, teal, white = QColor("#1D4F9E"), QColor("#0B7A75"), QColor("#FFFFFF")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    unit = square.width() / 24
    left, top = square.left(), square.top()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(blue)
    painter.drawRoundedRect(QRectF(left + 1 * unit, top + 3.5 * unit, 22 * unit, 16 * unit), 3 * unit, 3 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(white, square, 1.8))
    painter.drawPolyline(_points(square, (4.2, 7.6), (12, 13), (19.8, 7.6)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(white)
    painter.drawEllipse(QPointF(left + 17.6 * unit, top + 17.2 * unit), 6.4 * unit, 6.4 * unit)
    painter.setBrush(teal)
    painter.drawEllipse(QPointF(left + 17.6 * unit, top + 17.2 * unit), 5.4 * unit, 5.4 * unit)
    painter.setPen(_pen(white, square, 1.9))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(_points(square, (15, 17.5), (16.9, 19.3), (20.3, 15.3)))
    painter.restore()
