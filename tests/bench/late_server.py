"""A submission server that answers each command late, and counts how often a client had to wait for it.

It stands for a far-away server: what a client sends together is answered together, so only waiting costs time.
STARTTLS and AUTH PLAIN are real as far as the client can tell; nothing is judged and nothing delivered.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.mta.certificates import make_certificates

DELAY = 0.1
"""Seconds from a command's arrival to its reply; the greeting is as late."""

SERVER_NAME = "localhost"


@dataclass
class Conversation:
    """What the server saw of one connection."""

    commands: list[str] = field(default_factory=list)
    """The verbs in the order of their arrival."""
    waits: int = 0
    """Round trips: how often the client had nothing under way until a reply came; the greeting is the first."""
    seconds: float = 0.0
    """From TCP established to the end of the connection."""
    encrypted: bool = False


class _Connection(asyncio.Protocol):
    """One client. Replies leave in the order of the commands, each `DELAY` after its own arrived."""

    def __init__(self, server: LateServer) -> None:
        self.server = server
        self.conversation = Conversation()
        self.buffer = b""
        self.outstanding = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.began = time.monotonic()
        self.answer_late(b"220 smtp.example.com ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n" in self.buffer:
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            self.receive(line.decode("ascii", "replace"))

    def receive(self, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        self.conversation.commands.append(verb)
        match verb:
            case "EHLO":
                extensions = ["smtp.example.com", "PIPELINING", "SIZE 36700160", "8BITMIME", "ENHANCEDSTATUSCODES"]
                extensions.append("AUTH PLAIN LOGIN" if self.conversation.encrypted else "STARTTLS")
                lines = [f"250-{extension}" for extension in extensions]
                lines[-1] = lines[-1].replace("-", " ", 1)
                self.answer_late("".join(f"{text}\r\n" for text in lines).encode())
            case "STARTTLS":
                self.answer_late(b"220 2.0.0 Ready to start TLS\r\n", then=self.start_tls)
            case "AUTH":
                self.answer_late(b"235 2.7.0 Authentication successful\r\n")
            case "MAIL" | "RCPT" | "RSET" | "NOOP":
                self.answer_late(b"250 2.1.0 Ok\r\n")
            case "QUIT":
                self.answer_late(b"221 2.0.0 Bye\r\n", then=self.close)
            case _:
                self.answer_late(b"502 5.5.1 Command not implemented\r\n")

    def answer_late(self, reply: bytes, then: object = None) -> None:
        if self.outstanding == 0:
            self.conversation.waits += 1
        self.outstanding += 1
        asyncio.get_running_loop().call_later(DELAY, self.answer, reply, then)

    def answer(self, reply: bytes, then: object) -> None:
        self.outstanding -= 1
        self.transport.write(reply)
        if callable(then):
            then()

    def start_tls(self) -> None:
        self.transport.pause_reading()
        task = asyncio.get_running_loop().create_task(self.encrypt())
        self.server.tasks.add(task)
        task.add_done_callback(self.server.tasks.discard)

    async def encrypt(self) -> None:
        loop = asyncio.get_running_loop()
        # Said before the handshake ends: a client's EHLO may be read in the same turn of the loop that ends it.
        self.conversation.encrypted = True
        try:
            encrypted = await loop.start_tls(self.transport, self, self.server.context, server_side=True)
        except (OSError, ssl.SSLError):
            self.conversation.encrypted = False
            self.close()
            return
        assert encrypted is not None
        self.transport = encrypted

    def close(self) -> None:
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.conversation.seconds = time.monotonic() - self.began
        self.server.finished(self.conversation)


class LateServer:
    """The server, running in a thread of its own. Use `late_server()`."""

    host = "127.0.0.1"
    server_name = SERVER_NAME

    def __init__(self, folder: Path) -> None:
        certificates = make_certificates([SERVER_NAME], [self.host])
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(certificates.authority)
        chain = folder / "server.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(certificates.key + certificates.chain)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)
        self.tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self._conversations: list[Conversation] = []
        self._changed = threading.Condition()

    def finished(self, conversation: Conversation) -> None:
        """Keep a conversation that has ended."""
        with self._changed:
            self._conversations.append(conversation)
            self._changed.notify_all()

    def next_conversation(self, within: float = 10.0) -> Conversation:
        """Take the oldest conversation that has ended and was not taken; wait for it `within` seconds.

        Raises:
            TimeoutError: none has ended in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._conversations, within):
                raise TimeoutError("no conversation with the server has ended")
            return self._conversations.pop(0)


@contextlib.contextmanager
def late_server() -> Iterator[LateServer]:
    """Run a `LateServer` on a free port of 127.0.0.1."""
    with tempfile.TemporaryDirectory(prefix="sendproof-bench-") as folder:
        server = LateServer(Path(folder))
        loop = asyncio.new_event_loop()
        listener = loop.run_until_complete(loop.create_server(lambda: _Connection(server), server.host, 0))
        server.port = listener.sockets[0].getsockname()[1]
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            listener.close()
            loop.run_until_complete(listener.wait_closed())
            loop.close()
