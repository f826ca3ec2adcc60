"""Where a PDF comes from. The core can't paint; the window's package can, and offers it under an entry point.

A program without its metadata (the frozen one) says by `use` who paints.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

GROUP = "sendproof.pdf"
"""The group of entry points (pyproject.toml) under which a painter is found."""

Painter = Callable[[str, Path, str], None]
"""Writes HTML (first) as a PDF to a path (second) with a title (third). Raises OSError where it can't be written."""

_painters: list[Painter] = []


class NoPainter(Exception):
    """This program has nobody who paints; the message says what to do instead."""

    def __init__(self) -> None:
        super().__init__(
            "A PDF needs Sendproof with its window parts (Qt), which are not here. Take --format html: a browser can "
            "print it or save it as a PDF."
        )


def use(painter: Painter) -> None:
    """Let `painter` make the PDFs of this program."""
    _painters[:] = [painter]


def save_pdf(html: str, path: Path, title: str) -> None:
    """Write the document `html` (the form "print") to `path` as a PDF. Raises NoPainter or OSError."""
    if not _painters:
        use(_installed())
    _painters[0](html, path, title)


def _installed() -> Painter:
    for entry in entry_points(group=GROUP):
        try:
            found: Painter = entry.load()
        except ImportError:
            continue
        return found
    raise NoPainter
