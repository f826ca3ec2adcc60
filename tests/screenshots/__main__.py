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
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
SIZE = (1280, 820)
README = (
    ("technician", "light", "failed"),
    ("technician", "dark", "failed"),
    ("simple", "light", "failed"),
    ("technician", "light", "accepted"),
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
LIMIT_MS = 30_000


def main() -> int:
    """Make the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="all states, views, colours and scales")
    parser.add_argument("--scale", type=int, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or ROOT / ("build/screenshots" if arguments.all else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.scale:
        return take(folder, arguments.scale, everything=arguments.all)
    for scale in (100, 150) if arguments.all else (100,):
        command = [sys.executable, "-m", "tests.screenshots", "--scale", str(scale), str(folder)]
        command += ["--all"] if arguments.all else []
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"QT_SCALE_FACTOR": str(scale / 100)}
        environment["SENDPROOF_HISTORY"] = "off"
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return 0


def take(folder: Path, scale: int, *, everything: bool) -> int:
    """Make the pictures of one scale in this process."""
    from gui.app import make_application
    from gui.theme import theme

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
        wanted += [("technician", scheme, state) for scheme in ("light", "dark") for state in EXPLAINED]
    for view, scheme, state in wanted:
        name = f"{view}-{state}-{scheme}" + (f"-{scale}" if everything else "") + ".png"
        theme.choose(scheme)
        picture(view, state, folder / name)
        print(folder / name)
    return 0


def picture(view: str, state: str, path: Path) -> None:
    """Open a window of its own, bring it into `state`, and save what it shows."""
    from core.practice.load import load_scenario
    from gui.engine import Engine
    from gui.store import Store
    from gui.window import MainWindow

    with TemporaryDirectory() as settings:
        store = Store(Path(settings) / "Sendproof.ini")
        store.put("view", view)
        engine = Engine()
        window = MainWindow(engine, store)
        window.resize(*SIZE)
        window.show()
        wait_until(lambda: window.catalogue is not None)
        if state in EXPLAINED:
            explain(window, EXPLAINED[state])
        elif STATES[state]:
            window.set_practice(load_scenario(STATES[state]))
            run(window, view, state)
        settle()
        window.grab().save(str(path))
        window.controller.abort()
        wait_until(lambda: not window.controller.busy)
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


def explain(window: object, text: str) -> None:
    """Paste `text` into the page that explains errors, and wait for the explanation."""
    from gui.window import MainWindow

    assert isinstance(window, MainWindow)
    window.show_page("explain")
    window.explain_page.edit.put(text)
    wait_until(lambda: bool(window.explain_page.ticket_text()) or not text)


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
