"""Why it can't listen: in clear words, with what to do, on the system where it happens."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys

import pytest

from core.listening import observation as seen
from core.listening import server as server_module
from core.listening.addresses import OwnAddress, own_addresses
from core.listening.problems import nothing_arrives, port_problem, problem_texts
from core.listening.request import Limits, ListenRequest
from core.listening.server import CannotListen, Listening
from tests.listening.conftest import listening


def greet(other: socket.socket) -> None:
    connection, _ = other.accept()
    with connection:
        connection.sendall(b"220 mail.contoso.com ESMTP Postfix\r\n")
        connection.recv(1)


async def test_a_port_in_use_says_who_has_it():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        greeting = asyncio.ensure_future(asyncio.to_thread(greet, other))
        with pytest.raises(CannotListen) as caught:
            await Listening(ListenRequest(ports=(port,), addresses=("127.0.0.1",))).run()
        await greeting
    (problem,) = caught.value.problems
    assert (problem.kind, problem.port) == ("in-use", port)
    assert "which greets with “220 mail.contoso.com ESMTP Postfix”" in problem.text
    if sys.platform == "linux":
        assert "(python" in problem.text or "(pytest" in problem.text
    assert problem.fixes


async def test_one_port_in_use_does_not_keep_the_other_from_working():
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as probe:
        port, free = taken.getsockname()[1], probe.getsockname()[1]
        probe.close()
        request = ListenRequest(ports=(port, free), addresses=("127.0.0.1",))
        events: list[seen.Event] = []
        listener = Listening(request, lambda event: (events.append(event), listener.stop()))
        document = await listener.run()
    started = events[0]
    assert isinstance(started, seen.ListeningStarted)
    assert [problem.kind for problem in started.problems] == ["in-use"]
    assert [place.port for place in document.places] == [free]


async def test_an_address_that_is_not_ours():
    with pytest.raises(CannotListen) as caught:
        await Listening(ListenRequest(ports=(0,), addresses=("203.0.113.7",))).run()
    assert caught.value.problems[0].kind == "no-address"
    assert "203.0.113.7" in caught.value.problems[0].title


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.EADDRINUSE, "in use"), "in-use"),
        (OSError(errno.EACCES, "denied"), "denied"),
        (OSError(errno.EPERM, "denied"), "denied"),
        (OSError(10048, "in use"), "in-use"),
        (OSError(10013, "forbidden"), "denied"),
        (OSError(10049, "not valid"), "no-address"),
        (OSError(errno.ENOBUFS, "No buffer space"), "other"),
    ],
)
@pytest.mark.parametrize("system", ["linux", "win32"])
def test_each_error_has_its_words(error, kind, system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    problem = port_problem(error, "", 25)
    assert problem.kind == kind
    assert problem.fixes
    assert "{" not in problem.title + problem.text + "".join(fix.text + (fix.command or "") for fix in problem.fixes)
    assert ("Windows" in problem.title) == (kind == "denied" and system == "win32")


def test_the_firewall_of_windows_is_only_named_there(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    words = [fix.command or "" for fix in nothing_arrives("192.168.1.37, port 2525", 2525).fixes]
    assert any(word.startswith("netsh advfirewall firewall add rule") and "localport=2525" in word for word in words)
    assert any(word.startswith("netsh advfirewall firewall delete rule") for word in words)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not any(fix.command for fix in nothing_arrives("192.168.1.37, port 2525", 2525).fixes)


def test_each_kind_has_words_for_both_systems():
    for kind in ("in-use", "denied", "no-address", "other", "nothing-arrives"):
        for system in ("windows", "linux"):
            assert [text for text in problem_texts() if text.kind == kind and text.os in {None, system}], (kind, system)


async def test_when_nothing_arrives_it_is_told_once():
    events: list[seen.Event] = []
    request = ListenRequest(ports=(0,), addresses=("127.0.0.1",), limits=Limits(total=0.4))
    await Listening(request, events.append, hint_after=0.1).run()
    problems = [event for event in events if isinstance(event, seen.ListenProblem)]
    assert [problem.kind for problem in problems] == ["nothing-arrives"]
    assert "127.0.0.1, port " in problems[0].fixes[0].text


async def test_cancelled_listening_still_tells_its_document():
    events: list[seen.Event] = []
    task = asyncio.ensure_future(Listening(ListenRequest(ports=(0,), addresses=("127.0.0.1",)), events.append).run())
    while not events:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(events[-1], seen.ListeningStopped)


async def test_who_gives_up_while_it_begins_leaves_no_port_open(monkeypatch):
    asked = asyncio.Event()

    async def never(_port: int) -> str:
        asked.set()
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(server_module, "who_has", never)
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as freed:
        free = freed.getsockname()[1]
        freed.close()
        request = ListenRequest(ports=(free, other.getsockname()[1]), addresses=("127.0.0.1",))
        run = asyncio.ensure_future(Listening(request).run())
        await asyncio.wait_for(asked.wait(), 10)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", free)


async def test_who_is_impatient_twice_still_gets_what_was_seen():
    events: list[seen.Event] = []
    listening = Listening(ListenRequest(ports=(0,), addresses=("127.0.0.1",), limits=Limits(peek=0.01)), events.append)
    run = asyncio.ensure_future(listening.run())
    while not listening.places:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.places[0].port)
    await reader.readline()
    while not run.done():
        run.cancel()
        await asyncio.sleep(0)
    assert run.cancelled()
    (document,) = [event.document for event in events if isinstance(event, seen.ListeningStopped)]
    assert [session.ended for session in document.sessions] == ["stopped"]
    writer.close()


async def test_on_all_addresses_those_of_this_computer_are_named():
    events: list[seen.Event] = []
    listener = Listening(ListenRequest(ports=(0,)), lambda event: (events.append(event), listener.stop()))
    document = await listener.run()
    named = {place.address for place in document.places}
    own = {own.address for own in own_addresses()}
    assert named <= own | {"127.0.0.1", "::1"}
    assert named
    assert len({place.port for place in document.places}) == 1
    assert named & own <= set(document.choices.certificate_names)


def test_own_addresses_are_ready_to_type():
    found = own_addresses()
    assert all(isinstance(own, OwnAddress) for own in found)
    assert not any(own.address.startswith(("127.", "169.254.", "fe80", "::1")) for own in found)
    versions = [":" in own.address for own in found if not own.virtual]
    assert versions == sorted(versions), "IPv4 comes first"


async def test_ipv6_devices_are_served():
    def knock(port: int) -> bytes:
        with socket.create_connection(("::1", port), 5) as sock:
            return sock.recv(100)

    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no IPv6")
    async with listening(host="::1") as server:
        assert (await asyncio.to_thread(knock, server.port)).startswith(b"220")
        seen_session = await server.session()
    assert seen_session.peer_address == "::1"
