"""F1: what the window does, in a page of plain text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.basics import Button, label, unit
from gui.widgets.scrolling import scroll_area
from gui.widgets.sizes import open_at


class HelpDialog(QDialog):
    """Explains the window and lists the keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("How Sendproof works"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(base, base, base, base * 2)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        layout.setSpacing(base)
        for heading, text in self._sections():
            layout.addWidget(label(heading, bold=True, scale=1.1))
            layout.addWidget(label(text, wrap=True))
            layout.addSpacing(base)
        layout.addWidget(label(self.tr("Keys"), bold=True, scale=1.1))
        grid = QGridLayout()
        grid.setHorizontalSpacing(base * 3)
        grid.setColumnStretch(1, 1)
        for row, (key, meaning) in enumerate(self._keys()):
            grid.addWidget(label(key, bold=True), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(meaning, wrap=True), row, 1)
        layout.addLayout(grid)
        layout.addStretch(1)
        scroll = scroll_area(body)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setAccessibleName(self.tr("Help text"))
        outer.addWidget(scroll, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        close = Button(self.tr("Close"), primary=True)
        close.clicked.connect(self.close)
        buttons.addWidget(close)
        buttons.setContentsMargins(0, 0, base, 0)
        outer.addLayout(buttons)
        open_at(self, 92, 34)

    def _sections(self) -> list[tuple[str, str]]:
        return [
            (
                self.tr("What a check is"),
                self.tr(
                    "Sendproof talks to the mail server as a copier would, one stage after the other, and shows every "
                    "line. Where the server refuses, it names the reason and what helps. A connection that works is "
                    "not yet a message that is accepted: many copiers’ own “connection test” ends before any "
                    "question is asked."
                ),
            ),
            (
                self.tr("What is sent"),
                self.tr(
                    "Nothing, unless you ask for a test message. Without it the check ends after the question whether "
                    "the recipient is accepted. A password goes to that mail server only, over an encrypted "
                    "connection, and is forgotten when you close the window."
                ),
            ),
            (
                self.tr("Where to run it"),
                self.tr(
                    "On a computer in the copier’s network. Mail servers judge the Internet address that a connection "
                    "comes from; from another network, the answer may be another one."
                ),
            ),
            (
                self.tr("Find settings"),
                self.tr(
                    "Tries all sensible ways of sending from here, shows which of them work and why the others do not, "
                    "and recommends the one that lasts. Beside it stands the settings sheet: what to type into the "
                    "copier, field by field, and what the mail administrator has to do."
                ),
            ),
            (
                self.tr("Listen to device"),
                self.tr(
                    "A check proves the network and the account, not the copier’s own habits. Here Sendproof becomes "
                    "the copier’s mail server for a moment: it records what the copier does, tells what the real "
                    "service would say to it, and delivers nothing."
                ),
            ),
            (
                self.tr("Explain an error"),
                self.tr(
                    "That page explains what a copier’s panel, a mail program or a bounce said, without a "
                    "network. What you paste there is sent nowhere and not stored."
                ),
            ),
            (
                self.tr("History"),
                self.tr(
                    "Each run is kept on this computer, or beside a program that lies on a stick: find it again, run "
                    "it again, compare two, delete one or all. File ▸ Keep a history switches that off. A report of "
                    "another computer is shown when you drop it on the window; it is marked if it was changed."
                ),
            ),
            (
                self.tr("Is it this network?"),
                self.tr(
                    "“Compare with another network…” runs the same check once more, for instance over your phone’s "
                    "hotspot, and says what differs. Two saved reports can be compared too: drop both on the window."
                ),
            ),
            (
                self.tr("Trouble that comes and goes"),
                self.tr(
                    "Check ▸ Watch… repeats the check at intervals and shows when it fails. You can close its window "
                    "and go on working; it ends when you stop it, when its time is over, or with the program."
                ),
            ),
            (
                self.tr("Packet size"),
                self.tr(
                    "Where a handshake or a message hangs after a good start, large packets may get lost on the way. "
                    "The check measures that by itself; Check ▸ Measure path MTU… does it for any server."
                ),
            ),
            (
                self.tr("Share or save"),
                self.tr(
                    "Ticket notes, a summary for the client, a letter to whoever has to change something, or the whole "
                    "report: you see it before it is saved, copied or printed, and can hide names and addresses."
                ),
            ),
            (
                self.tr("Practice"),
                self.tr(
                    "Help ▸ Practice without a broken copier plays well-known failures on this computer, without any "
                    "real server: choose one, run the check, and see what it looks like. Below it stand practice "
                    "tenants for the page “Find settings”."
                ),
            ),
        ]

    def _keys(self) -> list[tuple[str, str]]:
        return [
            ("F5, Enter", self.tr("Run the check")),
            ("F5, Ctrl+Enter", self.tr("Explain the text that was pasted")),
            ("F5, Esc", self.tr("Find settings, or listen to a device, and stop it")),
            ("Esc", self.tr("Cancel the check, or close the search")),
            ("Ctrl+F, F3, Shift+F3", self.tr("Find in the transcript, next, previous; search the history")),
            ("Enter, Del", self.tr("In the history: open the chosen run, delete what is chosen")),
            ("Ctrl+O", self.tr("Open a report of another computer")),
            ("Ctrl+C", self.tr("Copy the selected lines")),
            ("Ctrl+Shift+C", self.tr("Copy the result for a ticket")),
            ("Ctrl+S", self.tr("Share, save or print the result")),
            ("Ctrl+1, Ctrl+2", self.tr("Simple view, technician view")),
            ("Ctrl+Tab, Ctrl+Shift+Tab", self.tr("Next page, previous page")),
            ("← → ↑ ↓", self.tr("Move in the stages and in the transcript; → and ← open and close folded lines")),
            ("End", self.tr("Last line of the transcript, and follow it again")),
        ]
