"""The first message of a TLS client, read without OpenSSL: what a device offers, whatever it offers.

`read_client_hello` takes the bytes as they came and never raises: it says that more is needed, that this is no TLS at
all, or what is wrong with it. RFC 8446 §4.1.2 and §5.1, RFC 5246 §7.4.1.2; the SSLv2-compatible hello is that of
RFC 5246 Appendix E.2. Fingerprints are in `core.listening.fingerprints`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from core.listening.tls_names import is_grease, name_of, version_name
from core.session.transcript import render

MAX_HELLO: Final = 65_536
"""Octets of a hello that are looked at, records and all: several times what any client sends."""
MAX_RECORD: Final = 16_384
"""RFC 8446 §5.1: the longest plain-text fragment of a record."""
MAX_NAME: Final = 255
MAX_PROTOCOLS: Final = 32

_HANDSHAKE, _ALERT = 22, 21
_CLIENT_HELLO = 1
_RENEGOTIATION_SCSV, _FALLBACK_SCSV = 0x00FF, 0x5600
"""Signals in the place of cipher suites: RFC 5746 §3.3, RFC 7507."""
_TEXT_STARTS = (b"EHLO", b"HELO", b"QUIT", b"MAIL", b"AUTH", b"NOOP", b"RSET", b"GET ", b"POST", b"STAR", b"HELP")


class HelloState(StrEnum):
    """How far the bytes go: a whole hello, the beginning of one, a broken one, an alert, plain text, or neither."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    MALFORMED = "malformed"
    ALERT = "alert"
    PLAIN_TEXT = "plain-text"
    NOT_TLS = "not-tls"


class CodePoint(msgspec.Struct, frozen=True):
    """A number of a TLS registry with its name."""

    code: int
    name: str

    @property
    def grease(self) -> bool:
        """Whether it means nothing on purpose (RFC 8701)."""
        return is_grease(self.code)


class ClientHello(msgspec.Struct, frozen=True, kw_only=True):
    """What a client offers. Versions are written "1.2", "SSL 3.0"; lists are in the order of the client.

    form: "sslv2" for the old form of hello that SSLv2 servers understand too. record_version: of the first record;
    None with that form. legacy_version: the version field. supported_versions: the extension of that name, empty if
    it is not there: then the client takes legacy_version or an older one, and does not say how old.
    sni: None if no name was sent; a name of zero length is "". ticket: no session ticket extension (None), offered
    empty (False), or an old session resumed with one (True). problems: what is against the rules and could be read all
    the same. records: how many TLS records the hello came in. groups and signature_schemes: None where the extension
    is not there.
    """

    form: Literal["tls", "sslv2"] = "tls"
    record_version: str | None = None
    legacy_version: str
    legacy_version_code: int
    supported_versions: tuple[CodePoint, ...] = ()
    cipher_suites: tuple[CodePoint, ...] = ()
    compression: tuple[int, ...] = ()
    session_id_length: int = 0
    extensions: tuple[CodePoint, ...] = ()
    sni: str | None = None
    groups: tuple[CodePoint, ...] | None = None
    point_formats: tuple[int, ...] = ()
    signature_schemes: tuple[CodePoint, ...] | None = None
    alpn: tuple[str, ...] = ()
    alpn_first: bytes = b""
    key_shares: tuple[CodePoint, ...] = ()
    ticket: bool | None = None
    extended_master_secret: bool = False
    secure_renegotiation: bool = False
    fallback: bool = False
    records: int = 1
    problems: tuple[str, ...] = ()

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that are certain to be offered, highest first, without GREASE."""
        if self.supported_versions:
            codes = {point.code for point in self.supported_versions if not point.grease}
            return tuple(version_name(code) for code in sorted(codes, reverse=True))
        return (self.legacy_version,)

    @property
    def highest_version(self) -> str:
        """The best version offered, such as "1.2"."""
        return self.versions[0] if self.versions else self.legacy_version

    @property
    def real_suites(self) -> tuple[CodePoint, ...]:
        """The cipher suites that are ciphers: without GREASE and signalling values."""
        return tuple(
            point
            for point in self.cipher_suites
            if not point.grease and point.code not in {_RENEGOTIATION_SCSV, _FALLBACK_SCSV}
        )


class HelloReading(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the bytes. hello: whatever could be read, None if nothing could. problem: what is wrong.

    used: octets that belong to the hello, record headers too; 0 unless the state is complete.
    """

    state: HelloState
    hello: ClientHello | None = None
    problem: str = ""
    used: int = 0


