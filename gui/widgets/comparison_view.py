"""Two runs side by side: what follows from them on top, then a table; signs and words, never a colour alone.

Every label shows plain text only, since servers' and other people's words stand among them.
"""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.comparing import rows
from core.comparing.comparison import Comparison
from core.comparing.rows import Row, Table
from gui.texts import confidence_name
from gui.widgets.basics import Button, Card, Chip, Fold, PlainLabel, Tick, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.result_parts import Remark
from gui.widgets.scrolling import scroll_area, set_content

_LONG = re.compile(r"\S{21,}")
_PLACE = re.compile(r"[./@_:-]|\w{16}")
_COLOURS = {"same": "muted", "differs": "warning", "unknown": "faint"}


class ComparisonView(QWidget):
    """Shows a `Comparison`. `save_wanted`: the user wants a file of it."""

    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        base = unit(self)
        self.comparison: Comparison | None = None
        self.title: PlainLabel | None = None
        self.setAccessibleName(self.tr("Comparison of two runs"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        self._scroll = scroll_area(QWidget(), self.tr("Comparison"))
        layout.addWidget(self._scroll, 1)
        self.everything = Tick(self.tr("Show also what is the same in both runs"))
        self.everything.toggled.connect(lambda _on: self._rebuild_tables())
        self.copy_ticket = CopyButton(self.tr("Copy for ticket"), self.ticket_text)
        self.copy_ticket.setToolTip(self.tr("Copy the whole comparison as Markdown"))
        self.save = Button(self.tr("Save…"), sign="save")
        self.save.setToolTip(self.tr("Save the comparison as text, Markdown, HTML or JSON"))
        self.save.clicked.connect(self.save_wanted)
        self._tables: QWidget | None = None
        self._room: QVBoxLayout | None = None

    def footer(self) -> QWidget:
        """Return the buttons in a row, for whoever shows this view to place below it."""
        row = QWidget()
        flow = FlowLayout(row, gap=unit(self), line_gap=unit(self) // 2)
        flow.setContentsMargins(0, 0, 0, 0)
        for widget in (self.copy_ticket, self.save):
            flow.addWidget(widget)
        return row

    def ticket_text(self) -> str:
        """Return the comparison as Markdown; empty if there is none."""
        if self.comparison is None:
            return ""
        from core.comparing.markdown import render_markdown

        return render_markdown(self.comparison)

    def show_comparison(self, comparison: Comparison) -> None:
        """Show `comparison`, the conclusion first."""
        self.comparison = comparison
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, unit(self), 0)
        layout.setSpacing(unit(self))
        layout.addWidget(self._conclusion(comparison))
        layout.addWidget(self.everything)
        self._room = QVBoxLayout()
        self._room.setSpacing(unit(self))
        layout.addLayout(self._room)
        layout.addStretch(1)
        self.everything.setParent(inner)
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        self._tables = None
        self._rebuild_tables()
        set_content(self._scroll, inner)
        inner.show()
        self.everything.show()
        self._scroll.verticalScrollBar().setValue(0)

    def _conclusion(self, comparison: Comparison) -> Card:
        base = unit(self)
        conclusion = comparison.conclusion
        card = Card()
        card.set_bar("running")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(round(base * 2.6), base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        top = QHBoxLayout()
        kind = label(rows.KIND_WORDS[comparison.kind], bold=True, wrap=True)
        kind.set_colour("running")
        top.addWidget(kind, 1)
        chip = Chip(confidence_name(conclusion.confidence))
        chip.setToolTip(self.tr("How sure this conclusion is"))
        top.addWidget(chip)
        layout.addLayout(top)
        self.title = label(conclusion.title, bold=True, scale=1.32, wrap=True).selectable()
        layout.addWidget(self.title)
        layout.addWidget(label(conclusion.text, wrap=True).selectable())
        if conclusion.next:
            layout.addWidget(label(self.tr("Do this next"), bold=True, muted=True))
            layout.addWidget(label(conclusion.next, wrap=True).selectable())
        for remark in comparison.remarks:
            warns = remark.severity == "warning"
            sign, colour = ("warning", "warning") if warns else ("info", "running")
            layout.addWidget(Remark(sign, colour, remark.text, heading=remark.title))
        self._add_reasons(layout, conclusion.evidence)
        return card

    def _add_reasons(self, layout: QVBoxLayout, evidence: tuple[str, ...]) -> None:
        fold = Fold(self.tr("What this rests on"))
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(round(self.fontMetrics().height() * 1.2), 0, 0, 0)
        inside.setSpacing(unit(self) // 2)
        for item in evidence:
            inside.addWidget(label(f"• {item}", wrap=True, muted=True).selectable())
        body.hide()
        fold.toggled.connect(body.setVisible)
        line = QHBoxLayout()
        line.addWidget(fold)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addWidget(body)

    def _rebuild_tables(self) -> None:
        if self.comparison is None or self._room is None:
            return
        if self._tables is not None:
            self._room.removeWidget(self._tables)
            self._tables.deleteLater()
        card = Card()
        grid = QGridLayout(card)
        base = unit(self)
        grid.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        grid.setHorizontalSpacing(base * 2)
        grid.setVerticalSpacing(round(base * 0.7))
        for column, stretch in ((1, 2), (2, 4), (3, 4)):
            grid.setColumnStretch(column, stretch)
        for column, words in ((2, self.tr("First run")), (3, self.tr("Second run"))):
            grid.addWidget(label(words, bold=True, scale=1.08), 0, column)
        at = 1
        for table in rows.tables(self.comparison, everything=self.everything.isChecked()):
            at = self._add_table(grid, at, table)
        legend = label(rows.LEGEND, muted=True, wrap=True, scale=0.92)
        grid.addWidget(legend, at, 1, 1, 3)
        self._tables = card
        self._room.addWidget(card)
        card.show()

    def _add_table(self, grid: QGridLayout, at: int, table: Table) -> int:
        """Add the rows of `table` from the grid's row `at` on; return the row after them."""
        heading = label(table.heading, bold=True, muted=True)
        heading.setContentsMargins(0, unit(self), 0, 0)
        grid.addWidget(heading, at, 0, 1, 4)
        at += 1
        for row in table.rows:
            self._add_row(grid, at, row)
            at += 1
        return at

    def _add_row(self, grid: QGridLayout, at: int, row: Row) -> None:
        top = Qt.AlignmentFlag.AlignTop
        state = label(rows.SIGNS[row.state], bold=True)
        state.set_colour(_COLOURS[row.state])
        state.setToolTip(rows.STATE_WORDS[row.state])
        state.setAccessibleName(rows.STATE_WORDS[row.state])
        grid.addWidget(state, at, 0, top)
        grid.addWidget(label(row.label, wrap=True, muted=True), at, 1, top)
        for column, words in ((2, row.first), (3, row.second)):
            broken = breakable(words)
            shown = label(broken, wrap=True, bold=row.important)
            if broken == words:  # what is copied from here must be what the server said
                shown.selectable()
            shown.setAccessibleName(f"{row.label}, {rows.STATE_WORDS[row.state]}: {words}")
            grid.addWidget(shown, at, column, top)


def breakable(text: str) -> str:
    """Return `text` with invisible places for line breaks in words that are too long for a narrow column."""
    return _LONG.sub(lambda found: _PLACE.sub("\\g<0>\u200b", found[0]), text)


def comparison_text(comparison: Comparison, ending: str) -> str:
    """Return the comparison in the form of a file's ending: json, md, html, else text."""
    renderers = {"json": _json, "md": _markdown, "html": _html}
    return renderers.get(ending, _text)(comparison)


def _json(comparison: Comparison) -> str:
    from core.comparing.comparison import to_json

    return to_json(comparison) + "\n"


def _markdown(comparison: Comparison) -> str:
    from core.comparing.markdown import render_markdown

    return render_markdown(comparison)


def _html(comparison: Comparison) -> str:
    from core.comparing.html import render_html

    return render_html(comparison)


def _text(comparison: Comparison) -> str:
    from core.comparing.text import render_text

    return render_text(comparison)
