"""`sendproof history`: list, show and delete the runs that were kept."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from typing import Any

from core.cli.output import deliver
from core.history.entry import Entry
from core.history.files import UnreadableFile
from core.history.kinds import as_text, title_of
from core.history.opening import Opened, open_document
from core.history.store import History
from core.history.switch import VARIABLE, off_by_environment
from core.reports.seal import SealState

_SIGNS = {"accepted": "✓", "stopped": "✗", "deferred": "…", "cancelled": "–"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `history`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the runs, the latest first", description="List the kept runs.")
    _add_filters(listing)
    listing.add_argument("--limit", type=_count, metavar="N", help="at most so many")
    _add_format(listing, ("text", "json"))
    show = actions.add_parser("show", help="show one run", description="Show one kept run, or write it to a file.")
    show.add_argument("id", metavar="ID", help="the id that `history list` shows, or `last`")
    show.add_argument("--redact", action="store_true", help="put placeholders for addresses and names in the report")
    _add_format(show, ("text", "json", "markdown", "html"))
    delete = actions.add_parser("delete", help="delete runs", description="Delete runs from the history.")
    delete.add_argument("id", nargs="+", metavar="ID", help="the ids that `history list` shows")
    clear = actions.add_parser("clear", help="delete all runs", description="Delete all runs from the history.")
    clear.add_argument("--yes", action="store_true", help="don't ask")
    for action, text in (("on", "keep runs from now on"), ("off", "keep no further runs; those there stay")):
        actions.add_parser(action, help=text, description=f"{text[0].upper()}{text[1:]}.")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", default="", metavar="WORDS", help="runs that hold each of these words")
    parser.add_argument("--client", default="", metavar="NAME", help="runs of this client")
    parser.add_argument("--server", default="", metavar="NAME", help="runs against this server")
    parser.add_argument("--cause", default="", metavar="CAUSE", help="runs with this cause, by id or title")
    parser.add_argument("--since", type=_day, metavar="DATE", help="not before this day or time, such as 2026-11-21")
    parser.add_argument("--until", type=_last_moment, metavar="DATE", help="not after this day or time")


def _add_format(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("--format", default="text", choices=formats, help="default text")
    parser.add_argument("--output", metavar="FILE", help="write to FILE")


def _count(typed: str) -> int:
    number = int(typed) if typed.isascii() and typed.isdigit() else 0
    if not 0 < number <= 1_000_000:
        raise argparse.ArgumentTypeError("enter a number above 0")
    return number


def _day(typed: str) -> dt.datetime:
    """Return the moment that was typed; without a zone it is local time, without a time the day's beginning."""
    try:
        return dt.datetime.fromisoformat(typed).astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"“{typed}” is no date. Type it as 2026-11-21, or 2026-11-21T14:30 for a time."
        ) from None


def _last_moment(typed: str) -> dt.datetime:
    """Return the first moment that is too late: a day includes its evening, a time its minute."""
    found = _day(typed)
    whole_day = "T" not in typed and ":" not in typed
    return found + (dt.timedelta(days=1) if whole_day else dt.timedelta(minutes=1))


def run(args: argparse.Namespace) -> int:
    """Do what `action` says; return the exit status: 0 done, 1 nothing found or not everything done, 2 unusable."""
    if off_by_environment():
        print(f"sendproof history: the history is switched off by {VARIABLE}=off.", file=sys.stderr)
        return 1
    history = History()
    actions = {"list": _list, "show": _show, "delete": _delete, "clear": _clear}
    if args.action in actions:
        return actions[args.action](args, history)
    return _switch(history, on=args.action == "on")


def _switch(history: History, *, on: bool) -> int:
    history.set_on(on)
    print("Runs are kept from now on." if on else "No further run is kept. Those that are there stay.")
    return 0


def _list(args: argparse.Namespace, history: History) -> int:
    found = history.search(
        text=args.text,
        client=args.client,
        server=args.server,
        cause=args.cause,
        since=args.since,
        until=args.until,
    )[: args.limit]
    if args.format == "json":
        document = {"schema": "sendproof.history/1", "runs": [as_record(entry) for entry in found]}
        deliver(json.dumps(document, ensure_ascii=False, indent=2) + "\n", args.output, "Written")
    elif found:
        deliver("".join(f"{line}\n" for line in _table(found)), args.output, "Written")
    if not found:
        print(_why_empty(history), file=sys.stderr)
        return 1
    return 0


def _why_empty(history: History) -> str:
    if history.entries():
        return "No run fits."
    if not history.on:
        return "No run is kept: the history is switched off (`sendproof history on` switches it on)."
    return "No run is kept yet."