class _Broken(Exception):
    """The bytes contradict themselves; the message says how."""


class _Cursor:
    """Takes lengths and vectors off a piece of bytes; raises _Broken when a piece ends too early."""

    __slots__ = ("at", "data", "what")

    def __init__(self, data: bytes, what: str) -> None:
        self.data = data
        self.at = 0
        self.what = what

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise _Broken(f"{self.what} ends too early: {count} octets announced, {self.left} there")
        self.at += count
        return self.data[self.at - count : self.at]

    def whole(self, length: int, of: int, list_name: str) -> None:
        """Make sure that a list of `length` octets holds whole entries of `of` octets each."""
        if length % of:
            raise _Broken(f"The list of {list_name} has {length} octets, which is no multiple of {of}")

    def number(self, octets: int) -> int:
        return int.from_bytes(self.take(octets), "big")

    def vector(self, length_octets: int) -> bytes:
        return self.take(self.number(length_octets))


def read_client_hello(data: bytes) -> HelloReading:
    """Return what the first bytes of a connection (or of what follows STARTTLS) say; never raises.

    Takes all bytes received so far. INCOMPLETE asks for more; every other state is final.
    """
    if not data:
        return HelloReading(state=HelloState.INCOMPLETE)
    if data[0] == _HANDSHAKE:
        return _read_records(data)
    if data[0] & 0x80:
        return _read_sslv2(data)
    if data[0] == _ALERT and (len(data) < 2 or data[1] == 3):
        return HelloReading(state=HelloState.ALERT, problem="A TLS alert came instead of a ClientHello.")
    if _is_text(data):
        shown = render(data[:60].split(b"\n")[0].rstrip(b"\r"), limit=60)
        return HelloReading(state=HelloState.PLAIN_TEXT, problem=f"Plain text came instead of TLS: “{shown}”.")
    shown = data[:8].hex(" ")
    return HelloReading(state=HelloState.NOT_TLS, problem=f"This is neither TLS nor text; it begins with {shown}.")


def _is_text(data: bytes) -> bool:
    head = data[:32]
    if any(start.startswith(head[:4].upper()) or head.upper().startswith(start) for start in _TEXT_STARTS):
        return True
    return all(32 <= octet < 127 or octet in b"\t\r\n" for octet in head)


def _read_records(data: bytes) -> HelloReading:
    """Put the handshake message together from its records, then read it."""
    message = bytearray()
    at = records = 0
    while True:
        problem = _record_problem(data, at)
        if problem:
            return _malformed(problem, bytes(message), data, records)
        if len(data) - at < 5:
            return HelloReading(state=HelloState.INCOMPLETE)
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        records += 1
        message += data[at + 5 : at + 5 + length]
        needed = 4 + int.from_bytes(message[1:4], "big") if len(message) >= 4 else None
        if message and message[0] != _CLIENT_HELLO:
            return HelloReading(
                state=HelloState.MALFORMED,
                problem=f"A handshake message of type {message[0]} came where the ClientHello (type 1) belongs.",
            )
        if needed is not None and needed > MAX_HELLO:
            return HelloReading(
                state=HelloState.MALFORMED, problem=f"The ClientHello announces {needed} octets; none is that long."
            )
        if needed is not None and len(message) >= needed:
            return _whole(bytes(message), needed, data, at + 5 + length, records)
        if len(data) < at + 5 + length:
            return HelloReading(state=HelloState.INCOMPLETE)
        at += 5 + length


