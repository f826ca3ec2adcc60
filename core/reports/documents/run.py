"""One run as the documents look at it: what was tested and what was not, lines with their time, ids, names.

Everything is read defensively: a report may come from another computer or a later version.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from core.comparing.pairing import reply_of, stage_of
from core.knowledge.advise import fill_text
from core.knowledge.load import load_knowledge
from core.reports import words
from core.reports.report import Report, RuledOut, TranscriptLine
from core.stages import Outcome, Stage, StageStatus

GOOD = frozenset({StageStatus.PASSED, StageStatus.WARNING})
MAX_DECISIVE = 14
"""Transcript lines that count as decisive; what comes before them stands in the full report."""

_TRACE = {
    "internal_id": "InternalId",
    "queue_id": "Queue id",
    "message_id": "Message-ID",
    "network_message_id": "Network message id",
    "check_id": "Check id",
}
_MARK = re.compile(r"\[([\w.-]+\.[\w-]+) (\d{4}-\d\d-\d\dT[\d:.]+Z?) ([0-9A-Fa-f]{8,32}|‹[^›]{1,40}›)\]")
"""At the end of Microsoft's replies: the server, its time, and the id under which it can find the session."""


class Run:
    """What documents need to know of `report`."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.known = load_knowledge()

    # How it ended

    @property
    def cause(self) -> str:
        """The id of the cause, "unknown" where this program does not know it."""
        cause = self.report.diagnosis.cause
        return cause if cause in self.known.cause_ids else "unknown"

    @property
    def owner(self) -> str:
        """The id of who can usually fix the cause (see owners.toml)."""
        said = self.report.diagnosis.owner
        by_words = {owner.words: name for name, owner in self.known.owners.items()}
        return by_words.get(said) or self.known.cause(self.cause).owner

    @property
    def accepted(self) -> bool:
        """Whether nothing was refused and the recipients were really asked about."""
        return self.report.outcome is Outcome.ACCEPTED and self.passed(Stage.RCPT_TO)

    @property
    def handed_over(self) -> bool:
        """Whether a message was sent and accepted."""
        return self.passed(Stage.MESSAGE)

    @property
    def practice(self) -> str:
        """The name of the practice server, empty for a real one."""
        return self.report.request.practice or ""

    def status(self, stage: Stage) -> StageStatus:
        """Return how `stage` ended."""
        found = stage_of(self.report, stage)
        return found.status if found else StageStatus.NOT_REACHED

    def passed(self, stage: Stage) -> bool:
        """Return whether `stage` was passed, with a remark or without."""
        return self.status(stage) in GOOD

    def tried(self, stage: Stage) -> bool:
        """Return whether `stage` was tested at all."""
        return self.status(stage) not in {StageStatus.SKIPPED, StageStatus.NOT_REACHED}

    def summary(self, stage: Stage) -> str:
        """Return the sentence of `stage`."""
        found = stage_of(self.report, stage)
        return found.summary if found else ""

    def detail(self, stage: Stage, name: str) -> Any:
        """Return a detail of `stage`, None if it is not there."""
        found = stage_of(self.report, stage)
        return found.details.get(name) if found else None

    def texts(self, stage: Stage, name: str) -> list[str]:
        """Return a detail that is a list of texts; empty if it is something else."""
        value = self.detail(stage, name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def text(self, stage: Stage, name: str) -> str:
        """Return a detail that is a text or a number; empty if it is something else."""
        value = self.detail(stage, name)
        return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""

    def reply(self, stage: Stage) -> str:
        """Return what the server answered at `stage`, word by word; empty if nothing is on record."""
        return reply_of(stage_of(self.report, stage)) or ""

    def excluded(self, cause: str) -> RuledOut | None:
        """Return the exclusion that stands for `cause`, None if this run does not exclude it."""
        return next((found for found in self.report.diagnosis.ruled_out if found.cause == cause), None)

    def finding(self, topic: str) -> str:
        """Return the text of the finding on `topic`, empty if there is none."""
        return next((found.text for found in self.report.findings if found.topic == topic), "")

    def evidence(self, name: str) -> dict[str, Any]:
        """Return a part of the DNS evidence, empty if it was not asked for or is something else."""
        value = self.report.evidence.get(name)
        return value if isinstance(value, dict) else {}

    @property
    def deciding(self) -> Stage | None:
        """The stage that decided: where it failed, or the last one that was passed."""
        passed = [result.stage for result in self.report.stages if result.status in GOOD]
        return self.report.failed_stage or (passed[-1] if passed else None)

    # Words

    @cached_property
    def values(self) -> dict[str, str]:
        """Values for the placeholders in texts, those that are known."""
        report = self.report
        provider = self.known.providers.get(report.target.provider or "")
        found = {
            "server": report.target.server,
            "port": str(report.target.port),
            "sender": report.request.from_,
            "recipients": ", ".join(report.request.to),
            "recipient": report.request.to[0] if report.request.to else "",
            "user": report.request.user or "",
            "public_address": report.proof.public_address or "",
            "client_address": report.proof.public_address or "",
            "ehlo": report.request.ehlo,
            "provider_name": provider.name if provider else "",
            "submission_server": provider.submission_server if provider else "",
            "stage": words.label(self.deciding) if self.deciding else "",
        }
        return {name: value for name, value in found.items() if value}

    def fill(self, text: str) -> str:
        """Return a text of the data with its placeholders filled."""
        return fill_text(text, self.values, self.known)

    @property
    def target(self) -> str:
        """What was spoken to, in a line."""
        target = self.report.target
        return f"{target.server}, port {target.port}, {words.security_words(target.security)}"

    @property
    def provider_name(self) -> str:
        """The provider's name, empty if the server is nobody's that is known."""
        return self.values.get("provider_name", "")

    # Times

    def moment(self, ms: float = 0.0) -> dt.datetime | None:
        """Return the time in UTC `ms` after the start; None where the report holds no proper time."""
        try:
            start = dt.datetime.fromisoformat(self.report.started_at)
            if start.tzinfo is None:
                start = start.replace(tzinfo=dt.UTC)
            return start.astimezone(dt.UTC) + dt.timedelta(milliseconds=ms)
        except (ValueError, OverflowError):
            return None

    def utc(self, ms: float = 0.0, *, exact: bool = False) -> str:
        """Return the time in words for reading: 2026-11-25 17:24 UTC, `exact` with milliseconds."""
        moment = self.moment(ms)
        if moment is None:
            return self.report.started_at
        if exact:
            return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"
        return f"{moment:%Y-%m-%d %H:%M} UTC"

    # Lines

    def decisive_lines(self) -> list[TranscriptLine]:
        """Return the lines of the stage that decided, the last ones where there are many."""
        stage = self.deciding
        lines = [line for line in self.report.transcript if line.stage == stage]
        ending = ("RSET", "QUIT")
        end = next(
            (n for n, line in enumerate(lines) if line.direction == "client" and line.text.upper() in ending),
            len(lines),
        )
        return (lines[:end] or lines)[-MAX_DECISIVE:]

    def timed(self, line: TranscriptLine) -> str:
        """Return a transcript line with its time in UTC and who spoke."""
        who = {"client": "we:     ", "server": "server: ", "note": "note:   "}[line.direction]
        return f"{self.utc(line.ms, exact=True)}  {who}{line.text}"

    # Ids and names

    def trace_ids(self) -> list[tuple[str, str]]:
        """Return what a mail administrator or the provider can search for, with its name, each once."""
        found: dict[str, str] = {}
        for result in self.report.stages:
            for key, name in _TRACE.items():
                value = result.details.get(key)
                if isinstance(value, str) and value and value.strip("<>") not in found.values():
                    found.setdefault(name, value)
        for reply in (self.reply(stage) for stage in Stage):
            for mark in _MARK.finditer(reply):
                found.setdefault("Session at the server", f"{mark[1]} {mark[2]} {mark[3]}")
        return list(found.items())

    def server_names(self) -> Iterator[str]:
        """Yield by which names and addresses the server is known, each once."""
        target = self.report.target
        names = [target.server, target.address or ""]
        for stage in (Stage.BANNER, Stage.EHLO, Stage.EHLO_TLS):
            said = self.text(stage, "reply").removeprefix("220 ").removeprefix("250 ").split()
            names += said[:1] if said and "." in said[0] else []
        yield from dict.fromkeys(name for name in names if name)

    def extensions(self) -> list[str]:
        """Return what the server offers, as it said over the encrypted connection if there was one."""
        return self.texts(Stage.EHLO_TLS, "extensions") or self.texts(Stage.EHLO, "extensions")
