"""What commands that run for a while share: Ctrl+C ends them politely, and a file is tried before the work."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Protocol


class Cancellable(Protocol):
    """Something that ends politely when asked."""

    def cancel(self) -> None:
        """End soon, with what is known by then."""


def cancel_on_interrupt(work: Cancellable) -> None:
    """Let Ctrl+C end `work` politely; a second one ends the program. Call it in the running loop."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        work.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # signal.signal instead of add_signal_handler, which Windows does not have.
    signal.signal(signal.SIGINT, lambda number, frame: loop.call_soon_threadsafe(interrupted))


def is_writable(path: Path) -> bool:
    """Return whether `path` can be written, which is better known before the work than after it."""
    is_new = not os.path.lexists(path)
    try:
        with path.open("ab"):
            pass
    except (OSError, ValueError):
        return False
    if is_new:
        path.unlink(missing_ok=True)
    return True
