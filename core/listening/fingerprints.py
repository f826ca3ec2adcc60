"""JA3 and JA4: short names for the way a TLS client says hello, to recognise the same software again.

JA3 (Althouse, Atkinson, Atkins, 2017): https://github.com/salesforce/ja3. JA4, the TLS client fingerprint only
(FoxIO, BSD licence): https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md. Both leave out GREASE.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from core.listening.client_hello import ClientHello, CodePoint

_VERSIONS = {0x0002: "s2", 0x0300: "s3", 0x0301: "10", 0x0302: "11", 0x0303: "12", 0x0304: "13"}
_SNI, _ALPN = 0x0000, 0x0010
_NOTHING = "0" * 12


class Fingerprints(NamedTuple):
    """JA3 as its text and its MD5 sum, JA4 as its three parts and in its readable form (JA4_r)."""

    ja3_text: str
    ja3: str
    ja4: str
    ja4_raw: str


def fingerprints(hello: ClientHello) -> Fingerprints | None:
    """Return the fingerprints of `hello`; None for one in SSLv2 form, for which neither is defined."""
    if hello.form == "sslv2":
        return None
    text = ja3_text(hello)
    head, suites, rest = _ja4_parts(hello)
    return Fingerprints(
        ja3_text=text,
        ja3=hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        ja4=f"{head}_{_short(suites)}_{_short(rest)}",
        ja4_raw=f"{head}_{suites}_{rest}",
    )


def ja3_text(hello: ClientHello) -> str:
    """Return version, cipher suites, extensions, groups and point formats as decimal numbers."""
    lists: tuple[Iterable[int], ...] = (
        _codes(hello.cipher_suites),
        _codes(hello.extensions),
        _codes(hello.groups or ()),
        hello.point_formats,
    )
    return ",".join([str(hello.legacy_version_code), *("-".join(str(code) for code in codes) for codes in lists)])


def _ja4_parts(hello: ClientHello) -> tuple[str, str, str]:
    suites, extensions = _codes(hello.cipher_suites), _codes(hello.extensions)
    offered = _codes(hello.supported_versions) or [hello.legacy_version_code]
    head = (
        f"t{_VERSIONS.get(max(offered), '00')}"
        f"{'d' if _SNI in extensions else 'i'}"
        f"{min(len(suites), 99):02}{min(len(extensions), 99):02}"
        f"{_alpn_ends(hello.alpn_first)}"
    )
    rest = _hex(sorted(code for code in extensions if code not in {_SNI, _ALPN}))
    schemes = _hex(_codes(hello.signature_schemes or ()))
    return head, _hex(sorted(suites)), f"{rest}_{schemes}" if schemes else rest


def _alpn_ends(first: bytes) -> str:
    if not first:
        return "00"
    ends = bytes((first[0], first[-1]))
    if ends.isalnum():
        return ends.decode("ascii")
    digits = first.hex()
    return digits[0] + digits[-1]


def _codes(points: Iterable[CodePoint]) -> list[int]:
    return [point.code for point in points if not point.grease]


def _hex(codes: Iterable[int]) -> str:
    return ",".join(f"{code:04x}" for code in codes)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else _NOTHING
