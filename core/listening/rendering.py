"""The document of a time of listening, judged for a service, and as Markdown for a ticket; as text: `text`.

All that came from the network was made harmless when it was recorded; Markdown's own signs are escaped here.
"""

from __future__ import annotations

import msgspec

from core.knowledge.load import Knowledge
from core.listening.facts import facts_of, headline
from core.listening.judging import judge_all
from core.listening.observation import Judgement, ListenDocument
from core.listening.text import LEGEND, SIGNS, closing_line, session_heading, turned_away_line
from core.reports.inert import code_block, value
from core.reports.inert import markdown as escape
from core.reports.words import transcript_line


def judged(
    document: ListenDocument,
    service_id: str | None = None,
    device_id: str | None = None,
    knowledge: Knowledge | None = None,
) -> ListenDocument:
    """Return the document with the judgement of each session for a service, and with both noted as chosen."""
    return msgspec.structs.replace(
        document,
        judgements=judge_all(document.sessions, service_id, device_id, knowledge),
        choices=msgspec.structs.replace(document.choices, provider=service_id, device=device_id),
    )


def render_markdown(document: ListenDocument) -> str:
    """Return the document as Markdown, with the conversations in fenced blocks."""
    lines = [
        f"# Listening to a device: {escape(document.title)}",
        "",
        f"{document.tool.name} {document.tool.version}, {document.started_at}. {escape(closing_line(document))}",
    ]
    lines += ["", *(f"- {escape(turned_away_line(entry))}" for entry in document.turned_away)]
    judgements = {judgement.session: judgement for judgement in document.judgements}
    for seen in document.sessions:
        lines += ["", f"## {escape(session_heading(seen))}", "", escape(headline(seen)), ""]
        lines += ["| What the device does | |", "| --- | --- |"]
        lines += [f"| {escape(fact.name)} | {value(fact.text)} |" for fact in facts_of(seen)]
        if seen.number in judgements:
            lines += ["", *_judgement(judgements[seen.number])]
        lines += ["", LEGEND, "", code_block(transcript_line(line) for line in seen.transcript)]
        if seen.relay is not None and seen.relay.transcript:
            lines += ["", escape(f"The real server’s side ({seen.relay.server} port {seen.relay.port})"), ""]
            lines.append(code_block(transcript_line(line) for line in seen.relay.transcript))
    return "\n".join([*lines, ""])


def _judgement(judgement: Judgement) -> list[str]:
    lines = [f"### What {escape(judgement.server)} would say", ""]
    for finding in judgement.findings:
        lines.append(f"- {SIGNS[finding.severity]} **{escape(finding.title)}**: {escape(finding.text)}")
        for fix in finding.fixes if finding.severity in {"error", "warning"} else ():
            lines.append(f"    - {escape(fix.text)}{' (not verified)' if fix.unverified else ''}")
            if fix.command:
                lines += ["", code_block([fix.command], 8), ""]
    return lines
