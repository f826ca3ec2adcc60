"""The settings sheet: what to type into which field of this device, for one way of sending.

It holds no password, ever: the row for it says whose password it is. What a fact rests on goes with each fact.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from core.knowledge import templates
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.model import Constraint, Device, Held, Setting, Status
from core.session.transcript import render
from core.sheets.data import Hint, SheetData, sheet_data
from core.sheets.way import METHODS, SendingWay
from core.sheets.words import FIELDS, SECURITY, UNKNOWN_CHOICES, status_words

MAX_VALUE: Final = 320
"""Characters of a value; an address has at most 254 (RFC 5321 §4.5.3.1.3)."""

_STEP: Final = " > "


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its name as the maker writes it, and what to type or choose there.

    holds: what belongs into it (`core.knowledge.model.Held`). also: its name on other models. page: the menus to it, if
    it is on another page. copyable: `value` is to be typed as it stands. secret: a password belongs here, and `value`
    only says which. label_known: False where `field` is our word, since the maker's is not known.
    """

    field: str
    value: str
    holds: Held
    also: str = ""
    page: str = ""
    note: str = ""
    copyable: bool = False
    secret: bool = False
    label_known: bool = True
    field_status: Status = "documented"
    value_status: Status = "documented"

    @property
    def doubt(self) -> str:
        """What has to be said about this row: whose name or choice is not verified. Empty if nothing."""
        if not self.label_known:
            return "exact name not known"
        field, value = status_words(self.field_status), status_words(self.value_status)
        if field and field == value:
            return field
        parts = [f"name {field}" if field else "", f"choice {value}" if value else ""]
        return "; ".join(part for part in parts if part)


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

    rows = _Rows(device, shown, next(iter(remarks("password"))).text).build()
    too_long = tuple(SheetRemark(text=text, status=status) for text, status in _too_long(device, shown))
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
        obstacles=remarks("obstacle") + too_long,
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


class _Rows:
    """Makes the rows: the device's fields in their order, then what the way needs and no field is known for."""

    def __init__(self, device: Device, way: SendingWay, password: str) -> None:
        self._device = device
        self._way = way
        self._password = password
        self._held = {setting.holds for setting in device.settings}

    def build(self) -> tuple[SheetRow, ...]:
        rows = [self._row(setting) for setting in self._device.settings if self._counts(setting)]
        rows += [self._row(Setting(holds=held, label="")) for held in self._missing()]
        return tuple(rows)

    def _counts(self, setting: Setting) -> bool:
        modes = modes_of(self._way)
        if setting.holds in {"user", "password"} and not self._way.signs_in:
            return "sign-in" not in self._held  # then nothing but an empty name says that there is no sign-in
        if setting.holds == "encryption" and not setting.label and self._way.security in {"none", *self._device.cannot}:
            return False
        return not setting.only or bool(modes & set(setting.only))

    def _missing(self) -> list[Held]:
        """Return what has to be set somewhere although no field for it is known."""
        wanted: list[Held] = ["server"]
        if self._way.port != 25:
            wanted.append("port")
        if self._way.security != "none" and self._way.security not in self._device.cannot:
            wanted.append("encryption")
        if self._way.signs_in:
            wanted += ["user", "password"]
        wanted.append("sender")
        return [held for held in wanted if held not in self._held]

    def _row(self, setting: Setting) -> SheetRow:
        value, known = self._value(setting)
        typed = setting.holds in {"server", "port", "user", "sender"}
        choices = setting.choices_status or self._device.choices
        return SheetRow(
            field=setting.label or FIELDS[setting.holds],
            value=value,
            holds=setting.holds,
            also=setting.also,
            page=setting.page,
            note=_note(setting),
            copyable=typed and known,
            secret=setting.holds == "password",
            label_known=bool(setting.label),
            field_status=(setting.label_status or self._device.labels) if setting.label else "unverified",
            value_status="documented" if typed or setting.holds == "password" else choices if known else "unverified",
        )

    def _value(self, setting: Setting) -> tuple[str, bool]:
        """Return what belongs into the field, and whether that is known for sure."""
        way = self._way
        if setting.value:
            return setting.value, True
        match setting.holds:
            case "server":
                return (way.server, True) if way.server else ("the mail server’s name", False)
            case "port":
                return str(way.port), True
            case "sender":
                return (way.sender, True) if way.sender else ("the device’s mail address", False)
            case "user":
                if way.user:
                    return way.user, True
                return ("the account’s name, usually its full address" if way.signs_in else "(leave empty)"), False
            case "password":
                return (self._password, False) if way.signs_in else ("(leave empty)", False)
            case "encryption":
                choice: str = {"starttls": setting.starttls, "tls": setting.tls, "none": setting.none}[way.security]
                return (choice, True) if choice else (UNKNOWN_CHOICES[way.security], False)
            case "sign-in":
                mode = "on" if way.signs_in else "off"
            case _:
                mode = "off"
        choice = setting.on if mode == "on" else setting.off
        return (choice, True) if choice else (UNKNOWN_CHOICES[mode], False)


def modes_of(way: SendingWay) -> set[str]:
    """Return the modes of `core.knowledge.model.Mode` that a way is in."""
    return {way.security, "sign-in" if way.signs_in else "no-sign-in"}


def _note(setting: Setting) -> str:
    parts = [setting.note]
    if setting.max_length:
        parts.append(f"Takes at most {setting.max_length} characters.")
    return " ".join(part for part in parts if part)


def _too_long(device: Device, way: SendingWay) -> list[tuple[str, Status]]:
    """Return what does not fit into its field."""
    values = {"server": way.server, "user": way.user or "", "sender": way.sender}
    return [
        (
            f"“{values[setting.holds]}” has {len(values[setting.holds])} characters, and “{setting.label}” takes "
            f"{setting.max_length} at most: it would be cut.",
            setting.label_status or device.labels,
        )
        for setting in device.settings
        if setting.max_length and len(values.get(setting.holds, "")) > setting.max_length
    ]


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


def way_name(way: SendingWay, knowledge: Knowledge) -> str:
    """Return a way in a few words: provider, method, server, port, encryption."""
    provider = knowledge.providers.get(way.provider or "")
    method = METHODS.get(way.method, way.method)
    where = f"{way.server}:{way.port}, {SECURITY[way.security]}"
    return f"{provider.name if provider else 'Mail server'} – {method} ({where})"


def completed(way: SendingWay) -> SendingWay:
    """Return the way with what follows from the rest of it: a mailbox that is not named signs in as the sender."""
    if way.user or not way.signs_in or way.method == "azure" or not way.sender:
        return way
    return msgspec.structs.replace(way, user=way.sender)


def harmless(way: SendingWay) -> SendingWay:
    """Return the way with its texts bounded and their control characters visible."""
    return msgspec.structs.replace(
        way,
        server=render(way.server.strip(), limit=MAX_VALUE),
        user=render(way.user.strip(), limit=MAX_VALUE) if way.user else None,
        sender=render(way.sender.strip(), limit=MAX_VALUE),
        provider=render(way.provider, limit=40) if way.provider else None,
        method=render(way.method, limit=40),
        public_address=render(way.public_address.strip(), limit=60) if way.public_address else None,
        tenant=render(way.tenant.strip(), limit=MAX_VALUE) if way.tenant else None,
    )


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
