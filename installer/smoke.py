"""Starts what was built and judges it by what it leaves: exit status, reports, pictures, files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core import __version__
from installer import first_paint, late, startup
from installer import smoke_commands as commands
from installer.machine import IS_WINDOWS, Windows
from installer.proving import FOUNDING_CASE, QUIET, WAIT_SECONDS, Failed, answers, expect, free_port, until
from installer.smoke_window import shows_pages

FOLDER_NAME = "Prüf Ordner Сканер 扫描"


def smoke(machine: Windows, program: Path, in_folder: Path, setup: Path, picture: Path) -> None:
    """Try everything; print a line for each thing that was right. Raises Failed at the first that was not."""
    with tempfile.TemporaryDirectory(prefix="sendproof-smoke-") as name:
        work = Path(name)
        strange = work / FOLDER_NAME
        strange.mkdir()
        moved = strange / program.name
        shutil.copyfile(program, moved)
        here, there, carried = (machine, program, work), (machine, in_folder, work), (machine, moved, strange)
        trials: list[tuple[str, Callable[[], None]]] = [
            ("says its version to a redirected output", partial(says_version, machine, program)),
            ("writes to the console it was started from", partial(writes_to_console, *here)),
            ("finds the founding case", partial(commands.finds_founding_case, *here)),
            ("holds a check over TLS", partial(commands.holds_tls, *here)),
            ("finds the founding case from the zipped folder", partial(commands.finds_founding_case, *there)),
            ("and from a path with non-Latin letters", partial(commands.finds_founding_case, *carried)),
            ("keeps a portable program's history beside it", partial(commands.keeps_history, *carried)),
            ("makes ticket notes, a PDF, a comparison, a sheet", partial(commands.makes_documents, *here)),
            ("watches", partial(commands.watches, *here)),
            ("finds settings", partial(commands.recommends_a_way, *here)),
            ("measures the packet size", partial(commands.measures_packets, *here)),
            ("listens to a device", partial(commands.listens, *here)),
            ("leaves no temporary files, not even after a crash", partial(cleans_up, machine, program)),
            ("opens its window", partial(opens_window, *here)),
            *([] if IS_WINDOWS else [("shows its pages in the window", partial(shows_pages, *carried, picture))]),
            ("installs and uninstalls silently", partial(installs, machine, setup, work)),
        ]
        for title, trial in trials:
            _with_another_try(machine, program, trial)
            print(f"  ✓ {title}", flush=True)


def _with_another_try(machine: Windows, program: Path, trial: Callable[[], None]) -> None:
    """Wine hangs at the end of a program once in some hundred starts; that alone is tried again."""
    try:
        trial()
    except subprocess.TimeoutExpired:
        machine.kill(program.name)
        try:
            trial()
        except subprocess.TimeoutExpired as again:
            machine.kill(program.name)
            raise Failed(f"{again.cmd[-1]} did not end, twice.") from None


def says_version(machine: Windows, program: Path) -> None:
    """The version, on a redirected output."""
    result = machine.run(program, "--version")
    expect(result.stdout.decode().strip() == f"Sendproof {__version__}", f"--version said {result.stdout!r}")
    expect(result.returncode == 0, f"--version ended with {result.returncode}")


_IN_NEW_CONSOLE = """
import subprocess, sys
subprocess.Popen([sys.executable, *sys.argv[1:]], creationflags=subprocess.CREATE_NEW_CONSOLE)
"""
_CONSOLE = """
import ctypes, os, subprocess, sys
program, target = sys.argv[1:]
kernel = ctypes.WinDLL("kernel32")
kernel.CreateFileW.restype = ctypes.c_void_p
screen = kernel.CreateFileW("CONOUT$", 0xC0000000, 3, None, 3, 0, None)
status = subprocess.call([program, "--version"])
text = ctypes.create_unicode_buffer(4000)
read = ctypes.c_uint32()
kernel.ReadConsoleOutputCharacterW(ctypes.c_void_p(screen), text, 3000, 0, ctypes.byref(read))
with open(target + ".new", "w", encoding="utf-8") as file:
    file.write(f"{status} {text.value}")
