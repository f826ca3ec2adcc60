"""Links a session to the one of the same device before it: what does a device do when it was not served?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from core.listening.observation import Retry, SessionSeen

WITHIN_SECONDS: Final = 900.0
"""A device that comes back later than this begins anew; copiers that retry do so within some minutes."""


def retry_of(earlier: Sequence[SessionSeen], seen: SessionSeen) -> Retry | None:
    """Return how `seen` follows the last unsuccessful one of `earlier` sessions; None if it does not."""
    for before in reversed(earlier):
        if before.peer_address != seen.peer_address or before.number >= seen.number:
            continue
        if before.hello and seen.hello and before.hello.casefold() != seen.hello.casefold():
            continue  # another device behind the same address
        after = _seconds_between(before, seen)
        if before.messages or after > WITHIN_SECONDS:
            return None
        return Retry(of=before.number, after_s=after, differs=_differences(before, seen), earlier_ended=before.ended)
    return None


def _seconds_between(before: SessionSeen, seen: SessionSeen) -> float:
    begun = dt.datetime.fromisoformat(before.started_at) + dt.timedelta(milliseconds=before.duration_ms)
    return round(max(0.0, (dt.datetime.fromisoformat(seen.started_at) - begun).total_seconds()), 1)


def _differences(before: SessionSeen, seen: SessionSeen) -> tuple[str, ...]:
    found = []
    went_on = bool(seen.envelopes or seen.sign_ins)
    if before.tls and not seen.tls and went_on:
        found.append("without-tls")
    if seen.tls and not before.tls:
        found.append("implicit-tls" if seen.tls.how == "implicit" else "with-tls")
    if before.tls and seen.tls and (seen.tls.version or "9") < (before.tls.version or "0"):
        found.append("older-tls")
    if before.sign_ins and not seen.sign_ins and seen.envelopes:
        found.append("without-sign-in")
    if before.sign_ins and seen.sign_ins and before.sign_ins[-1].mechanism != seen.sign_ins[-1].mechanism:
        found.append("other-mechanism")
    if before.hello_verb == "EHLO" and seen.hello_verb == "HELO":
        found.append("helo")
    if before.envelopes and seen.envelopes:
        first, second = before.envelopes[-1], seen.envelopes[-1]
        if first.sender != second.sender:
            found.append("other-sender")
        if second.recipients and {r.address for r in first.recipients} != {r.address for r in second.recipients}:
            found.append("other-recipient")
    if before.local_port != seen.local_port:
        found.append("other-port")
    return tuple(found)
