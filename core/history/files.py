"""Files of the history: written whole or not at all, read bounded, never through a link.

A file comes into being under another name, is forced onto the disk, and is renamed; so whoever is killed, at whatever
moment, leaves either the complete file or a remainder that the next writer removes.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path

from core.replacing import replace_file

TEMPORARY_PREFIX = ".keeping-"
TEMPORARY_SUFFIX = ".tmp"
STALE_SECONDS = 3600.0
"""A remainder of this age is removed even where the system can't tell whether somebody still writes it."""

_ATTEMPTS = 4

_FOLLOW_NOTHING = 0
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # which of them exist depends on the system
    _FOLLOW_NOTHING |= getattr(os, _flag, 0)


class UnreadableFile(ValueError):
    """A file can't be read; the message is a sentence for people."""


def make_folder(folder: Path) -> None:
    """Make `folder`, for this account only. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def write_whole(path: Path, *parts: bytes) -> None:
    """Write `parts` to `path`, readable by this account only; another process sees all of it or nothing.

    Raises OSError where that is impossible, and leaves nothing behind then.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _write_once(path, parts)
        except FileNotFoundError:  # somebody's cleaning took the new file for a remainder
            if attempt == _ATTEMPTS or not path.parent.is_dir():
                raise
            time.sleep(0.02 * attempt)
        else:
            return


def _write_once(path: Path, parts: tuple[bytes, ...]) -> None:
    temporary = path.parent / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}{TEMPORARY_SUFFIX}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FOLLOW_NOTHING
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            _lock(descriptor)
            for part in parts:
                _write_all(descriptor, part)
            os.fsync(descriptor)
            if sys.platform != "win32":  # while it is locked, so that nobody takes it for a remainder
                replace_file(temporary, path)
        finally:
            os.close(descriptor)
        if sys.platform == "win32":  # an open file can't be renamed there
            replace_file(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    """Force the new name onto the disk too; systems that can't do so for a folder do it by themselves."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_remainders(folder: Path) -> int:
    """Remove what killed writers left in `folder`, and return how many files that were."""
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for item in found:
            name = item.name
            if name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX) and _is_remainder(Path(item.path)):
                with contextlib.suppress(OSError):
                    Path(item.path).unlink()
                    removed += 1
    return removed


def _is_remainder(path: Path) -> bool:
    """Return whether nobody writes `path` any more: its writer's lock has gone with the writer."""
    try:
        if time.time() - path.lstat().st_mtime > STALE_SECONDS:
            return True
        if sys.platform == "win32":
            return True  # a file that its writer still has open can't be removed there
        descriptor = os.open(path, os.O_RDONLY | _FOLLOW_NOTHING)
    except OSError:
        return False
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file without waiting; return whether that worked. The lock ends with the process at the latest."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # locked by another, or a file system without locks
        return False
    return True


def read_bounded(path: Path, limit: int, *, whole: bool = True) -> tuple[bytes, int]:
    """Return the first bytes of a regular file, at most `limit`, and the file's size.

    With `whole`, a file larger than `limit` is an error. Raises UnreadableFile; a link is never followed, and what is
    no file (a folder, a pipe, a device) is never waited for.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise UnreadableFile(_what_it_is(path.lstat().st_mode))
        descriptor = os.open(path, os.O_RDONLY | _FOLLOW_NOTHING)
    except (OSError, ValueError) as problem:
        raise _unreadable(problem) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableFile(_what_it_is(found.st_mode))
        if whole and found.st_size > limit:
            raise UnreadableFile(f"The file is larger than {megabytes(limit)}.")
        wanted, chunks = limit + 1 if whole else limit, []
        while wanted > 0 and (chunk := os.read(descriptor, min(wanted, 1 << 20))):
            chunks.append(chunk)
            wanted -= len(chunk)
    except OSError as problem:
        raise _unreadable(problem) from None
    finally:
        os.close(descriptor)
    data = b"".join(chunks)
    if whole and len(data) > limit:  # it grew while it was read
        raise UnreadableFile(f"The file is larger than {megabytes(limit)}.")
    return data, found.st_size


def megabytes(size: int) -> str:
    """Return a size in bytes in words."""
    return f"{size / 1_000_000:.0f} MB" if size >= 1_000_000 else f"{size / 1000:.0f} kB"


def _unreadable(problem: Exception) -> UnreadableFile:
    if isinstance(problem, UnreadableFile):
        return problem
    if isinstance(problem, FileNotFoundError):
        return UnreadableFile("The file is not there any more.")
    reason = problem.strerror if isinstance(problem, OSError) else None
    return UnreadableFile(f"The file can’t be read: {reason or problem}.")


def _what_it_is(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "This is a link to another place, which is not followed."
    if stat.S_ISDIR(mode):
        return "This is a folder, not a report."
    return "This is not a file that can be read."
