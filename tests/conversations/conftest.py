"""Checks against practice servers: the whole program but for the terminal, real sockets, real TLS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.practice.model import Scenario
from core.practice.server import PracticeServer
from core.request import CheckRequest, Endpoint, FormValues, parse
from core.session.check import Check


class Played:
    """A finished check with everything it told on the way."""

    def __init__(self, report, events, server) -> None:
        self.report = report
        self.events = events
        self.log = server.log


async def play(scenario: Scenario, *, form: dict | None = None, on_event=None, **changes) -> Played:
    """Check `scenario` with its own settings, changed by `form` (as typed) and `changes` (of the request)."""
    values = {name: getattr(scenario.form(), name) for name in FormValues.__dataclass_fields__} | (form or {})
    parsed = parse(FormValues(**values))
    assert parsed.request is not None, parsed.errors
    async with PracticeServer(scenario) as server:
        request: CheckRequest = replace(
            parsed.request,
            dial=Endpoint(server.address, server.port),
            ca_file=str(server.ca_file),
            dns_evidence=False,
            practice=scenario.id,
        )
        request = replace(request, **changes)
        events = []
        check = Check(request, lambda event: (events.append(event), on_event and on_event(check, event)))
        report = await check.run()
        return Played(report, events, server)


@pytest.fixture(name="play")
def play_fixture():
    return play
