"""`sendproof listen`: be the device's mail server for a moment, and tell what it does.

Exit status: 0 a device was seen and nothing stands against it; 1 nothing was seen, something would be refused, or the
real server refused or gave no answer; 2 unusable arguments, or no port to listen on; 3 the real server put it off
(4xx); 130 cancelled by a second Ctrl+C.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import TextIO

from core.addresses import AddressProblem, is_ip_address, parse_host, parse_mailbox
from core.cli.live import safe_for, wants_colour
from core.cli.output import add_output, can_write, deliver
from core.cli.secrets import read_password
from core.knowledge.load import load_knowledge
from core.listening import observation as seen_events
from core.listening import text
from core.listening.judging import judge
from core.listening.observation import Event, ListenDocument, to_json
from core.listening.rendering import render_markdown, render_text
from core.listening.request import DEFAULT_PORTS, MECHANISMS, Limits, ListenRequest, Relay, offered_by
from core.listening.server import CannotListen, Listening
from core.listening.service import Service, service_of
from core.reports.words import transcript_line
from core.request import Security

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `listen`."""
    parser.epilog = (
        "Exit status: 0 a device was seen and nothing stands against it; 1 nothing was seen, something would be "
        "refused, or the real server refused or gave no answer; 2 unusable arguments, or no port to listen on; "
        "3 the real server put it off (4xx); 130 cancelled by a second Ctrl+C."
    )
    where = parser.add_argument_group("where to listen")
    where.add_argument(
        "--port",
        action="append",
        metavar="N",
        help="a port to listen on; repeat it for more (default 2525; 465 begins with TLS)",
    )
    where.add_argument(
        "--address", action="append", default=[], metavar="ADDRESS", help="only on this address of this computer"
    )
    where.add_argument("--allow-public", action="store_true", help="let in devices from outside private networks too")
    end = parser.add_argument_group("when to stop (Ctrl+C always does)")
    end.add_argument("--for", dest="time", default="60m", metavar="TIME", help="after 90s, 10m, 1h (default 60m)")
    end.add_argument("--sessions", metavar="N", help="after so many sessions")
    device = parser.add_argument_group("the device and its real server")
    device.add_argument("--provider", metavar="ID", help="judge for this service, such as microsoft365 or google")
    device.add_argument(
        "--device", metavar="ID", help="give fixes in the words of this device, such as sharp-mx-series"
    )
    compare = device.add_mutually_exclusive_group()
    compare.add_argument("--password-env", metavar="VAR", help="compare the device's password with this variable's")
    compare.add_argument("--password-stdin", action="store_true", help="compare with one line of standard input")
    answers = parser.add_argument_group("how to answer")
    answers.add_argument("--refuse-sign-in", action="store_true", help="refuse every sign-in, to see what comes next")
    answers.add_argument(
        "--offer-auth",
        metavar="LIST",
        help="offer these sign-in methods, such as LOGIN,PLAIN (default: those of --provider; all without)",
    )
    answers.add_argument("--no-starttls", action="store_true", help="offer no STARTTLS")
    answers.add_argument("--no-sign-in-before-tls", action="store_true", help="offer sign-in over TLS only")
    relay = parser.add_argument_group("pass-through to the real server (messages are really delivered)")
    relay.add_argument("--relay-to", metavar="HOST:PORT", help="the only server that sessions are passed through to")
    relay.add_argument(
        "--relay-recipient", action="append", default=[], metavar="A", help="the only recipients; repeat it for more"
    )
    relay.add_argument(
        "--relay-sender-ok", action="store_true", help="consent: mail goes out with the sender that the device names"
    )
    relay.add_argument("--relay-sign-in", action="store_true", help="hand the device's sign-in on (TLS, trusted only)")
    relay.add_argument(
        "--relay-security",
        choices=["starttls", "tls", "none"],
        help="encryption to the real server (default starttls; tls on port 465)",
    )
    relay.add_argument("--relay-device", metavar="ADDRESS", help="only for this device (default: the first that comes)")
    relay.add_argument("--ca-file", metavar="F", help="trust the roots in this PEM file too")
    add_output(parser, "result", ("text", "json", "markdown"))


