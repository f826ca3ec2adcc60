"""The house's own plain controls: card, button, text field, choice, tick box. They paint themselves from the theme.

All sizes come from the font, so that they grow with it.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.icons import draw_sign, draw_status
from gui.theme import theme

_units: list[int] = []


def unit(_widget: QWidget | None = None) -> int:
    """Return the base of all spacing: about half a line of text in the program's font."""
    if not _units:
        _units.append(max(6, round(QFontMetrics(QApplication.font()).height() * 0.5)))
    return _units[0]


def forget_unit() -> None:
    """Work the base of all spacing out anew, after the program's font changed."""
    _units.clear()


LONGEST_WORD = 48
"""So many characters wide is the longest word that a line makes room for; names of servers are shorter as a rule."""


def label(
    text: str = "", *, muted: bool = False, bold: bool = False, scale: float = 1.0, wrap: bool = False
) -> PlainLabel:
    """Return a label that shows plain text only, whatever is in it."""
    return PlainLabel(text, muted=muted, bold=bold, scale=scale, wrap=wrap)


class PlainLabel(QLabel):
    """A label for plain text in one of the theme's colours; text of others can't become markup in it."""

    def __init__(
        self, text: str = "", *, muted: bool = False, bold: bool = False, scale: float = 1.0, wrap: bool = False
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setWordWrap(wrap)
        self._colour = "muted" if muted else "text"
        if bold or scale != 1.0:
            font = QFont(self.font())
            font.setBold(bold)
            font.setPointSizeF(font.pointSizeF() * scale)
            self.setFont(font)
        theme.changed.connect(self._recolour)
        self._recolour()

    def minimumSizeHint(self) -> QSize:
        """Return room for the longest word, but for one that nobody would write: all else would go out of sight."""
        hint = super().minimumSizeHint()
        if self.wordWrap():
            hint.setWidth(min(hint.width(), self.fontMetrics().averageCharWidth() * LONGEST_WORD))
        return hint

    def set_colour(self, name: str) -> None:
        """Show the text in that colour of the theme."""
        self._colour = name
        self._recolour()

    def _recolour(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme.colour(self._colour))
        self.setPalette(palette)

    def selectable(self) -> PlainLabel:
        """Let the text be selected with the mouse; return the label."""
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return self


class Card(QFrame):
    """A rounded surface; with a `bar` it carries a coloured edge on the left that says how it stands."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        theme.changed.connect(self.update)

    def set_bar(self, colour: str) -> None:
        """Show the left edge in that colour of the theme; empty for none."""
        self._bar = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw surface, border and edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = unit(self) * 0.8
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.setBrush(theme.colour("card"))
        painter.drawRoundedRect(rect, radius, radius)
        if self._bar:
            painter.setClipRect(QRectF(0, 0, unit(self) * 0.6, self.height()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(self._bar))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)


class Button(QPushButton):
    """A flat button: `primary` for the one thing to do, `quiet` without a frame."""

    def __init__(
        self, text: str = "", *, primary: bool = False, quiet: bool = False, sign: str = "", key: str = ""
    ) -> None:
        super().__init__(text)
        self._primary = primary
        self._quiet = quiet
        self._sign = sign
        self._key = key
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(text)
        if primary:
            font = QFont(self.font())
            font.setBold(True)
            self.setFont(font)
        theme.changed.connect(self.update)

    def set_look(self, text: str, *, primary: bool, sign: str = "", key: str = "") -> None:
        """Change text, weight, sign and the key that is shown beside the text."""
        self._primary, self._sign, self._key = primary, sign, key
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the text with room around it."""
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._shown_text())
        if self._sign:
            width += metrics.height() + unit(self) // 2
        if self._key:
            width += metrics.horizontalAdvance(self._key) + unit(self)
        side = unit(self) * (0.9 if self._quiet else 1.7)
        return QSize(round(width + 2 * side), round(metrics.height() + 1.7 * unit(self)))

    def minimumSizeHint(self) -> QSize:
        """Return the same: a button's words are never cut."""
        return self.sizeHint()

    def _shown_text(self) -> str:
        return self.text().replace("&&", "\0").replace("&", "").replace("\0", "&")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        radius = unit(self) * 0.55
        hot = self.underMouse() and self.isEnabled()
        ink = theme.colour("text")
        if self._primary:
            fill = theme.colour("accent_hover" if hot or self.isDown() else "accent")
            ink = theme.colour("on_accent")
            edge = fill
            if not self.isEnabled():
                fill = edge = theme.colour("border")
                ink = theme.colour("muted")
        else:
            fill = theme.colour("hover" if hot or self.isDown() or self.isChecked() else "card")
            edge = theme.colour("field_border")
            if self._quiet:
                ink = theme.colour("accent")
                edge = fill = theme.colour("hover") if hot or self.isDown() or self.isChecked() else QColor(0, 0, 0, 0)
            if not self.isEnabled():
                ink = theme.colour("faint")
                edge = theme.colour("border")
        painter.setPen(QPen(edge, 1) if edge.alpha() else Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        self._paint_words(painter, rect, ink)
        if self.hasFocus():
            draw_focus(painter, QRectF(self.rect()), radius, on_accent=self._primary)

    def _paint_words(self, painter: QPainter, rect: QRectF, ink: QColor) -> None:
        metrics = self.fontMetrics()
        text = self._shown_text()
        gap = unit(self) // 2
        size = metrics.height() * 0.92
        width = metrics.horizontalAdvance(text)
        total = width + (size + gap if self._sign else 0)
        total += metrics.horizontalAdvance(self._key) + unit(self) if self._key else 0
        x = rect.left() + (rect.width() - total) / 2
        if self._sign:
            draw_sign(painter, QRectF(x, rect.center().y() - size / 2, size, size), self._sign, ink)
            x += size + gap
        painter.setPen(ink)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(x, rect.top(), width + 2, rect.height()), flags, text)
        if self._key:
            font = QFont(self.font())
            font.setBold(False)
            painter.setFont(font)
            x += width + unit(self)
            painter.drawText(QRectF(x, rect.top(), rect.right() - x, rect.height()), flags, self._key)


