"""The command line: words to the command that is meant, and what every command shares."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from core import __version__

COMMANDS = {
    "check": "hold a complete SMTP conversation and name the cause of a failure",
    "find": "find out which way of sending works from this site, and recommend one",
    "sheet": "print what to type into which device, and what the administrator does",
    "listen": "be a device's mail server for a moment and tell what it does",
    "watch": "repeat a check at intervals, for trouble that comes and goes",
    "compare": "put two saved reports side by side: two networks, or before and after",
    "mtu": "measure the largest packet that reaches a server whole (path MTU)",
    "explain": "explain a reply, a bounce, a client's error or a panel code",
    "report": "make ticket notes, a client summary, an escalation or another document from a saved report",
    "history": "list, show and delete the runs that were kept",
    "practice": "play a mail server to practise on",
}
"""Each command has a module of its name beside this one, with `add_arguments(parser)` and `run(arguments)`."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong without repeating a password that somebody put on the command line."""

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with status 2."""
        super().error(re.sub(r"(--(?:pass|token)[\w-]*)[= ].*", r"\1 (value hidden)", message))


def make_parser(wanted: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser. Only modules of commands among the words `wanted` are imported: a start has to be quick."""
    parser = _Parser(
        prog="sendproof",
        description="Finds out why a copier can't send scans by e-mail.",
        epilog="Exit status: 0 accepted, 1 stopped, 2 unusable arguments or settings, 3 deferred (4xx), 130 cancelled.",
    )
    parser.add_argument("--version", action="version", version=f"Sendproof {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name in wanted:
            module = importlib.import_module(f"core.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. `arguments` defaults to those of the program."""
    _make_output_safe()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        parsed = make_parser(words).parse_args(words)
    except SystemExit as leaving:  # argparse has printed its message
        return int(leaving.code or 0)
    except KeyboardInterrupt:  # the modules of a command are read here, which takes a moment
        return 130
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is left to say, not even at the interpreter's end.
        with contextlib.suppress(OSError):
            sys.stdout = open(sys.stderr.fileno(), "w", closefd=False)  # noqa: SIM115
        return 1
    except OSError as problem:
        name = f"“{problem.filename}”: " if isinstance(problem.filename, str) else ""
        print(f"sendproof {parsed.command}: {name}{problem.strerror or problem}", file=sys.stderr)
        with contextlib.suppress(OSError):
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        return 2


def _make_output_safe() -> None:
    """Print on any terminal: a console that lacks ✓ shows a question mark instead of a traceback.

    Without any terminal (closed streams, a Windows program without console) what would be printed is dropped.
    """
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="replace")
