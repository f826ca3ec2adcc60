"""Everything can be found by name, reached by key, and told apart without colour."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from core.practice.load import load_scenario
from gui.about_dialog import AboutDialog
from gui.help_dialog import HelpDialog
from gui.icons import STATUS_COLOURS, draw_status
from gui.mtu_dialog import MtuDialog
from gui.pages.table import PAGES
from gui.sheet_dialog import SheetDialog
from gui.theme import DARK, LIGHT, theme
from gui.widgets.basics import forget_unit
from gui.widgets.find_banner import FindBanner
from gui.widgets.navigation import NavigationButton, two_lines
from gui.widgets.verdict_card import VerdictCard

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QPlainTextEdit)


def is_inner(widget: QWidget) -> bool:
    """Whether Qt made the widget as a part of another control."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox | QScrollBar | QAbstractItemView):
            return True
        parent = parent.parentWidget()
    return (widget.objectName() or "").startswith("qt_")


def controls(root: QWidget) -> list[QWidget]:
    return [w for w in root.findChildren(QWidget) if isinstance(w, CONTROLS) and not is_inner(w)]


def name_of(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def finished(open_window, qtbot, view, scenario="spamhaus-block"):
    window = open_window(view)
    window.set_practice(load_scenario(scenario))
    window.run()
    qtbot.waitUntil(lambda: window.controller.report is not None and not window.controller.busy, timeout=20_000)
    return window


@pytest.mark.parametrize("view", ["technician", "simple"])
def test_every_control_has_a_name_and_what_needs_one_a_description(open_window, qtbot, view):
    window = finished(open_window, qtbot, view)
    if view == "technician":
        window.check_page.form.advanced.setChecked(True)
        window.check_page.transcript.open_find()
    nameless = [repr(widget) for widget in controls(window) if not name_of(widget).strip()]
    assert nameless == []
    for widget in (window.check_page.rail, window.check_page.transcript.list):
        assert widget.accessibleDescription()
    assert window.check_page.form.password.accessibleDescription()


@pytest.mark.parametrize("view", ["technician", "simple"])
def test_tab_reaches_every_control_that_is_shown(open_window, qtbot, view):
    window = finished(open_window, qtbot, view)
    wanted = {
        widget
        for widget in controls(window)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    assert len(wanted) > 8
    seen = set()
    window.activateWindow()
    window.focusNextChild()
    for _step in range(300):
        focused = QApplication.focusWidget()
        if focused in seen:
            break
        seen.add(focused)
        window.focusNextChild()
    assert wanted - seen == set()


def test_everything_that_can_be_clicked_takes_the_keyboard(open_window, qtbot):
    window = finished(open_window, qtbot, "technician")
    deaf = [
        name_of(widget)
        for widget in controls(window)
        if widget.isVisible() and widget.isEnabled() and not widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert deaf == []


def test_the_tab_order_follows_the_form_from_top_to_bottom(open_window):
    window = open_window("technician")
    form = window.check_page.form
    form.sign_in.setChecked(True)
    order = ["server", "port", "security", "user", "password", "sender", "recipients", "ehlo", "send"]
    form.control("server").setFocus()
    seen = [QApplication.focusWidget()]
    for _step in range(40):
        window.focusNextChild()
        seen.append(QApplication.focusWidget())
    places = [seen.index(form.control(name)) for name in order]
    assert places == sorted(places)


def test_labels_never_read_markup(open_window, qtbot):
    window = finished(open_window, qtbot, "technician")
    loose = [
        label.text()
        for label in window.findChildren(QLabel)
        if label.textFormat() != Qt.TextFormat.PlainText and not is_inner(label)
    ]
    assert loose == []


def drawn(status: str) -> bytes:
    """The sign in grey, so that only its shape counts."""
    image = QImage(48, 48, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_status(painter, image.rect().toRectF(), status)
    painter.end()
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    dark = bytearray()
    for y in range(48):
        for x in range(48):
            dark.append(1 if grey.pixelColor(x, y).value() < 200 else 0)
    return bytes(dark)


def test_states_have_shapes_of_their_own(themed):
    shapes = {status: drawn(status) for status in STATUS_COLOURS if status != "idle"}
    for first in shapes:
        for second in shapes:
            if first < second:
                different = sum(a != b for a, b in zip(shapes[first], shapes[second], strict=True))
                assert different > 48 * 48 * 0.03, (first, second)


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue)


def contrast(first: str, second: str) -> float:
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_edges_have_enough_contrast(colours):
    """WCAG 2.2: 4.5 : 1 for text (1.4.3), 3 : 1 for what shows a control's edge (1.4.11)."""
    for ink in ("text", "muted", "faint", "passed", "warning", "failed", "running", "accent"):
        assert contrast(getattr(colours, ink), colours.card) >= 4.5, ink
    for ink in ("text", "muted"):
        for ground in ("window", "hover", "chosen", "failed_tint", "warning_tint", "running_tint"):
            assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5, (ink, ground)
    assert contrast(colours.failed, colours.failed_tint) >= 4.5
    assert contrast(colours.warning, colours.warning_tint) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.text, colours.find_match) >= 4.5
    assert contrast(colours.field_border, colours.card) >= 3
    for status in ("passed", "warning", "failed"):
        assert contrast(getattr(colours, status), colours.on_status) >= 4.5


def test_the_verdict_is_announced(open_window, qtbot, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr("gui.pages.check.announce", lambda _widget, text: said.append(text))
    finished(open_window, qtbot, "technician")
    assert len(said) == 1
    assert "Stopped at RCPT TO" in said[0]
    assert "blocklist" in said[0]


def test_an_announcement_reaches_qt(themed, qtbot):
    from gui.widgets.announce import announce

    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    announce(widget, "The check is over.")


def test_mnemonics_are_unique_in_each_menu(open_window, qtbot):
    window = open_window("technician")
    window.menus.practice.need_scenarios()
    qtbot.waitUntil(lambda: bool(window.menus.practice.scenarios), timeout=20_000)

    def letters(actions):
        return [
            text[text.index("&") + 1].lower() for text in (a.text().replace("&&", "") for a in actions) if "&" in text
        ]

    bars = [window.menuBar().actions(), *(menu.actions() for menu in window.menuBar().findChildren(QMenu))]
    for page in PAGES:
        window.show_page(page.id)
        for actions in bars:
            found = letters(actions)
            assert len(found) == len(set(found)), (page.id, [action.text() for action in actions])


def test_words_below_the_navigations_signs_take_two_lines_at_most(open_window):
    window = open_window("technician", size=(1000, 700))
    window.navigation.set_compact(True)
    heights = {button.sizeHint().height() for button in window.navigation.findChildren(NavigationButton)}
    assert len(heights) == 2  # those of one line and of two
    assert two_lines("Explain an error") == ["Explain", "an error"]
    assert two_lines("History") == ["History"]


def test_with_large_letters_no_dialog_is_larger_than_the_screen(qtbot, themed, engine, store):
    before = themed.font()
    large = themed.font()
    large.setPointSizeF(before.pointSizeF() * 2)
    themed.setFont(large)
    forget_unit()
    try:
        for made in (HelpDialog(), AboutDialog(store.path), MtuDialog(engine), SheetDialog(engine)):
            qtbot.addWidget(made)
            room = made.screen().availableSize()
            assert made.height() <= room.height(), made
            assert made.width() <= room.width() or made.width() == made.minimumWidth(), made
    finally:
        themed.setFont(before)
        forget_unit()


def test_what_has_to_be_scrolled_is_reached_by_tab_and_scrolled_by_arrow(open_window, qtbot):
    window = finished(open_window, qtbot, "technician")
    area = window.check_page.verdict._scroll
    bar = area.verticalScrollBar()
    window.resize(1024, 640)
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert area.focusPolicy() is Qt.FocusPolicy.TabFocus
    assert area.accessibleName()
    area.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(area, Qt.Key.Key_Down)
    assert bar.value() > 0
    window.resize(1280, 3000)
    qtbot.waitUntil(lambda: bar.maximum() == 0)
    assert area.focusPolicy() is Qt.FocusPolicy.NoFocus  # nothing to do there


@pytest.mark.parametrize("less", [False, True])
def test_running_signs_stand_still_where_less_motion_is_wanted(monkeypatch, themed, less):
    monkeypatch.setattr(theme, "reduce_motion", less)
    verdict, banner = VerdictCard(lambda: ""), FindBanner(lambda: "")
    verdict.show_running("mail.example.com")
    banner.show_looking("example.com")
    for card in (verdict, banner):
        card.turn()
        assert (card._phase == 0.0) is less, card
