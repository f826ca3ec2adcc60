"""Makes PDFs for the terminal: without a window, and where no screen is.

Named in pyproject.toml as the entry point of the group `core.reports.pdf.GROUP`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from core import __version__
from gui.printing import write_pdf

_kept: list[QGuiApplication] = []
"""The application that was made here: letters can't be painted without one, and it has to outlive the painting."""


def write(html: str, path: Path, title: str) -> None:
    """Write the document `html` to `path` as a PDF with `title`. Raises OSError where it can't be written."""
    if QGuiApplication.instance() is None:
        if sys.platform not in {"win32", "darwin"}:
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # no screen is needed, nor looked for
        application = QGuiApplication(["sendproof"])
        application.setApplicationVersion(__version__)
        _kept.append(application)
    write_pdf(html, path, title=title)
