"""`sendproof check`: one check, live on the terminal or as a report."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path

from core.cli.live import LivePrinter, safe_for
from core.cli.problems import print_problems
from core.cli.secrets import add_secret_arguments, read_password, read_token
from core.knowledge.load import load_knowledge
from core.knowledge.providers import device_limits
from core.reports.report import Report, to_json
from core.reports.text import render_text
from core.request import CheckRequest, FieldProblem, FormValues, Mechanism, Security, UnfitSettings, parse
from core.session.check import Check, exit_status
from core.stages import Stage

_FORMATS = ("text", "json", "markdown", "html")


def _names(kind: type[StrEnum]) -> list[str]:
    return [str(member.value) for member in kind]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `check`. All values stay text: `core.request.parse` looks at them together."""
    target = parser.add_argument_group("what is tested")
    target.add_argument("--server", default="", metavar="NAME", help="the mail server's name or IP address")
    target.add_argument("--port", default="", help="default 587; 465 with --security tls")
    target.add_argument(
        "--security",
        default="auto",
        choices=_names(Security),
        help="default auto: TLS where offered",
    )
    target.add_argument("--ehlo", default="", metavar="NAME", help="the name given with EHLO; default this computer's")
    target.add_argument("--practice", metavar="NAME", help="check a built-in practice server instead")
    sign_in = parser.add_argument_group("sign-in")
    sign_in.add_argument("--user", default="", metavar="U", help="the user name")
    add_secret_arguments(sign_in)
    sign_in.add_argument(
        "--auth",
        default="auto",
        choices=_names(Mechanism),
        help="the mechanism; default auto",
    )
    message = parser.add_argument_group("message")
    message.add_argument("--from", dest="sender", default="", metavar="A", help="the sender's address")
    message.add_argument(
        "--to", dest="recipients", action="append", default=[], metavar="B", help="a recipient; repeat it for more"
    )
    message.add_argument("--send", action="store_true", help="really send a small test message")
    message.add_argument("--attach-size", default="", metavar="5M", help="announce (and with --send attach) so much")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--timeout", default="", metavar="SECONDS", help="for each single reply; default 20")
    limits.add_argument("--deadline", default="", metavar="SECONDS", help="for the whole check; default 120")
    limits.add_argument("--ip", default="auto", choices=["auto", "4", "6"], help="the IP version; default auto")
    limits.add_argument(
        "--quit-after",
        default="",
        choices=["", *_names(Stage)],
        metavar="STAGE",
        help="end politely after it",
    )
    trust = parser.add_argument_group("trust")
    trust.add_argument("--ca-file", default="", metavar="F", help="trust the roots in this PEM file too")
    trust.add_argument("--no-verify", action="store_true", help="go on with an untrusted certificate")
    trust.add_argument(
        "--allow-plaintext-auth", action="store_true", help="sign in over an unencrypted or untrusted connection too"
    )
    device = parser.add_argument_group("talk like a device")
    device.add_argument("--like", default="", metavar="DEVICE", help="talk as this known device does")
    device.add_argument("--tls-min", default="", metavar="1.0|1.1|1.2|1.3", help="the lowest TLS version")
    device.add_argument("--tls-max", default="", metavar="1.0|1.1|1.2|1.3", help="the highest TLS version")
    device.add_argument("--ciphers", default="", metavar="LIST", help="cipher suites as an OpenSSL list")
    device.add_argument("--no-sni", action="store_true", help="don't tell the server's name in the handshake")
    dns = parser.add_argument_group("DNS")
    dns.add_argument("--resolver", default="", metavar="ADDRESS[:PORT]", help="ask this DNS server for everything")
    dns.add_argument("--dnsbl", action="append", metavar="ZONE", help="ask this blocklist; repeatable")
    dns.add_argument("--no-dns-evidence", action="store_true", help="no DNS questions beside the conversation")
    output = parser.add_argument_group("output")
    output.add_argument("--format", default="text", choices=_FORMATS, help="default text")
    output.add_argument("--output", metavar="FILE", help="write the report to FILE")
    output.add_argument("--no-history", action="store_true", help="don't keep this run in the history")
    output.add_argument("--client", default="", metavar="NAME", help="keep the run under this client's name")
    output.add_argument("--redact", action="store_true", help="put placeholders for addresses and names in the report")


