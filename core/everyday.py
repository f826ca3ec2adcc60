"""The everyday questions before any protocol, and the way of sending worked out from two addresses.

For the simple view: is the address spelt right, is this computer online, is it in the copier's network; then the
provider from the MX of the sender's domain, and how copiers usually send there.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal

from core.addresses import AddressProblem, Mailbox, parse_mailbox
from core.evidence.asking import Asker
from core.evidence.mail_exchangers import MailExchangers, look_up
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.provider_model import Preset
from core.knowledge.providers import provider_of_mx
from core.request import DeviceLimits, FormValues, Parsed, parse
from core.resource_files import resource_path
from core.secret import Secret

SENDER_DOMAIN_MX = "{sender_domain_mx}"
"""Stands in a preset's server for the MX of the sender's domain."""

_COMMON_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "cpm": "com", "nte": "net", "ogr": "org"}

Status = Literal["passed", "warning", "failed"]
Network = Literal["same", "other", "unknown"]
MissingField = Literal["", "password", "server"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An everyday question with its answer. `id` is spelling, online or network."""

    id: Literal["spelling", "online", "network"]
    status: Status
    text: str


@dataclass(frozen=True, slots=True)
class SimpleValues:
    """What the simple view asks for, as typed. `network`: whether this computer is in the copier's network.

    `signs_in`: the copier signs in with `password` (user name: the sender, unless `user` is given).
    `server`: the mail server as it is set in the copier, if somebody knows it.
    """

    sender: str = ""
    recipient: str = ""
    device: str = ""
    network: Network = "unknown"
    signs_in: bool = False
    user: str = ""
    password: Secret | None = None
    server: str = ""
    send: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was worked out. `way` says in a sentence how the copier is taken to send.

    `values` is the filled-in form for the technician, `parsed` its outcome; both None where `answers` already say why
    nothing can be checked, or where `missing` names what has to be asked for, with `reason`.
    """

    answers: tuple[Answer, ...]
    way: str = ""
    values: FormValues | None = None
    parsed: Parsed | None = None
    missing: MissingField = ""
    reason: str = ""


Lookup = Callable[[str], Awaitable[MailExchangers]]

LOOK_UP_LIMIT = 6.0
"""Seconds for one question to DNS."""


async def mail_servers(domain: str) -> MailExchangers:
    """Return where `domain` (in A-labels) takes mail, as the system's resolver says. Never raises for what DNS does."""
    provider_of = partial(provider_of_mx, knowledge=load_knowledge())
    return await look_up(domain, "", Asker(None, limit=LOOK_UP_LIMIT), provider_of)


def why_no_server(found: MailExchangers) -> str:
    """Return in a sentence why `found` names no mail server; empty if it names one."""
    return {
        "null": f"{found.domain} says that it takes no e-mail.",
        "none": f"The domain {found.domain} exists, but takes no e-mail.",
        "no-domain": f"The domain {found.domain} does not exist.",
        "unchecked": f"The mail server of {found.domain} could not be looked up.",
    }.get(found.state, "")


async def prepare(
    simple: SimpleValues,
    knowledge: Knowledge,
    devices: Mapping[str, DeviceLimits] | None = None,
    lookup: Lookup = mail_servers,
) -> Prepared:
    """Settle the everyday questions and work out how to send.

    `lookup` finds the mail servers of a domain. Raises AddressProblem where an address is no address at all.
    """
    sender, recipient = parse_mailbox(simple.sender), parse_mailbox(simple.recipient)
    found = await lookup(sender.domain)
    answers = (spelling(sender, recipient, found), online(found), network(simple.network))
    chosen = _way(simple, sender, found, knowledge)
    if chosen.missing or chosen.values is None:
        return replace(chosen, answers=answers)
    return replace(chosen, answers=answers, parsed=parse(chosen.values, devices))


def spelling(sender: Mailbox, recipient: Mailbox, found: MailExchangers) -> Answer:
    """Return whether both addresses look right: the domain exists, and is not one slip from a well-known one."""
    if found.state != "unchecked" and not found.hosts:
        return Answer("spelling", "failed", f"{why_no_server(found)} Is {sender.text} spelt right?")
    for mailbox in (sender, recipient):
        meant = suggestion(mailbox)
        if meant:
            return Answer("spelling", "warning", f"Is {mailbox.text} spelt right? Perhaps it should be {meant}.")
    if _one_slip(sender.domain, recipient.domain):
        words = f"The addresses end in {sender.domain} and {recipient.domain}. Is one of them misspelt?"
        return Answer("spelling", "warning", words)
    return Answer("spelling", "passed", "Both addresses are spelt as addresses should be.")


def suggestion(mailbox: Mailbox) -> str:
    """Return the address that was probably meant, empty if nothing looks misspelt."""
    local, _, domain = mailbox.text.rpartition("@")
    known = _known_domains()
    lower = domain.lower()
    if lower in known:
        return ""
    for candidate in known:
        if _one_slip(lower, candidate) and len(candidate) > 6:
            return f"{local}@{candidate}"
    name, _, ending = lower.rpartition(".")
    return f"{local}@{name}.{_COMMON_ENDINGS[ending]}" if ending in _COMMON_ENDINGS else ""


