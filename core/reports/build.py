"""From a walked conversation to the finished report: facts are stated, diagnosed, and put together.

Every text passes the redactor here once more; whatever went wrong before, no secret leaves in a report.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.diagnosis.diagnose import diagnose, notices
from core.evidence.telling import findings as evidence_findings
from core.knowledge.facts import Facts
from core.knowledge.load import Knowledge
from core.reports.report import (
    Diagnosis,
    EvidenceItem,
    Finding,
    FurtherSettings,
    Proof,
    Report,
    RequestSummary,
    StageResult,
    Target,
    TranscriptLine,
)
from core.reports.seal import sealed
from core.request import DEFAULT_DEADLINE, DEFAULT_TIMEOUT, CheckRequest, IpVersion, Security
from core.session.conversation import Conversation, StageFailed
from core.session.transcript import render
from core.stages import Outcome, Stage, StageStatus

MAX_DETAIL_CHARACTERS = 2_000
"""A longer text in a stage's details is cut."""


def build_report(
    talk: Conversation,
    failure: StageFailed | None,
    *,
    findings: Iterable[Finding],
    cancelled: bool,
    started_at: dt.datetime,
    duration_ms: float,
    knowledge: Knowledge,
) -> Report:
    """Return the report of a check that came as far as `talk.results` says and ended with `failure` (None: well)."""
    stages = _all_stages(talk, failure, cancelled=cancelled)
    failed_stage = next((result.stage for result in stages if result.status is StageStatus.FAILED), None)
    outcome = _outcome(failure, cancelled=cancelled)
    findings = list(findings)
    if outcome is Outcome.CANCELLED:
        diagnosis = _cancelled(talk)
    else:
        facts = state_facts(talk, failure, failed_stage)
        values = {name: talk.clean(value) for name, value in values_of(talk).items()}
        diagnosis = diagnose(facts, stages, values, knowledge)
        if talk.evidence is not None:
            findings += evidence_findings(talk.evidence, talk.request, accepted=failure is None)
        findings += notices(facts, stages, diagnosis.cause, values, knowledge)
    transcript = tuple(line.as_report() for line in talk.transcript.lines)
    if talk.transcript.dropped:
        last = talk.transcript.lines[-1]
        more = f"{talk.transcript.dropped} further lines were left out"
        transcript += (
            TranscriptLine(ms=last.ms, stage=last.stage, direction="note", encrypted=False, text=more, masked=False),
        )
    report = Report(
        started_at=started_at.isoformat(timespec="milliseconds"),
        duration_ms=round(duration_ms, 1),
        target=Target(
            server=talk.request.server,
            port=talk.request.port,
            security=talk.request.security.value,
            address=talk.server_address,
            provider=talk.place.provider,
            role=talk.place.role,  # type: ignore[arg-type]
        ),
        request=_request(talk.request, talk.clean),
        outcome=outcome,
        failed_stage=failed_stage if outcome is not Outcome.CANCELLED else None,
        diagnosis=diagnosis,
        findings=tuple(findings),
        stages=stages,
        transcript=transcript,
        evidence=_evidence(talk),
        proof=Proof(
            utc=started_at.isoformat(timespec="seconds"),
            local_address=talk.local_address,
            public_address=_public_address(talk),
            resolver=talk.resolver,
            server_address=talk.server_address,
            transcript_sha256=fingerprint(transcript),
        ),
    )
    return sealed(report)


