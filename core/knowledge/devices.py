"""Known devices: how they talk, so that a check can talk as they do."""

from __future__ import annotations

from core.knowledge.load import Knowledge, load_knowledge
from core.request import DeviceLimits, Mechanism, TlsLimits


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
