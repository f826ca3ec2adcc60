"""The sockets of Linux against this computer itself, and what TCP says of the packets it received."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

import pytest

from core.pathmtu.interface import interface_mtu
from core.pathmtu.measure import measure
from core.pathmtu.segments import largest_packet_received, packet_bytes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def test_the_checksum_is_that_of_rfc_1071():
    from core.pathmtu.linux import checksum

    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == ~0xDDF2 & 0xFFFF  # the example of RFC 1071 §3
    assert checksum(b"\x01") == ~0x0100 & 0xFFFF


def test_an_echo_has_the_size_asked_for(monkeypatch):
    from core.pathmtu import linux

    def no_socket(family):
        return socket.socket(family, socket.SOCK_DGRAM), True

    monkeypatch.setattr(linux, "_open", no_socket)
    for address, header in (("127.0.0.1", 20), ("::1", 40)):
        prober = linux.LinuxProber(address)
        try:
            packet = prober._packet(7, 1500 - header - 8)
        finally:
            prober.close()
        assert len(packet) + header == 1500
        kind, _, _, _, sequence = struct.unpack_from("!BBHHH", packet)
        assert (kind, sequence) == (128 if header == 40 else 8, 7)
        if header == 20:
            assert linux.checksum(packet) == 0


def test_no_socket_at_all_is_said_plainly(monkeypatch):
    def refuse(*_args, **_more):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("core.pathmtu.linux.socket.socket", refuse)
    result = measure("mail.example.com", "203.0.113.2")
    assert (result.state, result.outcome) == ("not-allowed", "unknown")
    assert "ping_group_range" in result.meaning.text


def test_this_computer_answers():
    result = measure("localhost", "127.0.0.1")
    if result.state == "not-allowed":
        pytest.skip(result.reason)
    assert (result.state, result.mtu, result.limit) == ("measured", 1500, "none")


def test_the_interface_of_this_computer():
    assert (interface_mtu("127.0.0.1") or 0) >= 1500
    assert interface_mtu("no address") is None


async def test_the_largest_packet_that_a_connection_received():
    async def talk(reader, writer):
        await reader.readexactly(1)
        writer.write(b"x" * 20_000)
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        done.set()

    done = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert largest_packet_received(writer.transport) is None  # nothing has come yet but the kernel's guess
        writer.write(b"?")
        await reader.readexactly(20_000)
        assert (largest_packet_received(writer.transport) or 0) > 1000
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(10):
            await done.wait()


@pytest.mark.parametrize(
    ("options", "received", "six", "packet"),
    [(0, 1460, False, 1500), (1, 1448, False, 1500), (1, 1428, True, 1500), (1, 536, False, None)],
)
def test_a_packet_is_a_segment_with_its_headers(options, received, six, packet):
    info = struct.pack("=8B4I", 1, 0, 0, 0, 0, options, 0, 0, 200, 40, 1448, received) + bytes(80)
    assert packet_bytes(info, six=six) == packet


def test_what_the_system_does_not_tell_is_not_known():
    assert packet_bytes(b"", six=False) is None
    assert largest_packet_received(None) is None
