"""`./dev` as people meet it: wrong words, other folders, quick second calls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEV_CMD = (ROOT / "dev.cmd").read_bytes()

posix = pytest.mark.skipif(os.name == "nt", reason="dev is for POSIX shells; Windows has dev.cmd")


def dev(*arguments: str, cwd: Path = ROOT, script: Path = ROOT / "dev", **environment: str):
    return subprocess.run(
        ["sh", str(script), *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@posix
@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("--help",), ("setup", "extra"), ("lint", "extra")])
def test_an_unknown_call_prints_the_usage_and_exits_2(arguments):
    result = dev(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ./dev COMMAND")


@posix
def test_each_command_of_the_usage_exists_in_both_scripts():
    listed = set(re.findall(r"^  ([a-z]+) ", dev().stderr, re.MULTILINE))
    assert listed >= {"run", "setup", "test", "lint", "bench"}
    assert listed == set(re.findall(r"^([a-z]+)\)$", (ROOT / "dev").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == set(re.findall(r'^if "%command%"=="([a-z]+)"', DEV_CMD.decode(), re.MULTILINE))


@pytest.fixture
def clone(tmp_path):
    """A clone with a space in its path, set up as far as `dev` can tell, whose programs say how they were called."""
    root = tmp_path / "my clone"
    bin_folder = root / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (root / "core").mkdir()
    shutil.copy(ROOT / "dev", root)
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "core" / "__init__.py", root / "core")
    for name in ("python", "pip", "sendproof", "pytest", "ruff", "mypy"):
        program = bin_folder / name
        program.write_text(f'#!/bin/sh\necho "{name} in $PWD:"; for a in "$@"; do echo "[$a]"; done\n')
        program.chmod(0o755)
    (root / ".venv" / ".sendproof-libraries").touch()
    stamp = (
        f"{root.resolve()}\n".encode()
        + (root / "pyproject.toml").read_bytes()
        + (root / "core/__init__.py").read_bytes()
    )
    (root / ".venv" / ".sendproof-setup").write_bytes(stamp)
    return root


@posix
def test_arguments_reach_the_program_unchanged_from_any_folder(clone, tmp_path):
    arguments = ["check", "--server", "mx.example.com", "two words", "", "$HOME *"]
    result = dev("run", *arguments, cwd=tmp_path, script=clone / "dev")
    assert result.stderr == "", "nothing was missing, so nothing is said and pip is not called"
    assert result.stdout.splitlines() == [f"sendproof in {tmp_path}:", *(f"[{argument}]" for argument in arguments)]


@posix
def test_a_link_to_dev_finds_its_clone(clone, tmp_path):
    (tmp_path / "sp").symlink_to(clone / "dev")
    assert dev("run", "explain", script=tmp_path / "sp", cwd=tmp_path).stdout.startswith("sendproof in")


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a display without DISPLAY")
def test_a_window_without_a_display_is_one_sentence(clone):
    result = dev("run", script=clone / "dev", DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "no display" in result.stderr
    assert "[gui]" in dev("run", script=clone / "dev", DISPLAY=":7").stdout


@posix
@pytest.mark.parametrize("change", ["packages", "version", "moved", "stamp", "tool"])
def test_a_change_calls_for_a_new_set_up(clone, change):
    match change:
        case "packages":
            with (clone / "pyproject.toml").open("a") as file:
                file.write("# changed\n")
        case "version":
            (clone / "core" / "__init__.py").write_text('__version__ = "9.9.9"\n')
        case "moved":
            clone = clone.rename(clone.with_name("moved clone"))
        case "stamp":
            (clone / ".venv" / ".sendproof-setup").unlink()
        case "tool":
            (clone / ".venv" / "bin" / "mypy").unlink()
    result = dev("setup", script=clone / "dev")
    assert result.returncode == 0
    assert "Installing the pinned packages" in result.stderr
    assert "[install]\n[-e]\n[.[dev]]\n" in result.stderr


@posix
def test_all_tests_use_all_cores_and_chosen_ones_do_not(clone):
    everything = dev("test", script=clone / "dev").stdout.splitlines()
    assert everything[1:] == ["[-m]", "[pytest]", "[-n]", "[auto]", "[--dist]", "[loadfile]"]
    chosen = dev("test", "-x", "a b", script=clone / "dev").stdout.splitlines()
    assert chosen == [f"python in {clone}:", "[-m]", "[pytest]", "[-x]", "[a b]"]


def test_the_windows_script_has_windows_line_ends():
    assert DEV_CMD.count(b"\r\n") == DEV_CMD.count(b"\n") > 50, "cmd misses labels in files with bare line feeds"


def test_the_windows_script_jumps_only_to_labels_it_has():
    text = DEV_CMD.decode("ascii")
    labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
    assert set(re.findall(r"(?:goto |call :)(\w+)", text)) <= labels
