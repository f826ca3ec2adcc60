"""What the files in `resources/knowledge` hold, as types: a struct for each kind of entry, unknown fields refused."""

from __future__ import annotations

from typing import Literal

import msgspec

from core.stages import Stage

Confidence = Literal["certain", "likely", "possible"]
Status = Literal["verified", "documented", "reported", "unverified"]
"""verified: seen by us; documented: the vendor says so; reported: users say so; unverified: from memory."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be seen. An empty condition holds always; within a list one is enough unless said otherwise.

    codes: reply codes, or "4xx" and "5xx". enhanced: "5.7.1", "5.7.*", "*.7.25" or a range "5.7.606-649".
    all_words: every phrase; any_words: one of them; no_words: none of them (`words.Phrase` says how to write them).
    offered, asked, signs: every word listed; not_offered, not_asked, not_signs: none of them.
    since, until: dates (YYYY-MM-DD) from which and before which it holds.
    captured: names that the rule must have captured, each with the values that count (an empty list means any).
    """

    stages: tuple[Stage, ...] = ()
    codes: tuple[int | str, ...] = ()
    enhanced: tuple[str, ...] = ()
    all_words: tuple[str, ...] = ()
    any_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    not_provider: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    port: tuple[int, ...] = ()
    encrypted: bool | None = None
    offered: tuple[str, ...] = ()
    not_offered: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    os_error: tuple[str, ...] = ()
    tls_error: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    not_signs: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    captured: dict[str, tuple[str, ...]] = {}
    since: str = ""
    until: str = ""


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text with what is known beside it, for trying a rule; the facts are stated as a check would state them."""

    text: str = ""
    stage: Stage | None = None
    server: str | None = None
    port: int | None = None
    code: int | None = None
    enhanced: str | None = None
    encrypted: bool | None = None
    offered: tuple[str, ...] | None = None
    asked: tuple[str, ...] = ()
    os_error: str | None = None
    tls_error: str | None = None
    signs: tuple[str, ...] = ()


class Rule(Conditions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """If these conditions hold, this is the cause, with this confidence.

    pattern: a bounded regular expression (no `*`, `+`, `{n,}`) that must be found too; its named groups are captures.
    captures: names of `captures.toml` to look for when the rule wins.
    outranks: causes that are only the wrapping or the consequence of this one, when both are in the text.
    alternatives, question: other causes the same words can mean, and what to ask to decide.
    """

    id: str
    cause: str
    confidence: Confidence = "likely"
    pattern: str = ""
    captures: tuple[str, ...] = ()
    outranks: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    question: str = ""
    why: str = ""
    source: str = ""
    date: str = ""
    status: Status = "documented"
    examples: tuple[str | Example, ...] = ()
    counter_examples: tuple[str | Example, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What words in a pasted text say about the facts: an error of the operating system, of TLS, a sign, a provider.

    weight: added where two readings disagree; a certificate that ran out, say, is also "not verified".
    in_replies: whether it may be read out of a server's refusal (4xx, 5xx) too, where the same words mean other things.
    """

    id: str
    weight: int = 0
    in_replies: bool = True
    all_words: tuple[str, ...] = ()
    any_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    os_error: str = ""
    tls_error: str = ""
    signs: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    provider: str = ""
    stage: Stage | None = None
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


class FixText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step that helps, shown when `when` holds; a fallback only when no other step applied."""

    text: str
    when: Conditions = Conditions()
    command: str = ""
    link: str = ""
    fallback: bool = False
    status: Status = "documented"
    source: str = ""
    date: str = ""


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other words for a cause under certain conditions; what is empty stays as it is."""

    when: Conditions
    title: str = ""
    summary: str = ""
    technical: str = ""
    owner: str = ""
    question: str = ""


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One root cause in plain words. `summary` is for the office, `technical` for the technician."""

    id: str
    title: str
    summary: str
    technical: str
    owner: str
    confirm: str
    source: str
    date: str
    status: Status = "documented"
    variants: tuple[Variant, ...] = ()
    fixes: tuple[FixText, ...] = ()


class RulesOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a passed stage excludes: a group of causes under one heading, and why.

    Of `when`, `stages` are those of which one has to be reached; the rest is about the failure.
    """

    title: str
    because: str
    causes: tuple[str, ...]
    when: Conditions = Conditions()


class StageText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stage is called, what passing it proves and what not, and what it excludes."""

    id: Stage
    label: str
    section: str
    proves: str
    does_not_prove: str
    rules_out: tuple[RulesOut, ...] = ()


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What evidence beside the conversation excludes, where `when` holds: one reason for a cause, not the cause itself.

    `id` stands in the report where a stage's exclusion names a cause.
    """

    id: str
    title: str
    because: str
    when: Conditions
    source: str
    date: str


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who can usually fix it, in plain words."""

    id: str
    words: str


class Placeholder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a sentence (`words`) or in a command (`sample`) where a value is not known."""

    id: str
    words: str
    sample: str


class Capture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named piece to take out of a reply: the first group of a bounded pattern, or else of another one."""

    id: str
    pattern: str
    otherwise: str = ""


class Tag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service's own mark in a reply, such as AS16012611 or S8001, and what it means."""

    id: str
    pattern: str
    meaning: str
    source: str
    date: str
    status: Status = "documented"


class Notice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something worth knowing beside the verdict, where `when` holds and one of `causes` was found (none: any)."""

    id: str
    severity: Literal["info", "warning", "error"]
    title: str
    text: str
    source: str
    date: str
    when: Conditions = Conditions()
    causes: tuple[str, ...] = ()
    passed: tuple[Stage, ...] = ()
    link: str = ""
    status: Status = "documented"


class Indicator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An observation that misleads: what people take it for, and what it really says."""

    id: str
    seen: str
    taken_for: str
    really: str
    causes: tuple[str, ...] = ()
    when: Conditions = Conditions()
    source: str = ""
    date: str = ""


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


class NextStepText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shortest step that removes a cause (`id`), where no way of sending works.

    effort: 1 (whoever sits there, in a minute) to 9 (other people, weeks). owner: an id of owners.toml; empty: the
    cause's own. with_command: the cause's first command belongs to this step.
    """

    id: str
    effort: int
    text: str
    owner: str = ""
    with_command: bool = False
    source: str
    date: str
    status: Status = "documented"


class DynamicWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that reverse names of changing or private lines hold."""

    id: str
    words: tuple[str, ...]
    source: str
    date: str
    status: Status = "reported"


class PanelCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device shows on its panel or in its job log, what it means, and the causes in order of likelihood."""

    vendor: str
    code: str
    text: str = ""
    meaning: str
    stage: Stage | None = None
    causes: tuple[str, ...]
    checks: tuple[str, ...] = ()
    question: str = ""
    verified: bool = False
    source: str = ""
