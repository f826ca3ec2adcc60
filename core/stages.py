"""The stages of a conversation, their order, and the words for how a stage or a whole check ended.

The identifiers are a contract: they appear in reports, in rules and on the command line.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """One step of the conversation, in the order in which it is walked."""

    SETTINGS = "settings"
    DNS = "dns"
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    EHLO_TLS = "ehlo-tls"
    AUTH = "auth"
    MAIL_FROM = "mail-from"
    RCPT_TO = "rcpt-to"
    DATA = "data"
    MESSAGE = "message"


class StageStatus(StrEnum):
    """How a stage ended; `warning` means passed, with a finding."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_REACHED = "not-reached"


class Outcome(StrEnum):
    """How a check ended as a whole; `deferred` is a transient negative reply (RFC 5321 §4.2.1: 4yz)."""

    ACCEPTED = "accepted"
    STOPPED = "stopped"
    DEFERRED = "deferred"
    CANCELLED = "cancelled"


def order(*, implicit_tls: bool) -> tuple[Stage, ...]:
    """Return all stages in the order they are walked; with implicit TLS (RFC 8314 §3) `tls` follows `connect`."""
    stages = list(Stage)
    if implicit_tls:
        stages.remove(Stage.TLS)
        stages.insert(stages.index(Stage.CONNECT) + 1, Stage.TLS)
    return tuple(stages)
