"""A practice server: plays one scenario on a port, for as many clients as come, within bounds."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.practice.certificates import server_context
from core.practice.model import Scenario
from core.practice.session import Direction, Limits, Message, Session, Surroundings
from core.practice.wire import Wire

MAX_CONNECTIONS: Final = 64
MAX_LOG: Final = 10_000
MAX_MESSAGES: Final = 20

Listener = Callable[[int, Direction, str], None]


class PracticeServer:
    """Serves a scenario: ``async with PracticeServer(scenario) as server: …``.

    In: `host` and `port` to listen on (port 0: any free one); `listener`, called in the loop's thread with the number
    of the connection, the direction and each line as it happens. Entering raises OSError when the port can't be had.

    address, port: where it listens. ca_file: a PEM file with the throw-away root that signs a "good" certificate;
    it is there until the server is closed. log: (direction, text) of all connections, without passwords; at most
    MAX_LOG lines. messages: the last messages that were handed over.
    """

    def __init__(
        self,
        scenario: Scenario,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        limits: Limits | None = None,
        max_connections: int = MAX_CONNECTIONS,
        listener: Listener | None = None,
    ) -> None:
        self.scenario = scenario
        self.address = host
        self.port = port
        self.log: list[tuple[Direction, str]] = []
        self.messages: list[Message] = []
        self.ca_file = ""
        self._limits = limits or Limits()
        self._max_connections = max_connections
        self._listener = listener
        self._sessions: set[asyncio.Task[None]] = set()
        self._count = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: asyncio.Server | None = None
        self._around: Surroundings | None = None

    async def __aenter__(self) -> Self:
        """Make the certificate and listen."""
        self._folder = tempfile.TemporaryDirectory(prefix="sendproof-", ignore_cleanup_errors=True)
        try:
            context, ca_file = server_context(self.scenario, Path(self._folder.name))
            self.ca_file = str(ca_file)
            self._around = Surroundings(self.scenario, context, self._limits, self._record, self._keep)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: Wire(self._opened), self.address, self.port)
        except BaseException:
            self._folder.cleanup()
            raise
        self.address, self.port = self._server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, end all conversations, remove the certificate files."""
        assert self._server is not None
        assert self._folder is not None
        self._server.close()
        sessions = list(self._sessions)
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await self._server.wait_closed()
        self._folder.cleanup()

    @property
    def connections(self) -> int:
        """How many conversations are going on."""
        return len(self._sessions)

    def _opened(self, wire: Wire) -> None:
        assert self._around is not None
        if len(self._sessions) >= self._max_connections:
            wire.turn_away(b"421 4.3.2 The maximum number of connections is reached, try again later\r\n")
            return
        wire.hold()
        self._count += 1
        task = asyncio.get_running_loop().create_task(Session(self._around, wire, self._count).run())
        self._sessions.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sessions.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # A mistake of ours, never the client's: it has to be seen.
            task.get_loop().call_exception_handler(
                {"message": "A practice session failed", "exception": error, "task": task}
            )

    def _record(self, number: int, direction: Direction, text: str) -> None:
        if len(self.log) < MAX_LOG:
            self.log.append((direction, text))
        if self._listener:
            self._listener(number, direction, text)

    def _keep(self, message: Message) -> None:
        self.messages.append(message)
        del self.messages[:-MAX_MESSAGES]
