"""The ready-made choices of the form and the devices, prepared for the window from the knowledge data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from core.knowledge.load import Knowledge
    from core.request import DeviceLimits

SENDER_DOMAIN_MX = "{sender_domain_mx}"
"""Stands in a preset's server for the MX of the sender's domain."""


class PresetChoice(NamedTuple):
    """A ready-made choice; `server` may be SENDER_DOMAIN_MX or empty (to be typed)."""

    id: str
    title: str
    explanation: str
    server: str
    port: int
    security: str
    sign_in: bool


class DeviceChoice(NamedTuple):
    """A family of devices that a check can talk like; `models` helps to find one's own."""

    id: str
    vendor: str
    title: str
    models: str


class RequestChoice(NamedTuple):
    """A way of sending that is only tried on request; `word` is the data's word for it."""

    word: str
    title: str
    explanation: str


class Catalogue(NamedTuple):
    """What forms offer: presets, devices, each device's limits for `core.request.parse`, ways on request."""

    presets: tuple[PresetChoice, ...] = ()
    devices: tuple[DeviceChoice, ...] = ()
    limits: Mapping[str, DeviceLimits] = {}
    on_request: tuple[RequestChoice, ...] = ()


_FIRST = ("microsoft365", "google")
"""The providers that copiers send through most; all others follow by name."""


def _rank(provider: str) -> tuple[int, str]:
    return (_FIRST.index(provider), "") if provider in _FIRST else (len(_FIRST), provider)


def catalogue_of(knowledge: Knowledge) -> Catalogue:
    """Return presets and devices of `knowledge`; called in the loop thread, since it reads files."""
    from core.knowledge.providers import presets
    from core.request import DeviceLimits, Mechanism, TlsLimits

    choices = tuple(
        PresetChoice(
            preset.id,
            preset.title,
            preset.explanation,
            preset.server,
            preset.port,
            str(preset.security),
            preset.sign_in,
        )
        for _provider, preset in sorted(presets(knowledge), key=lambda pair: _rank(pair[0].id))
    )
    devices = tuple(knowledge.devices.values())
    limits = {
        device.id: DeviceLimits(
            tls=TlsLimits(maximum=device.tls_max or None, ciphers=device.ciphers, sni=device.sni),
            ehlo=device.ehlo,
            mechanism=Mechanism(device.mechanism),
        )
        for device in devices
    }
    shown = sorted(
        (DeviceChoice(d.id, d.vendor, f"{d.vendor} {d.family}", d.models) for d in devices),
        key=lambda choice: choice.title.casefold(),
    )
    asked_for = {
        way.on_request: RequestChoice(way.on_request, way.title, way.explanation)
        for provider in knowledge.providers.values()
        for way in provider.ways
        if way.on_request
    }
    return Catalogue(choices, tuple(shown), limits, tuple(asked_for.values()))
