"""Where the result of a command goes: the arguments for that, a look before the work, and the writing itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from core.cli.live import safe_for


def add_output(
    parser: argparse.ArgumentParser, what: str, formats: Sequence[str], *, file_help: str = ""
) -> argparse._ArgumentGroup:
    """Add --format, --output, --no-history and --client for a command whose result is `what`; return their group."""
    group = parser.add_argument_group("output")
    group.add_argument("--format", default="text", choices=formats, help="default text")
    group.add_argument("--output", metavar="FILE", help=file_help or f"write the {what} to FILE")
    group.add_argument("--no-history", action="store_true", help=f"don't keep this {what} in the history")
    group.add_argument("--client", default="", metavar="NAME", help=f"keep the {what} under this client's name")
    return group


def can_write(args: argparse.Namespace) -> bool:
    """Return whether the file of --output can be written, which is better known before the work; say it if not."""
    if args.output is None or _is_writable(Path(args.output)):
        return True
    print(f"sendproof {args.command}: “{args.output}” can't be written to.", file=sys.stderr)
    return False


def _is_writable(path: Path) -> bool:
    is_new = not os.path.lexists(path)
    try:
        with path.open("ab"):
            pass
    except (OSError, ValueError):
        return False
    if is_new:
        path.unlink(missing_ok=True)
    return True


def deliver(text: str, output: str | None, what: str = "Result written") -> None:
    """Write `text` to the file `output`, and say `what` was done; without a file print it. Raises OSError."""
    if output:
        Path(output).write_text(text, encoding="utf-8", newline="\n")
        print(f"{what} to {output}", file=sys.stderr)
    else:
        sys.stdout.write(safe_for(sys.stdout, text))
        sys.stdout.flush()
