"""`sendproof explain`: what a reply, a bounce, a client's error or a panel code means; works without any network."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from core.knowledge.explaining import Explanation, explain, plain_title, understand
from core.knowledge.load import Knowledge, load_knowledge
from core.reports.explanation import render_explanation
from core.reports.report import Diagnosis
from core.session.transcript import render
from core.stages import Stage

MAX_LINE_BYTES = 2_000_000
"""A longer line of the batch is answered with an error: one text never needs so much."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument("text", nargs="*", metavar="TEXT", help="the text; without it, standard input is read")
    parser.add_argument("--stage", choices=[stage.value for stage in Stage], help="where it happened")
    parser.add_argument("--server", metavar="NAME", help="the server that was asked")
    parser.add_argument("--port", type=int, metavar="N", help="its port")
    parser.add_argument("--auth", choices=["yes", "no"], help="whether sign-in was set up")
    parser.add_argument("--format", default="text", choices=["text", "json"], help="default text")
    parser.add_argument(
        "--jsonl",
        nargs="?",
        const="-",
        metavar="FILE",
        help="a JSON object a line in (a file or standard input), one out",
    )


def run(args: argparse.Namespace) -> int:
    """Explain the text or the batch; return the exit status: 0, or 2 where nothing can be read."""
    if args.jsonl is not None:
        return _run_batch(args)
    text = " ".join(args.text) if args.text else _from_standard_input()
    if not text.strip():
        print("sendproof explain: there is no text to explain.", file=sys.stderr)
        return 2
    knowledge = load_knowledge()
    found = understand(
        text,
        knowledge,
        stage=Stage(args.stage) if args.stage else None,
        server=args.server,
        port=args.port,
        auth=None if args.auth is None else args.auth == "yes",
    )
    diagnosis = explain(found, knowledge)
    if args.format == "json":
        sys.stdout.write(as_json(found, diagnosis))
    else:
        sys.stdout.write(render_explanation(found, diagnosis, knowledge))
    return 0


def answer(line: str | bytes, knowledge: Knowledge) -> dict[str, Any]:
    """Return the answer to one line of a batch, as the contract says; never raises on what a line holds.

    A line that is no JSON object, or lacks `evidence`, is answered with cause `unknown` and an `error`.
    """
    if len(line) > MAX_LINE_BYTES:
        return _no_answer(None, f"the line is longer than {MAX_LINE_BYTES} bytes", knowledge)
    try:
        entry = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _no_answer(None, f"no JSON: {error}", knowledge)
    if not isinstance(entry, dict):
        return _no_answer(None, "no JSON object", knowledge)
    if not isinstance(entry.get("evidence"), str):
        return _no_answer(entry.get("id"), "“evidence” is missing or no text", knowledge)
    found = understand(entry["evidence"], knowledge, **_beside(entry))
    verdict = found.verdict
    return {
        "id": entry.get("id"),
        "cause": verdict.cause,
        "confidence": verdict.confidence,
        "alternatives": list(verdict.alternative_causes),
        "title": plain_title(verdict.cause, knowledge),
    }


def as_json(found: Explanation, diagnosis: Diagnosis) -> str:
    """Return an explanation as JSON text: the diagnosis as in a report, with stage and panel codes beside it."""
    result = {
        "stage": found.stage,
        "diagnosis": diagnosis,
        "panel_codes": [
            {
                "vendor": code.vendor,
                "code": code.code,
                "meaning": code.meaning,
                "checks": code.checks,
                "verified": code.verified,
                "source": code.source or None,
            }
            for code in found.panel_codes
        ],
    }
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"


def _beside(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what stands beside the evidence, as far as it is usable; wrong types are left out."""
    stage, server, port, context = (entry.get(name) for name in ("stage", "server", "port", "context"))
    return {
        "stage": Stage(stage) if isinstance(stage, str) and stage in set(Stage) else None,
        "server": server if isinstance(server, str) else None,
        "port": port if isinstance(port, int) and not isinstance(port, bool) else None,
        "context": context if isinstance(context, dict) else None,
    }


def _no_answer(identity: Any, error: str, knowledge: Knowledge) -> dict[str, Any]:
    return {
        "id": identity,
        "cause": "unknown",
        "confidence": "possible",
        "alternatives": [],
        "title": plain_title("unknown", knowledge),
        "error": render(error, limit=200),
    }


def _run_batch(args: argparse.Namespace) -> int:
    if args.text:
        print("sendproof explain: give texts or --jsonl, not both.", file=sys.stderr)
        return 2
    knowledge = load_knowledge()
    if args.jsonl == "-":
        _answer_all(sys.stdin.buffer, knowledge)
        return 0
    try:
        with Path(args.jsonl).open("rb") as lines:
            _answer_all(lines, knowledge)
    except OSError as error:
        print(f"sendproof explain: {args.jsonl} can't be read: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _answer_all(lines: Iterable[bytes], knowledge: Knowledge) -> None:
    for line in lines:
        if line.strip():
            sys.stdout.write(json.dumps(answer(line, knowledge), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _from_standard_input() -> str:
    if sys.stdin.isatty():
        print("Paste the text, then end with Ctrl+D (Windows: Ctrl+Z and Enter).", file=sys.stderr)
    return sys.stdin.buffer.read(1_000_000).decode("utf-8", "replace")
