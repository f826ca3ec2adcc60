"""A plain client for tests: walks a scenario's own check with sockets and says at which point it had to stop."""

from __future__ import annotations

import base64
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass, field

from core.practice.model import Point, Scenario
from core.practice.server import PracticeServer

MAX_REPLY = 64 * 1024


class Stopped(Exception):
    """The walk can't go on."""


@dataclass
class Walk:
    """Where the walk ended (None: at its end), why, and every reply by point."""

    point: Point | None = None
    why: str = ""
    replies: dict[Point, str] = field(default_factory=dict)


class Client:
    def __init__(self, server: PracticeServer, timeout: float) -> None:
        self.scenario: Scenario = server.scenario
        self.ca_file = server.ca_file
        self.sock = socket.create_connection((server.address, server.port), timeout=timeout)
        self.buffer = b""

    def close(self) -> None:
        self.sock.close()

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            if len(self.buffer) > MAX_REPLY:
                raise Stopped("overlong")
            data = self.sock.recv(8192)
            if not data:
                raise Stopped("closed")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def reply(self) -> str:
        lines: list[str] = []
        size = 0
        while True:
            line = self.line()
            size += len(line)
            if size > MAX_REPLY:
                raise Stopped("endless")
            if not (line[:3].isdigit() and line[3:4] in {b" ", b"-", b""}):
                raise Stopped(f"no reply: {line[:40]!r}")
            lines.append(line.decode())
            if line[3:4] != b"-":
                return "\n".join(lines)

    def send(self, text: str | bytes) -> None:
        self.sock.sendall(text.encode() + b"\r\n" if isinstance(text, str) else text)

    def ask(self, text: str) -> str:
        self.send(text)
        return self.reply()

    def start_tls(self) -> None:
        self.buffer = b""
        context = ssl.create_default_context(cafile=self.ca_file)
        self.sock = context.wrap_socket(self.sock, server_hostname=self.scenario.server, suppress_ragged_eofs=False)


def walk(server: PracticeServer, timeout: float = 2.0) -> Walk:
    """Do the scenario's check against its server."""
    result = Walk()
    with closing(Client(server, timeout)) as client:
        result.point = Point.GREETING
        try:
            for point, want in _steps(client):
                result.point = point
                got = want()
                if got:
                    result.replies[point] = got
            result.point = None
        except TimeoutError:
            result.why = "silence"
        except (ConnectionResetError, ssl.SSLEOFError):
            # Python's ssl tells a reset inside TLS as an end without close_notify.
            result.why = "reset"
        except (Stopped, OSError) as error:
            result.why = str(error)
    return result


def _steps(client: Client):
    scenario, check = client.scenario, client.scenario.check

    def expect(code: str, reply: str) -> str:
        if not reply.startswith(code):
            raise Stopped(reply)
        return reply

    offered = ""

    def hello() -> str:
        nonlocal offered
        offered = expect("250", client.ask(f"EHLO {check.ehlo}"))
        return offered

    if check.security == "tls":
        yield Point.TLS, client.start_tls
    yield Point.GREETING, lambda: expect("220", client.reply())
    yield Point.EHLO, hello
    if check.security == "starttls":

        def starttls() -> str:
            if "STARTTLS" not in offered:
                raise Stopped("STARTTLS is not offered")
            return expect("220", client.ask("STARTTLS"))

        yield Point.STARTTLS, starttls
        yield Point.TLS, client.start_tls
        yield Point.EHLO_TLS, hello
    if check.user:

        def auth() -> str:
            mechanisms = offered.partition("AUTH ")[2].partition("\n")[0].split()
            if check.mechanism != "auto" and check.mechanism.upper() not in mechanisms:
                raise Stopped("the mechanism is not offered")
            if "LOGIN" not in mechanisms:
                raise Stopped("AUTH LOGIN is not offered")
            expect("334", client.ask("AUTH LOGIN"))
            expect("334", client.ask(base64.b64encode(check.user.encode()).decode()))
            return expect("235", client.ask(base64.b64encode(check.password.encode()).decode()))

        yield Point.AUTH, auth
    size = f" SIZE={16 * 1024 * 1024}" if check.attach_size else ""
    yield Point.MAIL_FROM, lambda: expect("250", client.ask(f"MAIL FROM:<{check.sender}>{size}"))
    for recipient in check.recipients:
        yield Point.RCPT_TO, lambda to=recipient: expect("250", client.ask(f"RCPT TO:<{to}>"))
    if check.send:
        yield Point.DATA, lambda: expect("354", client.ask("DATA"))
        yield Point.MESSAGE, lambda: expect("250", client.ask("Subject: test\r\n\r\n..dot\r\n."))
    yield Point.QUIT, lambda: expect("221", client.ask("QUIT")) if scenario else ""
