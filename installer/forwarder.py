"""Writes what the linker needs to build python3.dll and python.exe around a python3XX.dll: `forwarder.py DLL FOLDER`.

python3.dll holds no code. It passes each name of the stable interface on to python3XX.dll, so that an extension built
for "any Python 3" finds its functions.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path


def exported_names(library: bytes) -> list[str]:
    """Return the names a 64-bit PE library exports (PE format, "The .edata Section")."""

    def number(format_: str, offset: int) -> int:
        return int(struct.unpack_from(format_, library, offset)[0])

    header = number("<I", 60)
    sections_at = header + 24 + number("<H", header + 20)
    sections = [struct.unpack_from("<IIII", library, sections_at + 40 * i + 8) for i in range(number("<H", header + 6))]

    def place(address: int) -> int:
        for size, start, raw_size, raw in sections:
            if start <= address < start + max(size, raw_size):
                return int(address - start + raw)
        raise ValueError(f"the address {address:#x} lies in no section")

    exports = place(number("<I", header + 136))
    table = place(number("<I", exports + 32))
    names = []
    for index in range(number("<I", exports + 24)):
        start = place(number("<I", table + 4 * index))
        names.append(library[start : library.index(b"\0", start)].decode("ascii"))
    return names


def main() -> None:
    """Write python3.def and program.def into the folder."""
    dll, folder = Path(sys.argv[1]), Path(sys.argv[2])
    passed_on = "".join(f"{name}={dll.stem}.{name}\n" for name in exported_names(dll.read_bytes()))
    (folder / "python3.def").write_text(f"LIBRARY python3.dll\nEXPORTS\n{passed_on}", encoding="ascii")
    (folder / "program.def").write_text(f"LIBRARY {dll.name}\nEXPORTS\nPy_Main\n", encoding="ascii")


if __name__ == "__main__":
    main()
