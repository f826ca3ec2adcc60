"""Hostile connections: rubbish, floods, half-open ones. Listening goes on, and its memory stays flat."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import socket
import tracemalloc
from pathlib import Path

import pytest

from core.listening import server as server_module
from core.listening.observation import PeerTurnedAway, to_json
from core.listening.request import Limits, is_local
from tests.listening.conftest import Device, Listened, listening

TLS_GARBAGE = bytes.fromhex("160301ffff01") + bytes(range(256)) * 64
HOSTILE = [
    lambda sock: sock.sendall(os.urandom(20_000)),
    lambda sock: sock.sendall(b"A" * 300_000),
    lambda sock: sock.sendall(b"\r\n" * 20_000),
    lambda sock: sock.sendall(b"NOOP\r\n" * 5_000),
    lambda sock: sock.sendall(b"EHLO " + b"x" * 50_000 + b"\r\n"),
    lambda sock: sock.sendall(b"EHLO x\r\n" * 2_000),
    lambda sock: sock.sendall(TLS_GARBAGE),
    lambda sock: sock.sendall(b"EHLO x\r\nSTARTTLS\r\n" + TLS_GARBAGE),
    lambda sock: sock.sendall(b"EHLO x\r\nAUTH LOGIN\r\n" + b"QUFB" * 30_000),
    lambda sock: sock.sendall(b"EHLO x\r\n" + b"AUTH PLAIN AAAA\r\n" * 300),
    lambda sock: sock.sendall(
        b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + b"endless " * 200_000
    ),
    lambda sock: sock.sendall(
        b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
         b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
         b"--b\r\nContent-Type: application/x; name=\"" + b"n" * 900 + b"\"\r\n\r\nx\r\n" * 3_000
        + b"--b--\r\n.\r\nQUIT\r\n"
    ),
    lambda sock: sock.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n" + b"RCPT TO:<c@d.example>\r\n" * 3_000),
    lambda sock: sock.sendall(b"EHLO x\r\n" + b"MAIL FROM:<a@b.example>\r\nRSET\r\n" * 1_000),
    lambda sock: sock.sendall(b"GET / HTTP/1.1\r\n\r\n"),
    lambda sock: sock.sendall(b"\0" * 5_000 + b"\n"),
    lambda sock: sock.sendall(b"EHLO x\r\nBDAT 999999999999\r\n" + b"y" * 100_000),
    lambda sock: sock.sendall("EHLO \u202eevil\x1b[31m\r\n".encode()),
    lambda sock: None,  # half-open: connected, and silent
    lambda sock: sock.sendall(b"E"),  # a slow one that never ends its word
]  # fmt: skip

LIMITS = Limits(
    idle=1.0, session=4.0, total=200, peek=0.01, message=1_000_000, connections=20, per_peer=20, sessions=30,
    octets=10**9, handshake=1.0, peers=10,
)  # fmt: skip


def attack(port: int, number: int) -> None:
    source = f"127.0.0.{2 + number % 50}"
    with socket.socket() as sock:
        sock.settimeout(6)
        sock.bind((source, 0))
        try:
            sock.connect(("127.0.0.1", port))
            HOSTILE[number % len(HOSTILE)](sock)
            if number % 3 == 0:
                return  # and gone, with all that is unread
            while sock.recv(65536):
                pass
        except OSError:
            pass


async def storm(server: Listened, count: int) -> None:
    waiting = asyncio.Semaphore(30)

    async def one(number: int) -> None:
        async with waiting:
            await asyncio.to_thread(attack, server.port, number)

    numbers = list(range(count))
    random.Random(7).shuffle(numbers)
    await asyncio.gather(*(one(number) for number in numbers))
    await server.running(lambda: not server.listening._running)


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def good_device(port: int) -> str:
    with Device(port, source="127.0.0.200") as device:
        device.say("EHLO good")
        device.starttls()
        device.say("EHLO good")
        device.say("MAIL FROM:<a@contoso.com>")
        device.say("RCPT TO:<b@contoso.com>")
        device.say("DATA")
        reply = device.say(b"Subject: x\r\n\r\nhello\r\n.")
        device.say("QUIT")
        return reply


@pytest.mark.timeout(240)
async def test_200_hostile_connections_leave_it_working_at_flat_memory(record_property):
    async with listening(limits=LIMITS) as server:
        await storm(server, 60)  # what is loaded and kept once is loaded now
        server.events.clear()
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            peaks = []
            for count in (200, 100):
                await storm(server, count)
                server.events.clear()
                gc.collect()
                now, peak = tracemalloc.get_traced_memory()
                peaks.append((now - before, peak - before))
                tracemalloc.reset_peak()
        finally:
            tracemalloc.stop()
        assert (await asyncio.to_thread(good_device, server.port)).startswith("250")
        await server.running(lambda: any(seen.hello == "good" for seen in server.listening.sessions))
        descriptors = open_files()
    document = server.document
    (first, first_peak), (second, _) = peaks
    told = f"{first / 1e6:.1f} MB more after 200, {second / 1e6:.1f} MB after 300; peak {first_peak / 1e6:.0f} MB"
    record_property("figures", f"listening under hostile connections: {told}")
    assert second - first < 1_000_000, "a second storm leaves more behind than the first"
    assert second < 8_000_000
    assert first_peak < 60_000_000
    assert descriptors < 200
    assert len(document.sessions) <= LIMITS.sessions
    assert document.sessions_dropped > 100
    assert len(document.turned_away) <= LIMITS.peers + 3
    good = next(seen for seen in document.sessions if seen.hello == "good")
    assert good.envelopes[0].message is not None
    assert len(to_json(document)) < 16_000_000
    assert not any(ord(character) < 32 and character != "\n" for character in to_json(document))


async def test_half_open_connections_make_room(monkeypatch):
    monkeypatch.setattr(server_module, "EVICT_AFTER", 0.2)
    limits = Limits(idle=60, session=60, total=60, peek=0.01, connections=4, per_peer=4)
    async with listening(limits=limits) as server:
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(4)]
        await server.running(lambda: len(server.listening._running) == 4)
        await server.running(lambda: all(s.recorder.age > 0.2 for s in server.listening._running.values()))
        assert (await asyncio.to_thread(good_device, server.port)).startswith("250")
        await server.running(lambda: any(seen.hello == "good" for seen in server.ended))
        for sock in silent:
            sock.close()
    assert any(seen.ended == "limit" for seen in server.document.sessions)


async def test_too_many_at_a_time_are_told_to_wait():
    limits = Limits(idle=60, session=60, total=60, peek=0.01, connections=9, per_peer=2)
    async with listening(limits=limits) as server:
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2)]
        await server.running(lambda: len(server.listening._running) == 2)

        def third() -> str:
            with Device(server.port, greeted=False) as device:
                return device.reply()

        for _ in range(3):
            assert (await asyncio.to_thread(third)).startswith("421 4.3.2")
        for sock in held:
            sock.close()
    (turned,) = server.document.turned_away
    assert (turned.address, turned.why, turned.count) == ("127.0.0.1", "too-many-of-peer", 3)
    assert [e.turned_away.count for e in server.events if isinstance(e, PeerTurnedAway)] == [1, 2]


async def test_public_addresses_are_refused(monkeypatch):
    monkeypatch.setattr(server_module, "is_local", lambda address: False)

    def knock(port: int) -> str:
        with Device(port, greeted=False) as device:
            return device.reply()

    async with listening() as server:
        assert (await asyncio.to_thread(knock, server.port)).startswith("554 5.7.1")
    assert server.document.sessions == ()
    assert server.document.turned_away[0].why == "public-address"
    async with listening(allow_public=True) as server:
        assert (await asyncio.to_thread(knock, server.port)).startswith("220")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("10.1.2.3", True), ("172.31.255.1", True), ("172.32.0.1", False), ("192.168.178.20", True),
        ("127.0.0.1", True), ("169.254.3.4", True), ("::1", True), ("fe80::1%eth0", True), ("fd12::1", True),
        ("::ffff:192.168.1.2", True), ("::ffff:203.0.113.5", False), ("203.0.113.5", False), ("2001:db8::1", False),
        ("100.64.0.1", False), ("8.8.8.8", False),
    ],
)  # fmt: skip
def test_what_is_local(address, local):
    assert is_local(address) is local


async def test_it_stops_by_itself():
    async with listening(limits=Limits(total=0.3)) as server:
        await server.running(lambda: server.listening._stop.is_set())
    assert server.document.stopped_by == "time"
    async with listening(sessions=1) as server:
        await asyncio.to_thread(good_device, server.port)
        await server.running(lambda: server.listening._stop.is_set())
    assert (server.document.stopped_by, server.document.outcome) == ("sessions", "seen")
    async with listening(limits=Limits(octets=1000, peek=0.01)) as server:
        await asyncio.to_thread(attack, server.port, 0)
        await server.running(lambda: server.listening._stop.is_set())
    assert server.document.stopped_by == "octets"


async def test_a_device_that_is_there_when_listening_stops_is_in_the_document():
    async with listening(limits=Limits(idle=60, session=60, total=60, peek=0.01)) as server:
        device = await asyncio.to_thread(Device, server.port)
        assert (await asyncio.to_thread(device.say, "EHLO copier")).startswith("250")
    device.sock.close()
    (seen,) = server.document.sessions
    assert (seen.hello, seen.ended) == ("copier", "stopped")
