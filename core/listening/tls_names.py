"""Names of TLS code points: cipher suites, extensions, groups, signature schemes; read once from `resources/tls`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from core.resource_files import resource_path

Registry = Literal["cipher_suites", "sslv2_cipher_kinds", "extensions", "groups", "signature_schemes"]

VERSIONS: Mapping[int, str] = {
    0x0002: "SSL 2.0",
    0x0300: "SSL 3.0",
    0x0301: "1.0",
    0x0302: "1.1",
    0x0303: "1.2",
    0x0304: "1.3",
}
"""Protocol versions (RFC 8446 §4.2.1 and before) as this program writes them: TLS by its number alone."""


@lru_cache(maxsize=1)
def _registries() -> dict[str, dict[int, str]]:
    document = tomllib.loads(resource_path("tls", "names.toml").read_text(encoding="utf-8"))
    return {name: {int(code, 16): word for code, word in entries.items()} for name, entries in document.items()}


def is_grease(code: int) -> bool:
    """Return whether a 16-bit code point is one of those that mean nothing on purpose (RFC 8701)."""
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


def name_of(registry: Registry, code: int) -> str:
    """Return the registered name of a code point, "GREASE", or its number ("0x1A2B") where it has no name."""
    known = _registries()[registry].get(code)
    if known:
        return known
    if registry != "sslv2_cipher_kinds" and is_grease(code):
        return "GREASE"
    return f"0x{code:0{6 if registry == 'sslv2_cipher_kinds' else 4}X}"


def version_name(code: int) -> str:
    """Return a protocol version as words: "1.2" for TLS 1.2, "SSL 3.0", or its number."""
    return VERSIONS.get(code) or ("GREASE" if is_grease(code) else f"0x{code:04X}")


def say_version(version: str) -> str:
    """Return a version of `version_name` for a sentence: "TLS 1.2", "SSL 3.0"."""
    return f"TLS {version}" if version[:1].isdigit() and not version.startswith("0x") else version
