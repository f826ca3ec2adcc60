"""Which way to take, and why: ranked by what is supported and lasts, not by what happened to work. Pure.

Signing in goes before a relay, a relay before Direct Send (the ranks of the data); what ends goes behind what lasts;
what works only today, because nobody looked at this site's address yet, is never recommended without saying so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from core.finding.judging import answers
from core.finding.model import (
    FindDocument,
    NextStep,
    Plan,
    PlannedWay,
    Recommendation,
    Verdict,
    WayResult,
)
from core.finding.plan import LEFT_NO_SIGN_IN
from core.knowledge import templates
from core.knowledge.load import Knowledge
from core.sheets.way import SendingWay

SIGN_IN_MISSING = "sign-in-missing"

ABOUT_THE_ADDRESS = frozenset({"ip-blocklisted", "ip-blocked-by-provider", "ptr-missing-or-mismatch", "spf-fail"})
"""Causes that concern this site's Internet address; signing in avoids them."""

_RISKS = frozenset({"blocklist", "blocklist-policy", "spf", "reverse-name"})
"""Topics of findings that make a way without sign-in one for today only."""

_MEDIUM_EFFORT = 6
"""For causes of which `next_steps.toml` says nothing."""


def finish(
    plan: Plan,
    results: Sequence[WayResult],
    *,
    started_at: dt.datetime,
    duration_ms: float,
    cancelled: bool,
    knowledge: Knowledge,
) -> FindDocument:
    """Return the finished document: results with their cautions and places, and the recommendation."""
    ranked = rank(plan, results, knowledge)
    recommendation = recommend(plan, ranked, duration_ms, cancelled=cancelled, knowledge=knowledge)
    way = plan.way(recommendation.way) if recommendation.way else None
    good = recommendation.verdict == "recommended"
    step = recommendation.next_step
    later = step is not None and step.way is not None and _result(ranked, step.way).state == "later"
    return FindDocument(
        started_at=started_at.isoformat(timespec="milliseconds"),
        duration_ms=round(duration_ms, 1),
        title=f"{plan.found.domain}: {recommendation.headline}",
        server=f"{way.server}:{way.port}" if way else plan.found.domain,
        cause="accepted" if good else (step.cause if step and step.cause else "unknown"),
        outcome="cancelled" if cancelled else "accepted" if good else "deferred" if later else "stopped",
        plan=plan,
        ways=ranked,
        recommendation=recommendation,
    )


def exit_status(document: FindDocument) -> int:
    """Return the exit status: 0 a recommended way works, 1 none, 3 try later, 130 cancelled."""
    return {"accepted": 0, "deferred": 3, "cancelled": 130}.get(document.outcome, 1)


# --- the order of the ways -----------------------------------------------------------------------------------------


def rank(plan: Plan, results: Sequence[WayResult], knowledge: Knowledge) -> tuple[WayResult, ...]:
    """Return the results with what speaks against each way that works, and the place of those to recommend."""
    fit = sorted(
        (result for result in results if _can_be_recommended(plan, result, knowledge)),
        key=lambda result: _order(plan.way(result.way)),
    )
    places = {result.way: place for place, result in enumerate(fit, 1)}
    best = plan.way(fit[0].way) if fit else None
    return tuple(
        msgspec.structs.replace(
            result, place=places.get(result.way, 0), cautions=_cautions(plan, result, best, knowledge)
        )
        for result in results
    )


def _order(way: PlannedWay) -> tuple[bool, int]:
    return way.standing == "ending", way.rank


def _can_be_recommended(plan: Plan, result: WayResult, knowledge: Knowledge) -> bool:
    way = plan.way(result.way)
    return (
        result.state == "works"
        and way.recommended
        and way.standing != "ended"
        and _reaches_all(plan, way)
        and not _risks(way, result, knowledge)
    )


def _reaches_all(plan: Plan, way: PlannedWay) -> bool:
    """Return whether the way reaches everybody who was named."""
    return way.reach == "anybody" or not _outside(plan)


