"""`sendproof report`: a document for people from a report that was saved as JSON, or from two."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.live import safe_for
from core.reports.documents.model import KINDS
from core.session.transcript import render

if TYPE_CHECKING:
    from core.reports.documents.make import Made
    from core.reports.report import Report
    from core.reports.seal import SealState

FORMATS = ("html", "pdf", "markdown", "text", "json")
_BY_ENDING = {
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".json": "json",
}
_DETAILS = {
    "client": "the client’s name",
    "site": "the site or location",
    "device": "the device, such as its model",
    "issue": "the issue as it was reported",
    "engineer": "who worked on it",
}
CHANGED = 1
"""The exit status where a report was changed after it had been written: the document says so too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    parser.epilog = (
        "Exit status: 0 written; 1 written, but a report was changed after Sendproof had written it; 2 unusable "
        "arguments, file or template."
    )
    parser.add_argument("file", metavar="FILE", help="a report saved as JSON; - reads standard input")
    parser.add_argument("second", metavar="SECOND", nargs="?", help="a later report: the proof of the resolution")
    parser.add_argument(
        "--kind",
        default="ticket",
        choices=KINDS,
        help="ticket notes, client summary, escalation sheet, case study, or the full report (of two: before and "
        "after); default ticket",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="default: what the ending of --output says, else text; pdf needs --output"
    )
    parser.add_argument("--output", metavar="FILE", help="write the document to FILE")
    parser.add_argument(
        "--addressee",
        default="",
        metavar="WHO",
        help="of an escalation: isp, vendor, microsoft, provider, administrator or network; default: who can fix it",
    )
    parser.add_argument("--redact", action="store_true", help="put placeholders for addresses and names")
    parser.add_argument("--built-in-templates", action="store_true", help="leave a company’s own templates aside")
    ticket = parser.add_argument_group("ticket information")
    for name, words in _DETAILS.items():
        ticket.add_argument(f"--{name}", default="", metavar="TEXT", help=words)


def run(args: argparse.Namespace) -> int:
    """Make the document and return the exit status."""
    from core.history.files import UnreadableFile
    from core.reports.documents.make import Wish, make
    from core.reports.documents.model import Details
    from core.reports.pdf import NoPainter
    from core.reports.seal import SealState
    from core.reports.templating import TemplateTrouble

    form = args.format or _BY_ENDING.get(Path(args.output or "").suffix.lower(), "text")
    if form == "pdf" and not args.output:
        return _refuse("A PDF needs --output FILE.")
    if args.addressee and args.kind != "escalation":
        return _refuse("--addressee is for --kind escalation.")
    names = [args.file, *([args.second] if args.second else [])]
    try:
        opened = [_open(name) for name in names]
        reports = [report for report, _ in opened]
        wish = Wish(
            kind=args.kind,
            redact=args.redact,
            details=Details(**{name: getattr(args, name) for name in _DETAILS}),
            addressee=args.addressee,
        )
        seals = tuple(seal for _, seal in opened)
        made = make(wish, *reports, seals=seals)
        _deliver(made, form, args.output, built_in=args.built_in_templates)
    except (UnreadableFile, NoPainter) as problem:
        return _refuse(str(problem))
    except TemplateTrouble as problem:
        hint = " With --built-in-templates the one that comes with the program is taken." if problem.own else ""
        return _refuse(f"{problem}{hint}")
    except OSError as problem:
        if isinstance(problem, BrokenPipeError) and not args.output:
            raise  # whoever read it has gone, and wants to hear no more
        place = f"“{args.output}” could not be written" if args.output else "The document could not be printed"
        return _refuse(f"{place}: {problem.strerror or problem}.")
    except ValueError as problem:
        return _refuse(str(problem))
    _say_seals(names, opened)
    if args.output:
        print(f"Written to {args.output}", file=sys.stderr)
    return CHANGED if SealState.CHANGED in seals else 0


def _open(name: str) -> tuple[Report, SealState]:
    """Return the report in the file `name` ("-": standard input) and what its seal says. Raises UnreadableFile."""
    from core.history.files import UnreadableFile
    from core.history.opening import open_document, open_file
    from core.history.store import MAX_DOCUMENT_BYTES

    try:
        # Of a document on standard input that is larger than any report, the end is missing then.
        opened = open_document(sys.stdin.buffer.read(MAX_DOCUMENT_BYTES)) if name == "-" else open_file(Path(name))
    except UnreadableFile as problem:
        raise UnreadableFile(f"{_called(name)}: {problem}") from None
    if opened.report is None:
        raise UnreadableFile(
            f"{_called(name)}: This is a document of another kind ({opened.kind}); a check’s report is needed."
        )
    return opened.report, opened.seal


def _called(name: str) -> str:
    return "Standard input" if name == "-" else f"“{render(name)}”"


def _deliver(made: Made, form: str, output: str | None, *, built_in: bool) -> None:
    from core.reports.documents.rendering import rendered
    from core.reports.pdf import save_pdf
    from core.reports.save import save_text

    own: Sequence[Path] | None = () if built_in else None
    if form == "pdf":
        assert output is not None
        title = f"{made.document.title} – {made.document.lead}"
        save_pdf(rendered(made, "print", own=own), Path(output), title)
        return
    text = rendered(made, form, own=own)  # type: ignore[arg-type]
    if output:
        save_text(text, Path(output))
    else:
        sys.stdout.write(safe_for(sys.stdout, text))
        sys.stdout.flush()


def _say_seals(names: Sequence[str], opened: Sequence[tuple[Report, SealState]]) -> None:
    words = {
        "intact": "The seal is intact: the report is as Sendproof wrote it (SHA-256 {seal}).",
        "changed": "THE SEAL DOES NOT FIT: the report was changed after Sendproof had written it.",
        "absent": "There is no seal, so whether the report was changed can’t be told.",
    }
    for name, (report, state) in zip(names, opened, strict=True):
        said = words[state.value].format(seal=report.proof.report_sha256)
        print(f"{_called(name)}: {said}", file=sys.stderr)


def _refuse(sentence: str) -> int:
    print(f"sendproof report: {sentence}", file=sys.stderr)
    return 2
