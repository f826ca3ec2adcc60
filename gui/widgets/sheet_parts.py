"""The pieces of a settings sheet and an administrator's sheet. All texts are plain text, whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import theme
from gui.widgets.basics import Button, PlainLabel, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.result_parts import Command, Remark, breakable

if TYPE_CHECKING:
    from core.sheets.administrator import AdministratorSheet, AdministratorStep
    from core.sheets.rows import SheetRow
    from core.sheets.settings import SettingsSheet, SheetRemark

ARROW = " ▸ "


def settings_body(sheet: SettingsSheet) -> QWidget:
    """Return the settings sheet as a column of widgets."""
    body, layout = _column()
    layout.addWidget(label(breakable(sheet.way_name), muted=True, wrap=True))
    if sheet.obstacles:
        words = " ".join(_with_doubt(remark) for remark in sheet.obstacles)
        layout.addWidget(Remark("warning", "failed", words, heading=_tr("This device can’t go this way as it is")))
    layout.addWidget(label(sheet.opening, muted=True, wrap=True).selectable())
    path = label(ARROW.join(sheet.menu_path), bold=True, wrap=True).selectable()
    layout.addWidget(path)
    _add_doubt(layout, _status_words(sheet.path_status))
    if sheet.other_paths:
        others = "; ".join(entry.replace(" > ", ARROW) for entry in sheet.other_paths)
        text = _tr("Also, or on other models: {paths}").format(paths=others)
        layout.addWidget(label(text, muted=True, wrap=True, scale=0.92).selectable())
    rows = QVBoxLayout()
    rows.setSpacing(0)
    for row in sheet.rows:
        rows.addWidget(RowView(row))
    layout.addLayout(rows)
    if sheet.names.text:
        words = f"{sheet.names.text} ({sheet.names.doubt})" if sheet.names.doubt else sheet.names.text
        layout.addWidget(label(breakable(words), wrap=True, muted=True, scale=0.92))
    _add_list(layout, _tr("What this way needs"), sheet.needs)
    _add_list(layout, _tr("Mind this"), sheet.traps)
    if sheet.oauth:
        layout.addWidget(label(_with_doubt(sheet.oauth), wrap=True, muted=True).selectable())
    _add_list(layout, _tr("Then try it"), sheet.after, numbered=True)
    layout.addStretch(1)
    return body


def administrator_body(sheet: AdministratorSheet) -> QWidget:
    """Return the administrator's sheet as a column of widgets."""
    body, layout = _column()
    layout.addWidget(label(breakable(sheet.way_name), muted=True, wrap=True))
    if sheet.fill_in:
        words = "\n".join(f"{entry.word}: {entry.meaning}" for entry in sheet.fill_in)
        layout.addWidget(Remark("info", "running", words, heading=_tr("To be filled in")))
    if not sheet.steps:
        layout.addWidget(label(_tr("Nothing is known that an administrator would have to do for this way."), wrap=True))
    for number, step in enumerate(sheet.steps, 1):
        layout.addWidget(StepView(number, step))
    layout.addStretch(1)
    return body


