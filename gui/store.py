"""What the window remembers, in an .ini file: never a password, and never a reason to fail.

On a removable drive, or where a file called `portable` lies beside the program, the .ini stands beside the
program too; else in the user's profile.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from core.places import settings_folder

FILE_NAME = "Sendproof.ini"
MAX_RECENT = 12
MAX_TEXT = 4_000


def settings_path(folder: Path | None = None) -> Path:
    """Return where the .ini is for a program in `folder` (its own, unless given)."""
    return settings_folder(folder) / FILE_NAME


class Store:
    """Reads and writes the .ini at `path`. A drive that is gone or read-only only means that nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or settings_path()
        self._settings = QSettings(str(self.path), QSettings.Format.IniFormat)

    def bytes(self, key: str) -> QByteArray:
        """Return binary data such as the window's geometry, empty if there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def text(self, key: str, default: str = "") -> str:
        """Return a short text."""
        value = self._settings.value(key)
        return value[:MAX_TEXT] if isinstance(value, str) else default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a yes or no."""
        return self.text(key, "true" if default else "false") == "true"

    def record(self, key: str) -> dict[str, Any]:
        """Return an object kept as JSON; empty if it is missing or damaged."""
        found = self._json(key)
        return found if isinstance(found, dict) else {}

    def recent(self) -> list[dict[str, Any]]:
        """Return the recent checks, the latest first."""
        found = self._json("recent")
        if not isinstance(found, list):
            return []
        return [entry for entry in found if isinstance(entry, dict)][:MAX_RECENT]

    def _json(self, key: str) -> Any:
        value = self._settings.value(key)
        if not isinstance(value, str):
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep a value: text, yes or no, binary data, or something for JSON."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif not isinstance(value, str | QByteArray):
            value = json.dumps(value, ensure_ascii=True)
        self._settings.setValue(key, value)

    def add_recent(self, entry: dict[str, Any]) -> None:
        """Put a check at the head of the recent ones; the same check is kept once."""

        def same(other: dict[str, Any]) -> bool:
            ignored = {"title"}
            return {k: v for k, v in other.items() if k not in ignored} == {
                k: v for k, v in entry.items() if k not in ignored
            }

        others = [other for other in self.recent() if not same(other)]
        self.put("recent", [entry, *others][:MAX_RECENT])

    def clear_recent(self) -> None:
        """Forget the recent checks."""
        self._settings.remove("recent")

    def save(self) -> bool:
        """Write what was put; return whether that worked."""
        self._settings.sync()
        return self._settings.status() == QSettings.Status.NoError
