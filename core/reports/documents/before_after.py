"""Before and after: two runs with what was changed between them, as the resolution's proof."""

from __future__ import annotations

from core.reports import words
from core.reports.documents import full, sentences
from core.reports.documents.model import (
    Block,
    Cell,
    Details,
    Document,
    Heading,
    Paragraph,
    Point,
    Section,
    Table,
    Verbatim,
    points,
)
from core.reports.documents.run import Run
from core.reports.documents.solution import Solution, changes, proof, status_words


def before_after(solution: Solution, details: Details) -> Document:
    """Return the full report on both runs of `solution`."""
    before, after, comparison = solution.before, solution.after, solution.comparison
    state, status = status_words(before, solution)
    return Document(
        kind="full",
        title="Before and after",
        lead=status,
        state=state,  # type: ignore[arg-type]
        started_at=after.report.started_at,
        subtitle=f"Before: {before.target}, {before.utc()}. After: {after.target}, {after.utc()}.",
        sections=(
            Section(id="ticket", title="Ticket", blocks=full.details_block(details)),
            Section(id="ends", title="How both runs ended", blocks=(_ends(before, after),)),
            Section(id="changes", title="What was changed", blocks=changes(solution)),
            Section(id="conclusion", title="What follows", blocks=(
                Paragraph(text=f"{comparison.conclusion.title.rstrip('.')}. {comparison.conclusion.text}"),
                *points(*comparison.conclusion.evidence),
                *points(*(Point(text=f"{remark.title.rstrip('.')}: {remark.text}",
                                state="warning" if remark.severity == "warning" else "info")
                          for remark in comparison.remarks)),
            )),
            Section(id="proof_of_resolution", title="What the second run shows", blocks=proof(solution)),
            Section(id="stages", title="Stages", blocks=(_stages(solution),)),
            *_run("before", "Before", before),
            *_run("after", "After", after),
        ),
    )  # fmt: skip


def _ends(before: Run, after: Run) -> Table:
    def row(name: str, *texts: str) -> tuple[Cell, ...]:
        return (Cell(text=name), *(Cell(text=text) for text in texts))

    def ended(run: Run) -> Cell:
        return Cell(text=words.headline(run.report), state=full.OUTCOMES[run.report.outcome])

    def reply(run: Run) -> str:
        return (run.reply(run.deciding) if run.deciding else "") or "none"

    return Table(
        head=("", "Before", "After"),
        rows=(
            row("Time", before.utc(), after.utc()),
            row("Server", before.target, after.target),
            (Cell(text="Result"), ended(before), ended(after)),
            row("Deciding reply", reply(before), reply(after)),
            row(
                "Public address",
                before.report.proof.public_address or "not seen",
                after.report.proof.public_address or "not seen",
            ),
        ),
    )


def _stages(solution: Solution) -> Table:
    def cell(run: Run, name: str) -> Cell:
        result = next(found for found in run.report.stages if found.stage == name)
        return Cell(text=f"{words.STATUS_WORDS[result.status]}: {result.summary}", state=full.STATES[result.status])

    return Table(
        head=("Stage", "Before", "After"),
        rows=tuple(
            (
                Cell(text=words.label(result.stage)),
                cell(solution.before, result.stage),
                cell(solution.after, result.stage),
            )
            for result in solution.after.report.stages
        ),
    )


def _run(name: str, title: str, run: Run) -> tuple[Section, ...]:
    lines: tuple[Block, ...] = (Verbatim(lines=tuple(words.transcript_line(line) for line in run.report.transcript)),)
    diagnosis = run.report.diagnosis
    return (
        Section(
            id=f"{name}_run",
            title=f"{title}: {run.utc()}",
            blocks=(
                Paragraph(text=f"{words.headline(run.report)}. {diagnosis.summary}"),
                sentences.settings_table(run),
                Heading(text="Encryption and certificates"),
                *full.encryption(run),
                Heading(text="Transcript"),
                *lines,
                Heading(text="Proof"),
                full.proof(run),
            ),
        ),
    )
