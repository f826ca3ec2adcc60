"""What the real service would say: findings with a coloured edge, a sign, and the steps that help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import theme
from gui.widgets.basics import Fold, Sign, label, unit
from gui.widgets.result_parts import Command

if TYPE_CHECKING:
    from core.listening.observation import JudgedFinding, Judgement

LOOKS = {
    "error": ("cross", "failed"),
    "warning": ("warning", "warning"),
    "info": ("info", "accent"),
    "ok": ("tick", "passed"),
}


class JudgedFindings(QWidget):
    """The findings of one session; rebuilt only when the judgement is another one."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(round(unit(self) * 1.4))
        self._shown: tuple[JudgedFinding, ...] | None = None
        self._refit = QTimer(self)
        self._refit.setSingleShot(True)
        self._refit.setInterval(0)
        self._refit.timeout.connect(self._fit)

    def show_judgement(self, judgement: Judgement | None) -> None:
        """Show the findings; None shows that nothing can be said yet."""
        findings = judgement.findings if judgement is not None else ()
        if findings == self._shown:
            return
        self._shown = findings
        self.setUpdatesEnabled(False)  # until it has its place: else it would be seen squeezed for a moment
        while (item := self._layout.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        if not findings:
            self._layout.addWidget(label(self.tr("Nothing can be said yet."), muted=True, wrap=True))
        for finding in findings:
            view = FindingView(finding)
            self._layout.addWidget(view)
            view.show()  # Qt would do it a turn later, and measure its texts only then
        self._layout.addStretch(1)
        self._refit.start()

    def _fit(self) -> None:
        """Measure anew: labels know their height for a width only once they are shown."""
        for view in self.findChildren(FindingView):
            view.refit()
        self._layout.invalidate()
        self._layout.activate()
        self.updateGeometry()
        self.setUpdatesEnabled(True)

    def findings(self) -> tuple[JudgedFinding, ...]:
        """Return what is shown."""
        return self._shown or ()


class FindingView(QWidget):
    """One finding."""

    def __init__(self, finding: JudgedFinding) -> None:
        super().__init__()
        base = unit(self)
        sign, self._colour = LOOKS[finding.severity]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(round(base * 1.6), 0, 0, 0)
        layout.setSpacing(round(base * 0.35))
        head = QHBoxLayout()
        head.setSpacing(round(base * 0.7))
        head.addWidget(Sign(sign, self._colour, scale=0.95), 0, Qt.AlignmentFlag.AlignTop)
        title = label(finding.title, bold=True, wrap=True).selectable()
        title.set_colour(self._colour)
        head.addWidget(title, 1)
        layout.addLayout(head)
        layout.addWidget(label(finding.text, wrap=True).selectable())
        if finding.evidence and finding.severity in {"error", "warning"}:
            seen = label(finding.evidence[-1].text, muted=True, wrap=True).selectable()
            font = theme.fixed_font()
            font.setPointSizeF(font.pointSizeF() * 0.92)
            seen.setFont(font)
            seen.setToolTip(finding.evidence[-1].source)
            layout.addWidget(seen)
        severities = {
            "error": self.tr("would be refused"),
            "warning": self.tr("may be refused"),
            "info": self.tr("remark"),
            "ok": self.tr("good"),
        }
        self.setAccessibleName(f"{severities[finding.severity]}: {finding.title}. {finding.text}")
        if finding.fixes:
            self._add_fixes(layout, finding)
        theme.changed.connect(self.update)

    def refit(self) -> None:
        """Forget what was measured before the texts were shown."""
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()

    def _add_fixes(self, layout: QVBoxLayout, finding: JudgedFinding) -> None:
        base = unit(self)
        steps = QWidget()
        inner = QVBoxLayout(steps)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(round(base * 0.5))
        for fix in finding.fixes:
            row = QHBoxLayout()
            row.setSpacing(round(base * 0.7))
            row.addWidget(label("•", muted=True), 0, Qt.AlignmentFlag.AlignTop)
            words = fix.text + (self.tr(" (not verified)") if fix.unverified else "")
            row.addWidget(label(words, wrap=True, muted=True).selectable(), 1)
            inner.addLayout(row)
            if fix.command:
                inner.addWidget(Command(fix.command))
        if finding.severity in {"error", "warning"}:
            layout.addWidget(steps)
            return
        fold = Fold(self.tr("What can be done"))
        fold.setAccessibleName(self.tr("What can be done: {title}").format(title=finding.title))
        steps.hide()
        fold.toggled.connect(partial(_show, steps))
        layout.addWidget(fold, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(steps)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the edge."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(self._colour))
        painter.drawRect(QRectF(0, 0, round(unit(self) * 0.45), self.height()))


def _show(widget: QWidget, shown: bool) -> None:
    widget.setVisible(shown)
