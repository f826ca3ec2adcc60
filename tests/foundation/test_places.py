"""Where things are kept: on a stick beside the program, else in the profile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from core import places

linux = pytest.mark.skipif(sys.platform != "linux", reason="/sys is Linux's")


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """A profile of the test's own, whatever the system."""
    for variable in ("LOCALAPPDATA", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path


def test_a_portable_program_keeps_its_data_beside_itself(tmp_path, profile):
    program = tmp_path / "stick"
    program.mkdir()
    assert profile in places.data_folder(program).parents
    assert program not in places.data_folder(program).parents
    (program / places.PORTABLE_MARK).touch()
    assert places.is_portable(program)
    assert places.data_folder(program) == program / places.PORTABLE_DATA
    assert places.settings_folder(program) == program
    assert list(program.iterdir()) == [program / places.PORTABLE_MARK], "looking makes nothing"


@linux
def test_a_stick_that_can_not_be_written_to_has_its_data_in_the_profile(profile, monkeypatch):
    monkeypatch.setattr(places, "is_removable", lambda folder: True)
    assert places.data_folder(Path("/proc")) == profile / "XDG_DATA_HOME" / "Sendproof"


@linux
def test_a_relative_xdg_folder_does_not_count(tmp_path, monkeypatch):
    """XDG Base Directory Specification: relative paths are to be ignored."""
    monkeypatch.setenv("XDG_DATA_HOME", "somewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.data_folder(tmp_path) == tmp_path / ".local" / "share" / "Sendproof"


@linux
@pytest.mark.parametrize("where", ["partition", "drive"])
@pytest.mark.parametrize("removable", [True, False])
def test_linux_says_whether_a_drive_can_be_carried_away(tmp_path, monkeypatch, where, removable):
    drive = tmp_path / "devices" / "sdb"
    partition = drive / "sdb1"
    partition.mkdir(parents=True)
    (drive / "removable").write_text(f"{int(removable)}\n")
    device = tmp_path.stat().st_dev
    blocks = tmp_path / "block"
    blocks.mkdir()
    link = blocks / f"{os.major(device)}:{os.minor(device)}"
    link.symlink_to(partition if where == "partition" else drive)
    monkeypatch.setattr(places, "_BLOCK_DEVICES", blocks)
    assert places.is_removable(tmp_path) is removable


@linux
def test_a_folder_on_no_drive_is_not_removable(tmp_path):
    assert places.is_removable(Path("/proc")) is False
    assert places.is_removable(tmp_path / "missing") is False
