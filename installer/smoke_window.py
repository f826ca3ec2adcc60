"""Somebody at the keyboard of the built program's window: runs a check, turns to each page, listens to a device."""

from __future__ import annotations

import contextlib
import json
import shutil
import smtplib
import subprocess
import time
from pathlib import Path
from typing import Any

from core.places import PORTABLE_DATA, PORTABLE_MARK
from installer.machine import Windows
from installer.proving import FOUNDING_CASE, QUIET, WAIT_SECONDS, expect, free_port, practice_server, until

SENDER = "copier-of-the-window@fabrikam.com"
"""What the listening page must have seen, and no other page shows."""


def shows_pages(machine: Windows, program: Path, folder: Path, picture: Path) -> None:
    """F5 checks a real server beside it, the verdict is copied for a ticket, and each page does what it is for.

    Pictures of the pages go beside `picture`, which is that of the check.
    """
    (folder / PORTABLE_MARK).touch()
    kept = folder / PORTABLE_DATA / "history"
    shutil.rmtree(kept, ignore_errors=True)
    settings = folder / "Sendproof.ini"
    environment = machine.environment | {"SENDPROOF_HISTORY": ""}
    with practice_server(FOUNDING_CASE) as port:
        listening = free_port()
        _write_settings(settings, port, listening)
        with subprocess.Popen(machine.command(program), env=environment, **QUIET) as process:
            try:
                window = until(_window, "no window came")
                _checks(window, picture)
                _turns_pages(window, picture, listening, kept)
                xdo("key", "ctrl+q")
                expect(process.wait(WAIT_SECONDS) == 0, "the window ended with an error")
            finally:
                if process.poll() is None:
                    with contextlib.suppress(subprocess.SubprocessError):
                        _save(picture.with_name(f"{picture.stem}-at-the-end{picture.suffix}"))
                    machine.kill(program.name)
    expect("form=" in settings.read_text(encoding="utf-8"), "the portable settings were not kept beside the program")


def _write_settings(settings: Path, port: int, listening: int) -> None:
    """Fill in the forms, as they would be after an earlier start."""
    form = {
        "server": "127.0.0.1",
        "port": str(port),
        "security": "starttls",
        "sender": "scanner@contoso.com",
        "recipients": "office@contoso.com",
        "sign_in": False,
        "verify": False,
    }
    lines = ["[General]", "view=technician", "colours=light", f"form={_quoted(form)}"]
    lines.append(f"listen={_quoted({'ports': str(listening)})}")
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(record: dict[str, Any]) -> str:
    """JSON as a value of an .ini file."""
    return '"{}"'.format(json.dumps(record).replace("\\", "\\\\").replace('"', '\\"'))


def _checks(window: str, picture: Path) -> None:
    xdo("windowfocus", window)
    xdo("key", "F5")
    text = until(lambda: _copied(window), "the window copied no verdict")
    _save(picture)
    expect("blocked using Spamhaus" in text and "550" in text, f"the window's verdict was: {text[:800]}")


def _turns_pages(window: str, picture: Path, port: int, kept: Path) -> None:
    """Ctrl+Tab from page to page; listening and the history are judged by what they leave and copy."""
    seen = _screen()

    def turn(page: str) -> None:
        nonlocal seen
        xdo("windowfocus", window)
        xdo("key", "ctrl+Tab")
        seen = until(lambda: _settled(seen), f"Ctrl+Tab did not show the page {page}")
        _save(picture.with_name(f"{picture.stem}-{page}{picture.suffix}"))

    turn("find")
    turn("listen")
    xdo("key", "F5")
    until(lambda: _scans(port), "F5 on the page for listening did not listen")
    until(lambda: SENDER in _copied(window), "the page for listening did not copy what the device did")
    xdo("key", "Escape")
    until(lambda: _kinds(kept) == ["listen", "report"], "the history beside the program lacks the check or the session")
    until(lambda: _settled(seen), "the page for listening never rests")
    _save(picture.with_name(f"{picture.stem}-session{picture.suffix}"))
    turn("explain")
    turn("history")
    xdo("key", "Down", "Down")  # from the search into the list, and to the older run: the check
    until(lambda: "blocked using Spamhaus" in _copied(window), "the history did not copy the check that was kept")
    until(lambda: _settled(seen), "the history never rests")
    _save(picture.with_name(f"{picture.stem}-history{picture.suffix}"))
    expect(
        not xdo("search", "--onlyvisible", "--name", "Something went wrong"), "the window reports an error in itself"
    )


def _kinds(kept: Path) -> list[str]:
    """What is kept in a history: the NAME of each document's schema, sendproof.NAME/1."""
    schemas = [json.loads(path.read_text(encoding="utf-8"))["schema"] for path in kept.glob("*.json")]
    return sorted(schema.removeprefix("sendproof.").partition("/")[0] for schema in schemas)


def _scans(port: int) -> bool:
    """Be a device for one session; return whether there was a server to have it with."""
    try:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="copier.fabrikam.com", timeout=WAIT_SECONDS) as device:
            device.sendmail(SENDER, ["office@contoso.com"], "Subject: Scan\r\n\r\nA page.\r\n")
    except ConnectionRefusedError:
        return False
    return True


# Keyboard and screen


def xdo(*arguments: str) -> str:
    """Play the keyboard and the mouse."""
    result = subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False, timeout=30)
    return result.stdout.strip()


def _window() -> str:
    """The number of the program's window, or nothing while there is none."""
    return xdo("search", "--onlyvisible", "--name", "Sendproof").rpartition("\n")[2]


def _copied(window: str) -> str:
    """What "copy for ticket" puts on the clipboard, once there is something to copy."""
    xdo("windowfocus", window)
    xdo("key", "ctrl+shift+c")
    with contextlib.suppress(subprocess.TimeoutExpired):
        result = subprocess.run(
            ["xclip", "-o", "-selection", "clipboard"], capture_output=True, text=True, check=False, timeout=5
        )
        return result.stdout
    return ""


def _screen() -> bytes:
    """The screen's picture, without date or compression: the same picture is the same bytes."""
    return subprocess.run(["import", "-window", "root", "ppm:-"], capture_output=True, check=True, timeout=60).stdout


def _settled(before: bytes) -> bytes:
    """The screen's picture once it is another one than `before` and keeps still, else nothing."""
    now = _screen()
    time.sleep(0.2)  # between two pictures: something slower than that is no animation
    return now if now != before and now == _screen() else b""


def _save(picture: Path) -> None:
    """Write the screen's picture to a file."""
    subprocess.run(["import", "-window", "root", str(picture)], check=True, timeout=60)
    expect(picture.stat().st_size > 10_000, f"the picture {picture.name} is empty")
