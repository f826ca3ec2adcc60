"""Reads which libraries a 64-bit Windows program or library needs, and what it offers (Microsoft's "PE Format")."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_EXPORTS, _IMPORTS, _DELAYED = 0, 1, 13
"""Numbers of the data directories."""
_DIRECTORIES = 136
"""Where they begin, counted from the signature, in the 64-bit format."""


class Image:
    """The bytes of a .exe, .dll or .pyd. Raises ValueError if they are not of a 64-bit one."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        if content[:2] != b"MZ" or len(content) < 64:
            raise ValueError("this is no Windows program")
        self._header = self._number("<I", 60)
        if content[self._header : self._header + 4] != b"PE\0\0" or self._number("<H", self._header + 24) != 0x20B:
            raise ValueError("this is no 64-bit Windows program")
        sections = self._header + 24 + self._number("<H", self._header + 20)
        count = self._number("<H", self._header + 6)
        self._sections = [struct.unpack_from("<IIII", content, sections + 40 * i + 8) for i in range(count)]

    @property
    def wine_builtin(self) -> bool:
        """Whether this is one of Wine's own libraries, which no Windows could use."""
        return self._content[64:80] == b"Wine builtin DLL"

    def imported(self) -> set[str]:
        """Return the names of the libraries it is linked to, in lower case, those loaded at first use included."""
        names = {self._text(address).lower() for address in self._table(_IMPORTS, 20, 12)}
        return names | {self._text(address).lower() for address in self._table(_DELAYED, 32, 4)}

    def exported(self) -> list[str]:
        """Return the names of the functions and data it offers."""
        address = self._number("<I", self._header + _DIRECTORIES + 8 * _EXPORTS)
        if not address:
            return []
        exports = self._place(address)
        table = self._place(self._number("<I", exports + 32))
        return [self._text(self._number("<I", table + 4 * i)) for i in range(self._number("<I", exports + 24))]

    def _number(self, form: str, offset: int) -> int:
        return int(struct.unpack_from(form, self._content, offset)[0])

    def _place(self, address: int) -> int:
        for size, start, raw_size, raw in self._sections:
            if start <= address < start + max(size, raw_size):
                return int(address - start + raw)
        raise ValueError(f"the address {address:#x} lies in no section")

    def _text(self, address: int) -> str:
        start = self._place(address)
        return self._content[start : self._content.index(b"\0", start)].decode("ascii")

    def _table(self, directory: int, entry: int, field: int) -> Iterator[int]:
        """The addresses of names in a list of libraries, which ends with an entry that has none."""
        address = self._number("<I", self._header + _DIRECTORIES + 8 * directory)
        if not address:
            return
        place = self._place(address)
        while name := self._number("<I", place + field):
            yield name
            place += entry
