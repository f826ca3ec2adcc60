"""The escalation sheet: what an Internet provider, a vendor or a mail service needs in order to act, and no more."""

from __future__ import annotations

from core.reports import words
from core.reports.documents import sentences, tested
from core.reports.documents.data import Addressee, document_data
from core.reports.documents.model import (
    Block,
    Details,
    Document,
    Field,
    Fields,
    Paragraph,
    Point,
    Section,
    Verbatim,
    points,
)
from core.reports.documents.run import Run
from core.reports.documents.solution import Solution, status_words
from core.stages import Stage


def addressees() -> tuple[Addressee, ...]:
    """Return whom a sheet can be written to."""
    return document_data().asking.addressee


def default_addressee(run: Run) -> str:
    """Return the id of who can fix the cause of `run`; Microsoft where the mail provider is Microsoft."""
    found = next(entry.id for entry in addressees() if run.owner in entry.owners)
    if found == "provider" and run.report.target.provider == "microsoft365":
        return "microsoft"
    return found


def escalation(run: Run, solution: Solution | None, details: Details, addressee: str = "") -> Document:
    """Return the sheet on `run` for `addressee` (an id, see `addressees`; empty: whoever can fix it).

    Raises ValueError for an addressee that there is not.
    """
    known = {entry.id: entry for entry in addressees()}
    wanted = addressee or default_addressee(run)
    if wanted not in known:
        raise ValueError(f"There is no addressee “{wanted}”; there are: {', '.join(known)}.")
    to = known[wanted]
    report = run.report
    state, _ = status_words(run, solution)
    return Document(
        kind="escalation",
        title=f"Escalation to: {to.name}",
        lead=f"{words.headline(report)}.",
        state=state,  # type: ignore[arg-type]
        started_at=report.started_at,
        subtitle=run.target,
        sections=(
            Section(id="request", title="What we ask you to do", blocks=(*_request(run, wanted),)),
            Section(id="facts", title="The connection", blocks=(_facts(run, details),)),
            Section(id="lines", title="Decisive lines, word by word", blocks=_lines(run)),
            Section(id="ids", title="For your logs and message trace", blocks=_ids(run)),
            Section(id="cause", title="What we found", blocks=_found(run)),
            Section(id="ruled_out", title="What is ruled out, and why", blocks=sentences.ruled_out(run)),
            Section(id="not_tested", title="What was not tested", blocks=_not_tested(run)),
            Section(id="later", title="A later run", blocks=_later(solution)),
        ),
    )


def _request(run: Run, to: str) -> list[Block]:
    entries = [entry for entry in document_data().asking.request if entry.to == to]
    fitting = next((entry for entry in entries if run.cause in entry.causes), None)
    chosen = fitting or next(entry for entry in entries if not entry.causes)
    asked = tuple(Point(text=run.fill(text)) for text in chosen.text)
    found: list[Block] = [*points(*asked, numbered=len(asked) > 1)]
    if run.accepted:
        found.insert(
            0, Paragraph(text="Nothing was refused in this run. It is sent to you for comparison.", state="good")
        )
    return found


def _facts(run: Run, details: Details) -> Fields:
    report = run.report
    tls = run.text(Stage.TLS, "version")
    cipher = ", ".join(filter(None, (run.text(Stage.TLS, "cipher"), run.text(Stage.TLS, "group"))))
    pairs = (
        ("Customer", details.client),
        ("Site", details.site),
        ("Device", details.device),
        ("Contact", details.engineer),
        ("Time of the test", f"{run.utc(exact=True)}, {report.duration_ms / 1000:.1f} s"),
        ("Server", ", ".join(run.server_names())),
        ("Port and encryption", f"{report.target.port}, {words.security_words(report.target.security)}"),
        ("Our public address", report.proof.public_address or "not seen"),
        ("Our local address", report.proof.local_address or ""),
        ("Name given with EHLO", report.request.ehlo),
        ("Sender", report.request.from_ or "<>"),
        ("Recipients", ", ".join(report.request.to)),
        ("Sign-in", report.request.user or "none"),
        ("TLS", f"{tls} ({cipher})" if tls else "no handshake was finished"),
        ("DNS resolver", report.proof.resolver or ""),
        ("Tested with", f"{report.tool.name} {report.tool.version}"),
    )
    return Fields(fields=tuple(Field(name=name, value=value) for name, value in pairs if value))


def _lines(run: Run) -> tuple[Block, ...]:
    lines = [run.timed(line) for line in run.decisive_lines()]
    if not lines:
        return (Paragraph(text=f"No line was exchanged. {run.summary(run.deciding) if run.deciding else ''}".strip()),)
    return (Verbatim(lines=tuple(lines)),)


def _ids(run: Run) -> tuple[Block, ...]:
    ids = tuple(Field(name=name, value=value) for name, value in run.trace_ids())
    if ids:
        return (Fields(fields=ids),)
    return (Paragraph(text="The server gave no id; the time, the addresses and the words above identify the session."),)


def _found(run: Run) -> tuple[Block, ...]:
    diagnosis = run.report.diagnosis
    found: list[Block] = [
        Paragraph(text=f"{diagnosis.title}. {diagnosis.summary}"),
        *((Paragraph(text=diagnosis.technical),) if diagnosis.technical else ()),
        Paragraph(text=f"{sentences.certainty(run)} Who can usually fix it: {diagnosis.owner or 'not clear yet'}."),
    ]
    if run.evidence("reverse_name") or run.report.evidence.get("blocklists"):
        found += points(*tested.listings(run))
    return tuple(found)


def _not_tested(run: Run) -> tuple[Block, ...]:
    missing = [
        tested.stage_point(run, stage) for stage in Stage if not run.tried(stage) and stage is not Stage.SETTINGS
    ]
    if not run.evidence("path_mtu"):
        missing.append(Point(text="Path MTU with ICMP: not tested separately.", state="open"))
    missing.append(
        Point(text="The device itself: the conversation was held by this program, in its place.", state="open")
    )
    return points(*missing)


def _later(solution: Solution | None) -> tuple[Block, ...]:
    if solution is None:
        return ()
    after = solution.after
    return (
        Paragraph(
            text=f"{after.utc()}, {after.target}: {words.headline(after.report)}.",
            state="good" if after.accepted else "bad",
        ),
    )
