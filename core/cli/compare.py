"""`sendproof compare`: two saved reports side by side, with what follows.

Exit status: 0 when both could be compared, whatever came of it; 2 when a file can't be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.cli.output import deliver
from core.comparing.comparison import Comparison, to_json
from core.history.files import UnreadableFile
from core.history.kinds import title_of
from core.history.opening import open_file
from core.reports.seal import SealState
from core.session.transcript import render as harmless

_FORMATS = ("text", "json", "markdown", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    parser.epilog = (
        "Run the check twice with --format json --output FILE, once here and once over the phone’s hotspot, or before "
        "and after a change. Exit status: 0 compared, whatever came of it; 2 a file can’t be used."
    )
    parser.add_argument("first", metavar="FIRST.json", help="the report of the first run, or before a change")
    parser.add_argument("second", metavar="SECOND.json", help="the report of the second run, or after a change")
    parser.add_argument("--format", default="text", choices=_FORMATS, help="default text")
    parser.add_argument("--output", metavar="FILE", help="write the comparison to FILE")


def run(args: argparse.Namespace) -> int:
    """Compare and return the exit status."""
    from core.comparing.compare import compare

    reports = []
    for given in (args.first, args.second):
        name = harmless(Path(given).name, limit=100)
        try:
            opened = open_file(Path(given))
        except UnreadableFile as problem:
            print(f"sendproof compare: “{name}”: {problem}", file=sys.stderr)
            return 2
        if opened.report is None:
            kind = harmless(title_of(opened.kind), limit=40)
            print(f"sendproof compare: “{name}” holds no check, but “{kind}”: only checks compare.", file=sys.stderr)
            return 2
        if opened.seal is SealState.CHANGED:
            print(f"sendproof compare: “{name}” was changed after it was made; don’t rely on it.", file=sys.stderr)
        reports.append(opened.report)
    found = compare(*reports)
    if args.format == "html":
        from core.reports.templating import TemplateTrouble

        try:
            text = render(found, args.format)
        except TemplateTrouble as problem:
            print(f"sendproof compare: {problem}", file=sys.stderr)
            return 2
    else:
        text = render(found, args.format)
    deliver(text, args.output, "Comparison written")
    return 0


def render(comparison: Comparison, form: str) -> str:
    """Return the comparison in the wanted format; each renderer is imported when it is wanted."""
    if form == "json":
        return to_json(comparison) + "\n"
    if form == "markdown":
        from core.comparing.markdown import render_markdown

        return render_markdown(comparison)
    if form == "html":
        from core.comparing.html import render_html

        return render_html(comparison)
    from core.comparing.text import render_text

    return render_text(comparison)
