"""What holds for every test run: no test keeps a run in anybody's profile; figures are told at the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def history_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test, and each process that it starts, a history of its own; the folder does not exist yet."""
    folder = tmp_path_factory.getbasetemp() / "histories" / os.urandom(6).hex() / "history"
    monkeypatch.setenv("SENDPROOF_HISTORY", str(folder))
    return folder


def pytest_terminal_summary(terminalreporter):
    """Print the figures that tests recorded with `record_property("figures", …)`, whichever process they ran in."""
    figures = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "figures" and getattr(report, "when", "") == "call"
    ]
    if figures:
        terminalreporter.section("figures")
        for value in figures:
            terminalreporter.write_line(value)
