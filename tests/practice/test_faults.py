from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from core.practice.faults import rubbish
from core.practice.model import Fault, FaultKind, Point, When
from core.practice.server import PracticeServer
from tests.practice.fault_table import FAULTS, POINTS, cell, healthy
from tests.practice.walker import Client, walk

WHY = {
    "close": "closed",
    "reset": "reset",
    "silence": "silence",
    "4xx": "451",
    "5xx": "554",
    "http": "no reply: b'HTTP",
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("point", POINTS)
async def test_each_cell_stops_a_client_at_its_point(point: Point, name: str) -> None:
    async with PracticeServer(cell(point, name)) as server:
        result = await asyncio.to_thread(walk, server, 0.25 if name == "silence" else 3)
    assert result.point is point
    assert result.why
    if point is not Point.TLS:
        assert result.why.startswith(WHY.get(name, ""))
        if name in {"endless", "overlong"}:
            assert result.why == name


async def test_the_healthy_scenario_is_healthy() -> None:
    async with PracticeServer(healthy()) as server:
        result = await asyncio.to_thread(walk, server)
    assert (result.point, result.why) == (None, "")
    assert [message.beginning for message in server.messages] == [b"Subject: test\r\n\r\n.dot\r\n"]


@pytest.mark.parametrize("kind", [FaultKind.CLOSE, FaultKind.RESET, FaultKind.SILENCE])
async def test_faults_at_connect(kind: FaultKind) -> None:
    async with PracticeServer(healthy().with_fault("connect", Fault(kind=kind))) as server:
        result = await asyncio.to_thread(walk, server, 0.25)
    assert result.point is Point.GREETING


@pytest.mark.parametrize("kind", [FaultKind.CLOSE, FaultKind.RESET, FaultKind.SILENCE])
async def test_a_fault_after_the_handshake(kind: FaultKind) -> None:
    async with PracticeServer(healthy().with_fault("tls", Fault(kind=kind, when=When.AFTER))) as server:
        result = await asyncio.to_thread(walk, server, 0.5)
    assert result.point is Point.EHLO_TLS


@pytest.mark.parametrize("point", [*POINTS, Point.QUIT])
async def test_a_delay_is_only_a_delay(point: Point) -> None:
    async with PracticeServer(healthy().with_fault(point, Fault(kind=FaultKind.DELAY, ms=5))) as server:
        assert (await asyncio.to_thread(walk, server)).point is None


@pytest.mark.parametrize("point", [point for point in POINTS if point is not Point.TLS])
async def test_a_split_reply_is_the_same_reply(point: Point) -> None:
    async with PracticeServer(healthy().with_fault(point, Fault(kind=FaultKind.SPLIT))) as server:
        assert (await asyncio.to_thread(walk, server)).point is None


async def test_a_drip_never_ends() -> None:
    scenario = healthy().with_fault("ehlo", Fault(kind=FaultKind.DRIP, ms=1))
    async with PracticeServer(scenario) as server:
        reader, writer = await asyncio.open_connection(server.address, server.port)
        await reader.readline()
        writer.write(b"EHLO x\r\n")
        told = await reader.readexactly(600)
        writer.close()
        await writer.wait_closed()
    assert told.startswith(b"250-LO2P265CA0061")
    assert b"\n" not in told
    assert told.endswith(b"....")


async def test_unasked_lines_and_injected_plain_text() -> None:
    scenario = (
        healthy()
        .with_fault("ehlo", Fault(kind=FaultKind.EXTRA, before=("220 again",), after=("250 2.0.0 more",)))
        .with_fault("starttls", Fault(kind=FaultKind.INJECT, text="250-injected\n250 AUTH PLAIN"))
    )
    async with PracticeServer(scenario) as server:

        def talk() -> None:
            with closing(Client(server, 3)) as client:
                client.reply()
                assert client.ask("EHLO x") == "220 again"
                assert client.reply().startswith("250-LO2P")
                assert client.reply() == "250 2.0.0 more"
                assert client.ask("STARTTLS").startswith("220")
                assert client.reply() == "250-injected\n250 AUTH PLAIN"
                client.start_tls()
                assert client.ask("EHLO x").startswith("250-LO2P")

        await asyncio.to_thread(talk)


def test_rubbish_is_the_same_for_the_same_seed() -> None:
    assert rubbish(7) == rubbish(7) != rubbish(8)
    assert rubbish(7).index(b"\r\n") == len(rubbish(7)) - 2
