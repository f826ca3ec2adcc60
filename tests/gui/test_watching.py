"""Watching from the real window: practice servers, a wound clock, a real history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel

from core.history.store import History
from core.practice.load import load_scenario
from core.request import FormValues, parse
from core.secret import Secret
from core.watching import runner
from core.watching.document import from_json
from gui.models.watch import Column, WatchModel
from gui.widgets.timeline import Timeline
from tests.gui.test_accessibility import controls, name_of
from tests.watching.clocks import WoundClock


class StoppedClock(WoundClock):
    """Waits for real until somebody ends the watch: time stands still."""

    async def wait(self, seconds, woken):
        await woken.wait()


@pytest.fixture
def wound(monkeypatch):
    """Let watches run on a clock that the test chooses; waiting takes no time unless it says so."""

    def choose(clock):
        monkeypatch.setattr(runner, "SystemClock", lambda: clock)
        monkeypatch.setattr(runner.random, "uniform", lambda low, high: 0.0)

    choose(WoundClock())
    return choose


def opened(window, scenario="comes-and-goes"):
    window.set_practice(load_scenario(scenario))
    window.repeating.watch()
    dialog = window.repeating.watch_dialog
    assert dialog.isVisible()
    return dialog


def choose(dialog, every, duration):
    dialog.every.setCurrentIndex(dialog.every.findData(every))
    dialog.duration.setCurrentIndex(dialog.duration.findData(duration))


def text_of(dialog):
    return " ".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_a_whole_watch(qtbot, window, wound):
    dialog = opened(window)
    choose(dialog, 300, 3600)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.document is not None and not dialog.controller.busy, timeout=30_000)
    document = dialog.controller.document
    assert document.summary.startswith("7 of 10 runs passed")
    shown = text_of(dialog)
    for text in (document.summary, "Every third run", "The time was over."):
        assert text in shown
    assert dialog.start_button.isVisible()
    assert not dialog.stop_button.isVisible()
    assert dialog.model.rowCount() == 10
    cell = dialog.model.index(1, Column.RESULT).data()
    assert cell == "! try again later"
    assert "451 4.7.500" in dialog.model.index(1, Column.WHAT).data()
    assert dialog.model.index(1, Column.STAGE).data() == "RCPT TO"
    (entry,) = History().entries()
    assert (entry.kind, entry.cause) == ("watch", "rate-limited")
    assert from_json(History().read(entry)) == document
    dialog.copy_ticket.click()
    assert "7 of 10 runs passed" in QGuiApplication.clipboard().text()


def test_the_timeline_shows_each_run_and_leads_to_its_row(qtbot, window, wound):
    dialog = opened(window)
    choose(dialog, 300, 3600)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.document is not None and not dialog.controller.busy, timeout=30_000)
    dialog.timeline.grab()
    bars = dialog.timeline.bars()
    assert [run.number for _bar, run in bars] == list(range(1, 11))
    places = [bar.center().x() for bar, _run in bars]
    assert places == sorted(places)
    bar, run = bars[2]
    QTest.mouseClick(
        dialog.timeline, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPointF(bar.center()).toPoint()
    )
    assert dialog.model.number_at(dialog.table.currentIndex().row()) == run.number == 3
    assert dialog.timeline._selected == 3
    assert document_words(dialog.timeline)


def document_words(timeline: Timeline) -> bool:
    return "runs passed" in timeline.accessibleDescription()


def test_stop_keeps_what_was_found_and_the_window_is_free_meanwhile(qtbot, window, wound):
    wound(StoppedClock())
    dialog = opened(window)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.next_at is not None, timeout=20_000)
    assert "Next run at" in dialog.status.text()
    assert not dialog.every.isEnabled()
    window.set_practice(load_scenario("spamhaus-block"))
    window.run()
    qtbot.waitUntil(lambda: window.controller.report is not None and not window.controller.busy, timeout=30_000)
    assert dialog.controller.busy
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: not dialog.controller.busy, timeout=10_000)
    assert "Ended by hand." in text_of(dialog)
    watches = [entry for entry in History().entries() if entry.kind == "watch"]
    assert len(watches) == 1
    assert from_json(History().read(watches[0])).ended_by == "cancelled"


def test_closing_the_dialog_leaves_the_watch_running_and_says_so(qtbot, window, wound):
    wound(StoppedClock())
    dialog = opened(window)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.next_at is not None, timeout=20_000)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.controller.busy
    assert "The watch goes on" in window.notice.words.text()
    window.repeating.watch()
    assert dialog.isVisible()
    assert dialog.stop_button.isVisible()
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: not dialog.controller.busy, timeout=10_000)


def test_closing_the_program_ends_it_and_the_result_is_kept(qtbot, window, wound):
    wound(StoppedClock())
    dialog = opened(window)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.next_at is not None, timeout=20_000)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5_000)
    (entry,) = [entry for entry in History().entries() if entry.kind == "watch"]
    document = from_json(History().read(entry))
    assert (document.ended_by, len(document.runs)) == ("cancelled", 1)


def test_a_refused_sign_in_ends_it_and_is_explained(qtbot, window, wound):
    dialog = opened(window, "wrong-password")
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.document is not None and not dialog.controller.busy, timeout=30_000)
    assert len(dialog.controller.document.runs) == 1
    assert "could lock the account" in text_of(dialog)


def test_the_present_stage_is_shown(qtbot, window, wound):
    dialog = opened(window, "silent-server")
    dialog.start_button.click()
    qtbot.waitUntil(lambda: "Run 1 – Greeting: waiting for" in dialog.status.text(), timeout=20_000)
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: not dialog.controller.busy, timeout=10_000)


def test_a_real_server_is_not_offered_more_often_than_it_bears(window, wound):
    dialog = opened(window)
    form = FormValues(
        server="smtp.example.com", sender="a@contoso.com", recipients=("b@contoso.com",), user="a@contoso.com"
    )
    request = parse(replace(form, password=Secret("Example-Passw0rd"))).request
    dialog._offer(request, None)
    assert dialog.every.itemData(0) == 300
    assert dialog.duration.itemData(0) == 1800
    dialog._offer(parse(replace(form, user="")).request, None)
    assert dialog.every.itemData(0) == 60
    assert "account is not locked" not in dialog._gentle.text()


def test_an_unfit_form_is_shown_instead_of_the_dialog(window, wound):
    window.show_page("explain")
    window.repeating.watch()
    dialog = window.repeating.watch_dialog
    assert not dialog.isVisible()
    assert window.check_page.isVisible()
    assert window.check_page.form._fields["server"].hint.isVisible()


def test_choices_are_remembered(qtbot, window, wound):
    dialog = opened(window)
    choose(dialog, 600, 1800)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.document is not None and not dialog.controller.busy, timeout=30_000)
    dialog.close()
    dialog = opened(window)
    assert (dialog.every.currentData(), dialog.duration.currentData()) == (600, 1800)


def test_saving(qtbot, window, wound, tmp_path):
    dialog = opened(window)
    choose(dialog, 600, 1800)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.controller.document is not None and not dialog.controller.busy, timeout=30_000)
    dialog.save.click()
    (chooser,) = dialog.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "watch.json"))
    chooser.close()
    qtbot.waitUntil((tmp_path / "watch.json").exists, timeout=10_000)
    assert from_json((tmp_path / "watch.json").read_bytes()) == dialog.controller.document


def test_names_keys_and_plain_labels(window, wound):
    dialog = opened(window)
    assert [repr(widget) for widget in controls(dialog) if not name_of(widget).strip()] == []
    assert [
        label.text() for label in dialog.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText
    ] == []
    for widget in (dialog.start_button, dialog.every, dialog.duration, dialog.until, dialog.table, dialog.close_button):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


async def test_the_table_grows_without_losing_what_is_chosen(themed):
    from tests.watching.test_runner import watched

    documents = []
    await watched(act=lambda watch, event: documents.append(getattr(event, "document", None)))
    model = WatchModel()
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    for document in filter(None, documents):
        model.show_document(document)
    assert model.rowCount() == 10
    assert resets == []
    assert model.number_at(0) == 10
    assert model.row_of(3) == 7


def test_the_verdict_speaks_of_it_where_trouble_comes_and_goes(qtbot, window):
    for scenario, offered in (("greylisted", True), ("spamhaus-block", False)):
        window.set_practice(load_scenario(scenario))
        window.run()
        qtbot.waitUntil(lambda: window.controller.report is not None and not window.controller.busy, timeout=20_000)
        verdict = window.check_page.verdict
        words = " ".join(label.text() for label in verdict.findChildren(QLabel) if label.isVisible())
        assert ("Check ▸ Watch…" in words) is offered
        assert "Watch…" not in [button.text() for button in verdict.findChildren(QAbstractButton)]
