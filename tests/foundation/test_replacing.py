"""A file that somebody has open is replaced as soon as he lets go of it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from core import replacing
from core.history.files import write_whole
from core.replacing import replace_file
from core.reports.save import save_text


class Busy(PermissionError):
    """What Windows raises of a file that is open."""

    winerror = 5


@pytest.fixture
def scanner(monkeypatch):
    """Refuse a file's replacing as often as the list says; returns the list and the pauses made."""
    left, pauses = [], []
    real = Path.replace

    def replace(self, target):
        if left:
            raise left.pop()
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(replacing.time, "sleep", pauses.append)
    return left, pauses


@pytest.mark.parametrize("write", [save_text, lambda text, path: write_whole(path, text.encode())])
def test_a_file_that_is_open_for_a_moment_is_replaced(tmp_path, scanner, write):
    left, pauses = scanner
    left += [Busy(13, "Access is denied")] * (replacing.ATTEMPTS - 1)
    write("first", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "first"
    assert len(pauses) == replacing.ATTEMPTS - 1
    assert 0.5 < sum(pauses) < 1


def test_a_pdf_too(tmp_path, scanner, qapp):
    from gui.printing import write_pdf

    scanner[0].append(Busy(13, "Access is denied"))
    write_pdf("<p>x</p>", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_one_that_stays_open_is_an_error_and_leaves_nothing(tmp_path, scanner):
    left, _ = scanner
    left += [Busy(13, "Access is denied")] * replacing.ATTEMPTS
    with pytest.raises(PermissionError, match="Access is denied"):
        save_text("x", tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_what_is_forbidden_is_not_waited_for(tmp_path, scanner):
    left, pauses = scanner
    left.append(PermissionError(13, "Permission denied"))
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "a", tmp_path / "b")
    assert not pauses


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows keeps an open file")
def test_windows_lets_go(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    opened = threading.Event()

    def read() -> None:
        with old.open():
            opened.set()
            time.sleep(0.2)  # what a reader takes, not what this test waits for

    reader = threading.Thread(target=read)
    reader.start()
    opened.wait(10)
    replace_file(new, old)
    reader.join()
    assert old.read_text() == "new"
