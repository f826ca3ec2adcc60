"""What is to be checked: from a form or from arguments to one frozen request, or to problems by field.

The form holds text as typed; nothing is lost when something in it is wrong. `parse` looks at all fields
together, since port, encryption and sign-in have to fit each other.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Literal, TypeVar

from core.addresses import (
    AddressProblem,
    Mailbox,
    has_control,
    is_ip_address,
    is_outside,
    parse_ehlo_name,
    parse_host,
    parse_mailbox,
    port_number,
)
from core.secret import Secret
from core.stages import Stage, order

DEFAULT_PORT = 587
DEFAULT_TIMEOUT = 20.0
DEFAULT_DEADLINE = 120.0
MAX_RECIPIENTS = 100
"""RFC 5321 §4.5.3.1.8: a server has to take at least 100 recipients."""
MAX_ATTACHMENT = 150 * 1024 * 1024
MAX_PASSWORD = 8192
"""Room for OAuth access tokens, which run to some thousand characters."""

TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


class Security(StrEnum):
    """How the connection is encrypted: by STARTTLS where offered (`auto`), always, from the first byte, or not."""

    AUTO = "auto"
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Mechanism(StrEnum):
    """How to sign in (SASL mechanisms); `auto` takes the first that both sides know."""

    AUTO = "auto"
    PLAIN = "plain"
    LOGIN = "login"
    CRAM_MD5 = "cram-md5"
    XOAUTH2 = "xoauth2"


class IpVersion(StrEnum):
    """Which addresses of the server are tried."""

    AUTO = "auto"
    V4 = "4"
    V6 = "6"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name with its password, or with an OAuth access token when `is_token`."""

    user: str
    secret: Secret
    is_token: bool = False


@dataclass(frozen=True, slots=True)
class TlsLimits:
    """What the handshake may use, so that it is no better than the device's. None and "" mean no limit.

    minimum, maximum: a word of TLS_VERSIONS. ciphers: an OpenSSL cipher list for TLS 1.2 and older.
    sni: whether the server's name is sent (RFC 6066 §3).
    """

    minimum: str | None = None
    maximum: str | None = None
    ciphers: str = ""
    sni: bool = True

    def __bool__(self) -> bool:
        return bool(self.minimum or self.maximum or self.ciphers or not self.sni)

    def describe(self) -> str:
        """Return the limits as a short phrase, empty if there are none."""
        parts = []
        if self.minimum:
            parts.append(f"at least TLS {self.minimum}")
        if self.maximum:
            parts.append(f"at most TLS {self.maximum}")
        if self.ciphers:
            parts.append(f"ciphers {self.ciphers}")
        if not self.sni:
            parts.append("no SNI")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A numeric address and port to dial instead of looking the server's name up (practice servers, tests)."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A complete, consistent check. Times are seconds, sizes bytes.

    server is in A-labels or an IP address. An empty `recipients` is only possible where `quit_after`
    ends the check earlier. `verify` False goes on with an untrusted certificate; `allow_plaintext_auth`
    lets the sign-in go over an unencrypted or untrusted connection. `dial` replaces the look-up.
    """

    server: str
    port: int
    sender: Mailbox
    recipients: tuple[Mailbox, ...]
    ehlo: str
    security: Security = Security.AUTO
    credentials: Credentials | None = None
    mechanism: Mechanism = Mechanism.AUTO
    send: bool = False
    attach_size: int = 0
    timeout: float = DEFAULT_TIMEOUT
    deadline: float = DEFAULT_DEADLINE
    ip: IpVersion = IpVersion.AUTO
    ca_file: str | None = None
    verify: bool = True
    allow_plaintext_auth: bool = False
    quit_after: Stage | None = None
    tls: TlsLimits = TlsLimits()
    device: str | None = None
    resolver: Endpoint | None = None
    dnsbl: tuple[str, ...] | None = None
    dns_evidence: bool = True
    dial: Endpoint | None = None
    practice: str | None = None

    @property
    def implicit_tls(self) -> bool:
        """Whether TLS begins with the first byte (RFC 8314 §3.3; `auto` on port 465)."""
        return self.security is Security.TLS or (self.security is Security.AUTO and self.port == 465)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether an address can only be sent with SMTPUTF8 (RFC 6531)."""
        return any(mailbox.smtputf8 for mailbox in (self.sender, *self.recipients))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in the order of this check."""
        return order(implicit_tls=self.implicit_tls)

    def is_external(self, recipient: Mailbox) -> bool:
        """Whether `recipient` is outside the sender's domain; a subdomain of either counts as inside."""
        return is_outside(self.sender.domain, recipient.domain)


