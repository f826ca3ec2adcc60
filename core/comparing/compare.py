"""`compare(first, second)`: two reports side by side, with what follows from them.

Evidence before opinion: a conclusion about the network needs the same settings in both runs and two public addresses
that are known; what is not known makes it "possible" at most, and is said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from core.comparing import pairing
from core.comparing.comparison import Comparison, Conclusion, Kind, Line, Pair, Pattern, Remark, Which
from core.comparing.conclusions import Conclusions, ConclusionText, Seen, fill, holds, load_conclusions
from core.reports import words
from core.reports.report import Confidence, Report
from core.stages import Outcome, Stage

_CONFIDENCES: tuple[Confidence, ...] = ("possible", "likely", "certain")
_HOUR, _DAY = 3_600.0, 86_400.0
MAX_CHANGES = 8
MAX_LISTS_NAMED = 3


def compare(first: Report, second: Report, *, data: Conclusions | None = None) -> Comparison:
    """Return the comparison of two runs; `first` is the run that was kept, or "before".

    Pure: nothing is asked, nothing is read but the data (`data`, or what ships with the program). Never raises for
    what a foreign report holds.
    """
    data = data or load_conclusions()
    listings = tuple(pairing.listings(first, second))
    encryption = tuple(pairing.encryption(first, second))
    stages = tuple(pairing.stages(first, second))
    network = tuple(pairing.network(first, second))
    line = pairing.line_of(first, second)
    pattern, failing = _ends(first, second)
    here, there = (second, first) if failing == "second" else (first, second)
    settings = tuple(pairing.settings(first, second, here.failed_stage if pattern != "differently" else None))
    changed = any(pair.weighty and pair.state == "differs" for pair in settings)
    kind: Kind = "before-after" if changed else "repeat" if line == "same" else "networks"
    facts = (*settings, *network, *encryption)
    signs = frozenset(_signs(first, second, here, there, {pair.id: pair for pair in facts}, line))
    if failing is None and "only-one-intercepted" in signs and pairing.publicly_trusted(second) is False:
        here, there, failing = second, first, "second"
    seen = Seen(
        kind=kind,
        line=line,
        pattern=pattern,
        cause=pairing.clean(here.diagnosis.cause, 80) or "unknown",
        stage=here.failed_stage,
        port=here.target.port,
        failing=failing,
        signs=signs,
    )
    values = dict(_values(first, second, here, there, settings))
    chosen = next(entry for entry in data.conclusion if holds(entry.when, seen))
    conclusion = Conclusion(
        id=chosen.id,
        title=fill(chosen.title, values),
        text=fill(chosen.text, values),
        confidence=_confidence(chosen, seen, here),
        next=fill(chosen.next, values),
        evidence=tuple(_evidence(first, second, seen, settings, values)),
    )
    remarks = tuple(
        Remark(id=entry.id, severity=entry.severity, title=fill(entry.title, values), text=fill(entry.text, values))
        for entry in data.remark
        if holds(entry.when, seen)
    )
    one, two = pairing.side(first), pairing.side(second)
    stopped = {"first": one, "second": two}.get(failing or "", two)
    return Comparison(
        started_at=two.started_at,
        title=conclusion.title,
        server=two.server,
        cause=stopped.cause,
        outcome=two.outcome,
        kind=kind,
        line=line,
        pattern=pattern,
        conclusion=conclusion,
        remarks=remarks,
        first=one,
        second=two,
        settings=settings,
        network=network,
        listings=listings,
        encryption=encryption,
        stages=stages,
    )


def _ends(first: Report, second: Report) -> tuple[Pattern, Which | None]:
    """Return how the two ends relate, and which run stopped (earlier); None where none did, or both alike."""
    if Outcome.CANCELLED in {first.outcome, second.outcome}:
        return "cancelled", None
    if first.failed_stage is None and second.failed_stage is None:
        return "both-passed", None
    if first.failed_stage is None or second.failed_stage is None:
        which: Which = "second" if first.failed_stage is None else "first"
        stopped, other = (second, first) if which == "second" else (first, second)
        assert stopped.failed_stage is not None
        return ("one-stopped" if pairing.passed(other, stopped.failed_stage) else "one-stopped-unproven"), which
    if first.failed_stage is second.failed_stage:
        return ("alike" if first.diagnosis.cause == second.diagnosis.cause else "differently"), None
    if pairing.passed(second, first.failed_stage):
        return "one-further", "first"
    if pairing.passed(first, second.failed_stage):
        return "one-further", "second"
    return "differently", None


def _signs(
    first: Report, second: Report, here: Report, there: Report, facts: dict[str, Pair], line: Line
) -> Iterator[str]:
    """Yield what can be seen in both reports, in words of `conclusions.SIGNS`."""
    for name, sign in (
        ("server", "server-differs"),
        ("sender", "sender-differs"),
        ("user", "sign-in-differs"),
        ("ehlo", "ehlo-differs"),
        ("send", "send-differs"),
        ("issuer", "issuer-differs"),
        ("resolver", "resolver-differs"),
    ):
        if facts[name].state == "differs":
            yield sign
    if facts["recipients"].state == "differs" and not _covers(there, here):
        yield "recipients-differ"
    weighty = [pair for pair in facts.values() if pair.weighty]
    if sum(pair.state == "differs" for pair in weighty) > 1:
        yield "several-changes"
    if any(pair.state == "unknown" and pair.id != "verified" for pair in weighty):
        yield "settings-unknown"
    if any("‹" in (pair.first or "") + (pair.second or "") for pair in facts.values()):
        yield "redacted"
    practice = [report.request.practice is not None for report in (first, second)]
    if all(practice):
        yield "both-practice"
    elif any(practice):
        yield "one-practice"
    versions = {":" in report.proof.public_address for report in (first, second) if report.proof.public_address}
    if line == "unknown" and len(versions) > 1:
        yield "ip-version-differs"
    if line == "other":
        yield "line-differs"
    if facts["local_address"].state == "same" and not all(practice):
        yield "local-same"
    yield from _about_trust(here, there)
    listed = (_is_listed(here), _is_listed(there))
    if all(listed):
        yield "both-listed"
    elif any(listed):
        yield "here-listed" if listed[0] else "there-listed"
    if here.request.user and there.request.user:
        yield "both-sign-in"
    if here.outcome is Outcome.DEFERRED:
        yield "here-deferred"
    codes = [pairing.reply_code(pairing.side(report).reply) for report in (first, second)]
    if first.failed_stage and codes[0] and codes[0] == codes[1]:
        yield "same-reply"
    for pair in pairing.stages(first, second):
        if pair.slower is not None:
            yield "slower-here" if (pair.slower == "first") == (here is first) else "slower-there"
    if any(report.failed_stage is None and not pairing.passed(report, Stage.RCPT_TO) for report in (first, second)):
        yield "short"
    yield from _about_time(first, second)


def _covers(there: Report, here: Report) -> bool:
    """Return whether `there` shows that every recipient of `here` is accepted: more recipients weaken nothing."""
    return pairing.passed(there, Stage.RCPT_TO) and set(here.request.to) <= set(there.request.to)


def _about_trust(here: Report, there: Report) -> Iterator[str]:
    trust = (pairing.publicly_trusted(here), pairing.publicly_trusted(there))
    issuers = (pairing.issuer(here), pairing.issuer(there))
    if set(trust) == {True, False} and issuers[0] != issuers[1]:
        yield "only-one-intercepted"
    if (pairing.starttls_offered(here), pairing.starttls_offered(there)) == ("no", "yes"):
        yield "starttls-only-there"


def _is_listed(report: Report) -> bool:
    """Return whether DNS or the server itself said that the run's address is on a blocklist."""
    by_dns = any(state.startswith("listed") for _, state in pairing.listings_of(report).values())
    return by_dns or report.diagnosis.cause == "ip-blocklisted"


