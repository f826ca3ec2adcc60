"""A way that exists only in a clock of its own: echoes come back at once, or never, and waiting costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection

from core.pathmtu.document import PathMtu
from core.pathmtu.echo import Echo
from core.pathmtu.measure import Options, measure

ADDRESS = "203.0.113.2"


class FakeWay:
    """Carries packets of up to `mtu` bytes; `says` whether a router tells that one is too big, and what it names.

    lost: the numbers of the echoes (from 0, in the order they are sent) that are lost for another reason.
    limit_a_second: only so many echoes a second pass, as where somebody limits pings; None for no limit.
    """

    method = "fake"

    def __init__(
        self,
        mtu: int,
        *,
        says: bool = False,
        names: int | None = None,
        lost: Collection[int] = (),
        filtered: bool = False,
        limit_a_second: int | None = None,
    ) -> None:
        self.mtu, self.says, self.names = mtu, says, names
        self.lost, self.filtered = lost, filtered
        self.limit_a_second = limit_a_second
        self.now = 1000.0
        self.sent: list[int] = []
        self.closed = False
        self._second = (0, 0)
        self._coming: list[Echo] = []

    def clock(self) -> float:
        return self.now

    def send(self, size: int) -> None:
        number = len(self.sent)
        self.sent.append(size)
        if self.filtered or number in self.lost or self._over_the_limit():
            return
        if size <= self.mtu:
            self._coming.append(Echo(size, "passed", 20.0, ADDRESS))
        elif self.says:
            self._coming.append(Echo(size, "too-big", 10.0, "198.51.100.1", self.names))

    def receive(self, wait: float) -> list[Echo]:
        if self._coming:
            self.now += 0.02
            found, self._coming = self._coming, []
            return found
        self.now += max(wait, 0.001)
        return []

    def close(self) -> None:
        self.closed = True

    def _over_the_limit(self) -> bool:
        if self.limit_a_second is None:
            return False
        second = int(self.now)
        count = self._second[1] + 1 if self._second[0] == second else 1
        self._second = (second, count)
        return count > self.limit_a_second


def measured(
    way: FakeWay,
    *,
    ceiling: int = 1500,
    limit: float = 20.0,
    cancelled: Callable[[], bool] = lambda: False,
    address: str = ADDRESS,
) -> PathMtu:
    """Measure `way`."""
    return measure(
        "mail.example.com",
        address,
        Options(ceiling, limit),
        opener=lambda _: way,
        clock=way.clock,
        cancelled=cancelled,
    )
