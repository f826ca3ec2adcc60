"""Work on a disk that may be slow, beside the loop that talks to mail servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """Return what `work()` returns in a thread of its own; the loop goes on meanwhile."""
    return await asyncio.to_thread(work)
