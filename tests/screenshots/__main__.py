"""Pictures of the window in its states, made from real checks of practice servers.

    python -m tests.screenshots [--all] [FOLDER]

Without --all: the few that the README shows, into docs/screenshots. With it: both views, light and dark, 100 % and
150 %, in all states, into build/screenshots. Each scale needs a process of its own, since Qt reads it at the start.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

ROOT = Path(__file__).resolve().parents[2]
SIZE = (1280, 820)
README = (
    ("technician", "light", "failed"),
    ("technician", "dark", "failed"),
    ("simple", "light", "failed"),
    ("technician", "light", "accepted"),
    ("technician", "light", "find-recommended"),
    ("technician", "light", "listen-found"),
)
STATES = {
    "empty": "",
    "running": "silent-server",
    "failed": "spamhaus-block",
    "accepted": "direct-send-ok",
    "warning": "certificate-expired",
}
"""Each state with the practice scenario that shows it; the warning comes from going on with an expired certificate."""
EXPLAINED = {
    "explain-empty": "",
    "explain-found": "550 5.7.1 Service unavailable, Client host [203.0.113.7] blocked using Spamhaus",
    "explain-ambiguous": "Kyocera 1102",
}
"""Each state of the page that explains an error, with the text that is pasted."""
FOUND = {
    "find-empty": "",
    "find-recommended": "blocklisted-tenant",
    "find-makeshift": "only-direct-send",
    "find-none": "auth-disabled-tenant",
}
"""Each state of the page that finds settings, with the practice tenant that is searched."""
LISTENED = ("listen-setup", "listen-waiting", "listen-found")
"""Each state of the page that listens: its form, the steps on the copier, and an old copier that has sent a scan."""
HISTORY = ("spamhaus-block", "submission-ok", "greylisted", "wrong-password", "tls-intercepted")
"""Checks that are kept before the history is shown."""
LIMIT_MS = 30_000


def main() -> int:
    """Make the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="all states, views, colours and scales")
    parser.add_argument("--scale", type=int, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--only", default="*", help="those whose view-state-scheme fits this pattern")
    parser.add_argument("--size", default=f"{SIZE[0]}x{SIZE[1]}", help="of the window: WIDTHxHEIGHT")
    parser.add_argument("--scales", default="", help="percentages, separated by commas")
    arguments = parser.parse_args()
    folder = arguments.folder or ROOT / ("build/screenshots" if arguments.all else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.scale:
        width, _, height = arguments.size.partition("x")
        size = (int(width), int(height))
        return take(folder, arguments.scale, arguments.only, size, everything=arguments.all)
    scales = [int(scale) for scale in arguments.scales.split(",") if scale] or ([100, 150] if arguments.all else [100])
    for scale in scales:
        command = [sys.executable, "-m", "tests.screenshots", "--scale", str(scale), str(folder)]
        command += ["--only", arguments.only, "--size", arguments.size]
        command += ["--all"] if arguments.all else []
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"QT_SCALE_FACTOR": str(scale / 100)}
        environment["SENDPROOF_HISTORY"] = "off"
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return 0


def take(folder: Path, scale: int, only: str, size: tuple[int, int], *, everything: bool) -> int:
    """Make the pictures of one scale in this process."""
    from gui.app import make_application
    from gui.theme import theme
    from tests.screenshots.dialogs import DIALOGS

    application = make_application(["sendproof"])
    font = application.font()
    font.setFamilies(["Segoe UI", "Inter", "Open Sans", font.family()])  # as on Windows, or near it
    application.setFont(font)
    theme.install(application, "light")
    theme.reduce_motion = True
    wanted = (
        [(view, scheme, state) for view in ("technician", "simple") for scheme in ("light", "dark") for state in STATES]
        if everything
        else list(README)
    )
    if everything:
        wanted += [
            ("technician", scheme, state)
            for scheme in ("light", "dark")
            for state in (*EXPLAINED, *FOUND, *LISTENED, "history", *(f"dialog-{name}" for name in DIALOGS))
        ]
    wanted = [entry for entry in wanted if fnmatch("-".join(entry[i] for i in (0, 2, 1)), only)]
    for view, scheme, state in wanted:
        name = f"{view}-{state}-{scheme}" + (f"-{scale}" if everything else "") + ".png"
        theme.choose(scheme)
        picture(view, state, folder / name, size)
        print(folder / name)
    return 0


def picture(view: str, state: str, path: Path, size: tuple[int, int] = SIZE) -> None:
    """Open a window of its own, bring it into `state`, and save what it shows."""
    from core.practice.load import load_scenario
    from gui.engine import Engine
    from gui.store import Store
    from gui.window import MainWindow
    from tests.screenshots.dialogs import DIALOGS

    with TemporaryDirectory() as settings:
        if state == "history":
            keep_some(Path(settings) / "history")
        store = Store(Path(settings) / "Sendproof.ini")
        store.put("view", view)
        engine = Engine()
        window = MainWindow(engine, store)
        window.resize(*size)
        window.show()
        wait_until(lambda: window.catalogue is not None)
        shown: QWidget = window
        if state == "history":
            show_history(window)
        elif state in EXPLAINED:
            explain(window, EXPLAINED[state])
        elif state in FOUND:
            find(window, FOUND[state])
        elif state in LISTENED:
            listen(window, state)
        elif state.startswith("dialog-"):
            shown = DIALOGS[state.removeprefix("dialog-")](window, wait_until)
        elif STATES[state]:
            window.set_practice(load_scenario(STATES[state]))
            run(window, view, state)
        settle()
        shown.grab().save(str(path))
        if shown is not window:
            shown.close()
        window.controller.abort()
        window.cancel()
        wait_until(lambda: not window._busy)
        window.close()
        engine.stop(2.0)
        window.deleteLater()


def run(window: object, view: str, state: str) -> None:
    """Start the check and wait until the picture can be taken."""
    from gui.window import MainWindow

    assert isinstance(window, MainWindow)
    if state == "warning":
        window.check_page.form.sign_in.setChecked(False)
        window.check_page.form.set_value("verify", False)
        if view == "simple":  # which has no such tick: the check runs as the technician set it up
            window.show_view("technician")
    window.run()
    window.show_view(view)
    if state == "running":
        wait_until(lambda: window.controller.seconds_in_stage() > 2.2)
    else:
        wait_until(lambda: window.controller.report is not None and not window.controller.busy)


def keep_some(folder: Path) -> None:
    """Keep some practice runs in `folder`, and let the window find them there."""
    os.environ["SENDPROOF_HISTORY"] = str(folder)
    for name in HISTORY:
        command = [sys.executable, "-m", "core", "check", "--practice", name, "--client", "Contoso"]
        subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.DEVNULL)