@dataclass(frozen=True, slots=True)
class FormValues:
    """What somebody typed or passed as arguments, as text. Empty means "not given"."""

    server: str = ""
    port: str = ""
    security: str = "auto"
    ehlo: str = ""
    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    mechanism: str = "auto"
    sender: str = ""
    recipients: tuple[str, ...] = ()
    send: bool = False
    attach_size: str = ""
    timeout: str = ""
    deadline: str = ""
    ip: str = "auto"
    ca_file: str = ""
    verify: bool = True
    allow_plaintext_auth: bool = False
    quit_after: str = ""
    tls_min: str = ""
    tls_max: str = ""
    ciphers: str = ""
    sni: bool = True
    device: str = ""
    resolver: str = ""
    dnsbl: tuple[str, ...] | None = None
    dns_evidence: bool = True


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field. `field` is a name of FormValues; a hint does not prevent the check."""

    field: str
    text: str
    severity: Literal["error", "hint"] = "error"


class UnfitSettings(ValueError):
    """Settings that can't be used; `problems` says why, by field."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Parsed:
    """The outcome of `parse`: a request if no problem is an error, and all problems and hints."""

    request: CheckRequest | None
    problems: tuple[FieldProblem, ...] = ()

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """The problems that prevent the check."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """How a known device talks, as far as it narrows a request; filled from the device data."""

    tls: TlsLimits = TlsLimits()
    ehlo: str = ""
    mechanism: Mechanism = Mechanism.AUTO


T = TypeVar("T")


@dataclass(slots=True)
class _Reader:
    """Reads one field after the other and collects what is wrong."""

    form: FormValues
    problems: list[FieldProblem] = field(default_factory=list)

    def error(self, name: str, text: str) -> None:
        self.problems.append(FieldProblem(name, text))

    def hint(self, name: str, text: str) -> None:
        self.problems.append(FieldProblem(name, text, "hint"))

    def take(self, name: str, read: Callable[[], T], fallback: T) -> T:
        try:
            return read()
        except AddressProblem as problem:
            self.error(name, str(problem))
            return fallback

    def choice(self, name: str, kind: type[StrEnum], typed: str) -> StrEnum:
        try:
            return kind(typed.strip().lower() or "auto")
        except ValueError:
            self.error(name, f"“{typed}” is not one of: {', '.join(kind)}.")
            return next(iter(kind))

    def number(self, name: str, typed: str, default: float, low: float, high: float, unit: str = "") -> float:
        if not typed.strip():
            return default
        try:
            value = float(typed.strip().replace(",", "."))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.error(name, f"Enter a number from {low:g} to {high:g}{unit}.")
            return default
        return value


def parse(form: FormValues, devices: Mapping[str, DeviceLimits] | None = None) -> Parsed:
    """Return the request that `form` describes, or what is wrong with it, by field.

    `devices` maps the ids of known devices to how they talk; what the form says itself goes before it.
    """
    reader = _Reader(form)
    server = reader.take("server", lambda: parse_host(form.server), "")
    port = _port(reader)
    security = Security(reader.choice("security", Security, form.security))
    quit_after = _quit_after(reader)
    sender = reader.take("sender", lambda: parse_mailbox(form.sender, allow_null=True), Mailbox("", "", ""))
    recipients = _recipients(reader, needed=quit_after is None or quit_after in _NEEDS_RECIPIENT)
    device = _device(reader, devices or {})
    credentials, mechanism = _sign_in(reader, device)
    tls = _tls_limits(reader, device)
    request = CheckRequest(
        server=server,
        port=port,
        sender=sender,
        recipients=recipients,
        ehlo=_ehlo(reader, device),
        security=security,
        credentials=credentials,
        mechanism=mechanism,
        send=form.send,
        attach_size=_size(reader),
        timeout=reader.number("timeout", form.timeout, DEFAULT_TIMEOUT, 1, 600, " seconds"),
        deadline=reader.number("deadline", form.deadline, DEFAULT_DEADLINE, 1, 3600, " seconds"),
        ip=IpVersion(reader.choice("ip", IpVersion, form.ip)),
        ca_file=_ca_file(reader),
        verify=form.verify,
        allow_plaintext_auth=form.allow_plaintext_auth,
        quit_after=quit_after,
        tls=tls,
        device=form.device.strip() or None,
        resolver=_resolver(reader),
        dnsbl=_zones(reader),
        dns_evidence=form.dns_evidence,
    )
    if not any(problem.severity == "error" for problem in reader.problems):
        _fit_together(reader, request)
    errors = any(problem.severity == "error" for problem in reader.problems)
    return Parsed(None if errors else request, tuple(reader.problems))


_NEEDS_RECIPIENT = frozenset({Stage.RCPT_TO, Stage.DATA, Stage.MESSAGE})


def _port(reader: _Reader) -> int:
    typed = reader.form.port.strip()
    if not typed:
        return 465 if reader.form.security == Security.TLS else DEFAULT_PORT
    port = port_number(typed)
    if port is None:
        reader.error("port", "A port is a number from 1 to 65535; mail uses 25, 465 or 587.")
    return port or DEFAULT_PORT


def _quit_after(reader: _Reader) -> Stage | None:
    typed = reader.form.quit_after.strip().lower()
    if not typed:
        return None
    try:
        return Stage(typed)
    except ValueError:
        reader.error("quit_after", f"“{typed}” is not a stage. The stages are: {', '.join(Stage)}.")
        return None


def _recipients(reader: _Reader, *, needed: bool) -> tuple[Mailbox, ...]:
    typed = [text for text in reader.form.recipients if text.strip()]
    if not typed:
        if needed:
            reader.error("recipients", "Enter the address that the scan should reach.")
        return ()
    if len(typed) > MAX_RECIPIENTS:
        reader.error("recipients", f"At most {MAX_RECIPIENTS} recipients can be checked at once.")
        return ()
    nobody = Mailbox("", "", "")
    found = (reader.take("recipients", partial(parse_mailbox, text), nobody) for text in typed)
    return tuple(dict.fromkeys(mailbox for mailbox in found if mailbox is not nobody))


def _device(reader: _Reader, devices: Mapping[str, DeviceLimits]) -> DeviceLimits:
    name = reader.form.device.strip()
    if not name:
        return DeviceLimits()
    if name not in devices:
        known = ", ".join(sorted(devices)) or "none"
        reader.error("device", f"No device “{name}” is known. Known are: {known}.")
        return DeviceLimits()
    return devices[name]


def _sign_in(reader: _Reader, device: DeviceLimits) -> tuple[Credentials | None, Mechanism]:
    form = reader.form
    user = form.user.strip()
    mechanism = Mechanism(reader.choice("mechanism", Mechanism, form.mechanism))
    if mechanism is Mechanism.AUTO and not form.token:
        mechanism = device.mechanism
    secret = form.token or form.password
    if not user and not secret:
        if mechanism is not Mechanism.AUTO and form.mechanism.strip().lower() not in {"", "auto"}:
            reader.error("user", "A way of signing in is chosen, but no user name is given.")
        return None, mechanism
    if not user:
        reader.error("user", "Enter the user name that belongs to this password.")
    elif has_control(user):
        reader.error("user", "There is a line break or another invisible character in the user name. Type it anew.")
    elif not _is_text(user):
        reader.error("user", "The user name holds bytes that are no UTF-8 text. Type it anew.")
    elif len(user) > 320:
        reader.error("user", "This user name is too long: at most 320 characters are possible.")
    if not secret:
        reader.error("password", "Enter the password for this user name. It is kept in memory only.")
        return None, mechanism
    value = secret.reveal()
    if len(value) > MAX_PASSWORD:
        reader.error("password", f"At most {MAX_PASSWORD} characters are possible here.")
    elif has_control(value):
        reader.error("password", "There is a line break or another invisible character in the password. Type it anew.")
    elif not _is_text(value):
        reader.error("password", "The password holds bytes that are no UTF-8 text. Save it as UTF-8, or type it anew.")
    elif value != value.strip():
        reader.hint("password", "The password begins or ends with a space. Is that meant?")
    elif not value.isascii():
        reader.hint("password", "Many copiers can't send letters such as ä or é in a password.")
    if form.token and mechanism not in {Mechanism.AUTO, Mechanism.XOAUTH2}:
        reader.error("mechanism", "An access token can only be used with XOAUTH2.")
    if not form.token and mechanism is Mechanism.XOAUTH2:
        reader.error("password", "XOAUTH2 needs an access token, not a password.")
    if form.token:
        mechanism = Mechanism.XOAUTH2
    return Credentials(user, secret, is_token=form.token is not None), mechanism


def _is_text(typed: str) -> bool:
    """Return whether `typed` can be sent: undecodable bytes of arguments, variables and files come as surrogates."""
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in typed)


def _tls_limits(reader: _Reader, device: DeviceLimits) -> TlsLimits:
    form = reader.form
    limits = replace(
        device.tls,
        minimum=form.tls_min.strip() or device.tls.minimum,
        maximum=form.tls_max.strip() or device.tls.maximum,
        ciphers=form.ciphers.strip() or device.tls.ciphers,
        sni=form.sni and device.tls.sni,
    )
    for name, value in (("tls_min", limits.minimum), ("tls_max", limits.maximum)):
        if value and value not in TLS_VERSIONS:
            reader.error(name, f"“{value}” is not a TLS version: {', '.join(TLS_VERSIONS)}.")
            return TlsLimits()
    if limits.minimum and limits.maximum and limits.minimum > limits.maximum:
        reader.error("tls_min", "The lowest TLS version is above the highest.")
    if limits.ciphers:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(limits.ciphers)
        except (ssl.SSLError, ValueError):
            reader.error("ciphers", "OpenSSL knows no cipher suite in this list. An example: ECDHE+AESGCM:!aNULL")
    return limits


def default_ehlo() -> str:
    """Return the name for EHLO when none is given: this computer's, or an address literal (RFC 5321 §4.1.4)."""
    try:
        return parse_ehlo_name(socket.gethostname())
    except (AddressProblem, OSError):
        return "[127.0.0.1]"


