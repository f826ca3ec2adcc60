"""Where the history lies, and whether runs are kept: the environment, else a file that window and terminal read."""

from __future__ import annotations

import os
from pathlib import Path

from core.places import data_folder

VARIABLE = "SENDPROOF_HISTORY"
"""`off` keeps nothing and reads nothing; any other value is the history's folder."""

FOLDER_NAME = "history"
OFF_SUFFIX = " is off"
"""A file of the folder's name with this at its end, beside the folder, means that no run is kept."""


def off_by_environment() -> bool:
    """Return whether the environment forbids a history."""
    return os.environ.get(VARIABLE, "").strip().lower() == "off"


def history_folder() -> Path | None:
    """Return the folder of the history, which need not exist; None where the environment says `off`."""
    if off_by_environment():
        return None
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).absolute() if named else data_folder() / FOLDER_NAME


def is_on(folder: Path | None) -> bool:
    """Return whether runs are kept in `folder`."""
    return folder is not None and not os.path.lexists(_off_file(folder))


def set_on(folder: Path, *, on: bool) -> None:
    """Keep runs in `folder` from now on, or none any more. Raises OSError where that can't be written down."""
    file = _off_file(folder)
    if on:
        file.unlink(missing_ok=True)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def _off_file(folder: Path) -> Path:
    return folder.with_name(folder.name + OFF_SUFFIX)
