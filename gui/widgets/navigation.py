"""The list of pages at the left; in a narrow window only their signs remain."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from gui.icons import draw_sign
from gui.theme import theme
from gui.widgets.basics import draw_focus, unit


class NavigationButton(QAbstractButton):
    """One page."""

    def __init__(self, text: str, sign: str) -> None:
        super().__init__()
        self._sign = sign
        self.compact = False
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return room for sign and words, or for the sign alone."""
        metrics = self.fontMetrics()
        base = unit(self)
        height = round(metrics.height() + base * 2)
        if self.compact:
            return QSize(height + base // 2, height)
        return QSize(metrics.horizontalAdvance(self.text() + "  ") + metrics.height() + base * 4, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, edge, sign and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        base = unit(self)
        radius = base * 0.7
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("chosen" if self.isChecked() else "hover"))
            painter.drawRoundedRect(rect, radius, radius)
        if self.isChecked():
            painter.setClipRect(QRectF(0, 0, base * 0.5, rect.height()))
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(rect, radius, radius)
            painter.setClipping(False)
        size = self.fontMetrics().height() * 1.1
        left = (rect.width() - size) / 2 if self.compact else base * 1.4
        ink = theme.colour("accent" if self.isChecked() else "text")
        draw_sign(painter, QRectF(left, (rect.height() - size) / 2, size, size), self._sign, ink)
        if not self.compact:
            font = self.font()
            font.setBold(self.isChecked())
            painter.setFont(font)
            painter.setPen(theme.colour("text"))
            room = rect.adjusted(left + size + base, 0, 0, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.hasFocus():
            draw_focus(painter, rect, radius)


class Navigation(QWidget):
    """Shows one button a page."""

    chosen = Signal(int)

    def __init__(self, pages: list[tuple[str, str]]) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Pages"))
        self._group = QButtonGroup(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(unit(self) // 2)
        self._buttons: list[NavigationButton] = []
        for number, (title, sign) in enumerate(pages):
            button = NavigationButton(title, sign)
            self._group.addButton(button, number)
            self._layout.addWidget(button)
            self._buttons.append(button)
        self._layout.addStretch(1)
        self._group.idClicked.connect(self.chosen)

    def add_footer(self, widget: QWidget) -> None:
        """Put something at the bottom."""
        self._layout.addWidget(widget)

    def set_current(self, number: int) -> None:
        """Mark the page that is shown."""
        self._buttons[number].setChecked(True)

    def set_compact(self, compact: bool) -> None:
        """Show signs only, or signs with words."""
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
        current = self._group.checkedId()
        following = min(max(current + step, 0), len(self._buttons) - 1)
        self._buttons[following].setFocus()
        if following != current:
            self._buttons[following].click()
