"""A measurement beside an event loop: in a thread of its own, ended by a cancel within a twentieth of a second."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from core.pathmtu.document import HandshakeProof, PathMtu, Probe
from core.pathmtu.measure import Options, measure, without_address
from core.request import IpVersion
from core.session import dialling

LOOKUP_LIMIT = 10.0
"""Seconds for the system's look-up of a name."""


async def measure_name(
    server: str,
    options: Options,
    *,
    version: IpVersion = IpVersion.AUTO,
    tell: Callable[[Probe], None] = lambda probe: None,
    stop: threading.Event | None = None,
    handshake: HandshakeProof | None = None,
) -> PathMtu:
    """Look `server` up (a name or a number) and measure the path to its first address of that IP version.

    With IpVersion.AUTO the other version's first address is tried where there is no way to the first one.

    tell: called in the loop's thread. stop: set it to end early with what is known; cancelling the task ends it
    without a result. Never raises for the network.
    """
    try:
        found = await dialling.system_lookup(server, LOOKUP_LIMIT)
    except dialling.LookupFailed as failure:
        reason = f"The name {server} has no address ({failure})."
        if failure.os_error not in {"name-not-found"}:
            reason = f"The address of {server} could not be found out ({failure})."
        return without_address(server, reason, options)
    addresses = dialling.interleave(found, version)
    if not addresses:
        return without_address(server, f"{server} has no IPv{version.value} address.", options)
    other = next((address for address in addresses if (":" in address) is not (":" in addresses[0])), None)
    result = await measure_address(server, addresses[0], options, tell=tell, stop=stop, handshake=handshake)
    if result.state in {"not-allowed", "unreachable"} and other is not None:
        second = await measure_address(server, other, options, tell=tell, stop=stop, handshake=handshake)
        if second.state not in {"not-allowed", "unreachable"}:
            return second
    return result


async def measure_address(
    server: str,
    address: str,
    options: Options,
    *,
    tell: Callable[[Probe], None] = lambda probe: None,
    stop: threading.Event | None = None,
    handshake: HandshakeProof | None = None,
) -> PathMtu:
    """Measure the path to `address`; the rest as for `measure_name`."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[PathMtu] = loop.create_future()
    ending = stop or threading.Event()
    abandoned = threading.Event()

    def deliver(result: PathMtu | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        elif result is not None:
            done.set_result(result)

    def told(probe: Probe) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(tell, probe)

    def work() -> None:
        result: PathMtu | None = None
        error: BaseException | None = None
        try:
            result = measure(
                server,
                address,
                options,
                tell=told,
                cancelled=lambda: ending.is_set() or abandoned.is_set(),
                handshake=handshake,
            )
        except BaseException as mistake:  # noqa: BLE001  # a mistake of the program: raised where it is awaited
            error = mistake
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, result, error)

    # A daemon thread and not asyncio's executor, which the program would wait for at its end.
    threading.Thread(target=work, name="path MTU", daemon=True).start()
    try:
        return await done
    finally:
        abandoned.set()
