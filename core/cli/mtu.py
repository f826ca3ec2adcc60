"""`sendproof mtu`: the largest packet that reaches a server whole, and what that means.

Exit status: 0 measured and fine, 1 too small or a black hole, 2 unusable arguments, 3 could not be measured (ICMP is
filtered, say), 130 cancelled.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from core.addresses import parse_host
from core.cli.live import safe_for
from core.cli.output import add_output, can_write, deliver
from core.pathmtu.document import PathMtu, Probe, to_json
from core.pathmtu.measure import CEILING, FLOOR, MAX_CEILING, TIME_LIMIT, Options
from core.pathmtu.running import measure_name
from core.pathmtu.text import probe_line, proof_line, render_text, result_lines, target_words
from core.request import IpVersion

if TYPE_CHECKING:
    from core.pathmtu.document import HandshakeProof

_STATUS = {"fine": 0, "too-small": 1, "black-hole": 1, "unknown": 3, "cancelled": 130}
_LONGEST = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `mtu`."""
    parser.epilog = (
        "Exit status: 0 measured and fine, 1 too small or a black hole, 2 unusable arguments, "
        "3 could not be measured, 130 cancelled."
    )
    parser.add_argument("name", metavar="NAME", help="the server's name or IP address")
    parser.add_argument("--ip", default="auto", choices=["auto", "4", "6"], help="the IP version; default auto")
    parser.add_argument(
        "--max", default=str(CEILING), metavar="BYTES", help=f"the largest packet to try; default {CEILING}"
    )
    parser.add_argument(
        "--timeout", default=f"{TIME_LIMIT:g}", metavar="SECONDS", help=f"for all of it; default {TIME_LIMIT:g}"
    )
    parser.add_argument(
        "--report", metavar="FILE", help="a JSON report of a check of this server: what its TLS handshake proves"
    )
    add_output(parser, "measurement", ["text", "json"])


def run(args: argparse.Namespace) -> int:
    """Measure and return the exit status."""
    try:
        server = parse_host(args.name)
        options = Options(ceiling=_size(args.max), limit=_seconds(args.timeout))
        handshake = _proof(args.report, server) if args.report else None
    except ValueError as problem:
        print(f"sendproof mtu: {problem}", file=sys.stderr)
        return 2
    if not can_write(args):
        return 2
    to_terminal = args.format == "text" and not args.output
    stream = sys.stdout if to_terminal else sys.stderr

    def tell(probe: Probe) -> None:
        print(safe_for(stream, f"  {probe_line(probe)}"), file=stream, flush=True)

    print(f"Measuring the packet size to {server}; nobody on the way may fragment.", file=stream, flush=True)
    result = asyncio.run(_measure(server, options, IpVersion(args.ip), handshake, tell))
    if result.outcome != "cancelled" and not args.no_history:
        from core.cli.keeping import keep_run

        keep_run(to_json(result), client=args.client)
    _deliver(args, result, to_terminal=to_terminal)
    return _STATUS[result.outcome]


async def _measure(
    server: str,
    options: Options,
    version: IpVersion,
    handshake: HandshakeProof | None,
    tell: object,
) -> PathMtu:
    stop = threading.Event()

    def interrupted(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second Ctrl+C ends the program

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        return await measure_name(server, options, version=version, tell=tell, stop=stop, handshake=handshake)  # type: ignore[arg-type]
    finally:
        signal.signal(signal.SIGINT, before)


def _deliver(args: argparse.Namespace, result: PathMtu, *, to_terminal: bool) -> None:
    if to_terminal:
        lines = ["", *result_lines(result), "", f"To {target_words(result)}. {proof_line(result)}"]
        sys.stdout.write(safe_for(sys.stdout, "\n".join(lines) + "\n"))
        sys.stdout.flush()
        return
    text = to_json(result) if args.format == "json" else render_text(result)
    deliver(text, args.output)


def _size(typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or not FLOOR[4] <= int(typed[:6]) <= MAX_CEILING:
        raise ValueError(f"--max: “{typed[:40]}” is no packet size: {FLOOR[4]} to {MAX_CEILING} bytes.")
    return int(typed)


def _seconds(typed: str) -> float:
    try:
        seconds = float(typed)
    except ValueError:
        seconds = 0.0
    if not 1.0 <= seconds <= _LONGEST:
        raise ValueError(f"--timeout: “{typed[:40]}” is no time: 1 to {_LONGEST:g} seconds.")
    return seconds


def _proof(path: str, server: str) -> HandshakeProof | None:
    """Return what the TLS handshake of that report proves. Raises ValueError where it is not one of this server."""
    from core.history.files import UnreadableFile
    from core.history.kinds import title_of
    from core.history.opening import open_file
    from core.pathmtu.after_silence import proof_in_report
    from core.reports.seal import SealState
    from core.session.transcript import render as harmless

    name = harmless(Path(path).name, limit=100)
    try:
        opened = open_file(Path(path))
    except UnreadableFile as problem:
        raise ValueError(f"--report: “{name}”: {problem}") from None
    report = opened.report
    if report is None:
        kind = harmless(title_of(opened.kind), limit=40)
        raise ValueError(f"--report: “{name}” holds no check, but “{kind}”.")
    if server.lower() not in {report.target.server.lower(), (report.target.address or "").lower()}:
        raise ValueError(f"--report: “{name}” is about another server ({report.target.server}).")
    if opened.seal is SealState.CHANGED:
        print(f"sendproof mtu: “{name}” was changed after it was made; don’t rely on it.", file=sys.stderr)
    return proof_in_report(report)
