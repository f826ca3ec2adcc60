"""Writes what the linker needs to build python3.dll and python.exe around a python3XX.dll: `forwarder.py DLL FOLDER`.

python3.dll holds no code. It passes each name of the stable interface on to python3XX.dll, so that an extension built
for "any Python 3" finds its functions.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from installer.pe import Image


def main() -> None:
    """Write python3.def and program.def into the folder."""
    dll, folder = Path(sys.argv[1]), Path(sys.argv[2])
    passed_on = "".join(f"{name}={dll.stem}.{name}\n" for name in Image(dll.read_bytes()).exported())
    (folder / "python3.def").write_text(f"LIBRARY python3.dll\nEXPORTS\n{passed_on}", encoding="ascii")
    (folder / "program.def").write_text(f"LIBRARY {dll.name}\nEXPORTS\nPy_Main\n", encoding="ascii")


if __name__ == "__main__":
    main()
