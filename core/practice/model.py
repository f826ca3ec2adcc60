"""What a practice scenario is: the server's words, its certificate, its accounts, and what goes wrong where.

A scenario is data (`resources/practice/*.toml`, read by `load`). Everything here is frozen; `with_fault` gives changed
copies, so that a table of faults can be made from one healthy scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from core.request import FormValues
from core.secret import Secret
from core.stages import Outcome, Stage

CLIENT_ADDRESS: Final = "203.0.113.9"
"""The public address that a practice server pretends to see (RFC 5737)."""

PLACEHOLDERS: Final = {
    "client_address": "the public address the server pretends to see",
    "server": "the name the scenario stands for",
    "host": "the name the server gives itself",
    "ehlo": "what the client said with EHLO",
    "sender": "the address of MAIL FROM",
    "recipient": "the address of the last RCPT TO",
    "user": "the account that signed in",
    "date": "now, as in a mail header (RFC 5322 §3.3)",
    "timestamp": "now, as 2026-11-21T12:00:00.000Z",
    "id": "16 hexadecimal digits, new for each reply",
    "number": "14 decimal digits, new for each reply",
    "message_id": "the message's Message-ID",
    "size": "the message's size in octets",
}
"""What may stand in braces in a reply."""


class Point(StrEnum):
    """A point of the conversation at which the server answers, or at which a fault can be put."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    EHLO_TLS = "ehlo-tls"
    AUTH = "auth"
    MAIL_FROM = "mail-from"
    RCPT_TO = "rcpt-to"
    DATA = "data"
    MESSAGE = "message"
    QUIT = "quit"

    @property
    def stage(self) -> Stage | None:
        """The stage of a check that fails when this point fails; None for QUIT, which fails nothing.

        A connection that is cut at `connect` was established before: its client waits for the greeting.
        """
        if self in {Point.CONNECT, Point.GREETING}:
            return Stage.BANNER
        return None if self is Point.QUIT else Stage(self.value)


class FaultKind(StrEnum):
    """What goes wrong."""

    CLOSE = "close"
    """The connection is closed in good order (FIN)."""
    RESET = "reset"
    """The connection is reset (RST)."""
    SILENCE = "silence"
    """Nothing is ever said again; the connection stays open."""
    DRIP = "drip"
    """A line comes octet by octet, `ms` apart, and never ends."""
    RUBBISH = "rubbish"
    """Random octets made from `seed`, then a line end."""
    ENDLESS = "endless"
    """Continuation lines without end."""
    OVERLONG = "overlong"
    """One line without end."""
    HTTP = "http"
    """An HTTP reply; then the connection is closed."""
    REPLY = "reply"
    """`text` as it stands, instead of the reply."""
    DELAY = "delay"
    """The right reply, `ms` late."""
    SPLIT = "split"
    """The right reply, cut into odd TCP segments."""
    EXTRA = "extra"
    """The right reply with the unasked lines `before` and `after` around it."""
    INJECT = "inject"
    """Only at starttls: `text` in plain text right behind the 220, before the handshake (as in CVE-2011-0411)."""


class When(StrEnum):
    """Whether a fault comes instead of the reply (or handshake), or after it."""

    INSTEAD = "instead"
    AFTER = "after"


class CertificateKind(StrEnum):
    """Which certificate the server shows."""

    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    SELF_SIGNED = "self-signed"
    OTHER_NAME = "other-name"
    UNKNOWN_CA = "unknown-ca"


class KeyKind(StrEnum):
    """The certificate's key: P-256, or RSA of 2048 bits for clients without elliptic curves."""

    EC = "ec"
    RSA = "rsa"


