"""The report as one HTML file: printable, no script, nothing loaded from anywhere, every foreign text escaped."""

from __future__ import annotations

from html import escape

from core.reports import words
from core.reports.report import Report
from core.stages import Outcome, StageStatus

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; --good: #0b7a75; --warn: #8a6a00; --bad: #9b1c1c; --info: #1d4f9e; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --good: #5eead4; --warn: #facc3d; --bad: #f2777a; --info: #6ea0e0; } }
body { font: 15px/1.5 "Segoe UI", system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; line-height: 1.3; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .quiet { opacity: .7; }
table { border-collapse: collapse; width: 100%; } td { padding: .25rem .6rem .25rem 0; vertical-align: top; }
tr { border-bottom: 1px solid var(--line); }
pre { font: 13px/1.5 "Cascadia Mono", Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.box { border: 1px solid var(--line); padding: .6rem .8rem; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""

_CLASSES = {
    StageStatus.PASSED: "good",
    StageStatus.WARNING: "warn",
    StageStatus.FAILED: "bad",
    StageStatus.SKIPPED: "quiet",
    StageStatus.NOT_REACHED: "quiet",
}
_OUTCOMES = {Outcome.ACCEPTED: "good", Outcome.STOPPED: "bad", Outcome.DEFERRED: "warn", Outcome.CANCELLED: "quiet"}


def render_html(report: Report) -> str:
    """Return the whole report as a complete HTML page."""
    diagnosis = report.diagnosis
    body = [
        f'<h1 class="{_OUTCOMES[report.outcome]}">{words.OUTCOME_SIGNS[report.outcome]} '
        f"{escape(words.headline(report))}</h1>",
        f'<p class="quiet">{escape(words.target_line(report))}<br>Started {escape(report.started_at)}, '
        f"{report.duration_ms / 1000:.2f} s. {escape(words.about_sending(report))}</p>",
        f"<p>{escape(diagnosis.summary)}</p>",
    ]
    if diagnosis.technical:
        body.append(f"<p>{escape(diagnosis.technical)}</p>")
    if diagnosis.fixes:
        body.append(f"<h2>{words.next_steps_heading(report)}</h2><ol>")
        for fix in diagnosis.fixes:
            note = ' <span class="quiet">(not verified by us)</span>' if fix.unverified else ""
            command = f'<pre class="box">{escape(fix.command)}</pre>' if fix.command else ""
            link = _link(fix.link) if fix.link else ""
            body.append(f"<li>{escape(fix.text)}{note}{link}{command}</li>")
        body.append("</ol>")
    if diagnosis.owner:
        body.append(f"<p><b>Who fixes it:</b> {escape(diagnosis.owner)}</p>")
    body.append(f"<p><b>Confidence:</b> {escape(diagnosis.confidence)} ({escape(diagnosis.cause)})</p>")
    body += _list("Evidence", [f"{item.text} ({item.source})" for item in diagnosis.evidence])
    body += _list(
        "Ruled out by this test", [f"{ruled.title or ruled.cause}: {ruled.because}" for ruled in diagnosis.ruled_out]
    )
    body += _list("Also possible", [words.cause_title(cause) for cause in diagnosis.alternatives])
    body += _list("Worth knowing", [f"{finding.title.rstrip('.')}: {finding.text}" for finding in report.findings])
    body.append("<h2>Stages</h2><table>")
    for result in report.stages:
        body.append(
            f'<tr><td class="{_CLASSES[result.status]}">{words.STATUS_SIGNS[result.status]} '
            f"{words.STATUS_WORDS[result.status]}</td><td>{words.label(result.stage)}</td>"
            f"<td>{result.duration_ms:.0f} ms</td><td>{escape(result.summary)}</td></tr>"
        )
    lines = "\n".join(escape(words.transcript_line(line)) for line in report.transcript)
    body.append(f'</table><h2>Transcript</h2><p class="quiet">{escape(words.LEGEND)}</p><pre class="box">{lines}</pre>')
    proof = report.proof
    body.append(
        f'<p class="quiet">{escape(report.tool.name)} {escape(report.tool.version)}. UTC {escape(proof.utc)}, '
        f"from {escape(proof.local_address or 'unknown')}, "
        f"public address {escape(proof.public_address or 'not seen')}, "
        f"transcript SHA-256 {escape(proof.transcript_sha256)}</p>"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(words.headline(report))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _link(address: str) -> str:
    """Return a link, or plain text where a report from elsewhere holds something other than a web address."""
    shown = escape(address)
    if not address.startswith("https://"):
        return f"<br>{shown}"
    return f'<br><a href="{shown}" rel="noreferrer">{shown}</a>'


def _list(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return [f"<h2>{title}</h2><ul>", *(f"<li>{escape(item)}</li>" for item in items), "</ul>"]
