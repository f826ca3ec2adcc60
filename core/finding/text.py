"""A plan and a finished search as plain text: a table, the recommendation, the next step."""

from __future__ import annotations

from collections.abc import Iterator

from core.finding.model import FindDocument, Plan, PlannedWay, WayResult, from_json
from core.finding.recommend import outside
from core.reports.text import wrapped
from core.reports.words import label, security_words

SIGNS = {"works": "✓", "partly": "!", "fails": "✕", "later": "!", "not-tried": "–", "cancelled": "–"}
WORDS = {
    "works": "accepted",
    "partly": "only some",
    "fails": "failed",
    "later": "try later",
    "not-tried": "not tried",
    "cancelled": "cancelled",
}
VERDICT_SIGNS = {"recommended": "✓", "makeshift": "!", "none": "✕", "cancelled": "–"}


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield what will be tried, as lines."""
    found = plan.found
    who = f"{found.domain}: {found.provider_name}" if found.provider else f"{found.domain}: provider not known"
    yield from wrapped(f"{who}. {found.because}".strip(), "  ", first="")
    for note in plan.notes:
        yield from wrapped(note, "  ", first="* ")
    yield f"From {plan.sender} to {', '.join(plan.recipients)}" + (f", signing in as {plan.user}" if plan.user else "")
    if plan.device:
        yield f"Device: {plan.device} ({plan.device_limits or 'no limits are known'})"
    yield "A test message is really sent where a way works." if plan.send else "No message is sent."
    yield ""
    width = max((len(way.title) for way in plan.ways), default=0)
    place = max((len(server_words(way)) for way in plan.ways), default=0)
    for way in plan.ways:
        to = f"to {', '.join(way.recipients)}" if way.recipients else ""
        how = ("signs in, " if way.sign_in else "") + (to + (", also as the device" if way.with_device else ""))
        what = f"not tried: {way.left_out}" if way.left_out else how
        sign = "–" if way.left_out else "·"
        now = " (set in the copier now)" if way.present else ""
        yield f"  {sign} {way.title:<{width}}  {server_words(way):<{place}}  {what}{now}"


def server_words(way: PlannedWay) -> str:
    """Return server, port and encryption in a few words."""
    return f"{way.server}:{way.port} {security_words(way.security) if way.security != 'starttls' else 'STARTTLS'}"


def result_words(result: WayResult) -> str:
    """Return how a way did, in a word or two: accepted, or the stage where it ended."""
    if result.state in {"fails", "later"} and result.stage is not None:
        return label(result.stage)
    return WORDS[result.state]


def way_line(way: PlannedWay, result: WayResult) -> str:
    """Return the line of one way, for the live view."""
    now = ", as set in the copier now" if way.present else ""
    return (
        f"{SIGNS[result.state]} {way.title}{now} — {server_words(way)}: {result_words(result)}; "
        f"{why(result)}  ({result.duration_ms / 1000:.1f} s)"
    )


def why(result: WayResult) -> str:
    """Return why a way failed, or why it is not the one to take although it works."""
    return " ".join(result.cautions) if result.cautions else result.why


def verdict_lines(document: FindDocument) -> Iterator[str]:
    """Yield the recommendation and the next step."""
    found = document.recommendation
    yield f"{VERDICT_SIGNS[found.verdict]} {found.headline}"
    yield from wrapped(found.text, "  ")
    if found.dates:
        yield from wrapped(found.dates, "  ")
    if found.way is not None:
        way = document.plan.way(found.way)
        yield ""
        yield "What to set" if found.verdict == "recommended" else "What works, with reserve"
        security = found.sending.security if found.sending else way.security
        rows = [
            ("Server", way.server),
            ("Port", str(way.port)),
            ("Encryption", security_words(security)),
            ("Sign-in", f"yes, as {document.plan.user}" if way.sign_in else "no"),
            ("Sender", document.plan.sender),
            ("Reaches", _reach(document.plan, way)),
        ]
        yield from (f"  {name + ':':<12} {value}" for name, value in rows)
        yield from wrapped(way.explanation, "  ")
        others = [result for result in document.ways if result.cautions and result.way != way.id]
        if others:
            yield ""
            yield "What works besides"
            for result in others:
                yield from wrapped(
                    f"{document.plan.way(result.way).title}: {' '.join(result.cautions)}", "    ", first="  • "
                )
    step = found.next_step
    if step is not None:
        yield ""
        yield "Do this next"
        yield from wrapped(step.text, "  ")
        if step.command:
            yield from (f"    > {line}" for line in step.command.splitlines())
        if step.link:
            yield f"    {step.link}"
        if step.who:
            yield f"  Who: {step.who}"


def _reach(plan: Plan, way: PlannedWay) -> str:
    """Return whom `way` reaches: without sign-in a server may know this site, or only its own recipients."""
    if way.reach != "anybody":
        return "recipients inside the organisation only"
    if way.sign_in or outside(plan, way.recipients):
        return "everybody"
    return "recipients inside; whether others too was not tried"


def render_text(document: FindDocument) -> str:
    """Return the whole search as text."""
    lines = [f"Sendproof {document.tool.version}, search for settings, {document.started_at}", ""]
    lines += plan_lines(document.plan)
    lines += ["", *verdict_lines(document), "", "All ways"]
    lines += [f"  {way_line(document.plan.way(result.way), result)}" for result in document.ways]
    return "\n".join(lines) + "\n"


def render_document(document: str) -> str:
    """Return a kept search as text. Raises ValueError (of msgspec) where `document` is none."""
    return render_text(from_json(document))