def _whole(message: bytes, needed: int, data: bytes, end: int, records: int) -> HelloReading:
    if len(data) < end and len(message) == needed:
        # The record announces more than the hello; what the hello itself needs is there.
        end = len(data)
    hello, problem = _read_hello(message[4:needed], version_name(int.from_bytes(data[1:3], "big")), records)
    if problem:
        return HelloReading(state=HelloState.MALFORMED, hello=hello, problem=problem)
    if hello is not None and len(message) > needed:
        note = f"{len(message) - needed} octets follow the ClientHello in its record"
        hello = msgspec.structs.replace(hello, problems=(*hello.problems, note))
    return HelloReading(state=HelloState.COMPLETE, hello=hello, used=min(end, len(data)))


def _record_problem(data: bytes, at: int) -> str:
    """Return what is wrong with the record header at `at`, as far as it is there."""
    header = data[at : at + 5]
    if header[:1] and header[0] != _HANDSHAKE:
        return f"Record of type {header[0]} in the middle of the ClientHello."
    if header[1:2] and header[1] != 3:
        return f"The record's version is {header[1:3].hex(' ')}, which is no SSL 3.0 or TLS."
    if len(header) < 5:
        return ""
    length = int.from_bytes(header[3:5], "big")
    if length > MAX_RECORD:
        return f"A record announces {length} octets; {MAX_RECORD} are the most (RFC 8446 §5.1)."
    if length == 0:
        return "An empty handshake record came; RFC 8446 §5.1 forbids those."
    if at > MAX_HELLO:
        return "The ClientHello goes on without end."
    return ""


def _malformed(problem: str, message: bytes, data: bytes, records: int) -> HelloReading:
    """Return the problem, with what the message told before it broke off."""
    hello = None
    if len(message) > 6:
        hello, _more = _read_hello(message[4:], version_name(int.from_bytes(data[1:3], "big")), max(records, 1))
    return HelloReading(state=HelloState.MALFORMED, hello=hello, problem=problem)


def _read_hello(body: bytes, record_version: str, records: int) -> tuple[ClientHello | None, str]:
    """Read the message without its header. Return what could be read, and what is wrong ("" if nothing is)."""
    cursor = _Cursor(body, "The ClientHello")
    facts: dict[str, Any] = {}
    problem = ""
    try:
        legacy = cursor.number(2)
        facts = {"legacy_version": version_name(legacy), "legacy_version_code": legacy}
        cursor.take(32)  # the random, which says nothing
        facts["session_id_length"] = len(cursor.vector(1))
        suites = cursor.vector(2)
        facts["cipher_suites"] = _points("cipher_suites", suites)
        _note_signals(facts)
        cursor.whole(len(suites), 2, "cipher suites")
        facts["compression"] = tuple(cursor.vector(1))
        if cursor.left:
            _read_extensions(_Cursor(cursor.vector(2), "The list of extensions"), facts)
        if cursor.left:
            _note(facts, f"{cursor.left} octets follow the extensions")
    except _Broken as broken:
        problem = f"{broken}."
    if "legacy_version" not in facts:
        return None, problem
    return ClientHello(**facts, record_version=record_version, records=records), problem


def _read_extensions(cursor: _Cursor, facts: dict[str, Any]) -> None:
    seen: list[CodePoint] = []
    try:
        while cursor.left:
            code = cursor.number(2)
            body = cursor.vector(2)
            point = CodePoint(code, name_of("extensions", code))
            if point in seen:
                _note(facts, f"extension {point.name} comes twice")
            seen.append(point)
            try:
                _read_extension(code, _Cursor(body, f"Extension {point.name}"), facts)
            except _Broken as broken:
                _note(facts, str(broken))
    finally:
        facts["extensions"] = tuple(seen)


