"""The window under test: real widgets, real loop thread, settings in a folder of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from gui.engine import Engine
from gui.store import Store
from gui.theme import theme
from gui.window import MainWindow


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    qapp.setApplicationName("Sendproof")
    theme.install(qapp, "light")
    yield qapp
    theme.choose("light")


@pytest.fixture
def engine(themed: QApplication) -> Iterator[Engine]:
    made = Engine()
    made.start()
    yield made
    made.stop(2.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "Sendproof.ini")


@pytest.fixture
def open_window(qtbot, engine: Engine, store: Store) -> Iterator[Callable[..., MainWindow]]:
    """Opens the window in the view given, and waits until presets and devices are there."""
    windows: list[MainWindow] = []

    def open_it(view: str = "technician", *, size: tuple[int, int] = (1280, 820)) -> MainWindow:
        store.put("view", view)
        window = MainWindow(engine, store)
        windows.append(window)
        window.resize(*size)
        window.show()
        qtbot.waitUntil(lambda: window.catalogue is not None, timeout=20_000)
        return window

    yield open_it
    for window in windows:
        if window.controller.busy:
            window.controller.abort()
            qtbot.waitUntil(lambda window=window: not window.controller.busy, timeout=5_000)
        window.close()
        window.deleteLater()


@pytest.fixture
def window(open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window()
