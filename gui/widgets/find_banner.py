"""The banner above the ways: what the page does, what runs, what will be tried, or which way to take.

Every label shows plain text only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import theme
from gui.widgets.basics import Button, Card, PlainLabel, StatusSign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.result_parts import Step
from gui.widgets.scrolling import scroll_area, set_content

if TYPE_CHECKING:
    from core.finding.model import FindDocument, NextStep, Plan

LOOKS = {
    "recommended": ("passed", "passed"),
    "makeshift": ("warning", "warning"),
    "none": ("failed", "failed"),
    "cancelled": ("skipped", "muted"),
}
"""Sign and colour of each verdict."""


class FindBanner(Card):
    """A sign with a headline, sentences, perhaps a next step, and buttons."""

    cancel_wanted = Signal()
    change_wanted = Signal()
    again_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, ticket_text: Callable[[], str]) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Result of the search"))
        self.title: PlainLabel | None = None
        self._status: PlainLabel | None = None
        self._sign: StatusSign | None = None
        self._phase = 0.0
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2, 2, 2, 2)
        outer.setSpacing(0)
        self._scroll = scroll_area(QWidget(), self.tr("Result of the search"))
        outer.addWidget(self._scroll, 1)
        base = unit(self)
        self._footer = QWidget()
        flow = FlowLayout(self._footer, gap=base, line_gap=base // 2)
        flow.setContentsMargins(round(base * 2.6), 0, base * 2, round(base * 1.5))
        self.cancel_button = Button(self.tr("Cancel"), sign="stop", key="Esc")
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.again_button = Button(self.tr("Search again"), sign="play", key="F5")
        self.again_button.clicked.connect(self.again_wanted)
        self.change_button = Button(self.tr("Change the search"))
        self.change_button.setToolTip(self.tr("Show the form again"))
        self.change_button.clicked.connect(self.change_wanted)
        self.copy_ticket = CopyButton(self.tr("Copy for ticket"), ticket_text)
        self.copy_ticket.setToolTip(self.tr("Copy the whole result as text (Ctrl+Shift+C)"))
        self.save_button = Button(self.tr("Save…"), sign="save")
        self.save_button.setToolTip(self.tr("Save the result as text or JSON (Ctrl+S)"))
        self.save_button.clicked.connect(self.save_wanted)
        self._buttons = (
            self.cancel_button,
            self.again_button,
            self.change_button,
            self.copy_ticket,
            self.save_button,
        )
        for button in self._buttons:
            flow.addWidget(button)
        outer.addWidget(self._footer)
        self.show_welcome()

    # What is shown

    def show_welcome(self, text: str = "") -> None:
        """Explain what a search does."""
        layout = self._begin("", self.tr("Which way of sending works from here?"), "", "text")
        layout.addWidget(
            label(
                text
                or self.tr(
                    "Sendproof works out the provider from the sender’s address, tries all sensible ways of sending "
                    "from this site at once, explains each, and recommends the one that lasts. Run it where the copier "
                    "stands. No message is sent unless you ask for it, and a password that is refused once is not "
                    "tried again."
                ),
                wrap=True,
                muted=True,
            )
        )
        self._end(layout, ())

    def show_looking(self, domain: str) -> None:
        """Say that DNS is asked."""
        title = self.tr("Looking up {domain} …").format(domain=domain) if domain else self.tr("Looking up …")
        layout = self._begin("running", title, "running", "text")
        self._end(layout, (self.cancel_button,))

    def show_plan(self, plan: Plan) -> None:
        """Say what would be tried."""
        count = len(plan.to_try)
        title = self.tr("{n} ways will be tried").format(n=count) if count else self.tr("There is nothing to try")
        layout = self._begin("running" if count else "warning", title, "idle" if count else "warning", "text")
        found = plan.found
        who = found.provider_name or self.tr("Provider not known")
        layout.addWidget(label(f"{found.domain}: {who}. {found.because}".strip(), wrap=True).selectable())
        for note in plan.notes:
            layout.addWidget(label(note, wrap=True, muted=True).selectable())
        layout.addWidget(
            label(
                self.tr("A test message will really be sent.") if plan.send else self.tr("No message will be sent."),
                wrap=True,
                muted=not plan.send,
            )
        )
        self._end(layout, (self.again_button, self.change_button) if count else (self.change_button,))
        self.again_button.set_look(self.tr("Try them now"), primary=True, sign="play", key="F5")

    def show_running(self, plan: Plan) -> None:
        """Say that the ways are being tried; `show_progress` adds how many are done."""
        title = self.tr("Trying {n} ways for {domain}").format(n=len(plan.to_try), domain=plan.found.domain)
        layout = self._begin("running", title, "running", "text")
        self._status = label(self.tr("Beginning …"), wrap=True, muted=True)
        layout.addWidget(self._status)
        self._end(layout, (self.cancel_button,))

    def show_progress(self, text: str) -> None:
        """Say how far it is."""
        if self._status is not None and self._status.text() != text:
            self._status.setText(text)

    def turn(self) -> None:
        """Move the running sign a little, unless less motion is wanted."""
        if self._sign is not None and theme.moves():
            self._phase = (self._phase + 0.06) % 1.0
            self._sign.set_status("running", self._phase)

    def show_document(self, document: FindDocument) -> None:
        """Show the recommendation."""
        found = document.recommendation
        sign, colour = LOOKS[found.verdict]
        layout = self._begin(colour, found.headline, sign, colour if colour != "muted" else "text")
        layout.addWidget(label(found.text, wrap=True).selectable())
        if found.dates:
            layout.addWidget(label(found.dates, wrap=True, bold=True).selectable())
        if found.next_step is not None:
            self._add_step(layout, found.next_step)
        buttons = (self.again_button, self.change_button, self.copy_ticket, self.save_button)
        self._end(layout, buttons)
        self.again_button.set_look(self.tr("Search again"), primary=False, sign="play", key="F5")

    def _add_step(self, layout: QVBoxLayout, step: NextStep) -> None:
        from core.reports.report import Fix

        layout.addWidget(label(self.tr("Do this next"), bold=True, muted=True))
        layout.addWidget(Step(1, Fix(text=step.text, command=step.command, link=step.link), ""))
        if step.who:
            layout.addWidget(label(self.tr("Who: {who}").format(who=step.who), wrap=True, muted=True).selectable())

    # Building

    def _begin(self, bar: str, title: str, sign: str, colour: str) -> QVBoxLayout:
        self.set_bar(bar)
        self._status = self._sign = None
        self._inner = QWidget()
        layout = QVBoxLayout(self._inner)
        base = unit(self)
        layout.setContentsMargins(round(base * 2.6), round(base * 1.5), base * 2, base)
        layout.setSpacing(round(base * 0.8))
        row = QHBoxLayout()
        row.setSpacing(base)
        if sign:
            shown = StatusSign(sign, scale=1.35)
            row.addWidget(shown, 0, Qt.AlignmentFlag.AlignTop)
            self._sign = shown if sign == "running" else None
        self.title = label(title, bold=True, scale=1.3, wrap=True).selectable()
        self.title.set_colour(colour)
        row.addWidget(self.title, 1)
        layout.addLayout(row)
        return layout

    def _end(self, layout: QVBoxLayout, buttons: tuple[QWidget, ...]) -> None:
        layout.addStretch(1)
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        set_content(self._scroll, self._inner)
        self._inner.show()
        for button in self._buttons:
            button.setVisible(button in buttons)
        self._footer.setVisible(bool(buttons))
        self._scroll.verticalScrollBar().setValue(0)
        self.fit()

    def wanted_height(self) -> int:
        """Return the height that shows everything at the present width."""
        width = max(200, self.width() - 4)
        inner = self._scroll.widget()
        height = inner.heightForWidth(width) if inner.hasHeightForWidth() else inner.sizeHint().height()
        layout = self._footer.layout()
        footer = layout.heightForWidth(width) if layout is not None and not self._footer.isHidden() else 0
        return height + footer + 6

    def fit(self) -> None:
        """Take the height of the contents, and at most half of the page."""
        page = self.parentWidget()
        most = max(self.fontMetrics().height() * 8, round((page.height() if page else 800) * 0.55))
        wanted = self.wanted_height()
        # A scroll bar takes width, so words wrap that would not without it, so it would stay for no other reason.
        never = wanted <= most
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if never else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self._scroll.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(min(wanted, most))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the words need at the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def sizeHint(self) -> QSize:
        """Return the size of everything."""
        return QSize(max(self.width(), 400), self.wanted_height())
