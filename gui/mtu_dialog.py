"""Measures the packet size (path MTU) to a server: the sizes as they pass or fail, and the result in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import theme
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, Choice, PlainLabel, StatusSign, TextField, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.field import Field
from gui.widgets.look import MEASURED_LOOKS
from gui.widgets.scrolling import scroll_area
from gui.widgets.sizes import open_at

if TYPE_CHECKING:
    from core.pathmtu.document import PathMtu, Probe
    from core.reports.report import Report
    from gui.engine import Engine, Job

_PROBE_SIGNS = {"passed": "passed", "too-big": "skipped", "too-big-here": "skipped", "lost": "failed"}


class _Sizes(QWidget):
    """The sizes tried so far, the largest on top, each with its sign and a few words."""

    def __init__(self) -> None:
        super().__init__()
        base = unit(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(base, base // 2, base, base // 2)
        self._grid.setHorizontalSpacing(base)
        self._grid.setVerticalSpacing(base // 2)
        self._grid.setColumnStretch(2, 1)
        self.probes: dict[int, Probe] = {}
        self._rows: list[QWidget] = []
        self.setAccessibleName(self.tr("Packet sizes tried"))

    def clear(self) -> None:
        """Show nothing."""
        self.probes.clear()
        self._show()

    def add(self, probe: Probe) -> None:
        """Show one more size, or another answer for it."""
        self.probes[probe.size] = probe
        self._show()

    def _show(self) -> None:
        for widget in self._rows:
            self._grid.removeWidget(widget)
            widget.hide()  # until it is deleted it would be painted, in whatever size
            widget.deleteLater()
        self._rows = []
        for row, size in enumerate(sorted(self.probes, reverse=True)):
            probe = self.probes[size]
            sign = StatusSign(_PROBE_SIGNS.get(probe.answer, "failed"), scale=1.1)
            number = label(self.tr("{size} bytes").format(size=size), bold=True)
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            words = label(self._words(probe), wrap=True)
            for column, widget in enumerate((sign, number, words)):
                self._grid.addWidget(widget, row, column)
                self._rows.append(widget)
        self._grid.setRowStretch(len(self.probes), 1)
        for row in range(len(self.probes)):
            self._grid.setRowStretch(row, 0)

    def _words(self, probe: Probe) -> str:
        if probe.answer == "passed":
            return self.tr("came back after {ms} ms").format(ms=max(1, math.ceil(probe.ms or 0)))
        if probe.answer == "too-big" and probe.sender and probe.named:
            words = self.tr("too big, says {router}; it carries {mtu}")
            return words.format(router=probe.sender, mtu=probe.named)
        if probe.answer == "too-big":
            return self.tr("too big, says {router}").format(router=probe.sender or self.tr("a router on the way"))
        if probe.answer == "too-big-here":
            return self.tr("too big for this computer’s own network connection")
        if probe.answer == "unreachable":
            return self.tr("no way there, says {router}").format(router=probe.sender or self.tr("a router on the way"))
        return self.tr("no answer")


class MtuDialog(QDialog):
    """Asks for a server, measures, shows the result. Esc ends the measurement, then closes.

    report: the check last run, which may have measured already, and whose handshake may prove something about packet
    sizes too; None if there was none.
    """

    measured = Signal(object)
    """A measurement ended; carries its PathMtu."""

    def __init__(
        self, engine: Engine, server: str = "", report: Report | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Measure packet size (path MTU)"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._engine = engine
        self._report = report
        self._job: Job | None = None
        self._phase = 0.0
        self.result_shown: PathMtu | None = None
        self._run_when_shown = False
        self._build(server)
        self._timer = QTimer(self)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self._turn)
        self._show_earlier()

    def _show_earlier(self) -> None:
        """Show what the check itself has measured, if it did."""
        if self._report is not None and "path_mtu" in self._report.evidence:
            from core.pathmtu.after_silence import measured_in

            earlier = measured_in(self._report)
            if earlier is not None:
                self.show_result(earlier)
                self.run_button.set_look(self.tr("Measure again"), primary=True, sign="play", key="F5")
                self.run_button.setShortcut("F5")

    def _build(self, server: str) -> None:
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(base * 3, base * 3, base * 3, base * 2)
        layout.setSpacing(base)
        intro = self.tr(
            "Large packets that get lost on the way make the TLS handshake or a scan hang, while connecting works. "
            "This sends pings of different sizes that nobody on the way may break up, and sees which come back: a few "
            "dozen packets, no mail."
        )
        layout.addWidget(label(intro, wrap=True, muted=True))
        row = QHBoxLayout()
        row.setSpacing(base)
        self.server = TextField(self.tr("Server"), placeholder="smtp.example.com")
        self.server.setText(server)
        self.server.returnPressed.connect(self.run)
        self.field: Field = Field(self.tr("Server’s name or IP address"), self.server)
        self.server.textEdited.connect(lambda: self.field.show_problem(""))
        row.addWidget(self.field, 1)
        self.version = Choice(self.tr("IP version"))
        for value, words in (("auto", self.tr("Automatic")), ("4", "IPv4"), ("6", "IPv6")):
            self.version.addItem(words, value)
        row.addWidget(Field(self.tr("IP version"), self.version), 0, Qt.AlignmentFlag.AlignTop)
        self.run_button = Button(self.tr("Measure"), primary=True, sign="play", key="F5")
        self.run_button.setShortcut("F5")
        self.run_button.clicked.connect(self._button)
        column = QVBoxLayout()
        column.setSpacing(base // 2)
        column.addWidget(label(" "))  # as high as the fields' names, so that the button stands beside the fields
        column.addWidget(self.run_button)
        column.addStretch(1)
        row.addLayout(column)
        layout.addLayout(row)

        self._progress = QWidget()
        line = QHBoxLayout(self._progress)
        line.setContentsMargins(0, base // 2, 0, 0)
        line.setSpacing(base)
        self._running = StatusSign("running", scale=1.2)
        line.addWidget(self._running)
        self.status = label("", wrap=True)
        line.addWidget(self.status, 1)
        self._progress.hide()
        layout.addWidget(self._progress)

        self._card = Card()
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(round(base * 2.6), base * 2, base * 2, base * 2)
        inside.setSpacing(base)
        head = QHBoxLayout()
        head.setSpacing(base)
        self._sign = StatusSign("passed", scale=1.35)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self.title = label("", bold=True, scale=1.25, wrap=True).selectable()
        head.addWidget(self.title, 1)
        inside.addLayout(head)
        self.text = self._line(inside)
        self._advice_heading = label(self.tr("Do this next"), bold=True, muted=True)
        inside.addWidget(self._advice_heading)
        self.advice = self._line(inside)
        self.handshake = self._line(inside)
        self.facts = self._line(inside, muted=True)
        self._card.hide()
        layout.addWidget(self._card)

        self.sizes = _Sizes()
        self._list = scroll_area(self.sizes)
        self._list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._list.setAccessibleName(self.tr("Packet sizes tried"))
        self._list_heading = label(self.tr("Sizes tried"), bold=True, muted=True)
        layout.addWidget(self._list_heading)
        layout.addWidget(self._list, 1)
        self._list_heading.hide()

        buttons = QHBoxLayout()
        buttons.setSpacing(base)
        self.copy_ticket = CopyButton(self.tr("Copy for ticket"), self.ticket_text)
        self.copy_ticket.setEnabled(False)
        buttons.addWidget(self.copy_ticket)
        buttons.addStretch(1)
        close = Button(self.tr("Close"))
        close.clicked.connect(self.close)
        buttons.addWidget(close)
        layout.addLayout(buttons)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 60)
        open_at(self, 88, 36)

    @staticmethod
    def _line(layout: QVBoxLayout, *, muted: bool = False) -> PlainLabel:
        made = label("", wrap=True, muted=muted).selectable()
        layout.addWidget(made)
        return made

    # Running

    @property
    def busy(self) -> bool:
        """Whether a measurement runs."""
        return self._job is not None

    def run_at_once(self) -> None:
        """Measure as soon as the dialog is on the screen."""
        self._run_when_shown = True

    def showEvent(self, event: QShowEvent) -> None:
        """Put the keyboard into the field, and begin where that was asked for."""
        super().showEvent(event)
        self.server.setFocus()
        self.server.selectAll()
        if self._run_when_shown:
            self._run_when_shown = False
            QTimer.singleShot(0, self.run)

    def _button(self) -> None:
        if self.busy:
            self.cancel()
        else:
            self.run()

    def run(self) -> None:
        """Measure to the server that is typed in; say beside the field what is wrong with it."""
        if self.busy:
            return
        from core.addresses import AddressProblem, parse_host

        try:
            server = parse_host(self.server.text())
        except AddressProblem as problem:
            self.field.show_problem(str(problem))
            self.server.setFocus()
            announce(self.server, str(problem))
            return
        self.field.show_problem("")
        self.result_shown = None
        self.sizes.clear()
        self._card.hide()
        self._list_heading.show()
        self.copy_ticket.setEnabled(False)
        self.status.setText(self.tr("Waiting for the first answer of {server} …").format(server=server))
        self._progress.show()
        self.run_button.set_look(self.tr("Cancel"), primary=False, sign="stop", key="Esc")
        self.run_button.setShortcut("F5")
        version, report = str(self.version.currentData()), self._report

        async def work(job: Job) -> PathMtu:
            import threading

            from core.pathmtu.after_silence import proof_in_report
            from core.pathmtu.measure import Options
            from core.pathmtu.running import measure_name
            from core.request import IpVersion

            stop = threading.Event()
            job.on_cancel = stop.set
            same = report is not None and server in {report.target.server, report.target.address}
            proof = proof_in_report(report) if report is not None and same else None
            return await measure_name(
                server, Options(), version=IpVersion(version), tell=job.emit, stop=stop, handshake=proof
            )

        self._job = self._engine.submit(work, events=self._told, done=self._done, failed=self._failed)
        self._timer.start()

    def cancel(self) -> None:
        """End the measurement; what is known is shown."""
        if self._job is not None:
            self.status.setText(self.tr("Ending …"))
            self._job.cancel()

    def reject(self) -> None:
        """Esc: end the measurement, or close."""
        if self.busy:
            self.cancel()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End everything: nobody is there to see it."""
        if self._job is not None:
            job, self._job = self._job, None
            job.events = None
            job.done = None
            job.failed = _nothing
            job.abort()
            self._timer.stop()
        super().closeEvent(event)

    def _told(self, probes: list[Probe]) -> None:
        for probe in probes:
            self.sizes.add(probe)
        passed = [size for size, probe in self.sizes.probes.items() if probe.answer == "passed"]
        if passed and self.busy:
            lost = [size for size in self.sizes.probes if size > max(passed)]
            words = self.tr("{passed} bytes pass, {lost} not; looking in between …")
            if lost:
                self.status.setText(words.format(passed=max(passed), lost=min(lost)))

    def _turn(self) -> None:
        if theme.moves():
            self._phase = (self._phase + 0.055) % 1.0
            self._running.set_status("running", self._phase)

    def _idle(self) -> None:
        self._job = None
        self._timer.stop()
        self._progress.hide()
        self.run_button.set_look(self.tr("Measure again"), primary=True, sign="play", key="F5")
        self.run_button.setShortcut("F5")

    def _failed(self, error: BaseException) -> None:
        self._idle()
        if isinstance(error, Exception):
            self._engine.crashed.emit(error)

    def _done(self, result: PathMtu) -> None:
        self._idle()
        self.show_result(result)
        self.measured.emit(result)

    # The result

    def show_result(self, result: PathMtu) -> None:
        """Show a finished measurement."""
        self.result_shown = result
        sign, colour = MEASURED_LOOKS[result.outcome]
        self._card.set_bar(colour)
        self._sign.set_status(sign)
        meaning = result.meaning
        self.title.setText(meaning.title)
        self.title.set_colour(colour if colour != "muted" else "text")
        self.text.setText(meaning.text)
        for line, words in (
            (self.advice, meaning.advice),
            (self.handshake, result.handshake.text if result.handshake else ""),
            (self.facts, self._facts(result)),
        ):
            line.setText(words)
            line.setVisible(bool(words))
        self._advice_heading.setVisible(bool(meaning.advice))
        self._list_heading.setVisible(bool(result.probes))
        self.sizes.clear()
        for probe in result.probes:
            self.sizes.add(probe)
        self._card.show()
        self.copy_ticket.setEnabled(True)
        if self.isVisible():
            announce(self._card, f"{meaning.title}. {meaning.text} {meaning.advice}")

    def _facts(self, result: PathMtu) -> str:
        parts = []
        if result.address and result.address != result.server:
            parts.append(self.tr("Measured to {address}").format(address=result.address))
        if result.mtu is not None:
            parts.append(self.tr("TCP segments of {mss} bytes fit").format(mss=result.mss))
        if result.interface_mtu is not None:
            parts.append(self.tr("This computer’s connection: {mtu} bytes").format(mtu=result.interface_mtu))
        parts.append(self.tr("{seconds} s").format(seconds=f"{result.duration_ms / 1000:.2f}"))
        if result.outcome != "cancelled":
            parts.append(self.tr("Source: {source}").format(source=result.meaning.source.replace(" §", "\u00a0§")))
        return "  ·  ".join(parts)

    def ticket_text(self) -> str:
        """Return the result for a ticket, empty while there is none."""
        if self.result_shown is None:
            return ""
        from core.pathmtu.text import render_markdown

        return render_markdown(self.result_shown)


def _nothing(_error: BaseException) -> None:
    """Take the end of work that nobody waits for any more."""
