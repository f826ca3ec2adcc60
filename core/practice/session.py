"""The conversation of a practice server with one client: commands in, the scenario's words out.

Everything the client sends is hostile until proved otherwise: lines, messages, errors and time are bounded, and
nothing it says is kept but for a bounded log and the beginning of its last messages.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, Literal

from core.esmtp import PARAMETERS
from core.practice.faults import ConversationOver, play
from core.practice.model import Account, Fault, FaultKind, Point, Reply, Scenario, When
from core.practice.sign_in import MECHANISMS, Cancelled, Exchange, Malformed
from core.practice.wire import LineTooLong, Wire
from core.session.transcript import render

Direction = Literal["client", "server", "note"]

MAX_LINE: Final = 4096
"""Octets of a command line, more than the 512 of RFC 5321 §4.5.3.1.4, since extensions lengthen it."""

MAX_AUTH_LINE: Final = 12_288
"""Octets of a line that belongs to AUTH (RFC 4954 §4)."""

MAX_RECIPIENTS: Final = 1000
KEPT_MESSAGE: Final = 64 * 1024
"""Octets of a message that are kept to look at."""

_END: Final = b"\r\n.\r\n"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PATH = re.compile(r":[ ]*<([^<>]*)>(?:[ ]+(.*))?", re.DOTALL)
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(<[!-~]{1,250}>)", re.IGNORECASE | re.MULTILINE)
_VERBS: Final = frozenset(
    {"EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP"}
)
_DEFAULTS: Final = {
    Point.STARTTLS: "220 2.0.0 Ready to start TLS",
    Point.MAIL_FROM: "250 2.1.0 Sender OK",
    Point.RCPT_TO: "250 2.1.5 Recipient OK",
    Point.DATA: "354 Start mail input; end with <CRLF>.<CRLF>",
    Point.MESSAGE: "250 2.0.0 OK, queued as {id}",
    Point.QUIT: "221 2.0.0 Service closing transmission channel",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may use. Seconds and octets. `errors` is the number of refused commands before 421."""

    session: float = 900
    idle: float = 300
    errors: int = 50
    message: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was handed over: its envelope, its size, and its beginning (dots unstuffed, RFC 5321 §4.5.2)."""

    sender: str
    recipients: tuple[str, ...]
    size: int
    beginning: bytes


@dataclass(slots=True)
class Surroundings:
    """What a session needs of its server. `visits` counts connections by reply, for answers in sequence."""

    scenario: Scenario
    context: ssl.SSLContext
    limits: Limits
    log: Callable[[int, Direction, str], None]
    keep: Callable[[Message], None]
    visits: dict[Reply, int] = field(default_factory=dict)


class Session:
    """One client's conversation. `run` ends when it ends, and leaves no socket open."""

    def __init__(self, around: Surroundings, wire: Wire, number: int) -> None:
        self._around = around
        self._scenario = around.scenario
        self._wire = wire
        self._number = number
        self._visited: dict[Reply, int] = {}
        self._after_starttls = False
        self._greeted = ""
        self._account: Account | None = None
        self._auth_seen = False
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._recipient = ""
        self._chunks: _Content | None = None
        self._message = _Content()
        self._errors = 0

    async def run(self) -> None:
        """Hold the conversation to its end."""
        cut = False
        try:
            async with asyncio.timeout(self._around.limits.session):
                await self._converse()
        except ConversationOver:
            pass
        except TimeoutError:
            self._note("the time for this session is over")
            cut = True
        except OSError as error:
            self._note(f"the connection broke: {_reason(error)}")
        except asyncio.CancelledError:
            cut = True
            raise
        finally:
            self._wire.close()
            await self._wire.closed(at_once=cut)

    async def _converse(self) -> None:
        scenario = self._scenario
        connect = scenario.faults.get(Point.CONNECT)
        if connect:
            self._note(f"fault at connect: {connect.kind}")
            if connect.kind is FaultKind.DELAY:
                await asyncio.sleep(connect.ms / 1000)
            else:
                self._wire.go_on()
                await play(self._wire, Point.CONNECT, connect, b"", b"")
        at_tls = scenario.faults.get(Point.TLS)
        if not scenario.tls.implicit or (at_tls and not _lets_shake_hands(at_tls)):
            self._wire.go_on()
        if scenario.tls.implicit:
            await self._handshake()
        greeting = await self._answer(Point.GREETING, scenario.greeting)
        refused = not greeting.startswith(b"220")
        while True:
            line = await self._read_line(MAX_AUTH_LINE)
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            self._log_command(verb, line)
            if len(line) > MAX_LINE and verb != "AUTH":
                await self._refuse("500 5.5.2 Line too long")
            elif refused and verb != "QUIT":
                # RFC 5321 §3.1: after a 554 greeting everything but QUIT gets 503.
                await self._refuse("503 5.5.1 Bad sequence of commands")
            else:
                await self._command(verb, rest)

    async def _command(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                await self._hello(verb, rest.strip())
            case "STARTTLS":
                await self._starttls(rest)
            case "AUTH":
                await self._auth(rest)
            case "MAIL":
                await self._mail(rest)
            case "RCPT":
                await self._rcpt(rest)
            case "DATA":
                await self._data(rest)
            case "BDAT":
                await self._bdat(rest)
            case "RSET":
                self._forget()
                await self._send("250 2.0.0 Resetting")
            case "NOOP":
                await self._send("250 2.0.0 OK")
            case "QUIT":
                await self._answer(Point.QUIT, self._words(Point.QUIT))
                raise ConversationOver
            case "VRFY":
                await self._send("252 2.1.5 Cannot VRFY user")
            case "HELP":
                await self._send("214 2.0.0 This is a practice server; see RFC 5321")
            case "EXPN":
                await self._refuse("502 5.5.1 Command not implemented")
            case _:
                await self._refuse("500 5.5.1 Unrecognized command")

    # EHLO and TLS

    async def _hello(self, verb: str, name: str) -> None:
        if not name or not name.isprintable() or " " in name:
            await self._refuse("501 5.5.4 Invalid domain name")
            return
        self._forget()
        self._greeted = name
        point = Point.EHLO_TLS if self._after_starttls else Point.EHLO
        words = self._scripted(point)
        if words is None:
            lines = self._scenario.keywords(after_starttls=self._after_starttls)
            if verb == "HELO":
                lines = lines[:1]
            words = "\n".join(f"250-{line}" for line in lines[:-1]) + f"\n250 {lines[-1]}"
        said = await self._answer(point, words.strip("\n"))
        if not said.startswith(b"250"):
            self._greeted = ""

    def _offers(self, keyword: str) -> bool:
        return self._keyword(keyword) is not None

    def _keyword(self, keyword: str) -> str | None:
        """Return the parameters of an EHLO keyword that the server lists just now; None if it does not."""
        for line in self._scenario.keywords(after_starttls=self._after_starttls)[1:]:
            name, _, parameters = line.replace("=", " ").partition(" ")
            if name.upper() == keyword:
                return parameters
        return None

    async def _starttls(self, rest: str) -> None:
        if rest.strip():
            await self._refuse("501 5.5.4 STARTTLS takes no parameters")
            return
        if self._wire.encrypted:
            await self._refuse("503 5.5.1 TLS is already active")
            return
        if not self._offers("STARTTLS") and Point.STARTTLS not in self._scenario.faults:
            await self._refuse("500 5.5.1 Unrecognized command")
            return
        at_tls = self._scenario.faults.get(Point.TLS)
        if not at_tls or _lets_shake_hands(at_tls):
            self._wire.hold()
        said = await self._answer(Point.STARTTLS, self._words(Point.STARTTLS))
        if not said.startswith(b"220"):
            self._wire.go_on()
            return
        await self._handshake()
        # RFC 3207 §4.2: all that was learnt before the handshake is forgotten.
        self._after_starttls = True
        self._greeted = ""
        self._account = None
        self._forget()

    async def _handshake(self) -> None:
        fault = self._scenario.faults.get(Point.TLS)
        if fault:
            self._note(f"fault at tls: {fault.kind}")
            if not _lets_shake_hands(fault):
                await self._wire.read()  # the client's hello
                await play(self._wire, Point.TLS, fault, b"", self._fault_text(fault))
            if fault.when is When.INSTEAD:
                await asyncio.sleep(fault.ms / 1000)
        try:
            before = await self._wire.start_tls(self._around.context)
        except OSError as error:
            self._note(f"the TLS handshake failed: {_reason(error)}")
            raise ConversationOver from None
        if before:
            self._note(f"{before} octets of plain text before the handshake, thrown away")
        self._note(f"TLS handshake done: {self._wire.tls()}")
        if fault and fault.when is When.AFTER:
            await play(self._wire, Point.TLS, fault, b"", self._fault_text(fault))

    # AUTH

    async def _auth(self, rest: str) -> None:
        self._auth_seen = True
        scenario = self._scenario
        mechanism, _, initial = rest.strip().partition(" ")
        mechanism = mechanism.upper()
        scripted = self._scripted(Point.AUTH)
        if not self._greeted:
            await self._refuse("503 5.5.1 Send EHLO first")
        elif self._account or self._sender is not None:
            await self._refuse("503 5.5.1 Bad sequence of commands")
        elif Point.AUTH in scenario.faults and scenario.faults[Point.AUTH].when is When.INSTEAD:
            await self._fault_at_auth(mechanism)
        elif scripted is not None:
            await self._answer(Point.AUTH, scripted)
        elif scenario.tls.required and not self._wire.encrypted:
            await self._refuse(scenario.tls.required)
        elif mechanism not in MECHANISMS or mechanism not in (self._keyword("AUTH") or "").upper().split():
            await self._refuse(scenario.sign_in.unknown)
        else:
            await self._exchange(mechanism, initial or None)

    async def _fault_at_auth(self, mechanism: str) -> None:
        """Let the fault come instead of the first reply; a delay and the like then go on with the exchange."""
        fault = self._scenario.faults[Point.AUTH]
        if fault.kind in {FaultKind.DELAY, FaultKind.SPLIT, FaultKind.EXTRA}:
            await self._exchange(mechanism, None)
        else:
            await self._answer(Point.AUTH, self._scenario.sign_in.success)

    async def _exchange(self, mechanism: str, initial: str | None) -> None:
        words = self._scenario.sign_in
        exchange = Exchange(self._scenario.accounts, self._host, self._ask)
        try:
            account = await exchange.verify(mechanism, initial)
        except Cancelled:
            await self._refuse("501 5.7.0 Authentication cancelled")
            return
        except Malformed:
            await self._refuse("501 5.5.2 Cannot decode this response")
            return
        answer = (account.answer or words.success) if account else words.failure
        if answer.startswith("235"):
            self._account = account
        said = await self._answer(Point.AUTH, answer)
        if not said.startswith(b"235"):
            self._account = None
            self._count_error()

    async def _ask(self, challenge: bytes) -> str:
        await self._send(f"334 {base64.b64encode(challenge).decode('ascii')}")
        line = await self._read_line(MAX_AUTH_LINE)
        self._log("client", "*" if line == "*" else "***")
        return line

    # The envelope

    async def _mail(self, rest: str) -> None:
        scenario = self._scenario
        path = await self._path(rest, "FROM")
        if path is None:
            return
        address, parameters = path
        if self._sender is not None:
            await self._refuse("503 5.5.1 Sender already specified")
            return
        if scenario.tls.required and not self._wire.encrypted:
            await self._answer_and_count(Point.MAIL_FROM, scenario.tls.required)
            return
        if scenario.sign_in.required and not self._account:
            await self._answer_and_count(Point.MAIL_FROM, scenario.sign_in.required)
            return
        size = parameters.get("SIZE", "0")
        if not size.isascii() or not size.isdigit() or len(size) > 20:
            await self._refuse("501 5.5.4 Invalid SIZE")
            return
        self._sender = address
        words = self._words(Point.MAIL_FROM)
        if int(size) > self._size_limit():
            words = "552 5.3.4 Message size exceeds fixed maximum message size"
        said = await self._answer_and_count(Point.MAIL_FROM, words)
        if not said.startswith(b"2"):
            self._sender = None

    async def _rcpt(self, rest: str) -> None:
        path = await self._path(rest, "TO")
        if path is None:
            return
        if self._sender is None:
            await self._refuse("503 5.5.1 Need MAIL FROM first")
            return
        if len(self._recipients) >= MAX_RECIPIENTS:
            await self._refuse("452 4.5.3 Too many recipients")
            return
        self._recipient = path[0]
        said = await self._answer_and_count(Point.RCPT_TO, self._words(Point.RCPT_TO))
        if said.startswith(b"2"):
            self._recipients.append(self._recipient)

    async def _path(self, rest: str, word: str) -> tuple[str, dict[str, str]] | None:
        """Return the address and parameters of MAIL FROM or RCPT TO; None after refusing them."""
        if not self._greeted:
            await self._refuse("503 5.5.1 Send EHLO first")
            return None
        head, tail = rest[: len(word)], rest[len(word) :]
        match = _PATH.fullmatch(tail) if head.upper() == word else None
        if not match:
            await self._refuse(f"501 5.5.4 Syntax: {'MAIL' if word == 'FROM' else 'RCPT'} {word}:<address>")
            return None
        address = match[1]
        domain = address.rpartition("@")[2]
        null_path = word == "FROM" and not address
        if not null_path and (not address.isprintable() or address.startswith("@") or not domain or "@" not in address):
            await self._refuse(f"501 5.1.{'7' if word == 'FROM' else '3'} Invalid address")
            return None
        if not address.isascii() and not self._offers("SMTPUTF8"):
            await self._refuse("553 5.6.7 SMTPUTF8 is not supported here")
            return None
        parameters = {}
        for item in (match[2] or "").split():
            name, _, value = item.partition("=")
            if not self._offers(PARAMETERS.get(name.upper(), "-")):
                await self._refuse("555 5.5.4 Unsupported option")
                return None
            parameters[name.upper()] = value
        return address, parameters

    # The message

    async def _data(self, rest: str) -> None:
        if rest.strip():
            await self._refuse("501 5.5.4 DATA takes no parameters")
        elif not self._recipients or self._chunks is not None:
            await self._refuse("503 5.5.1 Bad sequence of commands")
        else:
            said = await self._answer_and_count(Point.DATA, self._words(Point.DATA))
            if said.startswith(b"354"):
                await self._finish_message(await self._read_message())

    async def _read_message(self) -> _Content:
        """Read up to the line that holds a single dot; only CRLF counts as a line end there (RFC 5321 §4.1.1.4)."""
        content = _Content()
        tail = b"\r\n"  # the message may begin with the dot that ends it
        while True:
            async with self._patience():
                chunk = await self._wire.read()
            if not chunk:
                self._note("the client left in the middle of a message")
                raise ConversationOver
            data = tail + chunk
            found = data.find(_END)
            if found >= 0:
                self._wire.push_back(data[found + len(_END) :])
                data = data[: found + 2]
            keep = 0 if found >= 0 else len(_END) - 1
            content.add(data[: len(data) - keep])
            tail = data[len(data) - keep :]
            if content.size > self._around.limits.message:
                await self._send("552 5.3.4 Too much mail data")
                raise ConversationOver
            if found >= 0:
                content.unstuff()
                return content

    async def _bdat(self, rest: str) -> None:
        """Take a chunk (RFC 3030 §2)."""
        match = re.fullmatch(r"([0-9]{1,12})(?: (LAST))?", rest.strip(), re.IGNORECASE)
        if not self._offers("CHUNKING"):
            await self._refuse("500 5.5.1 Unrecognized command")
            return
        if not match:
            await self._refuse("501 5.5.4 Syntax: BDAT size [LAST]")
            return
        size = int(match[1])
        if size > self._around.limits.message:
            await self._send("552 5.3.4 Too much mail data")
            raise ConversationOver
        if await self._skip(size) < size:
            raise ConversationOver
        if not self._recipients:
            await self._refuse("503 5.5.1 Bad sequence of commands")
            return
        self._chunks = self._chunks or _Content()
        self._chunks.size += size
        if self._chunks.size > self._around.limits.message:
            await self._send("552 5.3.4 Too much mail data")
            raise ConversationOver
        if match[2]:
            await self._finish_message(self._chunks)
        else:
            await self._send(f"250 2.0.0 {size} octets received")

    async def _skip(self, size: int) -> int:
        async with self._patience():
            return await self._wire.read_exactly(size)

    async def _finish_message(self, content: _Content) -> None:
        self._log("client", f"[message, {content.size} octets]")
        self._message = content
        words = self._words(Point.MESSAGE)
        if content.size > self._size_limit():
            words = "552 5.3.4 Message size exceeds fixed maximum message size"
        elif content.bare_linefeeds and self._scenario.bare_linefeed:
            words = self._scenario.bare_linefeed
        said = await self._answer_and_count(Point.MESSAGE, words)
        if said.startswith(b"2"):
            kept = Message(self._sender or "", tuple(self._recipients), content.size, bytes(content.beginning))
            self._around.keep(kept)
        self._forget()

    def _size_limit(self) -> int:
        """Return the size that the server announces (RFC 1870); the practice server's own bound without one."""
        announced = (self._keyword("SIZE") or "").strip()
        return int(announced) if announced.isdigit() and int(announced) else self._around.limits.message

    def _forget(self) -> None:
        """Forget the transaction (RFC 5321 §4.1.1.5)."""
        self._sender = None
        self._recipients.clear()
        self._recipient = ""
        self._chunks = None

    # Reading, answering, logging

    def _patience(self) -> asyncio.Timeout:
        return asyncio.timeout(self._around.limits.idle)

    async def _read_line(self, limit: int) -> str:
        """Return the next line without its line end. Answers lines that are too long or no text by itself."""
        while True:
            try:
                async with self._patience():
                    data = await self._wire.read_line(limit)
            except LineTooLong:
                self._note("a line that is too long")
                await self._refuse("500 5.5.2 Line too long")
                continue
            except TimeoutError:
                await self._send("421 4.4.2 Timeout while waiting for the client")
                raise ConversationOver from None
            if not data:
                self._note("the client closed the connection")
                raise ConversationOver
            try:
                return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
            except UnicodeDecodeError:
                self._log("client", "***" if self._auth_seen else render(data[:MAX_LINE].rstrip(b"\r\n")))
                await self._refuse("500 5.5.2 This is no text")

    async def _answer_and_count(self, point: Point, words: str) -> bytes:
        said = await self._answer(point, words)
        if said[:1] not in {b"2", b"3"}:
            self._count_error()
        return said

    async def _refuse(self, words: str) -> None:
        await self._send(words)
        self._count_error()

    def _count_error(self) -> None:
        self._errors += 1
        if self._errors > self._around.limits.errors:
            self._note("too many errors")
            raise ConversationOver

    async def _send(self, words: str) -> bytes:
        data = self._fill(words)
        await asyncio.sleep(self._scenario.delay_ms / 1000)
        self._log_said(data)
        await self._wire.write(data)
        return data

    async def _answer(self, point: Point, words: str) -> bytes:
        """Send the reply of a point, or let its fault happen. Returns what was said in its place."""
        fault = self._scenario.faults.get(point)
        if not fault:
            return await self._send(words)
        if fault.when is When.AFTER:
            said = await self._send(words)
            self._note(f"fault after {point}: {fault.kind}")
            await play(self._wire, point, fault, b"", self._fault_text(fault))
            return said
        self._note(f"fault at {point}: {fault.kind}")
        reply = self._fill(words)
        said = await play(self._wire, point, fault, reply, self._fault_text(fault))
        self._log_said(said)
        return said

    def _fault_text(self, fault: Fault) -> bytes:
        return self._fill(fault.text) if fault.text else b""

    def _words(self, point: Point) -> str:
        """Return the reply for a point: the first scripted one that fits, else the usual one."""
        scripted = self._scripted(point)
        return _DEFAULTS[point] if scripted is None else scripted

    def _scripted(self, point: Point) -> str | None:
        fits = self._scenario.fits
        for reply in self._scenario.replies:
            if (
                reply.to is point
                and fits(reply.ehlo, self._greeted)
                and fits(reply.sender, self._sender or "")
                and fits(reply.recipient, self._recipient)
            ):
                visit, count = self._visit(reply), len(reply.answers)
                return reply.answers[visit % count if reply.in_turn else min(visit, count - 1)]
        return None

    def _visit(self, reply: Reply) -> int:
        """Return how many connections before this one have come to this reply."""
        if reply not in self._visited:
            self._visited[reply] = self._around.visits.get(reply, 0)
            self._around.visits[reply] = self._visited[reply] + 1
        return self._visited[reply]

    @property
    def _host(self) -> str:
        return self._scenario.host or self._scenario.server

    def _fill(self, words: str) -> bytes:
        """Return a reply as it goes over the wire: placeholders filled in, each line with CRLF."""
        now = datetime.now(UTC)
        found = _MESSAGE_ID.search(self._message.beginning)
        values = {
            "client_address": self._scenario.client_address,
            "server": self._scenario.server,
            "host": self._host,
            "ehlo": self._greeted,
            "sender": self._sender or "",
            "recipient": self._recipient,
            "user": self._account.user if self._account else "",
            "date": format_datetime(now),
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
            "id": secrets.token_hex(8).upper(),
            "number": str(10**13 + secrets.randbelow(9 * 10**13)),
            "message_id": found[1].decode("ascii") if found else f"<{secrets.token_hex(8)}@{self._host}>",
            "size": str(self._message.size),
        }
        # What the client said is printable already; it is cut so that a reply stays a reply.
        text = _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0])[:320], words)
        return b"".join(line.encode("utf-8", "replace") + b"\r\n" for line in text.splitlines())

    def _log_command(self, verb: str, line: str) -> None:
        if verb == "AUTH":
            mechanism = line.split()[1].upper() if len(line.split()) > 1 else ""
            known = mechanism if mechanism in MECHANISMS else "***" if mechanism else ""
            initial = "***" if len(line.split()) > 2 and known != "***" else ""
            self._log("client", " ".join(part for part in ("AUTH", known, initial) if part))
        elif self._auth_seen and verb not in _VERBS:
            # A client that is out of step may send its password as a command.
            self._log("client", "***")
        else:
            self._log("client", line)

    def _log_said(self, data: bytes) -> None:
        for line in data.removesuffix(b"\r\n").split(b"\r\n"):
            self._log("server", render(line))

    def _log(self, direction: Direction, text: str) -> None:
        self._around.log(self._number, direction, render(text))

    def _note(self, text: str) -> None:
        self._log("note", text)


