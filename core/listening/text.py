"""Listening as plain text: the introduction, a session's summary, what the service would say."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator

from core import __version__
from core.listening.facts import facts_of
from core.listening.observation import (
    Judgement,
    ListenDocument,
    ListenProblem,
    Place,
    SessionSeen,
    TurnedAway,
)
from core.listening.request import ListenRequest
from core.reports.report import Fix
from core.reports.text import wrapped
from core.session.transcript import seconds

SIGNS = {"error": "✕", "warning": "!", "info": "i", "ok": "✓"}
RELAY_SIGN = "»"
"""Stands before a line of the conversation with the real server."""
LEGEND = "C device, S Sendproof, ~ encrypted, * our remark"
_LABEL = 25


def introduction(request: ListenRequest, places: tuple[Place, ...]) -> list[str]:
    """Return what one has to type into the device, and what happens then."""
    return list(_introduction(request, places))


def _introduction(request: ListenRequest, places: tuple[Place, ...]) -> Iterator[str]:
    yield f"Sendproof {__version__} listens. Enter this on the device, then send a test scan:"
    yield ""
    usable = [place for place in places if not place.virtual] or list(places)
    addresses = list(dict.fromkeys(place.address for place in usable))
    yield f"  {'Server':<12} {addresses[0]}" + (f"   (or {', '.join(addresses[1:4])})" if addresses[1:] else "")
    for port, implicit in dict.fromkeys((place.port, place.implicit_tls) for place in places):
        security = "SSL/TLS from the first byte" if implicit else "STARTTLS, or none" if request.starttls else "none"
        yield f"  {'Port':<12} {port:<7} encryption: {security}"
    if request.relay is None:
        answer = "every one is refused" if request.refuse_sign_in else "any is taken"
        yield f"  {'Sign-in':<12} as it is set for the real server; {answer}"
    yield ""
    if request.relay is not None:
        relay = request.relay
        yield from wrapped(
            f"PASS-THROUGH: what the device sends goes on, live, to {relay.server} port {relay.port}, for "
            f"{', '.join(mailbox.text for mailbox in relay.recipients)} only. These messages are really delivered. "
            + (
                "The device’s sign-in is handed on and kept nowhere."
                if relay.sign_in
                else "The device’s sign-in stays here."
            )
        )
    else:
        yield from wrapped(
            "Sendproof answers like a mail server, records what the device really does, and delivers nothing. It takes "
            "every TLS version from 1.0 on: that is for observation, a real server will not."
        )
    yield from wrapped(
        "Of a password only its length is recorded"
        + (" and whether it is the one given here." if request.compare else "; nothing else is kept.")
        + " Ctrl+C ends it with the result."
    )
    if sys.platform == "win32":
        yield from wrapped("If Windows asks, allow Sendproof for the network that the device is in.")
    yield ""
    yield f"Times in seconds. {LEGEND}" + (f", {RELAY_SIGN} the real server’s side." if request.relay else ".")


def problem_lines(problem: ListenProblem) -> list[str]:
    """Return why a port can't be had, or nothing arrives, with what to do."""
    lines = [f"! {problem.title}", *wrapped(problem.text, "  ")]
    return [*lines, *_fixes(problem.fixes)]


def _fixes(fixes: Iterable[Fix], indent: str = "  ") -> Iterator[str]:
    for fix in fixes:
        note = " (not verified by us)" if fix.unverified else ""
        yield from wrapped(f"{fix.text}{note}", f"{indent}  ", first=f"{indent}– ")
        if fix.command:
            yield from (f"{indent}    > {line}" for line in fix.command.splitlines())
        if fix.link:
            yield f"{indent}    {fix.link}"


def turned_away_line(turned: TurnedAway) -> str:
    """Return that connections of a peer were refused, and why."""
    why = {
        "public-address": "it is not in a private network (--allow-public would let it in)",
        "too-many": "too many connections at the same time",
        "too-many-of-peer": "too many connections of one device at the same time",
        "full": "listening has ended",
    }.get(turned.why, turned.why)
    times = "a connection" if turned.count == 1 else f"{turned.count} connections"
    return f"! Refused {times} of {turned.address}: {why}."


def session_heading(seen: SessionSeen) -> str:
    """Return the line above a session."""
    at = dt.datetime.fromisoformat(seen.started_at).astimezone()
    return f"Session {seen.number} · {seen.peer_address} · {at:%H:%M:%S} · port {seen.local_port}"


def session_lines(seen: SessionSeen) -> list[str]:
    """Return what the device did in a session."""
    return list(_session_lines(seen))


def _session_lines(seen: SessionSeen) -> Iterator[str]:
    yield f"What the device did (session {seen.number}, {seen.peer_address})"
    for row in facts_of(seen):
        yield from wrapped(row.text, " " * (_LABEL + 4), first=f"{'!' if row.notable else ' ':>3} {row.name:<{_LABEL}}")


def judgement_lines(judgement: Judgement) -> list[str]:
    """Return what the real service would say about a session."""
    return list(_judgement_lines(judgement))


def _judgement_lines(judgement: Judgement) -> Iterator[str]:
    server = judgement.server or "a mail service of today"
    yield f"What {server} would say"
    if not judgement.findings:
        yield "  Nothing can be said: too little was seen."
    for finding in judgement.findings:
        yield from wrapped(
            f"{finding.title.rstrip('.')}: {finding.text}", "    ", first=f"  {SIGNS[finding.severity]} "
        )
        yield from _fixes(finding.fixes, "    ")


def closing_line(document: ListenDocument) -> str:
    """Return the last line: how much was seen, and why it ended."""
    number = len(document.sessions)
    seen = f"{number} session{'' if number == 1 else 's'}" if number else "No device connected"
    why = {
        "time": "the time is over",
        "sessions": "that was the number asked for",
        "octets": "more came than listening takes",
        "user": "stopped",
    }.get(document.stopped_by, document.stopped_by)
    nothing = "Nothing was delivered." if not _delivered(document) else "A message was handed to the real server."
    return f"{seen} in {seconds(round(document.duration_ms / 1000))}; {why}. {nothing}"


def _delivered(document: ListenDocument) -> bool:
    return any(seen.relay is not None and seen.relay.delivered for seen in document.sessions)