def as_record(entry: Entry) -> dict[str, Any]:
    """Return an entry for JSON."""
    record: dict[str, Any] = {name: getattr(entry, name) for name in entry.__struct_fields__}
    record["path"] = str(entry.path)
    record["when"] = entry.when.isoformat(timespec="milliseconds")
    return record


def _table(entries: list[Entry]) -> list[str]:
    """Return the entries as columns, as wide as needed and the title at the end."""
    rows = [("ID", "WHEN", "OUTCOME", "SERVER", "CLIENT", "WHAT")]
    rows += [_row(entry) for entry in entries]
    widths = [min(max(len(row[column]) for row in rows), 48) for column in range(5)]
    lines = []
    for row in rows:
        cells = [_cut(text, width).ljust(width) for text, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return lines


def _row(entry: Entry) -> tuple[str, str, str, str, str, str]:
    when = f"{entry.when.astimezone():%Y-%m-%d %H:%M}"
    if entry.damaged:
        return entry.id, when, "! damaged", "", entry.client, entry.damaged
    outcome = f"{_SIGNS.get(entry.outcome, '·')} {entry.outcome or '–'}"
    server = f"{entry.server}:{entry.port}" if entry.port else entry.server
    title = entry.title or title_of(entry.kind)
    what = title if entry.kind == "report" else f"{title_of(entry.kind)}: {title}"
    return entry.id, when, outcome, server, entry.client, f"{what} (practice)" if entry.practice else what


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _find(history: History, entry_id: str) -> Entry | None:
    entries = history.entries()
    if entry_id == "last":
        return next((entry for entry in entries if not entry.damaged), None)
    exact = [entry for entry in entries if entry.id == entry_id]
    begun = exact or [entry for entry in entries if len(entry_id) >= 3 and entry.id.startswith(entry_id)]
    if len(begun) == 1:
        return begun[0]
    what = "more than one run has an id that begins so" if begun else "no kept run has this id"
    print(f"sendproof history: {what}: {entry_id}", file=sys.stderr)
    return None


def _show(args: argparse.Namespace, history: History) -> int:
    entry = _find(history, args.id)
    if entry is None:
        return 1
    try:
        opened = open_document(history.read(entry))
    except UnreadableFile as problem:
        print(f"sendproof history: {problem}", file=sys.stderr)
        return 1
    if opened.report is None and args.format in {"markdown", "html"}:
        print(f"sendproof history: {title_of(opened.kind)} can be shown as text or json.", file=sys.stderr)
        return 2
    if opened.seal is SealState.CHANGED:
        print("sendproof history: this report was changed after it was made.", file=sys.stderr)
    deliver(_rendered(opened, args.format, redacted=args.redact), args.output, "Written")
    return 0


def _rendered(opened: Opened, form: str, *, redacted: bool) -> str:
    if opened.report is None:
        return as_text(opened.kind, opened.document) + "\n" if form == "text" else _indented(opened.document)
    if form == "json" and not redacted:
        return _indented(opened.document)
    from core.reports.save import rendered

    report = opened.report
    if redacted:
        from core.reports.redaction import redact

        report = redact(report)
    return rendered(report, {"text": ".txt", "json": ".json", "markdown": ".md", "html": ".html"}[form])


def _indented(document: str) -> str:
    """Return a JSON document for people; its values stay as they are written, and so does its seal."""
    import msgspec

    return msgspec.json.format(document, indent=2) + "\n"


def _delete(args: argparse.Namespace, history: History) -> int:
    status = 0
    for entry_id in args.id:
        entry = _find(history, entry_id)
        if entry is None:
            status = 1
        elif not history.delete(entry):
            print(f"sendproof history: {entry.path} can't be deleted.", file=sys.stderr)
            status = 1
        else:
            print(f"Deleted {entry.id}.")
    return status


def _clear(args: argparse.Namespace, history: History) -> int:
    count = len(history.entries())
    if not count:
        print("The history is empty.")
        return 0
    if not args.yes and not _agreed(count):
        print("Nothing was deleted.", file=sys.stderr)
        return 1
    deleted = history.clear()
    print(f"Deleted {deleted} of {count}." if deleted != count else f"Deleted {deleted}.")
    left = len(history.entries())
    if left:
        print(f"{left} of other programs, or that can't be deleted, stay in {history.folder}.", file=sys.stderr)
    return 1 if left else 0


def _agreed(count: int) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        print("sendproof history: --yes is needed where nobody can be asked.", file=sys.stderr)
        return False
    return input(f"Delete all {count} runs of the history? [y/N] ").strip().lower() in {"y", "yes"}
