"""What can't be the reason, because a stage passed that would have failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from core.knowledge.advise import fill_text
from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge
from core.knowledge.match import Seen, Verdict, holds
from core.reports.report import RuledOut, StageResult
from core.stages import Stage, StageStatus

_AFTER_SIGN_IN = {Stage.MAIL_FROM, Stage.RCPT_TO, Stage.DATA, Stage.MESSAGE}
_ABOUT_SIGN_IN = {"auth-required", "relay-denied", "send-as-denied", "accepted"}


def ruled_out(
    verdict: Verdict, seen: Seen, stages: Sequence[StageResult], values: Mapping[str, str], knowledge: Knowledge
) -> tuple[RuledOut, ...]:
    """Return the groups of causes that the passed stages exclude, in the order of the stages, then what evidence does.

    The found cause and its alternatives are never ruled out; a stage that passed with a warning excludes nothing, since
    the warning may be the very thing (an untrusted certificate that was accepted on request).
    """
    spared = {verdict.cause, *verdict.alternative_causes}
    found: list[RuledOut] = []
    passed = [result.stage for result in stages if result.status is StageStatus.PASSED]
    for stage in passed:
        for group in knowledge.stages[stage].rules_out:
            causes = [cause for cause in group.causes if cause not in spared]
            if not causes or len(causes) < len(group.causes) / 2:
                continue
            if group.when.stages and not set(group.when.stages) & set(_reached(stages)):
                continue
            if not holds(msgspec.structs.replace(group.when, stages=()), seen):
                continue
            found.append(
                RuledOut(
                    cause=causes[0], because=fill_text(group.because, values, knowledge), title=group.title, stage=stage
                )
            )
    found.extend(
        RuledOut(cause=exclusion.id, because=fill_text(exclusion.because, values, knowledge), title=exclusion.title)
        for exclusion in knowledge.exclusions
        if holds(exclusion.when, seen) and exclusion.title not in {entry.title for entry in found}
    )
    sign_in = _no_sign_in_used(verdict, seen.facts, stages)
    if sign_in:
        found.append(sign_in)
    return tuple(found)


def _reached(stages: Sequence[StageResult]) -> list[Stage]:
    return [result.stage for result in stages if result.status not in {StageStatus.SKIPPED, StageStatus.NOT_REACHED}]


def _no_sign_in_used(verdict: Verdict, facts: Facts, stages: Sequence[StageResult]) -> RuledOut | None:
    """Where no password was used and the server did not ask for one, none can be wrong."""
    status = {result.stage: result.status for result in stages}
    if status.get(Stage.AUTH) is not StageStatus.SKIPPED or "auth" in facts.asked:
        return None
    if not _AFTER_SIGN_IN & set(_reached(stages)):
        return None
    if verdict.cause in _ABOUT_SIGN_IN or verdict.cause.startswith(("auth-", "smtp-auth", "basic-auth")):
        return None
    return RuledOut(
        cause="auth-bad-credentials",
        because="No user name or password was used, so none can be wrong, and the server did not ask for one.",
        title="Sign-in",
        stage=Stage.MAIL_FROM,
    )
