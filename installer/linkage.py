"""Checks that the frozen files would load on a Windows that has nothing but Windows, and only from there."""

from __future__ import annotations

from pathlib import Path

from installer.pe import Image
from installer.startup import SYSTEM_LIBRARIES

KNOWN_LIBRARIES = frozenset(
    f"{name}.dll"
    for name in [
        "advapi32",
        "comdlg32",
        "gdi32",
        "imm32",
        "kernel32",
        "ntdll",
        "ole32",
        "oleaut32",
        "rpcrt4",
        "setupapi",
        "shell32",
        "shlwapi",
        "user32",
        "ws2_32",
    ]
)
"""Libraries of Windows that it takes from System32 by itself, wherever the program lies (its list KnownDLLs)."""
SIDE_BY_SIDE = frozenset({"comctl32.dll"})
"""Comes from Windows' component store, as the manifest says."""


def problems(folder: Path) -> list[str]:
    """Return what is wrong with the libraries and programs in `folder`, a sentence each."""
    images = {
        path: Image(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in {".dll", ".pyd", ".exe"}
    }
    own = {path.name.lower() for path in images}
    found = [f"{path.name} is Wine's, not Windows'." for path, image in images.items() if image.wine_builtin]
    elsewhere = own | KNOWN_LIBRARIES | SIDE_BY_SIDE | set(SYSTEM_LIBRARIES)
    found += [
        f"{path.name} needs {name}, which is neither in the program nor in SYSTEM_LIBRARIES."
        for path, image in images.items()
        for name in sorted(image.imported() - elsewhere)
        if not name.startswith(("api-ms-win-", "ext-ms-"))  # names for parts of Windows, not files
    ]
    return found
