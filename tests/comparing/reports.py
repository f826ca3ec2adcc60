"""Makes reports as a check would have, for comparing: what differs between two of them is said and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.reports.report import Diagnosis, Proof, Report, RequestSummary, StageResult, Target
from core.stages import Outcome, Stage, StageStatus, order

SITE, HOTSPOT = "203.0.113.9", "198.51.100.77"
BEGAN = dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC)

SENT_ONLY = (Stage.DATA, Stage.MESSAGE)


def report(
    failed: Stage | str | None = None,
    cause: str = "accepted",
    *,
    address: str | None = SITE,
    local: str | None = "192.168.1.20",
    server: str = "smtp.office365.com",
    port: int = 587,
    user: str | None = "scanner@contoso.com",
    sender: str = "scanner@contoso.com",
    to: tuple[str, ...] = ("office@contoso.com",),
    ehlo: str = "copier.contoso.com",
    security: str = "starttls",
    outcome: Outcome | None = None,
    confidence: str = "certain",
    reply: str = "550 5.7.1 Refused",
    last: Stage = Stage.RCPT_TO,
    minutes: float = 0,
    practice: str | None = None,
    details: dict[str, dict[str, Any]] | None = None,
    ms: dict[str, float] | None = None,
    evidence: dict[str, Any] | None = None,
    tls_limits: str | None = None,
) -> Report:
    """Return a report whose check stopped at `failed` for `cause`, or went through to `last`."""
    failed = Stage(failed) if failed else None
    details = {"ehlo": {"extensions": ["STARTTLS"]}, "tls": TRUSTED} | (details or {})
    stages = []
    ended = False
    for stage in order(implicit_tls=security == "tls"):
        if stage is failed:
            status, ended = StageStatus.FAILED, True
        elif ended:
            status = StageStatus.NOT_REACHED
        elif stage in SENT_ONLY and last not in SENT_ONLY:
            status = StageStatus.SKIPPED
        else:
            status = StageStatus.PASSED
        found = details.get(stage.value, {}) if status is not StageStatus.NOT_REACHED else {}
        if stage is failed:
            found = {"reply": reply} | found
        stages.append(
            StageResult(
                stage=stage,
                status=status,
                duration_ms=(ms or {}).get(stage.value, 10.0),
                summary="",
                proves="",
                does_not_prove="",
                details=found,
            )
        )
        ended = ended or stage is last
    began = BEGAN + dt.timedelta(minutes=minutes)
    return Report(
        started_at=began.isoformat(),
        duration_ms=500.0,
        target=Target(server=server, port=port, security=security, address="192.0.2.25"),
        request=RequestSummary(
            ehlo=ehlo,
            user=user,
            auth="auto" if user else None,
            from_=sender,
            to=to,
            send=last in SENT_ONLY,
            practice=practice,
            tls_limits=tls_limits,
        ),
        outcome=outcome or (Outcome.STOPPED if failed else Outcome.ACCEPTED),
        failed_stage=None if outcome is Outcome.CANCELLED else failed,
        diagnosis=Diagnosis(
            cause=cause,
            confidence=confidence,  # type: ignore[arg-type]
            title=f"Title of {cause}",
            summary="",
            owner="",
        ),
        findings=(),
        stages=tuple(stages),
        transcript=(),
        evidence=evidence or {},
        proof=Proof(
            utc=began.isoformat(),
            local_address=local,
            public_address=address,
            resolver="192.0.2.53",
            server_address="192.0.2.25",
            transcript_sha256=f"{minutes}{address}{failed}",
        ),
    )


def certificate(issuer: str, *, public: bool) -> dict[str, Any]:
    """Return the details of a handshake with a certificate by `issuer`."""
    return {
        "version": "1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "verified": True,
        "trusted": public,
        "trusted_by_system": public,
        "trusted_by_mozilla": public,
        "trusted_by_file": False,
        "problems": [] if public else ["certificate-untrusted"],
        "chain": [{"subject": "smtp.office365.com", "issuer": issuer}],
    }


TRUSTED = certificate("DigiCert Cloud Services CA-1", public=True)
INTERCEPTED = certificate("Fabrikam Web Shield", public=False)


def listed(*zones: str, clean: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return evidence in which the address is on `zones`, and not on `clean`."""
    entries: list[dict[str, Any]] = [
        {"zone": zone, "name": zone, "state": "listed", "codes": [{"code": "127.0.0.10", "part": "PBL"}]}
        for zone in zones
    ]
    entries += [{"zone": zone, "name": zone, "state": "not-listed", "codes": []} for zone in clean]
    return {"blocklists": entries}
