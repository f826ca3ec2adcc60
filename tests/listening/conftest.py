"""A listening server on loopback for one test, and plain clients to be devices with."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from core.listening import observation as seen
from core.listening.request import Limits, ListenRequest
from core.listening.server import Listening

QUICK = Limits(idle=10, session=30, total=60, peek=0.05)


class Listened:
    """A running server: its port, the events so far, and after the block its document."""

    def __init__(self) -> None:
        self.port = 0
        self.events: list[seen.Event] = []
        self.document: seen.ListenDocument | None = None
        self.listening: Listening

    @property
    def ended(self) -> list[seen.SessionSeen]:
        return [event.seen for event in self.events if isinstance(event, seen.SessionEnded)]

    async def session(self, number: int = 1) -> seen.SessionSeen:
        """Return the `number`-th session once it is over."""
        async with asyncio.timeout(20):
            while True:
                for found in self.ended:
                    if found.number == number:
                        return found
                await asyncio.sleep(0.01)

    async def running(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110  (it may be anything)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(*, host: str = "127.0.0.1", port: int = 0, **choices) -> AsyncIterator[Listened]:
    choices.setdefault("limits", QUICK)
    request = ListenRequest(ports=(port,), addresses=(host,), **choices)
    found = Listened()
    ready = asyncio.get_running_loop().create_future()

    def tell(event: seen.Event) -> None:
        found.events.append(event)
        if isinstance(event, seen.ListeningStarted):
            ready.set_result(event.places[0].port)

    found.listening = Listening(request, tell)
    run = asyncio.ensure_future(found.listening.run())
    await asyncio.wait({run, ready}, return_when=asyncio.FIRST_COMPLETED)
    found.port = ready.result() if ready.done() else run.result()
    try:
        yield found
    finally:
        found.listening.stop()
        found.document = await run


class Device:
    """A device by hand: octets as they are given, with TLS on top where asked."""

    def __init__(self, port: int, *, source: str = "127.0.0.1", greeted: bool = True) -> None:
        self.sock: socket.socket = socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))
        self.buffer = b""
        if greeted:
            self.reply()

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reply(self) -> str:
        lines = []
        while True:
            while b"\n" not in self.buffer:
                data = self.sock.recv(4096)
                if not data:
                    raise ConnectionResetError("closed")
                self.buffer += data
            line, _, self.buffer = self.buffer.partition(b"\n")
            lines.append(line.decode().rstrip("\r"))
            if lines[-1][3:4] != "-":
                return "\n".join(lines)

    def say(self, line: str | bytes, end: bytes = b"\r\n") -> str:
        self.send((line.encode() if isinstance(line, str) else line) + end)
        return self.reply()

    def starttls(self, context: ssl.SSLContext | None = None, name: str | None = None) -> None:
        assert self.say("STARTTLS").startswith("220")
        self.sock = (context or trusting()).wrap_socket(self.sock, server_hostname=name)


def trusting(maximum: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """Return the context of a device that verifies nothing, up to an old version if given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if maximum:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = maximum
    return context


def tool(name: str) -> str:
    """Return the path of a program that plays a device; skip without it, or fail where it must be there."""
    path = shutil.which(name)
    if path:
        return path
    if os.environ.get("SENDPROOF_MTA") == "required":
        pytest.fail(f"SENDPROOF_MTA=required, but {name} is not installed")
    pytest.skip(f"needs {name}")


async def run_tool(*words: str, text: str = "", environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a program with `text` as its input; return its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | (environment or {}),
    )
    try:
        async with asyncio.timeout(40):
            out, _ = await process.communicate(text.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out.decode("utf-8", "replace")