class TlsVersion(StrEnum):
    """A TLS version, in the words of the command line."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that goes wrong at one point of the conversation. `ms` is a wait before it, in milliseconds."""

    kind: FaultKind
    when: When = When.INSTEAD
    ms: int = 0
    text: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    seed: int = 1


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the server answers at one point, if the patterns fit.

    sender, recipient, ehlo: "any", "internal", "external", or a pattern such as "*@contoso.com"; "!" in front turns it
    round. answers: one for each new connection that comes this far; the last one stays (greylisting: 451, then 250),
    or with `in_turn` the first comes again after it (trouble that comes and goes).
    """

    to: Point
    answers: tuple[str, ...]
    sender: str = "any"
    recipient: str = "any"
    ehlo: str = "any"
    in_turn: bool = False


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account that exists on the server, with its example password or access token.

    `answer` is what a right sign-in gets; empty: the scenario's `sign_in.success`.
    """

    user: str
    password: str = ""
    token: str = ""
    answer: str = ""

    def __repr__(self) -> str:
        return f"Account(user={self.user!r})"


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The words around AUTH (RFC 4954). `required` is the reply to MAIL FROM without sign-in; empty: not required."""

    success: str = "235 2.7.0 Authentication successful"
    failure: str = "535 5.7.8 Authentication credentials invalid"
    unknown: str = "504 5.5.4 Unrecognized authentication type"
    required: str = ""


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the server does TLS.

    certificate names a kind; `names` are the names it is for (empty: the server's), `issuer` is the name of whoever
    signed it. minimum, maximum and ciphers (an OpenSSL list) limit the handshake. `implicit`: TLS from the first octet
    (RFC 8314 §3). `required` is the reply to MAIL FROM and AUTH before STARTTLS; empty: not required.
    """

    certificate: CertificateKind = CertificateKind.GOOD
    key: KeyKind = KeyKind.EC
    names: tuple[str, ...] = ()
    issuer: str = ""
    minimum: TlsVersion = TlsVersion.V1_2
    maximum: TlsVersion = TlsVersion.V1_3
    ciphers: str = ""
    implicit: bool = False
    required: str = ""


class Check(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"sender": "from", "recipients": "to", "mechanism": "auth"},
):
    """The settings with which a check meets this scenario by default, as somebody would type them."""

    sender: str
    recipients: tuple[str, ...]
    security: str = "auto"
    ehlo: str = "copier.contoso.com"
    user: str = ""
    password: str = ""
    token: str = ""
    mechanism: str = "auto"
    send: bool = False
    attach_size: str = ""
    allow_plaintext_auth: bool = False
    timeout: int | None = None
    deadline: int | None = None

    def __repr__(self) -> str:
        return f"Check(sender={self.sender!r}, recipients={self.recipients!r}, user={self.user!r})"


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a check with the scenario's own settings ends."""

    outcome: Outcome
    cause: str
    exit_status: int
    failed_stage: Stage | None = None


