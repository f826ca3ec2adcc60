"""Reads TOML files into structs, and says file, entry and field of what is wrong in them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def by_id(entries: Iterable[Any], problems: list[str]) -> dict[str, Any]:
    """Return `entries` by their ids; an id that two have is added to `problems`."""
    result: dict[str, Any] = {}
    for entry in entries:
        if entry.id in result:
            problems.append(f"{type(entry).__name__.lower()} {entry.id}: id: two entries have it")
        result[entry.id] = entry
    return result


def entries(root: Path, files: str, table: str, kind: type[T], problems: list[str]) -> Iterator[T]:
    """Yield the entries `[[table]]` of all `files`, a pattern below `root`; what is wrong is added to `problems`.

    `[defaults]` at the top of a file fills source, date and the like.
    """
    for path in _paths(root, files, problems):
        document = _read(root, path, problems)
        defaults = document.pop("defaults", {})
        found = document.pop(table, [])
        problems.extend(
            f"{_name(root, path)}: {key}: only [[{table}]] and [defaults] are known here" for key in document
        )
        if not isinstance(found, list):
            problems.append(f"{_name(root, path)}: {table}: write [[{table}]]")
            continue
        for number, entry in enumerate(found, 1):
            where = f"{_name(root, path)}: {table} {entry.get('id') or entry.get('code') or number}"
            yield from _convert({**defaults, **entry}, kind, where, problems)


def whole_files(root: Path, files: str, kind: type[T], problems: list[str]) -> Iterator[T]:
    """Yield one object a file; its `id` is the file's name, not repeated inside. [[fix]] becomes `fixes` and so on."""
    for path in _paths(root, files, problems):
        document = _read(root, path, problems)
        for singular, plural in _PLURALS.items():
            if singular in document:
                document[plural] = document.pop(singular)
        if "id" in document:
            problems.append(f"{_name(root, path)}: id: the file's name is the id; leave it out")
        yield from _convert({**document, "id": path.stem}, kind, _name(root, path), problems)


_PLURALS = {"fix": "fixes", "variant": "variants", "endpoint": "endpoints", "preset": "presets", "way": "ways"}


def _paths(root: Path, files: str, problems: list[str]) -> list[Path]:
    paths = sorted(root.glob(files))
    if not paths:
        problems.append(f"{files}: there is no such file")
    return paths


def _read(root: Path, path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{_name(root, path)}: {error}")
        return {}


def _convert(entry: Any, kind: type[T], where: str, problems: list[str]) -> Iterator[T]:
    try:
        yield msgspec.convert(entry, kind)
    except msgspec.ValidationError as error:
        problems.append(f"{where}: {error}")


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()
