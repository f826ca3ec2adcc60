"""The founding case as events, made of the real types: for what a test needs without a server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.reports.report import (
    Diagnosis,
    EvidenceItem,
    Finding,
    Fix,
    Proof,
    Report,
    RequestSummary,
    RuledOut,
    StageResult,
    Target,
)
from core.request import CheckRequest, FormValues, parse
from core.session.events import CheckFinished, Event, LineRecorded, NoteRecorded, StageEnded, StageStarted
from core.session.transcript import Line
from core.stages import Outcome, Stage, StageStatus

FORM = FormValues(
    server="contoso-com.mail.protection.outlook.com",
    port="25",
    security="starttls",
    sender="office@contoso.com",
    recipients=("maria@contoso.com",),
)

EHLO = (
    "250-DB1PEPF0003.mail.protection.outlook.com Hello [203.0.113.9]",
    "250-SIZE 157286400",
    "250-PIPELINING",
    "250-DSN",
    "250-ENHANCEDSTATUSCODES",
    "250-STARTTLS",
    "250-8BITMIME",
    "250 SMTPUTF8",
)

REFUSAL = "550 5.7.1 Service unavailable, Client host [203.0.113.9] blocked using Spamhaus"


class Script:
    """Collects events as a check would emit them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.results: dict[Stage, StageResult] = {}
        self._number = 0
        self._ms = 0.0

    def start(self, stage: Stage, waiting_for: str = "the reply", limit: float = 20.0) -> None:
        self.events.append(StageStarted("run", self._ms, stage, waiting_for, limit))

    def line(self, stage: Stage, direction: str, text: str, *, encrypted: bool = False) -> Line:
        self._number += 1
        self._ms += 12.3
        line = Line(self._number, self._ms, stage, direction, encrypted, text)  # type: ignore[arg-type]
        kind = NoteRecorded if direction == "note" else LineRecorded
        self.events.append(kind("run", self._ms, line))
        return line

    def exchange(self, stage: Stage, command: str, reply: Iterable[str], *, encrypted: bool = False) -> None:
        self.line(stage, "client", command, encrypted=encrypted)
        for text in reply:
            self.line(stage, "server", text, encrypted=encrypted)

    def end(self, stage: Stage, status: StageStatus = StageStatus.PASSED, summary: str = "It went well.") -> None:
        self._ms += 3
        result = StageResult(
            stage=stage,
            status=status,
            duration_ms=31.0,
            summary=summary,
            proves=f"what {stage.value} proves",
            does_not_prove=f"what {stage.value} does not prove",
        )
        self.results[stage] = result
        self.events.append(StageEnded("run", self._ms, result))

    def finish(self, report: Report) -> None:
        self.events.append(CheckFinished("run", self._ms, report))


def request() -> CheckRequest:
    found = parse(FORM).request
    assert found is not None
    return found


def diagnosis(**changes: object) -> Diagnosis:
    given = {
        "cause": "ip-blocklisted",
        "confidence": "certain",
        "title": "This site’s Internet address is on a blocklist",
        "summary": "Microsoft 365 answered everything up to the recipient and then refused the message.",
        "owner": "IT support",
        "evidence": (EvidenceItem(text=REFUSAL, source="the server at RCPT TO"),),
        "fixes": (
            Fix(text="Set the copier to smtp.office365.com, port 587, STARTTLS, with sign-in."),
            Fix(text="Turn on SMTP AUTH.", command="Set-CASMailbox -Identity 'office@contoso.com'"),
        ),
        "ruled_out": (
            RuledOut(cause="connect-timeout", because="TCP was established.", title="Firewall", stage=Stage.CONNECT),
        ),
    }
    return Diagnosis(**{**given, **changes})  # type: ignore[arg-type]


def report_of(
    stages: Sequence[StageResult],
    *,
    outcome: Outcome = Outcome.STOPPED,
    failed_stage: Stage | None = Stage.RCPT_TO,
    verdict: Diagnosis | None = None,
    findings: tuple[Finding, ...] = (),
) -> Report:
    return Report(
        started_at="2026-11-21T12:00:00.123+00:00",
        duration_ms=440.0,
        target=Target(server=FORM.server, port=25, security="starttls", address="192.0.2.25", role="mx"),
        request=RequestSummary(
            ehlo="copier.contoso.com",
            user=None,
            auth=None,
            from_="office@contoso.com",
            to=("maria@contoso.com",),
            send=False,
        ),
        outcome=outcome,
        failed_stage=failed_stage,
        diagnosis=verdict or diagnosis(),
        findings=findings,
        stages=tuple(stages),
        transcript=(),
        proof=Proof(
            utc="2026-11-21T12:00:00+00:00",
            local_address="192.0.2.10",
            public_address="203.0.113.9",
            resolver=None,
            server_address="192.0.2.25",
            transcript_sha256="0" * 64,
        ),
    )


def founding_case() -> tuple[list[Event], Report]:
    """Return all events of the founding case, and its report."""
    script = Script()
    for stage in (Stage.SETTINGS, Stage.DNS, Stage.CONNECT):
        script.start(stage)
        script.end(stage)
    script.start(Stage.BANNER)
    script.line(Stage.BANNER, "server", "220 DB1PEPF0003.mail.protection.outlook.com Microsoft ESMTP MAIL Service")
    script.end(Stage.BANNER)
    script.start(Stage.EHLO)
    script.exchange(Stage.EHLO, "EHLO copier.contoso.com", EHLO)
    script.end(Stage.EHLO)
    script.start(Stage.STARTTLS)
    script.exchange(Stage.STARTTLS, "STARTTLS", ["220 2.0.0 SMTP server ready"])
    script.end(Stage.STARTTLS)
    script.start(Stage.TLS)
    script.line(Stage.TLS, "note", "TLS 1.3, TLS_AES_256_GCM_SHA384")
    script.end(Stage.TLS)
    script.start(Stage.EHLO_TLS)
    script.exchange(Stage.EHLO_TLS, "EHLO copier.contoso.com", EHLO, encrypted=True)
    script.end(Stage.EHLO_TLS)
    script.end(Stage.AUTH, StageStatus.SKIPPED, "No sign-in was asked for.")
    script.start(Stage.MAIL_FROM)
    script.exchange(Stage.MAIL_FROM, "MAIL FROM:<office@contoso.com>", ["250 2.1.0 Sender OK"], encrypted=True)
    script.end(Stage.MAIL_FROM)
    script.start(Stage.RCPT_TO)
    script.exchange(Stage.RCPT_TO, "RCPT TO:<maria@contoso.com>", [REFUSAL], encrypted=True)
    script.end(Stage.RCPT_TO, StageStatus.FAILED, "The server refused maria@contoso.com.")
    script.exchange(Stage.RCPT_TO, "QUIT", ["221 2.0.0 Bye"], encrypted=True)
    script.end(Stage.DATA, StageStatus.NOT_REACHED, "Not reached.")
    script.end(Stage.MESSAGE, StageStatus.NOT_REACHED, "Not reached.")
    report = report_of([script.results[stage] for stage in Stage])
    script.finish(report)
    return script.events, report
