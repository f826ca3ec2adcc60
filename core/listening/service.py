"""The service that a device is judged for: a provider's endpoint with what it wants, found by a provider or preset."""

from __future__ import annotations

from dataclasses import dataclass

from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.provider_model import Preset, Provider, ServiceEndpoint, ServiceNeeds
from core.knowledge.providers import provider_of

NO_NEEDS = ServiceNeeds(source="none", date="2026-11-25", status="unverified")
"""Where nothing is known of a service."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where mail would really go. server: the name to dial, "" where it depends on the sender's domain (an MX).

    title: name for sentences, such as "Microsoft 365". endpoint: None if the server belongs to none that is known.
    """

    id: str
    provider: Provider
    title: str
    server: str
    port: int
    security: str
    endpoint: ServiceEndpoint | None

    @property
    def needs(self) -> ServiceNeeds:
        """What it wants of a client; an empty one where nothing is known."""
        return (self.endpoint.needs if self.endpoint else None) or NO_NEEDS


def service_of(service_id: str | None, knowledge: Knowledge | None = None) -> Service | None:
    """Return the service that a provider's id (its submission server) or a preset's id names; None for no such id."""
    known = knowledge or load_knowledge()
    provider = known.providers.get(service_id or "")
    if provider is not None and provider.submission_server:
        return _submission(provider, known)
    for owner in known.providers.values():
        for preset in owner.presets:
            if preset.id == service_id:
                return _of_preset(owner, preset, known)
    return None


def _submission(provider: Provider, knowledge: Knowledge) -> Service:
    return Service(
        id=provider.id,
        provider=provider,
        title=provider.name,
        server=provider.submission_server,
        port=provider.submission_port,
        security=provider.submission_security,
        endpoint=provider_of(provider.submission_server, knowledge).endpoint,
    )


def _of_preset(provider: Provider, preset: Preset, knowledge: Knowledge) -> Service:
    fixed = "{" not in preset.server
    if fixed and preset.server:
        endpoint = provider_of(preset.server, knowledge).endpoint
    else:
        endpoint = next((entry for entry in provider.endpoints if entry.role == preset.role), None)
    return Service(
        id=preset.id,
        provider=provider,
        title=provider.name,
        server=preset.server if fixed else "",
        port=preset.port,
        security=preset.security,
        endpoint=endpoint,
    )