def run(args: argparse.Namespace) -> int:
    """Listen, and return the exit status."""
    try:
        request = _request(args)
    except ValueError as problem:
        print(f"sendproof listen: {problem}", file=sys.stderr)
        return 2
    if not can_write(args):
        return 2
    try:
        document = asyncio.run(_listen(args, request))
    except CannotListen as cannot:
        for found in cannot.problems:
            print("\n".join(text.problem_lines(found)), file=sys.stderr)
        return 2
    if document.sessions and not args.no_history:
        from core.cli.keeping import keep_run

        keep_run(to_json(document), client=args.client)
    _deliver(args, document)
    return exit_status(document)


def exit_status(document: ListenDocument) -> int:
    """Return the exit status for `document`, as the module's docstring says."""
    if document.outcome == "deferred":
        return 3
    against = any(finding.severity == "error" for judged in document.judgements for finding in judged.findings)
    unasked = document.outcome != "accepted" and any(seen.relay and seen.relay.failed for seen in document.sessions)
    return 1 if against or unasked or document.outcome in {"nothing-seen", "stopped"} else 0


# Arguments


def _request(args: argparse.Namespace) -> ListenRequest:
    for address in args.address:
        if not is_ip_address(address):
            raise ValueError(f"“{address}” is not an IP address of this computer.")
    knowledge = load_knowledge()
    if args.provider and service_of(args.provider, knowledge) is None:
        raise ValueError(f"There is no provider “{args.provider}”. Known: {', '.join(sorted(knowledge.providers))}.")
    if args.device and args.device not in knowledge.devices:
        raise ValueError(f"There is no device “{args.device}”. Known: {', '.join(sorted(knowledge.devices))}.")
    return ListenRequest(
        ports=tuple(dict.fromkeys(_number(port, "port", 65535) for port in args.port or map(str, DEFAULT_PORTS))),
        addresses=tuple(args.address),
        starttls=not args.no_starttls,
        sign_in_before_tls=not args.no_sign_in_before_tls,
        refuse_sign_in=args.refuse_sign_in,
        mechanisms=_mechanisms(args.offer_auth, service_of(args.provider, knowledge)),
        compare=read_password(args),
        allow_public=args.allow_public,
        provider=args.provider,
        device=args.device,
        relay=_relay(args),
        sessions=_number(args.sessions, "number of sessions", 10_000) if args.sessions else None,
        limits=Limits(total=_seconds(args.time)),
    )


def _mechanisms(typed: str | None, service: Service | None) -> tuple[str, ...]:
    if typed is None:
        return offered_by(service.endpoint.mechanisms if service and service.endpoint else ())
    names = tuple(dict.fromkeys(name.strip().upper() for name in typed.split(",") if name.strip()))
    unknown = [name for name in names if name not in MECHANISMS]
    if unknown or not names:
        raise ValueError(f"--offer-auth takes {', '.join(MECHANISMS)}, separated by commas.")
    return names


def _number(typed: str, what: str, highest: int) -> int:
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed[:9]) <= highest:
        raise ValueError(f"“{typed}” is no {what}: enter a number from 1 to {highest}.")
    return int(typed)


def _seconds(typed: str) -> float:
    found = re.fullmatch(r"(\d{1,6})\s*([smh]?)", typed.strip().lower())
    amount = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 1 <= amount <= 24 * 3600:
        raise ValueError(f"“{typed}” is no time for --for: enter such as 90s, 10m or 1h, at most 24h.")
    return float(amount)