def show_history(window: object) -> None:
    """Show the history with its oldest run chosen, the founding case."""
    from gui.window import MainWindow

    assert isinstance(window, MainWindow)
    window.show_page("history")
    page = window.history_page
    wait_until(lambda: page.model.rowCount() == len(HISTORY))
    page.table.selectRow(len(HISTORY) - 1)
    wait_until(lambda: page.report is not None)


def explain(window: object, text: str) -> None:
    """Paste `text` into the page that explains errors, and wait for the explanation."""
    from gui.window import MainWindow

    assert isinstance(window, MainWindow)
    window.show_page("explain")
    window.explain_page.edit.put(text)
    wait_until(lambda: bool(window.explain_page.ticket_text()) or not text)


def find(window: object, name: str) -> None:
    """Show the page that finds settings, and search a practice tenant for a Sharp device."""
    from core.practice.tenant import load_tenant
    from gui.window import MainWindow

    assert isinstance(window, MainWindow)
    window.show_page("find")
    if not name:
        return
    page = window.find_page
    window.practise_finding(load_tenant(name))
    page.form.set_value("device", "sharp-mx-series")
    page.run()
    wait_until(lambda: page.controller.document is not None and not page.busy)
    sending = page.controller.document.recommendation.sending
    wait_until(lambda: sending is None or page.sheet.sheets is not None)


def listen(window: object, state: str) -> None:
    """Bring the page that listens into `state`; an old copier is played by smtplib."""
    import socket
    import threading

    from gui.window import MainWindow

    assert isinstance(window, MainWindow)
    window.show_page("listen")
    page = window.page("listen")
    wait_until(lambda: page.setup.device.count() > 1)
    if state == "listen-setup":
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page.setup.set_value("ports", port)
    page.setup.set_value("device", "sharp-mx-series")
    page.run()
    wait_until(lambda: page.controller.state.value == "listening")
    if state == "listen-found":
        copier = threading.Thread(target=send_as_an_old_copier, args=(port,))
        copier.start()
        wait_until(lambda: not copier.is_alive() and page.controller.sessions.rowCount() == 1)
        row = page.controller.sessions.row(0)
        wait_until(lambda: row.result == "error" and row.judgement.findings == page.findings.findings())


def send_as_an_old_copier(port: int) -> None:
    """Send a scan as a copier that knows nothing newer than TLS 1.0."""
    import smtplib
    import ssl
    import warnings
    from email.message import EmailMessage

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "scanner@contoso.com", "maria@contoso.com", "Scan"
    message.set_content("A scan.\n")
    message.add_attachment(bytes(1_300_000), maintype="application", subtype="pdf", filename="scan0001.pdf")
    with smtplib.SMTP("127.0.0.1", port, local_hostname="SHARP-MX4070N") as client:
        client.starttls(context=context)
        client.login("office@contoso.com", "an example")
        client.send_message(message)


def wait_until(condition: Callable[[], bool]) -> None:
    """Let Qt work until `condition` holds; raises TimeoutError when it does not within LIMIT_MS."""
    from PySide6.QtCore import QDeadlineTimer, QEventLoop
    from PySide6.QtWidgets import QApplication

    limit = QDeadlineTimer(LIMIT_MS)
    while not condition():
        if limit.hasExpired():
            raise TimeoutError("the window did not come into the state wanted")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def settle() -> None:
    """Let layouts, wrapped lines and scroll bars come to rest."""
    from PySide6.QtCore import QDeadlineTimer

    rest = QDeadlineTimer(250)
    wait_until(rest.hasExpired)


if __name__ == "__main__":
    sys.exit(main())
