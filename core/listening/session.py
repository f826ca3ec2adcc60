"""One session: from the first octet of a connection to the record of all that it showed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from core.listening.encrypting import Over, encrypt, late_alerts
from core.listening.machine import Machine
from core.listening.observation import Ended, Event, Retry, SessionSeen
from core.listening.recorder import Recorder
from core.listening.request import ListenRequest
from core.listening.tap import Tap
from core.listening.upstream import Upstream
from core.stages import Stage


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session needs of its server. `upstream` returns the real server's side for a session, None without."""

    request: ListenRequest
    context: ssl.SSLContext
    host: str
    clean: Callable[[str], str]
    tell: Callable[[Event], None]
    retry: Callable[[SessionSeen], Retry | None]
    upstream: Callable[[Recorder], Upstream | None]


class Session:
    """One device's connection. `run` ends when it ends, leaves no socket open, and returns what was seen."""

    def __init__(
        self, around: Surroundings, tap: Tap, number: int, peer: tuple[str, int], local: tuple[str, int]
    ) -> None:
        self._around = around
        self._tap = tap
        self._limits = around.request.limits
        self._implicit = around.request.implicit_tls(local[1])
        self.recorder = Recorder(
            number,
            peer,
            local,
            self._limits,
            around.clean,
            around.tell,
            around.retry,
            implicit_tls=self._implicit,
        )
        self.recorder.octets = lambda: (tap.octets_in, tap.octets_out)
        self._upstream: Upstream | None = None
        self.stopped_because: tuple[Ended, str] = ("stopped", "")

    async def run(self) -> SessionSeen:
        """Hold the conversation to its end. A cancelled session is recorded as `stopped_because` says."""
        self.recorder.started()
        ended: Ended = "closed"
        text = ""
        cut = False
        try:
            async with asyncio.timeout(self._limits.session):
                await self._converse()
        except Over as over:
            ended, text = over.ended, over.text
        except TimeoutError:
            ended, text, cut = "limit", f"a session lasts at most {self._limits.session:g} seconds", True
        except OSError:
            ended = "reset" if self._tap.reset_by_peer else "closed"
        except asyncio.CancelledError:
            (ended, text), cut = self.stopped_because, True
        return await self._finish(ended, text, cut=cut)

    async def _finish(self, ended: Ended, text: str, *, cut: bool) -> SessionSeen:
        upstream = self._upstream
        try:
            if upstream is not None and not cut:
                await upstream.close()
        except asyncio.CancelledError:
            cut = True
        if upstream is not None:
            if cut:
                upstream.drop()
            self.recorder.relay = upstream.seen()
        self._tap.close()
        try:
            await self._tap.closed(at_once=cut)
        except asyncio.CancelledError:
            self._tap.abort()
        if self.recorder.tls is not None:
            self.recorder.tls = late_alerts(self._tap, self.recorder.tls)
        if ended == "closed" and self.recorder.hello is not None:
            self.recorder.problem("no-quit")
        return self.recorder.end(ended, text)

    async def _converse(self) -> None:
        request, tap, recorder = self._around.request, self._tap, self.recorder
        if self._implicit:
            await encrypt(tap, recorder, self._around.context, "implicit", self._limits.handshake)
        else:
            tap.go_on()
            if not await tap.quiet(self._limits.peek):
                await self._spoke_first(tap.peeked)
        recorder.stage = Stage.BANNER
        self._upstream = self._around.upstream(recorder)
        machine = Machine(tap, recorder, request, self._around.context, self._around.host, self._upstream)
        await machine.run()

    async def _spoke_first(self, head: bytes) -> None:
        """A client of SMTP waits for the greeting; one that does not is in the wrong place, or speaks TLS at once."""
        if not head:
            raise Over("closed", "without a word")
        if head[0] == 0x16 or (head[0] & 0x80 and head[2:3] == b"\x01"):
            self.recorder.problem("tls-on-plain-port")
            self.recorder.note("the device began with TLS, as on port 465; Sendproof goes along")
            limit = self._limits.handshake
            await encrypt(self._tap, self.recorder, self._around.context, "implicit", limit, carry=True)
        else:
            self.recorder.problem("spoke-before-greeting")
