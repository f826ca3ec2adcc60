"""Points × faults from one healthy scenario: what every client has to survive. Other tests may use the table, too."""

from __future__ import annotations

import msgspec

from core.practice.load import load_scenario
from core.practice.model import Fault, FaultKind, Point, Scenario

UNEXPECTED = {
    Point.GREETING: "250 2.0.0 OK",
    Point.EHLO: "220 hello",
    Point.STARTTLS: "250 2.0.0 OK",
    Point.TLS: "250 2.0.0 OK",
    Point.EHLO_TLS: "220 hello",
    Point.AUTH: "250 2.0.0 OK",
    Point.MAIL_FROM: "220 hello",
    Point.RCPT_TO: "220 hello",
    Point.DATA: "250 2.0.0 OK",
    Point.MESSAGE: "220 hello",
}
"""A positive completion reply that makes no sense at a point."""

POINTS = tuple(UNEXPECTED)
FAULTS = ("close", "reset", "silence", "rubbish", "endless", "overlong", "4xx", "5xx", "unexpected-2xx", "http")


def fault(point: Point, name: str) -> Fault:
    """Return the fault of a cell of the table."""
    match name:
        case "4xx":
            return Fault(kind=FaultKind.REPLY, text="451 4.3.0 Try again later")
        case "5xx":
            return Fault(kind=FaultKind.REPLY, text="554 5.3.0 No")
        case "unexpected-2xx":
            return Fault(kind=FaultKind.REPLY, text=UNEXPECTED[point])
        case _:
            return Fault(kind=FaultKind(name))


def healthy() -> Scenario:
    """Return the scenario in which all goes well, with a message to hand over."""
    scenario = load_scenario("submission-ok")
    return msgspec.structs.replace(scenario, check=msgspec.structs.replace(scenario.check, send=True))


def cell(point: Point, name: str) -> Scenario:
    """Return the healthy scenario with one fault."""
    return healthy().with_fault(point, fault(point, name))
