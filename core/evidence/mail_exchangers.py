"""Where a domain takes its mail: its MX records, or its own address where it has none (RFC 5321 §5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.evidence.asking import Asker, unchecked_words

MAX_HOSTS = 10
"""As many exchangers are kept; the best ones come first."""

ProviderOf = Callable[[Iterable[str]], str | None]
"""From MX host names to a provider's id, None if none is known."""


@dataclass(frozen=True, slots=True)
class MailExchangers:
    """Where `domain` takes mail. `hosts` in order of preference; `provider` an id of the providers data, if known.

    state: mx; implicit (no MX, but an address, RFC 5321 §5.1); null (a null MX: takes no mail, RFC 7505);
    none (neither MX nor address); no-domain (the domain does not exist); unchecked (DNS did not say; see `error`).
    asked_is_one: whether the server asked is one of `hosts`.
    """

    domain: str
    state: Literal["mx", "implicit", "null", "none", "no-domain", "unchecked"]
    source: str
    hosts: tuple[str, ...] = ()
    provider: str | None = None
    asked_is_one: bool = False
    error: str = ""

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {
            "domain": self.domain,
            "state": self.state,
            "hosts": list(self.hosts),
            "provider": self.provider,
            "asked_is_one": self.asked_is_one,
            "source": self.source,
            "error": self.error or None,
        }


async def look_up(domain: str, server: str, asker: Asker, provider_of: ProviderOf) -> MailExchangers:
    """Return where `domain` (in A-labels) takes mail, and whether `server` is there. Never raises for what DNS does."""
    answer = await asker.ask(domain, "MX")
    if not answer.asked:
        return MailExchangers(domain, "unchecked", answer.source, error=unchecked_words(answer))
    if answer.outcome == "no-name":
        return MailExchangers(domain, "no-domain", answer.source)
    ordered = sorted(answer.records, key=lambda record: (record.preference, record.exchange))
    hosts = tuple(dict.fromkeys(record.exchange.to_text(omit_final_dot=True).lower() for record in ordered))[:MAX_HOSTS]
    if hosts == (".",):
        return MailExchangers(domain, "null", answer.source)
    hosts = tuple(host for host in hosts if host != ".")  # beside others a root name is a mistake (RFC 7505 §3)
    if hosts:
        asked = server.rstrip(".").lower() in hosts
        return MailExchangers(domain, "mx", answer.source, hosts, provider_of(hosts), asked)
    own = await asker.addresses(domain)
    if not own.asked:
        return MailExchangers(domain, "unchecked", own.source, error=unchecked_words(own))
    if own.outcome != "found":
        return MailExchangers(domain, "none", own.source)
    asked = server.rstrip(".").lower() in {domain, *own.texts}
    return MailExchangers(domain, "implicit", own.source, (domain,), provider_of([domain]), asked)
