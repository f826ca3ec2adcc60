"""From what somebody typed to one request to listen, or to problems by field; nothing typed is lost."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import Final

from core.addresses import MAX_PORT, AddressProblem, Mailbox, parse_host, parse_mailbox, port_number
from core.knowledge.load import Knowledge
from core.listening.request import IMPLICIT_TLS_PORTS, MECHANISMS, ListenRequest, Relay, offered_by
from core.listening.service import service_of
from core.request import FieldProblem, Security
from core.secret import Secret

MAX_PORTS: Final = 4
MAX_RELAY_RECIPIENTS: Final = 5
"""Pass-through is for one test message, not for a mailing."""


@dataclass(frozen=True, slots=True)
class ListenForm:
    """What is typed on the page that listens, as text. The relay_… fields count only where `relay` is set."""

    ports: str = "2525"
    service: str = ""
    device: str = ""
    compare: Secret | None = None
    only_service_mechanisms: bool = True
    starttls: bool = True
    sign_in_before_tls: bool = True
    refuse_sign_in: bool = False
    allow_public: bool = False
    relay: bool = False
    relay_server: str = ""
    relay_port: str = "587"
    relay_security: str = "starttls"
    relay_recipients: str = ""
    relay_sign_in: bool = False
    relay_consent: bool = False


@dataclass(frozen=True, slots=True)
class ParsedListening:
    """A request if no problem is an error, and all problems and hints; `field` is a name of ListenForm."""

    request: ListenRequest | None
    problems: tuple[FieldProblem, ...] = ()


def parse_listening(form: ListenForm, knowledge: Knowledge | None = None) -> ParsedListening:
    """Return the request that `form` describes, or what is wrong with it, by field."""
    problems: list[FieldProblem] = []
    ports = _ports(form.ports, problems)
    relay = _relay(form, problems) if form.relay else None
    if form.allow_public:
        problems.append(
            FieldProblem(
                "allow_public",
                "Anybody who can reach this computer can then speak to it. Nothing is delivered, but switch it off "
                "again afterwards.",
                "hint",
            )
        )
    if any(problem.severity == "error" for problem in problems):
        return ParsedListening(None, tuple(problems))
    request = ListenRequest(
        ports=ports,
        starttls=form.starttls,
        sign_in_before_tls=form.sign_in_before_tls,
        refuse_sign_in=form.refuse_sign_in,
        mechanisms=_mechanisms(form, knowledge),
        compare=form.compare,
        allow_public=form.allow_public,
        provider=form.service or None,
        device=form.device or None,
        relay=relay,
    )
    return ParsedListening(request, tuple(problems))


def _ports(typed: str, problems: list[FieldProblem]) -> tuple[int, ...]:
    words = [word for word in re.split(r"[\s,;]+", typed.strip()) if word]
    ports = [port_number(word) or 0 for word in words]
    wrong = next((word for word, port in zip(words, ports, strict=True) if not port), None)
    if not words:
        problems.append(FieldProblem("ports", "Enter a port, such as 2525 or 25."))
    elif wrong is not None:
        problems.append(FieldProblem("ports", f"“{wrong[:20]}” is no port: a port is a number from 1 to {MAX_PORT}."))
    elif len(set(ports)) > MAX_PORTS:
        problems.append(FieldProblem("ports", f"At most {MAX_PORTS} ports at once."))
    elif IMPLICIT_TLS_PORTS & set(ports):
        problems.append(
            FieldProblem("ports", "On port 465 TLS begins with the first octet; set the device to SSL/TLS.", "hint")
        )
    return tuple(dict.fromkeys(ports))


def _mechanisms(form: ListenForm, knowledge: Knowledge | None) -> tuple[str, ...]:
    """Return the sign-in methods to offer: the service's where they are known, so that the device shows its choice."""
    service = service_of(form.service, knowledge) if form.only_service_mechanisms else None
    if service is None or service.endpoint is None:
        return MECHANISMS
    return offered_by(service.endpoint.mechanisms)


def _relay(form: ListenForm, problems: list[FieldProblem]) -> Relay | None:
    def wrong(name: str, text: str) -> None:
        problems.append(FieldProblem(name, text))

    server = ""
    try:
        server = parse_host(form.relay_server)
    except AddressProblem as problem:
        wrong("relay_server", str(problem))
    port = port_number(form.relay_port) or 0
    if not port:
        wrong("relay_port", f"A port is a number from 1 to {MAX_PORT}.")
    recipients = _recipients(form.relay_recipients, problems)
    security = Security.AUTO
    with contextlib.suppress(ValueError):
        security = Security(form.relay_security)
    if security is Security.AUTO:
        wrong("relay_security", "Choose how the connection to the real server is encrypted.")
    if form.relay_sign_in and security is Security.NONE:
        wrong("relay_sign_in", "The device’s sign-in is only passed on over an encrypted connection.")
    if not form.relay_consent:
        wrong("relay_consent", "Confirm this first: what the device sends will really be delivered.")
    if any(problem.field.startswith("relay") and problem.severity == "error" for problem in problems):
        return None
    return Relay(
        server=server,
        port=port,
        security=security,
        recipients=recipients,
        confirmed=form.relay_consent,
        sign_in=form.relay_sign_in,
    )


def _recipients(typed: str, problems: list[FieldProblem]) -> tuple[Mailbox, ...]:
    words = [word for word in re.split(r"[\s,;]+", typed.strip()) if word]
    if not words:
        problems.append(FieldProblem("relay_recipients", "Name the recipients that a message may be passed on to."))
    elif len(words) > MAX_RELAY_RECIPIENTS:
        problems.append(FieldProblem("relay_recipients", f"At most {MAX_RELAY_RECIPIENTS} recipients."))
    try:
        return tuple(parse_mailbox(word) for word in words)
    except AddressProblem as problem:
        problems.append(FieldProblem("relay_recipients", str(problem)))
        return ()
