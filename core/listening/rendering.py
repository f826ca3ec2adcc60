"""The document of a time of listening as plain text and as Markdown for a ticket.

All that came from the network was made harmless when it was recorded; Markdown's own signs are escaped here.
"""

from __future__ import annotations

import msgspec

from core.knowledge.load import Knowledge
from core.listening.facts import facts_of, headline
from core.listening.judging import judge_all
from core.listening.observation import JudgedFinding, Judgement, ListenDocument, SessionSeen, from_json
from core.reports.inert import code_block
from core.reports.inert import markdown as escape
from core.reports.report import TranscriptLine

_MARKS = {"error": "✕", "warning": "!", "info": "i", "ok": "✓"}
_WHO = {"client": "C", "server": "S", "note": "*"}
LEGEND = "C the device, S Sendproof, ~ encrypted, * our remark"


def judged(
    document: ListenDocument,
    service_id: str | None = None,
    device_id: str | None = None,
    knowledge: Knowledge | None = None,
) -> ListenDocument:
    """Return the document with the judgement of each session for a service, and with both noted as chosen.

    None for what the document says was chosen; "" for no service, or no device, whatever it says.
    """
    service = service_id if service_id is not None else document.choices.provider
    device = device_id if device_id is not None else document.choices.device
    return msgspec.structs.replace(
        document,
        judgements=judge_all(document.sessions, service or None, device or None, knowledge),
        choices=msgspec.structs.replace(document.choices, provider=service or None, device=device or None),
    )


def render_text(document: ListenDocument) -> str:
    """Return the document as plain text, with the conversations."""
    lines = _head(document)
    judgements = {judgement.session: judgement for judgement in document.judgements}
    for seen in document.sessions:
        title = f"Session {seen.number}: {headline(seen)}"
        lines += ["", title, "=" * len(title), _place(seen), ""]
        rows = facts_of(seen)
        width = max((len(row.name) for row in rows), default=0)
        lines += [f"  {row.name:<{width}}  {row.text}" for row in rows]
        if seen.number in judgements:
            lines += ["", *_text_judgement(judgements[seen.number])]
        lines += ["", f"Transcript ({LEGEND})", *(f"  {_line(line)}" for line in seen.transcript)]
        if seen.lines_dropped:
            lines.append(f"  … {seen.lines_dropped} more lines were not kept")
        if seen.relay is not None and seen.relay.transcript:
            lines += ["", f"With {seen.relay.server}, port {seen.relay.port} (C Sendproof, S the real server)"]
            lines += [f"  {_line(line)}" for line in seen.relay.transcript]
    return "\n".join([*lines, ""])


def render_markdown(document: ListenDocument) -> str:
    """Return the document as Markdown, with the conversations in fenced blocks."""
    head, *rest = _head(document)
    lines = [f"# {escape(head)}", "", *(f"{escape(line)}  " for line in rest)]
    judgements = {judgement.session: judgement for judgement in document.judgements}
    for seen in document.sessions:
        lines += ["", f"## Session {seen.number}: {escape(headline(seen))}", "", escape(_place(seen)), ""]
        lines += ["| What the device does | |", "| --- | --- |"]
        lines += [f"| {escape(row.name)} | {escape(row.text)} |" for row in facts_of(seen)]
        if seen.number in judgements:
            lines += ["", *_markdown_judgement(judgements[seen.number])]
        lines += ["", LEGEND, "", code_block([_line(line) for line in seen.transcript])]
        if seen.relay is not None and seen.relay.transcript:
            lines += ["", escape(f"With {seen.relay.server}, port {seen.relay.port}:"), ""]
            lines.append(code_block([_line(line) for line in seen.relay.transcript]))
    return "\n".join([*lines, ""])


def _head(document: ListenDocument) -> list[str]:
    places = ", ".join(
        f"{place.address} port {place.port}" for place in document.places if not place.address.startswith("fe80")
    )
    count = len(document.sessions)
    lines = [
        f"Listening to a device: {document.title}",
        f"{document.tool.name} {document.tool.version}, {document.started_at}, {document.duration_ms / 1000:.0f} s",
        f"Listened at {places or 'no address'}; {count} session{'' if count == 1 else 's'}",
    ]
    if document.sessions_dropped:
        lines.append(f"{document.sessions_dropped} further sessions were not kept")
    lines += [f"Turned away: {entry.address} ({entry.why}), {entry.count} times" for entry in document.turned_away]
    if document.choices.relay_to:
        lines.append(f"Passed through to {document.choices.relay_to} after consent")
    return lines


def _place(seen: SessionSeen) -> str:
    return (
        f"{seen.started_at}, from {seen.peer_address} port {seen.peer_port} "
        f"to {seen.local_address} port {seen.local_port}"
    )


def _text_judgement(judgement: Judgement) -> list[str]:
    lines = [f"What {judgement.server} would say"]
    for finding in judgement.findings:
        lines += [f"  {_MARKS[finding.severity]} {finding.title}", f"    {finding.text}"]
        lines += [f"    {step}" for step in _steps(finding)]
    return lines


def _markdown_judgement(judgement: Judgement) -> list[str]:
    lines = [f"### What {escape(judgement.server)} would say", ""]
    for finding in judgement.findings:
        lines.append(f"- {_MARKS[finding.severity]} **{escape(finding.title)}**: {escape(finding.text)}")
        for fix in finding.fixes if finding.severity in {"error", "warning"} else ():
            lines.append(f"    - {escape(fix.text)}{' (not verified)' if fix.unverified else ''}")
            if fix.command:
                lines += ["", code_block([fix.command], 8), ""]
    return lines


def _steps(finding: JudgedFinding) -> list[str]:
    if finding.severity not in {"error", "warning"}:
        return []
    steps = []
    for fix in finding.fixes:
        steps.append(f"→ {fix.text}{' (not verified)' if fix.unverified else ''}")
        if fix.command:
            steps.append(f"    {fix.command}")
    return steps


def _line(line: TranscriptLine) -> str:
    who = _WHO[line.direction]
    sign = f"~{who}" if line.encrypted and who != "*" else who
    return f"{line.ms / 1000:8.3f}  {line.stage.value:<9} {sign:>2}: {line.text}"


def text_of_document(document: str) -> str:
    """Return a kept document as text, for the history. Raises ValueError where it is not one of ours."""
    return render_text(from_json(document))
