"""What is known of the chosen way: what it is, how it did, what speaks against it, and the way to the check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.basics import Button, label, unit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.scrolling import scroll_area, set_content

if TYPE_CHECKING:
    from core.finding.model import PlannedWay, WayResult


class WayDetails(QWidget):
    """Words about one way, and below them the buttons."""

    open_wanted = Signal()
    sheet_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._scroll = scroll_area(QWidget(), self.tr("About this way"))
        layout.addWidget(self._scroll, 1)
        row = QWidget()
        flow = FlowLayout(row, gap=base, line_gap=base // 2)
        flow.setContentsMargins(base * 2, base // 2, base * 2, base)
        self.open_button = Button(self.tr("Open in the check"), sign="check")
        self.open_button.setToolTip(self.tr("Fill the check’s form with this way, to see its whole conversation"))
        self.open_button.clicked.connect(self.open_wanted)
        self.sheet_button = Button(self.tr("Settings sheet for this way"))
        self.sheet_button.setToolTip(self.tr("Show what to type into the device for this way"))
        self.sheet_button.clicked.connect(self.sheet_wanted)
        flow.addWidget(self.open_button)
        flow.addWidget(self.sheet_button)
        layout.addWidget(row)
        self._buttons = row
        self.show_nothing()

    def show_nothing(self) -> None:
        """No way is chosen."""
        self._put([label(self.tr("Choose a way to read more about it."), muted=True, wrap=True)])
        self._buttons.hide()

    def show_way(self, way: PlannedWay, result: WayResult | None) -> None:
        """Show what is known of `way`; `result` None: not tried yet."""
        words: list[QWidget] = [label(way.title, bold=True, wrap=True).selectable()]
        words.append(label(way.explanation, wrap=True).selectable())
        if way.left_out:
            words.append(label(self.tr("Not tried: {why}").format(why=way.left_out), wrap=True).selectable())
        if result is not None and not way.left_out:
            words += [label(text, wrap=True).selectable() for text in self._outcome(result)]
        for caution in result.cautions if result else ():
            words.append(label(f"• {caution}", wrap=True).selectable())
        reach = self.tr("Reaches everybody.") if way.reach == "anybody" else self.tr("Reaches recipients inside only.")
        if way.recipients:
            reach += " " + self.tr("Tried with: {who}.").format(who=", ".join(way.recipients))
        words.append(label(reach, wrap=True, muted=True).selectable())
        if way.prospect:
            words.append(label(way.prospect, wrap=True, muted=True).selectable())
        if way.unverified:
            words.append(label(self.tr("This way is from memory and not verified."), wrap=True, muted=True))
        self._put(words)
        self._buttons.show()

    def _outcome(self, result: WayResult) -> list[str]:
        report = result.device_report if result.device_fails and result.device_report else result.report
        if report is None or result.state in {"not-tried", "cancelled"}:
            return [result.why]
        if result.state == "works":
            return [self.tr("The server said: {words}").format(words=result.why)]
        title = result.why if result.device_fails else report.diagnosis.title
        return [f"{title.rstrip('.')}. {report.diagnosis.summary}"]

    def _put(self, words: list[QWidget]) -> None:
        base = unit(self)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(base * 2, base, base * 2, base // 2)
        layout.setSpacing(base // 2)
        for widget in words:
            layout.addWidget(widget)
        layout.addStretch(1)
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        set_content(self._scroll, inner)
        inner.show()