def _relay(args: argparse.Namespace) -> Relay | None:
    if not args.relay_to:
        if args.relay_recipient or args.relay_sign_in or args.relay_sender_ok:
            raise ValueError("Name the server to pass through to with --relay-to HOST:PORT.")
        return None
    if not args.relay_sender_ok:
        raise ValueError(
            "Passing through really sends: the message goes to the real server with the sender that the device names. "
            "If that is meant, add --relay-sender-ok."
        )
    host, colon, port = args.relay_to.rpartition(":")
    if not colon:
        raise ValueError("Give --relay-to as HOST:PORT, such as smtp.office365.com:587.")
    number = _number(port, "port", 65535)
    if args.relay_device and not is_ip_address(args.relay_device):
        raise ValueError(f"“{args.relay_device}” is no IP address of a device.")
    if args.ca_file and not Path(args.ca_file).is_file():
        raise ValueError(f"There is no file “{args.ca_file}”.")
    try:
        server = parse_host(host)
        recipients = tuple(parse_mailbox(recipient) for recipient in args.relay_recipient)
    except AddressProblem as problem:
        raise ValueError(str(problem)) from None
    return Relay(
        server=server,
        port=number,
        security=Security(args.relay_security or ("tls" if number == 465 else "starttls")),
        recipients=recipients,
        confirmed=True,
        sign_in=args.relay_sign_in,
        peer=args.relay_device,
        ca_file=args.ca_file,
    )


# Listening


async def _listen(args: argparse.Namespace, request: ListenRequest) -> ListenDocument:
    to_terminal = args.format == "text" and not args.output
    printer = _Printer(sys.stdout if to_terminal else sys.stderr, request)
    listening = Listening(request, printer)
    _stop_on_interrupt(listening)
    return await listening.run()


def _stop_on_interrupt(listening: Listening) -> None:
    """Let Ctrl+C end listening with its result; a second one ends the program."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        listening.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # signal.signal instead of add_signal_handler, which Windows does not have.
    signal.signal(signal.SIGINT, lambda number, frame: loop.call_soon_threadsafe(interrupted))


class _Printer:
    """Prints what happens: the transcript live, one summary a session, what the service would say."""

    def __init__(self, stream: TextIO, request: ListenRequest) -> None:
        self._stream = stream
        self._request = request
        self._colour = wants_colour(stream)
        self._session = 0

    def __call__(self, event: Event) -> None:
        match event:
            case seen_events.ListeningStarted():
                for problem in event.problems:
                    self._lines(text.problem_lines(problem))
                self._lines(text.introduction(self._request, event.places))
            case seen_events.ListenProblem():
                self._lines(["", *text.problem_lines(event)])
            case seen_events.PeerTurnedAway():
                self._lines([text.turned_away_line(event.turned_away)])
            case seen_events.SessionStarted():
                self._lines(["", self._bold(text.session_heading(event.seen))])
                self._session = event.seen.number
            case seen_events.LineSeen():
                self._line(event)
            case seen_events.SessionEnded():
                judgement = judge(event.seen, self._request.provider, self._request.device)
                self._lines(["", *self._headed(text.session_lines(event.seen))])
                self._lines(["", *self._headed(text.judgement_lines(judgement))])
            case seen_events.ListeningStopped():
                self._lines(["", text.closing_line(event.document)])

    def _line(self, event: seen_events.LineSeen) -> None:
        if event.session != self._session:  # two devices at a time: say whose line it is
            self._lines(["", self._bold(f"Session {event.session}")])
            self._session = event.session
        line = transcript_line(event.line)
        self._lines([f"{line[:8]} {text.RELAY_SIGN}{line[8:]}" if event.relay else line])

    def _headed(self, lines: list[str]) -> list[str]:
        return [self._bold(lines[0]), *lines[1:]]

    def _bold(self, words: str) -> str:
        return f"\x1b[1m{words}\x1b[0m" if self._colour else words

    def _lines(self, lines: list[str]) -> None:
        print(safe_for(self._stream, "\n".join(lines)), file=self._stream, flush=True)


def _deliver(args: argparse.Namespace, document: ListenDocument) -> None:
    if args.format == "text" and not args.output:
        return  # printed as it happened
    if args.format == "json":
        rendered = to_json(document) + "\n"
    else:
        rendered = (render_markdown if args.format == "markdown" else render_text)(document)
    deliver(rendered, args.output)
