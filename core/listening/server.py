"""Listening: opens the ports, lets devices in within bounds, keeps what they showed, and ends in one document.

listening = Listening(request, tell)      # tell takes core.listening.observation events, in the loop's thread
document = await listening.run()          # until `stop`, the time, the sessions or the octets are used up
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from core.addresses import AddressProblem, parse_host
from core.listening import judging, problems, retries
from core.listening.addresses import OwnAddress, own_addresses
from core.listening.certificate import Identity, make_identity
from core.listening.observation import (
    Choices,
    Event,
    ListenDocument,
    ListeningStarted,
    ListeningStopped,
    ListenProblem,
    PeerTurnedAway,
    Place,
    SessionSeen,
    TurnedAway,
)
from core.listening.port_owner import who_has
from core.listening.recorder import Recorder
from core.listening.request import ListenRequest, is_local
from core.listening.session import Session, Surroundings
from core.listening.tap import Tap
from core.listening.upstream import Consent, Upstream
from core.secret import Redactor

HINT_AFTER: Final = 60.0
"""Seconds without any connection after which it is told what can keep a device away."""

EVICT_AFTER: Final = 5.0
"""A connection that has not said EHLO for so long makes room when there is none left."""

_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  (a copier has to reach it; that is what it is for)


class CannotListen(Exception):
    """No port could be had; `problems` says why, for each."""

    def __init__(self, found: tuple[ListenProblem, ...]) -> None:
        super().__init__("; ".join(problem.title for problem in found))
        self.problems = found


class Listening:
    """One time of listening. Use an instance once."""

    def __init__(
        self,
        request: ListenRequest,
        tell: Callable[[Event], None] = lambda event: None,
        *,
        hint_after: float = HINT_AFTER,
    ) -> None:
        self.request = request
        self.places: tuple[Place, ...] = ()
        self.sessions: list[SessionSeen] = []
        self._limits = request.limits
        self._tell = tell
        self._hint_after = hint_after
        self._redactor = Redactor([request.compare] if request.compare else [])
        self._servers: list[asyncio.Server] = []
        self._running: dict[asyncio.Task[SessionSeen], Session] = {}
        self._leaving: set[asyncio.Task[SessionSeen]] = set()
        self._stop = asyncio.Event()
        self._stopped_by = "user"
        self._count = 0
        self._ended = 0
        self._dropped = 0
        self._octets = 0
        self._turned_away: Counter[tuple[str, str]] = Counter()
        self._consent = Consent(request.relay) if request.relay else None
        self._identity: Identity | None = None
        self._host = ""

    # For front ends

    def stop(self) -> None:
        """End listening; `run` then returns."""
        self._finish("user")

    async def run(self) -> ListenDocument:
        """Listen until it is enough, and return the document; it goes out as an event as well.

        Raises CannotListen if no port can be had. When cancelled, the document still goes out as an event.
        """
        began, started_at = time.monotonic(), dt.datetime.now(dt.UTC)
        try:
            await self._open()
        except BaseException:
            await self._end()  # the ports that are open by then as well
            raise
        interrupted: asyncio.CancelledError | None = None
        try:
            await self._wait()
        except asyncio.CancelledError as cancelled:
            interrupted = cancelled
        interrupted = await self._end() or interrupted
        document = self._document(started_at, (time.monotonic() - began) * 1000)
        self._tell(ListeningStopped(document))
        if interrupted is not None:
            raise interrupted
        return document

    # Opening and closing

    async def _open(self) -> None:
        request = self.request
        self._host = request.host or _host_name()
        own = await asyncio.to_thread(own_addresses)
        addresses = tuple(dict.fromkeys([*request.addresses, *(known.address for known in own)]))
        self._identity = await asyncio.to_thread(make_identity, (self._host,), addresses)
        self._around = Surroundings(
            request=request,
            context=self._identity.context,
            host=self._host,
            clean=self._redactor.clean,
            tell=self._tell,
            retry=lambda seen: retries.retry_of(self.sessions, seen),
            upstream=self._upstream_for,
        )
        found: list[ListenProblem] = []
        places: list[Place] = []
        for port in request.ports:
            places += await self._open_port(port, own, found)
        if not places:
            raise CannotListen(tuple(found))
        self.places = tuple(dict.fromkeys(places))
        self._tell(ListeningStarted(self.places, tuple(found)))

    async def _open_port(self, port: int, own: list[OwnAddress], found: list[ListenProblem]) -> list[Place]:
        places: list[Place] = []
        first: OSError | None = None
        chosen = port
        for address in self.request.addresses or _EVERYWHERE:
            try:
                sock = _listening_socket(address, chosen)
            except OSError as error:
                if address == "::" and places:
                    continue  # a computer without IPv6
                if self.request.addresses or first is None:
                    first = error
                    owner = await who_has(port) if problems.is_in_use(error) else ""
                    found.append(problems.port_problem(error, address, port, owner))
                if not self.request.addresses:
                    break
                continue
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: Tap(self._opened, self._counted), sock=sock, start_serving=False)
            self._servers.append(server)  # before anything is waited for: whoever cancels that closes this one too
            await server.start_serving()
            chosen = sock.getsockname()[1]  # port 0 means any, but the same for all addresses
            places += self._places(address, chosen, own)
        return places

    def _places(self, address: str, port: int, own: list[OwnAddress]) -> list[Place]:
        """Return what can be typed into a device to reach a socket on `address`."""
        known = [own_address for own_address in own if own_address.address == address]
        if address in _EVERYWHERE:
            known = [own_address for own_address in own if (":" in own_address.address) == (":" in address)]
            address = "::1" if ":" in address else "127.0.0.1"  # without any network, this computer itself
        implicit = self.request.implicit_tls(port)
        return [
            Place(address=found.address, port=port, implicit_tls=implicit, adapter=found.adapter, virtual=found.virtual)
            for found in known or [OwnAddress(address)]
        ]

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(self._hint_after, self._limits.total)):
                await self._stop.wait()
        if self._stop.is_set():
            return
        if self._hint_after < self._limits.total and not self._count:
            place = self.places[0]
            self._tell(problems.nothing_arrives(f"{place.address}, port {place.port}", place.port))
        try:
            async with asyncio.timeout(max(0.0, self._limits.total - self._hint_after)):
                await self._stop.wait()
        except TimeoutError:
            self._finish("time")

    def _finish(self, why: str) -> None:
        if not self._stop.is_set():
            self._stopped_by = why
            self._stop.set()

    async def _end(self) -> asyncio.CancelledError | None:
        """Close everything, to the end even if this is cancelled meanwhile; return that cancellation."""
        closing = asyncio.ensure_future(self._close())
        interrupted: asyncio.CancelledError | None = None
        while not closing.done():
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError as cancelled:
                interrupted = cancelled
        closing.result()
        return interrupted

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        running = [*self._running, *self._leaving]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    # Letting devices in

    def _opened(self, tap: Tap) -> None:
        peer, local = tap.ends
        why = self._reason_against(peer[0])
        if why:
            self._turn_away(tap, peer[0], why)
            return
        tap.hold()
        self._count += 1
        session = Session(self._around, tap, self._count, peer, local)
        task = asyncio.get_running_loop().create_task(session.run())
        self._running[task] = session
        task.add_done_callback(self._over)

    def _reason_against(self, peer: str) -> str:
        if self._stop.is_set():
            return "full"
        if not self.request.allow_public and not is_local(peer):
            return "public-address"
        of_peer = [task for task, session in self._running.items() if session.recorder.peer[0] == peer]
        if len(of_peer) >= self._limits.per_peer and not self._make_room(of_peer):
            return "too-many-of-peer"
        if len(self._running) >= self._limits.connections and not self._make_room(list(self._running)):
            return "too-many"
        return ""

    def _make_room(self, tasks: list[asyncio.Task[SessionSeen]]) -> bool:
        """End the oldest of `tasks` that has not introduced itself for a while; return whether there was one."""
        for task in tasks:
            session = self._running[task]
            if session.recorder.hello is None and session.recorder.age > EVICT_AFTER:
                session.stopped_because = ("limit", "it said nothing, and others wanted in")
                task.cancel()
                del self._running[task]
                self._leaving.add(task)
                return True
        return False

    def _turn_away(self, tap: Tap, peer: str, why: str) -> None:
        words = {
            "public-address": b"554 5.7.1 Sendproof listens to devices of the local network only\r\n",
        }.get(why, b"421 4.3.2 Too many connections, try again later\r\n")
        tap.turn_away(words)
        key = (peer, why)
        if key not in self._turned_away and len(self._turned_away) >= self._limits.peers:
            key = ("others", why)
        self._turned_away[key] += 1
        count = self._turned_away[key]
        if count & (count - 1) == 0:  # the first, and then ever more rarely
            self._tell(PeerTurnedAway(TurnedAway(address=key[0], why=why, count=count)))

    def _over(self, task: asyncio.Task[SessionSeen]) -> None:
        self._running.pop(task, None)
        self._leaving.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            # A mistake of ours, never the device's: it has to be seen.
            task.get_loop().call_exception_handler(
                {"message": "A listening session failed", "exception": error, "task": task}
            )
            return
        self._keep(task.result())
        self._ended += 1
        if self.request.sessions is not None and self._ended >= self.request.sessions:
            self._finish("sessions")

    def _keep(self, seen: SessionSeen) -> None:
        self.sessions.append(seen)
        self.sessions.sort(key=lambda other: other.number)
        while len(self.sessions) > self._limits.sessions:
            least = min(self.sessions, key=lambda other: (_worth(other), other.number))
            self.sessions.remove(least)
            self._dropped += 1

    def _counted(self, octets: int) -> None:
        self._octets += octets
        if self._octets > self._limits.octets:
            self._finish("octets")

    def _upstream_for(self, recorder: Recorder) -> Upstream | None:
        """Return the real server's side for a session of the one device it is confirmed for."""
        if self._consent is None or not self._consent.may_speak(recorder.peer[0]):
            return None
        return Upstream(self._consent, recorder, self._tell, self._redactor.clean)

    # The document

    def _document(self, started_at: dt.datetime, duration_ms: float) -> ListenDocument:
        request = self.request
        relay = request.relay
        sessions = tuple(self.sessions)
        outcome, cause = _outcome(sessions)
        return ListenDocument(
            started_at=started_at.isoformat(timespec="milliseconds"),
            duration_ms=round(duration_ms, 1),
            title=_title(sessions),
            server=relay.server if relay else "",
            cause=cause,
            outcome=outcome,
            stopped_by=self._stopped_by,
            places=self.places,
            choices=Choices(
                starttls=request.starttls,
                sign_in_before_tls=request.sign_in_before_tls,
                refuse_sign_in=request.refuse_sign_in,
                mechanisms=request.mechanisms,
                compares=bool(request.compare),
                allow_public=request.allow_public,
                provider=request.provider,
                device=request.device,
                relay_to=f"{relay.server}:{relay.port}" if relay else None,
                relay_recipients=tuple(mailbox.text for mailbox in relay.recipients) if relay else (),
                relay_sign_in=bool(relay and relay.sign_in),
                certificate_names=self._identity.names if self._identity else (),
                certificate_sha256=self._identity.sha256 if self._identity else "",
            ),
            sessions=sessions,
            sessions_dropped=self._dropped,
            judgements=judging.judge_all(sessions, request.provider, request.device),
            turned_away=tuple(
                TurnedAway(address=address, why=why, count=count) for (address, why), count in self._turned_away.items()
            ),
        )


