"""`sendproof check`: one check, live on the terminal or as a report."""

from __future__ import annotations

import argparse
import asyncio
import sys

from core.cli.connection import add_connection_arguments, form_of, look_at_practice, prepared
from core.cli.live import LivePrinter
from core.cli.output import add_output, can_write, deliver
from core.cli.problems import print_problems
from core.cli.running import cancel_on_interrupt
from core.reports.report import Report, to_json
from core.reports.text import render_text
from core.request import FormValues, UnfitSettings
from core.session.check import Check, exit_status

_FORMATS = ("text", "json", "markdown", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `check`."""
    add_connection_arguments(parser)
    output = add_output(parser, "report", _FORMATS)
    output.add_argument("--redact", action="store_true", help="put placeholders for addresses and names in the report")


def run(args: argparse.Namespace) -> int:
    """Run the check and return the exit status."""
    try:
        form = form_of(args)
        look_at_practice(args.practice)
    except ValueError as problem:
        print(f"sendproof check: {problem}", file=sys.stderr)
        return 2
    if not can_write(args):
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


async def _check(args: argparse.Namespace, form: FormValues) -> Report:
    async with prepared(args.practice, form) as (request, problems):
        to_terminal = args.format == "text" and not args.output
        printer = LivePrinter(sys.stdout if to_terminal else sys.stderr, verdict=to_terminal)
        print_problems(problems)
        printer.begin(request)
        check = Check(request, printer)
        cancel_on_interrupt(check)
        try:
            return await check.run()
        finally:
            printer.finish()


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
    deliver(text, args.output, "Report written")
