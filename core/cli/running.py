"""What commands that run for a while share: Ctrl+C ends them politely."""

from __future__ import annotations

import asyncio
import signal
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