def run(args: argparse.Namespace) -> int:
    """Run the check and return the exit status."""
    try:
        form = _form(args)
        if args.practice:
            from core.practice.load import load_scenario  # only now: a check of a real server needs none of it

            load_scenario(args.practice)
    except ValueError as problem:
        print(f"sendproof check: {problem}", file=sys.stderr)
        return 2
    if args.output is not None and not _writable(Path(args.output)):
        print(f"sendproof check: “{args.output}” can't be written to.", file=sys.stderr)
        return 2
    try:
        report = asyncio.run(_check(args, form))
    except UnfitSettings as unfit:
        print_problems(unfit.problems)
        return 2
    if not args.no_history:
        from core.cli.keeping import keep_run

        keep_run(to_json(report), client=args.client)
    _deliver(args, report)
    return exit_status(report)


def _form(args: argparse.Namespace) -> FormValues:
    return FormValues(
        server=args.server,
        port=args.port,
        security=args.security,
        ehlo=args.ehlo,
        user=args.user,
        password=read_password(args),
        token=read_token(args),
        mechanism=args.auth,
        sender=args.sender,
        recipients=tuple(args.recipients),
        send=args.send,
        attach_size=args.attach_size,
        timeout=args.timeout,
        deadline=args.deadline,
        ip=args.ip,
        ca_file=args.ca_file,
        verify=not args.no_verify,
        allow_plaintext_auth=args.allow_plaintext_auth,
        quit_after=args.quit_after,
        tls_min=args.tls_min,
        tls_max=args.tls_max,
        ciphers=args.ciphers,
        sni=not args.no_sni,
        device=args.like,
        resolver=args.resolver,
        dnsbl=None if args.dnsbl is None else tuple(args.dnsbl),
        dns_evidence=not args.no_dns_evidence,
    )


async def _check(args: argparse.Namespace, form: FormValues) -> Report:
    async with AsyncExitStack() as stack:
        if args.practice:
            from core.practice.rehearsal import rehearse

            request: CheckRequest = await stack.enter_async_context(rehearse(args.practice, form))
            problems: tuple[FieldProblem, ...] = ()
        else:
            parsed = parse(form, device_limits(load_knowledge()))
            if parsed.request is None:
                raise UnfitSettings(parsed.problems)
            request, problems = parsed.request, parsed.problems
        to_terminal = args.format == "text" and not args.output
        printer = LivePrinter(sys.stdout if to_terminal else sys.stderr, verdict=to_terminal)
        print_problems(problems)
        printer.begin(request)
        check = Check(request, printer)
        _cancel_on_interrupt(check)
        try:
            return await check.run()
        finally:
            printer.finish()


def _cancel_on_interrupt(check: Check) -> None:
    """Let Ctrl+C end the conversation politely; a second one ends the program."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        check.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # signal.signal instead of add_signal_handler, which Windows does not have.
    signal.signal(signal.SIGINT, lambda number, frame: loop.call_soon_threadsafe(interrupted))


def _writable(path: Path) -> bool:
    """Return whether `path` can be written, which is better known before a check than after it."""
    is_new = not os.path.lexists(path)
    try:
        with path.open("ab"):
            pass
    except (OSError, ValueError):
        return False
    if is_new:
        path.unlink(missing_ok=True)
    return True


def _render(report: Report, form: str, *, redacted: bool) -> str:
    """Return the report in the wanted format. Each renderer is imported when it is wanted: a start has to be quick."""
    if redacted:
        from core.reports.redaction import redact

        report = redact(report)
    if form == "json":
        return to_json(report) + "\n"
    if form == "markdown":
        from core.reports.markdown import render_markdown

        return render_markdown(report)
    if form == "html":
        from core.reports.html import render_html

        return render_html(report)
    return render_text(report)


def _deliver(args: argparse.Namespace, report: Report) -> None:
    if args.format == "text" and not args.output:
        return  # printed as it happened
    text = _render(report, args.format, redacted=args.redact)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8", newline="\n")
        print(f"Report written to {args.output}", file=sys.stderr)
    else:
        sys.stdout.write(safe_for(sys.stdout, text))
        sys.stdout.flush()
