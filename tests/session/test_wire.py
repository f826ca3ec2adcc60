"""The tap itself, on a real socket: what can't be brought about at a certain moment through a whole check."""

import asyncio
import contextlib

import pytest

from core.session.transcript import Transcript
from core.session.wire import MAX_UNASKED, Wire, WireError


async def test_a_flood_that_nobody_asked_for_is_no_hang_up():
    """The connection was closed on this side: the server must not be accused of it."""

    async def serve(reader, writer):
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            writer.write(b"220 mail.contoso.com\r\n" + b"250 again\r\n" * MAX_UNASKED)
            await reader.read()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        transcript = Transcript(lambda: 0.0, lambda line: None, str)
        host, port = server.sockets[0].getsockname()
        _, wire = await asyncio.get_running_loop().create_connection(lambda: Wire(transcript), host, port)
        assert (await wire.greeting(20)).code == 220
        await wire.wait_closed(20)
        with pytest.raises(WireError, match="nobody asked") as caught:
            await wire.command("NOOP", 20)
    assert caught.value.signs == {"endless-reply"}