def _about_time(first: Report, second: Report) -> Iterator[str]:
    if first.started_at == second.started_at and first.proof.transcript_sha256 == second.proof.transcript_sha256:
        yield "same-run"
    apart = _seconds_apart(first, second)
    if apart is None:
        return
    if apart < 0:
        yield "reversed"
    if abs(apart) > _HOUR:
        yield "apart-hour"
    if abs(apart) > _DAY:
        yield "apart-day"


def _seconds_apart(first: Report, second: Report) -> float | None:
    """Return how long after the first run the second began; None where a report has no proper time."""
    try:
        moments = [dt.datetime.fromisoformat(report.started_at) for report in (first, second)]
        return (moments[1] - moments[0]).total_seconds()
    except (ValueError, TypeError):
        return None


def _confidence(chosen: ConclusionText, seen: Seen, here: Report) -> Confidence:
    """Return how sure the conclusion is: never surer than the verdict it rests on, or than what is known."""
    limits = [chosen.confidence]
    if chosen.when.causes:
        limits.append(here.diagnosis.confidence)
    about_network = seen.kind == "networks" and seen.pattern in {"one-stopped", "one-further", "alike"}
    if about_network and (seen.line == "unknown" or seen.signs & {"settings-unknown", "apart-day", "ehlo-differs"}):
        limits.append("possible")
    if about_network and "apart-hour" in seen.signs:
        limits.append("likely")
    if seen.kind == "before-after" and seen.signs & {"line-differs", "recipients-differ", "sender-differs"}:
        limits.append("likely")
    return min(limits, key=_CONFIDENCES.index)


