"""Puts a finished file into its place, also where Windows lets nobody replace it at this very moment."""

from __future__ import annotations

import time
from pathlib import Path

BUSY = frozenset({5, 32})
"""ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION (winerror.h): what MoveFileEx says of a file that somebody has open,
mostly a virus scanner that looks at a new file, or another process that reads it for a list."""

ATTEMPTS = 8
PAUSE_SECONDS = 0.025
"""The first pause; each further one is longer by as much. Together 0.7 s."""


def replace_file(temporary: Path, path: Path) -> None:
    """Rename `temporary` to `path`, whatever is there. Raises OSError.

    Other systems replace an open file; on Windows this waits a moment for whoever has it open. One that stays open, in
    a PDF reader for instance, remains an error.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            temporary.replace(path)
        except PermissionError as problem:
            if getattr(problem, "winerror", None) not in BUSY or attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_SECONDS * attempt)
        else:
            return
