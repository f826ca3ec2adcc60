"""The card that shows a result: scrolling contents above a line of buttons. What both kinds of results share.

Every label shows plain text only, since a server's own words stand among them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import Card, Chip, Fold, PlainLabel, StatusSign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.scrolling import scroll_area, set_content

if TYPE_CHECKING:
    from core.reports.report import Diagnosis


LEAST_LINES = 7
"""With less room for the contents than so many lines, the buttons scroll with them."""


class ResultCard(Card):
    """A title with its sign, contents in one or two columns, the evidence folded, and buttons that stay in sight."""

    size_wanted = Signal()
    """The contents changed, so that the page may give the card another height."""

    def __init__(self, ticket_text: Callable[[], str]) -> None:
        super().__init__()
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 2, 2, 2)
        outer.setSpacing(0)
        self._scroll = scroll_area(QWidget(), self.tr("Result"))
        outer.addWidget(self._scroll, 1)
        self._footer = QWidget()
        self._flow = FlowLayout(self._footer, gap=base, line_gap=base // 2)
        self._flow.setContentsMargins(round(base * 2.6), base, base * 2, round(base * 1.5))
        self.copy_ticket = CopyButton(self.tr("Copy for ticket"), ticket_text)
        self._flow.addWidget(self.copy_ticket)
        self._margins = self._flow.contentsMargins()
        self._footer.hide()
        outer.addWidget(self._footer)
        self._outer = outer
        self._buttons_scroll = False
        self._buttons_place = 0
        self.title: PlainLabel | None = None
        self._columns: QBoxLayout | None = None

    def wanted_height(self, width: int) -> int:
        """Return the height that shows everything at `width`."""
        inner = self._scroll.widget()
        height = inner.heightForWidth(width - 2) if inner.hasHeightForWidth() else inner.sizeHint().height()
        apart = not self._buttons_scroll and not self._footer.isHidden()
        return height + (self._footer.heightForWidth(width - 2) if apart else 0) + 4

    def take_height(self, width: int, room: int) -> None:
        """Be as high as everything needs at `width`, and at most `room`; only then there is something to scroll.

        A scroll bar takes width, so words wrap that would not without it: left to itself it would stay for no more.
        """
        buttons = 0 if self._footer.isHidden() else self._footer.heightForWidth(width - 2)
        self._let_buttons_scroll(bool(buttons) and room - buttons < self.fontMetrics().height() * LEAST_LINES)
        wanted = self.wanted_height(width)
        fits = wanted <= room
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self._scroll.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(min(wanted, room))

    def _let_buttons_scroll(self, scroll: bool) -> None:
        """Put the buttons among the contents, below the first words, or where they always stay in sight."""
        if scroll is self._buttons_scroll:
            return
        self._buttons_scroll = scroll
        shown = not self._footer.isHidden()
        if scroll:
            self._flow.setContentsMargins(0, 0, 0, 0)
            inner = self._inner.layout()
            assert isinstance(inner, QVBoxLayout)
            inner.insertWidget(self._buttons_place, self._footer)
        else:
            self._flow.setContentsMargins(self._margins)
            self._outer.addWidget(self._footer)
        self._footer.setVisible(shown)  # a widget that goes elsewhere is hidden by Qt

    def sizeHint(self) -> QSize:
        """Return the size of everything."""
        width = max(self.width(), 400)
        return QSize(width, self.wanted_height(width))

    def minimumSizeHint(self) -> QSize:
        """Return room for the title and two lines; the rest scrolls."""
        return QSize(240, self.fontMetrics().height() * 5)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the columns beside or below each other."""
        super().resizeEvent(event)
        self._arrange_columns()

    def _arrange_columns(self) -> None:
        if self._columns is not None:
            narrow = self.width() < self.fontMetrics().averageCharWidth() * 88
            direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
            if self._columns.direction() != direction:
                self._columns.setDirection(direction)
                self.size_wanted.emit()

    def _begin(self, bar: str) -> QVBoxLayout:
        """Start new contents; return their layout."""
        self.set_bar(bar)
        self._columns = None
        self._footer.hide()
        self._let_buttons_scroll(False)  # before the contents go that they are among
        self._buttons_place = -1
        self._inner = QWidget()
        layout = QVBoxLayout(self._inner)
        base = unit(self)
        layout.setContentsMargins(round(base * 2.6), base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        return layout

    def _end(self, layout: QVBoxLayout) -> None:
        """Put the finished contents in place; before that, nothing of them has a size that counts."""
        layout.addStretch(1)
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        set_content(self._scroll, self._inner)
        self._inner.show()
        self._arrange_columns()
        self._scroll.verticalScrollBar().setValue(0)
        self.size_wanted.emit()

    def _add_title(
        self, layout: QVBoxLayout, title: str, kicker: str, sign: str, colour: str, chip: Chip | None = None
    ) -> None:
        """Add the sign with a few words and a chip beside it, and the title below."""
        top = QHBoxLayout()
        top.setSpacing(unit(self))
        words = label(kicker, bold=True, wrap=True)
        words.set_colour(colour)
        top.addWidget(StatusSign(sign, scale=1.35))
        top.addWidget(words, 1)
        if chip is not None:
            top.addWidget(chip)
        layout.addLayout(top)
        self.title = label(title, bold=True, scale=1.32, wrap=True).selectable()
        self.title.set_colour(colour if colour != "muted" else "text")
        layout.addWidget(self.title)

    def _add_columns(self, layout: QVBoxLayout, left: QWidget | None, right: QWidget | None) -> None:
        """Add one or two columns, which stand below each other where room is short."""
        if left is None and right is None:
            return
        columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        columns.setSpacing(unit(self) * 3)
        if left is not None:
            columns.addWidget(left, 3, Qt.AlignmentFlag.AlignTop)
        if right is not None:
            columns.addWidget(right, 2, Qt.AlignmentFlag.AlignTop)
        self._columns = columns
        self._buttons_place = layout.count()
        layout.addSpacing(unit(self) // 2)
        layout.addLayout(columns)

    def _column(self, heading: str) -> tuple[QWidget, QVBoxLayout]:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(unit(self) * 0.8))
        layout.addWidget(label(heading, bold=True, muted=True))
        return column, layout

    def _add_reasons(self, layout: QVBoxLayout, diagnosis: Diagnosis, others: str = "") -> None:
        """Add the fold with the evidence, the technical words, and `others`, a line about other causes."""
        reasons = [f"{item.text}  ({item.source})" for item in diagnosis.evidence]
        if not (reasons or diagnosis.technical or others):
            return
        fold = Fold(self.tr("What this rests on"))
        fold.setAccessibleDescription(self.tr("Shows the evidence and the technical explanation."))
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(round(self.fontMetrics().height() * 1.2), 0, 0, 0)
        inside.setSpacing(unit(self) // 2)
        if diagnosis.technical:
            inside.addWidget(label(diagnosis.technical, wrap=True).selectable())
        for reason in reasons:
            inside.addWidget(label(f"• {reason}", wrap=True, muted=True).selectable())
        if others:
            inside.addWidget(label(others, wrap=True, muted=True))
        body.hide()
        fold.toggled.connect(body.setVisible)
        fold.toggled.connect(lambda _on: self.size_wanted.emit())
        line = QHBoxLayout()
        line.addWidget(fold)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addWidget(body)

    def _add_owner(self, layout: QVBoxLayout, owner: str) -> None:
        """Say who fixes it; nothing if `owner` is empty."""
        if owner:
            layout.addWidget(label(self.tr("Who fixes it: {owner}").format(owner=owner), wrap=True, muted=True))
