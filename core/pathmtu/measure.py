"""Measures the path MTU to one address: sends what the search asks for, waits a little, tells what came.

`measure` blocks and belongs in a thread; `running.start` gives it one. It ends within its time limit, at once when
cancelled, and always with a result.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.pathmtu.document import HandshakeProof, Limit, PathMtu, Probe, State
from core.pathmtu.echo import Echo, NoRoute, NotAllowed, Prober, open_prober
from core.pathmtu.interface import interface_mtu
from core.pathmtu.reading import meaning_of, reading_of
from core.pathmtu.search import Search

FLOOR = {4: 576, 6: 1280}
"""The smallest size tried: what every host takes (RFC 791 §3.1), and the least that IPv6 links carry (RFC 8200 §5)."""
CEILING = 1500
"""The largest size tried, unless asked for more: Ethernet's (RFC 894)."""
MAX_CEILING = 9000
"""Jumbo frames."""
TIME_LIMIT = 20.0
"""Seconds for the whole measurement."""
MAX_PROBES = 120
"""So many echoes at the most, about 100 KB in all."""

FIRST_WAIT = 1.0
"""Seconds to wait for the first answer, before it is known how long one takes."""
LEAST_WAIT, MOST_WAIT = 0.3, 1.4
_SLICE = 0.05
"""Seconds after which a cancel is noticed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure: the largest size in bytes and the seconds for all of it."""

    ceiling: int = CEILING
    limit: float = TIME_LIMIT


def measure(
    server: str,
    address: str,
    options: Options = Options(),
    *,
    tell: Callable[[Probe], None] = lambda probe: None,
    cancelled: Callable[[], bool] = lambda: False,
    handshake: HandshakeProof | None = None,
    opener: Callable[[str], Prober] = open_prober,
    clock: Callable[[], float] = time.monotonic,
) -> PathMtu:
    """Measure the path to `address`, a number. Blocks; never raises for the network.

    server: what the address is called in the result. tell: takes each size with its answer as it comes, in this thread.
    cancelled: asked all the time. handshake: what is known from a conversation with the same server. opener, clock: for
    tests.
    """
    begun = _Begun(server, address, options, clock=clock, handshake=handshake)
    begun.interface_mtu = interface_mtu(address)
    try:
        prober = opener(address)
    except NotAllowed as reason:
        return begun.finish("not-allowed", reason=str(reason))
    except NoRoute as reason:
        return begun.finish("unreachable", reason=str(reason))
    begun.method = prober.method
    try:
        return _run(begun, prober, tell, cancelled)
    except NotAllowed as reason:
        return begun.finish("not-allowed", reason=str(reason))
    except NoRoute as reason:
        return begun.finish("unreachable", reason=str(reason))
    finally:
        prober.close()


def without_address(server: str, reason: str, options: Options) -> PathMtu:
    """Return the result where `server` has no address; `reason` is a sentence."""
    return _Begun(server, None, options, clock=time.monotonic).finish("not-found", reason=reason)


def _run(begun: _Begun, prober: Prober, tell: Callable[[Probe], None], cancelled: Callable[[], bool]) -> PathMtu:
    search, clock = begun.search, begun.clock
    until = begun.started + begun.options.limit
    sent = 0
    unreachable = 0
    while sizes := search.next_round():
        if cancelled():
            return begun.finish("cancelled")
        if sent + len(sizes) > MAX_PROBES:
            return begun.finish("unsteady")
        open_sizes = dict.fromkeys(sizes, 1)
        round_began = clock()
        for size in sizes:
            prober.send(size)
            sent += 1
        while open_sizes:
            now = clock()
            end = min(round_began + begun.patience(), until)
            if now >= end:
                break
            for echo in prober.receive(min(_SLICE, end - now)):
                open_sizes.pop(echo.size, None)
                begun.take(echo, tell)
                unreachable += echo.answer == "unreachable"
            if cancelled():
                return begun.finish("cancelled")
        if open_sizes and clock() >= until:
            return begun.finish("out-of-time")
        if search.low is None and unreachable >= 2:
            return begun.finish("unreachable", reason="a router says that it can’t be reached")
        if search.low is not None:
            begun.lost(open_sizes, tell)
        search.unanswered(open_sizes)
    match search.end:
        case "measured":
            return begun.finish("measured")
        case "silent":
            begun.lost({search.floor: 1}, tell)
            return begun.finish("filtered")
        case "below":
            return begun.finish("below")
        case _:
            return begun.finish("unsteady")


