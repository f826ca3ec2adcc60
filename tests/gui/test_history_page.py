"""The history in the real window: runs are kept, found again, opened, run again, compared, deleted."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox

from core.history.store import History
from core.history.switch import set_on
from core.reports.report import to_json
from core.stages import Stage
from gui.models.history import Column, Filter
from gui.share_dialog import ShareDialog
from gui.widgets.basics import Chip
from tests.gui.test_accessibility import controls, name_of
from tests.gui.test_window import clipped, practise, press, wait_for_end, words
from tests.history.documents import document, hostile_report, report, watch


def keep_some() -> list[str]:
    """Keep four runs, the oldest first, and return their ids."""
    history = History()
    kept = [
        history.keep(document(server="smtp.example.com", started_at="2026-11-01T10:00:00+00:00"), client="Contoso"),
        history.keep(document(server="mx.fabrikam.com", started_at="2026-11-20T10:00:00+00:00"), client="Fabrikam"),
        history.keep(document(server="mx.contoso.com", started_at="2026-11-21T10:00:00+00:00"), client="Contoso"),
        history.keep(watch(started_at="2026-11-22T10:00:00+00:00"), client="Contoso"),
    ]
    return [entry.id for entry in kept]


@pytest.fixture
def kept():
    return keep_some()


@pytest.fixture
def page(qtbot, kept, window):
    return opened(qtbot, window)


def opened(qtbot, window):
    window.show_page("history")
    page = window.history_page
    qtbot.waitUntil(lambda: page._loaded)
    return page


def choose(qtbot, page, entry_id):
    assert page.table.choose(entry_id)
    qtbot.waitUntil(lambda: page._shown is not None and page._shown.entry and page._shown.entry.id == entry_id)


def shown_ids(page):
    return [page.model.entry(row).id for row in range(page.model.rowCount())]


def answer(qtbot, button_text):
    """Press a button of the question that is open."""
    boxes = []

    def there():
        boxes[:] = [box for box in QApplication.topLevelWidgets() if isinstance(box, QMessageBox) and box.isVisible()]
        return bool(boxes)

    qtbot.waitUntil(there)
    (button,) = [button for button in boxes[0].buttons() if button.text().replace("&", "") == button_text]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return boxes[0]


def test_each_check_of_the_window_is_kept_under_the_remembered_client(qtbot, window):
    window.store.put("ticket", {"client": "Contoso", "site_of": "contoso.com"})
    practise(window, "spamhaus-block")
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: not window.keeper.busy)
    (entry,) = History().entries()
    assert (entry.cause, entry.client, entry.practice) == ("ip-blocklisted", "Contoso", "spamhaus-block")
    assert json.loads(History().read(entry)) == json.loads(to_json(window.controller.report))
    assert window.notice.isHidden()


def test_the_simple_view_keeps_too(qtbot, open_window):
    window = open_window("simple")
    practise(window, "submission-ok")
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: not window.keeper.busy)
    assert [entry.outcome for entry in History().entries()] == ["accepted"]


def test_a_window_that_closes_during_a_check_keeps_what_was_learnt(qtbot, window):
    practise(window, "silent-server")
    window.run()
    qtbot.waitUntil(lambda: window.controller.stages.running is Stage.BANNER, timeout=20_000)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5_000)
    assert [entry.outcome for entry in History().entries()] == ["cancelled"]


def test_the_switch_in_the_menu_is_read_and_written(qtbot, open_window, history_folder):
    set_on(history_folder, on=False)
    window = open_window()
    qtbot.waitUntil(lambda: not window.keeper.on)
    assert not window.menus.keep_history.isChecked()
    practise(window, "submission-ok")
    window.run()
    wait_for_end(qtbot, window)
    page = opened(qtbot, window)
    assert History().entries() == []
    assert "switched off" in page.table.empty_words
    window.menus.keep_history.trigger()
    qtbot.waitUntil(lambda: History().on)
    window.show_check()
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: len(History().entries()) == 1)
    window.menus.keep_history.trigger()
    qtbot.waitUntil(lambda: not History().on)


def test_an_environment_that_says_off_can_not_be_switched(qtbot, open_window, monkeypatch):
    monkeypatch.setenv("SENDPROOF_HISTORY", "off")
    window = open_window()
    qtbot.waitUntil(lambda: not window.menus.keep_history.isEnabled())
    page = opened(qtbot, window)
    assert "SENDPROOF_HISTORY" in page.table.empty_words


def test_a_history_that_can_not_be_kept_is_told_once_and_costs_no_check(qtbot, open_window, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SENDPROOF_HISTORY", str(tmp_path / "file" / "history"))
    window = open_window()
    practise(window, "submission-ok")
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(window.notice.isVisible)
    assert "can’t be written to" in window.notice.words.text()
    window.notice.close_button.click()
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: not window.keeper.busy)
    assert window.notice.isHidden()


def test_the_list_has_the_latest_run_first_and_every_column(page, kept):
    assert shown_ids(page) == list(reversed(kept))
    cells = [page.model.index(2, column).data() for column in Column]
    assert cells[0].startswith("20 Nov 2026, ")
    assert cells[1:] == [
        "stopped",
        "This site’s Internet address is on a blocklist",
        "mx.fabrikam.com:25",
        "Fabrikam",
    ]
    assert page.model.index(0, Column.TITLE).data() == "Watch: Watched for an hour"
    assert page.filters.count.text() == "4 runs"


def test_searching_and_filtering(qtbot, window, page, kept):
    first, second, third, fourth = kept
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.filters.text.hasFocus()
    qtbot.keyClicks(page.filters.text, "contoso BLOCKLIST")
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)  # the recipient of all three is maria@contoso.com
    qtbot.keyClicks(page.filters.text, " fabrikam")
    qtbot.waitUntil(lambda: shown_ids(page) == [second])
    assert page.filters.count.text() == "1 of 4 runs"
    page.filters.reset.click()
    assert shown_ids(page) == [fourth, third, second, first]
    page.filters.client.setCurrentIndex(page.filters.client.findData("Contoso"))
    assert shown_ids(page) == [fourth, third, first]
    page.filters.cause.setCurrentIndex(page.filters.cause.findData("connect-timeout"))
    assert shown_ids(page) == [fourth]
    page.filters.server.setCurrentIndex(page.filters.server.findData("mx.fabrikam.com"))
    assert shown_ids(page) == []
    assert page.table.empty_words == "No run fits these filters."
    page.filters.clear()
    assert page.filters.filter() == Filter()


def test_the_period_and_practice_runs(qtbot, window, page, kept):
    History().keep(watch(started_at=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())))
    practise(window, "submission-ok")
    window.show_check()
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: not window.keeper.busy)
    window.show_page("history")
    qtbot.waitUntil(lambda: page.model.total == 6)
    page.filters.days.setCurrentIndex(page.filters.days.findData(1))
    assert page.model.rowCount() == 2
    page.filters.practice.setChecked(False)
    assert page.model.rowCount() == 1


def test_a_heading_gives_the_order(page, kept):
    page.table.sortByColumn(Column.SERVER, Qt.SortOrder.AscendingOrder)
    servers = [page.model.entry(row).server for row in range(4)]
    assert servers == sorted(servers)


def test_a_stored_run_looks_as_it_did_when_it_ran(qtbot, window):
    practise(window, "spamhaus-block")
    window.run()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: not window.keeper.busy)
    page = opened(qtbot, window)
    choose(qtbot, page, History().entries()[0].id)
    qtbot.waitUntil(lambda: page.detail.view.controller.report is not None)
    live, stored = window.controller, page.detail.view.controller
    for stage in Stage:
        if live.stages.row_of(stage) >= 0:
            assert stored.stages.state(stage) == live.stages.state(stage)
            assert stored.stages.detail(stage) == live.stages.detail(stage)

    def rows(model):
        return [
            (row.kind, row.stage, row.text, row.first, row.failed, row.farewell, len(row.hidden))
            for row in (model.row(number) for number in range(model.rowCount()))
        ]

    assert rows(stored.transcript) == rows(live.transcript)
    assert words(page.detail.view.verdict) == words_of(window.check_page.verdict)
    assert page.detail.seal.text().startswith("Unchanged")
    assert "Public address 203.0.113.9" in page.detail.view.status.text()


def words_of(widget):
    """All words of a widget that is on a page behind."""
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def test_enter_opens_and_esc_goes_back(qtbot, window, page, kept):
    page.filters.text.setFocus()
    qtbot.keyClick(page.filters.text, Qt.Key.Key_Down)
    assert page.table.hasFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert not page._left.isVisible()
    qtbot.waitUntil(lambda: page.report is not None and page.report.target.server == "mx.contoso.com")
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.detail.view.transcript.find_bar.isVisible()
    page.detail.back.setFocus()
    qtbot.keyClick(page.detail.back, Qt.Key.Key_Escape)
    assert page._left.isVisible()
    assert page.table.chosen_ids() == [kept[2]]


def test_run_again_fills_the_form_with_f5(qtbot, window, page, kept):
    choose(qtbot, page, kept[1])
    assert window.menus.run.text() == "&Run again with the same settings"
    press(qtbot, window, Qt.Key.Key_F5)
    values = window.check_page.form.values()
    assert window.navigation._current == 0
    assert (values.server, values.port, values.security) == ("mx.fabrikam.com", "25", "starttls")
    assert (values.sender, values.recipients, values.ehlo) == (
        "office@contoso.com",
        ("maria@contoso.com",),
        "copier.contoso.com",
    )
    assert window.check_page.form.practice is None
    assert not window.controller.busy, "nothing runs before the user says so"


def test_a_practice_run_is_run_again_against_the_practice_server(qtbot, window):
    practise(window, "wrong-password")
    window.run()
    wait_for_end(qtbot, window)
    first = window.controller.report
    qtbot.waitUntil(lambda: not window.keeper.busy)
    window.set_practice(None)
    page = opened(qtbot, window)
    choose(qtbot, page, History().entries()[0].id)
    window.run()
    qtbot.waitUntil(lambda: window.check_page.form.practice is not None)
    assert window.navigation._current == 0
    window.run()
    wait_for_end(qtbot, window)
    again = window.controller.report
    assert (again.diagnosis.cause, again.request) == (first.diagnosis.cause, first.request)


def test_settings_beyond_the_form_are_shown_and_used_or_taken_away(window):
    from core.request import FormValues

    form = window.check_page.form
    beyond = {"tls_min": "1.1", "ciphers": "ECDHE+AESGCM", "sni": False, "quit_after": "ehlo", "resolver": "192.0.2.53"}
    form.fill(FormValues(server="smtp.example.com", dnsbl=("zen.example.com",), dns_evidence=False, **beyond))
    values = form.values()
    assert {name: getattr(values, name) for name in beyond} == beyond
    assert (values.dnsbl, values.dns_evidence) == (("zen.example.com",), False)
    assert not form.beyond.isHidden()
    assert "ECDHE+AESGCM" in form.beyond.words.text()
    form.beyond.remove.click()
    assert form.beyond.isHidden()
    assert form.values() == FormValues(server="smtp.example.com")


def select(page, ids):
    page.table.clearSelection()
    flags = QItemSelectionModel.SelectionFlag
    for entry_id in ids:
        index = page.model.index(page.model.row_of(entry_id), 0)
        page.table.selectionModel().select(index, flags.Select | flags.Rows)


def test_two_runs_are_compared_the_older_one_first(qtbot, window, page, kept, tmp_path):
    select(page, [kept[2], kept[0]])
    shown = words(page.detail)
    assert shown.index("smtp.example.com") < shown.index("mx.contoso.com")
    page.detail.compare.click()
    qtbot.waitUntil(lambda: page._shown is not None)
    compared = json.loads(page._shown.opened.document)
    assert (compared["first"]["server"], compared["second"]["server"]) == ("smtp.example.com", "mx.contoso.com")
    assert "First run" in words(page.detail)
    page.copy_ticket()
    assert "mx.contoso.com" in QGuiApplication.clipboard().text()
    page.save()
    assert shared(qtbot, window)._second is not None
    save_as(qtbot, page, tmp_path / "compared.json", page.detail.comparison.save.click)
    assert json.loads((tmp_path / "compared.json").read_text(encoding="utf-8")) == compared
    select(page, [kept[2], kept[3]])
    assert page.detail.compare.isHidden()
    assert "Only two checks can be compared." in words(page.detail)


def test_what_a_terminal_keeps_appears_when_the_window_is_looked_at(qtbot, window, page, kept):
    select(page, [kept[0], kept[2]])
    entry = History().keep(watch())
    QApplication.sendEvent(page, QEvent(QEvent.Type.ActivationChange))
    window.activateWindow()
    qtbot.waitUntil(lambda: page.model.total == 5)
    assert entry.id in shown_ids(page)
    assert set(page.table.chosen_ids()) == {kept[0], kept[2]}


def test_del_asks_and_deletes(qtbot, page, kept):
    choose(qtbot, page, kept[1])
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    answer(qtbot, "Cancel")
    assert len(History().entries()) == 4
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    answer(qtbot, "Delete")
    qtbot.waitUntil(lambda: page.model.total == 3)
    assert kept[1] not in [entry.id for entry in History().entries()]
    select(page, [kept[0], kept[2], kept[3]])
    page.delete_chosen.click()
    answer(qtbot, "Delete")
    qtbot.waitUntil(lambda: page.model.total == 0)
    assert "No run yet" in page.table.empty_words


def test_delete_all_asks_and_leaves_what_is_not_ours(qtbot, page, history_folder):
    (history_folder / "letter.json").write_text('{"not": "ours"}')
    page.delete_all.click()
    box = answer(qtbot, "Delete")
    assert "4 runs" in box.informativeText()
    qtbot.waitUntil(lambda: page.model.total == 1)
    answer(qtbot, "OK")
    assert [path.name for path in history_folder.iterdir()] == ["letter.json"]


def test_the_client_of_a_run_can_be_named(qtbot, page, kept):
    choose(qtbot, page, kept[0])
    page.detail.client.edit.click()
    field = page.detail.client.field
    assert field.text() == "Contoso"
    field.selectAll()
    qtbot.keyClicks(field, "Adatum")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.model.entry(page.model.row_of(kept[0])).client == "Adatum")
    assert History().find(kept[0]).client == "Adatum"
    assert page.filters.client.findData("Adatum") > 0
    assert page.table.chosen_ids() == [kept[0]]
    page.detail.client.edit.click()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert page.detail.client.isHidden()
    assert page.detail.client.edit.hasFocus()


def test_a_damaged_file_is_listed_with_sign_and_word(qtbot, window, kept, history_folder):
    path = History().find(kept[2]).path
    path.write_bytes(path.read_bytes()[:-30])
    (history_folder / "strange.json").write_text("<html>")
    page = opened(qtbot, window)
    row = page.model.row_of(kept[2])
    assert page.model.index(row, Column.OUTCOME).data() == "damaged"
    page.table.choose(kept[2])
    qtbot.waitUntil(lambda: "can’t be shown" in words(page.detail))
    assert "cut short" in words(page.detail)
    page.filters.outcome.setCurrentIndex(page.filters.outcome.findData("damaged"))
    assert page.model.rowCount() == 2
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    answer(qtbot, "Delete")
    qtbot.waitUntil(lambda: page.model.total == 4)


def test_other_kinds_are_shown_as_text(qtbot, page, kept):
    choose(qtbot, page, kept[3])
    assert "title: Watched for an hour" in page.detail.text.toPlainText()
    assert page.detail.rerun.isHidden()
    assert page.run_words == ""


def drop(window, paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, action, button = QPointF(200, 200), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    entering = QDragEnterEvent(where.toPoint(), action, data, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, entering)
    assert entering.isAccepted()
    dropping = QDropEvent(where, action, data, button, Qt.KeyboardModifier.NoModifier, QEvent.Type.Drop)
    QApplication.sendEvent(window, dropping)


def test_a_report_of_another_computer_is_dropped_on_the_window(qtbot, window, tmp_path):
    path = tmp_path / "theirs.json"
    path.write_text(document(server="mx.fabrikam.com"), encoding="utf-8")
    drop(window, [path])
    page = window.history_page
    qtbot.waitUntil(lambda: page.report is not None)
    assert window._pages.currentWidget() is page
    assert page.report == report(server="mx.fabrikam.com")
    assert [chip.accessibleName() for chip in page.detail.origin.findChildren(Chip)] == ["Opened from a file"]
    assert "theirs.json" in page.detail.when.text()
    assert History().entries() == [], "looking at a file keeps nothing"
    page.detail.keep.click()
    qtbot.waitUntil(lambda: len(History().entries()) == 1)
    qtbot.waitUntil(lambda: page.model.total == 1)


def test_a_changed_report_is_marked(qtbot, window, tmp_path):
    path = tmp_path / "theirs.json"
    path.write_text(document().replace("550 5.7.1", "550 5.1.1"), encoding="utf-8")
    drop(window, [path])
    qtbot.waitUntil(lambda: window.history_page.report is not None)
    assert "Changed after it was made" in window.history_page.detail.seal.text()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"schema":"sendproof.report/1"}', None])
def test_what_is_no_report_is_a_sentence(qtbot, window, tmp_path, content):
    path = tmp_path / "theirs.json"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    drop(window, [path])
    qtbot.waitUntil(lambda: "can’t be opened" in words(window.history_page.detail))
    assert window.history_page.report is None


def test_hostile_text_of_a_file_is_shown_as_text(qtbot, window, tmp_path):
    hostile = "<b>bold</b><img src='file:///etc/passwd'>\u202e"
    found = json.loads(document(server="mx.fabrikam.com"))
    found["diagnosis"]["title"] = hostile
    found["tool"]["name"] = hostile
    path = tmp_path / f"{'<i>x'}.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    drop(window, [path])
    page = window.history_page
    qtbot.waitUntil(lambda: page.report is not None)
    shown = words(page.detail)
    assert "<b>bold</b>" in shown
    assert "\u202e" not in shown
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in page.detail.findChildren(QLabel))
    History().keep(json.dumps(found))
    page.refresh()
    qtbot.waitUntil(lambda: page.model.total == 1)
    tip = page.model.index(0, Column.TITLE).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in tip


def test_a_run_is_saved_and_copied(qtbot, window, page, kept, tmp_path):
    choose(qtbot, page, kept[1])
    page.detail.view.verdict.save.click()
    shared(qtbot, window)
    page.copy_ticket()
    assert "mx.fabrikam.com" in QGuiApplication.clipboard().text()
    choose(qtbot, page, kept[3])
    save_as(qtbot, page, tmp_path / "watch.txt")
    assert "Watched for an hour" in (tmp_path / "watch.txt").read_text(encoding="utf-8")


def shared(qtbot, window):
    """Close the dialog that shares, and return it."""
    qtbot.waitUntil(lambda: window.findChild(ShareDialog) is not None)
    dialog = window.findChild(ShareDialog)
    dialog.reject()
    return dialog


def save_as(qtbot, page, path, ask=None):
    (ask or page.save)()
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    qtbot.waitUntil(path.exists)


def test_runs_are_exported_for_another_computer(qtbot, window, page, kept, tmp_path):
    select(page, [kept[0], kept[3]])
    page.export_to(tmp_path)
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("Sendproof *.json"))) == 2)
    select(page, [kept[0]])
    page.export_to(tmp_path)
    again = tmp_path / "Sendproof smtp-example-com 2026-11-01 100000 2.json"
    qtbot.waitUntil(again.exists)
    drop(window, [again])
    qtbot.waitUntil(lambda: page.report is not None)
    assert page.detail.seal.text().startswith("Unchanged")
    page.table.choose(kept[0])
    page.export_to(tmp_path / "missing")
    assert "0 of 1" in answer(qtbot, "OK").text()


def test_a_check_that_runs_is_not_disturbed(qtbot, window, page, kept):
    practise(window, "silent-server")
    window.show_check()
    window.run()
    qtbot.waitUntil(lambda: window.controller.stages.running is Stage.BANNER, timeout=20_000)
    window.show_page("history")
    choose(qtbot, page, kept[0])
    assert window.controller.busy
    assert window.controller.stages.running is Stage.BANNER
    window.cancel()
    wait_for_end(qtbot, window)


def test_five_hundred_runs_and_a_long_one(qtbot, window, history_folder):
    """That the window never stands still meanwhile is measured in tests/bench/bench_history.py."""
    found = json.loads(document())
    line = {"stage": "rcpt-to", "direction": "server", "encrypted": True, "text": "250-SIZE 1", "masked": False}
    found["transcript"] = [{"ms": float(number), **line} for number in range(20_000)]
    history = History()
    long = history.keep(json.dumps(found))
    content = history.keep(document()).path.read_bytes()
    for number in range(498):
        (history_folder / f"20200101-000000-000-{number:08x}.json").write_bytes(content)
    page = opened(qtbot, window)
    qtbot.waitUntil(lambda: page.model.total == 500, timeout=20_000)
    choose(qtbot, page, long.id)
    parts = []
    controller = page.detail.view.controller
    controller.transcript.rowsInserted.connect(lambda *rows: parts.append(rows))
    qtbot.waitUntil(lambda: page.detail.view.status.text() != "", timeout=60_000)
    assert page.report.transcript[-1].ms == 19_999.0
    assert controller._replay is None
    row = controller.transcript.row(controller.transcript.rowCount() - 1)
    assert row.stage is Stage.RCPT_TO


def test_a_file_made_to_hold_the_window_up_is_shown_cut(qtbot, window, tmp_path):
    found = hostile_report()
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    drop(window, [path])
    page = window.history_page
    view = page.detail.view
    qtbot.waitUntil(lambda: page.report is not None and view.status.text() != "", timeout=60_000)
    assert len(words(view.verdict)) < 40_000
    assert len(view.verdict.findChildren(QLabel)) < 400
    assert view.transcript.list._measuring.isActive(), "four thousand long lines are measured bit by bit"
    qtbot.waitUntil(lambda: not view.transcript.list._measuring.isActive(), timeout=60_000)


def test_every_control_has_a_name_and_is_reached_by_tab(qtbot, window, page, kept):
    choose(qtbot, page, kept[1])
    page.filters.fold.setChecked(True)
    assert [repr(widget) for widget in controls(page) if not name_of(widget).strip()] == []
    wanted = {
        widget
        for widget in controls(page)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    seen = set()
    window.activateWindow()
    page.filters.text.setFocus()
    for _step in range(200):
        focused = QApplication.focusWidget()
        if focused in seen:
            break
        seen.add(focused)
        window.focusNextChild()
    assert wanted - seen == set()


@pytest.mark.parametrize("size", [(1280, 820), (900, 640)])
def test_no_word_is_cut(qtbot, open_window, kept, size):
    window = open_window(size=size)
    page = opened(qtbot, window)
    choose(qtbot, page, kept[1])
    page.filters.fold.setChecked(True)
    qtbot.waitUntil(lambda: clipped(page.detail.head) + clipped(page.filters) == [])


def test_the_folder_is_only_read_when_the_page_is_shown(qtbot, window, history_folder):
    assert "history" not in window._pages.made
    assert not Path(history_folder).exists()


def test_beside_the_list_there_is_one_button_to_delete(qtbot, page, kept):
    page.table.selectRow(1)
    qtbot.waitUntil(lambda: page.report is not None)
    assert page.delete_chosen.isVisible()
    assert not page.detail.delete.isVisible()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.detail.delete.isVisible()  # the list is not in sight
    page.detail.back.click()
    assert not page.detail.delete.isVisible()


def test_in_a_small_window_nothing_of_a_run_covers_anything(qtbot, open_window, kept):
    window = open_window(size=(1024, 700))
    window.show_page("history")
    page = window.history_page
    qtbot.waitUntil(lambda: page.model.rowCount() > 1)
    page.table.selectRow(1)
    qtbot.waitUntil(lambda: page.report is not None)
    view = page.detail.view
    view.status.setText("Public address 203.0.113.9     Finished in 0.04 s     No message was sent     " * 2)
    for width in (1024, 1010, 1040):
        window.resize(width, 700)
        qtbot.waitUntil(lambda: view.verdict.geometry().bottom() < view._rail_card.geometry().top())
