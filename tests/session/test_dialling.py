"""Dialling: each address its own attempt, the first connection wins, errors told apart; no socket is left behind."""

import asyncio
import errno
import socket
import time

import pytest

from core.request import IpVersion
from core.session import dialling
from core.session.dialling import LookupFailed, dial, interleave, system_lookup
from core.session.os_errors import classify, number_of


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def full_listener():
    """A port whose queue is full: a SYN gets no answer, as behind a firewall that drops."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        clients = []
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            clients.append(client)
        yield server.getsockname()[1]
        for client in clients:
            client.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_the_first_that_answers_wins(listener):
    dialled = await dial(["127.0.0.1"], listener, 5)
    assert dialled.sock is not None
    dialled.sock.close()
    assert [attempt.outcome for attempt in dialled.attempts] == ["connected"]


async def test_a_refusal_is_recorded_and_the_next_address_is_tried(listener):
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.2", listener))  # bound, not listening: refused there
        dialled = await dial(["127.0.0.2", "127.0.0.1"], listener, 5)
    assert dialled.sock is not None
    dialled.sock.close()
    assert [attempt.outcome for attempt in dialled.attempts] == ["refused", "connected"]
    assert dialled.attempts[0].number == errno.ECONNREFUSED


async def test_nobody_answers():
    dialled = await dial(["127.0.0.1", "::1"], free_port(), 5)
    assert dialled.sock is None
    assert {attempt.outcome for attempt in dialled.attempts} <= {"refused", "unreachable"}
    assert dialled.attempts[0].outcome == "refused"


async def test_silence_ends_with_the_limit(full_listener):
    began = time.monotonic()
    dialled = await dial(["127.0.0.1"], full_listener, 0.5)
    assert time.monotonic() - began < 3
    assert dialled.sock is None
    assert dialled.attempts[0].outcome == "timed-out"


async def test_a_silent_address_does_not_hold_up_the_others(full_listener):
    with socket.create_server(("127.0.0.3", full_listener)):
        dialled = await dial(["127.0.0.1", "127.0.0.3"], full_listener, 10)
    assert dialled.sock is not None
    dialled.sock.close()
    assert [attempt.outcome for attempt in dialled.attempts] == ["abandoned", "connected"]
    assert dialled.attempts[1].ms < 5_000


async def test_a_cancelled_dial_leaves_nothing(full_listener):
    task = asyncio.create_task(dial(["127.0.0.1"], full_listener, 20))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_families_take_turns():
    addresses = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"]
    assert interleave(addresses, IpVersion.AUTO) == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]
    assert interleave(addresses, IpVersion.V4) == ["192.0.2.1", "192.0.2.2"]
    assert interleave(addresses, IpVersion.V6) == ["2001:db8::1", "2001:db8::2"]
    assert len(interleave([f"192.0.2.{n}" for n in range(100)], IpVersion.AUTO)) == dialling.MAX_ADDRESSES


async def test_the_system_knows_localhost():
    assert "127.0.0.1" in await system_lookup("localhost", 5)


async def test_a_name_that_cannot_be():
    with pytest.raises(LookupFailed) as failed:
        await system_lookup("a" * 64 + ".example", 5)
    assert failed.value.os_error in {"name-not-found", "dns-timeout", "dns-failed"}


async def test_a_look_up_that_never_ends_is_left_behind(monkeypatch):
    import threading

    release = threading.Event()
    monkeypatch.setattr(dialling.socket, "getaddrinfo", lambda *_a, **_k: release.wait(30) and [])
    began = time.monotonic()
    with pytest.raises(LookupFailed) as failed:
        await system_lookup("slow.example.com", 0.2)
    release.set()
    assert failed.value.os_error == "dns-timeout"
    assert time.monotonic() - began < 5


def windows(number):
    error = OSError(0, "message")
    error.winerror = number
    return error


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError(errno.ECONNREFUSED, "x"), "refused"),
        (OSError(errno.ETIMEDOUT, "x"), "timed-out"),
        (OSError(errno.ENETUNREACH, "x"), "unreachable"),
        (OSError(errno.EHOSTUNREACH, "x"), "unreachable"),
        (OSError(errno.ECONNRESET, "x"), "reset"),
        (OSError(errno.EPIPE, "x"), "reset"),
        (OSError(errno.EACCES, "x"), "denied"),
        (windows(10061), "refused"),
        (windows(1225), "refused"),
        (windows(10060), "timed-out"),
        (windows(121), "timed-out"),
        (windows(10051), "unreachable"),
        (windows(10065), "unreachable"),
        (windows(1231), "unreachable"),
        (windows(10054), "reset"),
        (windows(64), "reset"),
        (windows(10053), "aborted"),
        (windows(10013), "denied"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "name-not-found"),
        (socket.gaierror(11001, "x"), "name-not-found"),
        (socket.gaierror(11004, "x"), "name-not-found"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "dns-timeout"),
        (socket.gaierror(11002, "x"), "dns-timeout"),
        (TimeoutError(), "timed-out"),
        (ConnectionResetError(), "reset"),
        (ConnectionAbortedError(), "aborted"),
        (ValueError(), "other"),
        (OSError(99999, "x"), "other"),
    ],
    ids=repr,
)
def test_errors_of_linux_and_windows(error, word):
    assert classify(error) == word


def test_the_windows_number_is_reported():
    assert number_of(windows(10061)) == 10061
    assert number_of(OSError(errno.ECONNREFUSED, "x")) == errno.ECONNREFUSED
    assert number_of(ValueError()) is None
