"""``sendproof practice``: lists the practice servers, or serves one until Ctrl+C.

Exit status: 0 after Ctrl+C or the list, 2 when the scenario or the port can't be used.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import sys
from typing import Final

from core.addresses import port_number
from core.listening.addresses import towards_network
from core.practice.load import PracticeError, load_scenario, load_scenarios
from core.practice.model import Scenario
from core.practice.server import PracticeServer
from core.practice.session import Direction

DEFAULT_PORT: Final = 2525
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  (a copier on the network has to reach it; that is what it is for)

_MARKS: Final[dict[Direction, str]] = {"client": "C:", "server": "S:", "note": "--"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="the practice server to run, or a scenario file of your own (….toml)"
    )
    parser.add_argument("--list", action="store_true", help="list the practice servers")
    parser.add_argument(
        "--port", default=str(DEFAULT_PORT), metavar="N", help=f"the port to listen on (default {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--host",
        default=EVERYWHERE,
        metavar="ADDRESS",
        help="listen on this address only, such as 127.0.0.1 for this computer alone (default: all)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments; return the exit status."""
    if args.list:
        return _list()
    if not args.name:
        print("Name a practice server, or see them all with: sendproof practice --list", file=sys.stderr)
        return 2
    port = port_number(args.port)
    if port is None:
        print(f"“{args.port}” is no port: a port is a number from 1 to 65535.", file=sys.stderr)
        return 2
    try:
        scenario = load_scenario(args.name)
    except PracticeError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(scenario, args.host, port))
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    except OSError as error:
        print(_why_not(error, args.host, port), file=sys.stderr)
        return 2
    return 0


def _list() -> int:
    try:
        scenarios = load_scenarios()
    except PracticeError as error:
        print(error, file=sys.stderr)
        return 2
    width = max((len(name) for name in scenarios), default=0)
    for name, scenario in scenarios.items():
        print(f"{name:<{width}}  {scenario.title}")
    return 0


def _why_not(error: OSError, host: str, port: int) -> str:
    """Return one sentence for a port that can't be had. WinError 10013 is EACCES, 10048 EADDRINUSE, 10049 the last."""
    code = getattr(error, "winerror", None) or error.errno
    if code in {errno.EADDRINUSE, 10048}:
        return f"Port {port} is in use by another program; choose another one with --port."
    if code in {errno.EACCES, errno.EPERM, 10013}:
        return f"The system does not allow port {port}; choose one above 1023 with --port."
    return f"It is not possible to listen on {host}, port {port}: {error.strerror or error}."


async def _serve(scenario: Scenario, host: str, port: int) -> None:
    async with PracticeServer(scenario, host, port, listener=_show) as server:
        print(_introduction(scenario, server), flush=True)
        await asyncio.get_running_loop().create_future()


def _show(number: int, direction: Direction, text: str) -> None:
    print(f"{number:>3} {_MARKS[direction]} {text}", flush=True)


def _introduction(scenario: Scenario, server: PracticeServer) -> str:
    """Return what one has to know to point a device at the server."""
    here = [server.address] if server.address != EVERYWHERE else [*towards_network()[:1], "127.0.0.1"]
    security = "TLS from the first byte (SSL)" if scenario.tls.implicit else "none"
    if any(line.upper() == "STARTTLS" for line in scenario.ehlo):
        security = "STARTTLS"
    rows = [
        ("Server", " or ".join(dict.fromkeys(here))),
        ("Port", str(server.port)),
        ("Encryption", security),
        ("Stands for", f"{scenario.server}, port {scenario.port}"),
        ("From, to", f"{scenario.check.sender} to {', '.join(scenario.check.recipients)}"),
    ]
    for account in scenario.accounts:
        secret = f"password {account.password}" if account.password else f"access token {account.token}"
        rows.append(("Account", f"{account.user}, {secret} (examples)"))
    rows.append(("Root to trust", server.ca_file))
    lines = [f"Practice server {scenario.id}: {scenario.title}", scenario.summary, ""]
    lines += [f"  {name + ':':<14} {text}" for name, text in rows]
    return "\n".join([*lines, "", "Mail is taken and thrown away, none is sent on. Ctrl+C ends the server.", ""])
