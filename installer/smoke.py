"""Starts what was built and judges it by what it leaves: exit status, reports, pictures, files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core import __version__
from installer import first_paint, late, startup
from installer.machine import IS_WINDOWS, ROOT, Windows

WAIT_SECONDS = 60
FOUNDING_CASE = "spamhaus-block"
FOLDER_NAME = "Prüf Ordner Сканер 扫描"


class Failed(Exception):
    """What the built program did wrong."""


def expect(condition: object, text: str) -> None:
    """Raise Failed with `text` unless `condition` holds."""
    if not condition:
        raise Failed(text)


def until(look: Callable[[], Any], text: str, limit: float = WAIT_SECONDS) -> Any:
    """Look again and again until something is found, and return it. Raises Failed with `text` at the limit."""
    end = time.monotonic() + limit
    while not (found := look()):
        if time.monotonic() > end:
            raise Failed(f"{text} (waited {limit:.0f} s)")
        time.sleep(0.1)
    return found


def smoke(machine: Windows, program: Path, in_folder: Path, setup: Path, picture: Path) -> None:
    """Try everything; print a line for each thing that was right. Raises Failed at the first that was not."""
    with tempfile.TemporaryDirectory(prefix="sendproof-smoke-") as name:
        work = Path(name)
        strange = work / FOLDER_NAME
        strange.mkdir()
        moved = strange / program.name
        shutil.copyfile(program, moved)
        trials: list[tuple[str, Callable[[], None]]] = [
            ("says its version to a redirected output", lambda: says_version(machine, program)),
            ("writes to the console it was started from", lambda: writes_to_console(machine, program, work)),
            ("finds the founding case", lambda: finds_founding_case(machine, program, work)),
            ("holds a check over TLS", lambda: holds_tls(machine, program, work)),
            ("makes a PDF of ticket notes", lambda: makes_pdf(machine, program, work)),
            ("does so from the zipped folder", lambda: finds_founding_case(machine, in_folder, work)),
            ("does so from a path with non-Latin letters", lambda: finds_founding_case(machine, moved, strange)),
            ("leaves no temporary files, not even after a crash", lambda: cleans_up(machine, program)),
            ("opens its window", lambda: opens_window(machine, program, work)),
        ]  # fmt: skip
        if not IS_WINDOWS:
            trials.append(("shows the verdict in its window", lambda: shows_verdict(machine, moved, strange, picture)))
        trials.append(("installs and uninstalls silently", lambda: installs(machine, setup, work)))
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
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=machine.environment, **quiet) as process:
        until(target.is_file, "the console never showed the version")
        process.wait(WAIT_SECONDS)
    seen = target.read_text(encoding="utf-8")
    expect(seen.split()[:3] == ["0", "Sendproof", __version__], f"on the console stood: {seen[:300]!r}")


def check(machine: Windows, program: Path, work: Path, scenario: str) -> tuple[int, dict[str, Any]]:
    """Check a practice server and return exit status and report."""
    report = work / "report.json"
    report.unlink(missing_ok=True)
    arguments = ["check", "--practice", scenario, "--format", "json", "--output", machine.path(report)]
    result = machine.run(program, *arguments, cwd=work)
    if not report.is_file():
        raise Failed(f"No report of {scenario}, status {result.returncode}: {result.stderr.decode(errors='replace')}")
    return result.returncode, json.loads(report.read_text(encoding="utf-8"))


def finds_founding_case(machine: Windows, program: Path, work: Path) -> None:
    """Everything fine until RCPT TO: the line is on a blocklist."""
    status, report = check(machine, program, work, FOUNDING_CASE)
    seen = (status, report["outcome"], report["failed_stage"], report["diagnosis"]["cause"])
    expect(seen == (1, "stopped", "rcpt-to", "ip-blocklisted"), f"{FOUNDING_CASE}: {seen}")
    expect(report["diagnosis"]["confidence"] == "certain", f"{FOUNDING_CASE}: {report['diagnosis']}")


def holds_tls(machine: Windows, program: Path, work: Path) -> None:
    """A handshake with Windows' Python, its certificate trusted; another, refused for the right reason."""
    status, report = check(machine, program, work, "implicit-tls-465")
    (tls,) = [stage for stage in report["stages"] if stage["stage"] == "tls"]
    seen = (status, report["outcome"], tls["status"], tls["details"].get("version"))
    expect(seen == (0, "accepted", "passed", "1.3"), f"implicit-tls-465: {seen}")
    status, report = check(machine, program, work, "certificate-wrong-name")
    seen = (status, report["failed_stage"], report["diagnosis"]["cause"])
    expect(seen == (1, "tls", "certificate-name-mismatch"), f"certificate-wrong-name: {seen}")


