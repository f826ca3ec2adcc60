"""A small DNS server with real packets over UDP and TCP, that can also behave badly."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from core.request import Endpoint


@dataclass(frozen=True)
class Fails:
    """Answer with this code."""

    code: dns.rcode.Rcode = dns.rcode.SERVFAIL


@dataclass(frozen=True)
class Silent:
    """Never answer."""


@dataclass(frozen=True)
class Rubbish:
    """Answer with bytes that are no DNS message."""

    data: bytes = b"\xff\x00HTTP/1.1 400 Bad Request\r\n"


@dataclass(frozen=True)
class OverTcp:
    """Answer with the truncation bit over UDP, in full over TCP only."""

    records: Sequence[str]


@dataclass(frozen=True)
class Held:
    """Answer once `until` is set."""

    until: asyncio.Event
    records: Sequence[str]


Behaviour = Sequence[str] | Fails | Silent | Rubbish | OverTcp | Held
Zones = Mapping[str, Mapping[str, Behaviour]]


class DnsServer:
    """Answers from `zones`: name → type → records or a behaviour. The name "*" stands for all others."""

    def __init__(self, zones: Zones) -> None:
        self.zones = {name.lower(): dict(types) for name, types in zones.items()}
        self.asked: list[tuple[str, str]] = []
        self.over_tcp = 0
        self.question_came = asyncio.Event()
        self.denied_by: str | None = None
        self.endpoint = Endpoint("127.0.0.1", 0)

    async def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        self.over_tcp += tcp
        self.question_came.set()
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        while True:
            types = self.zones.get(name, self.zones.get("*"))
            if types is None:
                if not any(known.endswith("." + name) for known in self.zones):
                    response.set_rcode(dns.rcode.NXDOMAIN)
                    if self.denied_by is not None:
                        soa = "ns.example. hostmaster.example. 1 3600 600 86400 60"
                        owner = self.denied_by.rstrip(".") + "."
                        response.authority.append(dns.rrset.from_text(owner, 60, "IN", "SOA", soa))
                return response.to_wire()
            behaviour = types.get(kind, types.get("ANY", types.get("CNAME", ())))
            is_alias = kind not in types and "ANY" not in types and "CNAME" in types
            match behaviour:
                case Silent():
                    return None
                case Rubbish(data):
                    return data
                case Fails(code):
                    response.set_rcode(code)
                    return response.to_wire()
                case Held(until, records):
                    await until.wait()
                case OverTcp(records):
                    if not tcp:
                        response.flags |= dns.flags.TC
                        return response.to_wire()
                case records:
                    pass
            if records:
                rrset_kind = "CNAME" if is_alias else kind
                response.answer.append(dns.rrset.from_text_list(name + ".", 60, "IN", rrset_kind, list(records)))
            if not is_alias or len(response.answer) > 20:
                return response.to_wire(max_size=65535)
            name = str(records[0]).rstrip(".").lower()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self.server = server
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(data, address))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, data: bytes, address: tuple[str, int]) -> None:
        answer = await self.server.respond(data, tcp=False)
        if answer is not None:
            self.transport.sendto(answer, address)  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def serving(zones: Zones) -> AsyncIterator[DnsServer]:
    """Serve `zones` on 127.0.0.1, UDP and TCP on the same free port (in `endpoint`)."""
    server = DnsServer(zones)

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            answer = await server.respond(await reader.readexactly(length), tcp=True)
            if answer is not None:
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    for _ in range(20):
        tcp = await asyncio.start_server(conversation, "127.0.0.1", 0)
        port = tcp.sockets[0].getsockname()[1]
        try:
            udp, protocol = await loop.create_datagram_endpoint(lambda: _Udp(server), ("127.0.0.1", port))
            break
        except OSError:
            tcp.close()  # the number is free for TCP only
    server.endpoint = Endpoint("127.0.0.1", port)
    try:
        yield server
    finally:
        answering = list(protocol.tasks)
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        udp.close()
        tcp.close()
        await tcp.wait_closed()


def txt(text: str) -> str:
    """Return a TXT record of `text` in zone file form, in strings of at most 255 octets."""
    parts = [text[start : start + 255] for start in range(0, len(text), 255)] or [""]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)
