"""`sendproof sheet`: what to type into which device, and what the administrator does; works without any network.

Exit status: 0 after a sheet or the list, 2 when the arguments can't be used.
"""

from __future__ import annotations

import argparse
import ipaddress
import sys

from core.addresses import AddressProblem, parse_host, parse_mailbox, port_number
from core.cli.output import deliver
from core.knowledge.load import Knowledge, load_knowledge
from core.knowledge.providers import provider_of
from core.sheets.administrator import administrator_sheet
from core.sheets.document import FORMATS, SheetDocument, document, render
from core.sheets.settings import device_name, settings_sheet
from core.sheets.way import METHODS, SIGNING_IN, WITHOUT_SIGN_IN, SendingWay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sheet`."""
    parser.add_argument("--list", action="store_true", help="list the devices")
    parser.add_argument("--device", metavar="ID", help="the device, as --list names it (default: any device)")
    parser.add_argument("--server", metavar="NAME", help="the server that the device is to send through")
    parser.add_argument("--port", metavar="N", help="its port (default 587; 465 with tls, 25 without sign-in)")
    parser.add_argument(
        "--security", default="starttls", choices=["starttls", "tls", "none"], help="encryption (default starttls)"
    )
    parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="the sender’s address")
    parser.add_argument("--user", metavar="NAME", help="the account to sign in with (default: the sender)")
    parser.add_argument("--no-sign-in", action="store_true", help="the device does not sign in")
    parser.add_argument(
        "--method", default="", choices=["", *METHODS], metavar="METHOD", help=f"one of {', '.join(METHODS)}"
    )
    parser.add_argument("--administrator", action="store_true", help="add the administrator’s sheet")
    parser.add_argument("--public-address", metavar="ADDRESS", help="this site’s public IP address")
    parser.add_argument("--format", default="text", choices=FORMATS, help="default text")
    parser.add_argument("--output", metavar="FILE", help="write to this file instead of the terminal")


def run(args: argparse.Namespace) -> int:
    """Print or write the sheet; return the exit status."""
    knowledge = load_knowledge()
    if args.list:
        _list(knowledge)
        return 0
    way = _way(args, knowledge)
    if way is None:
        return 2
    sheet = settings_sheet(args.device, way, knowledge)
    made = document(sheet, administrator_sheet(way, knowledge) if args.administrator else None)
    text = _render(made, args.format)
    if text is None:
        return 2
    try:
        deliver(text, args.output, "Written")
    except OSError as error:
        if not args.output:
            raise
        print(f"--output: {args.output} can’t be written: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


def _render(made: SheetDocument, form: str) -> str | None:
    """Return the document; None after saying that a company's own template can't be used."""
    if form not in {"markdown", "html"}:
        return render(made, form)
    from core.reports.templating import TemplateTrouble

    try:
        return render(made, form)
    except TemplateTrouble as trouble:
        print(trouble, file=sys.stderr)
        return None


def _list(knowledge: Knowledge) -> None:
    width = max(len(name) for name in knowledge.devices)
    for name, device in sorted(knowledge.devices.items(), key=lambda item: device_name(item[1]).lower()):
        models = f" ({device.models})" if device.models else ""
        print(f"{name:<{width}}  {device_name(device)}{models}")


def _way(args: argparse.Namespace, knowledge: Knowledge) -> SendingWay | None:
    """Return the way that the arguments describe; None after printing what is wrong with them."""
    problems: list[str] = []

    def problem(option: str, text: str) -> str:
        problems.append(f"{option}: {text}")
        return ""

    if args.device and args.device not in knowledge.devices:
        problem("--device", f"there is no device “{args.device}”. See them with: sendproof sheet --list")
    server = sender = ""
    try:
        server = parse_host(args.server or "")
    except AddressProblem as error:
        problem("--server", str(error))
    try:
        sender = parse_mailbox(args.sender or "").text
    except AddressProblem as error:
        problem("--from", str(error))
    method = args.method or _method(server, args, knowledge)
    signs_in = method in SIGNING_IN or bool(args.user)
    if args.no_sign_in and method in SIGNING_IN:
        problem("--no-sign-in", f"the method “{method}” always signs in.")
    if args.user and method in WITHOUT_SIGN_IN:
        problem("--user", f"there is no sign-in with the method “{method}”; leave it out.")
    if args.user and args.no_sign_in:
        problem("--user", "give a user name or --no-sign-in, not both.")
    port = args.port or _port(args.security, method)
    if port_number(str(port)) is None:
        problem("--port", f"“{port}” is no port: a port is a number from 1 to 65535.")
    address = args.public_address
    if address:
        try:
            address = str(ipaddress.ip_address(address.strip()))
        except ValueError:
            problem("--public-address", f"“{address}” is not an IP address, such as 203.0.113.9.")
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return None
    return SendingWay(
        server=server,
        port=int(port),
        security=args.security,
        user=(args.user or sender) if signs_in else None,
        sender=sender,
        provider=provider_of(server, knowledge).provider,
        method=method,
        public_address=address,
        tenant=sender.rpartition("@")[2],
    )


def _method(server: str, args: argparse.Namespace, knowledge: Knowledge) -> str:
    """Return the method that fits a server where none is named."""
    from core.sheets.from_report import method_of

    return method_of(provider_of(server, knowledge), server, signs_in=not args.no_sign_in, external=False)


def _port(security: str, method: str) -> int:
    if security == "tls":
        return 465
    return 25 if method in WITHOUT_SIGN_IN else 587
