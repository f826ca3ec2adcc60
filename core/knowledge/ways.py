"""Checks the data of ways of sending: every mistake is told with where it stands and the field."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.knowledge.provider_model import WAY_SERVERS, Provider, Way

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}[a-z0-9-]{2,63}")
MAX_PATIENCE = 60


def way_problems(where: str, way: Way, provider: Provider | None = None) -> Iterator[str]:
    """Yield what is wrong with `way`; `where` is its file and entry. Without `provider` it needs its own source."""
    if not _ID.fullmatch(way.id):
        yield f"{where}: id: small letters, digits and hyphens only"
    for name in ("title", "short", "explanation"):
        if not getattr(way, name).strip():
            yield f"{where}: {name}: a few words are needed"
    for found in _PLACEHOLDER.findall(way.server):
        if found not in WAY_SERVERS:
            yield f"{where}: server: {{{found}}} is not one of: {', '.join(f'{{{name}}}' for name in WAY_SERVERS)}"
    if not _HOST.fullmatch(_PLACEHOLDER.sub("a.example", way.server)):
        yield f"{where}: server: “{way.server}” is no host name in small letters"
    if not 1 <= way.port <= 65535:
        yield f"{where}: port: a port is a number from 1 to 65535"
    if way.sign_in and way.security == "none":
        yield f"{where}: security: a password is not sent without encryption"
    if way.security == "starttls" and way.port == 465:
        yield f"{where}: security: port 465 takes TLS from the first byte (RFC 8314 §3.3)"
    if not way.recommended and not way.not_recommended:
        yield f"{where}: not_recommended: say why it is not recommended although it may work"
    if not 0 <= way.patience <= MAX_PATIENCE:
        yield f"{where}: patience: at most {MAX_PATIENCE} seconds"
    if way.on_request and not _ID.fullmatch(way.on_request):
        yield f"{where}: on_request: small letters, digits and hyphens only"
    yield from _prospects(where, way)
    source, date = way.source or (provider.source if provider else ""), way.date or (provider.date if provider else "")
    if not source or not _DATE.fullmatch(date):
        yield f"{where}: source, date: each way needs a source and the date it was looked at (YYYY-MM-DD)"


def _prospects(where: str, way: Way) -> Iterator[str]:
    for number, prospect in enumerate(way.prospects, 1):
        at = f"{where}: prospect {number}"
        for name in ("since", "until"):
            if getattr(prospect, name) and not _DATE.fullmatch(getattr(prospect, name)):
                yield f"{at}: {name}: a date is written YYYY-MM-DD"
        if prospect.since and prospect.until and prospect.since >= prospect.until:
            yield f"{at}: until: it has to be later than since"
        if not prospect.text.strip():
            yield f"{at}: text: a sentence is needed"
