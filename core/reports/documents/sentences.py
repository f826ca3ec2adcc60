"""Sentences that several documents share: who tested what, the cause, the next steps, the recommendations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.reports import words
from core.reports.documents.data import When, document_data
from core.reports.documents.model import Block, Cell, Field, Fields, Paragraph, Point, Points, Table
from core.reports.documents.run import Run
from core.reports.documents.tested import ENVELOPE
from core.stages import Outcome, Stage

REPUTATION = frozenset({"ip-blocklisted", "ip-blocked-by-provider", "ptr-missing-or-mismatch"})
"""Causes that lie in the address the connection comes from."""


def practice_notice(*runs: Run | None) -> str:
    """Return the sentence that a practice server was asked, empty if none was."""
    names = list(dict.fromkeys(run.practice for run in runs if run and run.practice))
    if not names:
        return ""
    return f"This was practice ({', '.join(f'“{name}”' for name in names)}): no real mail server was asked."


def settings_table(run: Run) -> Fields:
    """Return the settings that were tested, named as they are on a copier."""
    request = run.report.request
    return Fields(
        fields=(
            Field(name="Mail server", value=run.report.target.server),
            Field(name="Port", value=str(run.report.target.port)),
            Field(name="Encryption", value=words.security_words(run.report.target.security)),
            Field(name="Sign-in", value=request.user or "none"),
            Field(name="Sender", value=request.from_ or "<>"),
            Field(name="Recipients", value=", ".join(request.to) or "none"),
        )
    )


def settings_rows(run: Run) -> Table:
    """Return the same settings as a table."""
    fields = settings_table(run).fields
    return Table(head=("Setting", "Value"), rows=tuple((Cell(text=f.name), Cell(text=f.value)) for f in fields))


def problem(run: Run) -> Iterator[Block]:
    """Yield what goes wrong, as measured."""
    request = run.report.request
    who = f"mail from {request.from_ or '<>'} to {', '.join(request.to) or 'nobody'}"
    sign_in = f"sign-in as {request.user}" if request.user else "without sign-in"
    how = f"{run.target}, {sign_in}"
    if run.accepted:
        yield Paragraph(text=f"In this check {who} through {how} was not refused.")
        return
    if run.report.outcome is Outcome.CANCELLED:
        yield Paragraph(text=f"A check of {who} through {how} was cancelled before it was finished.")
        return
    verb = "is put off" if run.report.outcome is Outcome.DEFERRED else "does not go through"
    yield Paragraph(text=f"Scan-to-email fails: {who} through {how} {verb}. {words.headline(run.report)}.")
    if run.report.failed_stage in ENVELOPE - {Stage.MESSAGE}:
        at = words.label(run.report.failed_stage)
        yield Paragraph(
            text=f"No matching failure can be seen in a message trace: what is refused at {at} never becomes a message."
        )


def key_findings(run: Run) -> Iterator[Point]:
    """Yield what the root cause rests on, each of it seen in this run or known of the method."""
    report = run.report
    stage = report.failed_stage
    sign_in = report.request.user is not None
    if report.target.role == "mx" and not sign_in and run.cause in REPUTATION | {"direct-send-rejected", "spf-fail"}:
        yield Point(
            text=f"Direct Send (port {report.target.port}, without sign-in) is judged by the address it comes from.",
            state="info",
        )
    if report.diagnosis.technical:
        yield Point(text=report.diagnosis.technical, state="info")
    if stage is not None:
        yield Point(text=f"The failure occurred at {words.label(stage)}.", state="bad")
    if stage in ENVELOPE and run.passed(Stage.TLS):
        yield Point(
            text="Connection and encryption succeeded, and still the message was not accepted: neither is permission "
            "to send.",
            state="info",
        )
    if not sign_in and run.excluded("auth-bad-credentials"):
        yield Point(
            text="Authentication was not involved: no sign-in was used, and the server asked for none.", state="info"
        )


def evidence(run: Run) -> tuple[Point, ...]:
    """Return the evidence of the diagnosis, each with who said it; a server's reply word by word."""
    found = []
    for item in run.report.diagnosis.evidence:
        if re.match(r"[2-5]\d\d[ -]", item.text):
            found.append(Point(text=f"{item.source[:1].upper()}{item.source[1:]}:", verbatim=(item.text,)))
        else:
            found.append(Point(text=f"{item.text} ({item.source})"))
    return tuple(found)


def fixes(run: Run) -> tuple[Block, ...]:
    """Return the steps that help, in their order, with commands and sources."""
    steps = tuple(
        Point(
            text=fix.text + (" (not verified by us)" if fix.unverified else ""),
            verbatim=tuple(fix.command.splitlines()) if fix.command else (),
            link=fix.link or "",
        )
        for fix in run.report.diagnosis.fixes
    )
    return (Points(points=steps, numbered=True),) if steps else ()


def ruled_out(run: Run) -> tuple[Block, ...]:
    """Return what can't be the cause, and why."""
    items = tuple(
        Point(text=f"{item.title or words.cause_title(item.cause)}: {item.because}", state="good")
        for item in run.report.diagnosis.ruled_out
    )
    return (Points(points=items),) if items else ()


def certainty(run: Run) -> str:
    """Return how sure the diagnosis is, in a sentence."""
    diagnosis = run.report.diagnosis
    sure = {"certain": "certain", "likely": "likely", "possible": "only possible"}[diagnosis.confidence]
    if diagnosis.alternatives:
        others = "; ".join(words.cause_title(cause) for cause in diagnosis.alternatives)
        return f"How sure: {sure}. Also possible: {others}."
    return f"How sure: {sure}."


def recommendations(run: Run) -> tuple[Point, ...]:
    """Return what to do in future, as the data says for such a run."""
    return tuple(
        Point(text=run.fill(entry.text)) for entry in document_data().advice.recommendation if _holds(entry.when, run)
    )


def _holds(when: When, run: Run) -> bool:
    target = run.report.target
    return (
        (not when.causes or run.cause in when.causes)
        and run.cause not in when.not_causes
        and (not when.providers or target.provider in when.providers)
        and (not when.roles or target.role in when.roles)
        and (not when.stages or run.report.failed_stage in when.stages)
        and (when.sign_in is None or when.sign_in == (run.report.request.user is not None))
    )


def seal_lines(run: Run) -> list[str]:
    """Return what identifies the run: its time and its seal."""
    tool = run.report.tool
    seal = run.report.proof.report_sha256 or "none (not sealed)"
    return [f"Run of {run.utc()}, {tool.name} {tool.version}, report SHA-256 {seal}"]


def indicators(run: Run) -> Iterator[Point]:
    """Yield what looked fine and misled, with what it really says."""
    for finding in run.report.findings:
        if (finding.topic or "").startswith("misleading-"):
            yield Point(text=f"{finding.title.removeprefix('Misleading: ')}: {finding.text}", state="info")
