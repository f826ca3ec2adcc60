"""The summary for IT support, and saving a report."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from core.practice.rehearsal import rehearse
from core.reports.report import from_json
from core.reports.save import place_to_replace, save_report, save_text
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


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
class TestNoOrdinaryFile:
    def test_a_link_stays_a_link(self, tmp_path):
        target = tmp_path / "share" / "report.txt"
        target.parent.mkdir()
        target.write_text("old", encoding="utf-8")
        link = tmp_path / "report.txt"
        link.symlink_to(target)
        save_text("new", link)
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == "new"

    def test_a_pipe_is_written_to_and_stays(self, tmp_path):
        """So is /dev/stdout: whoever may write in /dev must not find a file in its place."""
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            save_text("new", pipe)
            assert os.read(reader, 100) == b"new"
        finally:
            os.close(reader)
        assert pipe.is_fifo()

    def test_a_pdf_never_takes_the_place_of_a_pipe(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(OSError, match="no ordinary file"):
            place_to_replace(pipe)
        assert pipe.is_fifo()
