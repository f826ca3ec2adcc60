"""Who may import whom: the walls of the house."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QT = {"PySide6", "shiboken6", "PyQt6", "PyQt5", "PySide2", "qasync"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a module imports, inside functions and for types too."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            for alias in node.names:
                yield node.lineno, ".".join(filter(None, (*base, node.module, alias.name)))


def offences(package: str, forbidden: set[str], allowed: set[str] = frozenset()) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(package)
        if path.relative_to(ROOT).as_posix() not in allowed
        for line, name in imported(path)
        if name.split(".")[0] in forbidden
    ]


def test_imports_are_seen_in_every_form(tmp_path, monkeypatch):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "window.py").write_text(
        "def show():\n    import PySide6.QtCore as q\n    from PySide6 import QtGui\n"
        "from .. import gui\nfrom . import stages\n"
    )
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    found = {name for _, name in imported(tmp_path / "core" / "window.py")}
    assert found == {"PySide6.QtCore", "PySide6.QtGui", "gui", "core.stages"}
    assert len(offences("core", QT | {"gui"})) == 3


def test_core_imports_no_qt_and_no_gui():
    assert modules("core")
    assert offences("core", QT | {"gui"}) == []


def test_only_the_engine_brings_asyncio_into_the_window():
    assert offences("gui", {"asyncio"}, allowed={"gui/engine.py"}) == []


def test_the_program_imports_no_tests():
    assert offences("core", {"tests"}) + offences("gui", {"tests"}) == []


IMPORT_EVERYTHING = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {forbidden!r}:
            raise ImportError(f"{{name}} is not to be had here")

sys.meta_path.insert(0, NoQt())
import core
count = 0
for module in pkgutil.walk_packages(core.__path__, "core."):
    importlib.import_module(module.name)
    count += 1
print(count)
"""


def test_every_core_module_can_be_imported_where_there_is_no_qt():
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING.format(forbidden=QT | {"gui"})],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == len(modules("core")) - 1, "a folder without __init__.py hides its modules"


@pytest.mark.parametrize("package", ["core", "gui", "resources"])
def test_each_folder_with_code_is_a_package(package):
    missing = {path.parent for path in modules(package) if not (path.parent / "__init__.py").is_file()}
    assert missing == set(), "without __init__.py the folder is left out of the installed program"