def makes_pdf(machine: Windows, program: Path, work: Path) -> None:
    """Letters and pages without a window, on a Windows that has no printer."""
    check(machine, program, work, FOUNDING_CASE)
    target = work / "ticket notes.pdf"
    target.unlink(missing_ok=True)
    arguments = ["report", machine.path(work / "report.json"), "--client", "Fabrikam", "--output", machine.path(target)]
    result = machine.run(program, *arguments, cwd=work)
    said = result.stderr.decode(errors="replace")
    expect(result.returncode == 0, f"report ended with {result.returncode}: {said}")
    expect("The seal is intact" in said, f"report said: {said}")
    content = target.read_bytes() if target.is_file() else b""
    expect(content.startswith(b"%PDF-") and b"/Font" in content, "no PDF with letters in it was written")


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
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=machine.environment, **quiet) as process:
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


def free_port() -> int:
    """Return a port of this computer that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Return whether somebody listens on a port of this computer."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def practice_server(scenario: str) -> Iterator[int]:
    """Play a scenario on this computer while the body runs; gives the port."""
    port = free_port()
    command = [sys.executable, "-m", "core", "practice", scenario, "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            until(lambda: answers(port), f"the practice server {scenario} did not start")
            yield port
        finally:
            server.terminate()
            server.wait(WAIT_SECONDS)


def shows_verdict(machine: Windows, program: Path, folder: Path, picture: Path) -> None:
    """Somebody at the keyboard: F5 starts the check of a real server beside it, the verdict is copied for a ticket."""
    (folder / "portable").touch()
    with practice_server(FOUNDING_CASE) as port:
        form = {
            "server": "127.0.0.1",
            "port": str(port),
            "security": "starttls",
            "sender": "scanner@contoso.com",
            "recipients": "office@contoso.com",
            "sign_in": False,
            "verify": False,
        }
        quoted = json.dumps(form).replace("\\", "\\\\").replace('"', '\\"')
        settings = folder / "Sendproof.ini"
        settings.write_text(f'[General]\nview=technician\ncolours=light\nform="{quoted}"\n', encoding="utf-8")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(machine.command(program), env=machine.environment, **quiet) as process:
            try:
                window = until(lambda: xdo("search", "--onlyvisible", "--name", "Sendproof"), "no window came").split()[
                    -1
                ]
                xdo("windowfocus", window)
                xdo("key", "F5")
                text = until(lambda: _copied(window), "the window copied no verdict")
                subprocess.run(["import", "-window", "root", str(picture)], check=True, timeout=60)
                expect("blocked using Spamhaus" in text and "550" in text, f"the window's verdict was: {text[:800]}")
                xdo("key", "ctrl+q")
                expect(process.wait(WAIT_SECONDS) == 0, "the window ended with an error")
            finally:
                if process.poll() is None:
                    with contextlib.suppress(subprocess.SubprocessError):
                        subprocess.run(["import", "-window", "root", str(picture)], check=False, timeout=60)
                    machine.kill(program.name)
    expect("form=" in settings.read_text(encoding="utf-8"), "the portable settings were not kept beside the program")
    expect(picture.is_file() and picture.stat().st_size > 10_000, "the picture of the window is empty")


def _window() -> str:
    """The number of the program's window, or nothing while there is none."""
    return xdo("search", "--onlyvisible", "--name", "Sendproof").rpartition("\n")[2]


def xdo(*arguments: str) -> str:
    """Play the keyboard and the mouse."""
    result = subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False, timeout=30)
    return result.stdout.strip()


def _copied(window: str) -> str:
    """What "copy for ticket" puts on the clipboard, once there is a verdict to copy."""
    xdo("windowfocus", window)
    xdo("key", "ctrl+shift+c")
    with contextlib.suppress(subprocess.TimeoutExpired):
        result = subprocess.run(
            ["xclip", "-o", "-selection", "clipboard"], capture_output=True, text=True, check=False, timeout=5
        )
        return result.stdout
    return ""


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
