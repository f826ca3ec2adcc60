"""How long a whole conversation takes with a server that answers each command 100 ms late, beside swaks.

Both do the same steps: connect, EHLO, STARTTLS, EHLO, AUTH PLAIN, MAIL FROM, RCPT TO, QUIT. The server holds the
watch, from TCP established to the end of the connection, so that neither program's start counts.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
from collections.abc import Callable

from tests.bench.late_server import Conversation, LateServer, late_server
from tests.bench.table import Row

RUNS = 5
STEPS = ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "QUIT"]


def swaks(server: LateServer) -> None:
    """Hold the conversation with swaks."""
    program = shutil.which("swaks")
    if program is None:
        raise FileNotFoundError("the comparison needs swaks (Debian packages swaks and libnet-ssleay-perl)")
    subprocess.run(
        [
            *(program, "--server", server.host, "--port", str(server.port), "--helo", "copier.example.com"),
            *("--tls", "--tls-verify", "--tls-ca-path", str(server.ca_file)),
            *("--auth", "PLAIN", "--auth-user", "scanner@example.com", "--auth-password", "secret"),
            *("--from", "scanner@example.com", "--to", "anna@example.com", "--quit-after", "RCPT"),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )


def measure(server: LateServer, client: Callable[[LateServer], None]) -> tuple[float, Conversation]:
    """Return the median time in milliseconds and the last conversation; each has to consist of `STEPS`."""
    times = []
    for _ in range(RUNS):
        client(server)
        conversation = server.next_conversation()
        if conversation.commands != STEPS:
            raise RuntimeError(f"the steps were {' '.join(conversation.commands)}, not {' '.join(STEPS)}")
        times.append(conversation.seconds * 1000)
    return statistics.median(times), conversation


def bench() -> list[Row]:
    """Return the time and the round trips of one conversation."""
    with late_server() as server:
        milliseconds, conversation = measure(server, swaks)
    note = f"{conversation.waits} round trips of 100 ms, median of {RUNS}"
    return [Row("conversation, swaks", milliseconds, "ms", note=note)]
