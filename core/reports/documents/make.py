"""Makes a document of a kind from one report or two: redacted if wished, with its notices and seals."""

from __future__ import annotations

import msgspec

from core.comparing.compare import compare
from core.reports.documents.before_after import before_after
from core.reports.documents.case_study import case_study
from core.reports.documents.client import client
from core.reports.documents.escalation import escalation
from core.reports.documents.full import full
from core.reports.documents.model import Details, Document, Kind
from core.reports.documents.run import Run
from core.reports.documents.sentences import practice_notice, seal_lines
from core.reports.documents.solution import Solution, solution_of
from core.reports.documents.ticket import ticket
from core.reports.redaction import Redaction
from core.reports.report import Report
from core.reports.seal import SealState
from core.session.transcript import render

ALWAYS_REDACTED: frozenset[Kind] = frozenset({"case"})
"""A case study is for everybody, so nobody is named in it."""

MAX_DETAIL = 300
"""Characters of a field of the ticket."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made. `addressee` is for escalations only; empty means whoever can fix the cause."""

    kind: Kind
    redact: bool = False
    details: Details = Details()
    addressee: str = ""

    @property
    def redacted(self) -> bool:
        """Whether names are left out, wished or because the kind never has any."""
        return self.redact or self.kind in ALWAYS_REDACTED


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A document with the reports as they stand in it (redacted if it is)."""

    document: Document
    reports: tuple[Report, ...]
    hidden: tuple[tuple[str, str], ...] = ()
    """What is hidden, with its placeholder; empty where nothing is."""


def make(wish: Wish, report: Report, second: Report | None = None, *, seals: tuple[SealState, ...] = ()) -> Made:
    """Return what `wish` asks for, from `report`, or from it and a later run `second`.

    `seals`: what the seals of opened files said, in that order; empty for runs of this program. Raises ValueError for
    an addressee that there is not.
    """
    details = clean_details(wish.details)
    reports: tuple[Report, ...] = (report,) if second is None else (report, second)
    comparison = None if second is None else compare(report, second)
    hidden: tuple[tuple[str, str], ...] = ()
    if wish.redacted:
        redaction = Redaction(*reports, details=details)
        details = redaction.details()
        if comparison is not None:
            comparison = redaction.applied(comparison)
        reports = tuple(redaction.report(each) for each in reports)
        hidden = tuple(redaction.words())
    runs = [Run(each) for each in reports]
    solution = None
    if comparison is not None:
        solution = solution_of(runs[0], runs[1], comparison)
    document = _built(wish, runs[0], solution, details)
    notices = [practice_notice(*runs), *_seal_notices(seals)]
    # The full report has the seals among its proof.
    shown = [line for run in runs for line in seal_lines(run) if wish.kind != "full"]
    if wish.redacted:
        shown = [f"{line} (of the copy without names)" for line in shown]
    document = msgspec.structs.replace(
        document, notice=" ".join(filter(None, notices)), redacted=wish.redacted, seals=tuple(shown)
    )
    return Made(document=document, reports=reports, hidden=hidden)


def _built(wish: Wish, run: Run, solution: Solution | None, details: Details) -> Document:
    match wish.kind:
        case "ticket":
            return ticket(run, solution, details)
        case "client":
            return client(run, solution, details)
        case "escalation":
            return escalation(run, solution, details, wish.addressee)
        case "case":
            return case_study(run, solution, details)
        case "full":
            return before_after(solution, details) if solution is not None else full(run, details)


def _seal_notices(seals: tuple[SealState, ...]) -> list[str]:
    several = len(seals) > 1
    found = []
    for number, state in enumerate(seals, 1):
        which = f"Report {number} of {len(seals)}" if several else "The report"
        if state is SealState.CHANGED:
            found.append(f"{which} was changed after Sendproof had written it: its seal does not fit.")
        elif state is SealState.ABSENT:
            found.append(f"{which} carries no seal, so whether it was changed can’t be told.")
    return found


def clean_details(details: Details) -> Details:
    """Return `details` as harmless single lines of bounded length."""
    return Details(
        **{
            name: render(" ".join(str(value).split()), limit=MAX_DETAIL)
            for name, value in msgspec.structs.asdict(details).items()
        }
    )
