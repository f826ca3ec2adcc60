"""The client summary: one page for people who need no word of the protocols."""

from __future__ import annotations

from collections.abc import Iterator

from core.reports.documents.data import document_data
from core.reports.documents.model import Details, Document, Field, Fields, Paragraph, Section, points
from core.reports.documents.run import Run
from core.reports.documents.solution import Solution
from core.stages import Outcome, Stage

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def client(run: Run, solution: Solution | None, details: Details) -> Document:
    """Return the summary of `run`; with `solution` it says what was changed and that it works now."""
    words = {entry.id: entry for entry in document_data().client.cause}[run.cause]
    owners = {entry.id: entry.words for entry in document_data().client.owner}
    lead, state = _lead(run, solution)
    cleared = tuple(_cleared(run))
    mended = solution is not None and solution.works
    latest = solution.after if solution is not None else run
    latest_words = {entry.id: entry for entry in document_data().client.cause}[latest.cause]
    return Document(
        kind="client",
        title="Scanning to e-mail",
        lead=lead,
        state=state,  # type: ignore[arg-type]
        started_at=run.report.started_at,
        sections=(
            Section(
                id="about",
                title="About",
                blocks=(Fields(fields=tuple(field for field in _about(run, solution, details) if field.value)),),
            ),
            Section(id="wrong",
                    title="What we found" if run.accepted else "What was wrong" if mended else "What is wrong",
                    blocks=(Paragraph(text=_wrong(run, words.wrong)),)),
            Section(id="not_it", title="What it is not", blocks=() if run.accepted else points(*cleared, state="good")),
            Section(id="next", title="What was changed" if mended else "What happens next",
                    blocks=points(*_changed(solution)) if solution is not None and mended
                    else (Paragraph(text=latest_words.next),)),
            Section(id="who", title="Who does it",
                    blocks=() if mended else (Paragraph(text=f"{owners[latest.owner]}."),)),
            Section(id="works", title="Does it work now?", blocks=_works(solution)),
        ),
    )  # fmt: skip


def _lead(run: Run, solution: Solution | None) -> tuple[str, str]:
    if solution is not None and not run.accepted:
        if solution.resolved:
            return "Scanning to e-mail works again, as far as this test can show.", "good"
        if solution.works:
            return "A later test went well, but does not yet prove that the problem is solved.", "warning"
        return "Scanning to e-mail does not work yet.", "bad"
    if run.accepted:
        return "The mail service accepts messages from the copier’s address.", "good"
    if run.report.outcome is Outcome.CANCELLED:
        return "The test was stopped before it was finished.", "open"
    if run.report.outcome is Outcome.DEFERRED:
        return "The mail service asked to try again later.", "warning"
    if run.report.outcome is Outcome.ACCEPTED:
        return "The test was ended before the recipient was asked about.", "open"
    return "Scans can’t be sent by e-mail at the moment. The reason is known." if run.cause != "unknown" else (
        "Scans can’t be sent by e-mail at the moment."
    ), "bad"


def _wrong(run: Run, words: str) -> str:
    if run.report.outcome is Outcome.CANCELLED:
        return "Nothing can be said: the test was stopped before it was finished."
    if run.report.outcome is Outcome.ACCEPTED and not run.accepted:
        return "Up to where the test went, nothing was wrong. The recipient was not asked about."
    likely = {"certain": "", "likely": "Most likely: ", "possible": "Possibly: "}[run.report.diagnosis.confidence]
    return f"{likely}{words[0].lower()}{words[1:]}" if likely else words


def _about(run: Run, solution: Solution | None, details: Details) -> Iterator[Field]:
    yield Field(name="Client", value=details.client)
    yield Field(name="Site", value=details.site)
    yield Field(name="Device", value=details.device)
    yield Field(name="Reported", value=details.issue)
    yield Field(name="Tested", value=_day(run))
    if solution is not None:
        yield Field(name="Tested again", value=_day(solution.after))
    yield Field(name="Mail service", value=run.provider_name)
    yield Field(name="Your contact", value=details.engineer)


def _day(run: Run) -> str:
    moment = run.moment()
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}" if moment else ""


def _cleared(run: Run) -> Iterator[str]:
    excluded = {found.cause for found in run.report.diagnosis.ruled_out}
    for entry in document_data().client.not_it:
        if excluded & set(entry.causes):
            yield entry.words


def _changed(solution: Solution) -> Iterator[str]:
    before, after = solution.before.report, solution.after.report
    if before.target.server.lower() != after.target.server.lower():
        name = solution.after.provider_name
        yield f"The new settings name {f'the server of {name} for sending' if name else 'another mail server'}."
    if not before.request.user and after.request.user:
        yield "With the new settings the copier signs in with a mailbox’s account."
    elif before.request.user != after.request.user:
        yield "With the new settings the copier signs in with another account, or not at all."
    if not solution.before.passed(Stage.TLS) and solution.after.passed(Stage.TLS):
        yield "With the new settings the connection is encrypted."
    if before.request.from_ != after.request.from_:
        yield "The new settings use another sender address."
    yield "The test was made with these settings; the copier itself has to be set the same way."


def _works(solution: Solution | None) -> tuple[Paragraph, ...]:
    if solution is None:
        return ()
    if not solution.works:
        return (Paragraph(text="Not yet: the second test did not go through.", state="bad"),)
    if not solution.resolved:
        return (Paragraph(text="A later test went through, but it can’t stand for the first one.", state="warning"),)
    sent = (
        "A test message was handed over to the mail service."
        if solution.after.handed_over
        else "No test message was sent, so please make a test scan."
    )
    return (Paragraph(text=f"Yes: the same test was made again and went through. {sent}", state="good"),)
