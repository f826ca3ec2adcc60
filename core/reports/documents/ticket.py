"""Ticket notes: the sections of the founding template, filled in from the run."""

from __future__ import annotations

from core.reports.documents import sentences, tested
from core.reports.documents.model import (
    Block,
    Details,
    Document,
    Field,
    Fields,
    Heading,
    Paragraph,
    Point,
    Section,
    points,
)
from core.reports.documents.run import Run
from core.reports.documents.solution import Solution, changes, proof, shown_by_sign_in, status_words


def ticket(run: Run, solution: Solution | None, details: Details) -> Document:
    """Return the notes on `run`; with `solution` they say how it was resolved."""
    after = solution.after if solution else None
    state, status = status_words(run, solution)
    report = run.report
    return Document(
        kind="ticket",
        title="Ticket notes: scan-to-email",
        lead=status,
        state=state,  # type: ignore[arg-type]
        started_at=report.started_at,
        subtitle=run.target,
        sections=(
            Section(id="information", title="Ticket information", blocks=(_information(run, details),)),
            Section(id="problem", title="Problem", blocks=(*_problem(run),)),
            Section(id="assessment", title="Initial assessment", blocks=tested.assessment(run)),
            Section(
                id="tested",
                title="What was tested",
                blocks=(
                    Heading(text="Network and firewall"),
                    *tested.network(run, after),
                    *tested.after_the_network(run),
                ),
            ),
            Section(id="cause", title="Root cause", blocks=cause_blocks(run)),
            Section(id="resolution", title="Resolution", blocks=_resolution(run, solution)),
            Section(id="verification", title="Verification", blocks=_verification(run, solution)),
            Section(id="recommendations", title="Recommendations", blocks=points(*sentences.recommendations(run))),
            Section(id="status", title="Ticket status", blocks=(Paragraph(text=status, state=state),)),  # type: ignore[arg-type]
        ),
    )


def _information(run: Run, details: Details) -> Fields:
    return Fields(
        fields=(
            Field(name="Client", value=details.client),
            Field(name="Site / location", value=details.site),
            Field(name="Device", value=details.device),
            Field(name="Issue reported", value=details.issue),
            Field(name="Date", value=run.utc()),
            Field(name="Engineer", value=details.engineer),
        )
    )


def _problem(run: Run) -> tuple[Block, ...]:
    return (
        *sentences.problem(run),
        *points(
            Point(text="What the users reported (not known to this program):", state="open", fill=True),
            Point(text="What the device displayed (not known to this program):", state="open", fill=True),
        ),
    )


def cause_blocks(run: Run) -> tuple[Block, ...]:
    """Return the root cause: what it is, how sure that is, what it rests on, what it is not."""
    diagnosis = run.report.diagnosis
    found: list[Block] = [
        Paragraph(text=f"{diagnosis.title}.", state="good" if run.accepted else "bad"),
        Paragraph(text=diagnosis.summary),
        Paragraph(text=sentences.certainty(run)),
    ]
    if diagnosis.question:
        found.append(Paragraph(text=f"What decides: {diagnosis.question}"))
    key = tuple(sentences.key_findings(run))
    if key:
        found += [Heading(text="Key findings"), *points(*key)]
    if diagnosis.evidence:
        found += [Heading(text="Evidence"), *points(*sentences.evidence(run))]
    excluded = sentences.ruled_out(run)
    if excluded:
        found += [Heading(text="Ruled out by this test"), *excluded]
    return tuple(found)


def _resolution(run: Run, solution: Solution | None) -> tuple[Block, ...]:
    if solution is not None and solution.works:
        shown = shown_by_sign_in(solution.after)
        return (
            Paragraph(text=f"The check was held again with {solution.after.target}. Changes between the two runs:"),
            *changes(solution),
            *points(
                Point(text=shown, state="good") if shown else None,
                Point(text="The same values set in the device (not known to this program):", state="open", fill=True),
            ),
            Paragraph(text="After these changes the same conversation went through.", state="good")
            if solution.resolved
            else Paragraph(
                text="A later conversation went through; see the doubts under Verification.", state="warning"
            ),
        )
    if run.accepted:
        return (Paragraph(text="Nothing was refused in this check, so nothing was changed.", state="good"),
                *_next(run, "If the scan still does not arrive"))  # fmt: skip
    tried: tuple[Block, ...] = ()
    if solution is not None:
        tried = (Paragraph(text="These changes were tried and did not resolve it:", state="bad"), *changes(solution))
    latest = solution.after if solution is not None else run
    return (
        *tried,
        Paragraph(text="Not resolved yet.", state="open"),
        *_next(latest, "Proposed"),
        Paragraph(text=f"Who fixes it: {latest.report.diagnosis.owner or 'not clear yet'}"),
    )


def _next(run: Run, heading: str) -> tuple[Block, ...]:
    steps = sentences.fixes(run)
    return (Heading(text=heading), *steps) if steps else ()


def _verification(run: Run, solution: Solution | None) -> tuple[Block, ...]:
    by_hand = points(
        Point(text="Test scans from the device delivered (not known to this program):", state="open", fill=True),
        Point(text="Messages visible in the message trace (not known to this program):", state="open", fill=True),
        Point(text="No further errors reported by users (not known to this program):", state="open", fill=True),
    )
    if solution is not None:
        return (*proof(solution), *by_hand)
    if run.handed_over:
        sent = points(Point(text="A test message was accepted by the server.", state="good"),
                      *(Point(text=f"{name}: {value}", state="info") for name, value in run.trace_ids()))  # fmt: skip
        return (*sent, *by_hand)
    words = (
        "No test message was sent, so delivery itself is not proved by this program."
        if run.accepted
        else "Not verified yet: run the check again after the change, and add it to these notes as the second run."
    )
    return (Paragraph(text=words, state="open"), *by_hand)
