"""What was seen of a device: frozen structs for one session, for the whole time of listening, and the events between.

The document (schema `sendproof.listen/1`) holds facts only: no password, no token, no content of a message. All text
from the network is bounded and has its control characters made visible before it gets here. Times: `ms` are
milliseconds since the session began, `started_at` is RFC 3339 in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from core.json_document import as_json, schema_of
from core.reports.report import Diagnosis, EvidenceItem, Fix, Severity, Tool, TranscriptLine

SCHEMA = "sendproof.listen/1"

EXPECTED_HEADERS = ("From", "Date", "Message-ID", "To", "Subject", "MIME-Version")
"""Headers whose absence is recorded: RFC 5322 §3.6 wants the first two; services judge by the others."""

LineEnd = Literal["crlf", "lf", "cr"]
Ended = Literal["open", "quit", "closed", "reset", "tls-failed", "timeout", "limit", "refused", "stopped"]
"""How a session ended. open: still going on. closed: the device hung up without QUIT. refused: turned away (peer not
allowed, too many connections). stopped: listening ended while it ran."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command line of the device, and what we answered.

    verb: in capitals, "" for a line that is no known command. text: harmless to show, sign-in masked. pause_ms: how
    long the device waited after our reply before it; None for what came without waiting for our reply (pipelining).
    reply: our reply, lines joined by a newline; "" if it got none.
    """

    ms: float
    verb: str
    text: str
    encrypted: bool
    line_end: LineEnd = "crlf"
    pause_ms: float | None = None
    code: int | None = None
    reply: str = ""


class TlsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What the device did about encryption.

    client_hello: the TLS records with the ClientHello as they came, in hexadecimal; "" if none came. version: "1.2",
    and cipher: what was agreed on; None if the handshake failed. certificate: whether the device took ours, which
    nobody can know: "accepted" when it went on over TLS, "refused" when it said so with an alert, "unknown" otherwise.
    left_after_handshake: it hung up right after a good handshake, which often means that it refused the certificate.
    alert: the device's alert (RFC 8446 §6) such as "unknown_ca". alert_sent: ours. tls_error: a word of
    `core.knowledge.facts.TLS_ERRORS`; error: OpenSSL's words. sni: server name as our OpenSSL read it.
    beyond_us: this computer's OpenSSL could not speak what the device offered, so nothing more is known.
    """

    how: Literal["starttls", "implicit"]
    ms: float
    client_hello: str = ""
    completed: bool = False
    duration_ms: float | None = None
    version: str | None = None
    cipher: str | None = None
    sni: str | None = None
    certificate: Literal["accepted", "refused", "unknown"] = "unknown"
    left_after_handshake: bool = False
    alert: str | None = None
    alert_sent: str | None = None
    tls_error: str | None = None
    error: str = ""
    beyond_us: bool = False


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to sign in. Of the password only its length, and whether it is the one typed into the form.

    password_length: octets; None where the mechanism does not show it (CRAM-MD5) or none came. token_length: octets of
    an XOAUTH2 access token. matches: None if nothing was typed to compare with. truncated_at: the device sent exactly
    the first so many characters of the typed password. encoding: in which encoding a password beyond ASCII matched.
    initial_response: something came on the AUTH line itself (RFC 4954 §4); user_on_auth_line: for LOGIN, the user name.
    """

    ms: float
    mechanism: str
    encrypted: bool
    user: str | None = None
    authorization_id: str | None = None
    password_length: int | None = None
    token_length: int | None = None
    matches: bool | None = None
    truncated_at: int | None = None
    encoding: str | None = None
    initial_response: bool = False
    user_on_auth_line: bool = False
    outcome: Literal["accepted", "refused", "cancelled", "malformed", "cut"] = "cut"
    relayed: bool = False


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a message with a name, or that is no text. size: octets after decoding; encoding: as declared."""

    name: str | None
    content_type: str
    size: int
    encoding: str = ""


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a message is like; nothing of what it says.

    size: octets without dot stuffing and terminator. crlf, bare_lf, bare_cr: how many lines ended so. longest_line:
    octets without line end. headers: names in their order, each once. missing: of EXPECTED_HEADERS. from_addresses,
    sender_address, reply_to: addr-specs of those headers. date_off_s: how far the Date header is from this computer's
    clock (negative: behind); None if it is missing or unreadable. terminator: "lf" where the device ended it with bare
    line feeds; "bdat" with CHUNKING; "cut" where it never ended. headers_cut: more headers came than are looked at.
    """

    size: int
    crlf: int
    bare_lf: int
    bare_cr: int
    longest_line: int
    eight_bit: bool
    eight_bit_headers: bool = False
    nul: bool = False
    headers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    headers_cut: bool = False
    from_addresses: tuple[str, ...] = ()
    sender_address: str | None = None
    reply_to: tuple[str, ...] = ()
    date_off_s: float | None = None
    mailer: str | None = None
    content_type: str = ""
    parts: int = 0
    attachments: tuple[Attachment, ...] = ()
    terminator: Literal["crlf", "lf", "bdat", "cut"] = "crlf"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One RCPT TO and our reply to it. parameters: esmtp parameters in capitals (RFC 5321 §4.1.2)."""

    address: str
    accepted: bool
    reply: str
    parameters: dict[str, str] = {}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One mail transaction. signed_in_as: the user name signed in with before it; None without sign-in.

    size, body: the parameters SIZE (RFC 1870) and BODY (RFC 6152). message is None if none was handed over; reply is
    our (or in pass-through the real server's) last word on it.
    """

    ms: float
    sender: str
    encrypted: bool
    accepted: bool
    signed_in_as: str | None = None
    size: int | None = None
    body: str | None = None
    parameters: dict[str, str] = {}
    recipients: tuple[Recipient, ...] = ()
    message: MessageFacts | None = None
    reply: str = ""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """This session came after an earlier one of the same device. differs: what it did otherwise.

    Words: "without-tls", "with-tls", "implicit-tls", "older-tls", "without-sign-in", "other-mechanism", "helo",
    "other-sender", "other-recipient", "other-port"; empty: all the same again. earlier_ended: how that one ended.
    """

    of: int
    after_s: float
    differs: tuple[str, ...] = ()
    earlier_ended: Ended = "closed"


class RelayReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply of the real server. `to`: the command's verb ("" for the greeting, "." for the message)."""

    ms: float
    to: str
    code: int
    text: str


class RelaySeen(msgspec.Struct, frozen=True, kw_only=True):
    """The real server's side of a session that was passed through.

    security: "starttls", "tls" or "none". transcript: our conversation with it. failed: what went wrong in our own
    words if no reply says it. diagnosis: what its refusal (or its acceptance) means, by the same knowledge as a check.
    sign_in: whether the device's sign-in was handed on. delivered: the real server took a message.
    """

    server: str
    port: int
    security: str
    address: str | None = None
    tls: str | None = None
    trusted: bool | None = None
    sign_in: bool = False
    replies: tuple[RelayReply, ...] = ()
    failed: str = ""
    delivered: bool = False
    diagnosis: Diagnosis | None = None
    transcript: tuple[TranscriptLine, ...] = ()


class SessionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything seen of one connection. `number` counts from 1; `ended` is "open" in snapshots of a running one.

    hello: the name given with EHLO or HELO, None if none came. hello_verb: "EHLO" or "HELO". extensions_used: EHLO
    keywords the device made use of. problems: oddities, as words: "spoke-before-greeting", "bare-lf-commands",
    "bare-cr-commands", "tls-on-plain-port", "plain-on-tls-port", "http", "not-smtp", "overlong-line",
    "no-ehlo-after-tls", "pipelined-without-asking", "auth-before-tls", "injected-before-tls", "unknown-commands",
    "lf-terminator", "null-bytes", "no-quit", "path-without-brackets", "space-after-colon", "not-tls-after-starttls".
    octets_in, octets_out: as on the wire. lines_dropped: transcript lines beyond the bound.
    """

    number: int
    peer_address: str
    peer_port: int
    local_address: str
    local_port: int
    implicit_tls: bool
    started_at: str
    duration_ms: float
    ended: Ended = "open"
    ended_text: str = ""
    hello: str | None = None
    hello_verb: str | None = None
    extensions_used: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    tls: TlsSeen | None = None
    sign_ins: tuple[SignIn, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    problems: tuple[str, ...] = ()
    retry: Retry | None = None
    relay: RelaySeen | None = None
    octets_in: int = 0
    octets_out: int = 0
    transcript: tuple[TranscriptLine, ...] = ()
    lines_dropped: int = 0

    @property
    def messages(self) -> int:
        """How many messages were handed over whole."""
        return sum(1 for envelope in self.envelopes if envelope.message and envelope.message.terminator != "cut")

    @property
    def user(self) -> str | None:
        """The user name of the last sign-in, None without one."""
        return next((attempt.user for attempt in reversed(self.sign_ins) if attempt.user), None)


class JudgedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the real service would say about a session. severity "ok": good as it is."""

    severity: Severity | Literal["ok"]
    topic: str
    title: str
    text: str
    cause: str | None = None
    fixes: tuple[Fix, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a service would say about one session. server: the service's name in plain words."""

    session: int
    provider: str | None = None
    server: str = ""
    findings: tuple[JudgedFinding, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where it listened: one address and port. adapter: the network adapter's name, "" if unknown.

    virtual: it belongs to an adapter (of a VPN, a container, Hyper-V) that no copier is connected to.
    """

    address: str
    port: int
    implicit_tls: bool = False
    adapter: str = ""
    virtual: bool = False


class TurnedAway(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of one peer that were refused. why: "public-address", "too-many", "too-many-of-peer", "full"."""

    address: str
    why: str
    count: int


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the user chose for this time of listening; no secret.

    mechanisms: SASL mechanisms that were offered. compares: a password was typed to compare with. relay_to:
    "host:port" of pass-through. certificate_names: what our certificate is for.
    """

    starttls: bool = True
    sign_in_before_tls: bool = True
    refuse_sign_in: bool = False
    mechanisms: tuple[str, ...] = ()
    compares: bool = False
    allow_public: bool = False
    provider: str | None = None
    device: str | None = None
    relay_to: str | None = None
    relay_recipients: tuple[str, ...] = ()
    relay_sign_in: bool = False
    certificate_names: tuple[str, ...] = ()
    certificate_sha256: str = ""


class ListenDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole time of listening. title, server, cause, outcome are for the history's list.

    outcome: "nothing-seen", "seen", "accepted" (pass-through: the real server took the message), "stopped" (it
    refused), "deferred" (it said "later"). stopped_by: "user", "time", "sessions", "octets", "problem".
    """

    schema: str = SCHEMA
    tool: Tool = Tool()
    started_at: str
    duration_ms: float
    title: str
    server: str
    cause: str = ""
    outcome: str = "nothing-seen"
    stopped_by: str = "user"
    places: tuple[Place, ...] = ()
    choices: Choices = Choices()
    sessions: tuple[SessionSeen, ...] = ()
    sessions_dropped: int = 0
    turned_away: tuple[TurnedAway, ...] = ()
    judgements: tuple[Judgement, ...] = ()


def to_json(document: ListenDocument, *, indent: int = 2) -> str:
    """Return the document as JSON text (UTF-8 characters kept, `indent` spaces a level)."""
    return as_json(document, indent=indent)


def from_json(text: str | bytes) -> ListenDocument:
    """Return the document in `text`. Raises `msgspec.ValidationError` or `msgspec.DecodeError` where it is not one."""
    return msgspec.json.decode(text, type=ListenDocument)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, as it ships in `resources/schema/listen-1.json`."""
    return schema_of(
        ListenDocument,
        title="Sendproof listening document, version 1",
        description="What a device did while Sendproof was its mail server for a moment; no secret, no content.",
    )


@dataclass(frozen=True, slots=True)
class Event:
    """Base of what is told while listening. Frozen, so that it may cross to another thread."""


@dataclass(frozen=True, slots=True)
class ListenProblem(Event):
    """Why it can't listen, or nothing arrives: words ready to show.

    kind: "in-use", "denied", "no-address", "other", "nothing-arrives". port: 0 where it concerns all of them.
    """

    kind: str
    port: int
    title: str
    text: str
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class ListeningStarted(Event):
    """It listens now at `places`; `problems` says which ports could not be had."""

    places: tuple[Place, ...]
    problems: tuple[ListenProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionStarted(Event):
    """A device connected."""

    seen: SessionSeen


@dataclass(frozen=True, slots=True)
class LineSeen(Event):
    """A line of the conversation, or a note, with the number of its session. relay: on the real server's side."""

    session: int
    line: TranscriptLine
    relay: bool = False


@dataclass(frozen=True, slots=True)
class SessionChanged(Event):
    """Something worth showing became known; `seen` is what is known so far (without its transcript)."""

    seen: SessionSeen


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A session is over; `seen` is complete."""

    seen: SessionSeen


@dataclass(frozen=True, slots=True)
class PeerTurnedAway(Event):
    """A connection was refused; `turned_away.count` counts those of this peer for this reason."""

    turned_away: TurnedAway


@dataclass(frozen=True, slots=True)
class ListeningStopped(Event):
    """The last event, with everything."""

    document: ListenDocument
