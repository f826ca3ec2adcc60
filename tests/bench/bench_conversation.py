"""How long a whole conversation takes with a server that answers each command 100 ms late, beside swaks.

Both do the same steps: connect, EHLO, STARTTLS, EHLO, AUTH PLAIN, MAIL FROM, RCPT TO, QUIT; Sendproof also takes the
message transaction back with RSET. The server holds the watch, from TCP established to the end of the connection, so
that neither program's start counts.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
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


def sendproof(server: LateServer) -> None:
    """Hold the conversation with Sendproof's terminal program."""
    subprocess.run(
        [
            *(sys.executable, "-m", "core", "check", "--server", "localhost", "--port", str(server.port), "--ip", "4"),
            *("--ehlo", "copier.example.com", "--security", "starttls", "--ca-file", str(server.ca_file)),
            *("--auth", "plain", "--user", "scanner@example.com", "--password-stdin"),
            *("--from", "scanner@example.com", "--to", "anna@example.com", "--no-dns-evidence"),
        ],
        check=True,
        input=b"secret\n",
        capture_output=True,
        timeout=30,
    )


def measure(server: LateServer, client: Callable[[LateServer], None]) -> tuple[float, Conversation]:
    """Return the median time in milliseconds and the last conversation; a program of its own for each."""
    conversations = []
    for _ in range(RUNS):
        client(server)
        conversations.append(server.next_conversation())
    return median_of(conversations)


def measure_in_one_program(server: LateServer) -> tuple[float, Conversation]:
    """Return the same for one running program, as the window is, after a first conversation."""
    client = [sys.executable, "-m", "tests.bench.conversation_client"]
    subprocess.run(
        [*client, str(server.port), str(server.ca_file), str(RUNS + 1)], check=True, capture_output=True, timeout=60
    )
    return median_of([server.next_conversation() for _ in range(RUNS + 1)][1:])


def median_of(conversations: list[Conversation]) -> tuple[float, Conversation]:
    """Return the median time in milliseconds and the last one; each has to consist of `STEPS`."""
    for conversation in conversations:
        steps = [command for command in conversation.commands if command != "RSET"]
        if steps != STEPS:
            raise RuntimeError(f"the steps were {' '.join(steps)}, not {' '.join(STEPS)}")
    return statistics.median(conversation.seconds * 1000 for conversation in conversations), conversations[-1]


def bench() -> list[Row]:
    """Return the time and the round trips of one conversation."""
    with late_server() as server:
        theirs, their_talk = measure(server, swaks)
        ours, our_talk = measure_in_one_program(server)
        first, first_talk = measure(server, sendproof)
    beside = f"swaks: {theirs:,.1f} ms"
    return [
        Row("conversation, Sendproof", ours, "ms", beside, f"{_note(our_talk)}, in a running program"),
        Row("conversation, sendproof check", first, "ms", beside, f"{_note(first_talk)}, the first of a program"),
        Row("conversation, swaks", theirs, "ms", note=_note(their_talk)),
    ]


def _note(conversation: Conversation) -> str:
    return f"{conversation.waits} round trips of 100 ms, median of {RUNS}"
