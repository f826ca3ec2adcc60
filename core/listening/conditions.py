"""What judgement rules can ask about a session: each condition has a name, what it means, and how it is found.

A condition holds only on evidence: what the session did not reach holds neither as a fault nor as fine. Names that
begin with "service-" depend on what is known of the service, and so are no surer than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from core.listening.observation import TlsSeen
from core.listening.scene import MODERN_TLS, Scene, hello_fault, is_removed, older, same_address

Ask = Callable[[Scene], bool]

MAX_LINE: Final = 998
"""RFC 5322 §2.1.1: characters of a line without its end."""
MANY_RECIPIENTS: Final = 100
"""RFC 5321 §4.5.3.1.8: so many a server has to take; more is its own choice."""
LONG_PAUSE_MS: Final = 60_000
"""After so long it is said that the device is slow; RFC 5321 §4.5.3.2.7 gives a client five minutes."""
CLOCK_OFF_S: Final = 24 * 3600
"""A Date header further off than this is not a time zone."""


class Condition(NamedTuple):
    """A question with its meaning."""

    meaning: str
    ask: Ask


def _tls(scene: Scene, wanted: Callable[[TlsSeen], bool]) -> bool:
    return scene.seen.tls is not None and wanted(scene.seen.tls)


def _hello(scene: Scene, *faults: str) -> bool:
    name = scene.seen.hello
    return name is not None and hello_fault(name) in faults


def _mechanism(scene: Scene) -> str:
    return scene.sign_in.mechanism.lower() if scene.sign_in else ""


def _mechanisms(scene: Scene) -> tuple[str, ...]:
    return scene.service.endpoint.mechanisms if scene.service and scene.service.endpoint else ()


def _auth_there(scene: Scene) -> bool | None:
    return scene.service.endpoint.auth if scene.service and scene.service.endpoint else None


def _both(scene: Scene) -> tuple[str, str] | None:
    """Sender and login, where both are there and the login is an address that can be compared."""
    if scene.sender and scene.login and "@" in scene.login:
        return scene.sender, scene.login
    return None


def _unlike(one: str | None, other: str | None) -> bool:
    return bool(one and other) and not same_address(one or "", other or "")


def _lines(scene: Scene) -> bool:
    message = scene.message
    return message is not None and (message.crlf + message.bare_lf + message.bare_cr) > 0


def _lf(scene: Scene) -> bool:
    message = scene.message
    return message is not None and (message.bare_lf > 0 or message.terminator == "lf")


def _lacks(scene: Scene, header: str) -> bool:
    return scene.message is not None and not scene.message.headers_cut and header in scene.message.missing


def _declared(scene: Scene) -> bool:
    return scene.envelope is not None and (scene.envelope.body or "").upper() in {"8BITMIME", "BINARYMIME"}


def _octets(scene: Scene) -> int:
    """The size of the message: as handed over whole, or else at least what came and what was announced."""
    announced = (scene.envelope.size or 0) if scene.envelope else 0
    if scene.message is None:
        return announced
    return scene.message.size if _whole(scene) else max(scene.message.size, announced)


def _whole(scene: Scene) -> bool:
    return scene.message is not None and scene.message.terminator != "cut"


def _over(scene: Scene) -> bool:
    return scene.seen.ended not in {"open", "limit", "refused", "stopped"}


def _unsigned_after_refusal(scene: Scene) -> bool:
    tried = scene.seen.sign_ins
    return (
        bool(tried)
        and all(attempt.outcome != "accepted" for attempt in tried)
        and any(envelope.signed_in_as is None and envelope.ms > tried[-1].ms for envelope in scene.seen.envelopes)
    )


def _no_implicit_tls(scene: Scene) -> bool:
    ports = scene.service.endpoint.ports if scene.service and scene.service.endpoint else ()
    return bool(ports) and all(entry.security != "tls" for entry in ports)


def _offers_new_enough(scene: Scene, least: str) -> bool:
    return scene.highest is not None and not older(scene.highest, least)


CONDITIONS: Mapping[str, Condition] = {
    # Encryption
    "tls-done": Condition("the handshake was completed", lambda s: _tls(s, lambda tls: tls.completed)),
    "tls-failed": Condition(
        "a handshake began and was not completed", lambda s: _tls(s, lambda tls: not tls.completed)
    ),
    "tls-beyond-us": Condition(
        "this computer could not speak what was offered", lambda s: _tls(s, lambda tls: tls.beyond_us)
    ),
    "hello-sslv2": Condition(
        "the TLS hello has the form of SSL 2.0", lambda s: s.hello is not None and s.hello.form == "sslv2"
    ),
    "hello-malformed": Condition(
        "the TLS hello is against the rules", lambda s: s.reading is not None and s.reading.state == "malformed"
    ),
    "tls-old": Condition(
        "the best TLS version offered is older than 1.2",
        lambda s: s.highest is not None and older(s.highest, MODERN_TLS),
    ),
    "tls-modern": Condition("TLS 1.2 or newer is offered", lambda s: _offers_new_enough(s, MODERN_TLS)),
    "service-tls-min-known": Condition(
        "the oldest TLS version of the service is known", lambda s: bool(s.needs.tls_min)
    ),
    "service-tls-too-old": Condition(
        "the best TLS version offered is older than the service takes",
        lambda s: bool(s.needs.tls_min) and s.highest is not None and older(s.highest, s.needs.tls_min),
    ),
    "service-tls-fine": Condition(
        "a TLS version is offered that the service takes",
        lambda s: bool(s.needs.tls_min) and _offers_new_enough(s, s.needs.tls_min),
    ),
    "service-legacy-server": Condition("the service has a server for old TLS", lambda s: bool(s.needs.legacy_server)),
    "suites-all-removed": Condition(
        "all cipher suites offered are ones that servers have removed",
        lambda s: bool(s.suites) and all(is_removed(name) for name in s.suites),
    ),
    "suites-some-removed": Condition(
        "some cipher suites offered are ones that servers have removed",
        lambda s: any(is_removed(name) for name in s.suites) and not all(is_removed(name) for name in s.suites),
    ),
    "service-suites-none": Condition(
        "the service takes none of the cipher suites offered",
        lambda s: bool(s.needs.cipher_suites and s.suites) and not s.shared_suites,
    ),
    "service-suites-shared": Condition(
        "the service takes one of the cipher suites offered", lambda s: bool(s.shared_suites)
    ),
    "signatures-old": Condition(
        "signatures with SHA-256 or better are not offered",
        lambda s: (
            s.hello is not None
            and bool(s.hello.signature_schemes)
            and all(
                point.name.endswith(("_sha1", "_md5")) for point in s.hello.signature_schemes or () if not point.grease
            )
        ),
    ),
    "sni-sent": Condition("the server's name was sent", lambda s: s.hello is not None and s.hello.sni is not None),
    "sni-missing": Condition(
        "no server's name was sent", lambda s: s.hello is not None and s.hello.form == "tls" and s.hello.sni is None
    ),
    "service-wants-sni": Condition("the service needs the server's name", lambda s: s.needs.sni is True),
    "certificate-accepted": Condition(
        "the device went on with a certificate nobody can know",
        lambda s: _tls(s, lambda tls: tls.certificate == "accepted"),
    ),
    "certificate-refused": Condition(
        "the device refused our certificate", lambda s: _tls(s, lambda tls: tls.certificate == "refused")
    ),
    "left-after-handshake": Condition(
        "it hung up right after a good handshake",
        lambda s: _tls(s, lambda tls: tls.left_after_handshake and tls.certificate != "refused"),
    ),
    "service-roots-known": Condition("the service's root certificates are known", lambda s: bool(s.needs.roots)),
    "starttls-offered": Condition("STARTTLS was offered to it", lambda s: "STARTTLS" in s.offered),
    "clear-text": Condition(
        "it signed in or named a sender without any encryption", lambda s: s.reached and s.seen.tls is None
    ),
    "helo-only": Condition(
        "it said HELO and never EHLO",
        lambda s: s.seen.hello_verb == "HELO" and not any(c.verb == "EHLO" for c in s.seen.commands),
    ),
    "service-tls-first": Condition("the service wants TLS before anything else", lambda s: s.needs.tls_first is True),
    "service-tls-optional": Condition("the service takes mail without TLS too", lambda s: s.needs.tls_first is False),
    "tls-on-plain-port": Condition(
        "TLS began on a port that begins in plain text", lambda s: "tls-on-plain-port" in s.seen.problems
    ),
    "service-without-implicit-tls": Condition("the service has no port that begins with TLS", _no_implicit_tls),
    "plain-on-tls-port": Condition(
        "plain text came on a port that begins with TLS", lambda s: "plain-on-tls-port" in s.seen.problems
    ),
    "no-ehlo-after-tls": Condition(
        "EHLO was not said again after TLS", lambda s: "no-ehlo-after-tls" in s.seen.problems
    ),
    # Sign-in
    "signed-in": Condition("it signed in, or tried to", lambda s: s.sign_in is not None),
    "sign-in-in-clear": Condition(
        "a sign-in came without TLS", lambda s: any(not a.encrypted for a in s.seen.sign_ins)
    ),
    "sign-in-encrypted": Condition(
        "all sign-ins came over TLS", lambda s: bool(s.seen.sign_ins) and all(a.encrypted for a in s.seen.sign_ins)
    ),
    "service-mechanism-missing": Condition(
        "the service does not offer the mechanism used",
        lambda s: bool(s.sign_in and _mechanisms(s)) and _mechanism(s) not in _mechanisms(s),
    ),
    "service-mechanism-there": Condition(
        "the service offers the mechanism used", lambda s: bool(s.sign_in) and _mechanism(s) in _mechanisms(s)
    ),
    "mechanism-was-a-choice": Condition(
        "the mechanism used was among those offered here",
        lambda s: _mechanism(s).upper() in s.mechanisms_offered,
    ),
    "mechanism-password": Condition(
        "a password was used, not a token", lambda s: _mechanism(s) in {"plain", "login", "cram-md5"}
    ),
    "mechanism-token": Condition("an OAuth token was used", lambda s: _mechanism(s) in {"xoauth2", "oauthbearer"}),
    "service-wants-sign-in": Condition("the service wants a sign-in", lambda s: _auth_there(s) is True),
    "service-has-no-sign-in": Condition("the service has no sign-in there", lambda s: _auth_there(s) is False),
    "not-signed-in": Condition(
        "it named a sender without signing in", lambda s: bool(s.seen.envelopes) and not s.seen.sign_ins
    ),
    "sign-in-not-offered": Condition(
        "EHLO was answered, and no way to sign in was ever among the extensions",
        lambda s: any(c.verb == "EHLO" and c.code == 250 for c in s.seen.commands) and not s.mechanisms_offered,
    ),
    "unsigned-after-refusal": Condition("a sender came after no sign-in was taken", _unsigned_after_refusal),
    "sign-in-broken": Condition(
        "a sign-in was against the rules", lambda s: any(a.outcome == "malformed" for a in s.seen.sign_ins)
    ),
    "sign-in-left": Condition(
        "it broke a sign-in off",
        lambda s: s.sign_in is not None and s.sign_in.outcome in {"cancelled", "cut"},
    ),
    "password-cut": Condition(
        "only the beginning of the typed password came", lambda s: bool(s.sign_in and s.sign_in.truncated_at)
    ),
    "password-differs": Condition(
        "another password came than the one typed",
        lambda s: bool(s.sign_in and s.sign_in.matches is False and not s.sign_in.truncated_at),
    ),
    "password-same": Condition("the typed password came", lambda s: bool(s.sign_in and s.sign_in.matches)),
    "password-encoding": Condition(
        "the password came in another encoding than UTF-8",
        lambda s: bool(s.sign_in and s.sign_in.encoding and s.sign_in.encoding.lower().replace("-", "") != "utf8"),
    ),
    "user-no-address": Condition("the user name is no address", lambda s: s.login is not None and "@" not in s.login),
    "user-spaces": Condition(
        "the user name begins or ends with a space", lambda s: s.login is not None and s.login != s.login.strip()
    ),
    "service-full-address": Condition(
        "the service wants a whole address as user name", lambda s: s.needs.full_address is True
    ),
    # Envelope
    "envelope-begun": Condition("a sender was named", lambda s: s.envelope is not None),
    "sender-null": Condition("the sender is the empty one", lambda s: s.sender == ""),
    "sender-no-domain": Condition("the sender has no domain", lambda s: bool(s.sender) and "@" not in (s.sender or "")),
    "sender-differs": Condition("sender and login differ", lambda s: (pair := _both(s)) is not None and _unlike(*pair)),
    "sender-same": Condition(
        "sender and login are the same", lambda s: (pair := _both(s)) is not None and not _unlike(*pair)
    ),
    "service-sender-login": Condition("the service wants the login as sender", lambda s: s.needs.sender == "login"),
    "service-sender-verified": Condition("the service wants a verified sender", lambda s: s.needs.sender == "verified"),
    "service-sender-rewritten": Condition("the service replaces the sender", lambda s: s.needs.sender == "rewritten"),
    "service-send-as": Condition(
        "there is a command that lets the account use another sender", lambda s: bool(s.needs.send_as_command)
    ),
    "ehlo-fine": Condition("the name given with EHLO is a good one", lambda s: _hello(s, "")),
    "ehlo-bare-address": Condition("the name is an address without brackets", lambda s: _hello(s, "bare-address")),
    "ehlo-characters": Condition(
        "the name holds characters that names may not have", lambda s: _hello(s, "characters")
    ),
    "ehlo-bad": Condition(
        "the name is not what RFC 5321 wants",
        lambda s: _hello(s, "no-dot", "localhost", "bare-address", "characters"),
    ),
    "ehlo-none": Condition(
        "neither EHLO nor HELO came before the sender", lambda s: s.reached and s.seen.hello is None
    ),
    "service-ehlo-any": Condition("the service does not mind the name", lambda s: s.needs.ehlo == "any"),
    "service-ehlo-fqdn": Condition("the service wants a real name", lambda s: s.needs.ehlo == "fqdn"),
    "recipients-many": Condition(
        "very many recipients at once",
        lambda s: s.envelope is not None and len(s.envelope.recipients) > MANY_RECIPIENTS,
    ),
    "service-recipients-over": Condition(
        "more recipients than the service takes",
        lambda s: (
            bool(s.needs.recipients) and s.envelope is not None and len(s.envelope.recipients) > s.needs.recipients
        ),
    ),
    # Message
    "message-cut": Condition(
        "the message broke off", lambda s: s.message is not None and s.message.terminator == "cut"
    ),
    "bare-lf": Condition("lines end in LF alone", _lf),
    "bare-cr": Condition("lines end in CR alone", lambda s: s.message is not None and s.message.bare_cr > 0),
    "line-ends-right": Condition(
        "all lines end in CR LF",
        lambda s: _lines(s) and not _lf(s) and s.message is not None and s.message.bare_cr == 0,
    ),
    "service-bare-lf-refused": Condition(
        "the service refuses lines that end in LF", lambda s: s.needs.bare_lf == "refused"
    ),
    "no-from": Condition("there is no From header", lambda s: _lacks(s, "From")),
    "from-unusable": Condition(
        "the From header holds no address",
        lambda s: s.message is not None and "From" not in s.message.missing and not s.message.from_addresses,
    ),
    "no-date": Condition("there is no Date header", lambda s: _lacks(s, "Date")),
    "no-message-id": Condition("there is no Message-ID header", lambda s: _lacks(s, "Message-ID")),
    "headers-there": Condition(
        "From, Date and Message-ID are there",
        lambda s: (
            _whole(s)
            and s.message is not None
            and bool(s.message.from_addresses)
            and not {"From", "Date", "Message-ID"} & set(s.message.missing)
        ),
    ),
    "headers-repeated": Condition(
        "a header comes twice that may come once", lambda s: s.message is not None and bool(s.message.repeated)
    ),
    "service-from-wanted": Condition("the service refuses a message without From", lambda s: "From" in s.needs.headers),
    "from-not-sender": Condition("From header and sender differ", lambda s: _unlike(s.header_from, s.sender)),
    "from-not-login": Condition(
        "From header and login differ", lambda s: bool(s.login and "@" in s.login) and _unlike(s.header_from, s.login)
    ),
    "date-off": Condition(
        "the Date header is more than a day off",
        lambda s: (
            s.message is not None and s.message.date_off_s is not None and abs(s.message.date_off_s) > CLOCK_OFF_S
        ),
    ),
    "eight-bit-undeclared": Condition(
        "8-bit octets came without BODY=8BITMIME",
        lambda s: s.message is not None and s.message.eight_bit and not _declared(s),
    ),
    "eight-bit-headers": Condition(
        "header fields hold 8-bit octets", lambda s: s.message is not None and s.message.eight_bit_headers
    ),
    "null-octets": Condition("the message holds null octets", lambda s: s.message is not None and s.message.nul),
    "lines-too-long": Condition(
        "a line is longer than 998 characters", lambda s: s.message is not None and s.message.longest_line > MAX_LINE
    ),
    "size-unnamed": Condition(
        "a message came without SIZE with MAIL FROM",
        lambda s: _whole(s) and s.envelope is not None and s.envelope.size is None,
    ),
    "service-size-over": Condition(
        "the message is larger than the service takes", lambda s: bool(s.needs.size) and _octets(s) > s.needs.size
    ),
    "service-size-over-default": Condition(
        "the message is larger than an account may send unless somebody changed that",
        lambda s: bool(s.needs.size_default) and _octets(s) > s.needs.size_default,
    ),
    "service-size-fine": Condition(
        "the message is small enough",
        lambda s: (
            _whole(s)
            and bool(s.needs.size or s.needs.size_default)
            and _octets(s) <= min(limit for limit in (s.needs.size, s.needs.size_default) if limit)
        ),
    ),
    # Behaviour
    "retry-same": Condition(
        "it came again and did all the same", lambda s: s.seen.retry is not None and not s.seen.retry.differs
    ),
    "retry-without-tls": Condition("it came again without TLS", lambda s: s.differs("without-tls")),
    "retry-older-tls": Condition("it came again with older TLS", lambda s: s.differs("older-tls")),
    "retry-without-sign-in": Condition("it came again without signing in", lambda s: s.differs("without-sign-in")),
    "long-pause": Condition(
        "it took very long between commands",
        lambda s: s.slowest is not None and (s.slowest.pause_ms or 0) > LONG_PAUSE_MS,
    ),
    "spoke-first": Condition("it spoke before the greeting", lambda s: "spoke-before-greeting" in s.seen.problems),
    "pipelined-unasked": Condition(
        "it sent commands without waiting", lambda s: "pipelined-without-asking" in s.seen.problems
    ),
    "unknown-commands": Condition(
        "it used commands that nobody knows", lambda s: "unknown-commands" in s.seen.problems
    ),
    "lf-commands": Condition("its commands end in LF alone", lambda s: "bare-lf-commands" in s.seen.problems),
    "not-mail": Condition("what came was no mail program", lambda s: bool({"http", "not-smtp"} & set(s.seen.problems))),
    "over": Condition("the session is over, and not because we ended it", _over),
    "nothing-sent": Condition("the session ended without a sender", lambda s: _over(s) and not s.seen.envelopes),
    "only-connected": Condition(
        "the session ended before the device said anything of use",
        lambda s: _over(s) and not s.reached and s.seen.tls is None and not s.seen.problems,
    ),
    "no-quit": Condition(
        "it hung up without QUIT after all was said", lambda s: "no-quit" in s.seen.problems and bool(s.seen.messages)
    ),
}
"""All conditions by name."""


def holds(name: str, scene: Scene) -> bool:
    """Return whether the condition `name` holds. Raises KeyError for a name that is none."""
    return CONDITIONS[name].ask(scene)