def _ehlo(reader: _Reader, device: DeviceLimits) -> str:
    typed = reader.form.ehlo.strip() or device.ehlo
    if not typed:
        return default_ehlo()
    return reader.take("ehlo", lambda: parse_ehlo_name(typed), "")


def _size(reader: _Reader) -> int:
    typed = reader.form.attach_size.strip()
    if not typed:
        return 0
    match = re.fullmatch(r"(\d{1,9})\s*([kKmM]?)[bB]?", typed)
    size = int(match[1]) * {"": 1, "k": 1024, "m": 1024 * 1024}[match[2].lower()] if match else -1
    if not 0 <= size <= MAX_ATTACHMENT:
        reader.error("attach_size", "Enter a size such as 500K or 5M, at most 150M.")
        return 0
    return size


def _ca_file(reader: _Reader) -> str | None:
    path = reader.form.ca_file.strip()
    if not path:
        return None
    if not os.path.isfile(path):
        reader.error("ca_file", f"There is no file “{path}”.")
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError):
        reader.error("ca_file", "This file holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).")
        return None
    return path


def _resolver(reader: _Reader) -> Endpoint | None:
    typed = reader.form.resolver.strip()
    if not typed:
        return None
    match = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?|([^:]+)(?::(\d{1,5}))?", typed)
    address = (match[1] or match[3]) if match else typed
    port = int((match[2] or match[4] or 53) if match else 53)
    if not is_ip_address(address) or not 1 <= port <= 65535:
        reader.error("resolver", "Enter the resolver's IP address, such as 192.0.2.53 or [2001:db8::53]:5353.")
        return None
    return Endpoint(address, port)


