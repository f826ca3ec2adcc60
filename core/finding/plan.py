"""The plan: from addresses to the ways that will be tried. Data decides which; only DNS is asked.

plan = await make_plan(request, DnsNames(None, provider_of), knowledge, today=date.today())
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec

from core.evidence.mail_exchangers import MailExchangers
from core.finding.form import FindRequest, TypedServer
from core.finding.model import Found, Plan, PlannedWay
from core.finding.names import Names
from core.knowledge.load import Knowledge
from core.knowledge.provider_model import WAY_SERVERS, Prospect, Provider, Standing, Way
from core.knowledge.providers import provider_of, provider_of_mx
from core.request import CheckRequest, Security
from core.secret import Redactor

MAX_WAYS = 40
"""More ways are not planned; no data set comes near it."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STANDINGS: tuple[Standing, ...] = ("lasting", "changing", "ending", "ended")

LEFT_NO_SIGN_IN = "No user name and password were given."
LEFT_NO_OUTSIDE = "No recipient outside was given to try it with."
LEFT_NO_INSIDE = "No recipient inside was given to try it with."
LEFT_FOREIGN = (
    "DNS names this server outside the sender’s own domain. A password is not sent there on DNS’ word alone "
    "(RFC 6186 §6): if the server is right, type it as own server."
)
NO_PROOF_OF_RELAY = (
    "The recipient outside has the same mail provider, whose servers take mail for all their customers. So this does "
    "not show that a connector knows this site: search again with a recipient elsewhere."
)
LEFT_OTHERS = (
    "This is the mail service of a recipient outside. A password is not sent there unless the login is of that domain: "
    "if the server is right, type it as own server."
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A server for a placeholder; port and security None where the way's own count."""

    server: str
    port: int | None = None
    security: str | None = None


@dataclass(slots=True)
class _Surveyed:
    """What DNS said. `stand_in`: the domain is that of a recipient outside, as DNS does not know the sender's.

    outside: the provider of the recipient outside.
    """

    domain: str
    mx: MailExchangers
    stand_in: bool = False
    outside: str | None = None
    provider: Provider | None = None
    because: str = ""
    places: dict[str, _Place] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


async def make_plan(
    request: FindRequest, names: Names, knowledge: Knowledge, *, today: date, practice: str | None = None
) -> Plan:
    """Return what will be tried for `request`. `today` decides which prospects hold. Never raises for what DNS does.

    What was typed is free of the password, which people type into the wrong field too.
    """
    clean = cleaner(request)
    surveyed = await _survey(request, names, knowledge)
    if surveyed.stand_in and request.external is not None:
        request = replace(request, internal=request.external, external=None, stands_in=False)
    ways: dict[tuple[str, int, str, bool, tuple[str, ...]], PlannedWay] = {}
    exists = await _existing(request, surveyed, names, knowledge)
    for way in _candidates(request, surveyed.provider, knowledge):
        planned = _planned(way, request, surveyed, exists, today)
        if planned is None:
            continue
        planned = msgspec.structs.replace(planned, recipients=tuple(map(clean, planned.recipients)))
        key = (planned.server, planned.port, _kind(planned.security, planned.port), planned.sign_in, planned.recipients)
        before = ways.get(key)
        if before is None or (before.left_out and not planned.left_out):
            ways[key] = planned  # what was typed is tried, also where DNS' word alone was not enough
        elif way.used_for == ("present",) and not before.present:
            ways[key] = _as_present(before)
    ordered = sorted(ways.values(), key=lambda planned: (bool(planned.left_out), planned.rank))[:MAX_WAYS]
    base = request.base
    limits = request.as_device.tls.describe() if request.as_device else None
    return Plan(
        sender=clean(base.sender.text),
        recipients=tuple(clean(mailbox.text) for mailbox in base.recipients),
        user=clean(base.credentials.user) if base.credentials else None,
        device=request.device,
        device_limits=limits or None,
        send=base.send,
        found=Found(
            domain=surveyed.domain,
            provider=surveyed.provider.id if surveyed.provider else None,
            provider_name=surveyed.provider.name if surveyed.provider else "",
            because=surveyed.because,
            mx=surveyed.mx.hosts,
        ),
        ways=tuple(ordered),
        notes=tuple(map(clean, surveyed.notes)),
        practice=practice,
    )


def cleaner(request: FindRequest) -> Callable[[str], str]:
    """Return what takes the password of `request` out of a text."""
    credentials = request.base.credentials
    return Redactor([credentials.secret] if credentials else []).clean


# --- what DNS says -------------------------------------------------------------------------------------------------


async def _survey(request: FindRequest, names: Names, knowledge: Knowledge) -> _Surveyed:
    """Find out whose mail it is: the sender's domain, or the recipient's where DNS does not know the sender's."""
    notes: list[str] = []
    domains = [request.base.sender.domain, request.internal.domain]
    domains += [request.external.domain] if request.external else []
    domains = [domain for domain in dict.fromkeys(domains) if domain and not domain.startswith("[")]
    domain = domains[0] if domains else ""
    found = await names.mx(domain) if domain else MailExchangers("", "unchecked", "DNS", error="there is no domain")
    for other in domains[1:]:
        if found.state not in {"no-domain", "none", "null"}:
            break
        there = await names.mx(other)
        if there.hosts:
            notes.append(f"{domain} takes no mail; the ways are those of the recipient’s domain {other}.")
            domain, found = other, there
    if found.state == "unchecked":
        notes.append(f"The mail exchanger of {domain} could not be looked up: {found.error or 'DNS did not answer'}.")
    elif not found.hosts:
        notes.append(f"DNS names no server that takes mail for {domain}. Is the sender’s address spelt right?")
    surveyed = _Surveyed(domain, found, notes=notes)
    surveyed.stand_in = request.external is not None and domain == request.external.domain
    if request.stands_in and not surveyed.stand_in:
        notes.append("No recipient inside was given; where a way ends inside, the sender’s own address stands in.")
    if request.left_over:
        notes.append(f"One recipient inside and one outside are enough; not used: {', '.join(request.left_over)}.")
    if domain:
        await _recognise(surveyed, names, knowledge)
    if surveyed.provider is not None and request.external is not None and not surveyed.stand_in:
        surveyed.outside = (await names.mx(request.external.domain)).provider
    for name, typed in (("own_server", request.own), ("present_server", request.present)):
        if typed is not None:
            surveyed.places[name] = _Place(typed.server, typed.port, _security_of(typed))
    return surveyed


async def _recognise(surveyed: _Surveyed, names: Names, knowledge: Knowledge) -> None:
    """Find the provider: by its MX, by what autodiscover leads to, by the servers that SRV records name."""
    domain, places = surveyed.domain, surveyed.places
    autodiscover, submission, submissions = await asyncio.gather(
        names.autodiscover(domain), names.service(domain, "submission"), names.service(domain, "submissions")
    )
    hosts = surveyed.mx.hosts
    places["sender_domain"] = _Place(domain)
    if hosts:
        places["sender_domain_mx"] = _Place(hosts[0])
    if submission:
        places["submission_srv"] = _Place(submission[0], submission[1], "starttls")
    if submissions:
        places["submissions_srv"] = _Place(submissions[0], submissions[1], "tls")
    by_mx = knowledge.providers.get(surveyed.mx.provider or "")
    by_discovery = _provider_by(autodiscover, knowledge)
    by_srv = next(
        (
            knowledge.providers[place.provider]
            for name, _port in filter(None, (submission, submissions))
            if (place := provider_of(name, knowledge)).provider
        ),
        None,
    )
    if by_mx is not None and _sends(by_mx):
        surveyed.provider, surveyed.because = by_mx, f"The MX of {domain} is {hosts[0]}."
    elif by_discovery is not None:
        surveyed.provider = by_discovery
        surveyed.because = f"Autodiscover of {domain} leads to {autodiscover[0]}."
    elif by_srv is not None:
        surveyed.provider, surveyed.because = by_srv, f"DNS of {domain} names its submission server."
    elif by_mx is not None:
        surveyed.provider, surveyed.because = by_mx, f"The MX of {domain} is {hosts[0]}."
    if by_mx is not None and not _sends(by_mx):
        surveyed.notes.append(f"Mail to {domain} first goes to a filter ({by_mx.name}).")
    provider = surveyed.provider
    if provider is None:
        return
    # Any of the MX may have told the provider; one of a filter before it is not the tenant's.
    tenant = next((host for host in hosts if provider_of_mx([host], knowledge) == provider.id), None)
    if tenant is not None:
        places["tenant_mx"] = _Place(tenant)
    elif provider.tenant_mx:
        guess = provider.tenant_mx.replace("{dashed_domain}", domain.replace(".", "-"))
        if await names.exists(guess):
            places["tenant_mx"] = _Place(guess)
    if provider.submission_server:
        places["provider_submission"] = _Place(
            provider.submission_server, provider.submission_port, provider.submission_security
        )


def _provider_by(names: Iterable[str], knowledge: Knowledge) -> Provider | None:
    for name in names:
        for provider in knowledge.providers.values():
            if any(name == suffix.lstrip(".") or name.endswith(suffix) for suffix in provider.autodiscover_suffixes):
                return provider
    return None


def _sends(provider: Provider) -> bool:
    """Return whether the provider takes mail from its customers, and not only filters what comes in."""
    return bool(provider.ways or provider.submission_server)


async def _existing(
    request: FindRequest, surveyed: _Surveyed, names: Names, knowledge: Knowledge
) -> Mapping[str, bool]:
    """Return for the servers made up from the domain's name whether DNS knows them."""
    made_up = {
        _filled(way.server, surveyed.places)
        for way in _candidates(request, surveyed.provider, knowledge)
        if "{sender_domain}" in way.server
    } - {None}
    hosts = sorted(host for host in made_up if host)
    answers = await asyncio.gather(*(names.exists(host) for host in hosts))
    return dict(zip(hosts, answers, strict=True))


# --- which ways ----------------------------------------------------------------------------------------------------


def _candidates(request: FindRequest, provider: Provider | None, knowledge: Knowledge) -> list[Way]:
    """Return the ways of the data that come into question, those of the device's present settings last."""
    ways: list[Way] = []
    if provider is not None and provider.ways:
        ways += provider.ways
    else:
        group = "provider" if provider is not None and provider.submission_server else "unknown"
        ways += [way for way in knowledge.ways if group in way.used_for]
    wanted = (("own", request.own), ("present", request.present))
    for group, typed in wanted:
        if typed is not None:
            ways += [way for way in knowledge.ways if group in way.used_for and typed.sign_in in {None, way.sign_in}]
    return [way for way in ways if not way.on_request or _asked_for(way, request)]


def _asked_for(way: Way, request: FindRequest) -> bool:
    if way.on_request in request.include:
        return True
    maximum = request.as_device.tls.maximum if request.as_device else None
    return bool(way.below_tls and maximum and maximum < way.below_tls)


def _planned(
    way: Way, request: FindRequest, surveyed: _Surveyed, exists: Mapping[str, bool], today: date
) -> PlannedWay | None:
    """Return `way` with its values filled in; None where its server is not known, not there, or serves it nowhere."""
    server = _filled(way.server, surveyed.places)
    if server is None or not exists.get(server, True):
        return None
    if way.served and not _is_served(surveyed.provider, server, way.port):
        return None
    port, security = way.port, str(way.security)
    named = _PLACEHOLDER.fullmatch(way.server)
    place = surveyed.places[named[1]] if named else None
    if place is not None and not way.served:
        port = place.port or port
        if place.security:
            security = place.security
        elif place.port:
            security = "tls" if place.port == 465 else "starttls" if way.sign_in else "auto"
    standing, prospect = standing_of(way, today, with_token=_with_token(request))
    recipients, left_out = _recipients(way, request)
    if not left_out and way.sign_in and request.base.credentials is None:
        left_out = LEFT_NO_SIGN_IN
    if not left_out and way.own_domain and way.sign_in and not _within(server, surveyed.domain):
        left_out = LEFT_FOREIGN
    if not left_out and way.sign_in and surveyed.stand_in and not _typed(way) and not _login_is_of(request, surveyed):
        left_out = LEFT_OTHERS
    if not left_out and way.sign_in and security == "none" and not request.base.allow_plaintext_auth:
        left_out = "Without encryption the password could be read on the way, so it is not sent."
    unproven = (
        way.role == "mx"
        and way.recipients == "external"
        and surveyed.provider is not None
        and surveyed.outside == surveyed.provider.id
    )
    return PlannedWay(
        id=way.id,
        title=way.title,
        short=way.short,
        method=way.method,
        server=server,
        port=port,
        security=security,
        sign_in=way.sign_in,
        role=way.role,
        reach=way.reach,
        rank=way.rank,
        recommended=way.recommended and not unproven,
        recipients=recipients,
        explanation=_words(way, surveyed.provider),
        not_recommended=NO_PROOF_OF_RELAY if unproven else way.not_recommended,
        standing=standing,
        prospect=prospect,
        present=way.used_for == ("present",),
        with_device=not left_out and _device_matters(way, request.as_device, request.base, security),
        patience=way.patience,
        left_out=left_out,
        source=way.source or (surveyed.provider.source if surveyed.provider else ""),
        unverified=(surveyed.provider.status if surveyed.provider and not way.source else way.status) == "unverified",
    )


def _filled(template: str, places: Mapping[str, _Place]) -> str | None:
    """Return the server with its placeholders filled in, None where one is not known."""
    names = _PLACEHOLDER.findall(template)
    if any(name not in places for name in names if name in WAY_SERVERS):
        return None
    return _PLACEHOLDER.sub(lambda found: places[found[1]].server, template)


def _is_served(provider: Provider | None, server: str, port: int) -> bool:
    """Return whether the provider's data lists `port` for `server`."""
    return any(
        (server in endpoint.hosts or server.endswith(endpoint.suffixes or ("\0",)))
        and any(service.port == port for service in endpoint.ports)
        for endpoint in (provider.endpoints if provider else ())
    )


def _recipients(way: Way, request: FindRequest) -> tuple[tuple[str, ...], str]:
    """Return the recipients a way is tried with, and why it can't be tried (empty if it can)."""
    inside, outside = request.internal.text, request.external.text if request.external else None
    if way.recipients == "external":
        return ((outside,), "") if outside else ((), LEFT_NO_OUTSIDE)
    if way.recipients == "internal":
        if request.stands_in and request.base.send:
            return (), LEFT_NO_INSIDE
        return (inside,), ""
    if request.stands_in and outside:
        return (outside,), ""  # the sender's address need not be a mailbox, so it stands in only where nothing else can
    return (inside, outside) if outside else (inside,), ""


def _device_matters(way: Way, as_device: CheckRequest | None, base: CheckRequest, security: str) -> bool:
    if as_device is None:
        return False
    if as_device.tls and security != Security.NONE:
        return True
    return as_device.ehlo != base.ehlo or (way.sign_in and as_device.mechanism is not base.mechanism)


def standing_of(way: Way, today: date, *, with_token: bool) -> tuple[Standing, str]:
    """Return how long `way` lasts as seen on `today`, and the sentence that says so; the worst prospect counts."""
    holding: list[Prospect] = [
        prospect
        for prospect in way.prospects
        if (not prospect.since or prospect.since <= today.isoformat())
        and (not prospect.until or today.isoformat() < prospect.until)
        and not (prospect.sign_in == "password" and with_token)
    ]
    if not holding:
        return "lasting", ""
    worst = max(holding, key=lambda prospect: _STANDINGS.index(prospect.standing))
    return worst.standing, worst.text


def _with_token(request: FindRequest) -> bool:
    return request.base.credentials is not None and request.base.credentials.is_token


def _security_of(typed: TypedServer) -> str | None:
    return typed.security if typed.security not in {None, "auto"} else None


def _words(way: Way, provider: Provider | None) -> str:
    if "provider" in way.used_for and way.sign_in and provider is not None and provider.sign_in_note:
        return f"{way.explanation} {provider.name}: {provider.sign_in_note}"
    return way.explanation


def _typed(way: Way) -> bool:
    return bool({"own", "present"} & set(way.used_for))


def _login_is_of(request: FindRequest, surveyed: _Surveyed) -> bool:
    """Return whether the user name is an address of the domain whose service is asked."""
    user = request.base.credentials.user if request.base.credentials else ""
    login = user.rpartition("@")[2].lower() if "@" in user else ""
    return bool(login) and (_within(login, surveyed.domain) or _within(surveyed.domain, login))


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _kind(security: str, port: int) -> str:
    """Return the security that counts when two ways are compared: `auto` is STARTTLS where offered, TLS on 465."""
    if security == "auto":
        return "tls" if port == 465 else "starttls"
    return security


def _as_present(way: PlannedWay) -> PlannedWay:
    return msgspec.structs.replace(way, present=True)
