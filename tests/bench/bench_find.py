"""How long a whole search takes, beside its slowest way alone and all its ways one after another, in the same run.

The servers are those of the founding practice tenant, with every reply 100 ms late, as over a slow line.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import date

import msgspec

from core.finding.form import FindForm, FindRequest
from core.finding.model import Plan
from core.finding.run import Finder
from core.finding.search import plan_for, read
from core.knowledge.load import load_knowledge
from core.practice.load import load_scenario
from core.practice.tenant import TenantServers, load_tenant, serve_tenant
from tests.bench.table import Row

RUNS = 3
DELAY_MS = 100
TENANT = "blocklisted-tenant"


async def _seconds(request: FindRequest, plan: Plan, servers: TenantServers) -> float:
    finder = Finder(request, plan, knowledge=load_knowledge(), dial=servers.dial)
    started = time.perf_counter()
    await finder.run()
    return time.perf_counter() - started


async def _measure() -> tuple[float, dict[str, float], int]:
    """Return the median seconds of a search, those of each way alone, and how many ways there are."""
    knowledge, tenant = load_knowledge(), load_tenant(TENANT)
    request = read(FindForm(), knowledge, tenant).request
    assert request is not None
    plan = await plan_for(request, knowledge, today=date(2026, 11, 25), tenant=tenant)
    late = {
        (served.name, port): load_scenario(served.scenario).with_delay(DELAY_MS)
        for served in tenant.servers
        for port in served.ports
    }
    async with serve_tenant(tenant, late) as servers:
        await _seconds(request, plan, servers)  # what is only read once is read now
        whole = statistics.median([await _seconds(request, plan, servers) for _ in range(RUNS)])
        alone = {}
        for way in plan.to_try:
            only = msgspec.structs.replace(plan, ways=(way,))
            alone[way.id] = statistics.median([await _seconds(request, only, servers) for _ in range(RUNS)])
    return whole, alone, len(plan.to_try)


def bench() -> list[Row]:
    """Return the time of a search and of its ways."""
    whole, alone, count = asyncio.run(_measure())
    slowest = max(alone, key=lambda way: alone[way])
    beside = f"slowest way alone: {alone[slowest] * 1000:,.0f} ms"
    note = f"{count} ways, every reply {DELAY_MS} ms late, median of {RUNS}"
    return [
        Row("find, all ways at once", whole * 1000, "ms", beside, note),
        Row("find, the slowest way alone", alone[slowest] * 1000, "ms", note=slowest),
        Row("find, one way after another", sum(alone.values()) * 1000, "ms", f"at once: {whole * 1000:,.0f} ms"),
    ]
