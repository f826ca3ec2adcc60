"""Unpacks what the window does not need in order to appear: TLS, certificates, printing, the data files.

The one-file program unpacks itself at each start. Half of its files are wanted only by a check; they travel together
in one well compressed pack, which is unpacked beside the others when the first module that needs one is imported.
The zipped folder's build has no pack.

A pack is an LZMA stream of: the length of the list (8 bytes, little-endian), the list (JSON, [[path, size], …]), the
files one after the other.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

PACK = "Sendproof.pack"

_FILES = (
    "resources/", "certifi/", "cryptography/", "msgspec/", "_cffi_backend.", "_socket.", "select.", "_ssl.",
    "_hashlib.", "_asyncio.", "_overlapped.", "_decimal.", "_queue.", "_uuid.", "_multiprocessing.", "unicodedata.",
    "libcrypto-", "libssl-", "PySide6/Qt6PrintSupport.", "PySide6/QtPrintSupport.", "markupsafe/",
)  # fmt: skip
"""How the paths of files begin that go into the pack."""

_WANTED_BY = frozenset({
    "core.resource_files", "certifi", "cryptography", "msgspec", "msgspec._core", "_cffi_backend", "_ssl", "_hashlib",
    "_asyncio", "_overlapped", "_socket", "select", "_decimal", "_queue", "_uuid", "_multiprocessing", "unicodedata",
    "PySide6.QtPrintSupport", "markupsafe",
})  # fmt: skip
"""Modules that are those files, or open them."""


def is_late(name: str) -> bool:
    """Return whether a file belongs into the pack; `name` is its path inside the program."""
    return name.replace("\\", "/").startswith(_FILES)


def pack(files: Iterable[tuple[str, Path]]) -> bytes:
    """Return a pack of files, each with its path inside the program."""
    import lzma

    contents = [(name.replace("\\", "/"), path.read_bytes()) for name, path in sorted(files)]
    listed = json.dumps([[name, len(content)] for name, content in contents]).encode()
    filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    whole = len(listed).to_bytes(8, "little") + listed + b"".join(content for _, content in contents)
    return lzma.compress(whole, filters=filters)


def unpack(packed: bytes, folder: Path) -> None:
    """Write the files of a pack below `folder`."""
    import lzma

    whole = memoryview(lzma.decompress(packed))
    begin = 8 + int.from_bytes(whole[:8], "little")
    made: set[Path] = set()
    for name, size in json.loads(bytes(whole[8:begin])):
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(whole[begin : begin + size])
        begin += size


class LateFiles:
    """A finder of modules that finds none, but unpacks the pack in time for those that do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._done = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Unpack if `name` is the first module that needs it; leave the finding to the others."""
        if not self._done and name in _WANTED_BY:
            with self._lock:
                if not self._done:
                    unpack((self._folder / PACK).read_bytes(), self._folder)
                    importlib.invalidate_caches()
                    self._done = True
        return None


def install() -> None:
    """Watch for the first module that needs the pack, if this program has one."""
    folder = getattr(sys, "_MEIPASS", None)
    if folder and Path(folder, PACK).is_file():
        sys.meta_path.insert(0, LateFiles(Path(folder)))
