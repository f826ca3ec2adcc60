"""Which provider a server belongs to and what role it plays there; ready-made choices; how known devices talk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.provider_model import Preset, Provider, ServiceEndpoint
from core.request import DeviceLimits, Mechanism, TlsLimits


class Located(NamedTuple):
    """Where a server belongs: provider (its id), role ("mx", "submission", "relay", "unknown"), and endpoint."""

    provider: str | None
    role: str
    endpoint: ServiceEndpoint | None


def provider_of(server: str | None, knowledge: Knowledge | None = None) -> Located:
    """Return where `server` (a host name, any case, with or without a final dot) belongs."""
    name = (server or "").strip().rstrip(".").lower()
    if not name:
        return Located(None, "unknown", None)
    best: tuple[int, Located] = (0, Located(None, "unknown", None))
    for provider in (knowledge or load_knowledge()).providers.values():
        for endpoint in provider.endpoints:
            if name in endpoint.hosts:
                return Located(provider.id, endpoint.role, endpoint)
            for suffix in endpoint.suffixes:
                if name.endswith(suffix) and len(suffix) > best[0]:
                    best = (len(suffix), Located(provider.id, endpoint.role, endpoint))
    return best[1]


def provider_of_mx(hosts: Iterable[str], knowledge: Knowledge | None = None) -> str | None:
    """Return the provider that a domain's MX host names point to, or None."""
    for host in hosts:
        name = host.strip().rstrip(".").lower()
        for provider in (knowledge or load_knowledge()).providers.values():
            if any(name.endswith(suffix) or name == suffix.lstrip(".") for suffix in provider.mx_suffixes):
                return provider.id
    return None


def recommended_submission(provider: str | None, knowledge: Knowledge | None = None) -> Provider | None:
    """Return the provider if a submission server of it is known, else None."""
    known = (knowledge or load_knowledge()).providers.get(provider or "")
    return known if known and known.submission_server else None


def presets(knowledge: Knowledge | None = None) -> tuple[tuple[Provider, Preset], ...]:
    """Return all ready-made choices for the form, each with its provider, in the order of the data files."""
    providers = (knowledge or load_knowledge()).providers.values()
    return tuple((provider, preset) for provider in providers for preset in provider.presets)


def device_limits(knowledge: Knowledge | None = None) -> dict[str, DeviceLimits]:
    """Return how each known device talks, by its id, for `core.request.parse` and `--like`."""
    return {
        device.id: DeviceLimits(
            tls=TlsLimits(maximum=device.tls_max or None, ciphers=device.ciphers, sni=device.sni),
            ehlo=device.ehlo,
            mechanism=Mechanism(device.mechanism),
        )
        for device in (knowledge or load_knowledge()).devices.values()
    }
