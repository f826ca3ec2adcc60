"""A device in its own words: the way to its settings page, the names of fields there, and what to choose in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from core.knowledge.device_model import Device, Setting
from core.knowledge.load import Knowledge

ARROW: Final = " ▸ "
UNSURE: Final = frozenset({"unverified", "reported"})


@dataclass(frozen=True, slots=True)
class DeviceWords:
    """The device, and its settings, which may stand with another family. `sure`: path and names are verified."""

    device: Device
    settings: tuple[Setting, ...]
    path: str
    sure: bool

    @property
    def name(self) -> str:
        """Make and family."""
        return f"{self.device.vendor} {self.device.family}"

    def label(self, holds: str) -> str:
        """Return the name of the field that holds something, in quotation marks; empty where it is not known."""
        labels = list(dict.fromkeys(entry.label for entry in self.settings if entry.holds == holds and entry.label))
        return " and ".join(f"“{label}”" for label in labels)

    def encryption(self, mode: Literal["starttls", "tls"]) -> str:
        """Return what to choose for an encryption: “Enable SSL” = “Enabled”; empty where that is not known."""
        chosen = [
            f"“{entry.label}” = “{getattr(entry, mode)}”"
            for entry in self.settings
            if entry.holds == "encryption" and entry.label and getattr(entry, mode)
        ]
        return ", ".join(chosen)

    @property
    def certificate_check(self) -> str:
        """The field that switches the check of certificates on, in quotation marks; empty where it is not known."""
        return next(
            (f"“{entry.label}”" for entry in self.settings if entry.holds == "other" and "ertificate" in entry.label),
            "",
        )


def device_words(device_id: str | None, knowledge: Knowledge) -> DeviceWords | None:
    """Return a device of the knowledge in its own words; None for no or no known device."""
    device = knowledge.devices.get(device_id or "")
    if device is None:
        return None
    family = knowledge.devices.get(device.settings_of, device) if device.settings_of else device
    path = device.web_path or family.web_path
    return DeviceWords(
        device=device,
        settings=family.settings,
        path=ARROW.join(part.strip() for part in path[0].split(">")) if path else "",
        sure=not {family.path_status, family.labels} & UNSURE,
    )
