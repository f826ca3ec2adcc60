"""Where `sendproof report` writes: a full disk is told with words that name the place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_document_that_can_not_be_printed_is_told(tmp_path, capsys):
    path = tmp_path / "report.json"
    assert main(["check", "--practice", "spamhaus-block", "--format", "json", "--output", str(path)]) == 1
    capsys.readouterr()
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = subprocess.run(
            [sys.executable, "-m", "core", "report", str(path)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert "The document could not be printed: No space left on device." in result.stderr
    assert main(["report", str(path), "--output", "/dev/full"]) == 2
    assert "“/dev/full” could not be written" in capsys.readouterr().err
