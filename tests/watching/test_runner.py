"""Whole watches of practice servers: real conversations, a wound clock, a real history."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from itertools import pairwise

import jsonschema
import pytest

from core.history.store import History
from core.practice.load import load_scenario
from core.practice.rehearsal import rehearse
from core.resource_files import resource_path
from core.session import events as check_events
from core.stages import Outcome, Stage
from core.watching import events, runner
from core.watching.document import from_json, json_schema, to_json
from core.watching.keeping import Keeper
from core.watching.plan import Plan
from core.watching.runner import Watch
from core.watching.text import render_text
from tests.watching.clocks import WoundClock

HOURLY = Plan(every=300, duration=3600, minimum=60)


async def watched(name="comes-and-goes", plan=HOURLY, *, clock=None, keeper=None, act=None):
    """Watch a practice server; return the document and all events. `act(watch, event)` may interfere."""
    told = []
    async with rehearse(name) as request:

        def emit(event):
            told.append(event)
            if act:
                act(watch, event)

        watch = Watch(request, plan, emit, clock=clock or WoundClock(), jitter=lambda: 0.0, keeper=keeper, zone=dt.UTC)
        return await watch.run(), told


async def test_trouble_that_comes_and_goes():
    document, told = await watched()
    assert document.summary.startswith("7 of 10 runs passed; ")
    assert document.outcome is Outcome.DEFERRED
    assert document.ended_by == "time"
    assert [run.number for run in document.runs if run.outcome is Outcome.DEFERRED] == [3, 6, 9]
    assert {(run.stage, run.cause) for run in document.runs} == {(None, "accepted"), (Stage.RCPT_TO, "rate-limited")}
    assert document.runs[2].reply.startswith("451 4.7.500")
    assert [note.id for note in document.notes] == ["same-end", "rhythm"]
    assert [report.diagnosis.cause for report in document.full_reports()] == ["rate-limited"]
    times = [dt.datetime.fromisoformat(run.started_at) for run in document.runs]
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert [round(step) for step in steps] == [300, 300, 600, 300, 300, 600, 300, 300, 600]  # it backs off after a 4xx
    assert isinstance(told[0], events.WatchBegan)
    assert isinstance(told[-1], events.WatchEnded)
    assert sum(isinstance(event, events.RunEnded) for event in told) == 10
    assert any(isinstance(event, events.WatchWaits) and event.backed_off for event in told)
    assert any(isinstance(event, events.RunStage) and event.stage is Stage.RCPT_TO for event in told)


async def test_a_refused_sign_in_is_tried_exactly_once(monkeypatch):
    seen = []
    real = runner.Check

    class Counting(real):
        def __init__(self, request, emit, **more):
            def look(event):
                if isinstance(event, check_events.LineRecorded) and event.line.text.startswith("AUTH"):
                    seen.append(event.line.text)
                emit(event)

            super().__init__(request, look, **more)

    monkeypatch.setattr(runner, "Check", Counting)
    document, _ = await watched("wrong-password")
    assert len(seen) == 1
    assert document.ended_by == "credentials"
    assert len(document.runs) == 1
    assert document.outcome is Outcome.STOPPED
    assert document.cause == "auth-bad-credentials"


async def test_a_sign_in_refused_while_the_computer_slept_is_not_repeated():
    clock = WoundClock()

    def act(watch, event):
        if isinstance(event, events.RunStage) and event.stage is Stage.AUTH:
            clock.sleep(4000)

    document, _ = await watched("wrong-password", Plan(every=300, duration=9000, minimum=60), clock=clock, act=act)
    assert [run.counted for run in document.runs] == [False]
    assert document.ended_by == "credentials"


async def test_until_failure_and_until_success():
    document, _ = await watched(plan=Plan(every=300, duration=3600, minimum=60, until="failure"))
    assert (document.ended_by, len(document.runs)) == ("failure", 3)
    document, _ = await watched("greylisted", Plan(every=300, duration=3600, minimum=60, until="success"))
    assert (document.ended_by, [run.outcome for run in document.runs]) == (
        "success",
        [Outcome.DEFERRED, Outcome.ACCEPTED],
    )
    document, _ = await watched(plan=Plan(every=300, duration=3600, minimum=60, count=2))
    assert (document.ended_by, len(document.runs)) == ("count", 2)


@pytest.mark.parametrize("counts_sleep", [True, False])
async def test_a_sleep_is_noted_and_not_made_up_for(counts_sleep):
    clock = WoundClock(counts_sleep=counts_sleep, sleeps={700: 1500})
    document, told = await watched("submission-ok", clock=clock)
    (gap,) = document.gaps
    assert (gap.kind, gap.before_run) == ("sleep", 4)
    assert 1480 < gap.seconds < 1510
    assert gap.missed in {4, 5}
    assert "25 minutes" in gap.text
    assert len([event for event in told if isinstance(event, events.Slept)]) == 1
    times = [dt.datetime.fromisoformat(run.started_at) for run in document.runs]
    assert all((b - a).total_seconds() >= 270 for a, b in pairwise(times))
    assert len(document.runs) < 13 - 4
    assert "slept" in {note.id for note in document.notes}
    assert "…" in render_text(document, dt.UTC)


async def test_a_clock_that_is_set_is_noted_and_changes_nothing():
    document, _ = await watched("submission-ok", clock=WoundClock(sets={650: -7200}))
    assert [gap.kind for gap in document.gaps] == ["clock"]
    assert len(document.runs) == 13
    assert "2 hours" in document.gaps[0].text


async def test_a_run_during_which_the_computer_slept_does_not_count():
    clock = WoundClock()

    def act(watch, event):
        if isinstance(event, events.RunStage) and event.number == 2 and event.stage is Stage.TLS:
            clock.sleep(4000)

    document, _ = await watched("submission-ok", Plan(every=300, duration=7200, minimum=60), clock=clock, act=act)
    assert [run.counted for run in document.runs][:3] == [True, False, True]
    assert document.counts.not_counted == 1
    assert document.gaps[0].before_run == 2


async def test_cancelling_while_it_waits_and_while_it_runs():
    def while_waiting(watch, event):
        if isinstance(event, events.WatchWaits):
            watch.cancel()

    document, _ = await watched(act=while_waiting)
    assert (document.ended_by, len(document.runs), document.outcome) == ("cancelled", 1, Outcome.ACCEPTED)

    def while_running(watch, event):
        if isinstance(event, events.RunStage) and event.number == 2 and event.stage is Stage.TLS:
            watch.cancel()

    document, told = await watched(act=while_running)
    assert (document.ended_by, len(document.runs)) == ("cancelled", 1)
    assert isinstance(told[-1], events.WatchEnded)


async def test_a_task_that_is_cancelled_still_keeps_what_was_found():
    history = History()
    begun = asyncio.Event()

    def act(watch, event):
        if isinstance(event, events.WatchWaits):
            begun.set()

    class Patient(WoundClock):
        async def wait(self, seconds, woken):
            await asyncio.Event().wait()

    task = asyncio.ensure_future(watched(clock=Patient(), keeper=Keeper(history), act=act))
    await asyncio.wait_for(begun.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (entry,) = history.entries()
    assert from_json(history.read(entry)).ended_by == "cancelled"


async def test_a_mistake_of_the_program_costs_nothing_that_was_found(monkeypatch):
    history = History()
    real = runner.Check.run

    async def sometimes(check):
        if history.entries() and len(from_json(history.read(history.entries()[0])).runs) == 2:
            raise RuntimeError("a mistake")
        return await real(check)

    monkeypatch.setattr(runner.Check, "run", sometimes)
    with pytest.raises(RuntimeError, match="a mistake"):
        await watched(keeper=Keeper(history))
    (entry,) = history.entries()
    document = from_json(history.read(entry))
    assert (document.ended_by, document.state, len(document.runs)) == ("trouble", "finished", 2)


async def test_the_document_is_kept_after_each_run(tmp_path):
    history = History()
    path = tmp_path / "watch.json"
    seen = []

    def act(watch, event):
        if isinstance(event, events.RunEnded):
            (entry,) = history.entries()  # one file, whatever the number of runs
            kept = from_json(history.read(entry))
            assert kept == event.document == from_json(path.read_bytes())
            assert kept.state == "running"
            seen.append(len(kept.runs))

    document, _ = await watched(keeper=Keeper(history, path), act=act)
    assert seen == list(range(1, 11))
    (entry,) = history.entries()
    assert (entry.kind, entry.server, entry.cause, entry.outcome, entry.damaged) == (
        "watch",
        "smtp.office365.com",
        "rate-limited",
        "deferred",
        "",
    )
    assert entry.title == document.title
    assert from_json(history.read(entry)) == document
    assert document.state == "finished"


async def test_what_is_deleted_meanwhile_comes_back_and_a_full_disk_ends_nothing(tmp_path):
    history = History()

    def act(watch, event):
        if isinstance(event, events.RunEnded) and event.run.number == 2:
            history.clear()

    document, _ = await watched(keeper=Keeper(history), act=act)
    (entry,) = history.entries()
    assert from_json(history.read(entry)) == document
    nowhere = Keeper(None, tmp_path / "no-folder" / "watch.json")
    document, told = await watched(keeper=nowhere)
    assert len(document.runs) == 10
    assert "can’t be written to" in told[-1].problem


async def test_nothing_secret_is_in_the_document():
    document, _ = await watched()
    assert "Example-Passw0rd" not in to_json(document)


async def test_schema_ships_and_fits():
    shipped = json.loads(resource_path("schema", "watch-1.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(json_schema()))
    for name in ("comes-and-goes", "wrong-password"):
        document, _ = await watched(name, clock=WoundClock(sleeps={400: 900}))
        jsonschema.validate(json.loads(to_json(document)), shipped)
        assert from_json(to_json(document)) == document


async def test_the_scenario_fails_every_third_time():
    assert load_scenario("comes-and-goes").replies[0].in_turn
