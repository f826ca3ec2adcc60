"""The full report of one run: verdict, stages, encryption, DNS evidence, findings, the whole transcript, proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.reports import words
from core.reports.documents import sentences, tested
from core.reports.documents.model import (
    Block,
    Cell,
    Details,
    Document,
    Field,
    Fields,
    Heading,
    Paragraph,
    Point,
    Section,
    State,
    Table,
    Verbatim,
    points,
)
from core.reports.documents.run import Run
from core.stages import Outcome, Stage, StageStatus

STATES: dict[StageStatus, State] = {
    StageStatus.PASSED: "good",
    StageStatus.WARNING: "warning",
    StageStatus.FAILED: "bad",
    StageStatus.SKIPPED: "open",
    StageStatus.NOT_REACHED: "open",
}
OUTCOMES: dict[Outcome, State] = {
    Outcome.ACCEPTED: "good",
    Outcome.STOPPED: "bad",
    Outcome.DEFERRED: "warning",
    Outcome.CANCELLED: "open",
}
_SEVERITIES: dict[str, State] = {"info": "info", "warning": "warning", "error": "bad"}


def full(run: Run, details: Details) -> Document:
    """Return the report on `run`."""
    report = run.report
    return Document(
        kind="full",
        title="Sendproof report",
        lead=words.headline(report),
        state=OUTCOMES[report.outcome],
        started_at=report.started_at,
        subtitle=f"{words.target_line(report)}. Started {report.started_at}, {report.duration_ms / 1000:.2f} s. "
        f"{words.about_sending(report)}",
        sections=(
            Section(id="ticket", title="Ticket", blocks=details_block(details)),
            Section(id="verdict", title="Verdict", blocks=(*_verdict(run),)),
            Section(id="steps", title=words.next_steps_heading(report), blocks=sentences.fixes(run)),
            Section(id="evidence", title="Evidence", blocks=points(*sentences.evidence(run))),
            Section(id="ruled_out", title="Ruled out by this test", blocks=sentences.ruled_out(run)),
            Section(id="findings", title="Worth knowing", blocks=findings(run)),
            Section(id="settings", title="Settings tested", blocks=(sentences.settings_table(run),)),
            Section(id="stages", title="Stages", blocks=(stages(run),)),
            Section(id="encryption", title="Encryption and certificates", blocks=(*encryption(run),)),
            Section(id="dns", title="DNS evidence", blocks=(*dns(run),)),
            Section(id="transcript", title="Transcript", blocks=transcript(run)),
            Section(id="proof", title="Proof", blocks=(proof(run),)),
        ),
    )


def details_block(details: Details) -> tuple[Block, ...]:
    """Return what was typed of the ticket, nothing if nothing was."""
    pairs = (
        ("Client", details.client),
        ("Site / location", details.site),
        ("Device", details.device),
        ("Issue reported", details.issue),
        ("Engineer", details.engineer),
    )
    kept = tuple(Field(name=name, value=value) for name, value in pairs if value)
    return (Fields(fields=kept),) if kept else ()


def _verdict(run: Run) -> Iterator[Block]:
    diagnosis = run.report.diagnosis
    yield Paragraph(text=diagnosis.summary)
    if diagnosis.technical:
        yield Paragraph(text=diagnosis.technical)
    pairs = [("Cause", diagnosis.cause), ("Confidence", diagnosis.confidence), ("Who fixes it", diagnosis.owner)]
    if diagnosis.alternatives:
        others = "; ".join(f"{words.cause_title(cause)} ({cause})" for cause in diagnosis.alternatives)
        pairs.append(("Also possible", others))
    if diagnosis.question:
        pairs.append(("What decides", diagnosis.question))
    yield Fields(fields=tuple(Field(name=name, value=value) for name, value in pairs if value))


def findings(run: Run) -> tuple[Block, ...]:
    """Return what is worth knowing beside the cause."""
    return points(
        *(
            Point(text=f"{finding.title.rstrip('.')}: {finding.text}", state=_SEVERITIES[finding.severity])
            for finding in run.report.findings
        )
    )


def stages(run: Run) -> Table:
    """Return how each stage went."""
    return Table(
        head=("Stage", "Result", "Time", "What happened"),
        rows=tuple(
            (
                Cell(text=words.label(result.stage)),
                Cell(text=words.STATUS_WORDS[result.status], state=STATES[result.status]),
                Cell(text=f"{result.duration_ms:.0f} ms"),
                Cell(text=result.summary),
            )
            for result in run.report.stages
        ),
    )


def encryption(run: Run) -> Iterator[Block]:
    """Yield what was agreed on, who vouches for the server, and each certificate that it sent."""
    if not run.tried(Stage.TLS):
        return
    trusted = {True: "yes", False: "no"}.get(run.detail(Stage.TLS, "trusted"), "not judged")
    stores = [
        name
        for key, name in (
            ("trusted_by_system", "the operating system’s list"),
            ("trusted_by_mozilla", "Mozilla’s list"),
            ("trusted_by_file", "the roots given for this check"),
        )
        if run.detail(Stage.TLS, key) is True
    ]
    matches = {True: "yes", False: "no"}.get(run.detail(Stage.TLS, "name_matches"), "not judged")
    pairs = (
        ("TLS version", run.text(Stage.TLS, "version")),
        ("Cipher suite", run.text(Stage.TLS, "cipher")),
        ("Key share group", run.text(Stage.TLS, "group")),
        ("Limits", run.text(Stage.TLS, "limits")),
        ("Certificate trusted", f"{trusted} ({', '.join(stores)})" if stores else trusted),
        ("Name matches", matches),
        ("Problems", ", ".join(run.texts(Stage.TLS, "problems"))),
    )
    yield Fields(fields=tuple(Field(name=name, value=value) for name, value in pairs if value))
    chain = run.detail(Stage.TLS, "chain")
    for number, entry in enumerate(chain[:10] if isinstance(chain, list) else [], 1):
        if isinstance(entry, dict):
            yield Heading(text=f"Certificate {number}{' (the server’s own)' if number == 1 else ''}")
            yield Fields(fields=tuple(_certificate(entry)))


def _certificate(entry: dict[str, Any]) -> Iterator[Field]:
    names = entry.get("names")
    pairs = (
        ("Subject", entry.get("subject")),
        ("Issuer", entry.get("issuer")),
        ("Valid for", ", ".join(str(name) for name in names[:50]) if isinstance(names, list) else ""),
        ("Valid", f"{entry.get('not_before')} to {entry.get('not_after')}"),
        ("SHA-256", entry.get("sha256")),
    )
    for name, value in pairs:
        if value:
            yield Field(name=name, value=str(value))


def dns(run: Run) -> Iterator[Block]:
    """Yield what DNS said beside the conversation, nothing if it was not asked."""
    report = run.report
    public = run.evidence("public_address")
    pairs: list[tuple[str, str]] = []
    if public:
        said = public.get("address") or f"not found out ({public.get('error')})"
        pairs.append(("Public address", f"{said}, source: {public.get('source')}"))
    reverse = run.evidence("reverse_name")
    if reverse:
        names = reverse.get("names")
        shown = ", ".join(str(name) for name in names) if isinstance(names, list) and names else "none"
        pairs.append(("Reverse name", f"{shown} ({reverse.get('state')})"))
    for key, label in (("spf", "SPF"), ("dmarc", "DMARC")):
        part = run.evidence(key)
        if part:
            result = part.get("result") or part.get("policy") or part.get("state")
            record = f": {part.get('record')}" if part.get("record") else ""
            pairs.append((label, f"{part.get('domain')}: {result}{record}"))
    domains = report.evidence.get("recipient_domains")
    for entry in (run.evidence("sender_domain"), *(domains[:20] if isinstance(domains, list) else ())):
        if isinstance(entry, dict) and entry:
            hosts = entry.get("hosts")
            listed = ", ".join(str(host) for host in hosts) if isinstance(hosts, list) and hosts else entry.get("state")
            pairs.append((f"MX of {entry.get('domain')}", str(listed)))
    if pairs:
        yield Fields(fields=tuple(Field(name=name, value=value) for name, value in pairs))
    if report.evidence.get("blocklists"):
        yield Heading(text="Blocklists")
        yield from points(*tested.listings(run))


def transcript(run: Run) -> tuple[Block, ...]:
    """Return the whole conversation."""
    if not run.report.transcript:
        return (Paragraph(text="No line was exchanged."),)
    return (
        Paragraph(text=f"Seconds since {run.utc(exact=True)}. {words.LEGEND}."),
        Verbatim(lines=tuple(words.transcript_line(line) for line in run.report.transcript)),
    )


def proof(run: Run) -> Fields:
    """Return what makes the report usable as evidence."""
    found = run.report.proof
    pairs = (
        ("UTC", found.utc),
        ("Local address", found.local_address or "not known"),
        ("Public address", found.public_address or "not seen"),
        ("Server address", found.server_address or "none reached"),
        ("DNS resolver", found.resolver or "not known"),
        ("Transcript SHA-256", found.transcript_sha256),
        ("Report SHA-256 (seal)", found.report_sha256 or "none: the report was not sealed"),
    )
    return Fields(fields=tuple(Field(name=name, value=value) for name, value in pairs))
