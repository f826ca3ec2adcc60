"""The bridge between the window's thread and the loop's."""

from __future__ import annotations

import asyncio
import threading

from gui.engine import Engine


def test_events_come_in_order_in_the_windows_thread_and_the_result_last(qtbot, engine):
    heard: list[object] = []
    threads = set()

    async def work(job):
        for number in range(20_000):
            job.emit(number)
        return "result"

    def take(events):
        threads.add(threading.current_thread())
        heard.extend(events)

    engine.submit(work, events=take, done=heard.append)
    qtbot.waitUntil(lambda: bool(heard) and heard[-1] == "result", timeout=10_000)
    assert heard[:-1] == list(range(20_000))
    assert threads == {threading.current_thread()}


def test_work_given_before_the_start_waits_for_it(qtbot, themed):
    engine = Engine()
    heard: list[object] = []

    async def work(_job):
        return 7

    engine.submit(work, done=heard.append)
    engine.start()
    qtbot.waitUntil(lambda: heard == [7])
    engine.stop(2.0)


def test_cancel_asks_the_work_itself_to_end(qtbot, engine):
    heard: list[object] = []

    async def work(job):
        asked = asyncio.Event()
        job.on_cancel = asked.set
        job.emit("waiting")
        await asked.wait()
        return "ended politely"

    job = engine.submit(work, events=heard.extend, done=heard.append)
    qtbot.waitUntil(lambda: heard == ["waiting"])
    job.cancel()
    qtbot.waitUntil(lambda: heard == ["waiting", "ended politely"])


def test_abort_ends_work_that_does_not_listen(qtbot, engine):
    heard: list[object] = []

    async def work(job):
        job.on_cancel = lambda: None
        job.emit("waiting")
        await asyncio.Event().wait()

    job = engine.submit(work, events=heard.extend, failed=lambda error: heard.append(type(error)))
    qtbot.waitUntil(lambda: heard == ["waiting"])
    job.abort()
    qtbot.waitUntil(lambda: heard == ["waiting", asyncio.CancelledError])


def test_an_unexpected_exception_is_reported(qtbot, engine):
    async def work(_job):
        raise ZeroDivisionError("by nought")

    with qtbot.waitSignal(engine.crashed) as caught:
        engine.submit(work)
    assert isinstance(caught.args[0], ZeroDivisionError)


def test_an_exception_in_a_bare_task_is_reported_too(qtbot, engine):
    async def work(_job):
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)

    with qtbot.waitSignal(engine.crashed) as caught:
        engine.submit(work)
    assert isinstance(caught.args[0], ZeroDivisionError)


def test_stop_ends_the_thread_and_what_runs_in_it(qtbot, themed):
    engine = Engine()
    engine.start()
    heard: list[object] = []

    async def work(job):
        job.emit("running")
        await asyncio.Event().wait()

    engine.submit(work, events=heard.extend)
    qtbot.waitUntil(lambda: heard == ["running"])
    thread = engine._thread
    engine.stop(3.0)
    assert thread is not None
    assert not thread.is_alive()


def test_a_flood_is_handed_over_in_slices(qtbot, engine):
    """Between two slices the window gets its turn: a timer of its own fires while events are still coming."""
    from PySide6.QtCore import QTimer

    seen_when_timer_fired: list[int] = []
    count = 0

    def take(events):
        nonlocal count
        for _event in events:
            count += 1
            sum(range(400))  # something to do for each event

    async def work(job):
        for number in range(20_000):
            job.emit(number)

    done: list[object] = []
    timer = QTimer()
    timer.setInterval(1)
    timer.timeout.connect(lambda: seen_when_timer_fired.append(count))
    timer.start()
    engine.submit(work, events=take, done=done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    assert any(0 < seen < 20_000 for seen in seen_when_timer_fired)
