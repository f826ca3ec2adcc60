"""The list of pages at the left; in a narrow window their words stand below the signs."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from gui.icons import draw_sign
from gui.theme import theme
from gui.widgets.basics import draw_focus, unit


def two_lines(text: str) -> list[str]:
    """Return the words of `text` in one line, or in the two that are shortest."""
    words = text.split()
    ways = [[" ".join(words[:place]), " ".join(words[place:])] for place in range(1, len(words))]
    return min(ways, key=lambda lines: max(map(len, lines)), default=[text])


class NavigationButton(QAbstractButton):
    """One page."""

    def __init__(self, text: str, sign: str) -> None:
        super().__init__()
        self._sign = sign
        self.compact = False
        self.active = False
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave up and down to the list of pages."""
        if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def set_active(self, active: bool, words: str) -> None:
        """Show by a dot, and say by `words`, that something goes on there."""
        if active is not self.active:
            self.active = active
            name = f"{self.text()} – {words}" if active else self.text()
            self.setAccessibleName(name)
            self.setToolTip(name)
            self.update()

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.88)
        return font

    def sizeHint(self) -> QSize:
        """Return room for the sign with the words beside it, or in a narrow window below it."""
        metrics = self.fontMetrics()
        base = unit(self)
        if self.compact:
            small = QFontMetrics(self._small())
            lines = two_lines(self.text())
            width = max(small.horizontalAdvance(line) for line in lines) + base * 2
            return QSize(width, round(metrics.height() * 1.2 + small.height() * len(lines) + base * 2))
        width = metrics.horizontalAdvance(self.text() + "  ") + metrics.height() + base * 4
        return QSize(width, round(metrics.height() + base * 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, edge, sign and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        base = unit(self)
        radius = base * 0.7
        checked = self.isChecked()
        if checked or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("chosen" if checked else "hover"))
            painter.drawRoundedRect(rect, radius, radius)
        if checked:
            painter.setClipRect(QRectF(0, 0, base * 0.5, rect.height()))
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(rect, radius, radius)
            painter.setClipping(False)
        size = self.fontMetrics().height() * 1.1
        ink = theme.colour("accent" if checked else "text")
        font = self._small() if self.compact else QFont(self.font())
        font.setBold(checked and not self.compact)
        painter.setFont(font)
        if self.compact:
            draw_sign(painter, QRectF((rect.width() - size) / 2, base * 0.8, size, size), self._sign, ink)
            room = rect.adjusted(0, base + size, 0, 0)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            words = "\n".join(two_lines(self.text()))
        else:
            draw_sign(painter, QRectF(base * 1.4, (rect.height() - size) / 2, size, size), self._sign, ink)
            room = rect.adjusted(base * 2.4 + size, 0, 0, 0)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            words = self.text()
        painter.setPen(theme.colour("text"))
        painter.drawText(room, flags, words)
        if self.active:
            side = base * 0.9
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("running"))
            painter.drawEllipse(QRectF(rect.right() - side - base * 0.7, base * 0.7, side, side))
        if self.hasFocus():
            draw_focus(painter, rect, radius)


class Navigation(QWidget):
    """Shows one button a page."""

    chosen = Signal(int)

    def __init__(self, pages: list[tuple[str, str]]) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Pages"))
        self._current = 0  # no QButtonGroup: with one, Tab would reach only the page that is shown
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(unit(self) // 2)
        self._buttons: list[NavigationButton] = []
        for number, (title, sign) in enumerate(pages):
            button = NavigationButton(title, sign)
            button.clicked.connect(partial(self._clicked, number))
            self._layout.addWidget(button)
            self._buttons.append(button)
        self._layout.addStretch(1)

    def _clicked(self, number: int, _checked: bool = False) -> None:
        self.set_current(number)
        self.chosen.emit(number)

    def add_footer(self, widget: QWidget) -> None:
        """Put something at the bottom."""
        self._layout.addWidget(widget)

    def set_current(self, number: int) -> None:
        """Mark the page that is shown."""
        self._current = number
        for place, button in enumerate(self._buttons):
            button.setChecked(place == number)

    def set_active(self, number: int, active: bool, words: str) -> None:
        """Mark a page, shown or not, as one where something goes on; `words` say what."""
        self._buttons[number].set_active(active, words)

    def set_compact(self, compact: bool) -> None:
        """Put the words below the signs, or beside them."""
        for button in self.findChildren(NavigationButton):
            if button.compact is not compact:
                button.compact = compact
                button.updateGeometry()
                button.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go to the neighbour."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        following = min(max(self._current + step, 0), len(self._buttons) - 1)
        self._buttons[following].setFocus()
        if following != self._current:
            self._buttons[following].click()
