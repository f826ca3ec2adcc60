"""Searches of practice tenants in this process, with the servers' own logs to look at afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from core.finding.form import FindForm
from core.finding.model import FindDocument
from core.finding.run import Finder
from core.finding.search import plan_for, read
from core.knowledge.load import load_knowledge
from core.practice.model import Scenario
from core.practice.tenant import Tenant, TenantServers, load_tenant, serve_tenant

TODAY = date(2026, 11, 25)


@dataclass
class Searched:
    document: FindDocument
    events: list[Any]
    servers: TenantServers

    def state(self, way: str) -> str:
        return self.document.result(way).state


Search = Callable[..., Any]


@pytest.fixture
def search() -> Search:
    async def run(
        tenant: str | Tenant,
        form: FindForm = FindForm(),  # noqa: B008
        *,
        change: Mapping[tuple[str, int], Scenario] | None = None,
        when: Callable[[Finder, Any], None] | None = None,
        today: date = TODAY,
    ) -> Searched:
        knowledge = load_knowledge()
        played = load_tenant(tenant) if isinstance(tenant, str) else tenant
        parsed = read(form, knowledge, played)
        assert parsed.request is not None, parsed.problems
        plan = await plan_for(parsed.request, knowledge, today=today, tenant=played)
        events: list[Any] = []

        def take(event: Any) -> None:
            events.append(event)
            if when is not None:
                when(finder, event)

        async with serve_tenant(played, change) as servers:
            finder = Finder(parsed.request, plan, take, knowledge=knowledge, dial=servers.dial)
            document = await finder.run()
            return Searched(document, events, servers)

    return run


def with_timeout(seconds: str) -> FindForm:
    return replace(FindForm(), timeout=seconds)
