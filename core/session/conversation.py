"""The state that the stages of one check share, and the two ways a stage can end."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.evidence.gather import Evidence, Gathering
from core.knowledge.providers import Located
from core.pathmtu.document import PathMtu
from core.reports.report import Finding, Severity, StageResult
from core.request import CheckRequest
from core.session.replies import Extensions, Reply
from core.session.tls import HandshakeTrace, Negotiated
from core.session.transcript import Transcript
from core.session.trust import Judgement
from core.session.wire import Wire, WireError
from core.stages import Stage, StageStatus

Details = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """How a stage went well: a plain sentence, details for the report, and whether something is remarkable."""

    summary: str
    details: Details = field(default_factory=dict)
    status: StageStatus = StageStatus.PASSED


class StageFailed(Exception):
    """A stage did not pass. Words for `signs`, `os_error`, `tls_error` are those of `core.knowledge.facts`.

    `text` is what an error said where no reply did; `summary` a plain sentence.
    """

    def __init__(
        self,
        summary: str,
        *,
        reply: Reply | None = None,
        signs: Iterable[str] = (),
        os_error: str | None = None,
        tls_error: str | None = None,
        text: str = "",
        details: Details | None = None,
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.reply = reply
        self.signs = frozenset(signs)
        self.os_error = os_error
        self.tls_error = tls_error
        self.text = text
        self.details = details or {}

    @classmethod
    def by_wire(cls, error: WireError, details: Details | None = None) -> StageFailed:
        """Return the failure of a stage in which `error` ended the conversation."""
        text = str(error)
        return cls(text, reply=error.reply, signs=error.signs, os_error=error.os_error, text=text, details=details)


class SignInTurn(Protocol):
    """Who may sign in now, where several checks use one account: repeated tries with a wrong password lock it."""

    async def take(self, talk: Conversation) -> None:
        """Wait for this check's turn. To keep the secret back for good, cancel the check and never return."""

    def answered(self, talk: Conversation, reply: Reply | None) -> None:
        """Hear the server's last word on the sign-in, None where it gave none; called exactly once after `take`."""


@dataclass(slots=True)
class Conversation:
    """What one check knows so far. Stages read and extend it; nothing else does while the check runs."""

    request: CheckRequest
    transcript: Transcript
    place: Located
    add_finding: Callable[[Finding], None]
    clean: Callable[[str], str]
    turn: SignInTurn | None = None
    addresses: list[str] = field(default_factory=list)
    wire: Wire | None = None
    local_address: str | None = None
    server_address: str | None = None
    resolver: str | None = None
    before_tls: Extensions | None = None
    after_tls: Extensions | None = None
    tls_context: ssl.SSLContext | None = None
    tls_trace: HandshakeTrace = field(default_factory=HandshakeTrace)
    negotiated: Negotiated | None = None
    judgement: Judgement | None = None
    observed: set[str] = field(default_factory=set)
    gathering: Gathering | None = None
    evidence: Evidence | None = None
    path_mtu: PathMtu | None = None
    results: dict[Stage, StageResult] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> Wire:
        """The connection, which every stage after `connect` has."""
        assert self.wire is not None
        return self.wire

    @property
    def encrypted(self) -> bool:
        """Whether the connection is encrypted now."""
        return self.wire is not None and self.wire.encrypted

    @property
    def extensions(self) -> Extensions:
        """The extension list that counts now (RFC 3207 §4.2: what came before TLS is forgotten)."""
        return self.after_tls or self.before_tls or Extensions()

    @property
    def trusted(self) -> bool:
        """Whether a secret may be sent: encrypted, to a server whose certificate is trusted."""
        return self.encrypted and self.judgement is not None and self.judgement.trusted

    @property
    def public_address(self) -> str | None:
        """This site's address as the server saw it, where it said so."""
        for extensions in (self.after_tls, self.before_tls):
            if extensions and extensions.public_address:
                return extensions.public_address
        return None

    def note(self, text: str) -> None:
        """Put a remark of our own into the transcript."""
        self.transcript.add("note", text, encrypted=self.encrypted)

    def finding(
        self, severity: Severity, title: str, text: str, *, cause: str | None = None, topic: str | None = None
    ) -> None:
        """Tell something worth knowing beside the root cause; once each."""
        self.add_finding(
            Finding(
                severity=severity,
                title=title,
                text=self.clean(text),
                cause=cause,
                topic=topic,
            )
        )
