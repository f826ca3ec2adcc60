"""Explain an error: from a pasted text to cause, stage and fixes, without any network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.diagnosis.diagnose import describe
from core.knowledge.advise import fill_text
from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge
from core.knowledge.match import Alternative, Verdict, judge, see
from core.knowledge.model import PanelCode
from core.knowledge.panels import panel_codes_in
from core.knowledge.reading import read
from core.reports.report import Diagnosis
from core.stages import Stage


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a text means. stage: where it belongs, None if that is not known.

    panel_codes: what a device means by it, the best first; those not verified are marked so.
    """

    verdict: Verdict
    facts: Facts
    stage: Stage | None
    panel_codes: tuple[PanelCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One cause that a text can mean. title: in plain words. reason: what speaks for it; empty for the first."""

    cause: str
    title: str
    reason: str


def understand(
    text: str,
    knowledge: Knowledge,
    *,
    stage: Stage | None = None,
    server: str | None = None,
    port: int | None = None,
    auth: bool | None = None,
    context: Mapping[str, Any] | None = None,
) -> Explanation:
    """Return what `text` means; quick, without the sentences that `explain` adds.

    text: a reply, a bounce, a client's error, a log line, or what a device's panel shows; any length, never trusted.
    stage, server, port, auth, context: what is known beside it (see `reading.read`).
    """
    facts = read(text, knowledge, stage=stage, server=server, port=port, auth=auth, context=context)
    verdict = judge(see(facts, knowledge), knowledge)
    spoken = facts.code is None and verdict.points < _STRONG
    codes = panel_codes_in(text, knowledge) if spoken else ()
    if codes:
        verdict = _panel_verdict(codes, verdict)
        facts = replace(facts, stage=facts.stage or codes[0].stage)
    return Explanation(verdict, facts, facts.stage, codes)


def explain(explanation: Explanation, knowledge: Knowledge) -> Diagnosis:
    """Return the full diagnosis of an explanation, with sentences and fixes."""
    seen = see(explanation.facts, knowledge)
    return describe(explanation.verdict, seen, (), {}, knowledge)


def plain_title(cause: str, knowledge: Knowledge) -> str:
    """Return a cause's title in plain words, without the particulars of one case."""
    return fill_text(knowledge.cause(cause).title, {}, knowledge)


def candidates(explanation: Explanation, diagnosis: Diagnosis, knowledge: Knowledge) -> tuple[Candidate, ...]:
    """Return what the text can mean, the likeliest first, which is the diagnosis itself; one if nothing else fits."""
    reasons = {other.cause: other.reason for other in explanation.verdict.alternatives}
    others = (
        Candidate(cause, plain_title(cause, knowledge), reasons.get(cause, "")) for cause in diagnosis.alternatives
    )
    return (Candidate(diagnosis.cause, diagnosis.title, ""), *others)


_STRONG = 9.0
"""A verdict with this many points rests on the words themselves; no panel code overrules it."""


def _panel_verdict(codes: tuple[PanelCode, ...], read_as: Verdict) -> Verdict:
    causes: list[str] = []
    for code in codes:
        causes.extend(cause for cause in code.causes if cause not in causes)
    if read_as.rule is not None and read_as.cause not in causes:
        causes.append(read_as.cause)
    first, *others = causes
    sure = len(codes) == 1 and codes[0].verified and len(codes[0].causes) == 1 and first != "unknown"
    reason = "the same panel code stands for it"
    return Verdict(
        cause=first,
        confidence="likely" if sure else "possible",
        alternatives=tuple(Alternative(cause, "", reason, 0.0) for cause in others[:5]),
        question=codes[0].question,
    )
