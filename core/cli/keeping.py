"""Keeps the run of a command in the history; a history that can't be written never costs a run."""

from __future__ import annotations

import sys

from core.history.store import History


def keep_run(document: str | bytes, *, client: str = "") -> None:
    """Keep a JSON document unless the history is off; say in one line on standard error if that failed."""
    history = History()
    if history.keep(document, client=client) is None and history.problem:
        print(f"This run is not in the history: {history.problem}", file=sys.stderr)
