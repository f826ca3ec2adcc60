"""Comparing from the real window: over another network (played by a practice server), and from files."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel

from core.comparing.compare import compare
from core.comparing.comparison import from_json
from core.comparing.comparison import to_json as comparison_json
from core.history.store import History
from core.practice.load import load_scenario
from core.reports.report import to_json
from core.stages import Outcome, Stage, StageStatus
from gui.widgets.basics import Chip
from gui.widgets.comparison_view import ComparisonView, breakable
from tests.comparing.reports import HOTSPOT, SITE, report
from tests.gui.test_accessibility import controls, name_of


def words(widget):
    found = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return " ".join(found).replace("\u200b", "")


def checked(qtbot, window, scenario):
    window.set_practice(load_scenario(scenario))
    window.run()
    qtbot.waitUntil(lambda: window.controller.report is not None and not window.controller.busy, timeout=30_000)
    return window.controller.report


def second_run(qtbot, window):
    window.check_page.verdict.compare.click()
    dialog = window.repeating.compare_dialog
    assert dialog.isVisible()
    dialog.run_button.click()
    qtbot.waitUntil(lambda: dialog.view.comparison is not None and not dialog.busy, timeout=30_000)
    return dialog


def test_the_founding_case_over_the_hotspot(qtbot, window):
    first = checked(qtbot, window, "spamhaus-block")
    dialog = second_run(qtbot, window)
    found = dialog.view.comparison
    assert (found.conclusion.id, found.conclusion.confidence) == ("site-address", "certain")
    assert dialog.stack.currentWidget() is dialog.view
    shown = words(dialog.view)
    for text in (found.conclusion.title, SITE, HOTSPOT, "✕ failed", "✓ passed"):
        assert text in shown
    assert [chip.accessibleName() for chip in dialog.view.findChildren(Chip)] == ["certain"]
    assert "TLS version" not in shown
    dialog.view.everything.setChecked(True)
    assert "TLS version" in words(dialog.view)
    assert window.controller.report is first  # the page's own check is not touched
    qtbot.waitUntil(lambda: [entry.kind for entry in History().entries()] == ["report", "report"], timeout=10_000)
    dialog.view.copy_ticket.click()
    assert QGuiApplication.clipboard().text().startswith("# The Internet address of the first network is the reason")


def test_the_second_run_signs_in_with_the_password_that_is_still_in_memory(qtbot, window):
    checked(qtbot, window, "submission-ok")
    dialog = second_run(qtbot, window)
    assert dialog.controller.report.stage(Stage.AUTH).status is StageStatus.PASSED
    assert dialog.view.comparison.conclusion.id == "same-line-both-pass"  # the same public address: no other network
    assert "the phone’s hotspot was not used" in words(dialog.view)
    dialog.close()
    assert dialog._request is None


def test_esc_cancels_the_second_run_and_then_closes(qtbot, window):
    checked(qtbot, window, "spamhaus-block")
    window.check_page.verdict.compare.click()
    dialog = window.repeating.compare_dialog
    dialog._practice = "silent-server"
    dialog.run_button.click()
    qtbot.waitUntil(lambda: dialog.controller.stages.running is Stage.BANNER, timeout=20_000)
    assert dialog.cancel_button.isVisible()
    qtbot.waitUntil(lambda: "waiting for" in dialog.waiting.text(), timeout=5_000)
    window.check_page.form.control("sender").setFocus()  # the window can be used meanwhile
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.busy, timeout=10_000)
    assert dialog.isVisible()
    assert dialog.stack.currentIndex() == 0
    assert dialog.run_button.isVisible()
    assert dialog.controller.report.outcome is Outcome.CANCELLED
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_closing_the_window_ends_the_second_run(qtbot, window):
    checked(qtbot, window, "spamhaus-block")
    window.check_page.verdict.compare.click()
    dialog = window.repeating.compare_dialog
    dialog._practice = "silent-server"
    dialog.run_button.click()
    qtbot.waitUntil(lambda: dialog.controller.stages.running is Stage.BANNER, timeout=20_000)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5_000)
    assert not dialog.busy


def test_it_is_offered_only_after_a_check_that_came_to_its_end(qtbot, window):
    verdict = window.check_page.verdict
    action = next(action for action in window.findChildren(QAction) if "another &network" in action.text())
    assert verdict.compare.isHidden()
    assert not action.isEnabled()
    window.set_practice(load_scenario("silent-server"))
    window.run()
    qtbot.waitUntil(lambda: window.controller.stages.running is Stage.BANNER, timeout=20_000)
    window.cancel()
    qtbot.waitUntil(lambda: not window.controller.busy, timeout=10_000)
    assert verdict.compare.isHidden()
    checked(qtbot, window, "spamhaus-block")
    assert not verdict.compare.isHidden()
    assert action.isEnabled()
    action.trigger()
    assert window.repeating.compare_dialog.isVisible()


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "later.json", tmp_path / "earlier.json"]
    for path, made in zip(
        paths, (report(address=HOTSPOT, minutes=5), report("rcpt-to", "ip-blocklisted")), strict=True
    ):
        path.write_text(to_json(made), encoding="utf-8")
    return paths


def test_two_saved_reports(qtbot, window, files, tmp_path):
    window.repeating.compare_files()
    dialog = window.repeating.compare_dialog
    (chooser,) = dialog.findChildren(QFileDialog)
    chooser.filesSelected.emit([str(path) for path in files])
    chooser.close()
    qtbot.waitUntil(lambda: dialog.view.comparison is not None, timeout=10_000)
    assert dialog.view.comparison.conclusion.id == "site-address"
    assert dialog.view.comparison.first.public_address == SITE  # the older one is the first
    assert not dialog.run_button.isVisible()
    dialog.view.save.click()
    saver = next(found for found in dialog.findChildren(QFileDialog) if found is not chooser)
    saver.fileSelected.emit(str(tmp_path / "out.json"))
    saver.close()
    qtbot.waitUntil((tmp_path / "out.json").exists, timeout=10_000)
    assert from_json((tmp_path / "out.json").read_bytes()) == dialog.view.comparison


def test_what_is_wrong_with_a_file_is_said(qtbot, window, files, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    window.repeating.compare_files()
    dialog = window.repeating.compare_dialog
    dialog.findChild(QFileDialog).close()
    dialog.open_files([files[0]])
    qtbot.waitUntil(lambda: "Choose two files" in words(dialog), timeout=5_000)
    dialog.open_files([files[0], bad])
    qtbot.waitUntil(lambda: "bad.json" in words(dialog), timeout=10_000)
    assert dialog.stack.currentWidget() is not dialog.view


def test_a_kept_run_with_a_saved_report(qtbot, window, files):
    checked(qtbot, window, "spamhaus-block")
    window.check_page.verdict.compare.click()
    dialog = window.repeating.compare_dialog
    dialog.open_files([files[0]])
    qtbot.waitUntil(lambda: dialog.view.comparison is not None, timeout=10_000)
    assert dialog.view.comparison.conclusion.id in {"practice-and-real", "change-works"}


def test_the_history_shows_two_runs_side_by_side(qtbot, window, files):
    window.show_page("history")
    page = window.history_page
    page.open_paths(files)
    title = "The Internet address of the first network is the reason"
    qtbot.waitUntil(lambda: title in words(page.detail), timeout=10_000)


def test_names_keys_and_plain_labels(qtbot, window):
    checked(qtbot, window, "spamhaus-block")
    dialog = second_run(qtbot, window)
    dialog.view.everything.setChecked(True)
    assert [repr(widget) for widget in controls(dialog) if not name_of(widget).strip()] == []
    loose = [label.text() for label in dialog.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]
    assert loose == []
    signs = [label for label in dialog.view.findChildren(QLabel) if label.text() in {"=", "≠", "?"}]
    assert len(signs) > 20
    assert all(label.accessibleName() in {"same", "differs", "not known"} for label in signs)


def test_long_words_break_and_short_ones_stay_as_they_are():
    assert breakable("198.51.100.77 smtp.office365.com") == "198.51.100.77 smtp.office365.com"
    long = "contoso-com.mail.protection.outlook.com"
    assert breakable(long) != long
    assert breakable(long).replace("\u200b", "") == long
    assert max(map(len, breakable("x" * 90).split("\u200b"))) <= 16


def test_a_comparison_of_somebody_else_is_harmless(themed, qtbot):
    found = compare(report("rcpt-to", "ip-blocklisted"), report(address=HOTSPOT, minutes=5))
    document = json.loads(comparison_json(found))
    document["conclusion"]["title"] = "<b>x</b>\u202e\x1b[31m"
    document["stages"][0]["first"]["summary"] = "x" * 100_000
    view = ComparisonView()
    qtbot.addWidget(view)
    view.show_comparison(from_json(json.dumps(document)))
    view.show()
    assert view.title.text() == "<b>x</b>\\u202e␛[31m"
    assert view.title.textFormat() == Qt.TextFormat.PlainText
