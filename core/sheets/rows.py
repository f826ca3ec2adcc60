"""The rows of a settings sheet: a device's fields in their order, and what belongs into each for one way of sending."""

from __future__ import annotations

import msgspec

from core.knowledge.device_model import Device, Held, Setting
from core.knowledge.model import Status
from core.sheets.way import SendingWay
from core.sheets.words import FIELDS, UNKNOWN_CHOICES, status_words


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its name as the maker writes it, and what to type or choose there.

    holds: what belongs into it (`core.knowledge.device_model.Held`). also: its name on other models. page: the menus to
    it, if it is on another page. copyable: `value` is to be typed as it stands. secret: a password belongs here, and
    `value` only says which. label_known: False where `field` is our word, since the maker's is not known.
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


def rows_for(device: Device, way: SendingWay, password: str) -> tuple[SheetRow, ...]:
    """Return the rows for a device and a way; `password` says in words what belongs into the password field."""
    return _Rows(device, way, password).build()


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
    """Return the modes of `core.knowledge.device_model.Mode` that a way is in."""
    return {way.security, "sign-in" if way.signs_in else "no-sign-in"}


def _note(setting: Setting) -> str:
    parts = [setting.note]
    if setting.max_length:
        parts.append(f"Takes at most {setting.max_length} characters.")
    return " ".join(part for part in parts if part)


def too_long(device: Device, way: SendingWay) -> list[tuple[str, Status]]:
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
