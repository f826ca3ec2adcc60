"""A report without names: addresses, hosts, tenants and IP addresses become stable placeholders, in the transcript too.

The same thing has the same placeholder everywhere, in two runs that are shown together as well, so they can still be
followed. Secrets are no matter here: they never were in it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from core.evidence.data import blocklists
from core.knowledge.load import load_knowledge
from core.knowledge.providers import provider_of
from core.reports.build import fingerprint
from core.reports.report import Report
from core.reports.seal import sealed
from core.stages import Stage

if TYPE_CHECKING:
    from core.reports.documents.model import Details

T = TypeVar("T", bound=msgspec.Struct)

_MAILBOX = re.compile(
    r"""(?:(?:[\w.%+=-]|(?<=\w)'(?=\w)|‹[^›]{1,40}›){1,64}|"[^"]{1,64}"|'[^']{1,64}')"""
    r"@(?:[\w-]{1,63}\.){0,10}[\w-]{1,63}|[\w.%+=-]{1,64}@(?=‹)"
)
"""A mailbox; its local part may be quoted (RFC 5321 §4.1.2)."""
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_IPV6 = re.compile(
    r"(?:(?<=IPv6:)|(?<=ipv6:)|(?<![0-9A-Za-z:]))(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Za-z:])"
)
_ENDINGS = "Com|Net|Org|Info|Biz|Eu|De|Ch|Uk|Us|Nl|Fr|Es|Pl|Dk|Se|Local|Lan|Intern|Internal|Corp|Home|Example|Test"
_HOST = re.compile(
    r"(?<![\w.@‹-])(?:\*\.)?(?:[\w-]{1,63}\.){1,10}"
    rf"(?:[a-z]{{2,24}}|[A-Z]{{2,24}}|xn--[\w-]{{1,59}}|{_ENDINGS})(?![\w›-]|\.\w)"
)
"""A host name. Its last part is all small or all capital, or "Exception.SendAsDenied" would be one; but a Windows
domain is often written as Contoso.Local, so the usual endings count with a capital too."""
_HEX_ID = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[A-F])(?=[A-F]*[0-9])[0-9A-F]{12,32}(?![0-9A-Za-z])")
_GUID = re.compile(r"(?<![0-9A-Za-z-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z-])")
"""So Microsoft writes tenants and traces (RFC 9562 §4)."""
_WEB = re.compile(r"https?://([\w.-]+)")

_IDS = {
    "message_id": "message id",
    "queue_id": "queue id",
    "internal_id": "trace id",
    "network_message_id": "trace id",
    "check_id": "check id",
}
"""Details under which a message can be found at the provider."""

_MIN_NAME = 4
"""A shorter word, such as the EHLO name "pc", is only hidden where it stands for itself: it would tear up sentences."""


_CONTINUED = re.compile(r"(?<!\S)([2-5]\d\d-)(?=\w)")
"""The beginning of a reply line that others follow (RFC 5321 §4.2.1)."""


class Redaction:
    """What is hidden in these reports and in what was typed beside them; the placeholders hold for all of them."""

    def __init__(self, *reports: Report, details: Details | None = None) -> None:
        self._known: dict[str, str] = {}
        self._as_seen: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._reports = reports
        self._details = details
        for report in reports:
            self._learn(report)
        if details is not None:
            for kind in ("client", "site", "engineer"):
                self._name(getattr(details, kind), kind)
        self._compile()

    # What is known from the start

    def _learn(self, report: Report) -> None:
        request, proof, target = report.request, report.proof, report.target
        for kind, value in (
            ("sender", request.from_),
            ("user", request.user),
            ("public address", proof.public_address),
            ("local address", proof.local_address),
            ("server address", proof.server_address),
            ("resolver", (proof.resolver or "").partition(" ")[0]),
        ):
            if value and value != "<>":
                self._name(value, kind)
        for recipient in request.to:
            self._number(recipient, "recipient")
        for mailbox in (request.from_, *request.to, request.user or ""):
            if "@" in mailbox:
                self._domain(mailbox.rpartition("@")[2])
        if not _public(target.server) and not self._tenant(target.server):
            self._number(target.server, "server")
        if request.ehlo:
            self._number(request.ehlo.strip("[]"), "device name")
        for stage in report.stages:
            for key, kind in _IDS.items():
                value = stage.details.get(key)
                if isinstance(value, str) and value:
                    self._number(value.strip("<>"), kind)
        self._certificates(report)

    def _certificates(self, report: Report) -> None:
        """Names without a dot in a chain that no public list vouches for are a company's own."""
        tls = next((stage for stage in report.stages if stage.stage is Stage.TLS), None)
        chain = tls.details.get("chain") if tls else None
        if not tls or not isinstance(chain, list):
            return
        public = tls.details.get("trusted_by_mozilla") is True
        for number, entry in enumerate(entry for entry in chain if isinstance(entry, dict)):
            for key in ("subject", "issuer"):
                name = entry.get(key)
                if isinstance(name, str) and name and not public and not _HOST.fullmatch(name) and not _ours(name):
                    self._number(name, "certificate name")
            others = entry.get("names")
            for name in others if isinstance(others, list) and not public else ():
                if isinstance(name, str) and name and "." not in name and ":" not in name and name != "localhost":
                    self._number(name, "certificate name")
            leaf = entry.get("sha256")
            if number == 0 and isinstance(leaf, str) and leaf and not _public(report.target.server):
                self._number(leaf, "certificate fingerprint")

    def _name(self, value: str, kind: str) -> None:
        """Give `value` the placeholder of its kind, numbered from the second one on."""
        key = value.strip().lower()
        if key and key not in self._known:
            self._numbers[kind] = self._numbers.get(kind, 0) + 1
            number = self._numbers[kind]
            self._put(value.strip(), f"‹{kind}›" if number == 1 else f"‹{kind} {number}›")

    def _domain(self, domain: str) -> None:
        self._number(domain, "domain")
        # Microsoft's names for a tenant: contoso-com.mail.protection.outlook.com, contoso.onmicrosoft.com.
        self._number(domain.replace(".", "-"), "tenant")
        label = domain.split(".")[0].lower()
        if len(label) >= _MIN_NAME and not any(label in host for host in _told_names()):
            self._number(label, "name")

    def _tenant(self, server: str) -> bool:
        """Hide the tenant's part of a provider's name for it, and keep the rest, which tells the role."""
        suffix = _provider_suffix(server)
        if not suffix:
            return False
        self._number(server[: -len(suffix)], "tenant")
        return True

    def _number(self, value: str, kind: str) -> str:
        key = value.lower()
        if key and key not in self._known:
            self._numbers[kind] = self._numbers.get(kind, 0) + 1
            self._put(value, f"‹{kind} {self._numbers[kind]}›")
        return self._known.get(key, value)

    def _put(self, value: str, placeholder: str) -> None:
        self._known[value.lower()] = placeholder
        self._as_seen[value] = placeholder

    def _compile(self) -> None:
        """Look for what is known at the start; a single word, which may be ours too, in foreign text only."""
        known = [word for word in self._known if len(word) >= _MIN_NAME or "." in word or ":" in word]
        self._foreign = _one_of(known)
        self._own = _one_of([word for word in known if not re.fullmatch(r"[^\W\d]+", word)])

    # What is made of it

    def report(self, report: Report) -> Report:
        """Return `report` (one of those given) with placeholders, its fingerprints made anew for what it is now."""
        redacted = self.applied(report)
        proof = msgspec.structs.replace(redacted.proof, transcript_sha256=fingerprint(redacted.transcript))
        return sealed(msgspec.structs.replace(redacted, proof=proof))

    def applied(self, value: T) -> T:
        """Return a copy of a struct with placeholders in every text of it."""
        foreign = not isinstance(value, Report)
        return msgspec.convert(self._everywhere(msgspec.to_builtins(value), foreign=foreign), type=type(value))

    def details(self) -> Details:
        """Return what was typed, with placeholders."""
        assert self._details is not None
        return self.applied(self._details)

    def words(self) -> Iterator[tuple[str, str]]:
        """Yield (what is hidden, its placeholder): everything that stands in what was given, so it can be shown."""
        for report in self._reports:
            self.report(report)
        if self._details is not None:
            self.details()
        yield from self._as_seen.items()

    def _everywhere(self, value: Any, key: str = "", *, foreign: bool) -> Any:
        if isinstance(value, str):
            # A value that is hidden as a whole is never looked at in parts: "office" is a host name, not a word.
            whole = self._known.get(value.strip("<>[]").lower()) if key in _WHOLE else None
            return whole or self._text(value, self._foreign if foreign else self._own)
        if isinstance(value, dict):
            return {
                name: item if name in _KEPT else self._everywhere(item, name, foreign=foreign or name in _FOREIGN)
                for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._everywhere(item, key, foreign=foreign) for item in value]
        return value

    def _text(self, text: str, known: re.Pattern[str] | None) -> str:
        text = _CONTINUED.sub("\\1\0", text)  # "250-mail.example.com": the code is no part of the name
        text = _MAILBOX.sub(lambda match: self._number(match[0], "mailbox"), text)
        text = _HOST.sub(lambda match: self._host(match[0]), text)  # whole names, before a known part of them
        if known is not None:
            text = known.sub(lambda match: self._known[match[0].lower()], text)
        for pattern in (_IPV4, _IPV6):
            text = pattern.sub(lambda match: self._address(match[0]), text)
        text = _GUID.sub(lambda match: self._number(match[0], "id"), text)
        return _HEX_ID.sub(lambda match: self._number(match[0], "id"), text).replace("\0", "")

    def _host(self, name: str) -> str:
        if name.lower() in self._known:
            return self._known[name.lower()]
        if _public(name) or _told(name) or name.endswith((".exe", ".py", ".toml", ".json")):
            return name
        suffix = _provider_suffix(name)
        if suffix:
            return self._number(name[: -len(suffix)], "host") + name[-len(suffix) :]
        return self._number(name, "host")

    def _address(self, text: str) -> str:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            return text
        return self._number(text, "address")


def redact(report: Report) -> Report:
    """Return a copy of `report` with placeholders such as ‹sender›, ‹recipient 1›, ‹public address›, ‹domain 1›.

    Names of public services (smtp.office365.com) stay: they tell nothing about the site. The fingerprints are made
    anew, for the copy.
    """
    return Redaction(report).report(report)


def hidden_words(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (what is hidden, its placeholder) as `redact` would put it, so that it can be shown before sharing."""
    yield from Redaction(report).words()


def _one_of(words: list[str]) -> re.Pattern[str] | None:
    """Return a pattern for any of `words`, the longest first, so that no part of one is left."""
    ordered = sorted(words, key=len, reverse=True)
    alternatives = "|".join(re.escape(word) for word in ordered)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE) if words else None


def _public(server: str) -> bool:
    """Return whether `server` is a name that everybody uses at its provider."""
    place = provider_of(server)
    return place.endpoint is not None and server.rstrip(".").lower() in place.endpoint.hosts


def _provider_suffix(server: str) -> str:
    """Return the provider's part of a name that it gives each customer or server, empty if it is no such name."""
    name = server.rstrip(".").lower()
    return next((suffix for suffix in _suffixes() if name.endswith(suffix) and len(name) > len(suffix)), "")


@lru_cache(maxsize=1)
def _suffixes() -> tuple[str, ...]:
    known: set[str] = set()
    for provider in load_knowledge().providers.values():
        known.update(suffix for suffix in provider.mx_suffixes if suffix.startswith("."))
        known.update(suffix for endpoint in provider.endpoints for suffix in endpoint.suffixes)
    return tuple(sorted(known, key=len, reverse=True))


@lru_cache(maxsize=1)
def _told_names() -> frozenset[str]:
    """Hosts that our own texts name: blocklists, documentation, admin pages, servers to use instead."""
    known = load_knowledge()
    causes = [known.cause(name) for name in sorted(known.cause_ids)]
    texts = [fix.text for cause in causes for fix in cause.fixes]
    texts += [fix.link or "" for cause in causes for fix in cause.fixes]
    texts += [notice.text for notice in known.notices]
    names = {match[0].lower() for text in texts for match in _HOST.finditer(text)}
    for entry in blocklists():
        names.update({entry.zone, *entry.also})
        names.update(match[1].lower() for match in _WEB.finditer(f"{entry.link} {entry.source}"))
    for provider in known.providers.values():
        names.update(host for endpoint in provider.endpoints for host in endpoint.hosts)
    return frozenset(name for name in names if not name.endswith(_EXAMPLES))


_EXAMPLES = ("contoso.com", "fabrikam.com", "example.com", "example.net", "example.org")
"""Names in examples of our texts are those of the practice runs too, and hidden there like real ones."""


def _told(name: str) -> bool:
    """Return whether our own texts name this host or its domain: then it tells nothing about the site."""
    lower = name.lower().rstrip(".")
    if lower.endswith(_EXAMPLES):
        return False
    labels = lower.split(".")
    told = _told_names()
    return lower in told or (
        labels[0] in {"www", "query", "check"} and any(e.endswith(".".join(labels[1:])) for e in told)
    )


def _ours(name: str) -> bool:
    return name.startswith("Sendproof Practice")


_WHOLE = frozenset(
    {"ehlo", "name", "names", "server", "local_address", "client", "site", "engineer", "subject", "issuer", "sha256"}
)
"""Fields whose value is one name, which may be a word of the language."""

_FOREIGN = frozenset({"transcript", "details", "evidence", "proof", "request", "target"})
"""Parts of a report with words that are not ours."""

_KEPT = frozenset(
    {"schema", "tool", "started_at", "utc", "cause", "alternatives", "stage", "failed_stage", "outcome", "status"}
    | {"transcript_sha256", "report_sha256", "provider", "role", "link", "not_before", "not_after", "practice"}
    | {"version", "cipher", "confidence", "severity", "topic", "direction", "extensions", "mechanisms", "zone"}
)
"""Fields that name nobody, and whose words must not be mistaken for addresses."""