def state_facts(talk: Conversation, failure: StageFailed | None, failed_stage: Stage | None) -> Facts:
    """Return what the rules may look at: the failure with what was known of the connection, or the success."""
    request = talk.request
    common: dict[str, Any] = {
        "server": request.server,
        "port": request.port,
        "provider": talk.place.provider,
        "role": talk.place.role,
        "encrypted": talk.encrypted if talk.wire is not None else None,
        "offered": talk.extensions.words() if (talk.before_tls or talk.after_tls) else None,
        "asked": _asked(request),
    }
    observed = talk.observed | (talk.evidence.signs() if talk.evidence else frozenset())
    if talk.path_mtu is not None:
        observed |= set(talk.path_mtu.signs)
    if failure is None:
        last = [stage for stage, result in talk.results.items() if result.status in _GOOD]
        reply = talk.results[last[-1]].details.get("reply", "") if last else ""
        return Facts(stage=last[-1] if last else None, text=str(reply), signs=frozenset(observed), **common)
    reply_text = failure.reply.text if failure.reply else failure.text
    return Facts(
        stage=failed_stage,
        code=failure.reply.code or None if failure.reply else None,
        enhanced=failure.reply.enhanced if failure.reply else None,
        text=talk.clean(render(talk.clean(reply_text.replace("\n", " ")), limit=4000)),
        os_error=failure.os_error,
        tls_error=failure.tls_error,
        signs=frozenset(failure.signs | observed),
        **common,
    )


_GOOD = frozenset({StageStatus.PASSED, StageStatus.WARNING})


def _asked(request: CheckRequest) -> frozenset[str]:
    words = set()
    if request.security is Security.NONE:
        words.add("plain")
    else:
        words.add("tls")
        words.add("implicit-tls" if request.implicit_tls else "starttls")
    if request.credentials is not None:
        words |= {"auth"} | ({f"auth:{request.mechanism.value}"} if request.mechanism.value != "auto" else set())
        if request.sender.text.lower() != request.credentials.user.lower():
            words.add("sender-differs-from-user")
    if request.send:
        words.add("send")
    if request.needs_smtputf8:
        words.add("smtputf8")
    if request.security is not Security.NONE:
        words.add("tls-limits" if request.tls else "full-tls")
    if request.recipients and not request.sender.is_null:
        outside = [request.is_external(recipient) for recipient in request.recipients]
        words |= ({"external-recipient"} if any(outside) else set()) | (
            set() if all(outside) else {"internal-recipient"}
        )
    return frozenset(words)


def values_of(talk: Conversation) -> dict[str, str]:
    """Return the values for placeholders in texts and commands, as far as they are known."""
    request = talk.request
    public_address = _public_address(talk) or ""
    values = {
        "server": request.server,
        "port": str(request.port),
        "sender": request.sender.text,
        "sender_domain": request.sender.domain,
        "recipient": request.recipients[0].text if request.recipients else "",
        "recipients": ", ".join(recipient.text for recipient in request.recipients),
        "user": request.credentials.user if request.credentials else "",
        "ehlo": request.ehlo,
        "device": request.device or "",
        "public_address": public_address,
        "ipv4_address": "" if ":" in public_address else public_address,
        "local_address": talk.local_address or "",
        "server_address": talk.server_address or "",
        **(talk.evidence.values() if talk.evidence else {}),
        **_path_values(talk),
        **talk.values,
    }
    return {name: value for name, value in values.items() if value}


def _evidence(talk: Conversation) -> dict[str, Any]:
    """Return what was found out beside the conversation: by DNS, and about the packet size."""
    found = talk.evidence.as_details() if talk.evidence else {}
    if talk.path_mtu is not None:
        from core.pathmtu.after_silence import evidence_of

        found["path_mtu"] = evidence_of(talk.path_mtu)
    return clean_details(found, talk.clean)


def _path_values(talk: Conversation) -> dict[str, str]:
    if talk.path_mtu is None:
        return {}
    from core.pathmtu.after_silence import values_of as path_values

    return path_values(talk.path_mtu)


def _public_address(talk: Conversation) -> str | None:
    for stage in (Stage.EHLO_TLS, Stage.EHLO):
        if stage in talk.results and (found := talk.results[stage].details.get("public_address")):
            return str(found)
    return talk.evidence.values().get("public_address") if talk.evidence else None


def _outcome(failure: StageFailed | None, *, cancelled: bool) -> Outcome:
    if cancelled:
        return Outcome.CANCELLED
    if failure is None:
        return Outcome.ACCEPTED
    if failure.reply is not None and failure.reply.transient:
        return Outcome.DEFERRED
    return Outcome.STOPPED


