"""Which way of sending a finished check leads to: its own settings if they work, else the provider's own way.

A check that was refused on Direct Send leads to submission with sign-in, for instance; that is the sheet to show.
"""

from __future__ import annotations

from typing import Any

from core.addresses import is_outside
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.providers import Located, provider_of, recommended_submission
from core.reports.report import Report
from core.sheets.way import Security, SendingWay
from core.stages import Outcome, Stage, StageStatus

_SERVICES = {
    "smtp.hve.mx.microsoft": "high-volume",
    "smtp-hve.office365.com": "high-volume",
    "smtp.azurecomm.net": "azure",
    "smtp-legacy.office365.com": "submission-legacy-tls",
}
"""Microsoft's submission servers that have a method of their own."""

_OWN_SETTINGS_ARE_RIGHT = frozenset(
    {
        "recipient-unknown",
        "recipient-access-denied",
        "mailbox-full",
        "mailbox-unavailable",
        "recipient-restricted",
        "greylisted",
        "rate-limited",
        "service-unavailable-temporary",
    }
)
"""Causes that have nothing to do with the way: the settings stay as they are."""


def way_from(report: Report, knowledge: Knowledge | None = None) -> SendingWay | None:
    """Return the way that a sheet should be made for after this check; None where no way is known to fit.

    Accepted, or refused for a reason that lies with the recipient: the check's own settings. Else the way with
    sign-in that the provider of the server, or of the sender's domain, supports.
    """
    knowledge = knowledge or load_knowledge()
    place = provider_of(report.target.server, knowledge)
    cause = report.diagnosis.cause
    if report.outcome is Outcome.ACCEPTED or cause in _OWN_SETTINGS_ARE_RIGHT:
        return _own_way(report, place)
    if cause == "basic-auth-retired":
        return _without_password(report, place)
    if place.role in {"submission", "relay"} and place.endpoint is not None and place.endpoint.ports:
        return _same_server(report, place)
    provider = place.provider or _provider_of_sender(report)
    known = recommended_submission(provider, knowledge)
    if known is None:
        return None
    return _way(
        report,
        server=known.submission_server,
        port=known.submission_port,
        security=known.submission_security,
        provider=known.id,
        method="submission",
        signs_in=True,
    )


def method_of(place: Located, server: str, *, signs_in: bool, external: bool) -> str:
    """Return the method (`way.METHODS`) that settings amount to.

    place: where the server belongs. external: whether somebody outside the sender's domain is written to, which a
    domain's own MX does only for a client that it knows.
    """
    service = _SERVICES.get(server.strip().rstrip(".").lower())
    if service is None and server.lower().endswith(".smtp.azurecomm.net"):
        service = "azure"
    if service:
        return service
    if place.role == "mx":
        return "connector" if external else "direct-send"
    if place.role == "relay":
        return "relay"
    return "submission" if signs_in else "relay"


def _own_way(report: Report, place: Located) -> SendingWay:
    target = report.target
    signed_in = report.stage(Stage.AUTH).status in {StageStatus.PASSED, StageStatus.WARNING}
    encrypted = report.stage(Stage.TLS).status in {StageStatus.PASSED, StageStatus.WARNING}
    security: Security = "none"
    if encrypted:
        security = "starttls" if report.stage(Stage.STARTTLS).status is not StageStatus.SKIPPED else "tls"
    return _way(
        report,
        server=target.server,
        port=target.port,
        security=security,
        provider=place.provider,
        method=method_of(place, target.server, signs_in=signed_in, external=_external(report)),
        signs_in=signed_in,
    )


def _same_server(report: Report, place: Located) -> SendingWay:
    """Return the right settings for a submission server or relay that was asked already."""
    endpoint = place.endpoint
    assert endpoint is not None
    service = next((entry for entry in endpoint.ports if entry.port == report.target.port), endpoint.ports[0])
    if service.port == 25 and endpoint.ports[0].port != 25:
        service = endpoint.ports[0]  # many networks filter port 25
    method = method_of(place, report.target.server, signs_in=True, external=_external(report))
    return _way(
        report,
        server=report.target.server,
        port=service.port,
        security=service.security,
        provider=place.provider,
        method=method,
        signs_in=method != "relay" or bool(report.request.user),
    )


def _without_password(report: Report, place: Located) -> SendingWay | None:
    """Return a way that needs no mailbox password: the domain's own MX with a connector, or High Volume Email."""
    hosts = _sender_domain(report).get("hosts") or ()
    if place.provider != "microsoft365":
        return None
    if hosts and provider_of(str(hosts[0])).provider == "microsoft365":
        server, port, method = str(hosts[0]), 25, "connector"
    elif not _external(report):
        server, port, method = "smtp.hve.mx.microsoft", 587, "high-volume"
    else:
        server, port, method = "smtp.azurecomm.net", 587, "azure"
    return _way(
        report,
        server=server,
        port=port,
        security="starttls",
        provider="microsoft365",
        method=method,
        signs_in=method != "connector",
    )


def _way(
    report: Report,
    *,
    server: str,
    port: int,
    security: Security,
    provider: str | None,
    method: str,
    signs_in: bool,
) -> SendingWay:
    sender = "" if report.request.from_ == "<>" else report.request.from_
    user = (report.request.user or sender or None) if signs_in else None
    if user and "@" in user and (report.diagnosis.cause == "send-as-denied" or not sender):
        sender = user
    return SendingWay(
        server=server,
        port=port,
        security=security,
        user=user,
        sender=sender,
        provider=provider,
        method=method,
        public_address=report.proof.public_address,
        tenant=sender.rpartition("@")[2] or None,
    )


def _external(report: Report) -> bool:
    own = report.request.from_.rpartition("@")[2].lower()
    return any(is_outside(own, address.rpartition("@")[2].lower()) for address in report.request.to)


def _sender_domain(report: Report) -> dict[str, Any]:
    found = report.evidence.get("sender_domain")
    return found if isinstance(found, dict) else {}


def _provider_of_sender(report: Report) -> str | None:
    provider = _sender_domain(report).get("provider")
    return provider if isinstance(provider, str) else None