def _outside(plan: Plan) -> bool:
    return bool(outside(plan, plan.recipients))


def outside(plan: Plan, addresses: Sequence[str]) -> tuple[str, ...]:
    """Return those of `addresses` that are not in the organisation; a subdomain of either is inside."""
    domain = plan.found.domain
    homes = {domain, plan.sender.rpartition("@")[2].lower()}
    return tuple(
        address
        for address in addresses
        if (there := address.rpartition("@")[2].lower()) not in homes
        and not any(there.endswith("." + home) or home.endswith("." + there) for home in homes)
    )


def _risks(way: PlannedWay, result: WayResult, knowledge: Knowledge) -> tuple[str, ...]:
    """Return why a way without sign-in works only today, from what DNS said about this site's address."""
    if way.sign_in or result.report is None:
        return ()
    risks = [
        f"{finding.title.rstrip('.')}."
        for finding in result.report.findings
        if finding.topic in _RISKS and finding.severity != "info"
    ]
    if name := _dynamic_name(result, knowledge):
        risks.append(
            f"Port {way.port} from a changing address works today: {name} is a name that Internet providers give to "
            "private or changing lines, which mail servers refuse sooner or later."
        )
    return tuple(risks)


def _dynamic_name(result: WayResult, knowledge: Knowledge) -> str:
    reverse = result.report.evidence.get("reverse_name") if result.report else None
    names = reverse.get("names") if isinstance(reverse, dict) else None
    for name in names if isinstance(names, list) else ():
        parts = set(re.split(r"[^a-z]+", str(name).lower()))
        if parts & knowledge.dynamic_words and not parts & knowledge.fixed_words:
            return str(name)[:255]
    return ""


def _cautions(plan: Plan, result: WayResult, best: PlannedWay | None, knowledge: Knowledge) -> tuple[str, ...]:
    way = plan.way(result.way)
    if result.state not in {"works", "partly"}:
        return ()
    cautions = []
    if not way.recommended:
        cautions.append(way.not_recommended)
    if way.standing == "ended":
        cautions.append(way.prospect)
    cautions += _risks(way, result, knowledge)
    if not _reaches_all(plan, way):
        cautions.append("This way reaches recipients inside only.")
    if best is not None and best.id != way.id and not cautions:
        cautions.append(_second(way, best))
    return tuple(caution for caution in cautions if caution)


def _second(way: PlannedWay, best: PlannedWay) -> str:
    """Say why `best` goes before a way that could be recommended as well."""
    if way.standing == "ending" and best.standing != "ending":
        return f"Works too, but will not last: {best.short} goes before it. {way.prospect}"
    if best.sign_in and not way.sign_in:
        return f"Works too; {best.short} goes before it, since this site’s Internet address does not count there."
    return f"Works too; {best.short} goes before it. {way.explanation}"


# --- the recommendation --------------------------------------------------------------------------------------------


def recommend(
    plan: Plan, results: Sequence[WayResult], duration_ms: float, *, cancelled: bool, knowledge: Knowledge
) -> Recommendation:
    """Return what to set and why, or the shortest next step. `results` are those of `rank`."""
    placed = sorted((result for result in results if result.place), key=lambda result: result.place)
    if placed:
        best = plan.way(placed[0].way)
        return Recommendation(
            verdict="recommended",
            headline=_headline(plan, results, best),
            text=_text(plan, results, duration_ms, best, cancelled=cancelled),
            way=best.id,
            dates=best.prospect,
            sending=sending_way(plan, best, placed[0], results),
        )
    makeshift = _makeshift(plan, results)
    step = next_step(plan, results, knowledge)
    verdict: Verdict = "cancelled" if cancelled else "makeshift" if makeshift else "none"
    if makeshift:
        way = plan.way(makeshift.way)
        reserve = _reserve(plan, way, makeshift)
        headline = f"Only {way.short} works from this site{reserve}"
        if not reserve:
            headline = f"Only {way.short} works from this site today, and it can’t be recommended"
        return Recommendation(
            verdict=verdict,
            headline="The search was cancelled" if cancelled else headline,
            text=" ".join(
                (_tried(results, duration_ms, cancelled=cancelled), _accepted(plan, way), *makeshift.cautions)
            ),
            way=way.id,
            dates=way.prospect,
            next_step=step,
            sending=sending_way(plan, way, makeshift, results),
        )
    headline = "The search was cancelled" if cancelled else "No way of sending works from this site yet"
    if not plan.to_try:
        headline = "There was nothing to try"
    return Recommendation(
        verdict=verdict,
        headline=headline,
        text=_text(plan, results, duration_ms, None, cancelled=cancelled) if plan.to_try else _nothing_to_try(plan),
        next_step=step,
    )


