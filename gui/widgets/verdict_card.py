"""The verdict: what happened in plain words, what to do, what is ruled out, who fixes it.

Every label shows plain text only, since a server's own words stand among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from core.stages import Outcome, Stage, StageStatus
from gui.texts import confidence_name, stage_name
from gui.theme import theme
from gui.widgets.basics import Button, Card, Chip, Fold, PlainLabel, Sign, StatusSign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.look import look_of
from gui.widgets.scrolling import scroll_area, set_content

if TYPE_CHECKING:
    from core.reports.report import Diagnosis, Finding, Fix, Report, RuledOut

_VALUE = re.compile(r"(?<![\w@.-])((?:[a-z0-9-]+\.){2,}[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3})(?![\w@-])", re.IGNORECASE)

TRACE_IDS = ("internal_id", "queue_id", "message_id", "network_message_id", "check_id")
"""What a mail administrator can search for, in a stage's details."""


class VerdictCard(Card):
    """Shows how to begin, what is being waited for, or the verdict of a finished check."""

    save_wanted = Signal()
    size_wanted = Signal()
    """The contents changed, so that the page may give the card another height."""

    def __init__(self, ticket_text: Callable[[], str]) -> None:
        super().__init__()
        self._ticket_text = ticket_text
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 2, 2, 2)
        outer.setSpacing(0)
        self._scroll = scroll_area(QWidget())
        outer.addWidget(self._scroll, 1)
        self._footer = QWidget()
        flow = FlowLayout(self._footer, gap=base, line_gap=base // 2)
        flow.setContentsMargins(round(base * 2.6), base, base * 2, round(base * 1.5))
        self.copy_ticket = CopyButton(self.tr("Copy for ticket"), self._ticket_text)
        self.copy_ticket.setToolTip(self.tr("Copy the whole result as Markdown (Ctrl+Shift+C)"))
        flow.addWidget(self.copy_ticket)
        self.save = Button(self.tr("Save report…"), sign="save")
        self.save.setToolTip(self.tr("Save the report as text, Markdown, HTML or JSON (Ctrl+S)"))
        self.save.clicked.connect(self.save_wanted)
        flow.addWidget(self.save)
        self._owner = label(muted=True)
        flow.addWidget(self._owner)
        self._footer.hide()
        outer.addWidget(self._footer)
        self.setAccessibleName(self.tr("Verdict"))
        self.title: PlainLabel | None = None
        self._status: PlainLabel | None = None
        self._columns: QBoxLayout | None = None
        self._phase = 0.0
        self._running_sign: StatusSign | None = None
        self.show_welcome()

    def wanted_height(self, width: int) -> int:
        """Return the height that shows everything at `width`."""
        inner = self._scroll.widget()
        height = inner.heightForWidth(width - 2) if inner.hasHeightForWidth() else inner.sizeHint().height()
        footer = 0 if self._footer.isHidden() else self._footer.heightForWidth(width - 2)
        return height + footer + 4

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
        self._status = None
        self._running_sign = None
        self._footer.hide()
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

    # Before and during a check

    def show_welcome(self, text: str = "") -> None:
        """Explain what a check does."""
        layout = self._begin("")
        self.title = label(self.tr("Ready to check"), bold=True, scale=1.3, wrap=True)
        layout.addWidget(self.title)
        words = text or self.tr(
            "Sendproof holds the same conversation with the mail server that the copier would hold, step by step, and "
            "names the step that fails and why. Choose what to test on the left and run the check. No message is sent "
            "unless you ask for it."
        )
        layout.addWidget(label(words, wrap=True, muted=True))
        self._end(layout)

    def show_running(self, target: str) -> None:
        """Say what is checked; `show_waiting` adds what is being waited for."""
        layout = self._begin("running")
        row = QHBoxLayout()
        row.setSpacing(unit(self))
        self._running_sign = StatusSign("running", scale=1.35)
        row.addWidget(self._running_sign)
        self.title = label(self.tr("Checking {target}").format(target=target), bold=True, scale=1.3, wrap=True)
        row.addWidget(self.title, 1)
        layout.addLayout(row)
        self._status = label(self.tr("Beginning …"), wrap=True, muted=True)
        layout.addWidget(self._status)
        self._end(layout)

    def show_waiting(self, text: str) -> None:
        """Say what is being waited for, during a check."""
        if self._status is not None and self._status.text() != text:
            self._status.setText(text)

    def turn(self) -> None:
        """Move the running sign a little."""
        if self._running_sign is not None:
            self._phase = (self._phase + 0.06) % 1.0
            self._running_sign.set_status("running", self._phase)

    # The verdict

    def show_report(self, report: Report, reply: str = "") -> None:
        """Show the verdict; `reply` is the code that decided, such as "550 5.7.1"."""
        sign, colour = look_of(report)
        layout = self._begin(colour)
        diagnosis = report.diagnosis
        self._add_title(layout, report, sign, colour, reply)
        self.summary = label(diagnosis.summary, wrap=True).selectable()
        layout.addWidget(self.summary)
        if diagnosis.question:
            layout.addWidget(self._remark("info", "running", self.tr("To be sure: {q}").format(q=diagnosis.question)))
        for finding in report.findings:
            if finding.severity != "info":
                layout.addWidget(self._finding(finding))
        self._add_columns(layout, report)
        for finding in report.findings:
            if finding.severity == "info":
                layout.addWidget(self._finding(finding))
        self._add_reasons(layout, diagnosis)
        self._owner.setText(self.tr("Who fixes it: {owner}").format(owner=diagnosis.owner))
        self._owner.setVisible(bool(diagnosis.owner) and report.outcome is not Outcome.ACCEPTED)
        self._footer.show()
        self._end(layout)

    def _add_title(self, layout: QVBoxLayout, report: Report, sign: str, colour: str, reply: str) -> None:
        base = unit(self)
        top = QHBoxLayout()
        top.setSpacing(base)
        kicker = label(self.headline(report), bold=True)
        kicker.set_colour(colour)
        top.addWidget(StatusSign(sign, scale=1.35))
        top.addWidget(kicker, 1)
        sure = confidence_name(report.diagnosis.confidence)
        chip = Chip(f"{sure} · {reply}" if reply else sure)
        chip.setToolTip(self.tr("How sure the diagnosis is, and the reply that decided"))
        if report.outcome is not Outcome.ACCEPTED or reply:
            top.addWidget(chip)
        layout.addLayout(top)
        self.title = label(report.diagnosis.title, bold=True, scale=1.32, wrap=True).selectable()
        self.title.set_colour(colour if colour != "muted" else "text")
        layout.addWidget(self.title)

    def headline(self, report: Report) -> str:
        """Return how the check ended, in a few words."""
        where = stage_name(report.failed_stage) if report.failed_stage else ""
        if report.outcome is Outcome.ACCEPTED:
            if report.stage(Stage.MESSAGE).status in {StageStatus.PASSED, StageStatus.WARNING}:
                return self.tr("Accepted: the message was handed over")
            return self.tr("Accepted: nothing was refused, no message was sent")
        if report.outcome is Outcome.CANCELLED:
            return self.tr("Cancelled at {stage}").format(stage=where) if where else self.tr("Cancelled")
        if report.outcome is Outcome.DEFERRED:
            return self.tr("Put off at {stage}").format(stage=where) if where else self.tr("Put off")
        return self.tr("Stopped at {stage}").format(stage=where) if where else self.tr("Stopped")

    def _add_columns(self, layout: QVBoxLayout, report: Report) -> None:
        diagnosis = report.diagnosis
        left = self._next_steps(report)
        right = self._ruled_out(diagnosis.ruled_out) if diagnosis.ruled_out else None
        if left is None and right is None:
            return
        columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        columns.setSpacing(unit(self) * 3)
        if left is not None:
            columns.addWidget(left, 3, Qt.AlignmentFlag.AlignTop)
        if right is not None:
            columns.addWidget(right, 2, Qt.AlignmentFlag.AlignTop)
        self._columns = columns
        layout.addSpacing(unit(self) // 2)
        layout.addLayout(columns)

    def _column(self, heading: str) -> tuple[QWidget, QVBoxLayout]:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(unit(self) * 0.8))
        layout.addWidget(label(heading, bold=True, muted=True))
        return column, layout

    def _next_steps(self, report: Report) -> QWidget | None:
        diagnosis = report.diagnosis
        accepted = report.outcome is Outcome.ACCEPTED
        heading = self.tr("If the scan still does not arrive") if accepted else self.tr("Do this next")
        column, layout = self._column(heading)
        steps: list[Fix | str] = list(diagnosis.fixes)
        if accepted and not steps:
            steps = self._after_acceptance()
        for number, step in enumerate(steps, 1):
            layout.addWidget(_Step(number, step, report.target.server))
        if accepted:
            ids = self._trace_ids(report)
            if ids:
                layout.addWidget(label(self.tr("Ids for a message trace"), bold=True, muted=True))
                for name, value in ids:
                    layout.addWidget(_Value(name, value))
        elif not steps:
            return None
        return column

    def _after_acceptance(self) -> list[Fix | str]:
        return [
            self.tr("Look in the recipient’s junk folder, and in the other folders that rules may move it to."),
            self.tr("Ask the mail administrator to look in the quarantine."),
            self.tr("Ask the mail administrator for a message trace: sender, recipient and time of this check."),
        ]

    @staticmethod
    def _trace_ids(report: Report) -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for stage in report.stages:
            for key in TRACE_IDS:
                value = stage.details.get(key)
                if isinstance(value, str) and value:
                    found[key] = value
        names = {
            "internal_id": "InternalId",
            "queue_id": "Queue id",
            "message_id": "Message-ID",
            "network_message_id": "Network message id",
            "check_id": "Check id",
        }
        return [(names[key], value) for key, value in found.items()]

    def _ruled_out(self, items: tuple[RuledOut, ...]) -> QWidget:
        column, layout = self._column(self.tr("Ruled out by this test"))
        for item in items:
            layout.addWidget(_RuledOut(item.title or item.cause, item.because, item.stage))
        return column

    def _finding(self, finding: Finding) -> QWidget:
        colour = {"info": "running", "warning": "warning", "error": "failed"}[finding.severity]
        sign = "info" if finding.severity == "info" else "warning"
        return self._remark(sign, colour, finding.text, heading=finding.title)

    def _remark(self, sign: str, colour: str, text: str, *, heading: str = "") -> QWidget:
        return _Remark(sign, colour, text, heading)

    def _add_reasons(self, layout: QVBoxLayout, diagnosis: Diagnosis) -> None:
        reasons = [f"{item.text}  ({item.source})" for item in diagnosis.evidence]
        if not (reasons or diagnosis.technical or diagnosis.alternatives):
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
        if diagnosis.alternatives:
            others = ", ".join(diagnosis.alternatives)
            inside.addWidget(label(self.tr("Less likely: {causes}").format(causes=others), wrap=True, muted=True))
        body.hide()
        fold.toggled.connect(body.setVisible)
        fold.toggled.connect(lambda _on: self.size_wanted.emit())
        line = QHBoxLayout()
        line.addWidget(fold)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addWidget(body)


class _Step(QWidget):
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
            right.addWidget(_Command(fix.command))
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


class _Command(QWidget):
    """A command to paste, in a tinted box with its button."""

    def __init__(self, command: str) -> None:
        super().__init__()
        base = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(base, base // 2, base // 2, base // 2)
        layout.setSpacing(base)
        words = label(command, wrap=True).selectable()
        font = theme.fixed_font()
        font.setPointSizeF(font.pointSizeF() * 0.94)
        words.setFont(font)
        layout.addWidget(words, 1)
        copy = CopyButton(self.tr("Copy command"), lambda: command, quiet=True)
        layout.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("hover"))
        painter.drawRoundedRect(self.rect(), unit(self) * 0.5, unit(self) * 0.5)


class _Value(QWidget):
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


class _RuledOut(QWidget):
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


class _Remark(QWidget):
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
