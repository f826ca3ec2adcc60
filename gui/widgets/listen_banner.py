"""The card at the top of the page that listens: where it waits, what to type into the copier, and Stop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import theme
from gui.widgets.basics import Button, Card, StatusSign, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from core.listening.observation import ListenDocument, Place

SHOWN_PLACES = 6


class ListenBanner(Card):
    """Says plainly whether it listens. `stop_wanted`, `start_wanted` and `change_wanted` come from its buttons."""

    stop_wanted = Signal()
    start_wanted = Signal()
    change_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        self._address = ""
        self._phase = 0.0
        row = QHBoxLayout(self)
        row.setContentsMargins(round(base * 2.2), round(base * 1.5), base * 2, round(base * 1.5))
        row.setSpacing(base * 2)
        left = QVBoxLayout()
        left.setSpacing(base // 2)
        head = QHBoxLayout()
        head.setSpacing(base)
        self._sign = StatusSign("idle", scale=1.3)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self.title = label(bold=True, scale=1.3, wrap=True).selectable()
        head.addWidget(self.title, 1)
        left.addLayout(head)
        self.text = label(wrap=True, muted=True)
        left.addWidget(self.text)
        self._others = QWidget()
        self._flow = FlowLayout(self._others, gap=base // 2, line_gap=0)
        left.addWidget(self._others)
        row.addLayout(left, 1)
        self.copy_address = CopyButton(self.tr("Copy address"), lambda: self._address)
        self.stop_button = Button(self.tr("Stop listening"), sign="stop", key="Esc")
        self.stop_button.clicked.connect(self.stop_wanted)
        self.start_button = Button(self.tr("Listen again"), primary=True, sign="play", key="F5")
        self.start_button.clicked.connect(self.start_wanted)
        self.change_button = Button(self.tr("Change settings"))
        self.change_button.clicked.connect(self.change_wanted)
        for button in (self.copy_address, self.stop_button, self.change_button, self.start_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._turn)

    def show_starting(self) -> None:
        """It is about to begin."""
        self._look(self.tr("Opening the port …"), "", listening=True)
        self.copy_address.hide()

    def show_listening(self, places: tuple[Place, ...], sessions: int, relay: str) -> None:
        """It listens at `places`; `relay` names the real server of pass-through, or is empty."""
        best = best_place(places)
        self._address = best.address
        ports = [str(port) for port in dict.fromkeys(place.port for place in places)]
        where = self.tr("{address}, port {port}").format(address=best.address, port=self.tr(" or ").join(ports))
        title = self.tr("Listening at {where}") if sessions else self.tr("Waiting for the copier at {where}")
        text = self.tr(
            "Enter this address as the SMTP server on the copier and send a test scan. Sendproof answers like a mail "
            "server, records what the copier really does, and delivers nothing."
        )
        if relay:
            text = self.tr(
                "Enter this address as the SMTP server on the copier and send a test scan. What it sends to the "
                "recipients that you confirmed is passed on to {server} and really delivered."
            ).format(server=relay)
        implicit = next((place.port for place in places if place.implicit_tls), None)
        if implicit is not None:
            text += " " + self.tr("On port {port} TLS begins with the first octet (SSL/TLS).").format(port=implicit)
        if sessions and not relay:
            text = ""  # it was read and done: the room belongs to what was seen
        self._look(title.format(where=where), text, listening=True)
        self.copy_address.show()
        self._show_others(places if not sessions else ())

    def show_stopping(self) -> None:
        """It is about to end."""
        self._look(self.tr("Ending …"), "", listening=True)

    def show_stopped(self, document: ListenDocument, *, left: bool, after: str = "") -> None:
        """It does not listen any more; `left`: since the page was left. `after` is said at the end."""
        count = len(document.sessions)
        if not count:
            text = self.tr("No device connected.")
        elif count == 1:
            text = self.tr("One session was recorded.")
        else:
            text = self.tr("{count} sessions were recorded.").format(count=count)
        dropped = ""
        if document.sessions_dropped:
            words = self.tr("{count} more showed little and were not kept.")
            dropped = words.format(count=document.sessions_dropped)
        reasons = {
            "time": self.tr("It ended by itself after an hour."),
            "octets": self.tr("It ended by itself: very much was sent to it."),
            "sessions": self.tr("It ended by itself after so many sessions."),
        }
        reason = self.tr("It was stopped when the page was left.") if left else reasons.get(document.stopped_by, "")
        said = " ".join(part for part in (text, dropped, reason, after) if part)
        self._look(self.tr("Not listening"), said, listening=False)
        self._others.hide()

    def _look(self, title: str, text: str, *, listening: bool) -> None:
        self.set_bar("running" if listening else "muted")
        self._sign.set_status("running" if listening else "idle", self._phase)
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.stop_button.setVisible(listening)
        self.start_button.setVisible(not listening)
        self.change_button.setVisible(not listening)
        if not listening:
            self.copy_address.hide()
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _show_others(self, places: tuple[Place, ...]) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        shown = {best_place(places).address} if places else set()
        others = [place for place in places if place.address not in shown and not place.address.startswith("fe80")]
        others = list({place.address: place for place in others}.values())[:SHOWN_PLACES]
        self._others.setVisible(bool(others))
        if not others:
            return
        self._flow.addWidget(label(self.tr("Also at:"), muted=True))
        for place in others:
            copy = CopyButton(place.address, partial(str, place.address), quiet=True)
            copy.setAccessibleName(self.tr("Copy {value}").format(value=place.address))
            tip = self.tr("Copy {value}").format(value=place.address)
            if place.adapter:
                tip += f" ({place.adapter})"
            copy.setToolTip(tip)
            self._flow.addWidget(copy)
            if place.virtual:
                self._flow.addWidget(label(self.tr("(a virtual network)"), muted=True))
        self._others.updateGeometry()

    def _turn(self) -> None:
        if theme.moves() and self.isVisible():
            self._phase = (self._phase + 0.05) % 1.0
            self._sign.set_status("running", self._phase)


def best_place(places: tuple[Place, ...]) -> Place:
    """Return the address that a copier most likely reaches: the first one that belongs to no virtual network."""
    return next((place for place in places if not place.virtual), places[0])
