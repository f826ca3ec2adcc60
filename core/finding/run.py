"""Tries the ways of a plan at once, lets sign-ins through one gate, and ends in one document.

finder = Finder(request, plan, emit)      # emit takes core.finding.events, in the loop's thread
document = await finder.run()             # never raises for what the network does
finder.cancel()                           # at any moment; what is known by then stays
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import msgspec

from core.finding import events
from core.finding.form import FindRequest
from core.finding.gate import SignInGate
from core.finding.judging import judge_way, not_tried
from core.finding.model import FindDocument, Plan, PlannedWay, WayResult
from core.finding.plan import cleaner
from core.finding.recommend import finish
from core.knowledge.load import Knowledge, load_knowledge
from core.reports.report import Report
from core.request import CheckRequest, Endpoint, Security
from core.session import events as check_events
from core.session.check import Check
from core.stages import Outcome, Stage, StageStatus

AT_ONCE = 12
"""As many ways are tried at the same time."""
AT_ONE_SERVER = 4
"""As many of them at one server: it must not take the search for an attack."""

Dial = Callable[[str, int], tuple[Endpoint | None, str | None]]
"""From server and port to what is dialled instead, and the file of a root to trust; for practice."""

_CANCELLED = "The search was cancelled before it was tried."


class Finder:
    """One search; use an instance once. `today` does not matter here: the plan holds what depends on it."""

    def __init__(
        self,
        request: FindRequest,
        plan: Plan,
        emit: Callable[[events.Event], None] = lambda event: None,
        *,
        knowledge: Knowledge | None = None,
        dial: Dial | None = None,
    ) -> None:
        self.plan = plan
        self._request = request
        self._emit = emit
        self._knowledge = knowledge or load_knowledge()
        self._dial: Dial = dial or _as_it_is
        self._clean = cleaner(request)
        self._cancelled = False
        self._running: set[Check] = set()
        self._results: dict[str, WayResult] = {}
        self._started = time.monotonic()
        signing_in = sorted((way for way in plan.to_try if way.sign_in), key=lambda way: way.rank)
        self._gate = SignInGate([way.id for way in signing_in], self._knowledge)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._room_at = {way.server: asyncio.Semaphore(AT_ONE_SERVER) for way in plan.to_try}

    def cancel(self) -> None:
        """End the search as soon as possible; conversations end politely, and `run` returns what is known."""
        self._cancelled = True
        for check in tuple(self._running):
            check.cancel()

    async def run(self) -> FindDocument:
        """Try the ways and return the document. If the task itself is cancelled, the ways end before that goes on."""
        self._started = time.monotonic()
        started_at = dt.datetime.now(dt.UTC)
        self._emit(events.FindStarted(self._ms(), self.plan))
        for way in self.plan.ways:
            if way.left_out:
                self._ended(not_tried(way, way.left_out))
        tasks = [asyncio.create_task(self._try(way), name=way.id) for way in self.plan.to_try]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            self.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        document = finish(
            self.plan,
            tuple(self._results[way.id] for way in self.plan.ways),
            started_at=started_at,
            duration_ms=self._ms(),
            cancelled=self._cancelled,
            knowledge=self._knowledge,
        )
        self._emit(events.FindFinished(self._ms(), document))
        return document

    async def _try(self, way: PlannedWay) -> None:
        """Try one way, and with the device's limits where they could matter and this computer got as far as TLS."""
        try:
            async with AsyncExitStack() as room:
                await room.enter_async_context(self._room_at[way.server])
                await room.enter_async_context(self._room)
                if self._cancelled:
                    self._ended(not_tried(way, _CANCELLED, cancelled=True))
                    return
                self._emit(events.WayStarted(self._ms(), way.id))
                began = self._ms()
                report = await self._check(way, self._check_request(way), device=False)
                self._gate.gone(way.id)
                device_report = None
                if way.with_device and _reached_tls(report):
                    device_report = await self._check(way, self._device_request(way), device=True)
        finally:
            self._gate.gone(way.id)
        result = judge_way(way, report, device_report, held=self._gate.held(way.id), as_device=self._request.as_device)
        self._ended(result, took=self._ms() - began)

    async def _check(self, way: PlannedWay, request: CheckRequest, *, device: bool) -> Report:
        def pass_on(event: check_events.Event) -> None:
            if isinstance(event, check_events.StageStarted):
                self._emit(events.WayProgress(self._ms(), way.id, event.stage, event.waiting_for, device))

        turn = self._gate.turn(way.id, lambda: check.cancel()) if request.credentials is not None else None
        check = Check(request, pass_on, knowledge=self._knowledge, turn=turn)
        self._running.add(check)
        try:
            return await check.run()
        finally:
            self._running.discard(check)

    def _check_request(self, way: PlannedWay) -> CheckRequest:
        base = self._request.base
        known = {self._clean(box.text): box for box in (self._request.external, self._request.internal) if box}
        endpoint, ca_file = self._dial(way.server, way.port)
        return replace(
            base,
            server=way.server,
            port=way.port,
            security=Security(way.security),
            credentials=base.credentials if way.sign_in else None,
            recipients=tuple(known[text] for text in way.recipients),
            send=base.send
            and not (self._request.stands_in and self._clean(self._request.internal.text) in way.recipients),
            timeout=min(base.timeout, float(way.patience)) if way.patience else base.timeout,
            dns_evidence=base.dns_evidence and not way.sign_in,  # with a sign-in this site's address does not count
            ca_file=ca_file or base.ca_file,
            dial=endpoint,
            practice=self.plan.practice,
        )

    def _device_request(self, way: PlannedWay) -> CheckRequest:
        """Return the same as the device would talk; never a second sign-in, never a message."""
        as_device = self._request.as_device
        assert as_device is not None
        return replace(
            self._check_request(way),
            tls=as_device.tls,
            ehlo=as_device.ehlo,
            device=as_device.device,
            credentials=None,
            send=False,
            dns_evidence=False,
            quit_after=Stage.EHLO_TLS if way.sign_in else None,
        )

    def _ended(self, result: WayResult, took: float = 0.0) -> None:
        result = msgspec.structs.replace(result, duration_ms=round(took, 1))
        self._results[result.way] = result
        self._emit(events.WayEnded(self._ms(), result))

    def _ms(self) -> float:
        return (time.monotonic() - self._started) * 1000


def _as_it_is(_server: str, _port: int) -> tuple[Endpoint | None, str | None]:
    return None, None


def _reached_tls(report: Report) -> bool:
    """Return whether the conversation came far enough for the device's limits to tell something new."""
    return report.outcome is not Outcome.CANCELLED and report.stage(Stage.TLS).status is not StageStatus.NOT_REACHED
