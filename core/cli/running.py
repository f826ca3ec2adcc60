"""What commands that run for a while have in common: Ctrl+C, and whether the result can be written in the end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path


def on_interrupt(cancel: Callable[[], None]) -> None:
    """Let Ctrl+C call `cancel` in the running loop, to end politely; a second one ends the program."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # signal.signal instead of add_signal_handler, which Windows does not have.
    signal.signal(signal.SIGINT, lambda number, frame: loop.call_soon_threadsafe(interrupted))


def writable(path: Path) -> bool:
    """Return whether `path` can be written, which is better known before a check than after it."""
    is_new = not os.path.lexists(path)
    try:
        with path.open("ab"):
            pass
    except (OSError, ValueError):
        return False
    if is_new:
        path.unlink(missing_ok=True)
    return True
