"""The summary for IT support, and saving a report."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from core.practice.rehearsal import rehearse
from core.reports.report import from_json
from core.reports.save import save_report
from core.reports.summary import render_summary
from core.session.check import Check
from core.stages import Stage


@pytest.fixture
async def refused():
    async with rehearse("spamhaus-block") as request:
        return await Check(request).run()


async def test_the_summary_holds_what_it_support_needs(refused):
    text = render_summary(refused)
    for part in (
        "contoso-com.mail.protection.outlook.com",
        "scanner@contoso.com",
        "550 5.7.1",
        "Spamhaus",
        "203.0.113.9",
        "smtp.office365.com",
        "Ruled out",
        "practice",
        "No message was sent",
    ):
        assert part in text, part
    prose = [line for line in text.splitlines() if "Set-CASMailbox" not in line and "https://" not in line]
    assert max(len(line) for line in prose) <= 90


async def test_a_sent_message_has_its_ids_for_a_trace():
    async with rehearse("direct-send-ok") as request:
        report = await Check(replace(request, send=True)).run()
    text = render_summary(report)
    assert "For a message trace" in text
    assert report.stage(Stage.MESSAGE).details["internal_id"] in text
    assert "What seems to help" not in text


async def test_saved_and_read_again(refused, tmp_path):
    path = tmp_path / "report.json"
    save_report(refused, path)
    assert from_json(path.read_bytes()) == refused
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


async def test_a_failed_save_leaves_the_old_file_and_nothing_else(refused, tmp_path, monkeypatch):
    path = tmp_path / "report.txt"
    path.write_text("old")

    def full(*_arguments, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space"):
        save_report(refused, path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.txt"]