os.replace(target + ".new", target)
"""


def writes_to_console(machine: Windows, program: Path, work: Path) -> None:
    """The version, on the screen of a console that starts it, read back from there."""
    outer, inner, target = work / "outer.py", work / "inner.py", work / "console.txt"
    outer.write_text(_IN_NEW_CONSOLE, encoding="utf-8")
    inner.write_text(_CONSOLE, encoding="utf-8")
    command = machine.command(machine.python, *map(machine.path, (outer, inner, program, target)))
    with subprocess.Popen(command, env=machine.environment, **QUIET) as process:
        until(target.is_file, "the console never showed the version")
        process.wait(WAIT_SECONDS)
    seen = target.read_text(encoding="utf-8")
    expect(seen.split()[:3] == ["0", "Sendproof", __version__], f"on the console stood: {seen[:300]!r}")


def _unpacked(machine: Windows) -> set[Path]:
    """Folders that copies of the program have unpacked themselves into."""
    return {path.parent for path in machine.temporary.glob(f"_MEI*/{late.PACK}")}


def cleans_up(machine: Windows, program: Path) -> None:
    """A normal end leaves nothing; what a killed copy leaves, the next one removes."""
    for folder in _unpacked(machine):
        shutil.rmtree(folder)
    machine.run(program, "--version")
    expect(not _unpacked(machine), "a normal end left its unpacked files")
    port = free_port()
    command = machine.command(program, "practice", FOUNDING_CASE, "--port", str(port))
    with subprocess.Popen(command, env=machine.environment, **QUIET) as process:
        until(lambda: answers(port), "the practice server did not start")
        left = _unpacked(machine)
        machine.kill(program.name)
        process.wait(WAIT_SECONDS)
        # The one that unpacked is dead; so has to be the one that ran from what was unpacked.
        # One call may end only one of the two.
        until(lambda: not answers(port) or machine.kill(program.name), "a killed copy still answers")
    expect(left, "nothing was unpacked")
    for folder in left:
        expect(folder.is_dir(), "a killed copy should have left its files: this trial proves nothing")
        long_ago = time.time() - 2 * startup.STALE_SECONDS
        os.utime(folder, (long_ago, long_ago))
    machine.run(program, "--version")
    expect(not _unpacked(machine), "the files of a killed copy were not removed")


def opens_window(machine: Windows, program: Path, work: Path) -> None:
    """It paints its window, and says so."""
    target = work / "painted.txt"
    machine.run(program, environment={first_paint.VARIABLE: machine.path(target)})
    expect(target.is_file(), "no window was painted")


def installs(machine: Windows, setup: Path, work: Path) -> None:
    """Silently in, entry in Windows' list, works; silently out, nothing left."""
    place = work / "installed"  # NSIS wants /D= without quotes, so without spaces here
    entry = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Sendproof"
    result = machine.run(setup, "/S", f"/D={machine.path(place)}")
    expect(result.returncode == 0, f"the installer ended with {result.returncode}")
    program = place / "Sendproof.exe"
    expect(program.is_file() and (place / "uninstall.exe").is_file(), "the installer left its files nowhere")
    shown = machine.run("reg", "query", entry, "/v", "DisplayVersion").stdout.decode(errors="replace")
    expect(__version__ in shown, f"the list of programs says: {shown}")
    says_version(machine, program)
    # The uninstaller copies itself to the temporary folder and goes on there, so its end is not the end.
    machine.run(place / "uninstall.exe", "/S")
    until(lambda: not place.exists(), "the uninstaller left files behind")
    until(lambda: machine.run("reg", "query", entry).returncode != 0, "the list of programs still has it")
