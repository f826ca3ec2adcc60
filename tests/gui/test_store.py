"""What is remembered, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from core import places
from gui.store import FILE_NAME, MAX_RECENT, Store, settings_path


def test_a_file_called_portable_keeps_the_settings_beside_the_program(tmp_path):
    (tmp_path / "portable").touch()
    assert settings_path(tmp_path) == tmp_path / FILE_NAME


def test_a_removable_drive_does_so_too(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_removable", lambda folder: folder == tmp_path)
    assert settings_path(tmp_path) == tmp_path / FILE_NAME


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="/proc is what not even root can write to")
def test_a_read_only_stick_has_its_settings_in_the_profile(monkeypatch, qapp):
    monkeypatch.setattr(places, "is_removable", lambda folder: True)
    assert Path("/proc") not in settings_path(Path("/proc")).parents


def test_else_they_are_in_the_profile(tmp_path, qapp):
    assert tmp_path not in settings_path(tmp_path).parents


def test_values_come_back(tmp_path):
    path = tmp_path / "deep" / "er" / FILE_NAME
    first = Store(path)
    first.put("geometry", QByteArray(b"\x01\x02"))
    first.put("legend", True)
    first.put("form", {"server": "mx.contoso.com", "send": False})
    assert first.save()
    second = Store(path)
    assert second.bytes("geometry") == QByteArray(b"\x01\x02")
    assert second.flag("legend")
    assert second.record("form") == {"server": "mx.contoso.com", "send": False}


def test_damaged_settings_harm_nothing(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(b'\x00\xff[[[\nrecent=not json\nform={"a":\nview=\ngeometry=nonsense\n' + b"(" * 5000)
    store = Store(path)
    assert store.recent() == []
    assert store.record("form") == {}
    assert store.bytes("geometry").isEmpty()
    assert store.flag("legend") is False


def test_a_place_that_can_not_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = Store(Path(tmp_path / "file" / FILE_NAME))
    store.put("view", "simple")
    assert store.save() is False


def test_recent_checks_are_bounded_and_kept_once(tmp_path):
    store = Store(tmp_path / FILE_NAME)
    for number in range(MAX_RECENT + 5):
        store.add_recent({"server": f"mx{number}.contoso.com"})
    store.add_recent({"server": "mx9.contoso.com", "title": "again"})
    recent = store.recent()
    assert len(recent) == MAX_RECENT
    assert recent[0]["title"] == "again"
    assert [entry["server"] for entry in recent].count("mx9.contoso.com") == 1
    store.clear_recent()
    assert store.recent() == []
