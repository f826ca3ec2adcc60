"""The diagnosis of one check: the matched cause in plain words, with the evidence and the exclusions it rests on.

Pure: facts, stage results, values and knowledge in; a `core.reports.report.Diagnosis` out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from core.diagnosis.evidence import evidence
from core.diagnosis.ruling_out import ruled_out
from core.knowledge.advise import advise, best_variant, fill_text, with_captures
from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.match import Seen, Verdict, holds, judge, see
from core.reports.report import Diagnosis, Finding, StageResult
from core.stages import Stage, StageStatus

ACCEPTED = "accepted"
_DONE = {StageStatus.PASSED, StageStatus.WARNING}


def diagnose(
    facts: Facts,
    stages: Sequence[StageResult],
    values: Mapping[str, str],
    knowledge: Knowledge | None = None,
    *,
    today: date | None = None,
) -> Diagnosis:
    """Return the diagnosis of a check, or of a failure without stages.

    facts: the failing stage's facts, or those of the last positive reply. stages: the results so far, in order; a
    check in which none failed counts as accepted. values: what is known for the placeholders (see placeholders.toml),
    by name; what is missing is filled from the reply or with stand-in words. today: for facts that have a date;
    default: now, in UTC.
    """
    known = knowledge or load_knowledge()
    accepted = bool(stages) and _nothing_failed(stages)
    if accepted:
        facts = _with_send(facts, stages)
    seen = see(_with_issuer(facts, values), known, today)
    verdict = Verdict(ACCEPTED, "certain") if accepted else judge(seen, known)
    return describe(verdict, seen, stages, values, known)


def describe(
    verdict: Verdict, seen: Seen, stages: Sequence[StageResult], values: Mapping[str, str], knowledge: Knowledge
) -> Diagnosis:
    """Return the diagnosis for a verdict that is already known (a panel code, for example)."""
    facts = seen.facts
    cause = knowledge.cause(verdict.cause)
    filled = with_captures(values, verdict.captures, facts, knowledge)
    if facts.stage:
        filled.setdefault("stage", knowledge.stages[facts.stage].label)
    variant = best_variant(cause, seen, verdict)
    owner = knowledge.owners[(variant and variant.owner) or cause.owner].words
    question = (variant and variant.question) or verdict.question
    return Diagnosis(
        cause=verdict.cause,
        confidence=verdict.confidence,
        title=fill_text((variant and variant.title) or cause.title, filled, knowledge),
        summary=fill_text((variant and variant.summary) or cause.summary, filled, knowledge),
        technical=fill_text((variant and variant.technical) or cause.technical, filled, knowledge),
        owner=owner,
        evidence=evidence(verdict, facts, knowledge),
        fixes=advise(cause, seen, verdict, filled, knowledge),
        ruled_out=ruled_out(verdict, seen, stages, filled, knowledge),
        alternatives=_alternatives(verdict),
        question=fill_text(question, filled, knowledge) if question else None,
    )


def _alternatives(verdict: Verdict) -> tuple[str, ...]:
    """A certain verdict names only what its own rule can't tell apart: chance matches would unsettle."""
    if verdict.confidence == "certain" and verdict.rule is not None:
        return verdict.rule.alternatives
    return verdict.alternative_causes


def notices(
    facts: Facts,
    stages: Sequence[StageResult],
    cause: str,
    values: Mapping[str, str],
    knowledge: Knowledge | None = None,
    *,
    today: date | None = None,
) -> tuple[Finding, ...]:
    """Return what is worth knowing beside the verdict: notices that have a date, and observations that mislead.

    facts, stages, values, today: as for `diagnose`. cause: the cause that was found.
    """
    known = knowledge or load_knowledge()
    seen = see(facts, known, today)
    filled = with_captures(values, {}, facts, known)
    passed = {result.stage for result in stages if result.status in _DONE}
    found = []
    for notice in known.notices:
        fits = not notice.causes or cause in notice.causes
        if fits and passed.issuperset(notice.passed) and holds(notice.when, seen):
            severity: Literal["info", "warning", "error"] = notice.severity
            found.append(
                Finding(
                    severity=severity,
                    title=notice.title,
                    text=fill_text(notice.text, filled, known),
                    topic=notice.id,
                )
            )
    found.extend(
        Finding(
            severity="info",
            title=f"Misleading: “{indicator.seen.rstrip('.')}”",
            text=indicator.really,
            topic=f"misleading-{indicator.id}",
        )
        for indicator in known.indicators
        if cause in indicator.causes and holds(indicator.when, seen) and _indicator_applies(indicator.id, passed)
    )
    return tuple(found)


def _indicator_applies(indicator: str, passed: set[Stage]) -> bool:
    """An observation about a stage is only worth a word when that stage did pass."""
    needed = {"starttls-offered": Stage.TLS, "mail-from-accepted": Stage.MAIL_FROM, "port-open": Stage.CONNECT}
    return indicator not in needed or needed[indicator] in passed


def _nothing_failed(stages: Sequence[StageResult]) -> bool:
    """Whether the walk got to its wished end: something passed and nothing failed."""
    if any(result.status is StageStatus.FAILED for result in stages):
        return False
    return any(result.status in _DONE for result in stages)


def _with_issuer(facts: Facts, values: Mapping[str, str]) -> Facts:
    """Add who issued a refused certificate to the words the rules look at: an inspection product gives itself away."""
    issuer = values.get("certificate_issuer", "")
    if not issuer or not (facts.tls_error or "").startswith("certificate") or issuer in facts.text:
        return facts
    return replace(facts, text=f"{facts.text}\nissuer {issuer[:300]}".strip())


def _with_send(facts: Facts, stages: Sequence[StageResult]) -> Facts:
    sent = any(result.stage is Stage.MESSAGE and result.status in _DONE for result in stages)
    asked = facts.asked | {"send"} if sent else facts.asked - {"send"}
    last = [result.stage for result in stages if result.status in _DONE][-1]
    return replace(facts, asked=asked, stage=last)
