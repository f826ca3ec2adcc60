"""The settings sheet: what to type into which field of this device, for one way of sending.

It holds no password, ever: the row for it says whose password it is. What a fact rests on goes with each fact.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from core.knowledge import templates
from core.knowledge.device_model import Constraint, Device
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.model import Status
from core.sheets.data import Hint, SheetData, sheet_data
from core.sheets.rows import SheetRow, modes_of, rows_for, too_long
from core.sheets.way import SendingWay
from core.sheets.words import completed, harmless, status_words, way_name

_STEP: Final = " > "


class SheetRemark(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence beside the fields, and how it is known."""

    text: str
    status: Status = "documented"
    source: str = ""

    @property
    def doubt(self) -> str:
        """What has to be said about it, or an empty string."""
        return status_words(self.status)


class EncryptionNames(msgspec.Struct, frozen=True, kw_only=True):
    """What the device calls the kinds of encryption: field and choice. Empty where that is not known."""

    starttls: str = ""
    implicit_tls: str = ""
    none: str = ""
    status: Status = "documented"

    @property
    def text(self) -> str:
        """The two names in one line; empty where neither is known."""
        if self.starttls and self.starttls == self.implicit_tls:
            return f"STARTTLS and TLS from the first byte are both set as {self.starttls}: the port decides."
        parts = [
            f"STARTTLS is set as {self.starttls}" if self.starttls else "",
            f"TLS from the first byte (port 465) as {self.implicit_tls}" if self.implicit_tls else "",
        ]
        said = "; ".join(part for part in parts if part)
        return f"{said[:1].upper()}{said[1:]}." if said else ""

    @property
    def doubt(self) -> str:
        """What has to be said about them, or an empty string."""
        return status_words(self.status)


class SettingsSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What to type into a device for one way of sending.

    device: its id, None for the sheet that fits any. menu_path: the menus to the page, one by one; other_paths: where
    it is on other models. obstacles: why this device can't go this way as it is. needs: what the way needs besides.
    traps: what goes wrong often. after: how to try it, in order. oauth: whether the device can sign in without a
    password, empty where the way does not sign in.
    """

    heading: str
    device: str | None
    device_name: str
    way: SendingWay
    way_name: str
    opening: str
    menu_path: tuple[str, ...]
    path_status: Status
    other_paths: tuple[str, ...] = ()
    rows: tuple[SheetRow, ...]
    names: EncryptionNames
    obstacles: tuple[SheetRemark, ...] = ()
    needs: tuple[SheetRemark, ...] = ()
    traps: tuple[SheetRemark, ...] = ()
    after: tuple[SheetRemark, ...] = ()
    oauth: SheetRemark | None = None

    @property
    def doubtful(self) -> bool:
        """Whether anything on the sheet is not verified."""
        remarks = (*self.obstacles, *self.needs, *self.traps, *((self.oauth,) if self.oauth else ()))
        return bool(
            status_words(self.path_status) or any(row.doubt for row in self.rows) or any(r.doubt for r in remarks)
        )


def settings_sheet(device_id: str | None, way: SendingWay, knowledge: Knowledge | None = None) -> SettingsSheet:
    """Return the sheet for a device of `resources/knowledge/devices`; None, or an unknown id, gives the general one.

    Values come from `way`, with control characters made visible. Raises KnowledgeError for mistakes in the data.
    """
    knowledge = knowledge or load_knowledge()
    data = sheet_data(knowledge)
    known = knowledge.devices.get(device_id or "")
    device = _with_settings(known, knowledge, data) if known else data.any_device
    way = completed(way)
    shown = harmless(way)
    words = {
        name: value
        for name, value in {
            "server": shown.server,
            "port": str(shown.port),
            "user": shown.user or "",
            "sender": shown.sender,
            "sender_domain": shown.domain,
            "public_address": shown.public_address or "",
            "device": _name(known) if known else "",
        }.items()
        if value
    }

    def remarks(kind: str, said: Collection[str] = ()) -> tuple[SheetRemark, ...]:
        return tuple(
            SheetRemark(
                text=templates.fill(hint.text, words, knowledge.stand_in_words),
                status=_hint_status(hint, device),
                source=hint.source,
            )
            for hint in data.hints_for(kind, way, known and device)
            if hint.id not in said
        )

    rows = rows_for(device, shown, next(iter(remarks("password"))).text)
    cut_off = tuple(SheetRemark(text=text, status=status) for text, status in too_long(device, shown))
    name = _name(known) if known else ""
    menu, *others = device.web_path or ("",)
    return SettingsSheet(
        heading=f"Settings sheet – {name or 'any device'}",
        device=known.id if known else None,
        device_name=name or "Any device",
        way=shown,
        way_name=way_name(shown, knowledge),
        opening=_opening(device),
        menu_path=tuple(step for step in menu.split(_STEP) if step),
        path_status=device.path_status,
        other_paths=tuple(others),
        rows=rows,
        names=_names(device),
        obstacles=remarks("obstacle") + cut_off,
        needs=remarks("need"),
        traps=tuple(_device_traps(device, way)) + remarks("trap", {c.instead_of for c in _traps(device, way)}),
        after=remarks("after"),
        oauth=_oauth(device, way) if known else None,
    )


def _hint_status(hint: Hint, device: Device) -> Status:
    """Return how a hint is known: no better than what it says about the device."""
    if hint.tls_below and not device.verified:
        return "unverified"
    return device.choices if hint.cannot and hint.status != "unverified" else hint.status


def _traps(device: Device, way: SendingWay) -> list[Constraint]:
    modes = modes_of(way)
    return [entry for entry in device.constraints if entry.trap and (not entry.only or modes & set(entry.only))]


def _device_traps(device: Device, way: SendingWay) -> list[SheetRemark]:
    return [
        SheetRemark(
            text=_sentence(constraint.text),
            status="documented" if constraint.verified else "unverified",
            source=constraint.source,
        )
        for constraint in _traps(device, way)
    ]


def _oauth(device: Device, way: SendingWay) -> SheetRemark | None:
    """Return what is known of signing in without a password, where the provider means to end the password."""
    text = device.oauth_microsoft
    if way.provider != "microsoft365" or not way.signs_in or way.method == "azure":
        return None
    if not text or text.startswith("not confirmed"):
        return SheetRemark(text="Whether this device can sign in without a password (OAuth) is not known.")
    return SheetRemark(text=_sentence(f"Sign-in without a password (OAuth) on this device: {text}"),
                       status=device.oauth_status)  # fmt: skip


def _names(device: Device) -> EncryptionNames:
    """Return what the device calls its kinds of encryption."""
    found: dict[str, list[str]] = {"starttls": [], "tls": [], "none": []}
    statuses: list[Status] = []
    for setting in device.settings:
        if setting.holds != "encryption" or not setting.label:
            continue
        statuses.append(setting.choices_status or device.choices)
        for mode, choice in (("starttls", setting.starttls), ("tls", setting.tls), ("none", setting.none)):
            if choice:
                found[mode].append(f"{setting.label} = {choice}")
            elif found[mode] and mode in setting.only:
                found[mode].append(f"{setting.label} = (name of the choice not known)")
    return EncryptionNames(
        starttls=", ".join(found["starttls"]),
        implicit_tls=", ".join(found["tls"]),
        none=", ".join(found["none"]),
        status="unverified" if "unverified" in statuses else "reported" if "reported" in statuses else "documented",
    )


def _with_settings(device: Device, knowledge: Knowledge, data: SheetData) -> Device:
    """Return the device with the settings of the family that it belongs to, or else with those of any device."""
    if device.settings:
        return device
    family = knowledge.devices[device.settings_of] if device.settings_of else data.any_device
    return msgspec.structs.replace(
        family,
        id=device.id,
        vendor=device.vendor,
        family=device.family,
        kind=device.kind,
        constraints=(*device.constraints, *family.constraints),
        tls_max=device.tls_max,
        verified=device.verified,
        cannot=tuple(dict.fromkeys((*device.cannot, *family.cannot))),
    )


def device_name(device: Device) -> str:
    """Return what a device is called in a list: maker and family."""
    return _name(device)


def _name(device: Device) -> str:
    return device.family if device.vendor in {"Any", "Generic"} else f"{device.vendor} {device.family}"


_OPENED_BY_BROWSER: Final = {"mfp": "copier", "scanner": "scanner", "ups": "card", "server": "server"}


def _opening(device: Device) -> str:
    """Return how to get to the first menu."""
    if device.opening:
        return device.opening
    thing = _OPENED_BY_BROWSER.get(device.kind, "device")
    page = f" ({device.web_name})" if device.web_name else ""
    text = f"Type the {thing}’s IP address into a web browser{page} and log in as administrator."
    if device.admin_user:
        doubt = status_words(device.admin_status)
        text += f" User name: {device.admin_user}{f' ({doubt})' if doubt else ''}."
    return text


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
