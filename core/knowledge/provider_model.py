"""What the files of providers and of ways of sending hold, as types; unknown fields are refused."""

from __future__ import annotations

from typing import Literal

import msgspec

from core.knowledge.model import Status


class PortService(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A port an endpoint serves, and how the connection is encrypted there."""

    port: int
    security: Literal["starttls", "tls", "none"]


class ServiceNeeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a service wants of a client, beside a good sign-in; what is empty or None is not known.

    tls_min: the oldest TLS version it takes. cipher_suites: all it takes, by their IANA names. sni: whether it needs
    the server's name in the hello. tls_first: no sign-in and no mail without TLS. roots: root certificates that a
    client which verifies has to know. sender: "login" (the account's own address, or one it may send as), "verified"
    (an address or domain that was verified there), "rewritten" (the service puts the account's address instead), "any".
    full_address: the user name is a whole address. ehlo: whether it cares about the name ("fqdn") or not ("any").
    bare_lf: what it does with lines that end in LF alone. headers: header fields without which it refuses a message.
    size: octets a message may have at all (SIZE); size_default: octets an account may send until somebody changes it;
    size_command: a PowerShell line that changes it. send_as_command: one that lets the account use the sender.
    recipients: of one message. legacy_server: where old TLS versions are still taken; legacy_command: after this.
    """

    tls_min: Literal["", "1.0", "1.1", "1.2", "1.3"] = ""
    cipher_suites: tuple[str, ...] = ()
    sni: bool | None = None
    tls_first: bool | None = None
    roots: tuple[str, ...] = ()
    sender: Literal["", "login", "verified", "rewritten", "any"] = ""
    full_address: bool | None = None
    ehlo: Literal["", "any", "fqdn"] = ""
    bare_lf: Literal["", "refused", "taken"] = ""
    headers: tuple[str, ...] = ()
    size: int = 0
    size_default: int = 0
    size_command: str = ""
    send_as_command: str = ""
    recipients: int = 0
    legacy_server: str = ""
    legacy_command: str = ""
    note: str = ""
    source: str
    date: str
    status: Status = "documented"


class ServiceEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Servers of a provider with one role. hosts: exact names; suffixes: name endings with their leading dot.

    starttls, auth: whether the service is known to offer them there (None: not known). mechanisms: SASL names in
    lower case. greets_as: names or endings of the host names in its greetings. needs: what else it wants of a client.
    """

    role: Literal["mx", "submission", "relay"]
    hosts: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    ports: tuple[PortService, ...] = ()
    starttls: bool | None = None
    auth: bool | None = None
    mechanisms: tuple[str, ...] = ()
    greets_as: tuple[str, ...] = ()
    note: str = ""
    needs: ServiceNeeds | None = None


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ready-made choice for the form. `server` may hold {sender_domain_mx}."""

    id: str
    title: str
    explanation: str
    server: str
    port: int
    security: Literal["auto", "starttls", "tls", "none"]
    role: Literal["mx", "submission", "relay"]
    sign_in: bool


Standing = Literal["lasting", "changing", "ending", "ended"]
"""lasting: no end is announced; changing: it goes on, but its conditions change; ending: its end is announced or near,
so that another way goes before it; ended: it no longer works, whatever a server says today."""


class Prospect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a way will last, told from `since` on and before `until` (dates YYYY-MM-DD; empty: always).

    sign_in: "password" where it holds only for sign-in with a password, not with an access token.
    """

    standing: Standing
    text: str
    since: str = ""
    until: str = ""
    sign_in: Literal["any", "password"] = "any"


class Way(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way of sending that the finder tries. Sources: the provider's own, unless the way names another.

    title, short: what it is called in a table, and in the sentence "… works from this site: {short}".
    method: an id of `core.sheets.way.METHODS`. server: a name, or a placeholder of WAY_SERVERS; a way whose server is
    not known is left out. port, security: of this way; where the server was typed or found with a port, that counts.
    reach: who can be written to this way. recipients: with which recipients it is tried. rank: the smaller, the sooner
    recommended among ways that last equally. recommended: whether it can be recommended at all; `not_recommended` says
    why not although it worked. on_request: a word for `--include`, without which it is not tried. below_tls: tried too
    where the device can't speak this TLS version. served: tried only if the provider's data lists the port.
    own_domain: tried only at a server in the sender's own domain, since DNS alone is no reason to hand it a password.
    used_for: where a way of `ways.toml` is used. patience: seconds for a reply where hardly any is expected.
    """

    id: str
    title: str
    short: str
    method: Literal["submission", "submission-legacy-tls", "high-volume", "azure", "connector", "direct-send", "relay"]
    server: str
    port: int
    security: Literal["auto", "starttls", "tls", "none"]
    sign_in: bool
    role: Literal["mx", "submission", "relay"]
    reach: Literal["anybody", "own-organisation"]
    recipients: Literal["all", "internal", "external"] = "all"
    rank: int
    recommended: bool = True
    not_recommended: str = ""
    on_request: str = ""
    below_tls: Literal["", "1.1", "1.2", "1.3"] = ""
    served: bool = False
    own_domain: bool = False
    used_for: tuple[Literal["provider", "unknown", "own", "present"], ...] = ()
    patience: int = 0
    explanation: str
    prospects: tuple[Prospect, ...] = ()
    source: str = ""
    date: str = ""
    status: Status = "documented"


WAY_SERVERS = {
    "sender_domain": "the domain whose mail is sent",
    "sender_domain_mx": "the first mail exchanger of that domain",
    "tenant_mx": "the mail exchanger that the provider gave that domain, also where a filter stands before it",
    "submission_srv": "the server that DNS names for submission (RFC 6186)",
    "submissions_srv": "the server that DNS names for submission over TLS (RFC 8314)",
    "provider_submission": "the provider's submission server",
    "own_server": "a server typed by hand",
    "present_server": "the server that is set in the device now",
}
"""What may stand in braces in the server of a way."""


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail provider: its servers, how to recognise its MX, and the ways to send through it.

    autodiscover_suffixes: endings of the names that autodiscover of a customer's domain leads to. tenant_mx: the name
    of a customer's own mail exchanger, with {dashed_domain} for the domain with hyphens for dots.
    """

    id: str
    name: str
    source: str
    date: str
    status: Status = "documented"
    mx_suffixes: tuple[str, ...] = ()
    submission_server: str = ""
    submission_port: int = 587
    submission_security: Literal["starttls", "tls", "none"] = "starttls"
    sign_in_note: str = ""
    autodiscover_suffixes: tuple[str, ...] = ()
    tenant_mx: str = ""
    endpoints: tuple[ServiceEndpoint, ...] = ()
    presets: tuple[Preset, ...] = ()
    ways: tuple[Way, ...] = ()