def _nothing_to_try(plan: Plan) -> str:
    if plan.found.provider or plan.found.mx:
        return "None of the possible ways is asked for. Enter a user name and password, or include more ways."
    return (
        f"It is not known which service takes the mail of {plan.found.domain}. See that this computer reaches the "
        "Internet and its DNS server, or name the organisation’s mail server yourself, and search again."
    )


def _headline(plan: Plan, results: Sequence[WayResult], best: PlannedWay) -> str:
    """Count kinds of ways: two ports of one kind are one way to whoever reads it."""
    working = [plan.way(result.way) for result in results if result.state in {"works", "partly"}]
    kinds = {(way.method, way.sign_in) for way in working}
    if len(kinds) == 1:
        return f"One way works from this site: {best.short}"
    return f"{len(kinds)} ways work from this site. The one to take: {best.short}"


def _makeshift(plan: Plan, results: Sequence[WayResult]) -> WayResult | None:
    """Return the best of what works with reserve: such as for recipients inside only, or only today."""
    works = [result for result in results if result.state in {"works", "partly"}]
    return min(
        works,
        key=lambda result: (
            not plan.way(result.way).recommended,
            plan.way(result.way).standing == "ended",
            result.state != "works",
            *_order(plan.way(result.way)),
        ),
        default=None,
    )


def _reserve(plan: Plan, way: PlannedWay, result: WayResult) -> str:
    """Return whom a way does not reach, as the end of a headline; empty if nobody."""
    if result.state == "works":
        return "" if _reaches_all(plan, way) else ", and for recipients inside only"
    taken = {
        bool(entry.get("external"))
        for entry in (answers(result.report) if result.report else ())
        if entry.get("accepted")
    }
    if taken == {True}:
        return ", and not for recipients inside"
    return ", and for recipients inside only" if taken == {False} else ", and not for every recipient"


def _tried(results: Sequence[WayResult], duration_ms: float, *, cancelled: bool) -> str:
    tried = sum(result.state not in {"not-tried", "cancelled"} for result in results)
    words = f"{tried} {'way was' if tried == 1 else 'ways were'} tried in {max(duration_ms, 100) / 1000:.1f} s"
    return f"{words}, then the search was cancelled." if cancelled else f"{words}."


def _accepted(plan: Plan, way: PlannedWay) -> str:
    """Say what the server accepted, and what nobody asked it: some refusals come only with the message (RFC 5321)."""
    words = f"{way.server} takes senders and recipients from here without sign-in."
    if way.sign_in:
        words = f"Signing in to {way.server} is accepted."
    elif plan.send:
        words = f"{way.server} takes mail from here without sign-in."
    return words if plan.send else f"{words} No message was sent, so what it says to one is not tested."


