"""Observations for the tests: one session in which nothing is wrong for Microsoft 365, and changed ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from core.listening.observation import SessionSeen
from tests.listening.hellos import hello_message, hello_of_python, numbers, records, sslv2_hello, vector

STARTTLS_LIST = "250-sendproof\n250-SIZE 157286400\n250-8BITMIME\n250-STARTTLS\n250 PIPELINING"
AUTH_LIST = "250-sendproof\n250-SIZE 157286400\n250-8BITMIME\n250 AUTH LOGIN PLAIN CRAM-MD5 XOAUTH2"


def _command(ms: float, verb: str, text: str, code: int, reply: str, *, encrypted: bool, pause: float = 8.0) -> dict:
    return {
        "ms": ms,
        "verb": verb,
        "text": text,
        "encrypted": encrypted,
        "pause_ms": pause,
        "code": code,
        "reply": reply,
    }


@lru_cache(maxsize=1)
def hellos() -> dict[str, str]:
    """TLS hellos by name, in hexadecimal; an example names them as @name."""
    made = {
        "1.0": hello_of_python(most="1.0", name=None),
        "1.1": hello_of_python(most="1.1", name=None),
        "1.2": hello_of_python(most="1.2"),
        "1.3": hello_of_python(),
        "no-sni": hello_of_python(most="1.2", name=None),
        "plain-rsa": records(hello_message(0x0303, (0x002F, 0x0035))),
        "removed": records(hello_message(0x0303, (0x0005, 0x0004, 0x000A))),
        "some-removed": records(hello_message(0x0303, (0xC02F, 0x0005, 0x000A))),
        "sha1": records(hello_message(0x0303, (0xC02F,), ((0x0D, vector(2, numbers(0x0201, 0x0203))),))),
        "sslv2": sslv2_hello(0x0303, (0x010080, 0x00C02F)),
        "broken": records(hello_message(0x0303))[:-3] + b"\xff\xff\xff",
        "text": b"EHLO copier\r\n",
    }
    return {name: data.hex() for name, data in made.items()}


def good() -> dict[str, Any]:
    """A session as a good device would hold it, as plain values."""
    return {
        "number": 1,
        "peer_address": "192.168.1.80",
        "peer_port": 50123,
        "local_address": "192.168.1.37",
        "local_port": 2525,
        "implicit_tls": False,
        "started_at": "2026-11-25T10:42:07Z",
        "duration_ms": 912.0,
        "ended": "quit",
        "hello": "copier.contoso.com",
        "hello_verb": "EHLO",
        "commands": [
            _command(21, "EHLO", "EHLO copier.contoso.com", 250, STARTTLS_LIST, encrypted=False),
            _command(40, "STARTTLS", "STARTTLS", 220, "220 Ready", encrypted=False),
            _command(95, "EHLO", "EHLO copier.contoso.com", 250, AUTH_LIST, encrypted=True),
            _command(120, "AUTH", "AUTH LOGIN", 235, "235 2.7.0 Taken", encrypted=True),
            _command(150, "MAIL", "MAIL FROM:<scanner@contoso.com> SIZE=1887436", 250, "250 OK", encrypted=True),
            _command(170, "RCPT", "RCPT TO:<maria@contoso.com>", 250, "250 OK", encrypted=True),
            _command(190, "DATA", "DATA", 354, "354 Go on", encrypted=True),
            _command(900, "QUIT", "QUIT", 221, "221 Bye", encrypted=True),
        ],
        "tls": {
            "how": "starttls",
            "ms": 45.0,
            "client_hello": "@1.2",
            "completed": True,
            "version": "1.2",
            "cipher": "ECDHE-RSA-AES256-GCM-SHA384",
            "certificate": "accepted",
        },
        "sign_ins": [
            {
                "ms": 120.0,
                "mechanism": "LOGIN",
                "encrypted": True,
                "user": "scanner@contoso.com",
                "password_length": 16,
                "matches": True,
                "outcome": "accepted",
            }
        ],
        "envelopes": [
            {
                "ms": 150.0,
                "sender": "scanner@contoso.com",
                "encrypted": True,
                "accepted": True,
                "signed_in_as": "scanner@contoso.com",
                "size": 1_887_436,
                "recipients": [{"address": "maria@contoso.com", "accepted": True, "reply": "250 OK"}],
                "message": {
                    "size": 1_887_436,
                    "crlf": 24_000,
                    "bare_lf": 0,
                    "bare_cr": 0,
                    "longest_line": 78,
                    "eight_bit": False,
                    "headers": ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"],
                    "from_addresses": ["scanner@contoso.com"],
                    "date_off_s": 1.0,
                    "content_type": "multipart/mixed",
                    "parts": 2,
                    "attachments": [{"name": "scan0001.pdf", "content_type": "application/pdf", "size": 1_380_000}],
                },
                "reply": "250 2.0.0 Recorded",
            }
        ],
    }


def session(change: dict[str, Any] | None = None) -> SessionSeen:
    """The good session with `change` made: paths such as "envelopes.0.sender" and their new values.

    "@name" is a TLS hello; "@none" is None, "@many" a hundred and one recipients.
    """
    built = good()
    for path, value in (change or {}).items():
        _put(built, path.split("."), _value(value))
    if built.get("tls"):
        built["tls"]["client_hello"] = _value(built["tls"].get("client_hello", ""))
    return msgspec.convert(built, SessionSeen)


def _value(value: Any) -> Any:
    if value == "@none":
        return None
    if value == "@many":
        return [{"address": f"user{n}@contoso.com", "accepted": True, "reply": "250 OK"} for n in range(101)]
    if isinstance(value, str) and value.startswith("@"):
        return hellos()[value[1:]]
    return value


def _put(built: Any, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        built = built[int(part)] if part.isdigit() else built[part]
    if path[-1].isdigit():
        built[int(path[-1])] = value
    else:
        built[path[-1]] = value
