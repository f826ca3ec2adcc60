"""The values that sentences of judgement rules are filled with, and the words that stand in where one is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from core.listening.scene import Scene, is_removed
from core.listening.tls_names import say_version

NO_SERVICE: Final = "A mail service of today"
SHOWN_SUITES: Final = 3


def megabytes(octets: int) -> str:
    """Return a size as mail services write it: "1.8 MB" of 1,048,576 octets each, "640 KB", "90 octets"."""
    if octets >= 1024 * 1024:
        amount = octets / (1024 * 1024)
        return f"{amount:.0f} MB" if amount >= 10 or amount == int(amount) else f"{amount:.1f} MB"
    if octets >= 1024:
        return f"{octets / 1024:.0f} KB"
    return f"{octets} octet{'' if octets == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a length of time in the unit that fits: "75 seconds", "3 hours", "2 days"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}s"
    return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"


def listed(words: list[str], joint: str = "and") -> str:
    """Return words as a list in a sentence: "LOGIN and XOAUTH2"."""
    return f" {joint} ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _suites(scene: Scene) -> str:
    names = list(dict.fromkeys(scene.suites))
    more = len(names) - SHOWN_SUITES
    return ", ".join(names[:SHOWN_SUITES]) + (f" and {more} more" if more > 0 else "")


def _removed(scene: Scene) -> str:
    kinds = ("EXPORT", "NULL", "anon", "RC4", "RC2", "3DES", "DES40", "DES", "IDEA", "SEED", "MD5")
    found: list[str] = []
    for name in scene.suites:
        if is_removed(name):
            kind = next((word for word in kinds if f"_{word}" in name), "SSL 2.0")
            if kind not in found:
                found.append(kind)
    return listed(found)


def _mechanisms(scene: Scene) -> str:
    endpoint = scene.service.endpoint if scene.service else None
    return listed([name.upper() for name in endpoint.mechanisms]) if endpoint else ""


def _web_path(scene: Scene) -> str:
    return scene.device.path if scene.device else ""


def _field(holds: str) -> Callable[[Scene], str]:
    return lambda scene: scene.device.label(holds) if scene.device else ""


def _setting(mode: Literal["starttls", "tls"]) -> Callable[[Scene], str]:
    return lambda scene: scene.device.encryption(mode) if scene.device else ""


def _count(scene: Scene) -> str:
    return str(len(scene.envelope.recipients)) if scene.envelope else ""


def _size(scene: Scene) -> str:
    if scene.message is not None:
        return megabytes(scene.message.size)
    return megabytes(scene.envelope.size) if scene.envelope and scene.envelope.size else ""


def _size_limit(scene: Scene) -> str:
    limits = [limit for limit in (scene.needs.size, scene.needs.size_default) if limit]
    return megabytes(min(limits)) if limits else ""


def _date_off(scene: Scene) -> str:
    off = scene.message.date_off_s if scene.message else None
    return "" if off is None else f"{duration(abs(off))} {'behind' if off < 0 else 'ahead'}"


def _tls_attempt(scene: Scene) -> str:
    tls = scene.seen.tls
    if tls is None:
        return ""
    if tls.alert:
        return f"it sent the alert {tls.alert}"
    return f"OpenSSL says: {tls.error}" if tls.error else "it hung up"


def _root(scene: Scene) -> str:
    return listed(list(scene.needs.roots))


VALUES: Mapping[str, Callable[[Scene], str]] = {
    "service": lambda s: s.service.title if s.service else "",
    "service_server": lambda s: s.service.server if s.service else "",
    "service_port": lambda s: str(s.service.port) if s.service else "",
    "mechanisms": _mechanisms,
    "tls_offered": lambda s: say_version(s.highest) if s.highest else "",
    "tls_agreed": lambda s: say_version(s.seen.tls.version) if s.seen.tls and s.seen.tls.version else "",
    "tls_needed": lambda s: f"TLS {s.needs.tls_min or '1.2'}",
    "tls_attempt": _tls_attempt,
    "suites": _suites,
    "suites_removed": _removed,
    "sni": lambda s: (s.hello.sni or "") if s.hello else "",
    "alert": lambda s: (s.seen.tls.alert or "") if s.seen.tls else "",
    "root": _root,
    "legacy_server": lambda s: s.needs.legacy_server,
    "user": lambda s: s.login or "",
    "mechanism": lambda s: s.sign_in.mechanism.upper() if s.sign_in else "",
    "password_length": lambda s: str(s.sign_in.password_length or "") if s.sign_in else "",
    "password_cut": lambda s: str(s.sign_in.truncated_at or "") if s.sign_in else "",
    "password_encoding": lambda s: (s.sign_in.encoding or "") if s.sign_in else "",
    "sender": lambda s: s.sender or "",
    "recipient": lambda s: s.envelope.recipients[0].address if s.envelope and s.envelope.recipients else "",
    "recipients": _count,
    "recipients_limit": lambda s: str(s.needs.recipients or ""),
    "header_from": lambda s: s.header_from or "",
    "headers_repeated": lambda s: listed(list(s.message.repeated)) if s.message else "",
    "ehlo": lambda s: s.seen.hello or "",
    "size": _size,
    "size_limit": _size_limit,
    "size_most": lambda s: megabytes(s.needs.size) if s.needs.size else "",
    "longest_line": lambda s: str(s.message.longest_line) if s.message else "",
    "bare_lf": lambda s: str(s.message.bare_lf) if s.message and s.message.bare_lf else "",
    "date_off": _date_off,
    "pause": lambda s: duration((s.slowest.pause_ms or 0) / 1000) if s.slowest else "",
    "pause_before": lambda s: (s.slowest.verb or "a command") if s.slowest else "",
    "retry_after": lambda s: duration(s.seen.retry.after_s) if s.seen.retry else "",
    "retry_of": lambda s: str(s.seen.retry.of) if s.seen.retry else "",
    "ended": lambda s: s.seen.ended_text,
    "peer": lambda s: s.seen.peer_address,
    "web_page": _web_path,
    "device": lambda s: s.device.name if s.device else "",
    "field_server": _field("server"),
    "field_port": _field("port"),
    "field_tls": _field("encryption"),
    "field_auth": _field("sign-in"),
    "field_user": _field("user"),
    "field_password": _field("password"),
    "field_sender": _field("sender"),
    "field_cert": lambda s: s.device.certificate_check if s.device else "",
    "set_starttls": _setting("starttls"),
    "set_implicit": _setting("tls"),
}
"""How each placeholder of a rule is filled; an empty text means that it is not known."""

STAND_INS: Mapping[str, str] = {
    **dict.fromkeys(VALUES, "unknown"),
    "service": NO_SERVICE,
    "service_server": "the mail server",
    "service_port": "587",
    "mechanisms": "other mechanisms",
    "tls_offered": "an old TLS version",
    "suites": "none",
    "sender": "the empty sender",
    "user": "the account",
    "recipient": "the recipient",
    "header_from": "another address",
    "ehlo": "no name",
    "root": "its issuer’s root certificate",
    "web_page": "its web page, where e-mail (SMTP) is set up",
    "device": "the device",
    "field_server": "the SMTP server field",
    "field_port": "the port field",
    "field_tls": "the setting for SSL/TLS",
    "field_auth": "SMTP authentication",
    "field_user": "the user name for SMTP",
    "field_password": "the password for SMTP",
    "field_sender": "the sender (From) address",
    "field_cert": "the check of the server’s certificate",
    "set_starttls": "SSL/TLS = STARTTLS",
    "set_implicit": "SSL/TLS = on (not STARTTLS)",
}
"""What stands in a sentence where a value is not known."""

SAMPLES: Mapping[str, str] = {"user": "scanner@contoso.com", "sender": "sales@contoso.com"}
"""What stands in a command where a value is not known; only these may stand in one."""


def values_of(scene: Scene) -> dict[str, str]:
    """Return all values that are known of a session, by placeholder."""
    found = {name: find(scene) for name, find in VALUES.items()}
    return {name: text for name, text in found.items() if text}


def speaks_of_device(template: str) -> bool:
    """Return whether a text holds words of the device's own settings."""
    return any(f"{{{name}" in template for name in ("web_page", "field_", "set_"))