class SignButton(QToolButton):
    """A small button that shows only a sign; its name stands in the tool tip and for screen readers."""

    def __init__(self, sign: str, name: str) -> None:
        super().__init__()
        self._sign = sign
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self.update)

    def set_sign(self, sign: str, name: str) -> None:
        """Show another sign with another name."""
        self._sign = sign
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a square a bit larger than a line."""
        side = self.fontMetrics().height() + unit(self)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        radius = unit(self) * 0.5
        if (self.underMouse() and self.isEnabled()) or self.isDown() or self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(rect, radius, radius)
        size = self.fontMetrics().height()
        square = QRectF(rect.center().x() - size / 2, rect.center().y() - size / 2, size, size)
        draw_sign(painter, square, self._sign, theme.colour("muted" if self.isEnabled() else "border"))
        if self.hasFocus():
            draw_focus(painter, rect, radius)


def draw_focus(painter: QPainter, rect: QRectF, radius: float, *, on_accent: bool = False) -> None:
    """Draw the ring that shows where the keyboard is; on the accent colour, with a light line inside it."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.colour("accent"), 2))
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)
    if on_accent:
        painter.setPen(QPen(theme.colour("on_accent"), 1.4))
        painter.drawRoundedRect(rect.adjusted(3.2, 3.2, -3.2, -3.2), radius, radius)


