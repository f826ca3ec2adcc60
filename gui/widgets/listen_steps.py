"""What to do on the copier, in three steps, while nothing has connected yet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.result_parts import Command, Remark

if TYPE_CHECKING:
    from core.listening.observation import ListenProblem, Place


class ListenSteps(QWidget):
    """Rewritten for each time of listening, with the address to type; in the words of the device if it is known."""

    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(base * 3, base * 2, base * 3, base * 2)
        self._layout.setSpacing(round(base * 1.6))
        self._layout.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._problem: QWidget | None = None

    def show_steps(self, place: Place, device_id: str | None) -> None:
        """Show what to do for a device that connects to `place`."""
        from core.knowledge.load import load_knowledge
        from core.listening.device_words import device_words

        while (item := self._layout.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        self._problem = None
        known = device_words(device_id, load_knowledge())
        path = known.path if known is not None else ""
        server = (known.label("server") if known is not None else "") or self.tr("SMTP server")
        port = (known.label("port") if known is not None else "") or self.tr("port")
        self._layout.addWidget(label(self.tr("On the copier"), bold=True, scale=1.15))
        where = (
            self.tr("Open its web page: {path}.").format(path=path)
            if path
            else self.tr("Open its web page, and there the e-mail (SMTP) settings. Note the old server and port.")
        )
        if path:
            where += " " + self.tr("Note the old server and port.")
        self._add(1, where)
        self._add(
            2,
            self.tr("Enter {address} as {server} and {number} as {port}. Leave all else as it is.").format(
                address=place.address, server=server, number=place.port, port=port
            ),
            place.address,
            str(place.port),
        )
        self._add(
            3,
            self.tr(
                "Scan a page and send it by e-mail, as people usually do. What the copier does appears here; "
                "afterwards enter the old server again."
            ),
        )
        self._layout.addWidget(
            label(
                self.tr("Nothing is delivered. TLS from 1.0 up is accepted here only to observe."),
                muted=True,
                wrap=True,
            )
        )

    def _add(self, number: int, text: str, *values: str) -> None:
        base = unit(self)
        step = QWidget()
        row = QHBoxLayout(step)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(base)
        count = label(f"{number}.", bold=True)
        count.setFixedWidth(self.fontMetrics().horizontalAdvance("00."))
        row.addWidget(count, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(base // 3)
        right.addWidget(label(text, wrap=True).selectable())
        if values:
            buttons = QWidget()
            flow = FlowLayout(buttons, gap=base // 2, line_gap=0)
            for value in values:
                copy = CopyButton(value, partial(str, value), quiet=True)
                copy.setAccessibleName(self.tr("Copy {value}").format(value=value))
                flow.addWidget(copy)
            right.addWidget(buttons)
        row.addLayout(right, 1)
        self._layout.addWidget(step)

    def show_problem(self, problem: ListenProblem) -> None:
        """Say under the steps what can keep a device away, and what helps."""
        if self._problem is not None:
            return
        box = QWidget()
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(unit(self))
        inside.addWidget(Remark("info", "warning", problem.text, problem.title))
        for fix in problem.fixes:
            inside.addWidget(label(f"• {fix.text}", wrap=True, muted=True).selectable())
            if fix.command:
                inside.addWidget(Command(fix.command))
        self._problem = box
        self._layout.addWidget(box)
