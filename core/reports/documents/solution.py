"""Two runs as proof of a resolution: what was changed, whether it helped, and what would make that too much to say."""

from __future__ import annotations

from typing import NamedTuple

from core.comparing.comparison import Comparison
from core.reports import words
from core.reports.documents.model import Block, Cell, Paragraph, Point, Table, points
from core.reports.documents.run import Run
from core.stages import Outcome, Stage


class Solution(NamedTuple):
    """A second run beside the first. `doubts`: sentences on why it proves less than it seems; empty if it proves it."""

    before: Run
    after: Run
    comparison: Comparison
    doubts: tuple[str, ...]

    @property
    def works(self) -> bool:
        """Whether the second run went through where the first one had not."""
        return self.after.accepted and not self.before.accepted

    @property
    def resolved(self) -> bool:
        """Whether the second run proves that what stopped the first one is gone."""
        return self.works and not self.doubts


def solution_of(before: Run, after: Run, comparison: Comparison) -> Solution:
    """Return what the run `after` shows of the run `before`."""
    doubts = []
    moments = (before.moment(), after.moment())
    if moments[0] is None or moments[1] is None:
        doubts.append("The runs do not say properly when they were, so which one came first is not known.")
    elif moments[1] < moments[0]:
        doubts.append("The second run is older than the first one, so it can’t show that something was mended.")
    if bool(before.practice) != bool(after.practice):
        doubts.append("One of the runs was practice and the other was not, so they say nothing about each other.")
    missing = [to for to in before.report.request.to if to not in after.report.request.to]
    if missing:
        doubts.append(
            f"The second run did not ask about every recipient of the first one (missing: {', '.join(missing)})."
        )
    return Solution(before, after, comparison, tuple(doubts))


_OF_THE_TEST = frozenset({"practice", "send"})
"""What differs between the tests and is no setting of a device."""


def changes(solution: Solution) -> tuple[Block, ...]:
    """Return the settings that differ between the runs, as a table."""
    pairs = [pair for pair in solution.comparison.settings if pair.state == "differs" and pair.id not in _OF_THE_TEST]
    if not pairs:
        return (Paragraph(text="The settings of both runs are the same, as far as the runs tell."),)
    rows = tuple(
        (Cell(text=pair.label), Cell(text=pair.first or "none"), Cell(text=pair.second or "none")) for pair in pairs
    )
    return (Table(head=("Setting", "Before", "After"), rows=rows),)


def shown_by_sign_in(after: Run) -> str:
    """Return what an accepted sign-in of the second run shows of the mailbox, empty if there was none."""
    if not (after.report.request.user and after.passed(Stage.AUTH)):
        return ""
    return (
        f"The sign-in as {after.report.request.user} was accepted: this mailbox may sign in for sending (SMTP AUTH), "
        "and no second factor stood in the way."
    )


def proof(solution: Solution) -> tuple[Block, ...]:
    """Return what the second run showed, and what it did not."""
    after = solution.after
    when = after.utc()
    if not after.accepted:
        return (
            Paragraph(text=f"The second run ({when}) did not go through: {after.report.diagnosis.title}.", state="bad"),
        )
    sent = (
        Point(text=f"A test message was handed over: {after.reply(Stage.MESSAGE)}", state="good")
        if after.handed_over
        else Point(text="No test message was sent, so delivery itself is not proved by this program.", state="open")
    )
    ids = (
        [Point(text=f"{name}: {value}", state="info") for name, value in after.trace_ids()] if after.handed_over else []
    )
    return points(
        Point(
            text=f"The full SMTP conversation was held again at {when} with the new settings: "
            f"{after.target}. Every recipient was accepted.",
            state="good",
        ),
        *_stages(after),
        sent,
        *ids,
        *(Point(text=doubt, state="warning") for doubt in solution.doubts),
    )


def _stages(after: Run) -> list[Point]:
    wanted = (Stage.TLS, Stage.AUTH, Stage.MAIL_FROM, Stage.RCPT_TO)
    return [
        Point(text=f"{words.label(stage)}: {after.summary(stage)}", state="good")
        for stage in wanted
        if after.passed(stage)
    ]


def status_words(run: Run, solution: Solution | None) -> tuple[str, str]:
    """Return how the ticket stands: a state of a point, and a sentence."""
    practised = " (practice)" if run.practice else ""
    if solution is not None and not run.accepted:
        if solution.resolved:
            scan = "" if solution.after.handed_over else " A test scan has yet to confirm the delivery."
            when = solution.after.utc()
            return "good", f"Resolved{practised}: the run of {when} went through with the new settings.{scan}"
        if solution.works:
            return "warning", f"Not closed{practised}: a later run went through, but does not prove the resolution."
        return "bad", f"Open{practised}: the second run did not go through either."
    if run.report.outcome is Outcome.CANCELLED:
        return "open", f"Open{practised}: the check was cancelled before it was finished."
    if run.report.outcome is Outcome.DEFERRED:
        return "warning", f"Waiting{practised}: the server asked to try again later."
    if run.accepted:
        return "good", f"No fault found{practised}: nothing was refused."
    if run.report.outcome is Outcome.ACCEPTED:
        return "open", f"Open{practised}: the check was ended on purpose before a recipient was asked about."
    sure = {"certain": "the cause is found", "likely": "the likely cause is found"}
    found = sure.get(run.report.diagnosis.confidence, "a possible cause is found") if run.cause != "unknown" else ""
    return "bad", f"Open{practised}: {found or 'the cause is not known yet'}, not resolved yet."
