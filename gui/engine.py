"""The one asyncio loop beside the window, and the bridge between the two threads.

A daemon thread runs one standard loop for the life of the program. Work goes in with `submit`; what it
emits is gathered in a deque and handed over in batches by one queued signal that carries nothing, so that
twenty thousand lines cost the window as little as twenty. Nobody else in `gui` imports asyncio.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    import asyncio

BATCH_MS = 30
"""How long events are gathered before the window looks at them."""
SLICE_SECONDS = 0.008
"""How long the window works on events before it looks after its user again."""
SLICE_EVENTS = 200
"""How many events are handed over at once."""

_EVENT, _DONE, _FAILED = range(3)


class Job:
    """One piece of work in the loop thread, and what the window wants to hear of it.

    `emit` and `on_cancel` belong to the loop thread; `cancel` and `abort` may be called from the window's.
    The callbacks run in the window's thread: `events` with a list, then exactly one of `done` and `failed`,
    unless the engine is stopped before.
    """

    def __init__(
        self,
        engine: Engine,
        events: Callable[[list[Any]], None] | None,
        done: Callable[[Any], None] | None,
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        self._engine = engine
        self.events = events
        self.done = done
        self.failed = failed
        self.on_cancel: Callable[[], None] | None = None
        self.task: asyncio.Task[Any] | None = None
        self._cancelled = False

    def emit(self, event: object) -> None:
        """Hand `event` to the window; called in the loop thread."""
        self._engine._post(self, _EVENT, event)

    def cancel(self) -> None:
        """Ask the work to end politely: its own `on_cancel` if it set one, else like `abort`."""
        self._engine._call(self._cancel_in_loop)

    def abort(self) -> None:
        """End the work at its next wait, whatever it is doing."""
        self._engine._call(self._abort_in_loop)

    def _cancel_in_loop(self) -> None:
        self._cancelled = True
        if self.on_cancel is not None:
            self.on_cancel()
        elif self.task is not None:
            self.task.cancel()

    def _abort_in_loop(self) -> None:
        self._cancelled = True
        if self.task is not None:
            self.task.cancel()


class Engine(QObject):
    """Owns the loop thread. `crashed` carries an exception that nobody in that thread expected."""

    crashed = Signal(object)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._inbox: deque[tuple[Job, int, Any]] = deque()
        self._signalled = False
        self._waiting: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = False
        self._jobs: set[Job] = set()
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._woken.connect(self._gather, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Start the loop thread; work may be submitted before and waits for it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
            self._thread.start()

    def submit(
        self,
        work: Callable[[Job], Coroutine[Any, Any, Any]],
        *,
        events: Callable[[list[Any]], None] | None = None,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> Job:
        """Run `work(job)` in the loop thread and return its job.

        Without `failed`, an exception of the work is reported through `crashed`.
        """
        job = Job(self, events, done, failed)
        self._call(lambda: self._begin(job, work))
        return job

    def stop(self, wait: float = 0.5) -> None:
        """Cancel all work, end the loop, and wait for its thread at most `wait` seconds."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(wait)
        self._timer.stop()
        self._inbox.clear()

    # In the loop thread

    def _run(self) -> None:
        import asyncio

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(self._unexpected)
        with self._lock:
            self._loop = loop
            for call in self._waiting:
                loop.call_soon(call)
            self._waiting.clear()
            stopped = self._stopped
        if not stopped:
            loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=0.3))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(asyncio.sleep(0))  # transports close their sockets one turn later
        loop.close()

    def _begin(self, job: Job, work: Callable[[Job], Coroutine[Any, Any, Any]]) -> None:
        assert self._loop is not None
        self._jobs.add(job)  # a task that nobody holds may be collected while it waits
        job.task = self._loop.create_task(self._finish(job, work))
        if job._cancelled:
            job.task.cancel()

    async def _finish(self, job: Job, work: Callable[[Job], Coroutine[Any, Any, Any]]) -> None:
        import asyncio

        try:
            result = await work(job)
        except asyncio.CancelledError as error:
            self._post(job, _FAILED, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self._post(job, _FAILED, error)
        else:
            self._post(job, _DONE, result)
        finally:
            self._jobs.discard(job)

    def _unexpected(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, BaseException):
            error = RuntimeError(str(context.get("message", "unknown")))
        self.crashed.emit(error)

    # From either thread

    def _call(self, call: Callable[[], None]) -> None:
        with self._lock:
            if self._stopped:
                return
            if self._loop is None:
                self._waiting.append(call)
                return
            loop = self._loop
        loop.call_soon_threadsafe(call)

    def _post(self, job: Job, kind: int, payload: Any) -> None:
        with self._lock:
            self._inbox.append((job, kind, payload))
            first = not self._signalled and not self._stopped
            self._signalled = True
        if first:
            self._woken.emit()

    # In the window's thread

    def _gather(self) -> None:
        if not self._timer.isActive():
            self._timer.start(BATCH_MS)

    def _drain(self) -> None:
        """Hand over what has come, in slices, so that a flood never holds the window up."""
        until = time.perf_counter() + SLICE_SECONDS
        while True:
            job, events, end = self._take()
            if job is None:
                return
            if events and job.events is not None:
                job.events(events)
            if end is not None:
                self._deliver_end(job, *end)
            if time.perf_counter() >= until:
                break
        self._timer.start(1)

    def _take(self) -> tuple[Job | None, list[Any], tuple[int, Any] | None]:
        with self._lock:
            if not self._inbox:
                self._signalled = False
                return None, [], None
            job, kind, payload = self._inbox.popleft()
            if kind != _EVENT:
                return job, [], (kind, payload)
            events = [payload]
            while self._inbox and len(events) < SLICE_EVENTS:
                following, kind, payload = self._inbox[0]
                if following is not job or kind != _EVENT:
                    break
                self._inbox.popleft()
                events.append(payload)
            return job, events, None

    def _deliver_end(self, job: Job, kind: int, payload: Any) -> None:
        if kind == _DONE:
            if job.done is not None:
                job.done(payload)
        elif job.failed is not None:
            job.failed(payload)
        elif isinstance(payload, Exception):
            self.crashed.emit(payload)