class _Content:
    """The size of a message, its beginning, and whether it has bare line feeds."""

    def __init__(self) -> None:
        self.size = 0
        self.beginning = bytearray()
        self.bare_linefeeds = False
        self._last = b""
        self._stuffed = 0

    def add(self, data: bytes) -> None:
        """Count and look at a piece; the first one begins with the CRLF of the line before."""
        if not data:
            return
        around = self._last + data
        ends = around.count(b"\r\n") - self._last.count(b"\r\n")
        if around.count(b"\n") - self._last.count(b"\n") != ends:
            self.bare_linefeeds = True
        self._stuffed += around.count(b"\r\n.") - self._last.count(b"\r\n.")
        self._last = around[-2:]
        self.size += len(data)
        if len(self.beginning) < KEPT_MESSAGE:
            self.beginning += data[: KEPT_MESSAGE - len(self.beginning)]

    def unstuff(self) -> None:
        """Take away the line end before the message and the dots that were put before dots (RFC 5321 §4.5.2)."""
        self.size -= 2 + self._stuffed
        del self.beginning[:2]
        if self.beginning[:1] == b".":
            del self.beginning[:1]
        self.beginning = self.beginning.replace(b"\r\n.", b"\r\n")


def _lets_shake_hands(fault: Fault) -> bool:
    return fault.kind is FaultKind.DELAY or fault.when is When.AFTER


def _reason(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error.strerror or str(error) or type(error).__name__)
