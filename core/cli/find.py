"""`sendproof find`: tries the ways of sending from this site at once, and recommends one."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, TextIO

from core import __version__
from core.cli.live import safe_for, wants_colour
from core.cli.output import add_output, can_write, deliver
from core.cli.problems import print_problems
from core.cli.running import cancel_on_interrupt
from core.cli.secrets import add_secret_arguments, read_password, read_token
from core.finding import events, text
from core.finding.form import DEFAULT_DEADLINE, DEFAULT_TIMEOUT, FindForm
from core.finding.model import FindDocument, Plan, to_json
from core.finding.recommend import exit_status
from core.finding.search import finder_for, plan_for, read
from core.knowledge.load import load_knowledge
from core.request import UnfitSettings

if TYPE_CHECKING:
    from core.practice.tenant import Tenant

_OPTIONS = {"device": "--device"}
"""Options that a check calls otherwise."""

_SECURITIES = ("auto", "starttls", "tls", "none")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `find`. All values stay text: they are looked at together."""
    parser.epilog = (
        "Exit status: 0 a recommended way works, 1 none does, 2 unusable arguments, 3 try again later, 130 cancelled."
    )
    who = parser.add_argument_group("who sends to whom")
    who.add_argument("--from", dest="sender", default="", metavar="A", help="the address that the copier sends from")
    who.add_argument(
        "--to",
        dest="recipients",
        action="append",
        default=[],
        metavar="B",
        help="a recipient; give one inside and one outside the organisation",
    )
    who.add_argument("--practice", metavar="TENANT", help="search a practice tenant instead; “list” shows them")
    sign_in = parser.add_argument_group("sign-in")
    sign_in.add_argument("--user", default="", metavar="U", help="the user name for ways that sign in")
    add_secret_arguments(sign_in)
    device = parser.add_argument_group("the device")
    device.add_argument("--device", default="", metavar="ID", help="try each way with this device’s TLS limits too")
    device.add_argument("--present-server", default="", metavar="NAME", help="the server that is set in it now")
    device.add_argument("--present-port", default="", metavar="N", help="the port that is set in it now")
    device.add_argument("--present-security", default="", choices=("", *_SECURITIES), metavar="auto|starttls|tls|none")
    device.add_argument("--present-sign-in", choices=("yes", "no"), help="whether it signs in now")
    ways = parser.add_argument_group("ways")
    ways.add_argument("--server", default="", metavar="NAME", help="try an own server too")
    ways.add_argument("--port", default="", metavar="N", help="the own server’s port; default: the usual ones")
    ways.add_argument("--security", default="", choices=("", *_SECURITIES), metavar="auto|starttls|tls|none")
    ways.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="WAY[,WAY]",
        help="try what is only tried on request: hve, acs, legacy-tls",
    )
    ways.add_argument("--plan", action="store_true", help="only show what would be tried; nothing but DNS is asked")
    ways.add_argument("--send", action="store_true", help="really send a small test message by each way that works")
    limits = parser.add_argument_group("limits and trust")
    limits.add_argument("--ehlo", default="", metavar="NAME", help="the name given with EHLO; default this computer’s")
    limits.add_argument("--timeout", default="", metavar="SECONDS", help=f"for each reply; default {DEFAULT_TIMEOUT}")
    limits.add_argument("--deadline", default="", metavar="SECONDS", help=f"for each way; default {DEFAULT_DEADLINE}")
    limits.add_argument("--ip", default="auto", choices=["auto", "4", "6"], help="the IP version; default auto")
    limits.add_argument("--ca-file", default="", metavar="F", help="trust the roots in this PEM file too")
    limits.add_argument("--no-verify", action="store_true", help="go on with an untrusted certificate")
    limits.add_argument(
        "--allow-plaintext-auth", action="store_true", help="sign in over an unencrypted or untrusted connection too"
    )
    limits.add_argument("--resolver", default="", metavar="ADDRESS[:PORT]", help="ask this DNS server for everything")
    limits.add_argument("--no-dns-evidence", action="store_true", help="no questions about this site’s address")
    add_output(parser, "result", ("text", "json"))


def run(args: argparse.Namespace) -> int:
    """Run the search and return the exit status."""
    try:
        form = _form(args)
        tenant = _tenant(args.practice)
    except ValueError as problem:
        print(f"sendproof find: {problem}", file=sys.stderr)
        return 2
    if args.practice == "list":
        return 0
    if not can_write(args):
        return 2
    try:
        found = asyncio.run(_search(args, form, tenant))
    except UnfitSettings as unfit:
        print_problems(unfit.problems, _OPTIONS)
        return 2
    _deliver(args, found)
    return exit_status(found) if isinstance(found, FindDocument) else 0


