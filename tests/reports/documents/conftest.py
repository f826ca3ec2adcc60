"""Runs that documents are made of: the founding case, the same site after the change, and others of each kind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache

import pytest

from core.practice.rehearsal import rehearse
from core.reports.report import Report
from core.session.check import Check


async def _run(scenario: str, *, send: bool = False) -> Report:
    async with rehearse(scenario) as request:
        return await Check(replace(request, send=True) if send else request).run()


@cache
def run_practice(scenario: str, *, send: bool = False) -> Report:
    return asyncio.run(_run(scenario, send=send))


@pytest.fixture(scope="session")
def founding() -> Report:
    return run_practice("spamhaus-block")


@pytest.fixture(scope="session")
def mended() -> Report:
    return run_practice("submission-ok")


@pytest.fixture(scope="session")
def delivered() -> Report:
    return run_practice("submission-ok", send=True)
