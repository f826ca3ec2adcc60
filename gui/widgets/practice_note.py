"""Says at the top of a form that what it starts goes to a practice server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.basics import Button, label, unit

if TYPE_CHECKING:
    from core.practice.model import Scenario
    from core.practice.tenant import Tenant


class PracticeNote(QWidget):
    """Title and summary of the lesson, and a button that ends it; hidden while there is none."""

    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self) // 2)
        self._title = label(bold=True, wrap=True)
        self._title.set_colour("running")
        self._summary = label(wrap=True, muted=True)
        end = Button(self.tr("End practice"))
        end.clicked.connect(self.ended)
        layout.addWidget(self._title)
        layout.addWidget(self._summary)
        layout.addWidget(end, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_lesson(self, lesson: Scenario | Tenant | None) -> None:
        """Tell of `lesson`, or with None of nothing."""
        self.setVisible(lesson is not None)
        if lesson is not None:
            self._title.setText(self.tr("Practice: {title}").format(title=lesson.title))
            words = self.tr("{summary}\nEverything stays on this computer.")
            self._summary.setText(words.format(summary=lesson.summary))
