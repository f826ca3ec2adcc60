"""A search from form to document, the same for terminal and window, for real networks and practice tenants.

request = read(form, knowledge, tenant).request
plan = await plan_for(request, knowledge, today=…, tenant=…)
async with finder_for(request, plan, emit, knowledge, tenant=…) as finder:
    document = await finder.run()
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from core.finding import events
from core.finding.form import FindForm, FindRequest, ParsedFind, parse_find
from core.finding.model import Plan
from core.finding.names import DnsNames
from core.finding.plan import make_plan
from core.finding.run import Finder
from core.knowledge.load import Knowledge
from core.knowledge.providers import device_limits, provider_of_mx
from core.secret import Secret

if TYPE_CHECKING:
    from core.practice.tenant import Tenant

_EMPTY = FindForm()


def on_request(knowledge: Knowledge) -> tuple[str, ...]:
    """Return the words for ways that are tried on request only, in the order of the data."""
    ways = [way for provider in knowledge.providers.values() for way in provider.ways] + list(knowledge.ways)
    return tuple(dict.fromkeys(way.on_request for way in ways if way.on_request))


def read(form: FindForm, knowledge: Knowledge, tenant: Tenant | None = None) -> ParsedFind:
    """Return what `form` asks for, or its problems; what it leaves open is filled from the practice `tenant`."""
    if tenant is not None:
        form = practised(form, tenant)
    return parse_find(form, device_limits(knowledge), on_request(knowledge))


def practised(form: FindForm, tenant: Tenant) -> FindForm:
    """Return the form of `tenant`, with what `form` gives going before it."""
    asked = tenant.find
    base = FindForm(
        sender=asked.sender,
        recipients=asked.recipients,
        user=asked.user,
        password=Secret(asked.password) if asked.password else None,
        device=asked.device,
        timeout=asked.timeout,
        ehlo="copier.contoso.com",
    )
    given = {
        field.name: getattr(form, field.name)
        for field in fields(FindForm)
        if getattr(form, field.name) != getattr(_EMPTY, field.name)
    }
    if "password" in given or "token" in given:
        given = {"password": None, "token": None} | given
    return replace(base, **given)


async def plan_for(
    request: FindRequest, knowledge: Knowledge, *, today: date | None = None, tenant: Tenant | None = None
) -> Plan:
    """Return what will be tried. Only DNS is asked, and nothing at all for a practice tenant."""
    day = today or date.today()
    if tenant is not None:
        from core.practice.tenant import TenantNames  # only now: a search of a real network needs none of it

        return await make_plan(request, TenantNames(tenant, knowledge), knowledge, today=day, practice=tenant.id)
    names = DnsNames(request.base.resolver, partial(provider_of_mx, knowledge=knowledge))
    try:
        return await make_plan(request, names, knowledge, today=day)
    finally:
        names.close()


@asynccontextmanager
async def finder_for(
    request: FindRequest,
    plan: Plan,
    emit: Callable[[events.Event], None],
    knowledge: Knowledge,
    *,
    tenant: Tenant | None = None,
) -> AsyncIterator[Finder]:
    """Yield a finder for `plan`; the servers of a practice `tenant` run until the block is left."""
    if tenant is None:
        yield Finder(request, plan, emit, knowledge=knowledge)
        return
    from core.practice.tenant import serve_tenant

    async with serve_tenant(tenant) as servers:
        yield Finder(request, plan, emit, knowledge=knowledge, dial=servers.dial)
