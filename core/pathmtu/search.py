"""Which sizes to try next: a search that knows the usual values, bears lost packets, and believes only echoes.

Pure: sizes and answers in, the next sizes out. A size counts as lost only after `TRIES` echoes without an answer while
a smaller one, sent right behind it, did come back: a busy line or a limit for pings looks like a black hole otherwise.
For the same reason the largest of a round goes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

USUAL = (1500, 1492, 1480, 1472, 1460, 1452, 1440, 1420, 1400, 1380, 1280)
"""Sizes met in practice, tried first (their meaning: resources/knowledge/mtu.toml)."""

TRIES = 3
"""So many echoes of a size have to stay unanswered."""

WIDTH = 4
"""So many sizes are tried side by side: more could meet a limit for pings."""

End = Literal["measured", "silent", "below", "unsteady"]
"""measured: `low` is the MTU (or at least the ceiling). silent: not even the floor came back. below: the floor is too
big. unsteady: so many packets get lost that nothing follows from it."""


class Search:
    """The search between `floor` and `ceiling`, both in bytes and included.

    Ask `next_round` for sizes, send them, report every answer with `passed` or `refused`, close the round with
    `unanswered`; empty means that `end` is set.
    """

    def __init__(self, floor: int, ceiling: int) -> None:
        self.floor = floor
        self.ceiling = ceiling
        self.end: End | None = None
        self._losses: dict[int, int] = {}
        self._refused: set[int] = set()
        self._named: set[int] = set()
        self._shaky = 0
        self.low: int | None = None

    @property
    def high(self) -> int | None:
        """The smallest size above `low` that did not come back so far, None if there is none."""
        above = [size for size in (*self._losses, *self._refused) if self.low is None or size > self.low]
        return min(above, default=None)

    @property
    def high_was_refused(self) -> bool:
        """Whether somebody said that `high` is too big, rather than losing it."""
        return self.high in self._refused

    def passed(self, size: int) -> None:
        """An echo of `size` came back."""
        if self.low is None or size > self.low:
            self.low = size
        self._losses.pop(size, None)

    def refused(self, size: int, named: int | None = None) -> None:
        """Somebody said that `size` is too big, and perhaps `named` a size that fits: a hint that is tried."""
        self._refused.add(size)
        if named is not None:
            self._named.add(named)

    def unanswered(self, sizes: Iterable[int]) -> None:
        """A round is over and these sizes of it had no answer; call it with none too."""
        lost = set(sizes) - self._refused
        if self.low is not None and self.low in lost:
            # The size that is known to pass was lost as well: this round says nothing.
            self._shaky += 1
            lost = {size for size in lost if size < self.low}
        for size in lost:
            if self.low is None or size > self.low:
                self._losses[size] = self._losses.get(size, 0) + 1

    def next_round(self) -> tuple[int, ...]:
        """Return the sizes to send now, side by side; empty when `end` is set."""
        if self.end is not None:
            return ()
        if self._shaky > 2 * TRIES:
            self.end = "unsteady"
            return ()
        if self.low is None:
            if self.floor in self._refused:
                self.end = "below"
                return ()
            if self._losses.get(self.floor, 0) >= TRIES:
                self.end = "silent"
                return ()
            return tuple(dict.fromkeys((self.ceiling, self.floor)))
        if self.low >= self.ceiling:
            self.end = "measured"
            return ()
        high = self.high
        if high is None:  # the first round's answer for the ceiling is still to come
            return (self.ceiling,)
        if high == self.low + 1:
            return self._decide(high)
        between = self._between(self.low, high)
        doubtful = high not in self._refused and self._losses[high] < 2
        return (high, *between) if doubtful else between

    def _decide(self, high: int) -> tuple[int, ...]:
        assert self.low is not None
        if high in self._refused or self._losses[high] >= TRIES:
            self.end = "measured"
            return ()
        return (high, self.low)

    def _between(self, low: int, high: int) -> tuple[int, ...]:
        """Return up to WIDTH sizes between two bounds: what a router named, else the usual ones, else a spread."""
        named = [size for size in self._named if low < size < high]
        if named:
            self._named.difference_update(named)
            best = max(named)
            return (best + 1, best) if best + 1 < high else (best,)
        inside = sorted((size for size in USUAL if low < size < high), reverse=True)
        if not inside:
            inside = list(range(high - 1, low, -1))
        if len(inside) <= WIDTH:
            return tuple(inside)
        step = (len(inside) + 1) / (WIDTH + 1)
        return tuple(dict.fromkeys(inside[round(step * number) - 1] for number in range(1, WIDTH + 1)))
