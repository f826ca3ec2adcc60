"""An unexpected error: shown, redacted, and the program goes on."""

from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.secret import Secret
from gui.crash_dialog import crash_report
from gui.crashes import CrashHandler
from gui.widgets.copy_button import CopyButton

PASSWORD = "Korrekt-Pferd-4711"


def broken(message: str) -> Exception:
    try:
        return fail(message)
    except ValueError as error:
        return error


def fail(message: str) -> Exception:
    raise ValueError(message)


@pytest.fixture
def handler(qtbot, themed):
    parent = QWidget()
    qtbot.addWidget(parent)
    made = CrashHandler(lambda: [Secret(PASSWORD)], lambda: parent)
    made.install()
    yield made
    made.uninstall()


def test_a_report_holds_no_password_address_or_folder_of_the_user():
    text = crash_report(broken(f"{PASSWORD} of maria@contoso.com in {__file__}"), [Secret(PASSWORD)])
    assert "ValueError" in text
    assert PASSWORD not in text
    assert "maria@contoso.com" not in text
    assert str(__file__).removesuffix("/tests/gui/test_crash.py") not in text


def test_the_dialog_shows_the_report_to_copy(qtbot, handler):
    sys.excepthook(ValueError, broken("first"), None)
    qtbot.waitUntil(lambda: handler.dialog is not None)
    assert "ValueError: first" in handler.dialog.text.toPlainText()
    handler.dialog.findChild(CopyButton).click()
    assert "ValueError: first" in QGuiApplication.clipboard().text()


def test_errors_of_threads_and_repeated_errors(qtbot, handler, capsys):
    def fail():
        raise KeyError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: handler.dialog is not None)
    again = broken("again")
    for _time in range(50):
        handler.caught(again)
    qtbot.waitUntil(lambda: "again" in handler.dialog.text.toPlainText())
    text = handler.dialog.text.toPlainText()
    assert "in a thread" in text
    assert text.count("ValueError: again") == 1


def test_the_event_loop_goes_on(qtbot, handler):
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(1)
    handler.caught(broken("while working"))
    qtbot.waitUntil(lambda: len(ticks) > 3 and handler.dialog is not None)
    handler.dialog.close()
    qtbot.waitUntil(lambda: handler.dialog is None)
    handler.caught(broken("another one"))
    qtbot.waitUntil(lambda: handler.dialog is not None)
