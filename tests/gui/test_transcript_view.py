"""The transcript as people use it: following, folding, finding, copying."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from core.session.transcript import Line
from core.stages import Stage
from gui.models.transcript import Kind, TranscriptModel
from gui.widgets.transcript_view import TranscriptView
from tests.gui.canned import EHLO, REFUSAL


def some_lines(count, *, start=1, text="250 line {}"):
    return [
        Line(number, number * 2.0, Stage.BANNER, "server", False, text.format(number))
        for number in range(start, start + count)
    ]


@pytest.fixture
def view(qtbot, themed):
    model = TranscriptModel()
    made = TranscriptView(model, lambda: "Sendproof 0.1.0, mx.contoso.com:25")
    qtbot.addWidget(made)
    made.resize(800, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def at_end(view):
    bar = view.list.verticalScrollBar()
    return bar.maximum() > 0 and bar.value() == bar.maximum()


def test_new_lines_are_followed_until_somebody_scrolls_up(qtbot, view):
    model = view._model
    model.append(some_lines(100))
    qtbot.waitUntil(lambda: at_end(view))
    bar = view.list.verticalScrollBar()
    bar.setValue(bar.maximum() - 200)
    assert not view.list.following
    assert view.latest.isVisible()
    place = bar.value()
    model.append(some_lines(100, start=101))
    qtbot.waitUntil(lambda: bar.maximum() > place + 1000)
    assert bar.value() == place
    qtbot.mouseClick(view.latest, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: at_end(view))
    assert view.list.following
    assert not view.latest.isVisible()


def test_the_failing_line_stays_in_sight_when_the_farewell_follows(qtbot, view):
    model = view._model
    model.append(some_lines(60))
    model.append([Line(61, 200.0, Stage.RCPT_TO, "server", True, REFUSAL)])
    number = model.mark_failed(Stage.RCPT_TO)
    view.show_failure(number)
    model.append(some_lines(60, start=62))

    def in_sight():
        rect = view.list.visualRect(model.index(number))
        return rect.isValid() and view.list.viewport().rect().contains(rect.center())

    qtbot.waitUntil(in_sight)
    view.resize(500, 200)
    qtbot.waitUntil(in_sight)


def test_long_lines_wrap_and_take_the_height_they_need(qtbot, view):
    model = view._model
    model.append(some_lines(1, text="250 " + "word " * 100))
    one = view.list.columns.line
    assert view.list.rowHeight(0) > 3 * one
    before = view.list.rowHeight(0)
    view.resize(2000, 300)
    qtbot.waitUntil(lambda: view.list.rowHeight(0) < before)


def test_a_fold_opens_with_keys_and_with_a_click(qtbot, view):
    model = view._model
    model.append([Line(n, n, Stage.EHLO, "server", False, text) for n, text in enumerate(EHLO, 1)])
    fold = next(number for number in range(model.rowCount()) if model.row(number).kind is Kind.FOLD)
    view.list.setCurrentIndex(model.index(fold))
    qtbot.keyClick(view.list, Qt.Key.Key_Return)
    assert model.row(fold).open
    qtbot.keyClick(view.list, Qt.Key.Key_Left)
    assert not model.row(fold).open
    where = view.list.visualRect(model.index(fold)).center()
    qtbot.mouseClick(view.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(where))
    assert model.row(fold).open


def test_find_counts_and_goes_round(qtbot, view):
    view._model.append(some_lines(30))
    view.open_find()
    qtbot.keyClicks(view.find_bar.field, "line 2")
    assert view.find_bar._count.text() == "1 of 11"
    assert view.list.currentIndex().row() == 1
    view.find_next(-1)
    assert view.list.currentIndex().row() == 28
    qtbot.keyClick(view.find_bar.field, Qt.Key.Key_Return)
    assert view.list.currentIndex().row() == 1
    qtbot.keyClicks(view.find_bar.field, "zzz")
    assert view.find_bar._count.text() == "nothing found"
    qtbot.keyClick(view.find_bar.field, Qt.Key.Key_Escape)
    assert not view.find_bar.isVisible()
    assert view.list.needle == ""


def test_every_copy_stands_alone(view):
    view._model.append(some_lines(3))
    view.copy_all()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Sendproof 0.1.0, mx.contoso.com:25\n")
    assert "C client" in text
    assert "250 line 3" in text
    view.list.selectRow(1)
    view.copy_selection()
    chosen = QGuiApplication.clipboard().text()
    assert "250 line 2" in chosen
    assert "250 line 3" not in chosen


def test_markdown_can_not_be_broken_out_of(view):
    view._model.append(some_lines(1, text="250 ``` # heading <script> {}"))
    view.copy_all(markdown=True)
    text = QGuiApplication.clipboard().text()
    assert "\n````text\n" in text
    assert text.rstrip().endswith("````")


def test_ctrl_c_copies_the_selection(qtbot, view):
    view._model.append(some_lines(3))
    view.list.selectRow(0)
    view.list.setFocus()
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(view.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "250 line 1" in QGuiApplication.clipboard().text()


def test_every_sign_in_the_list_is_in_the_legend(qtbot, view):
    from PySide6.QtWidgets import QLabel

    qtbot.mouseClick(view.legend_button, Qt.MouseButton.LeftButton)
    assert view.legend.isVisible()
    words = " ".join(found.text() for found in view.legend.findChildren(QLabel))
    for meaning in (
        "this computer",
        "mail server",
        "remark",
        "encrypted",
        "nobody asked",
        "folded",
        "failed",
        "passed",
    ):
        assert meaning in words