class RowView(QWidget):
    """A field, what belongs into it, and a button that copies the value where one types it."""

    def __init__(self, row: SheetRow) -> None:
        super().__init__()
        base = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(base // 2, base // 2, 0, base // 2)
        layout.setSpacing(base)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addStretch(1)
        left.addWidget(label(row.field, wrap=True).selectable())
        if row.also:
            left.addWidget(label(_tr("also: {names}").format(names=row.also), wrap=True, muted=True, scale=0.88))
        if row.page:
            text = _tr("on the page {page}").format(page=row.page.replace(" > ", ARROW))
            left.addWidget(label(text, wrap=True, muted=True, scale=0.88))
        _add_doubt(left, row.doubt)
        left.addStretch(1)
        layout.addLayout(left, 10)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addStretch(1)
        shown = breakable(row.value)
        value = label(shown, bold=not row.secret, wrap=True, muted=row.secret)
        right.addWidget(value if shown != row.value else value.selectable())
        if row.note:
            right.addWidget(label(row.note, wrap=True, muted=True, scale=0.88))
        right.addStretch(1)
        layout.addLayout(right, 11)
        self.copy: CopyButton | None = None
        room = Button(_tr("Copied"), quiet=True, sign="copy").sizeHint()
        self.setMinimumHeight(room.height())
        if row.copyable:
            self.copy = CopyButton(_tr("Copy"), lambda: row.value, quiet=True)
            self.copy.setAccessibleName(_tr("Copy {name}").format(name=row.field))
            self.copy.setToolTip(_tr("Copy {name}").format(name=row.value))
            self.copy.setFixedWidth(room.width())
            layout.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignVCenter)
        else:
            layout.addSpacing(room.width() + layout.spacing())
        words = [row.field, row.value, row.note, row.doubt]
        self.setAccessibleName(": ".join(words[:2]) + "".join(f". {word}" for word in words[2:] if word))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a fine line below."""
        painter = QPainter(self)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)


class StepView(QWidget):
    """One thing that an administrator does: why, where, the line to paste, and how to take it back."""

    def __init__(self, number: int, step: AdministratorStep) -> None:
        super().__init__()
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, base // 2, 0, base)
        layout.setSpacing(base // 2)
        layout.addWidget(label(breakable(f"{number}. {step.title}"), bold=True, wrap=True))
        _add_doubt(layout, step.doubt)
        if step.only_if:
            layout.addWidget(label(f"{step.only_if}.", wrap=True, muted=True))
        layout.addWidget(label(breakable(step.text), wrap=True))
        if step.where:
            layout.addWidget(label(breakable(step.where.replace(" > ", ARROW)), wrap=True, muted=True))
        for words in (step.command, step.record):
            if words:
                layout.addWidget(Command(words, narrow=True))
        if step.undo:
            text = (_tr("To take it back: {words}") if step.changes else _tr("Afterwards: {words}")).format(
                words=step.undo
            )
            layout.addWidget(label(breakable(text), wrap=True, muted=True))
        if step.undo_command:
            layout.addWidget(Command(step.undo_command, narrow=True))
        if step.source.startswith("https://"):
            visit = Button(_tr("Open the source"), quiet=True, sign="link")
            visit.setToolTip(f"{step.source} ({step.date})")
            visit.setAccessibleDescription(step.source)
            visit.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(step.source)))
            layout.addWidget(visit, 0, Qt.AlignmentFlag.AlignLeft)


def _column() -> tuple[QWidget, QVBoxLayout]:
    body = QWidget()
    layout = QVBoxLayout(body)
    base = unit(body)
    layout.setContentsMargins(base * 2, base, base * 2, base * 2)
    layout.setSpacing(base)
    return body, layout


def _add_list(layout: QVBoxLayout, heading: str, remarks: tuple[SheetRemark, ...], *, numbered: bool = False) -> None:
    if not remarks:
        return
    layout.addSpacing(unit() // 2)
    layout.addWidget(label(heading, bold=True, muted=True))
    for number, remark in enumerate(remarks, 1):
        line = QHBoxLayout()
        line.setSpacing(unit())
        mark = label(f"{number}." if numbered else "•", muted=True)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label(breakable(_with_doubt(remark)), wrap=True), 1)
        layout.addLayout(line)


def _add_doubt(layout: QVBoxLayout, words: str) -> PlainLabel | None:
    if not words:
        return None
    shown = label(f"({words})", wrap=True, scale=0.88)
    shown.set_colour("warning")
    layout.addWidget(shown)
    return shown


def _with_doubt(remark: SheetRemark) -> str:
    return f"{remark.text} ({remark.doubt})" if remark.doubt else remark.text


def _status_words(status: str) -> str:
    from core.sheets.words import status_words

    return status_words(status)  # type: ignore[arg-type]


def _tr(text: str) -> str:
    return QCoreApplication.translate("SettingsSheetPanel", text)