def _zones(reader: _Reader) -> tuple[str, ...] | None:
    if reader.form.dnsbl is None:
        return None
    zones = (reader.take("dnsbl", partial(parse_host, zone), "") for zone in reader.form.dnsbl)
    return tuple(zone for zone in zones if zone)


def _fit_together(reader: _Reader, request: CheckRequest) -> None:
    """Look at fields that are right by themselves and can't work, or hardly can, together."""
    if request.security is Security.STARTTLS and request.port == 465:
        reader.hint("security", "Port 465 usually expects TLS from the first byte, not STARTTLS.")
    if request.security is Security.TLS and request.port in {25, 587}:
        reader.hint("security", f"Port {request.port} usually begins in plain text; choose STARTTLS for it.")
    plain = request.security is Security.NONE
    if request.credentials and plain and not request.allow_plaintext_auth:
        reader.error(
            "security",
            "Without encryption the password could be read on the way. "
            "Choose STARTTLS or TLS, or allow sign-in without encryption for this check.",
        )
    if plain and request.tls:
        reader.hint("security", "TLS limits have no effect without encryption.")
    if request.attach_size and not request.send:
        reader.hint("attach_size", "The attachment only counts when a message is really sent.")
    if request.quit_after in {Stage.DATA, Stage.MESSAGE} and not request.send:
        reader.hint("quit_after", f"Without sending, the check ends after {Stage.RCPT_TO.value} anyway.")
    if request.sender.is_null and request.credentials:
        reader.hint("sender", "With the empty sender <>, most servers refuse a signed-in client.")
    if is_ip_address(request.server) and request.ip is not IpVersion.AUTO:
        version = "6" if ":" in request.server else "4"
        if version != request.ip.value:
            reader.error("ip", f"The server is given as an IPv{version} address, but only IPv{request.ip} is allowed.")
