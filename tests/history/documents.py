"""Documents for the history: the founding case as the program would write it, varied, and other kinds."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from core.reports.report import Report, to_json
from core.reports.seal import sealed
from tests.gui.canned import founding_case


def report(
    *, server: str = "contoso-com.mail.protection.outlook.com", started_at: str = "2026-11-21T12:00:00.123+00:00"
) -> Report:
    made = founding_case()[1]
    target = msgspec.structs.replace(made.target, server=server)
    return sealed(msgspec.structs.replace(made, target=target, started_at=started_at))


def document(**changes: str) -> str:
    return to_json(report(**changes))


def watch(**members: object) -> str:
    base = {"schema": "sendproof.watch/1", "started_at": "2026-11-22T08:00:00+00:00", "title": "Watched for an hour"}
    return json.dumps(base | {"server": "smtp.example.com", "outcome": "stopped", "cause": "connect-timeout"} | members)


def hostile_report() -> dict[str, Any]:
    """Return a report that is made to hold up whoever shows it: far too many and far too long texts."""
    found: dict[str, Any] = json.loads(document())
    long = ("W" * 60 + " ") * 60
    verdict = found["diagnosis"]
    verdict["fixes"] = [{"text": long, "command": f"{long[:60]}\n" * 100, "link": "https://example.com/"}] * 200
    verdict["ruled_out"] = [{"cause": "x", "because": long, "title": long, "stage": None}] * 200
    verdict["title"] = verdict["summary"] = verdict["technical"] = verdict["owner"] = long
    found["findings"] = [{"severity": "warning", "title": long, "text": long}] * 200
    text = "550-" + "x y" * 660
    line = {"stage": "rcpt-to", "direction": "server", "encrypted": True, "text": text, "masked": False}
    found["transcript"] = [{"ms": 1.0, **line}] * 4000
    return found