def _read_extension(code: int, body: _Cursor, facts: dict[str, Any]) -> None:
    match code:
        case 0x0000:
            _read_server_name(body, facts)
        case 0x000A:
            facts["groups"] = _points("groups", body.vector(2))
        case 0x000B:
            facts["point_formats"] = tuple(body.vector(1))
        case 0x000D:
            facts["signature_schemes"] = _points("signature_schemes", body.vector(2))
        case 0x0010:
            _read_protocols(_Cursor(body.vector(2), body.what), facts)
        case 0x0017:
            facts["extended_master_secret"] = True
        case 0x0023:
            facts["ticket"] = body.left > 0
        case 0x002B:
            listed = body.vector(1)
            facts["supported_versions"] = tuple(CodePoint(number, version_name(number)) for number in _numbers(listed))
        case 0x0033:
            shares = _Cursor(body.vector(2), body.what)
            found = []
            while shares.left:
                group = shares.number(2)
                shares.vector(2)
                found.append(CodePoint(group, name_of("groups", group)))
            facts["key_shares"] = tuple(found)
        case 0xFF01:
            facts["secure_renegotiation"] = True


def _read_server_name(body: _Cursor, facts: dict[str, Any]) -> None:
    names = _Cursor(body.vector(2), body.what)
    while names.left:
        kind = names.number(1)
        name = names.vector(2)
        if kind == 0 and facts.get("sni") is None:
            facts["sni"] = render(name, limit=MAX_NAME)


def _read_protocols(body: _Cursor, facts: dict[str, Any]) -> None:
    found: list[str] = []
    while body.left:
        protocol = body.vector(1)
        if not found:
            facts["alpn_first"] = protocol
        if len(found) < MAX_PROTOCOLS:
            found.append(render(protocol, limit=MAX_NAME))
    facts["alpn"] = tuple(found)


def _numbers(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2)]


def _points(registry: Literal["cipher_suites", "groups", "signature_schemes"], data: bytes) -> tuple[CodePoint, ...]:
    return tuple(CodePoint(number, name_of(registry, number)) for number in _numbers(data))


def _note(facts: dict[str, Any], text: str) -> None:
    noted = facts.get("problems", ())
    if len(noted) < 16:
        facts["problems"] = (*noted, text)


def _note_signals(facts: dict[str, Any]) -> None:
    codes = {point.code for point in facts["cipher_suites"]}
    facts["secure_renegotiation"] = _RENEGOTIATION_SCSV in codes
    facts["fallback"] = _FALLBACK_SCSV in codes


def _read_sslv2(data: bytes) -> HelloReading:
    """Read a hello in the form of SSL 2.0, which clients sent for as long as a server might know nothing newer."""
    if len(data) >= 3 and data[2] != _CLIENT_HELLO:
        shown = data[:8].hex(" ")
        return HelloReading(state=HelloState.NOT_TLS, problem=f"This is neither TLS nor text; it begins with {shown}.")
    length = int.from_bytes(data[:2], "big") & 0x7FFF
    if len(data) >= 5 and data[3:5] != b"\x00\x02" and data[3] != 3:
        return HelloReading(
            state=HelloState.NOT_TLS, problem=f"This is neither TLS nor text; it begins with {data[:8].hex(' ')}."
        )
    if len(data) < 2 + length:
        return HelloReading(state=HelloState.INCOMPLETE)
    cursor = _Cursor(data[3 : 2 + length], "The hello in SSLv2 form")
    try:
        version = cursor.number(2)
        spec_length, session_length, challenge_length = (cursor.number(2) for _field in range(3))
        cursor.whole(spec_length, 3, "cipher kinds")
        kinds = cursor.take(spec_length)
        cursor.take(session_length)
        cursor.take(challenge_length)
    except _Broken as broken:
        return HelloReading(state=HelloState.MALFORMED, problem=f"{broken}.")
    suites = []
    for at in range(0, len(kinds), 3):
        code = int.from_bytes(kinds[at : at + 3], "big")
        known = code <= 0xFFFF
        suites.append(CodePoint(code, name_of("cipher_suites" if known else "sslv2_cipher_kinds", code)))
    codes = {point.code for point in suites}
    hello = ClientHello(
        form="sslv2",
        legacy_version=version_name(version),
        legacy_version_code=version,
        cipher_suites=tuple(suites),
        session_id_length=session_length,
        secure_renegotiation=_RENEGOTIATION_SCSV in codes,
        fallback=_FALLBACK_SCSV in codes,
    )
    return HelloReading(state=HelloState.COMPLETE, hello=hello, used=2 + length)
