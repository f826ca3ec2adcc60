"""Stages `dns` and `connect`: from the server's name to a TCP connection."""

from __future__ import annotations

import asyncio

from core.addresses import is_ip_address
from core.evidence import resolving
from core.request import IpVersion
from core.session import dialling
from core.session.conversation import Conversation, Details, Passed, StageFailed
from core.session.wire import Wire
from core.stages import StageStatus

_WEIGHT = ("refused", "reset", "timed-out", "denied", "aborted", "unreachable", "other")
"""Which failure of several attempts says most about the server: one that was answered before one that was not."""

_WORDS = {
    "refused": "refused the connection",
    "reset": "reset the connection",
    "timed-out": "did not answer",
    "denied": "was forbidden by this computer's own firewall",
    "aborted": "was aborted by this computer's network software",
    "unreachable": "can't be reached from this network",
    "other": "could not be connected to",
}


_OF_NONE = {"timed-out": "answered", "refused": "took the connection", "reset": "kept the connection"}
"""The same after "None of the … addresses"."""


async def dns(talk: Conversation, closer_look: asyncio.Task[resolving.Resolved] | None) -> Passed:
    """Find the addresses of the server (RFC 5321 §5.1). `closer_look` is dnspython's answer, running beside."""
    request = talk.request
    if request.dial is not None:
        talk.addresses = [request.dial.address]
        return Passed(f"{request.server} is played by this computer.", {"source": "practice"})
    if is_ip_address(request.server):
        talk.addresses = [request.server]
        return Passed("An IP address was given, so no name had to be looked up.", status=StageStatus.SKIPPED)
    try:
        if request.resolver is not None:
            found, source = await _ask_resolver(talk, closer_look)
        else:
            found, source = await dialling.system_lookup(request.server, request.timeout), "system"
    except dialling.LookupFailed as failure:
        raise await _lookup_failed(talk, failure, closer_look) from None
    talk.addresses = dialling.interleave(found, request.ip)
    details = {"source": source, "addresses": found}
    if not talk.addresses:
        version = request.ip.value
        raise StageFailed(f"{request.server} has no IPv{version} address.", os_error="name-not-found", details=details)
    return Passed(f"{request.server} is {_listing(talk.addresses)}.", details)


async def _ask_resolver(
    talk: Conversation, closer_look: asyncio.Task[resolving.Resolved] | None
) -> tuple[list[str], str]:
    """Ask the resolver that was given; where the closer look asks it already, its answer serves both."""
    request = talk.request
    if closer_look is not None:
        answer = await asyncio.shield(closer_look)
    else:
        answer = await resolving.look_closer(request.server, request.resolver, request.timeout)
    talk.resolver = answer.resolver
    if answer.os_error is not None:
        raise dialling.LookupFailed(answer.error, answer.os_error)
    return list(answer.addresses), answer.resolver or ""


async def _lookup_failed(
    talk: Conversation, failure: dialling.LookupFailed, closer_look: asyncio.Task[resolving.Resolved] | None
) -> StageFailed:
    """Say why there is no address. The system often only says "try again"; dnspython then knows more."""
    os_error, text = failure.os_error, str(failure)
    server = talk.request.server
    if closer_look is not None and os_error != "name-not-found":
        done, _ = await asyncio.wait({closer_look}, timeout=min(3.0, talk.request.timeout))
        if done and closer_look.result().os_error:
            os_error, text = closer_look.result().os_error or os_error, closer_look.result().error or text
    summary = {
        "name-not-found": f"The name {server} does not exist or has no address.",
        "dns-timeout": f"No DNS server answered the question for {server}.",
    }.get(os_error, f"The DNS server could not answer the question for {server}.")
    return StageFailed(summary, os_error=os_error, text=text, details={"error": text, "os_code": failure.number})


async def connect(talk: Conversation) -> Passed:
    """Connect by TCP, trying each address (RFC 8305)."""
    request = talk.request
    port = request.dial.port if request.dial else request.port
    dialled = await dialling.dial(talk.addresses, port, request.timeout)
    details: Details = {"attempts": [attempt.as_details() for attempt in dialled.attempts]}
    failed = [attempt for attempt in dialled.attempts if attempt.outcome not in {"connected", "abandoned"}]
    for attempt in failed:
        talk.note(f"{attempt.address} port {port}: {attempt.error or attempt.outcome}")
    if dialled.sock is None:
        outcome = min((attempt.outcome for attempt in failed), key=_weight, default="other")
        text = next((attempt.error for attempt in failed if attempt.outcome == outcome), "")
        where, what = talk.addresses[0], _WORDS.get(outcome, _WORDS["other"])
        if len(talk.addresses) > 1:
            where, what = f"None of the {len(talk.addresses)} addresses", _OF_NONE.get(outcome, "can be reached")
        raise StageFailed(f"{where} {what} (port {port}).", os_error=outcome, text=text, details=details)
    loop = asyncio.get_running_loop()
    _, talk.wire = await loop.create_connection(lambda: Wire(talk.transcript), sock=dialled.sock)
    talk.local_address = talk.wire.local_address()
    connected = next(attempt for attempt in dialled.attempts if attempt.outcome == "connected")
    talk.server_address = connected.address
    if talk.gathering is not None:
        talk.gathering.server_reached(connected.address)
    details["address"] = connected.address
    talk.note(f"Connected to {connected.address} port {port}.")
    summary = f"{connected.address} took the connection on port {port}."
    if failed:
        other = ", ".join(f"{attempt.address} ({attempt.outcome})" for attempt in failed)
        ipv6 = request.ip is not IpVersion.V4 and any(":" in attempt.address for attempt in failed)
        talk.finding(
            "warning",
            "Not every address of the server can be reached",
            f"No connection to {other}. A device that tries these first may be slow or give up"
            + (": let it use IPv4 only." if ipv6 else "."),
            topic="address-unreachable",
        )
        return Passed(summary, details, StageStatus.WARNING)
    return Passed(summary, details)


def _weight(outcome: str) -> int:
    return _WEIGHT.index(outcome) if outcome in _WEIGHT else len(_WEIGHT)


def _listing(addresses: list[str]) -> str:
    shown = ", ".join(addresses[:3])
    return shown if len(addresses) <= 3 else f"{shown} and {len(addresses) - 3} more"
