"""A check against a practice server of our own: both in one program, for learning without a broken copier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace

from core.knowledge.load import load_knowledge
from core.knowledge.providers import device_limits
from core.practice.load import load_scenario
from core.practice.server import PracticeServer
from core.request import CheckRequest, Endpoint, FormValues, UnfitSettings, parse

_EMPTY = FormValues()


@asynccontextmanager
async def rehearse(name: str, form: FormValues = _EMPTY) -> AsyncIterator[CheckRequest]:
    """Start the practice server `name` and yield a request that dials it, in the running loop.

    What `form` gives goes before the scenario's own settings, except for server and port. Raises PracticeError for an
    unknown name and UnfitSettings where the settings don't fit together.
    """
    scenario = load_scenario(name)
    base = scenario.form()
    given = {
        field.name: getattr(form, field.name)
        for field in fields(FormValues)
        if getattr(form, field.name) != getattr(_EMPTY, field.name) and field.name not in {"server", "port"}
    }
    if "password" in given or "token" in given:
        given = {"password": None, "token": None} | given
    parsed = parse(replace(base, **given), device_limits(load_knowledge()))
    if parsed.request is None:
        raise UnfitSettings(parsed.errors)
    async with PracticeServer(scenario) as server:
        yield replace(
            parsed.request,
            dial=Endpoint(server.address, server.port),
            ca_file=parsed.request.ca_file or str(server.ca_file),
            dns_evidence=False,
            practice=name,
        )