def _text(
    plan: Plan, results: Sequence[WayResult], duration_ms: float, best: PlannedWay | None, *, cancelled: bool
) -> str:
    parts = [_tried(results, duration_ms, cancelled=cancelled)]
    if best is not None:
        parts.append(_accepted(plan, best))
    without = [
        result
        for result in results
        if not plan.way(result.way).sign_in and result.state in {"fails", "later", "partly"} and not result.device_fails
    ]
    by_address = [result for result in without if result.cause in ABOUT_THE_ADDRESS]
    if by_address:
        servers = ", ".join(dict.fromkeys(plan.way(result.way).server for result in by_address))
        parts.append(f"{servers} refuses every message from here because of this site’s Internet address.")
    kept_back = [result for result in results if result.state == "not-tried" and result.report is not None]
    if kept_back:
        parts.append(f"The sign-in was refused once and not repeated, so {len(kept_back)} more could not be tried.")
    if best is None and not cancelled:
        failed = [
            result for result in results if result.state in {"fails", "later"} and plan.way(result.way).recommended
        ]
        first = min(failed, key=lambda result: plan.way(result.way).rank, default=None)
        if first is not None and first not in by_address:
            way = plan.way(first.way)
            parts.insert(1, f"{way.title} ({way.server}, port {way.port}): {first.why.rstrip('.')}.")
    return " ".join(parts)


# --- what to do where nothing works --------------------------------------------------------------------------------


def next_step(plan: Plan, results: Sequence[WayResult], knowledge: Knowledge) -> NextStep | None:
    """Return the step with the least effort that lets a way work which can be recommended, and for whom it is."""
    found: list[tuple[tuple[bool, int, bool, int], NextStep]] = []
    for result in results:
        way = plan.way(result.way)
        if not way.recommended or result.state not in {"fails", "later", "partly", "not-tried"}:
            continue
        cause = SIGN_IN_MISSING if result.why == LEFT_NO_SIGN_IN else result.cause
        if cause is None:
            continue
        known = knowledge.next_steps.get(cause)
        effort = known.effort if known else _MEDIUM_EFFORT
        order = (way.standing == "ending", effort, not _reaches_all(plan, way), way.rank)
        found.append((order, _step(plan, way, result, cause, knowledge)))
    return min(found, key=lambda entry: entry[0])[1] if found else None


def _step(plan: Plan, way: PlannedWay, result: WayResult, cause: str, knowledge: Knowledge) -> NextStep:
    known = knowledge.next_steps.get(cause)
    report = result.device_report if result.device_fails and result.device_report else result.report
    fixes = report.diagnosis.fixes if report else ()
    fix = next((fix for fix in fixes if fix.command), fixes[0] if fixes else None)
    if known is not None and not known.with_command:
        fix = None
    values = {
        "server": way.server,
        "port": str(way.port),
        "user": plan.user or "",
        "sender": plan.sender,
        "sender_domain": plan.found.domain,
    }
    text = templates.fill(known.text.replace("{short}", way.short), values, knowledge.stand_in_words) if known else ""
    owner = knowledge.owners[known.owner].words if known and known.owner else ""
    return NextStep(
        text=text or (fix.text if fix else result.why),
        who=owner or (report.diagnosis.owner if report else ""),
        way=way.id,
        cause=cause,
        command=fix.command if fix else None,
        link=fix.link if fix else None,
    )


def sending_way(plan: Plan, way: PlannedWay, result: WayResult, results: Sequence[WayResult] = ()) -> SendingWay:
    """Return what a settings sheet needs for `way`."""
    reports = [entry.report for entry in (result, *results) if entry.report]
    public = next((report.proof.public_address for report in reports if report.proof.public_address), None)
    security = way.security
    if security == "auto":
        encrypted = result.report is not None and any(line.encrypted for line in result.report.transcript)
        security = "tls" if way.port == 465 else "starttls" if encrypted else "none"
    return SendingWay(
        server=way.server,
        port=way.port,
        security=security,  # type: ignore[arg-type]
        user=plan.user if way.sign_in else None,
        sender=plan.sender,
        provider=plan.found.provider,
        method=way.method,
        public_address=public,
        tenant=plan.found.domain or None,
    )


def _result(results: Sequence[WayResult], way_id: str) -> WayResult:
    return next(result for result in results if result.way == way_id)
