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
    """Words that reverse names of changing or private lines hold; `fixed`: of lines whose address does not change."""

    id: str
    words: tuple[str, ...]
    fixed: bool = False
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
