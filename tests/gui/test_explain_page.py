"""Explain an error: paste or type a text, read what it means, copy it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

from core.practice.load import load_scenario
from core.stages import Stage
from gui.pages.explain import EXAMPLES
from gui.pages.table import PAGES
from gui.widgets.basics import Chip
from gui.widgets.paste_field import MAX_PASTED
from tests.gui.test_accessibility import controls, is_inner, name_of
from tests.gui.test_window import clipped, press, words

FOUNDING = "550 5.7.1 Service unavailable, Client host [203.0.113.7] blocked using Spamhaus"


@pytest.fixture
def page(window):
    window.show_page("explain")
    return window.explain_page


def explained(qtbot, page, text):
    """Paste `text`, wait for the explanation, and return the words on the card."""
    page.edit.put(text)
    page.run()
    qtbot.waitUntil(lambda: text.splitlines()[0] in page.ticket_text())
    return words(page.card)


def test_the_founding_reply_is_explained_while_it_is_typed(qtbot, window, page):
    assert page.edit.hasFocus()
    qtbot.keyClicks(page.edit, FOUNDING)
    qtbot.waitUntil(lambda: "blocklist" in page.card.title.text())
    shown = words(page.card)
    assert "203.0.113.7" in shown
    assert "Send with sign-in" in shown
    assert "Who fixes it" in shown
    chips = [chip.accessibleName() for chip in page.card.findChildren(Chip)]
    assert chips == ["certain · 550 5.7.1"]


def test_a_panel_code_gives_what_the_maker_means_and_says_that_it_is_not_verified(qtbot, page):
    shown = explained(qtbot, page, "#806")
    assert "Canon #806" in shown
    assert "not verified" in [chip.accessibleName() for chip in page.card.findChildren(Chip)]
    assert page.card.title.text() == "The recipient’s address does not exist"
    assert "The question that decides" in shown


def test_an_ambiguous_code_gives_the_candidates_in_order_and_the_question(qtbot, page):
    shown = explained(qtbot, page, "1102")
    places = [
        shown.index(text)
        for text in (
            "Several causes fit",
            "The question that decides",
            "Was the job e-mail at all",
            "What it can be",
            "2. Sign-in for sending is switched off",
            "3. The account needs an app password",
            "4. A security rule blocks the sign-in",
            "the same panel code stands for it",
            "What to do if it is the first",
            "Kyocera 1102",
        )
    ]
    assert places == sorted(places)


def test_what_is_known_beside_the_text_counts(qtbot, page):
    explained(qtbot, page, "550 5.7.1 Unable to relay")
    page.place.setChecked(True)
    page.stage.setCurrentIndex(page.stage.findData(Stage.RCPT_TO))
    page.server.setText("mail.contoso.com")
    page.port.setText("70000")
    qtbot.waitUntil(lambda: "at RCPT TO" in words(page.card))
    assert "from 1 to 65535" in words(page)
    page.port.setText("25")
    page.run()
    assert "from 1 to 65535" not in words(page)


def test_an_unknown_text_is_said_calmly(qtbot, page):
    shown = explained(qtbot, page, "the scanner hums a tune")
    assert "This text names no cause that Sendproof knows" in shown
    assert "Nothing is guessed" in shown


def test_a_positive_reply_is_no_error(qtbot, page):
    assert "This is no refusal" in explained(qtbot, page, "250 2.0.0 Ok: queued as 4F2A1")


@pytest.mark.parametrize("piece", ["A", "<b>x</b>\0\x1b[31m\u202e ", "550 5.7.1 blocked\n", "𝕏"])
def test_a_hostile_paste_is_cut_and_stays_plain_text(qtbot, page, piece):
    text = (piece * 1_000_000)[:1_000_000]
    data = QMimeData()
    data.setText(text)
    data.setHtml("<h1>never</h1>")
    page.edit.insertFromMimeData(data)
    assert 0 < len(page.edit.toPlainText()) <= MAX_PASTED
    assert "never" not in page.edit.toPlainText()
    assert "beginning and its end" in words(page)
    qtbot.waitUntil(lambda: bool(page.ticket_text()))
    assert len(page.ticket_text()) < 20_000
    assert {label.textFormat() for label in page.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
    page.edit.insertFromMimeData(data)  # there is no room left
    assert len(page.edit.toPlainText()) <= MAX_PASTED


def test_a_long_bounce_keeps_its_end(qtbot, page):
    page.edit.put("Received: by a server\n" * 50_000 + FOUNDING)
    qtbot.waitUntil(lambda: "blocklist" in page.card.title.text())


def test_an_answer_that_comes_too_late_is_not_shown(qtbot, page, engine):
    async def nothing(_job):
        return True

    ended: list[bool] = []
    page.edit.put(FOUNDING)
    page.run()
    page.clear_button.click()
    engine.submit(nothing, done=ended.append)  # comes after the answer to the text
    qtbot.waitUntil(lambda: bool(ended))
    assert page.ticket_text() == ""
    assert "What went wrong" in page.card.title.text()


def test_keys_of_the_page(qtbot, window, page):
    page.edit.put(FOUNDING)
    page._timer.stop()
    press(qtbot, window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: "blocklist" in page.card.title.text())
    assert not window.controller.busy
    press(qtbot, window, Qt.Key.Key_Escape)
    assert page.edit.toPlainText() == FOUNDING
    page.edit.put("#806")
    page._timer.stop()
    qtbot.keyClick(page.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "does not exist" in page.card.title.text())
    assert page.edit.toPlainText() == "#806"
    qtbot.keyClick(page.edit, Qt.Key.Key_Tab)
    assert page.paste_button.hasFocus()


def test_f5_checks_again_on_the_other_page(qtbot, window, page):
    assert "plain" in window.menus.run.text()
    for _page in PAGES:
        press(qtbot, window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
        if window._pages.currentWidget() is window.check_page:
            break
    assert window._pages.currentWidget() is window.check_page
    assert window.menus.run.text() == "&Run check"
    press(qtbot, window, Qt.Key.Key_F5)
    assert words(window.check_page.form)  # the form says what is missing
    assert window.check_page.form._fields["server"].hint.text()


def test_the_pages_are_chosen_with_keys(qtbot, window):
    number = [page.id for page in PAGES].index("explain")
    first, second = window.navigation._buttons[number - 1 : number + 1]
    first.click()
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert window._pages.currentWidget() is window.explain_page
    assert second.hasFocus()
    assert (first.isChecked(), second.isChecked()) == (False, True)
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert second.isChecked()
    qtbot.keyClick(second, Qt.Key.Key_Up)
    assert window._pages.currentWidget() is window.page(PAGES[number - 1].id)
    assert (first.isChecked(), second.isChecked()) == (True, False)


def test_paste_clear_and_examples(qtbot, window, page):
    QGuiApplication.clipboard().setText("Sharp CE-02")
    page.paste_button.click()
    assert page.edit.toPlainText() == "Sharp CE-02"
    qtbot.waitUntil(lambda: "was not found" in page.card.title.text())
    page.clear_button.click()
    assert page.edit.toPlainText() == ""
    assert page.ticket_text() == ""
    assert "What went wrong" in page.card.title.text()
    assert not page.clear_button.isEnabled()
    page.edit.undo()
    assert page.edit.toPlainText() == "Sharp CE-02"
    for button, (_words, text) in zip(page.examples, EXAMPLES, strict=True):
        button.click()
        assert page.edit.toPlainText() == text
        qtbot.waitUntil(lambda text=text: text[:60] in page.ticket_text())
        assert "names no cause" not in words(page.card)


def test_copy_for_ticket(qtbot, window, page):
    explained(qtbot, page, FOUNDING)
    QGuiApplication.clipboard().clear()
    press(qtbot, window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Sendproof ")
    assert "blocklist" in copied
    assert FOUNDING in copied
    assert "What to do:" in copied


def test_nothing_of_the_text_is_stored(qtbot, window, page, store):
    explained(qtbot, page, "535 5.7.8 Authentication failed\nAUTH PLAIN AGFAY29udG9zby5jb20AS29ycmVrdA==")
    page.place.setChecked(True)
    page.server.setText("mail.contoso.com")
    assert "seems to hold a sign-in" in words(page)
    window.close()
    assert "AGFAY29" not in store.path.read_text()
    assert "contoso" not in store.path.read_text()
    assert page.edit.toPlainText() == ""


def test_practice_and_search_lead_back_to_the_check(window, page):
    window.set_practice(load_scenario("spamhaus-block"))
    assert window._pages.currentWidget() is window.check_page
    window.show_page("explain")
    window.open_find()
    assert window._pages.currentWidget() is window.check_page
    assert window.check_page.transcript.find_bar.isVisible()


def test_every_control_has_a_name_and_is_reached_by_key(qtbot, window, page):
    explained(qtbot, page, "Sharp CE-02")
    page.place.setChecked(True)
    assert [repr(widget) for widget in controls(page) if not name_of(widget).strip()] == []
    assert page.edit.accessibleDescription()
    wanted = {widget for widget in controls(page) if widget.isVisible() and widget.isEnabled()}
    assert len(wanted) > 10
    assert all(widget.focusPolicy() & Qt.FocusPolicy.TabFocus for widget in wanted)
    page.take_focus()
    seen = []
    for _step in range(80):
        seen.append(QApplication.focusWidget())
        window.focusNextChild()
    assert wanted - set(seen) == set()
    assert seen.index(page.port) < seen.index(page.card.copy_ticket)
    loose = [label for label in page.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]
    assert [label for label in loose if not is_inner(label)] == []


@pytest.mark.parametrize("size", [(1024, 640), (1280, 820), (3840, 2160)])
@pytest.mark.parametrize("text", [FOUNDING, "1102", "Sharp CE-02", "hums a tune"])
def test_no_word_is_clipped_at_any_size(qtbot, open_window, size, text):
    window = open_window(size=size)
    window.show_page("explain")
    explained(qtbot, window.explain_page, text)
    window.explain_page.place.setChecked(True)
    qtbot.waitUntil(lambda: clipped(window) == [])


def test_the_explanation_is_announced_once(qtbot, page, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr("gui.pages.explain.announce", lambda _widget, text: said.append(text))
    explained(qtbot, page, FOUNDING)
    explained(qtbot, page, FOUNDING + ".")
    assert len(said) == 1
    assert "blocklist" in said[0]
