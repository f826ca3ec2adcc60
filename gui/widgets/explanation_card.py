"""What a pasted text means: the cause or the candidates, the question that decides, what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from core.knowledge.panels import MAX_PANEL_CODES
from gui.texts import confidence_name, stage_name
from gui.widgets.basics import Chip, label
from gui.widgets.result_card import ResultCard
from gui.widgets.result_parts import CandidateLine, DeviceMeaning, Remark, Step

if TYPE_CHECKING:
    from core.knowledge.explaining import Candidate, Explanation
    from core.knowledge.model import PanelCode
    from core.reports.report import Diagnosis

_FEW = 2
"""With more makes than these, what to look at on the device would drown the rest."""


class ExplanationCard(ResultCard):
    """Shows how to begin, or what the text means."""

    def __init__(self, ticket_text: Callable[[], str]) -> None:
        super().__init__(ticket_text)
        self.copy_ticket.setToolTip(self.tr("Copy the explanation as plain text (Ctrl+Shift+C)"))
        self.setAccessibleName(self.tr("Explanation"))
        self.show_welcome()

    def show_welcome(self) -> None:
        """Say what this page is for."""
        layout = self._begin("")
        self.title = label(self.tr("What went wrong, in plain words"), bold=True, scale=1.3, wrap=True)
        layout.addWidget(self.title)
        for words in (
            self.tr(
                "Paste what the copier’s panel, the mail program, the log or the bounce says. Sendproof names the "
                "cause, what helps and who can fix it. If several causes fit, it asks the question that decides."
            ),
            self.tr("It works without a network. Nothing you paste here is sent anywhere or stored."),
        ):
            layout.addWidget(label(words, wrap=True, muted=True))
        self._end(layout)

    def show_explanation(self, found: Explanation, diagnosis: Diagnosis, candidates: tuple[Candidate, ...]) -> None:
        """Show what the text means; `candidates`: the causes that fit, the likeliest first."""
        codes = found.panel_codes[:MAX_PANEL_CODES]
        unknown = diagnosis.cause == "unknown"
        if unknown and not codes:
            self._show_unknown(diagnosis)
            return
        sign, colour, kicker = self._look(diagnosis, candidates)
        if found.stage is not None:
            kicker = self.tr("{words}, at {stage}").format(words=kicker, stage=stage_name(found.stage))
        layout = self._begin(colour)
        title = f"{codes[0].vendor} {codes[0].code}: {codes[0].text}".strip(": ") if unknown else diagnosis.title
        self._add_title(layout, title, kicker, sign, colour, self._chip(found, diagnosis))
        if not unknown:
            layout.addWidget(label(diagnosis.summary, wrap=True).selectable())
            self._add_owner(layout, "" if diagnosis.cause == "accepted" else diagnosis.owner)
        if diagnosis.question:
            layout.addWidget(Remark("question", "running", diagnosis.question, self.tr("The question that decides")))
        if len(candidates) > 1:
            layout.addWidget(self._candidates(candidates))
        steps = self._steps(diagnosis, several=len(candidates) > 1)
        self._add_columns(layout, steps, self._device(codes) if codes else None)
        self._add_reasons(layout, diagnosis)
        self._footer.show()
        self._end(layout)

    def _show_unknown(self, diagnosis: Diagnosis) -> None:
        layout = self._begin("muted")
        title = self.tr("This text names no cause that Sendproof knows")
        self._add_title(layout, title, self.tr("Nothing is guessed"), "skipped", "muted")
        column, steps = self._column(self.tr("What helps"))
        for number, words in enumerate(
            (
                self.tr("Paste the whole text. The line that begins with a number such as 550 or 535 says the most."),
                self.tr("If it comes from a copier’s panel, add its make, for example “Kyocera 1102”."),
                self.tr("Run a check from this computer: then the mail server says itself what it refuses."),
            ),
            1,
        ):
            steps.addWidget(Step(number, words, ""))
        self._add_columns(layout, column, None)
        self._add_reasons(layout, diagnosis)
        self._footer.show()
        self._end(layout)

    def _look(self, diagnosis: Diagnosis, candidates: tuple[Candidate, ...]) -> tuple[str, str, str]:
        """Return sign, colour and the few words above the title."""
        if diagnosis.cause == "accepted":
            return "passed", "passed", self.tr("This is no refusal")
        if diagnosis.cause == "unknown":
            return "warning", "warning", self.tr("Only the device’s maker knows more")
        if diagnosis.confidence == "possible":
            several = len(candidates) > 1
            return "warning", "warning", self.tr("Several causes fit") if several else self.tr("This is possible")
        certain = diagnosis.confidence == "certain"
        return "failed", "failed", self.tr("This is the cause") if certain else self.tr("This is likely the cause")

    def _chip(self, found: Explanation, diagnosis: Diagnosis) -> Chip:
        sure = confidence_name(diagnosis.confidence)
        reply = " ".join(str(part) for part in (found.facts.code, found.facts.enhanced) if part)
        chip = Chip(f"{sure} · {reply}" if reply else sure)
        chip.setToolTip(self.tr("How sure the explanation is, and the reply that decided"))
        return chip

    def _steps(self, diagnosis: Diagnosis, *, several: bool) -> QWidget | None:
        if not diagnosis.fixes:
            return None
        heading = self.tr("What to do if it is the first") if several else self.tr("Do this next")
        column, layout = self._column(heading)
        for number, fix in enumerate(diagnosis.fixes, 1):
            layout.addWidget(Step(number, fix, ""))
        return column

    def _candidates(self, candidates: tuple[Candidate, ...]) -> QWidget:
        column, layout = self._column(self.tr("What it can be, the likeliest first"))
        reasons = {candidate.reason for candidate in candidates[1:]}
        shared = reasons.pop() if len(reasons) == 1 and len(candidates) > 2 else ""
        for number, candidate in enumerate(candidates, 1):
            reason = "" if shared else candidate.reason
            layout.addWidget(CandidateLine(number, candidate.title, reason))
        if shared:
            words = self.tr("What speaks for the others: {reason}").format(reason=shared)
            layout.addWidget(label(words, wrap=True, muted=True).selectable())
        return column

    def _device(self, codes: tuple[PanelCode, ...]) -> QWidget:
        column, layout = self._column(self.tr("What the device means"))
        for code in codes:
            layout.addWidget(DeviceMeaning(code, with_checks=len(codes) <= _FEW))
        return column