def _values(
    first: Report, second: Report, here: Report, there: Report, settings: tuple[Pair, ...]
) -> Iterator[tuple[str, str]]:
    """Yield the values for the texts, only those that are known."""
    names = ("the first run", "the second run") if here is first else ("the second run", "the first run")
    for role, name, report in (("here", names[0], here), ("there", names[1], there)):
        run = pairing.side(report)
        yield role, name
        yield f"{role}_begin", name[0].upper() + name[1:]
        yield f"{role}_network", name.replace("run", "network")
        yield f"{role}_cause", run.title.rstrip(".")
        for key, value in (
            ("address", run.public_address),
            ("stage", words.label(run.failed_stage) if run.failed_stage else None),
            ("reached", words.label(run.reached) if run.reached else None),
            ("reply", run.reply),
            ("issuer", pairing.issuer(report)),
            ("resolver", pairing.clean(report.proof.resolver, 100)),
            ("lists", _lists(report)),
        ):
            if value:
                yield f"{role}_{key}", value
    yield "server", pairing.clean(here.target.server, 260) or ""
    yield "port", str(here.target.port)
    yield "recipients", pairing.clean(", ".join(here.request.to), 200) or ""
    changes = [pair for pair in settings if pair.weighty and pair.state == "differs"][:MAX_CHANGES]
    yield "changes", "; ".join(f"{pair.label.lower()}: {pair.first} → {pair.second}" for pair in changes)
    slower = [pair for pair in pairing.stages(first, second) if pair.slower is not None]
    if slower:
        pair = max(slower, key=lambda entry: max(s.duration_ms for s in (entry.first, entry.second) if s))
        took = " and ".join(f"{s.duration_ms / 1000:.1f} s" for s in (pair.first, pair.second) if s)
        yield "slower", f"{pair.label} ({took})"
    apart = _seconds_apart(first, second)
    if apart is not None:
        yield "apart", _how_long(abs(apart))


def _lists(report: Report) -> str:
    names = [name for name, state in pairing.listings_of(report).values() if state.startswith("listed")]
    return ", ".join(names[:MAX_LISTS_NAMED])


def _how_long(seconds: float) -> str:
    for size, word in ((_DAY, "day"), (_HOUR, "hour"), (60.0, "minute")):
        if seconds >= size:
            number = round(seconds / size)
            return f"{number} {word}{'' if number == 1 else 's'}"
    return "less than a minute"


def _evidence(
    first: Report, second: Report, seen: Seen, settings: tuple[Pair, ...], values: dict[str, str]
) -> Iterator[str]:
    """Yield what the conclusion rests on, in the reports' own words."""
    for name, report in (("First run", first), ("Second run", second)):
        run = pairing.side(report)
        address = f", public address {run.public_address}" if run.public_address else ", public address not known"
        yield f"{name}, {run.started_at}{address}: {run.headline}"
        if run.reply and run.failed_stage is not None:
            yield f"{name}, reply at {words.label(run.failed_stage)}: {run.reply}"
    if seen.kind == "before-after":
        yield f"What differs in the settings: {values['changes']}"
    elif "settings-unknown" not in seen.signs:
        others = any(pair.state == "differs" for pair in settings if pair.id != "practice")
        yield "The settings of both runs are the same" + (", as far as they can have mattered." if others else ".")
    if "only-one-intercepted" in seen.signs:
        for role in ("here", "there"):
            yield f"Certificate in {values[role]}, issued by: {values.get(f'{role}_issuer', 'not seen')}"