@dataclass(slots=True)
class _Begun:
    """A measurement under way: what it was asked for and what it has seen."""

    server: str
    address: str | None
    options: Options
    clock: Callable[[], float]
    handshake: HandshakeProof | None = None
    method: str = ""
    interface_mtu: int | None = None
    recent: tuple[float, ...] = ()
    named_by: str | None = None
    named: int | None = None
    search: Search = field(init=False)
    started: float = field(init=False)
    started_at: dt.datetime = field(init=False)
    probes: dict[int, Probe] = field(default_factory=dict)

    def __post_init__(self) -> None:
        floor = FLOOR[6 if self.address and ":" in self.address else 4]
        self.search = Search(floor, max(floor, self.options.ceiling))
        self.started = self.clock()
        self.started_at = dt.datetime.now(dt.UTC)

    def patience(self) -> float:
        """Return the seconds to wait for the answers of a round, from how long the last ones took.

        Only the last: the very first often waits for address resolution (ARP, RFC 4861).
        """
        if not self.recent:
            return FIRST_WAIT
        return min(MOST_WAIT, max(LEAST_WAIT, 3 * max(self.recent) + 0.1))

    def take(self, echo: Echo, tell: Callable[[Probe], None]) -> None:
        """Take in one answer."""
        if echo.answer == "passed":
            self.recent = (*self.recent[-2:], echo.ms / 1000)
            self.search.passed(echo.size)
            if self.interface_mtu is not None and echo.size > self.interface_mtu:
                self.interface_mtu = None  # that was another interface's
        elif echo.answer in {"too-big", "too-big-here"}:
            named = echo.named if echo.answer == "too-big" else self.interface_mtu
            self.search.refused(echo.size, named)
        if echo.size in self.probes and self.probes[echo.size].answer == echo.answer:
            return
        probe = Probe(
            size=echo.size, answer=echo.answer, ms=round(echo.ms, 1), sender=echo.sender, named=_plausible(echo.named)
        )
        self.probes[echo.size] = probe
        tell(probe)

    def lost(self, sizes: dict[int, int], tell: Callable[[Probe], None]) -> None:
        """Note the sizes without an answer, each once, and not those that passed before."""
        for size in sizes:
            if size not in self.probes:
                self.probes[size] = Probe(size=size, answer="lost")
                tell(self.probes[size])

    def finish(self, state: State, *, reason: str = "") -> PathMtu:
        """Return the result."""
        search = self.search
        mtu = search.low if state == "measured" else None
        limit = self._limit() if state == "measured" else None
        if state == "measured" and limit == "named":
            self._remember_who()
        entry = reading_of(state, limit, mtu)
        mss = mtu - (60 if self.address and ":" in self.address else 40) if mtu else None
        known = {
            "mtu": mtu,
            "mss": mss,
            "passes": search.low,
            "fails": search.high,
            "floor": search.floor,
            "ceiling": search.ceiling,
            "server": self.server,
            "named_by": self.named_by,
            "reason": reason,
        }
        meaning = meaning_of(entry, {name: str(value) for name, value in known.items() if value})
        return PathMtu(
            started_at=self.started_at.isoformat(timespec="milliseconds"),
            duration_ms=round((self.clock() - self.started) * 1000, 1),
            title=meaning.title,
            server=self.server,
            outcome=entry.outcome,
            address=self.address,
            state=state,
            mtu=mtu,
            mss=mss,
            limit=limit,
            passes=search.low,
            fails=search.high,
            floor=search.floor,
            ceiling=search.ceiling,
            named_by=self.named_by,
            named=self.named,
            interface_mtu=self.interface_mtu,
            method=self.method,
            reason=reason,
            probes=tuple(self.probes[size] for size in sorted(self.probes, reverse=True)),
            meaning=meaning,
            handshake=self.handshake,
            signs=(entry.sign,) if entry.sign else (),
        )

    def _limit(self) -> Limit:
        high = self.search.high
        if self.search.low is not None and self.search.low >= self.search.ceiling:
            return "none"
        if high is None or not self.search.high_was_refused:
            return "silent"
        return "here" if self.probes[high].answer == "too-big-here" else "named"

    def _remember_who(self) -> None:
        for probe in self._above():
            self.named_by = self.named_by or probe.sender
            self.named = self.named or probe.named

    def _above(self) -> Iterator[Probe]:
        low = self.search.low or 0
        return (self.probes[size] for size in sorted(self.probes) if size > low and self.probes[size].sender)


def _plausible(named: int | None) -> int | None:
    """Return the MTU that a router named, if there can be such a one (RFC 791 §3.2)."""
    return named if named is not None and 68 <= named <= 65_535 else None
