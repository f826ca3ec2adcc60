"""A report without names: addresses, hosts and IP addresses become stable placeholders, in the transcript too.

The same thing has the same placeholder everywhere, so the report can still be followed. Secrets are no matter here:
they never were in it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from core.knowledge.providers import provider_of
from core.reports.build import fingerprint
from core.reports.report import Report
from core.reports.seal import sealed

_MAILBOX = re.compile(r"[A-Za-z0-9._%+\-=]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){0,10}[A-Za-z0-9-]{1,63}")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Za-z:])")


def redact(report: Report) -> Report:
    """Return a copy of `report` with placeholders such as ‹sender›, ‹recipient 1›, ‹public address›, ‹domain 1›.

    Names of public services (smtp.office365.com) stay: they tell nothing about the site. The transcript's fingerprint
    is made anew, for the transcript as it stands in the copy.
    """
    replace = _Placeholders(report)
    plain = replace.everywhere(msgspec.to_builtins(report))
    redacted = msgspec.convert(plain, type=Report)
    proof = msgspec.structs.replace(redacted.proof, transcript_sha256=fingerprint(redacted.transcript))
    return sealed(msgspec.structs.replace(redacted, proof=proof))


class _Placeholders:
    """Knows the placeholder of everything that is to be hidden; numbers what it meets for the first time."""

    def __init__(self, report: Report) -> None:
        self._known: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        request, proof, target = report.request, report.proof, report.target
        for kind, value in (
            ("sender", request.from_),
            ("user", request.user),
            ("public address", proof.public_address),
            ("local address", proof.local_address),
            ("server address", proof.server_address),
            ("resolver", proof.resolver),
        ):
            if value and value.lower() not in self._known and value != "<>":
                self._known[value.lower()] = f"‹{kind}›"
        for recipient in request.to:
            self._number(recipient, "recipient")
        for mailbox in (request.from_, *request.to, request.user or ""):
            if "@" in mailbox:
                self._domain(mailbox.rpartition("@")[2])
        if not self._is_public(target.server):
            self._number(target.server, "server")
        if request.ehlo:
            self._number(request.ehlo.strip("[]"), "device name")
        words = sorted(self._known, key=len, reverse=True)
        alternatives = "|".join(re.escape(word) for word in words)
        self._fixed = re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE) if words else None

    @staticmethod
    def _is_public(server: str) -> bool:
        place = provider_of(server)
        return place.endpoint is not None and server.lower() in place.endpoint.hosts

    def _domain(self, domain: str) -> None:
        self._number(domain, "domain")
        # Microsoft's names for a tenant: contoso-com.mail.protection.outlook.com, contoso.onmicrosoft.com.
        self._number(domain.replace(".", "-"), "domain")

    def _number(self, value: str, kind: str) -> str:
        key = value.lower()
        if key and key not in self._known:
            self._numbers[kind] = self._numbers.get(kind, 0) + 1
            self._known[key] = f"‹{kind} {self._numbers[kind]}›"
        return self._known.get(key, value)

    def everywhere(self, value: Any) -> Any:
        """Return `value` with placeholders in every text in it, keys aside."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: item if key in _KEPT else self.everywhere(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.everywhere(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        if self._fixed is not None:
            text = self._fixed.sub(lambda match: self._known[match[0].lower()], text)
        text = _MAILBOX.sub(lambda match: self._number(match[0], "mailbox"), text)
        for pattern in (_IPV4, _IPV6):
            text = pattern.sub(lambda match: self._address(match[0]), text)
        return text

    def _address(self, text: str) -> str:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            return text
        return self._number(text, "address")


_KEPT = frozenset(
    {"schema", "tool", "started_at", "utc", "cause", "alternatives", "stage", "failed_stage", "outcome", "status"}
    | {
        "transcript_sha256",
        "report_sha256",
        "provider",
        "role",
        "link",
        "sha256",
        "not_before",
        "not_after",
        "version",
        "cipher",
    }
)
"""Fields that name nobody, and whose words must not be mistaken for addresses."""


def hidden_words(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (what is hidden, its placeholder) as `redact` would put it, so that it can be shown before sharing."""
    yield from _Placeholders(report)._known.items()
