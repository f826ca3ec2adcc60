"""A field for pasted text of several lines: plain text only, bounded, drawn like the other fields."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QFrame, QPlainTextEdit

from core.knowledge.words import bounded
from gui.theme import theme
from gui.widgets.basics import draw_field, unit
from gui.widgets.scrolling import SlimScrollBar

MAX_PASTED = 16_000
"""A longer text keeps its beginning and its end: more is not read by the core, and Qt would lay out all of it."""

_LEAST_ROOM = 40
"""With less room left, nothing of a long text goes in: its scraps would say nothing."""


class PasteField(QPlainTextEdit):
    """Takes pasted, dropped and typed text; Tab leaves it, Ctrl+Enter emits `enter_wanted`."""

    enter_wanted = Signal()
    shortened = Signal(bool)
    """Text was put in; carries whether it was too long and lost its middle."""

    def __init__(self, name: str, *, placeholder: str = "", description: str = "") -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBar(SlimScrollBar())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        self.setPlaceholderText(placeholder)
        self.setFont(theme.fixed_font())
        side = round(unit(self) * 0.6)
        self.setViewportMargins(side, side, 2, side)
        theme.changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        palette = QPalette(QApplication.palette())
        palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
        self.setPalette(palette)
        self.viewport().setAutoFillBackground(False)

    def put(self, text: str) -> None:
        """Replace everything by `text`, bounded; can be undone."""
        self.selectAll()
        self._insert(text)

    def _insert(self, text: str) -> None:
        cursor = self.textCursor()
        selected = cursor.selectionEnd() - cursor.selectionStart()
        room = MAX_PASTED - self.document().characterCount() + 1 + selected
        short = len(text) > room
        if short:
            text = bounded(text, room - 1) if room >= _LEAST_ROOM else ""  # which adds the break in the middle
        cursor.insertText(text.replace("\0", "\N{SYMBOL FOR NULL}"))
        self.setTextCursor(cursor)
        self.shortened.emit(short)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take only the plain text of what is pasted or dropped, and not more than can be looked at."""
        if source.hasText():
            self._insert(source.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter asks for the answer at once; everything else is typing."""
        entered = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if entered and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.enter_wanted.emit()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Return room for a reply of some lines."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 34, metrics.lineSpacing() * 11)

    def minimumSizeHint(self) -> QSize:
        """Return the least in which a reply can be read."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 20, metrics.lineSpacing() * 6)

    def event(self, event: QEvent) -> bool:
        """Draw ground and edge, which are outside the part that scrolls."""
        if event.type() == QEvent.Type.Paint:
            painter = QPainter(self)
            draw_field(self, painter)
            painter.end()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the edge of the field that has the keyboard."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show the plain edge again."""
        super().focusOutEvent(event)
        self.update()
