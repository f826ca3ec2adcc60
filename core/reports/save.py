"""Writes a report or a document into a file that is complete or not there."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from core.replacing import replace_file
from core.reports.report import Report, to_json


def save_report(report: Report, path: Path) -> None:
    """Write the full `report` to `path` as .json, .md or .html, else as text. Raises OSError where that fails."""
    save_text(rendered(report, path.suffix.lower()), path)


def save_text(text: str, path: Path) -> None:
    """Write `text` to `path` in UTF-8.

    The file is complete or not there: it is written beside its place first. What is no ordinary file, such as a pipe
    or /dev/stdout, is written to as it stands. Raises OSError where that is impossible.
    """
    if _is_special(path):
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        return
    path = place_to_replace(path)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sendproof-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        replace_file(Path(temporary), path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def place_to_replace(path: Path) -> Path:
    """Return the place of the file that `path` means, so that a new one can take it; a link stays and is followed.

    Raises OSError where something stands there that is no ordinary file: a device or a pipe must not be replaced.
    """
    if _is_special(path):
        raise OSError(errno.EINVAL, "this is no ordinary file")
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def rendered(report: Report, suffix: str) -> str:
    """Return `report` in the form that `suffix` (".json", ".md", ".html", others: text) asks for."""
    if suffix == ".json":
        return to_json(report) + "\n"
    if suffix in {".md", ".markdown"}:
        from core.reports.markdown import render_markdown

        return render_markdown(report)
    if suffix in {".html", ".htm"}:
        from core.reports.html import render_html

        return render_html(report)
    from core.reports.text import render_text

    return render_text(report)
