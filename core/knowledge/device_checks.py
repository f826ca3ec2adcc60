"""What can be wrong with the settings of a device in `resources/knowledge/devices`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.knowledge.device_model import Device


def device_problems(device: Device, devices: Mapping[str, Device]) -> Iterator[str]:
    """Yield what is wrong with a device's settings; `devices` are all, for `settings_of`."""
    where = f"devices: device {device.id}"
    if device.settings_of:
        other = devices.get(device.settings_of)
        if other is None or not other.settings:
            yield f"{where}: settings_of: there is no device “{device.settings_of}” with settings"
        if device.settings:
            yield f"{where}: settings: they stand with “{device.settings_of}” already"
    held = [setting.holds for setting in device.settings]
    for name in ("server", "port", "user", "password", "sender", "sign-in"):
        if held.count(name) > 1:
            yield f"{where}: settings: two fields hold “{name}”"
    if device.settings and "server" not in held:
        yield f"{where}: settings: no field holds the server"
    if device.settings and not device.web_path:
        yield f"{where}: web_path: where are these settings?"
    for number, setting in enumerate(device.settings, 1):
        at = f"{where}: setting {number}"
        if not setting.label and setting.holds == "other":
            yield f"{at}: label: a field of its own kind needs its name"
        if setting.holds == "other" and not setting.value:
            yield f"{at}: value: what is to be chosen there?"
        if setting.holds not in {"encryption"} and (setting.starttls or setting.tls or setting.none):
            yield f"{at}: starttls, tls, none: these belong to a field that holds “encryption”"
        if setting.holds not in {"sign-in", "pop-before-smtp"} and (setting.on or setting.off):
            yield f"{at}: on, off: these belong to a field that holds “sign-in” or “pop-before-smtp”"
    for number, constraint in enumerate(device.constraints, 1):
        if not constraint.text:
            yield f"{where}: constraint {number}: text: it says nothing"
