"""The verdict: what happened in plain words, what to do, what is ruled out, who fixes it.

Every label shows plain text only, since a server's own words stand among them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.stages import Outcome, Stage, StageStatus
from gui.texts import confidence_name, stage_name
from gui.theme import theme
from gui.widgets.basics import Button, Chip, PlainLabel, StatusSign, label, unit
from gui.widgets.look import look_of
from gui.widgets.result_card import ResultCard
from gui.widgets.result_parts import Remark, RuledOutLine, Step, Value

if TYPE_CHECKING:
    from core.reports.report import Finding, Fix, Report, RuledOut

TRACE_IDS = ("internal_id", "queue_id", "message_id", "network_message_id", "check_id")
"""What a mail administrator can search for, in a stage's details."""


class VerdictCard(ResultCard):
    """Shows how to begin, what is being waited for, or the verdict of a finished check."""

    save_wanted = Signal()
    sheet_wanted = Signal()
    compare_wanted = Signal()
    measure_wanted = Signal()
    """The packet size (path MTU) to the server is to be measured."""

    def __init__(self, ticket_text: Callable[[], str]) -> None:
        super().__init__(ticket_text)
        self.copy_ticket.setToolTip(self.tr("Copy the ticket notes as Markdown (Ctrl+Shift+C)"))
        self.save = Button(self.tr("Share or save…"), sign="save")
        self.save.setToolTip(
            self.tr("Ticket notes, client summary, escalation, case study or report: save, copy or print it (Ctrl+S)")
        )
        self.save.clicked.connect(self.save_wanted)
        self._flow.addWidget(self.save)
        self.compare = Button(self.tr("Compare with another network…"), sign="swap")
        self.compare.setToolTip(self.tr("Run the same check over the phone’s hotspot and see what differs"))
        self.compare.clicked.connect(self.compare_wanted)
        self.compare.hide()
        self._flow.addWidget(self.compare)
        self.sheet = Button(self.tr("Show the settings sheet"), sign="sheet")
        self.sheet.setToolTip(self.tr("What to type into the copier, and what the mail administrator does"))
        self.sheet.clicked.connect(self.sheet_wanted)
        self.sheet.hide()
        self._flow.addWidget(self.sheet)
        self.measure_mtu = Button(self.tr("Measure packet size (MTU)…"))
        self.measure_mtu.setToolTip(self.tr("Large packets that get lost make a handshake or a scan hang"))
        self.measure_mtu.clicked.connect(self.measure_wanted)
        self.measure_mtu.hide()
        self._flow.addWidget(self.measure_mtu)
        self.setAccessibleName(self.tr("Verdict"))
        self._status: PlainLabel | None = None
        self._phase = 0.0
        self._running_sign: StatusSign | None = None
        self.show_welcome()

    def _begin(self, bar: str) -> QVBoxLayout:
        """Start new contents; return their layout."""
        self._status = None
        self._running_sign = None
        return super()._begin(bar)

    def offer_sheet(self, offered: bool) -> None:
        """Show or hide the button for the settings sheet of the way that the check leads to."""
        if offered is self.sheet.isHidden():
            self.sheet.setVisible(offered)
            self.size_wanted.emit()

    def offer_repeating(self, offered: bool) -> None:
        """Show or hide the button that runs the same check again over another network."""
        if offered is self.compare.isHidden():
            self.compare.setVisible(offered)
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
        """Move the running sign a little, unless less motion is wanted."""
        if self._running_sign is not None and theme.moves():
            self._phase = (self._phase + 0.06) % 1.0
            self._running_sign.set_status("running", self._phase)

    # The verdict

    def show_report(self, report: Report, reply: str = "") -> None:
        """Show the verdict; `reply` is the code that decided, such as "550 5.7.1"."""
        sign, colour = look_of(report)
        layout = self._begin(colour)
        diagnosis = report.diagnosis
        chip = self._chip(report, reply)
        self._add_title(layout, diagnosis.title, self.headline(report), sign, colour, chip)
        self.summary = label(diagnosis.summary, wrap=True).selectable()
        layout.addWidget(self.summary)
        self._add_owner(layout, "" if report.outcome is Outcome.ACCEPTED else diagnosis.owner)
        if diagnosis.question:
            layout.addWidget(Remark("info", "running", self.tr("To be sure: {q}").format(q=diagnosis.question)))
        for finding in report.findings:
            if finding.severity != "info":
                layout.addWidget(self._finding(finding))
        if report.outcome is Outcome.DEFERRED:
            words = self.tr(
                "Trouble that comes and goes? Check ▸ Watch… repeats the check at intervals and shows when."
            )
            layout.addWidget(Remark("info", "running", words))
        right = self._ruled_out(diagnosis.ruled_out) if diagnosis.ruled_out else None
        self._add_columns(layout, self._next_steps(report), right)
        for finding in report.findings:
            if finding.severity == "info":
                layout.addWidget(self._finding(finding))
        others = ", ".join(diagnosis.alternatives)
        others = self.tr("Less likely: {causes}").format(causes=others) if others else ""
        self._add_reasons(layout, diagnosis, others)
        self.measure_mtu.setVisible(_packet_size_suspected(report))
        self._footer.show()
        self._end(layout)

    def _chip(self, report: Report, reply: str) -> Chip | None:
        if report.outcome is Outcome.ACCEPTED and not reply:
            return None
        sure = confidence_name(report.diagnosis.confidence)
        chip = Chip(f"{sure} · {reply}" if reply else sure)
        chip.setToolTip(self.tr("How sure the diagnosis is, and the reply that decided"))
        return chip

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

    def _next_steps(self, report: Report) -> QWidget | None:
        diagnosis = report.diagnosis
        accepted = report.outcome is Outcome.ACCEPTED
        heading = self.tr("If the scan still does not arrive") if accepted else self.tr("Do this next")
        column, layout = self._column(heading)
        steps: list[Fix | str] = list(diagnosis.fixes)
        if accepted and not steps:
            steps = self._after_acceptance()
        for number, step in enumerate(steps, 1):
            layout.addWidget(Step(number, step, report.target.server))
        if accepted:
            ids = self._trace_ids(report)
            if ids:
                layout.addWidget(label(self.tr("Ids for a message trace"), bold=True, muted=True))
                for name, value in ids:
                    layout.addWidget(Value(name, value))
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
            layout.addWidget(RuledOutLine(item.title or item.cause, item.because, item.stage))
        return column

    def _finding(self, finding: Finding) -> QWidget:
        colour = {"info": "running", "warning": "warning", "error": "failed"}[finding.severity]
        sign = "info" if finding.severity == "info" else "warning"
        return Remark(sign, colour, finding.text, heading=finding.title)


def _packet_size_suspected(report: Report) -> bool:
    """Return whether the check ended in a silence that lost large packets could explain."""
    if report.failed_stage is None or report.request.practice is not None:
        return False
    return report.stage(report.failed_stage).details.get("packet_size_suspected") is True