def _all_stages(talk: Conversation, failure: StageFailed | None, *, cancelled: bool) -> tuple[StageResult, ...]:
    """Return a result for every stage: those walked, and for the others why they were not."""
    results = []
    for stage in talk.request.stages:
        result = talk.results.get(stage)
        if result is None:
            left_out = failure is None and not cancelled
            skipped = left_out or (stage in {Stage.DATA, Stage.MESSAGE} and not talk.request.send)
            if left_out:
                summary = "Not asked for: the check ended before."
            elif skipped:
                summary = "Not asked for: nothing was sent."
            else:
                summary = "Not reached: the check was cancelled." if cancelled else "Not reached."
            result = StageResult(
                stage=stage,
                status=StageStatus.SKIPPED if skipped else StageStatus.NOT_REACHED,
                duration_ms=0.0,
                summary=summary,
                proves="",
                does_not_prove="",
            )
        results.append(result)
    return tuple(results)


def _cancelled(talk: Conversation) -> Diagnosis:
    """Return what can be said of a check that was ended on purpose: nothing about a cause."""
    good = [stage for stage in talk.request.stages if stage in talk.results and talk.results[stage].status in _GOOD]
    reached = f"Everything up to “{good[-1].value}” had passed." if good else "No stage was finished by then."
    return Diagnosis(
        cause="unknown",
        confidence="possible",
        title="The check was cancelled",
        summary=f"The check was ended before it was finished. {reached} Run it again for a result.",
        owner="",
        evidence=tuple(
            EvidenceItem(text=talk.results[stage].summary, source=f"stage {stage.value}") for stage in good[-1:]
        ),
    )


def _request(request: CheckRequest, clean: Callable[[str], str]) -> RequestSummary:
    """Return what was asked for. A user name is cleaned as well: people type the password into the wrong field."""
    return RequestSummary(
        ehlo=clean(request.ehlo),
        user=clean(request.credentials.user) if request.credentials else None,
        auth=request.mechanism.value if request.credentials else None,
        from_=clean(request.sender.text),
        to=tuple(clean(recipient.text) for recipient in request.recipients),
        send=request.send,
        device=request.device,
        tls_limits=request.tls.describe() or None,
        practice=request.practice,
        further=_further(request, clean),
    )


def _further(request: CheckRequest, clean: Callable[[str], str]) -> FurtherSettings:
    """Return the settings that nobody usually changes. A rehearsal's own roots and silence in DNS are none of them."""
    tls, resolver = request.tls, request.resolver
    rehearsal = request.practice is not None
    return FurtherSettings(
        timeout=request.timeout if request.timeout != DEFAULT_TIMEOUT else None,
        deadline=request.deadline if request.deadline != DEFAULT_DEADLINE else None,
        ip=request.ip.value if request.ip is not IpVersion.AUTO else None,
        verify=request.verify,
        allow_plaintext_auth=request.allow_plaintext_auth,
        quit_after=request.quit_after,
        attach_size=request.attach_size,
        tls_min=tls.minimum,
        tls_max=tls.maximum,
        ciphers=clean(tls.ciphers) or None,
        sni=tls.sni,
        own_ca_file=request.ca_file is not None and not rehearsal,
        resolver=str(resolver) if resolver else None,
        dnsbl=request.dnsbl,
        dns_evidence=request.dns_evidence or rehearsal,
    )


def fingerprint(transcript: Iterable[TranscriptLine]) -> str:
    """Return the SHA-256 of the transcript: of "direction, space, text, newline" of each line, in UTF-8."""
    digest = hashlib.sha256()
    for line in transcript:
        digest.update(f"{line.direction} {line.text}\n".encode())
    return digest.hexdigest()


def clean_details(details: Mapping[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    """Return `details` with every text harmless, bounded and free of secrets."""
    return {name: _clean(value, clean) for name, value in details.items()}


def _clean(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(render(clean(value), limit=MAX_DETAIL_CHARACTERS))  # before it is cut, and after
    if isinstance(value, dict):
        return {str(key): _clean(item, clean) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, clean) for item in value[:1000]]
    return value
