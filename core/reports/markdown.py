"""The report as Markdown, for tickets and wikis. What came from the network stands in code or is escaped."""

from __future__ import annotations

import re

from core.reports import words
from core.reports.report import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@-])")


def escape(text: str) -> str:
    """Return `text` so that Markdown takes it as words: no link, image, HTML, mention or heading can begin in it."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text)).strip()


def code(text: str) -> str:
    """Return `text` as inline code, with a fence longer than any run of backticks in it."""
    flat = re.sub(r"\s+", " ", text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    return f"{fence} {flat} {fence}" if "`" in flat else f"{fence}{flat}{fence}"


def code_block(lines: list[str]) -> list[str]:
    """Return `lines` as a fenced block that nothing in them can close."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def render_markdown(report: Report) -> str:
    """Return the whole report as Markdown."""
    diagnosis = report.diagnosis
    lines = [
        f"# {words.OUTCOME_SIGNS[report.outcome]} {escape(words.headline(report))}",
        "",
        f"{code(words.target_line(report))}, started {report.started_at}, "
        f"{escape(report.tool.name)} {report.tool.version}. {words.about_sending(report)}",
        "",
        escape(diagnosis.summary),
    ]
    if diagnosis.technical:
        lines += ["", escape(diagnosis.technical)]
    if diagnosis.fixes:
        lines += ["", f"## {words.next_steps_heading(report)}", ""]
        for number, fix in enumerate(diagnosis.fixes, 1):
            note = " (not verified by us)" if fix.unverified else ""
            link = f" <{fix.link}>" if fix.link else ""
            lines.append(f"{number}. {escape(fix.text)}{note}{link}")
            if fix.command:
                lines += ["", *(f"   {line}" for line in code_block(fix.command.splitlines())), ""]
    if diagnosis.owner:
        lines += ["", f"**Who fixes it:** {escape(diagnosis.owner)}"]
    lines += ["", f"**Confidence:** {diagnosis.confidence} (`{diagnosis.cause}`)"]
    if diagnosis.evidence:
        lines += ["", "## Evidence", ""]
        lines += [f"- {code(item.text)} ({escape(item.source)})" for item in diagnosis.evidence]
    if diagnosis.ruled_out:
        lines += ["", "## Ruled out by this test", ""]
        lines += [f"- {escape(ruled.title or ruled.cause)}: {escape(ruled.because)}" for ruled in diagnosis.ruled_out]
    if diagnosis.alternatives:
        lines += [
            "",
            f"Also possible: {'; '.join(escape(words.cause_title(cause)) for cause in diagnosis.alternatives)}",
        ]
        if diagnosis.question:
            lines += ["", f"What decides: {escape(diagnosis.question)}"]
    if report.findings:
        lines += ["", "## Worth knowing", ""]
        lines += [f"- **{escape(finding.title.rstrip('.'))}:** {escape(finding.text)}" for finding in report.findings]
    lines += ["", "## Stages", "", "| | Stage | Result | Time | |", "|---|---|---|---|---|"]
    for result in report.stages:
        lines.append(
            f"| {words.STATUS_SIGNS[result.status]} | {words.label(result.stage)} "
            f"| {words.STATUS_WORDS[result.status]} | {result.duration_ms:.0f} ms | {escape(result.summary)} |"
        )
    lines += ["", "## Transcript", "", f"{escape(words.LEGEND)}", ""]
    lines += code_block([words.transcript_line(line) for line in report.transcript])
    proof = report.proof
    lines += [
        "",
        f"UTC {proof.utc}, from {code(proof.local_address or 'unknown')}, "
        f"public address {code(proof.public_address or 'not seen')}, transcript SHA-256 `{proof.transcript_sha256}`",
    ]
    return "\n".join(lines) + "\n"
