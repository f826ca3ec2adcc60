"""What the trials of the built program share: waiting, failing, servers beside it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from installer.machine import ROOT

WAIT_SECONDS = 60
FOUNDING_CASE = "spamhaus-block"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Failed(Exception):
    """What the built program did wrong."""


def expect(condition: object, text: str) -> None:
    """Raise Failed with `text` unless `condition` holds."""
    if not condition:
        raise Failed(text)


def until(look: Callable[[], Any], text: str, limit: float = WAIT_SECONDS) -> Any:
    """Look again and again until something is found, and return it. Raises Failed with `text` at the limit."""
    end = time.monotonic() + limit
    while not (found := look()):
        if time.monotonic() > end:
            raise Failed(f"{text} (waited {limit:.0f} s)")
        time.sleep(0.1)
    return found


def free_port() -> int:
    """Return a port of this computer that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Return whether somebody listens on a port of this computer."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def practice_server(scenario: str) -> Iterator[int]:
    """Play a scenario on this computer while the body runs; gives the port."""
    port = free_port()
    command = [sys.executable, "-m", "core", "practice", scenario, "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            until(lambda: answers(port), f"the practice server {scenario} did not start")
            yield port
        finally:
            server.terminate()
            server.wait(WAIT_SECONDS)
