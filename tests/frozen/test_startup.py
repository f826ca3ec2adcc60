"""What the frozen program does around the program: late files, remains of crashes, streams."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from installer import late, startup
from installer.lean import EXCLUDED_MODULES, needed, needed_here

ROOT = Path(__file__).resolve().parents[2]


def test_a_pack_comes_back_as_it_went_in(tmp_path):
    contents = {"resources/a.toml": b"a", "cryptography\\deep\\_rust.pyd": os.urandom(3000), "resources/empty": b""}
    files = []
    for number, (name, content) in enumerate(contents.items()):
        source = tmp_path / str(number)
        source.write_bytes(content)
        files.append((name, source))
    packed = late.pack(files)
    assert packed == late.pack(reversed(files)), "the same files must make the same bytes"
    late.unpack(packed, tmp_path / "out")
    found = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()
    }
    assert found == {name.replace("\\", "/"): content for name, content in contents.items()}


def test_the_first_module_that_needs_the_pack_unpacks_it_once(tmp_path, monkeypatch):
    source = tmp_path / "source.py"
    source.write_text("found = True\n")
    home = tmp_path / "unpacked"
    home.mkdir()
    (home / late.PACK).write_bytes(late.pack([("late_module_of_test.py", source)]))
    monkeypatch.setattr(late, "_WANTED_BY", frozenset({"late_module_of_test"}))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", [str(home), *sys.path])
    monkeypatch.setattr(sys, "_MEIPASS", str(home), raising=False)
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("late_module_of_test")
    late.install()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("another_module_of_test")
    assert not (home / "late_module_of_test.py").exists()
    threads = [threading.Thread(target=importlib.import_module, args=["late_module_of_test"]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.modules.pop("late_module_of_test").found


def test_the_window_starts_without_the_late_files():
    """What the pack holds must not be wanted before the window is painted, or each start would unpack it."""
    program = (
        "import sys; sys.argv = ['x']\n"
        "from gui.app import make_application, Engine, MainWindow, Store, theme\n"
        "from pathlib import Path\n"
        "a = make_application(sys.argv); w = MainWindow(Engine(), Store(Path(sys.executable, 'none')))\n"
        "from installer.late import _WANTED_BY\n"
        "print(sorted(_WANTED_BY & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


@pytest.mark.parametrize(
    ("name", "whether"),
    [("resources\\practice\\a.toml", True), ("_ssl.pyd", True), ("libcrypto-3.dll", True),
     ("PySide6\\Qt6Core.dll", False), ("PySide6\\Qt6PrintSupport.dll", True),
     ("python312.dll", False),
     ("_socket.pyd", True), ("_ctypes.pyd", False), ("_lzma.pyd", False), ("base_library.zip", False)],
)  # fmt: skip
def test_what_is_late(name, whether):
    assert late.is_late(name) is whether


@pytest.mark.parametrize(
    ("name", "window", "here"),
    [("PySide6\\opengl32sw.dll", False, False), ("PySide6\\Qt6Gui.dll", True, True),
     ("PySide6\\MSVCP140_2.dll", True, True), ("PySide6\\MSVCP140.dll", True, False),
     ("PySide6\\VCRUNTIME140_1.dll", True, False), ("shiboken6\\VCRUNTIME140.dll", True, False),
     ("shiboken6\\VCRUNTIME140_1.dll", True, True), ("VCRUNTIME140.dll", True, True),
     ("PySide6\\plugins\\platforms\\qwindows.dll", True, True),
     ("PySide6\\plugins\\tls\\qschannelbackend.dll", False, False),
     ("PySide6\\translations\\qtbase_de.qm", False, False),
     ("PySide6\\plugins\\styles\\qmodernwindowsstyle.dll", True, False), ("idna-3.dist-info\\METADATA", True, False),
     ("PySide6\\Qt6PrintSupport.dll", True, True), ("PySide6\\QtPrintSupport.pyd", True, True),
     ("resources\\translations\\sendproof_de.qm", True, True)],
)  # fmt: skip
def test_what_is_left_out(name, window, here):
    assert (needed(name), needed_here(name)) == (window, here)


def imported(source: Path) -> set[str]:
    """The modules that a file imports, wherever in it; of `from a import b` both a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("package", ["core", "gui"])
def test_nothing_is_imported_that_the_program_leaves_out(package):
    """A command that did would end with a traceback in the .exe, and nowhere else."""
    left_out = tuple(f"{name}." for name in EXCLUDED_MODULES)
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
        if f"{name}.".startswith(left_out)
    }
    assert not wrong


def folder_of_a_copy(
    temporary: Path, name: str, age: float = 2 * startup.STALE_SECONDS, mark: str = startup.MARK
) -> Path:
    folder = temporary / name
    folder.mkdir()
    (folder / mark).write_bytes(b"")
    (folder / "library.dll").write_bytes(b"")
    then = time.time() - age
    os.utime(folder, (then, then))
    return folder


def test_only_old_folders_of_this_program_are_removed(tmp_path):
    own = folder_of_a_copy(tmp_path, "_MEI1")
    killed = folder_of_a_copy(tmp_path, "_MEI2")
    half_removed = folder_of_a_copy(tmp_path, "_MEI3.stale")
    starting = folder_of_a_copy(tmp_path, "_MEI4", age=1)
    others = folder_of_a_copy(tmp_path, "_MEI5", mark="other.pack")
    unrelated = folder_of_a_copy(tmp_path, "something")
    removed = startup.remove_stale(own)
    assert {path.name for path in removed} == {"_MEI2.stale", "_MEI3.stale"}
    assert not killed.exists()
    assert not half_removed.exists()
    assert all(path.is_dir() for path in (own, starting, others, unrelated))


def test_the_zipped_folder_removes_nothing(tmp_path):
    folder_of_a_copy(tmp_path, "_MEI2")
    assert startup.remove_stale(tmp_path / "_internal") == []
    assert startup.remove_stale() == []


def run_entry(*arguments: str, code: str = "", **options) -> subprocess.CompletedProcess[str]:
    program = (
        f"import sys; sys.argv[0] = 'Sendproof.exe'\nfrom installer import startup\n{code}\nsys.exit(startup.run())"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        text=True,
        timeout=60,
        check=False,
        capture_output=True,
        **options,
    )


def test_arguments_go_to_the_terminal_program():
    result = run_entry("--version")
    assert (result.returncode, result.stdout.split()[0]) == (0, "Sendproof")
    assert run_entry("nonsense").returncode == 2


def test_without_any_stream_it_still_works():
    result = run_entry("explain", "550 5.7.1 blocked using Spamhaus", code="sys.stdin = sys.stdout = sys.stderr = None")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_an_error_in_the_program_has_a_status_of_its_own_and_stops_nobody():
    broken = "import gui.__main__\ndef fail(): raise RuntimeError('broken')\ngui.__main__.main = fail"
    result = run_entry("check", code=broken)
    assert result.returncode == startup.INTERNAL_ERROR
    assert "RuntimeError: broken" in result.stderr
