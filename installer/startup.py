"""How the frozen program behaves on Windows, before and after everything else.

It has no console of its own, since it is a windowed program, but it writes to the one it was started from. It loads
libraries only from its own unpacked folder and from System32. It removes what crashed copies of it left behind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
import traceback
from pathlib import Path

from installer.late import PACK

INTERNAL_ERROR = 70
"""The exit status of an error in the program itself (EX_SOFTWARE of sysexits.h); 1 would say "stopped"."""

MARK = PACK
"""A file that every unpacked copy of this program has, and no other program."""
STALE_SECONDS = 300
"""A copy that is younger may still be unpacking itself."""

_UNPACKED = "_MEI"
_STALE = ".stale"

SYSTEM_LIBRARIES = (
    "authz.dll", "bcrypt.dll", "bcryptprimitives.dll", "crypt32.dll", "d3d11.dll", "d3d12.dll", "d3d9.dll",
    "dwmapi.dll", "dwrite.dll", "dxgi.dll", "iphlpapi.dll", "mpr.dll", "netapi32.dll",
    "uiautomationcore.dll", "userenv.dll", "uxtheme.dll", "version.dll", "winmm.dll", "winspool.drv",
    "wtsapi32.dll",
)  # fmt: skip
"""Libraries of Windows that ours need and that are not among Windows' KnownDLLs: a file of such a name in the folder
where the .exe lies (Downloads, say) would be taken instead. The build checks that none is missing."""

_SEARCH_SYSTEM32 = 0x0800
_SEARCH_USER_DIRS = 0x0400
_ATTACH_PARENT = 0xFFFFFFFF


def harden() -> None:
    """Let libraries be loaded only from System32 and our own folder, whatever lies beside the .exe.

    Python asks for each extension's libraries with flags that include the program's folder; so those of the system
    are loaded here first, by their place. What is loaded once is not searched again.
    """
    if sys.platform != "win32":
        return
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.SetDllDirectoryW.argtypes = [ctypes.c_wchar_p]
    kernel.LoadLibraryExW.argtypes = [ctypes.c_wchar_p, ctypes.c_void_p, ctypes.c_uint32]
    kernel.LoadLibraryExW.restype = ctypes.c_void_p
    kernel.SetDllDirectoryW("")  # takes the current folder out of the search, for what asks the old way
    kernel.SetDefaultDllDirectories(_SEARCH_SYSTEM32 | _SEARCH_USER_DIRS)
    unpacked = getattr(sys, "_MEIPASS", None)
    if unpacked:
        kernel.AddDllDirectory.argtypes = [ctypes.c_wchar_p]
        kernel.AddDllDirectory.restype = ctypes.c_void_p
        kernel.AddDllDirectory(str(unpacked))
    for name in SYSTEM_LIBRARIES:
        kernel.LoadLibraryExW(name, None, _SEARCH_SYSTEM32)  # an older Windows lacks some


def run() -> int:
    """Run the program and return the exit status."""
    arguments = sys.argv[1:]
    if not arguments:
        _give_streams()
        status = _window()
    else:
        attach_console()
        _give_streams()
        status = _terminal()
    remove_stale()
    return status


def _window() -> int:
    from installer.first_paint import VARIABLE, tell_first_paint

    if os.environ.get(VARIABLE):
        from gui.window import MainWindow

        tell_first_paint(MainWindow)
    from gui.__main__ import main

    return main()


def _terminal() -> int:
    from gui.__main__ import main

    try:
        return main()
    except Exception:  # noqa: BLE001 - a message box, the frozen program's default, would stop a script for ever
        traceback.print_exc()
        return INTERNAL_ERROR
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()


def attach_console() -> bool:
    """Connect to the console this program was started from, if there is one, and return whether there is.

    The one-file program runs as a child of the process that unpacked it, which has no console: then it is the
    grandparent's that is wanted. Streams that were redirected stay what they are.
    """
    if sys.platform != "win32":
        return False
    import ctypes

    if all(stream is not None for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return False
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.AttachConsole.argtypes = [ctypes.c_uint32]
    attached = bool(kernel.AttachConsole(_ATTACH_PARENT))
    if not attached:
        parents = _parents(ctypes, kernel)  # os.getppid needs a function that Wine has not
        grandparent = parents.get(parents.get(os.getpid(), 0))
        attached = bool(grandparent and kernel.AttachConsole(grandparent))
    if not attached:
        return False
    with contextlib.suppress(OSError):
        if sys.stdout is None:
            sys.stdout = open("CONOUT$", "w", encoding="utf-8", errors="replace")  # noqa: SIM115, PTH123 - a device
        if sys.stderr is None:
            sys.stderr = open("CONOUT$", "w", encoding="utf-8", errors="replace")  # noqa: SIM115, PTH123
        if sys.stdin is None:
            sys.stdin = open("CONIN$", encoding="utf-8", errors="replace")  # noqa: SIM115, PTH123
    return True


def _parents(ctypes, kernel) -> dict[int, int]:
    """Return each process's parent."""

    class Entry(ctypes.Structure):
        """PROCESSENTRY32W of tlhelp32.h."""

        _fields_ = (
            ("size", ctypes.c_uint32), ("usage", ctypes.c_uint32), ("process", ctypes.c_uint32),
            ("heap", ctypes.c_size_t), ("module", ctypes.c_uint32), ("threads", ctypes.c_uint32),
            ("parent", ctypes.c_uint32), ("priority", ctypes.c_int32), ("flags", ctypes.c_uint32),
            ("file", ctypes.c_wchar * 260),
        )  # fmt: skip

    kernel.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
    for name in ("Process32FirstW", "Process32NextW"):
        getattr(kernel, name).argtypes = [ctypes.c_void_p, ctypes.POINTER(Entry)]
    kernel.CloseHandle.argtypes = [ctypes.c_void_p]
    snapshot = kernel.CreateToolhelp32Snapshot(2, 0)  # TH32CS_SNAPPROCESS
    if snapshot in (None, ctypes.c_void_p(-1).value):
        return {}
    found = {}
    entry = Entry(size=ctypes.sizeof(Entry))
    more = kernel.Process32FirstW(snapshot, ctypes.byref(entry))
    while more:
        found[entry.process] = entry.parent
        more = kernel.Process32NextW(snapshot, ctypes.byref(entry))
    kernel.CloseHandle(snapshot)
    return found


def _give_streams() -> None:
    """Give the program streams that can be written to, and UTF-8 where they are files or pipes."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
        elif name != "stdin" and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="replace")


def remove_stale(unpacked: Path | None = None, now: float | None = None) -> list[Path]:
    """Remove folders that killed copies of this program unpacked themselves into; return them.

    `unpacked` is this copy's own folder, whose neighbours are looked at. A folder is ours if it holds MARK, and is
    used by nobody if it can be renamed: Windows refuses that while a library in it is loaded.
    """
    if unpacked is None:
        if not hasattr(sys, "_MEIPASS"):
            return []
        unpacked = Path(sys._MEIPASS)
    if not unpacked.name.startswith(_UNPACKED):
        return []  # the zipped folder's build unpacks nothing
    now = time.time() if now is None else now
    removed = []
    for folder in unpacked.parent.glob(_UNPACKED + "*"):
        try:
            if folder == unpacked or folder.is_symlink() or not (folder / MARK).is_file():
                continue
            if now - folder.stat().st_mtime < STALE_SECONDS:
                continue
            if folder.suffix != _STALE:
                folder = folder.rename(folder.with_name(folder.name + _STALE))
        except OSError:
            continue  # in use, or somebody else's
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(folder)
    return removed
