"""What results are made of: steps, commands, values, exclusions, remarks; each shows plain text only."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.stages import Stage
from gui.texts import stage_name
from gui.theme import theme
from gui.widgets.basics import Button, Chip, Sign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from core.knowledge.model import PanelCode
    from core.reports.report import Fix

_VALUE = re.compile(r"(?<![\w@.-])((?:[a-z0-9-]+\.){2,}[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3})(?![\w@-])", re.IGNORECASE)

_LONG = re.compile(r"\S{20,}")
_BREAK = re.compile(r"[,.@/|](?=\w)|(?<=[a-z])(?=[A-Z])")
"""Words that may be too wide for a narrow card."""


def breakable(text: str) -> str:
    """Return `text` so that a label may break a long word in it, after a sign or before a capital; to show only."""
    return _LONG.sub(lambda word: _BREAK.sub(lambda place: place[0] + "\u200b", word[0]), text)


class Step(QWidget):
    """A numbered step with what can be copied or opened for it."""

    def __init__(self, number: int, fix: Fix | str, server: str) -> None:
        super().__init__()
        base = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        count = label(f"{number}.")
        count.setFixedWidth(self.fontMetrics().horizontalAdvance("00."))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        layout.addWidget(count, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(base // 2)
        layout.addLayout(right, 1)
        text = fix if isinstance(fix, str) else fix.text
        if not isinstance(fix, str) and fix.unverified:
            text = self.tr("{text} (not verified)").format(text=text)
        right.addWidget(label(text, wrap=True).selectable())
        if isinstance(fix, str):
            return
        if fix.command:
            right.addWidget(Command(fix.command))
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=base // 2, line_gap=0)
        for value in dict.fromkeys(_VALUE.findall(fix.text)):
            if value == server:
                continue  # that one is typed in already
            copy = CopyButton(value, partial(str, value), quiet=True)
            copy.setAccessibleName(self.tr("Copy {value}").format(value=value))
            copy.setToolTip(self.tr("Copy {value}").format(value=value))
            flow.addWidget(copy)
        link = fix.link
        if link and link.startswith("https://"):
            visit = Button(self.tr("Open the page"), quiet=True, sign="link")
            visit.setToolTip(link)
            visit.setAccessibleDescription(link)
            visit.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(link)))
            flow.addWidget(visit)
        if flow.count():
            right.addWidget(buttons)
        else:
            buttons.deleteLater()


class Command(QWidget):
    """A command to paste, in a tinted box with its button."""

    def __init__(self, command: str, *, narrow: bool = False) -> None:
        super().__init__()
        base = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(base, base // 2, base // 2, base // 2)
        layout.setSpacing(base)
        words = label(breakable(command), wrap=True)  # not to be selected: the breaks would go along
        words.setAccessibleName(command)
        font = theme.fixed_font()
        font.setPointSizeF(font.pointSizeF() * 0.94)
        words.setFont(font)
        layout.addWidget(words, 1)
        copy = CopyButton(self.tr("Copy") if narrow else self.tr("Copy command"), lambda: command, quiet=True)
        copy.setAccessibleName(self.tr("Copy command"))
        layout.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("hover"))
        painter.drawRoundedRect(self.rect(), unit(self) * 0.5, unit(self) * 0.5)


class Value(QWidget):
    """A named value with its copy button."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self))
        layout.addWidget(label(name, muted=True))
        shown = label(value, wrap=True).selectable()
        shown.setFont(theme.fixed_font())
        layout.addWidget(shown, 1)
        copy = CopyButton(self.tr("Copy"), lambda: value, quiet=True)
        copy.setAccessibleName(self.tr("Copy {name}").format(name=name))
        layout.addWidget(copy)


class RuledOutLine(QWidget):
    """A cause that is excluded, and what excludes it."""

    def __init__(self, title: str, because: str, stage: Stage | None) -> None:
        super().__init__()
        base = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base)
        layout.addWidget(Sign("tick", "passed"), 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(0)
        words = QHBoxLayout()
        words.setSpacing(base)
        name = label(title, wrap=True)
        words.addWidget(name, 1)
        if stage is not None:
            words.addWidget(Chip(stage_name(stage)), 0, Qt.AlignmentFlag.AlignTop)
        right.addLayout(words)
        self.setToolTip(because)
        self.setAccessibleName(f"{title}: {because}")
        if stage is None:
            right.addWidget(label(because, wrap=True, muted=True, scale=0.92))
        layout.addLayout(right, 1)


class Remark(QWidget):
    """A finding or a question in a tinted box."""

    def __init__(self, sign: str, colour: str, text: str, heading: str = "") -> None:
        super().__init__()
        base = unit(self)
        self._tint = {"running": "running_tint", "warning": "warning_tint", "failed": "failed_tint"}[colour]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(base, base, base, base)
        layout.setSpacing(base)
        layout.addWidget(Sign(sign, colour), 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(2)
        if heading:
            right.addWidget(label(heading, bold=True, wrap=True))
        right.addWidget(label(text, wrap=True).selectable())
        layout.addLayout(right, 1)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(self._tint))
        painter.drawRoundedRect(self.rect(), unit(self) * 0.5, unit(self) * 0.5)


class CandidateLine(QWidget):
    """One of several causes that fit, with its place in the order and what speaks for it."""

    def __init__(self, number: int, title: str, reason: str) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self))
        count = label(f"{number}.", bold=number == 1)
        count.setFixedWidth(self.fontMetrics().horizontalAdvance("00."))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        layout.addWidget(count, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(label(title, wrap=True, bold=number == 1).selectable())
        if reason:
            right.addWidget(label(reason, wrap=True, muted=True, scale=0.92).selectable())
        layout.addLayout(right, 1)


class DeviceMeaning(QWidget):
    """What a device's maker means by a code; says so where that is not verified."""

    def __init__(self, code: PanelCode, *, with_checks: bool) -> None:
        super().__init__()
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(base // 2)
        head = QHBoxLayout()
        head.setSpacing(base)
        name = f"{code.vendor} {code.code}".strip()
        head.addWidget(label(name, bold=True, wrap=True).selectable(), 1)
        chip = Chip(self.tr("verified")) if code.verified else Chip(self.tr("not verified"), colour="warning")
        chip.setToolTip(
            self.tr("The meaning was found in a source: {source}").format(source=code.source)
            if code.verified
            else self.tr("Nobody has confirmed this meaning yet; the device’s manual decides.")
        )
        head.addWidget(chip, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(head)
        layout.addWidget(label(code.meaning, wrap=True).selectable())
        if with_checks:
            for check in code.checks:
                layout.addWidget(label(f"• {check}", wrap=True, muted=True).selectable())