class Scenario(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"replies": "reply", "accounts": "account", "faults": "fault"},
):
    """A mail server to practise on.

    id, title: how it is called; summary: what one learns from it. server, port: what it stands for. host: the name it
    gives itself (empty: `server`). domains: whose addresses are "internal". greeting: the first reply. ehlo: the lines
    of the EHLO answer without their codes; ehlo_tls: the same after STARTTLS (empty: `ehlo` without STARTTLS).
    delay_ms: every reply comes that late. bare_linefeed: the reply to a message with bare line feeds; empty: no matter.
    elsewhere: the id of the scenario that plays the same server as another network meets it; empty: there is none.
    """

    id: str
    title: str
    summary: str
    server: str
    port: int
    check: Check
    expect: Expect
    greeting: str
    ehlo: tuple[str, ...]
    ehlo_tls: tuple[str, ...] = ()
    host: str = ""
    domains: tuple[str, ...] = ("contoso.com",)
    client_address: str = CLIENT_ADDRESS
    delay_ms: int = 0
    bare_linefeed: str = ""
    elsewhere: str = ""
    tls: Tls = Tls()
    sign_in: SignIn = SignIn()
    accounts: tuple[Account, ...] = ()
    replies: tuple[Reply, ...] = ()
    faults: Mapping[Point, Fault] = {}

    def with_fault(self, point: Point | str, fault: Fault) -> Scenario:
        """Return a copy in which `fault` happens at `point`, in place of any fault there. Raises ValueError."""
        point = Point(point)
        problem = misplaced(point, fault)
        if problem:
            raise ValueError(problem)
        return msgspec.structs.replace(self, faults={**self.faults, point: fault})

    def with_reply(self, point: Point | str, *answers: str) -> Scenario:
        """Return a copy in which `answers` are the replies at `point`, before all others."""
        return msgspec.structs.replace(self, replies=(Reply(to=Point(point), answers=answers), *self.replies))

    def with_delay(self, ms: int) -> Scenario:
        """Return a copy in which every reply comes `ms` milliseconds late."""
        return msgspec.structs.replace(self, delay_ms=ms)

    def keywords(self, *, after_starttls: bool) -> tuple[str, ...]:
        """Return the lines of the EHLO answer, the greeting line first, without codes."""
        if not after_starttls:
            return self.ehlo
        return self.ehlo_tls or tuple(line for line in self.ehlo if line.upper() != "STARTTLS")

    def is_internal(self, address: str) -> bool:
        """Whether `address` belongs to one of the scenario's domains."""
        return address.rpartition("@")[2].lower() in self.domains

    def fits(self, pattern: str, text: str) -> bool:
        """Whether `text` (an address or an EHLO name) fits a pattern of a reply."""
        if pattern.startswith("!"):
            return not self.fits(pattern[1:], text)
        if pattern == "any":
            return True
        if pattern in {"internal", "external"}:
            return self.is_internal(text) is (pattern == "internal")
        return fnmatchcase(text.lower(), pattern.lower())

    def form(self) -> FormValues:
        """Return the check's settings as a filled-in form, for the server that the scenario stands for."""
        check = self.check
        return FormValues(
            server=self.server,
            port=str(self.port),
            security=check.security,
            ehlo=check.ehlo,
            user=check.user,
            password=Secret(check.password) if check.password else None,
            token=Secret(check.token) if check.token else None,
            mechanism=check.mechanism,
            sender=check.sender,
            recipients=check.recipients,
            send=check.send,
            attach_size=check.attach_size,
            timeout="" if check.timeout is None else str(check.timeout),
            deadline="" if check.deadline is None else str(check.deadline),
            allow_plaintext_auth=check.allow_plaintext_auth,
            dns_evidence=False,
        )


_ENDINGS = frozenset({FaultKind.CLOSE, FaultKind.RESET, FaultKind.SILENCE})


def misplaced(point: Point, fault: Fault) -> str:
    """Return why `fault` makes no sense at `point`, as a sentence; empty if it does."""
    if fault.kind is FaultKind.INJECT and point is not Point.STARTTLS:
        return "“inject” is only possible at starttls."
    if fault.kind in {FaultKind.REPLY, FaultKind.INJECT} and not fault.text:
        return f"“{fault.kind}” needs a text."
    if fault.kind in {FaultKind.SPLIT, FaultKind.EXTRA} and point in {Point.CONNECT, Point.TLS}:
        return f"“{fault.kind}” needs a reply, and there is none at {point}."
    if fault.when is When.AFTER and fault.kind in {FaultKind.DELAY, FaultKind.SPLIT, FaultKind.EXTRA, FaultKind.INJECT}:
        return f"“{fault.kind}” changes the reply and can't come after it."
    if point is Point.CONNECT and fault.kind not in _ENDINGS | {FaultKind.DELAY}:
        return "At connect only close, reset, silence and delay are possible; for others use greeting."
    if fault.kind is FaultKind.DELAY and fault.ms <= 0:
        return "“delay” needs ms, a number of milliseconds."
    return ""
