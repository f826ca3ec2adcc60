"""The case study: what one case teaches, without anybody's name, for the next one like it."""

from __future__ import annotations

from core.reports import words
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
from core.stages import Stage


def case_study(run: Run, solution: Solution | None, details: Details) -> Document:
    """Return the study of `run`. Names are the caller's matter: it is given a run without any."""
    report = run.report
    state, status = status_words(run, solution)
    indicators = tuple(sentences.indicators(run))
    return Document(
        kind="case",
        title=f"Case study: {report.diagnosis.title}",
        lead=status,
        state=state,  # type: ignore[arg-type]
        started_at=report.started_at,
        subtitle=run.target,
        sections=(
            Section(id="summary", title="Summary", blocks=(Paragraph(text=report.diagnosis.summary),)),
            Section(id="environment", title="Environment", blocks=(_environment(run, details),)),
            Section(id="configuration", title="Configuration that failed" if not run.accepted else "Configuration",
                    blocks=(sentences.settings_rows(run),)),
            Section(id="misleading", title="What looked fine and misled", blocks=points(*indicators)),
            Section(
                id="testing",
                title="Diagnostic testing",
                blocks=(
                    Heading(text="Network"),
                    *tested.assessment(run),
                    *tested.after_the_network(run),
                ),
            ),
            Section(id="findings", title="Key findings", blocks=(*points(*sentences.key_findings(run)), *_stage(run))),
            Section(id="ruled_out", title="Ruled out, and why", blocks=sentences.ruled_out(run)),
            Section(id="action", title="Corrective action", blocks=_action(run, solution)),
            Section(id="validation", title="Validation", blocks=proof(solution) if solution else (
                Paragraph(text="Not validated by a second run.", state="open"),)),
            Section(id="lessons", title="Lessons learned", blocks=points(*sentences.recommendations(run))),
            Section(id="reuse", title="When to use this case", blocks=_reuse(run)),
        ),
    )  # fmt: skip


def _environment(run: Run, details: Details) -> Fields:
    report = run.report
    role = {
        "mx": "the server that takes in mail for a domain (MX)",
        "submission": "the server for sending with sign-in (submission)",
        "relay": "a relay",
    }.get(report.target.role, "not known")
    pairs = (
        ("Device", details.device),
        ("Function", "scan to e-mail"),
        ("Mail service", run.provider_name or "not a known one"),
        ("Role of the server", role),
        ("Spoke like", report.request.device or "a modern program"),
        ("Tested", run.utc()[:10]),
    )
    return Fields(fields=tuple(Field(name=name, value=value) for name, value in pairs if value))


def _stage(run: Run) -> tuple[Block, ...]:
    stage = run.report.failed_stage
    passed = [words.label(result.stage) for result in run.report.stages if run.passed(result.stage)]
    if stage is None or not passed:
        return ()
    return points(f"Passed before: {', '.join(passed)}. None of that is permission to send.")


def _action(run: Run, solution: Solution | None) -> tuple[Block, ...]:
    if solution is not None and solution.works:
        shown = shown_by_sign_in(solution.after)
        return (*changes(solution), *points(Point(text=shown, state="good") if shown else None))
    steps = sentences.fixes(run)
    return (
        (Paragraph(text="Proposed, not carried out yet:", state="open"), *steps)
        if steps
        else (Paragraph(text="None is known.", state="open"),)
    )


def _reuse(run: Run) -> tuple[Block, ...]:
    stage = run.report.failed_stage
    reply = run.reply(stage) if stage else ""
    return points(
        f"The check stops at {words.label(stage)} with the same cause ({run.cause})." if stage else None,
        Point(text="The server’s reply reads like this one:", verbatim=(reply,)) if reply else None,
        "A vendor, a firewall or an Internet provider is blamed, and proof is needed."
        if stage in tested.ENVELOPE else None,
        "A connection test passes, and mail still does not arrive."
        if stage in tested.ENVELOPE | {Stage.AUTH} else None,
    )  # fmt: skip
