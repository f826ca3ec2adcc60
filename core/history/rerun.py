"""From a report back to a form: the same check again, with everything but the secret."""

from __future__ import annotations

from core.reports.report import Report
from core.request import FormValues

NULL_SENDER = "<>"


def form_values_of(report: Report) -> FormValues:
    """Return the settings of the check behind `report` as a filled-in form, without password, token and CA file.

    Leave to sign in without encryption holds for one run, so it is not taken over either.
    """
    request, target, further = report.request, report.target, report.request.further
    mechanism = request.auth or "auto"
    return FormValues(
        server=target.server,
        port=str(target.port),
        security=target.security,
        ehlo=request.ehlo,
        user=request.user or "",
        mechanism=mechanism,
        sender=request.from_,
        recipients=request.to,
        send=request.send,
        attach_size=str(further.attach_size) if further.attach_size else "",
        timeout=_number(further.timeout),
        deadline=_number(further.deadline),
        ip=further.ip or "auto",
        verify=further.verify,
        quit_after=further.quit_after.value if further.quit_after else "",
        tls_min=further.tls_min or "",
        tls_max=further.tls_max or "",
        ciphers=further.ciphers or "",
        sni=further.sni,
        device=request.device or "",
        resolver=further.resolver or "",
        dnsbl=further.dnsbl,
        dns_evidence=further.dns_evidence,
    )


def to_type_anew(report: Report) -> list[str]:
    """Return sentences about what a report never holds and the check needed; empty if nothing is missing."""
    missing = []
    if report.request.user:
        missing.append("Type the password anew: it is never kept.")
    if report.request.further.allow_plaintext_auth:
        missing.append("Sign-in without encryption was allowed for that run only: allow it again if it is meant.")
    if report.request.further.own_ca_file:
        missing.append("Choose the file of trusted roots again: where it lies is never kept.")
    return missing


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