def draw_field(widget: QWidget, painter: QPainter, *, wrong: bool = False) -> None:
    """Draw ground and edge of a field; `wrong` marks one that needs a look."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rect = QRectF(widget.rect())
    radius = unit(widget) * 0.5
    enabled = widget.isEnabled()
    edge = theme.colour("field_border" if enabled else "border")
    if wrong:
        edge = theme.colour("failed")
    focused = widget.hasFocus()
    painter.setPen(QPen(theme.colour("accent") if focused else edge, 2 if focused or wrong else 1))
    painter.setBrush(theme.colour("card" if enabled else "hover"))
    inset = 1 if focused or wrong else 0.5
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius, radius)


class TextField(QLineEdit):
    """A field for one line of text; `set_wrong` gives it the edge of a field that needs a look."""

    left = Signal()
    """The keyboard went elsewhere."""

    def __init__(self, name: str, *, placeholder: str = "", description: str = "") -> None:
        super().__init__()
        self._wrong = False
        self.setFrame(False)
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        self.setPlaceholderText(placeholder)
        side = round(unit(self) * 1.1)
        self.setTextMargins(side, 0, side, 0)
        self.setClearButtonEnabled(False)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
        self.setPalette(palette)
        theme.changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        palette = QPalette(QApplication.palette())
        palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
        self.setPalette(palette)

    def set_wrong(self, wrong: bool) -> None:
        """Mark the field, or take the mark away."""
        if wrong is not self._wrong:
            self._wrong = wrong
            self.update()

    def reserve_right(self, width: int) -> None:
        """Keep room at the right edge for something laid over the field."""
        margins = self.textMargins()
        margins.setRight(width)
        self.setTextMargins(margins)

    def sizeHint(self) -> QSize:
        """Return a field as high as a button, about twenty characters wide."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 20, round(metrics.height() + 1.7 * unit(self)))

    def minimumSizeHint(self) -> QSize:
        """Return the least that still shows some characters."""
        return QSize(self.fontMetrics().averageCharWidth() * 7 + 3 * unit(self), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, then the text as Qt does."""
        painter = QPainter(self)
        draw_field(self, painter, wrong=self._wrong)
        painter.end()
        super().paintEvent(event)

    def focusOutEvent(self, event: object) -> None:
        """Tell that the field was left."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.left.emit()


class Choice(QComboBox):
    """A closed list of choices; the wheel does nothing unless it has the focus, so that scrolling changes nothing."""

    def __init__(self, name: str, *, description: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaxVisibleItems(18)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.currentIndexChanged.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def _words_rect(self, width: int) -> QRect:
        side = round(unit(self) * 1.1)
        size = round(self.fontMetrics().height() * 0.85)
        return QRect(side, 0, max(1, width - 2 * side - size), 10_000)

    def hasHeightForWidth(self) -> bool:
        """A long choice takes a second line rather than losing its end."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the chosen words at that width."""
        room = self._words_rect(width)
        words = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.currentText())
        return max(words.height(), self.fontMetrics().height()) + round(1.7 * unit(self))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page unless the list has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        """Return the height of a text field."""
        metrics = self.fontMetrics()
        return QSize(super().sizeHint().width(), round(metrics.height() + 1.7 * unit(self)))

    def minimumSizeHint(self) -> QSize:
        """Return the least that still shows some characters."""
        return QSize(self.fontMetrics().averageCharWidth() * 9 + 3 * unit(self), self.sizeHint().height())

    def showPopup(self) -> None:
        """Open the list wide enough for its longest entry."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        self.view().setMinimumWidth(max(self.width(), widest + 5 * unit(self)))
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, the chosen words and the arrow."""
        painter = QPainter(self)
        draw_field(self, painter)
        side = round(unit(self) * 1.1)
        size = round(self.fontMetrics().height() * 0.85)
        room = self._words_rect(self.width())
        room.setHeight(self.height())
        painter.setPen(theme.colour("text" if self.isEnabled() else "faint"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(room, flags, self.currentText())
        square = QRectF(self.width() - side - size + 2, (self.height() - size) / 2, size, size)
        draw_sign(painter, square, "down", theme.colour("muted" if self.isEnabled() else "border"))


class Tick(QCheckBox):
    """A tick box whose words may take several lines."""

    def __init__(self, text: str, *, description: str = "") -> None:
        super().__init__(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(description)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def _box(self) -> int:
        return round(self.fontMetrics().height() * 1.02)

    def _words_rect(self, width: int) -> QRect:
        left = self._box() + unit(self)
        room = QRect(left, 0, max(1, width - left), 10_000)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.text())

    def hasHeightForWidth(self) -> bool:
        """The height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the words at that width."""
        return max(self._box(), self._words_rect(width).height()) + unit(self) // 2

    def sizeHint(self) -> QSize:
        """Return the size of the words on one line."""
        width = self._box() + unit(self) + self.fontMetrics().horizontalAdvance(self.text()) + 4
        return QSize(width, self._box() + unit(self) // 2)

    def minimumSizeHint(self) -> QSize:
        """Return a size that leaves room to wrap."""
        return QSize(
            self._box() + unit(self) + self.fontMetrics().averageCharWidth() * 14, self._box() + unit(self) // 2
        )

    def hitButton(self, position: object) -> bool:
        """Take clicks on the words too."""
        return self.rect().contains(position)  # type: ignore[call-overload,no-any-return]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw box, tick and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self._box()
        line = self.fontMetrics().height()
        top = unit(self) // 4
        box = QRectF(0, top + (line - size) / 2, size, size).adjusted(1, 1, -1, -1)
        checked = self.isChecked()
        enabled = self.isEnabled()
        painter.setPen(
            QPen(theme.colour("accent" if checked and enabled else "field_border" if enabled else "border"), 1.2)
        )
        painter.setBrush(theme.colour("accent" if checked and enabled else "card"))
        painter.drawRoundedRect(box, 3, 3)
        if checked:
            draw_sign(painter, box.adjusted(2, 2, -2, -2), "tick", theme.colour("on_accent" if enabled else "muted"))
        painter.setPen(theme.colour("text" if enabled else "faint"))
        words = self._words_rect(self.width()).translated(0, top)
        painter.drawText(words, Qt.TextFlag.TextWordWrap, self.text())
        if self.hasFocus():
            draw_focus(painter, QRectF(words).adjusted(-4, -1, 5, 2), 3)


class Chip(QWidget):
    """A short remark in a rounded frame, such as "certain · 5.7.1"."""

    def __init__(self, text: str = "", *, colour: str = "muted") -> None:
        super().__init__()
        self._text = text
        self._colour = colour
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the size of the words with room around them."""
        metrics = self.fontMetrics()
        return QSize(
            metrics.horizontalAdvance(self._text) + round(metrics.height() * 1.1), round(metrics.height() * 1.3)
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.setBrush(theme.colour("card"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        painter.setPen(theme.colour(self._colour))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class Sign(QWidget):
    """A sign of the theme in one line's height, for the side of a text."""

    def __init__(self, sign: str, colour: str = "text", *, scale: float = 1.0) -> None:
        super().__init__()
        self._sign, self._colour, self._scale = sign, colour, scale
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_sign(self, sign: str, colour: str) -> None:
        """Show another sign."""
        self._sign, self._colour = sign, colour
        self.update()

    def sizeHint(self) -> QSize:
        """Return a square of one line."""
        side = round(self.fontMetrics().height() * self._scale)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sign."""
        painter = QPainter(self)
        draw_sign(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), self._sign, theme.colour(self._colour))


class StatusSign(QWidget):
    """A stage's state as a sign."""

    def __init__(self, status: str = "idle", *, scale: float = 1.5) -> None:
        super().__init__()
        self._status = status
        self._scale = scale
        self._phase = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_status(self, status: str, phase: float = 0.0) -> None:
        """Show another state."""
        if (status, phase) != (self._status, self._phase):
            self._status, self._phase = status, phase
            self.update()

    def sizeHint(self) -> QSize:
        """Return a square."""
        side = round(self.fontMetrics().height() * self._scale)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sign."""
        draw_status(QPainter(self), QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self._status, phase=self._phase)


class Section(QWidget):
    """A heading with a fine line under it, between groups of fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, unit(self), 0, 0)
        layout.setSpacing(unit(self) // 2)
        layout.addWidget(label(text, bold=True, muted=True))
        line = QFrame()
        line.setFixedHeight(1)
        line.setAutoFillBackground(True)
        self._line = line
        layout.addWidget(line)
        theme.changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        palette = self._line.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.colour("border"))
        self._line.setPalette(palette)


class Fold(QAbstractButton):
    """A line of words with an arrow that opens and closes what is below it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        font = QFont(self.font())
        font.setBold(True)
        self.setFont(font)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the size of arrow and words."""
        metrics = self.fontMetrics()
        height = metrics.height()
        return QSize(height + unit(self) + metrics.horizontalAdvance(self.text()), height + unit(self))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with the right arrow, close with the left one."""
        if event.key() == Qt.Key.Key_Right:
            self.setChecked(True)
        elif event.key() == Qt.Key.Key_Left:
            self.setChecked(False)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw arrow and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self.fontMetrics().height() * 0.8
        ink = theme.colour("text" if self.underMouse() else "muted")
        square = QRectF(0, (self.height() - size) / 2, size, size)
        draw_sign(painter, square, "down" if self.isChecked() else "right", ink)
        painter.setPen(ink)
        room = QRectF(self.rect()).adjusted(size + unit(self) * 0.6, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.hasFocus():
            draw_focus(painter, QRectF(self.rect()), unit(self) * 0.4)
