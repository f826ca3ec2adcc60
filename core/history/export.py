"""Copies runs out of the history, each as the JSON document that any copy of the program opens."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from core.history.entry import Entry
from core.history.files import UnreadableFile
from core.history.store import History


def export(history: History, entries: Iterable[Entry], folder: Path) -> tuple[list[Path], list[str]]:
    """Write the documents of `entries` into `folder`; return the files, and a sentence for each that did not work.

    No file that is there already is replaced. The client's name stays behind: it is not part of the document.
    """
    written: list[Path] = []
    problems: list[str] = []
    for entry in entries:
        try:
            document = history.read(entry)
            path = _unused(folder, _name(entry))
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(document + "\n")
        except UnreadableFile as problem:
            problems.append(f"{entry.id}: {problem}")
        except OSError as problem:
            problems.append(f"{folder}: {problem.strerror or problem}")
            break
        else:
            written.append(path)
    return written, problems


def _name(entry: Entry) -> str:
    """Return a file's name without its ending: what it is, when, and the server, without any sign of a path."""
    server = re.sub(r"[^\w-]", "-", entry.server)[:80]
    kind = "" if entry.kind == "report" else re.sub(r"[^\w-]", "-", entry.kind)[:40]
    return " ".join(part for part in ("Sendproof", kind, server, f"{entry.when:%Y-%m-%d %H%M%S}") if part)


def _unused(folder: Path, name: str) -> Path:
    candidate, number = folder / f"{name}.json", 2
    while os.path.lexists(candidate):
        candidate, number = folder / f"{name} {number}.json", number + 1
    return candidate
