"""`sendproof watch`: a check repeated at intervals, for trouble that comes and goes.

Exit status: 0 all runs passed (with --until-success: one did) · 1 some were stopped · 2 unusable arguments or
settings · 3 some were deferred (4xx), none stopped · 130 ended by Ctrl+C.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TextIO

from core import __version__
from core.cli.connection import add_connection_arguments, form_of, look_at_practice, prepared
from core.cli.live import safe_for
from core.cli.output import add_output, can_write
from core.cli.problems import print_problems
from core.cli.running import cancel_on_interrupt
from core.request import FormValues, UnfitSettings
from core.stages import Outcome
from core.watching import events
from core.watching.document import WatchDocument, to_json
from core.watching.keeping import Keeper
from core.watching.plan import UnfitPlan, Until, make_plan, parse_amount
from core.watching.text import ENDED, gap_line, heading, render_text, run_lines, summary_lines

_OPTIONS = {"every": "--every", "duration": "--for", "count": "--times"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `watch`."""
    parser.epilog = (
        "Gentle to the server: at least 1m between two runs, 5m with sign-in, 15m with --send; further apart after a "
        "4xx; it ends when the sign-in is refused. What was found is kept in the history after each run. Exit status: "
        "0 all passed (with --until-success: one did), 1 some were stopped, 2 unusable arguments or settings, 3 some "
        "were deferred (4xx), 130 Ctrl+C."
    )
    watch = parser.add_argument_group("how often and how long")
    watch.add_argument("--every", default="5m", metavar="TIME", help="between two runs, such as 2m; default 5m")
    watch.add_argument("--for", dest="duration", default="2h", metavar="TIME", help="for the whole; default 2h")
    watch.add_argument("--times", default="", metavar="N", help="at most so many runs")
    until = watch.add_mutually_exclusive_group()
    until.add_argument("--until-failure", action="store_true", help="end at the first run that does not pass")
    until.add_argument("--until-success", action="store_true", help="end at the first run that passes")
    add_connection_arguments(parser)
    add_output(parser, "result", ("text", "json"), file_help="write the result to FILE, anew after each run")


def run(args: argparse.Namespace) -> int:
    """Watch and return the exit status."""
    try:
        form = form_of(args)
        look_at_practice(args.practice)
        times = _times(args)
    except ValueError as problem:
        print(f"sendproof watch: {problem}", file=sys.stderr)
        return 2
    if not can_write(args):
        return 2
    try:
        document = asyncio.run(_watch(args, form, *times))
    except UnfitSettings as unfit:
        print_problems(unfit.problems)
        return 2
    except UnfitPlan as unfit_plan:
        print(f"{_OPTIONS[unfit_plan.field]}: {unfit_plan}", file=sys.stderr)
        return 2
    _deliver(args, document)
    return exit_status(document)


def exit_status(document: WatchDocument) -> int:
    """Return the exit status for a finished watch."""
    if document.ended_by == "cancelled":
        return 130
    if document.ended_by == "success":
        return 0
    return {Outcome.ACCEPTED: 0, Outcome.STOPPED: 1, Outcome.DEFERRED: 3, Outcome.CANCELLED: 130}[document.outcome]


def _times(args: argparse.Namespace) -> tuple[float, float, int | None]:
    amounts = []
    for option, text in (("--every", args.every), ("--for", args.duration)):
        try:
            amounts.append(parse_amount(text))
        except ValueError as problem:
            raise ValueError(f"{option}: {problem}") from None
    if not args.times:
        return amounts[0], amounts[1], None
    if not (args.times.isascii() and args.times.isdigit() and len(args.times) <= 6):
        raise ValueError(f"--times: “{args.times}” is no number.")
    return amounts[0], amounts[1], int(args.times)


async def _watch(
    args: argparse.Namespace, form: FormValues, every: float, duration: float, count: int | None
) -> WatchDocument:
    from core.history.store import History
    from core.watching.runner import Watch

    until: Until = "failure" if args.until_failure else "success" if args.until_success else ""
    async with prepared(args.practice, form) as (request, problems):
        plan = make_plan(request, every, duration, until=until, count=count)
        print_problems(problems)
        live = sys.stdout if args.format == "text" and not args.output else sys.stderr
        path = Path(args.output) if args.output else None
        render = to_json if args.format == "json" else render_text
        keeper = Keeper(None if args.no_history else History(), path, render=render, client=args.client)
        watch = Watch(request, plan, _Live(live), keeper=keeper)
        cancel_on_interrupt(watch)
        return await watch.run()


class _Live:
    """Prints what happens: a line a run; on a terminal also what is waited for, which the next line replaces."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._pending = 0
        self._problem = ""

    def __call__(self, event: events.WatchEvent) -> None:
        match event:
            case events.WatchBegan():
                self._line(f"Sendproof {__version__} — {heading(event.document)}")
                self._line("Ctrl+C ends it; what was found stays.")
                self._line("")
            case events.RunStage():
                self._passing(f"run {event.number}: waiting for {event.waiting_for}")
            case events.RunEnded():
                for line in run_lines(event.run):
                    self._line(line)
                self._trouble(event.problem)
            case events.Slept():
                self._line(gap_line(event.gap))
            case events.WatchWaits():
                at = _time_of_day(event.at)
                self._passing(
                    f"next run at {at}" + (", later than planned: the server put us off" if event.backed_off else "")
                )
            case events.WatchEnded():
                self._passing("")
                self._trouble(event.problem)

    def _trouble(self, problem: str) -> None:
        if problem and problem != self._problem:
            print(f"sendproof watch: {problem}", file=sys.stderr)
        self._problem = problem

    def _line(self, text: str) -> None:
        self._passing("")
        print(safe_for(self._stream, text), file=self._stream, flush=True)

    def _passing(self, text: str) -> None:
        """Show `text` in the line that the next one replaces."""
        if not self._terminal:
            return
        shown = safe_for(self._stream, text)[:78]
        self._stream.write("\r" + shown.ljust(self._pending) + ("" if shown else "\r"))
        self._stream.flush()
        self._pending = len(shown)


def _time_of_day(at: float) -> str:
    import time

    return time.strftime("%H:%M:%S", time.localtime(at))


def _deliver(args: argparse.Namespace, document: WatchDocument) -> None:
    if args.output:
        print(f"Result written to {args.output}", file=sys.stderr)
    elif args.format == "json":
        sys.stdout.write(safe_for(sys.stdout, to_json(document) + "\n"))
        sys.stdout.flush()
    else:
        lines = ["", ENDED[document.ended_by], *summary_lines(document)]
        sys.stdout.write(safe_for(sys.stdout, "\n".join(lines) + "\n"))
        sys.stdout.flush()
