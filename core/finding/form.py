"""What is searched for: from a form or arguments to one frozen request, or to problems by field.

Addresses, sign-in and limits are read by `core.request.parse`, as for a check; what only a search has is read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from core.addresses import AddressProblem, Mailbox, parse_host, port_number
from core.request import CheckRequest, DeviceLimits, FieldProblem, FormValues, parse
from core.secret import Secret

DEFAULT_TIMEOUT = "10"
"""Seconds for a reply: half of a check's, since many ways are tried and one that is silent tells enough by then."""
DEFAULT_DEADLINE = "60"
"""Seconds for one way."""

_STAND_IN = "mail.example.com"
"""Stands for the server while the rest is parsed; every try gets its own."""

Security = Literal["", "auto", "starttls", "tls", "none"]
_SECURITIES = ("", "auto", "starttls", "tls", "none")


@dataclass(frozen=True, slots=True)
class FindForm:
    """What somebody typed or passed as arguments, as text; empty means "not given".

    server, port, security: an own server. present_…: what is set in the device now; present_sign_in None: not known.
    include: words of ways that are tried on request only (the data's `on_request`).
    """

    sender: str = ""
    recipients: tuple[str, ...] = ()
    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    device: str = ""
    server: str = ""
    port: str = ""
    security: str = ""
    present_server: str = ""
    present_port: str = ""
    present_security: str = ""
    present_sign_in: bool | None = None
    include: tuple[str, ...] = ()
    send: bool = False
    ehlo: str = ""
    timeout: str = ""
    deadline: str = ""
    ip: str = "auto"
    ca_file: str = ""
    verify: bool = True
    allow_plaintext_auth: bool = False
    resolver: str = ""
    dns_evidence: bool = True


@dataclass(frozen=True, slots=True)
class TypedServer:
    """A server that somebody named. `port` and `security` None: not given. `sign_in` None: not known."""

    server: str
    port: int | None = None
    security: str | None = None
    sign_in: bool | None = None


@dataclass(frozen=True, slots=True)
class FindRequest:
    """A consistent search. `base` is a check's request whose server, recipients and sign-in each try replaces.

    internal: the recipient inside; when none was given, the sender's own address stands in (`stands_in`).
    as_device: the same request with the device's limits, None where no device is known or it has none.
    """

    base: CheckRequest
    internal: Mailbox
    external: Mailbox | None
    stands_in: bool = False
    left_over: tuple[str, ...] = ()
    device: str | None = None
    as_device: CheckRequest | None = None
    own: TypedServer | None = None
    present: TypedServer | None = None
    include: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ParsedFind:
    """The outcome of `parse_find`: a request if no problem is an error, and all problems and hints."""

    request: FindRequest | None
    problems: tuple[FieldProblem, ...] = ()

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """The problems that prevent the search."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def parse_find(form: FindForm, devices: Mapping[str, DeviceLimits], on_request: Iterable[str] = ()) -> ParsedFind:
    """Return the search that `form` describes, or what is wrong with it, by field of FindForm.

    devices: how each known device talks. on_request: the words that `include` may hold.
    """
    values = _as_check(form)
    parsed = parse(replace(values, device=""), devices)
    problems = [problem for problem in parsed.problems if problem.field not in {"server", "port", "security"}]
    if form.sender.strip() == "<>":
        problems.append(FieldProblem("sender", "Enter the address that the copier sends from."))
    device = form.device.strip()
    if device and device not in devices:
        problems.append(FieldProblem("device", f"No device “{device}” is known."))
    own = _typed(form.server, form.port, form.security, "", None, problems)
    present = _typed(
        form.present_server, form.present_port, form.present_security, "present_", form.present_sign_in, problems
    )
    words = {word.strip().lower() for entry in form.include for word in entry.split(",") if word.strip()}
    known = sorted(set(on_request))
    problems += [
        FieldProblem("include", f"“{word}” can’t be included. Known are: {', '.join(known) or 'none'}.")
        for word in sorted(words - set(known))
    ]
    base = parsed.request
    if base is None or any(problem.severity == "error" for problem in problems):
        return ParsedFind(None, tuple(problems))
    as_device = None
    if device:
        as_device = parse(replace(values, device=device), devices).request
    inside = [mailbox for mailbox in base.recipients if not base.is_external(mailbox)]
    outside = [mailbox for mailbox in base.recipients if base.is_external(mailbox)]
    if not inside and form.send:
        problems.append(
            FieldProblem("recipients", "To really send, name a recipient inside too: some ways end inside.", "hint")
        )
    request = FindRequest(
        base=base,
        internal=inside[0] if inside else base.sender,
        external=outside[0] if outside else None,
        stands_in=not inside,
        left_over=tuple(mailbox.text for mailbox in (*inside[1:], *outside[1:])),
        device=device or None,
        as_device=as_device if as_device is not None and _narrows(as_device, base) else None,
        own=own,
        present=present,
        include=frozenset(words),
    )
    return ParsedFind(request, tuple(problems))


def _as_check(form: FindForm) -> FormValues:
    return FormValues(
        server=_STAND_IN,
        ehlo=form.ehlo,
        user=form.user,
        password=form.password,
        token=form.token,
        sender=form.sender,
        recipients=form.recipients,
        send=form.send,
        timeout=form.timeout.strip() or DEFAULT_TIMEOUT,
        deadline=form.deadline.strip() or DEFAULT_DEADLINE,
        ip=form.ip,
        ca_file=form.ca_file,
        verify=form.verify,
        allow_plaintext_auth=form.allow_plaintext_auth,
        device=form.device,
        resolver=form.resolver,
        dns_evidence=form.dns_evidence,
    )


def _narrows(as_device: CheckRequest, base: CheckRequest) -> bool:
    """Return whether the device talks in a way that can make a difference."""
    return bool(as_device.tls) or as_device.mechanism is not base.mechanism or as_device.ehlo != base.ehlo


def _typed(
    server: str, port: str, security: str, prefix: str, sign_in: bool | None, problems: list[FieldProblem]
) -> TypedServer | None:
    kind = security.strip().lower()
    if kind not in _SECURITIES:
        problems.append(FieldProblem(f"{prefix}security", f"“{security}” is not one of: {', '.join(_SECURITIES[1:])}."))
    number = port_number(port)
    if port.strip() and number is None:
        problems.append(FieldProblem(f"{prefix}port", "A port is a number from 1 to 65535; mail uses 25, 465 or 587."))
    if not server.strip():
        if number or kind:
            problems.append(FieldProblem(f"{prefix}server", "Enter the server’s name too, or leave the rest empty."))
        return None
    try:
        name = parse_host(server)
    except AddressProblem as problem:
        problems.append(FieldProblem(f"{prefix}server", str(problem)))
        return None
    return TypedServer(name, number, kind or None, sign_in)