def _tenant(name: str | None) -> Tenant | None:
    if not name:
        return None
    from core.practice.tenant import load_tenant, load_tenants

    if name != "list":
        return load_tenant(name)
    tenants = load_tenants()
    width = max(map(len, tenants))
    for tenant in tenants.values():
        print(f"{tenant.id:<{width}}  {tenant.title}")
    return None


def _form(args: argparse.Namespace) -> FindForm:
    return FindForm(
        sender=args.sender,
        recipients=tuple(args.recipients),
        user=args.user,
        password=read_password(args),
        token=read_token(args),
        device=args.device,
        server=args.server,
        port=args.port,
        security=args.security,
        present_server=args.present_server,
        present_port=args.present_port,
        present_security=args.present_security,
        present_sign_in=None if args.present_sign_in is None else args.present_sign_in == "yes",
        include=tuple(args.include),
        send=args.send,
        ehlo=args.ehlo,
        timeout=args.timeout,
        deadline=args.deadline,
        ip=args.ip,
        ca_file=args.ca_file,
        verify=not args.no_verify,
        allow_plaintext_auth=args.allow_plaintext_auth,
        resolver=args.resolver,
        dns_evidence=not args.no_dns_evidence,
    )


async def _search(args: argparse.Namespace, form: FindForm, tenant: Tenant | None) -> FindDocument | Plan:
    knowledge = load_knowledge()
    parsed = read(form, knowledge, tenant)
    if parsed.request is None:
        raise UnfitSettings(parsed.problems)
    print_problems(parsed.problems, _OPTIONS)
    if tenant is None:
        domain = parsed.request.base.sender.domain
        print(f"Asking DNS who takes the mail of {domain} …", file=sys.stderr, flush=True)
    plan = await plan_for(parsed.request, knowledge, tenant=tenant)
    if args.plan:
        return plan
    live = args.format == "text" and not args.output
    printer = _Printer(sys.stdout if live else sys.stderr, verdict=live)
    async with finder_for(parsed.request, plan, printer, knowledge, tenant=tenant) as finder:
        cancel_on_interrupt(finder)
        found = await finder.run()
    if not args.no_history:  # before anything can go wrong with showing it
        from core.cli.keeping import keep_run

        keep_run(to_json(found), client=args.client)
    printer.finish()
    return found


class _Printer:
    """Prints the events of a search as they come."""

    def __init__(self, stream: TextIO, *, verdict: bool) -> None:
        self._stream = stream
        self._verdict = verdict
        self._colour = wants_colour(stream)
        self._plan: Plan | None = None
        self._failure: OSError | None = None

    def __call__(self, event: events.Event) -> None:
        """Show one event. A reader who has gone does not stop the search."""
        if self._failure is not None:
            return
        try:
            self._show(event)
        except OSError as failure:
            self._failure = failure  # told once, at the end

    def finish(self) -> None:
        """Raise the OSError with which printing ended, if it did, such as that of a closed pipe."""
        if self._failure is not None:
            raise self._failure

    def _show(self, event: events.Event) -> None:
        match event:
            case events.FindStarted():
                self._plan = event.plan
                practice = f" (practice tenant “{event.plan.practice}”)" if event.plan.practice else ""
                self._print(f"Sendproof {__version__} — ways of sending for {event.plan.found.domain}{practice}")
                for line in text.plan_lines(event.plan):
                    self._print(line, "2" if line.startswith("  –") else "")
                self._print("")
            case events.WayEnded():
                assert self._plan is not None
                way = self._plan.way(event.result.way)
                if not way.left_out:
                    colour = {"works": "32", "fails": "31", "partly": "33", "later": "33"}.get(event.result.state, "2")
                    self._print(f"{event.ms / 1000:7.2f}  {text.way_line(way, event.result)}", colour)
            case events.FindFinished() if self._verdict:
                self._print("")
                for number, line in enumerate(text.verdict_lines(event.document)):
                    good = event.document.recommendation.verdict == "recommended"
                    self._print(line, "" if number else "1;32" if good else "1;31")
            case _:
                pass

    def _print(self, line: str, colour: str = "") -> None:
        shown = f"\x1b[{colour}m{line}\x1b[0m" if colour and self._colour else line
        print(safe_for(self._stream, shown), file=self._stream, flush=True)


def _deliver(args: argparse.Namespace, found: FindDocument | Plan) -> None:
    if args.format == "json":
        words = to_json(found) + "\n"
    elif isinstance(found, Plan):
        words = "\n".join(text.plan_lines(found)) + "\n"
    elif args.output:
        words = text.render_text(found)
    else:
        return  # printed as it happened
    deliver(words, args.output)