def online(found: MailExchangers) -> Answer:
    """Return whether this computer is online, judged by whether a name server answered."""
    if found.state != "unchecked":
        return Answer("online", "passed", "This computer is online.")
    if local_address() is None:
        return Answer("online", "failed", "This computer is in no network. Plug in the cable or switch on the Wi-Fi.")
    return Answer(
        "online",
        "warning",
        "This computer is in a network, but no name server answered. Does a web page open on this computer?",
    )


def network(typed: Network) -> Answer:
    """Return what the answer to "is this computer in the copier's network?" means for the result."""
    address = local_address()
    here = f" This computer’s address is {address}." if address else ""
    if typed == "same":
        return Answer("network", "passed", "This computer is in the same network as the copier.")
    if typed == "other":
        return Answer(
            "network",
            "warning",
            "This computer is in another network than the copier: the result holds for this computer’s network only. "
            "Run the check again in the office, without a VPN.",
        )
    return Answer(
        "network",
        "warning",
        "It is not known whether this computer is in the same network as the copier. If the copier’s address begins "
        f"with the same three numbers, it is.{here}",
    )


def local_address() -> str | None:
    """Return this computer's address towards the Internet, None where there is no route. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation range (RFC 5737); connecting UDP only looks up the route
            address = str(probe.getsockname()[0])
        except OSError:
            return None
    return None if address in {"0.0.0.0", "127.0.0.1"} else address  # noqa: S104 - compared, not bound


def _way(simple: SimpleValues, sender: Mailbox, found: MailExchangers, knowledge: Knowledge) -> Prepared:
    """Return the form's values for the way copiers usually send at this domain, or what has to be asked for."""
    if simple.server.strip():
        port = "587" if simple.signs_in else "25"
        way = f"Sends to {simple.server.strip()}, as it is set in the copier."
        return _ask_password(simple, Prepared((), way, _form(simple, simple.server, port, "auto")))
    if not found.hosts:
        return Prepared(())
    provider = knowledge.providers.get(found.provider or "")
    presets = provider.presets if provider else ()
    preset = _usual(presets, signs_in=simple.signs_in)
    if provider is not None and preset is not None:
        if preset.sign_in and not simple.signs_in:
            reason = f"{provider.name} takes mail from copiers only after they sign in with a user name and password."
            return Prepared((), missing="password", reason=reason)
        server = preset.server.replace(SENDER_DOMAIN_MX, found.hosts[0])
        with_or_without = "with" if preset.sign_in else "without"
        way = f"{provider.name}: sends {with_or_without} sign-in to {server}, port {preset.port}."
        return _ask_password(simple, Prepared((), way, _form(simple, server, str(preset.port), str(preset.security))))
    if simple.signs_in:
        reason = (
            f"The mail server that copiers sign in to at {sender.domain} is not known. "
            "Enter the one that is set in the copier; its web page shows it under “SMTP server”."
        )
        return Prepared((), missing="server", reason=reason)
    way = f"Sends without sign-in to the mail server of {sender.domain}: {found.hosts[0]}, port 25."
    return Prepared((), way, _form(simple, found.hosts[0], "25", "auto"))


def _usual(presets: tuple[Preset, ...], *, signs_in: bool) -> Preset | None:
    """Return the preset that fits: with sign-in the submission server; without, the MX, else a relay; else any."""
    order = ("submission",) if signs_in else ("mx", "relay")
    for role in order:
        for preset in presets:
            if preset.role == role and preset.sign_in is signs_in:
                return preset
    return presets[0] if presets else None


def _ask_password(simple: SimpleValues, prepared: Prepared) -> Prepared:
    if simple.signs_in and not simple.password:
        reason = "Enter the password that the copier signs in with."
        return Prepared((), prepared.way, missing="password", reason=reason)
    return prepared


def _form(simple: SimpleValues, server: str, port: str, security: str) -> FormValues:
    return FormValues(
        server=server,
        port=port,
        security=security,
        user=(simple.user.strip() or simple.sender.strip()) if simple.signs_in else "",
        password=simple.password if simple.signs_in else None,
        sender=simple.sender,
        recipients=(simple.recipient,),
        send=simple.send,
        device=simple.device,
    )


@cache
def _known_domains() -> tuple[str, ...]:
    text = resource_path("everyday", "mail_domains.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _one_slip(first: str, second: str) -> bool:
    """Return whether one letter is missing, added, changed or swapped with its neighbour between two words."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    rest, other = first[start:], second[start:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (len(rest) > 1 and len(other) > 1 and rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )


def problem_of(typed: str) -> str:
    """Return what is wrong with an address as typed, as a sentence; empty if nothing is."""
    try:
        parse_mailbox(typed)
    except AddressProblem as problem:
        return str(problem)
    return ""
