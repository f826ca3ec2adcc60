"""What the files of devices hold, as types; unknown fields are refused."""

from __future__ import annotations

from typing import Literal

import msgspec

from core.knowledge.model import Status

Mode = Literal["starttls", "tls", "none", "sign-in", "no-sign-in"]
"""How a device is to send: which encryption, and with or without sign-in."""

Held = Literal["server", "port", "encryption", "sign-in", "user", "password", "sender", "pop-before-smtp", "other"]


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field on a device's settings page: its name there, and what to choose in it.

    holds: what belongs into it. label: its name as the maker writes it; also: its name on other models; page: where it
    is, if not on the page of the first `web_path`. starttls, tls, none: what to choose for that encryption; on, off:
    for sign-in, and for what is to be switched off; value: what to choose in any case. Empty: the name of the choice is
    not known. only: the modes in which the field counts (none named: always). max_length: characters it takes, 0 if
    not known. label_status, choices_status: how the name and the choices are known, if not as the device's `labels`
    and `choices` say.
    """

    holds: Held
    label: str
    also: str = ""
    page: str = ""
    starttls: str = ""
    tls: str = ""
    none: str = ""
    on: str = ""
    off: str = ""
    value: str = ""
    only: tuple[Mode, ...] = ()
    max_length: int = 0
    note: str = ""
    label_status: Status | None = None
    choices_status: Status | None = None


class Constraint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something a device does or can't do.

    trap: whether people who set it up have to know. only: the modes in which it counts (none named: always).
    instead_of: the id of a hint of `sheets/hints.toml` that says the same in general.
    """

    text: str
    source: str = ""
    verified: bool = False
    trap: bool = False
    only: tuple[Mode, ...] = ()
    instead_of: str = ""


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A family of devices: how it talks (for `--like`), where its settings are, what it can't do.

    tls_max, ciphers, sni, ehlo, mechanism narrow a check to what the device can do; empty means nothing is known.
    opening: how to get to its settings page, if not with a web browser; web_name: what the maker calls its web page;
    web_path: the menus to the page, " > " between them, the usual one first; the others are other models' or the
    panel's. settings: the fields there, in their order. settings_of: the id of another family with the same settings.
    cannot: what it can't do: an encryption, or server names. The last fields say how each part is known.
    """

    id: str
    vendor: str
    family: str
    kind: str = "mfp"
    models: str = ""
    opening: str = ""
    web_name: str = ""
    web_path: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    settings_of: str = ""
    cannot: tuple[Literal["starttls", "tls", "server-names"], ...] = ()
    oauth_microsoft: str = ""
    oauth_google: str = ""
    connection_test: str = ""
    admin_user: str = ""
    constraints: tuple[Constraint, ...] = ()
    tls_max: str = ""
    ciphers: str = ""
    sni: bool = True
    ehlo: str = ""
    mechanism: Literal["auto", "plain", "login", "cram-md5", "xoauth2"] = "auto"
    sources: tuple[str, ...] = ()
    verified: bool = False
    path_status: Status = "unverified"
    labels: Status = "unverified"
    choices: Status = "unverified"
    oauth_status: Status = "unverified"
    admin_status: Status = "unverified"
    test_status: Status = "unverified"

    @property
    def fields(self) -> dict[str, str]:
        """The maker's names by what the fields hold ("tls" for encryption, "auth" for sign-in), " + " between several.

        A name that is not known is left out.
        """
        keys = {"encryption": "tls", "sign-in": "auth", "pop-before-smtp": "pop_before_smtp"}
        found: dict[str, list[str]] = {}
        for setting in self.settings:
            if setting.label and setting.holds != "other":
                found.setdefault(keys.get(setting.holds, setting.holds), []).append(setting.label)
        return {key: " + ".join(dict.fromkeys(labels)) for key, labels in found.items()}
