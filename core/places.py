"""Where the program may keep things: beside itself when it is portable, else in the user's profile.

Portable means: it lies on a removable drive, or a file called `portable` lies beside it. A portable program whose
drive can't be written to keeps its things in the profile after all. Nothing here makes a folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "Sendproof"
PORTABLE_MARK = "portable"
PORTABLE_DATA = "Sendproof data"
"""The folder beside a portable program that holds what it keeps, such as the history."""

_DRIVE_REMOVABLE = 2
"""GetDriveTypeW's answer for a USB stick (winbase.h)."""

_BLOCK_DEVICES = Path("/sys/dev/block")
"""Linux lists each block device here as MAJOR:MINOR (Documentation/ABI/testing/sysfs-dev)."""


def program_folder() -> Path:
    """Return the folder in which the .exe lies, or the project's folder when run from its sources."""
    if getattr(sys, "frozen", False):
        return Path(sys.executable).resolve().parent
    return Path(__file__).resolve().parent.parent


def is_portable(folder: Path | None = None) -> bool:
    """Return whether things belong beside a program that lies in `folder` (its own, unless given)."""
    folder = folder or program_folder()
    return (folder / PORTABLE_MARK).exists() or is_removable(folder)


def is_removable(folder: Path) -> bool:
    """Return whether `folder` lies on a drive that people carry about."""
    if sys.platform == "win32":
        import ctypes

        drive = ctypes.windll.kernel32.GetDriveTypeW(folder.anchor)
        return bool(drive == _DRIVE_REMOVABLE)
    try:
        device = folder.stat().st_dev
    except OSError:
        return False
    block = _BLOCK_DEVICES / f"{os.major(device)}:{os.minor(device)}"
    for place in (block, block.resolve().parent):  # a partition's drive is the folder above it
        try:
            return (place / "removable").read_text().strip() == "1"
        except OSError:
            continue
    return False


def can_write(folder: Path) -> bool:
    """Return whether files can be made in `folder`. Only trying tells: Windows' attributes say nothing of a switch."""
    import tempfile  # most programs do not lie on a stick

    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def settings_folder(folder: Path | None = None) -> Path:
    r"""Return where the settings of a program in `folder` (its own, unless given) lie.

    In the profile that is `%LOCALAPPDATA%\Sendproof`, or `$XDG_CONFIG_HOME/Sendproof` (XDG Base Directory
    Specification; default `~/.config`).
    """
    return _beside(folder) or _profile("XDG_CONFIG_HOME", ".config")


def data_folder(folder: Path | None = None) -> Path:
    r"""Return where a program in `folder` (its own, unless given) keeps data such as the history.

    Portable that is `Sendproof data` beside it; in the profile `%LOCALAPPDATA%\Sendproof`, or
    `$XDG_DATA_HOME/Sendproof` (default `~/.local/share`).
    """
    beside = _beside(folder)
    return beside / PORTABLE_DATA if beside else _profile("XDG_DATA_HOME", ".local/share")


def _beside(folder: Path | None) -> Path | None:
    folder = folder or program_folder()
    return folder if is_portable(folder) and can_write(folder) else None


def _profile(variable: str, default: str) -> Path:
    home = _home()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return (Path(local) if local else home / "AppData" / "Local") / NAME
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / NAME
    named = os.environ.get(variable, "")
    return (Path(named) if Path(named).is_absolute() else home / default) / NAME


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # an account without a home folder, as services have
        return program_folder()