def _worth(seen: SessionSeen) -> int:
    """Return how much a session shows, to decide which are kept when there are too many."""
    return 4 * bool(seen.messages) + 2 * bool(seen.envelopes or seen.sign_ins) + bool(seen.hello or seen.tls)


def _outcome(sessions: tuple[SessionSeen, ...]) -> tuple[str, str]:
    relays = [seen.relay for seen in sessions if seen.relay]
    if any(relay.delivered for relay in relays):
        return "accepted", "accepted"
    for relay in reversed(relays):
        if relay.diagnosis is not None:
            last = relay.replies[-1].code if relay.replies else 0
            return "deferred" if 400 <= last < 500 else "stopped", relay.diagnosis.cause
    return ("seen" if sessions else "nothing-seen"), ""


def _title(sessions: tuple[SessionSeen, ...]) -> str:
    if not sessions:
        return "No device connected"
    best = max(sessions, key=lambda seen: (_worth(seen), seen.number))
    name = f"{best.hello} ({best.peer_address})" if best.hello else best.peer_address
    number = len(sessions)
    return f"{name}, {number} session{'' if number == 1 else 's'}"


def _listening_socket(address: str, port: int) -> socket.socket:
    version = ipaddress.ip_address(address.split("%", 1)[0]).version
    sock = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Without it, Windows would let two programs listen on one port (learn.microsoft.com, SO_EXCLUSIVEADDRUSE).
            sock.setsockopt(socket.SOL_SOCKET, ~socket.SO_REUSEADDR, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if version == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        target = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0][4]
        sock.bind(target)
        sock.listen(100)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _host_name() -> str:
    try:
        return parse_host(socket.gethostname())
    except (AddressProblem, OSError):
        return "sendproof"
