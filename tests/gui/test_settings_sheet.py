"""The settings sheet in the window: devices found by typing, values copied one by one, paper, the verdict's button."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from core.practice.load import load_scenario
from core.sheets.way import SendingWay
from gui.widgets.copy_button import CopyButton
from gui.widgets.settings_sheet import SettingsSheetPanel
from gui.widgets.sheet_parts import RowView, StepView
from tests.gui.test_accessibility import controls, name_of
from tests.sheets.ways import HOSTILE_WAYS, WAYS

WAY = SendingWay(
    server="smtp.office365.com", user="office@contoso.com", sender="office@contoso.com", provider="microsoft365"
)


@pytest.fixture
def panel(qtbot, engine):
    made = SettingsSheetPanel(engine)
    qtbot.addWidget(made)
    made.resize(520, 800)
    made.show()
    qtbot.waitUntil(lambda: made.chooser._completer.model().rowCount() > 30, timeout=20_000)
    return made


def show(qtbot, panel, way, device=None):
    with qtbot.waitSignal(panel.shown, timeout=20_000):
        panel.show_way(way, device)


def rows(panel) -> list[RowView]:
    return panel.findChildren(RowView)


def texts(widget) -> str:
    return "\n".join(label.text().replace("\u200b", "") for label in widget.findChildren(QLabel))


def test_without_a_way_it_says_what_will_stand_here(panel):
    assert "When a way of sending is known" in texts(panel)
    assert not panel.print_button.isVisible()
    assert panel.text() == ""


def test_the_sheet_shows_fields_values_and_the_way_there(qtbot, panel):
    show(qtbot, panel, WAY, "sharp-mx-series")
    assert panel.title.text() == "Settings sheet – Sharp MX series (older: no OAuth)"
    shown = texts(panel)
    for words in ("Network Settings ▸ Services Settings ▸ SMTP", "SSL/TLS Level", "STARTTLS", "Quick Settings"):
        assert words in shown
    assert len(rows(panel)) == 9
    assert panel.print_button.isVisible()


def test_each_button_copies_that_value_and_nothing_else(qtbot, panel):
    show(qtbot, panel, WAY, "sharp-mx-series")
    copied = []
    for row in rows(panel):
        if row.copy is not None:
            QGuiApplication.clipboard().setText("before")
            qtbot.mouseClick(row.copy, Qt.MouseButton.LeftButton)
            copied.append(QGuiApplication.clipboard().text())
    assert copied == ["smtp.office365.com", "587", "office@contoso.com", "office@contoso.com"]


def test_the_whole_sheet_is_copied_as_text(qtbot, panel):
    show(qtbot, panel, WAY, "sharp-mx-series")
    panel.copy_button.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Settings sheet – Sharp MX series")
    assert "SMTP Authentication  Enabled" in text
    assert "Set-CASMailbox" not in text


def test_the_administrators_sheet_is_one_click_away_and_its_lines_can_be_copied(qtbot, panel):
    show(qtbot, panel, WAYS["direct-send"], "sharp-mx-series")
    with qtbot.waitSignal(panel.shown, timeout=5_000):
        panel.administrator_button.click()
    assert panel.shows_administrator
    assert "Set-OrganizationConfig -RejectDirectSend $false" in texts(panel)
    assert "To take it back: Reject it again." in texts(panel)
    steps = panel.findChildren(StepView)
    buttons = [c for c in controls(steps[0]) if name_of(c) == "Copy command"]
    assert len(buttons) == 2
    buttons[0].click()
    copied = QGuiApplication.clipboard().text()
    assert copied == "Install-Module ExchangeOnlineManagement -Scope CurrentUser\nConnect-ExchangeOnline"
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text().startswith("Administrator’s sheet")
    assert "\u200b" not in QGuiApplication.clipboard().text()


def test_a_device_is_found_by_typing_a_part_of_its_name(qtbot, panel):
    show(qtbot, panel, WAY)
    assert panel.title.text() == "Settings sheet – any device"
    panel.chooser.field.setFocus()
    panel.chooser.field.selectAll()
    qtbot.keyClicks(panel.chooser.field, "kyoc")
    popup = panel.chooser._list
    qtbot.waitUntil(popup.isVisible, timeout=5_000)
    with qtbot.waitSignal(panel.device_changed, timeout=10_000) as caught:
        qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert caught.args == ["kyocera-taskalfa-ecosys"]
    qtbot.waitUntil(lambda: "TASKalfa" in panel.title.text(), timeout=10_000)
    assert panel.device == "kyocera-taskalfa-ecosys"
    assert "(name not verified)" in texts(panel)


def test_models_are_searched_too_and_what_fits_nothing_changes_nothing(qtbot, panel):
    show(qtbot, panel, WAY, "sharp-mx-series")
    panel.chooser.field.selectAll()
    qtbot.keyClicks(panel.chooser.field, "4070n")
    assert panel.chooser._completer.completionCount() == 1
    panel.chooser.field.selectAll()
    qtbot.keyClicks(panel.chooser.field, "no such make")
    assert panel.chooser._completer.completionCount() == 0
    qtbot.keyClick(panel.chooser.field, Qt.Key.Key_Return)
    panel.settings_button.setFocus()
    assert panel.chooser.field.text() == "Sharp MX series (older: no OAuth)"
    assert panel.device == "sharp-mx-series"


def test_the_arrow_down_opens_the_whole_list(qtbot, panel):
    panel.chooser.field.setFocus()
    qtbot.keyClick(panel.chooser.field, Qt.Key.Key_Down)
    qtbot.waitUntil(panel.chooser._list.isVisible, timeout=5_000)
    assert panel.chooser._completer.completionCount() == 38
    assert panel.chooser._list.model().index(0, 0).data() == "Not listed: any device"
    panel.chooser._list.hide()


def test_the_newest_way_wins_whatever_order_the_answers_come_in(qtbot, panel):
    panel.show_way(WAY, "sharp-mx-series")
    show(qtbot, panel, WAYS["direct-send"], "epson-workforce-ecotank-pro-ds-network-scanners")
    qtbot.wait(0)
    assert panel.sheets.settings.way.method == "direct-send"
    assert "Epson" in panel.title.text()
    panel.show_way(None)
    assert panel.sheets is None
    assert panel.text() == ""


def test_a_device_asked_for_before_the_list_is_read_is_taken(qtbot, engine):
    panel = SettingsSheetPanel(engine)
    qtbot.addWidget(panel)
    panel.show_way(WAY, "sharp-mx-series")
    qtbot.waitUntil(lambda: panel.sheets is not None and panel.sheets.settings.device is not None, timeout=20_000)
    assert panel.device == "sharp-mx-series"


@pytest.mark.parametrize("device", ["toshiba-e-studio", "asrock-rack-and-other-ami-based-boards-server-bmc-alert-mail"])
@pytest.mark.parametrize("administrator", [False, True])
def test_no_word_is_cut_in_a_narrow_panel(qtbot, panel, device, administrator):
    panel.resize(380, 700)
    if administrator:
        panel.administrator_button.click()
    show(qtbot, panel, WAYS["direct-send"], device)
    body = panel._scroll.widget()
    qtbot.waitUntil(lambda: body.width() <= panel._scroll.viewport().width(), timeout=5_000)
    for label in body.findChildren(QLabel):
        if label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_hostile_values_stay_words(qtbot, panel):
    for way in HOSTILE_WAYS.values():
        show(qtbot, panel, way, "sharp-mx-series")
        for label in panel.findChildren(QLabel):
            assert label.textFormat() == Qt.TextFormat.PlainText
            assert "\u202e" not in label.text()
            assert "\x1b" not in label.text()


def test_a_pdf_is_one_page_with_the_values(qtbot, panel, tmp_path):
    import shutil
    import subprocess

    show(qtbot, panel, WAY, "sharp-mx-series")
    path = tmp_path / "sheet.pdf"
    panel.write_pdf(path)
    qtbot.waitUntil(path.exists, timeout=20_000)
    assert path.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    assert text.count("\f") == 1, "one page"
    for words in ("SMTP Server", "smtp.office365.com", "STARTTLS", "office@contoso.com", "POP before SMTP"):
        assert words in text


def test_every_devices_sheet_fits_on_one_page(themed):
    from PySide6.QtGui import QPageSize

    from core.knowledge.load import load_knowledge
    from core.sheets.document import SMALLEST, document, render
    from core.sheets.settings import settings_sheet
    from gui.printing import page_count

    sheets = [(device, WAYS["submission-other-sender"]) for device in (None, *load_knowledge().devices)]
    sheets += [("hp-older", way) for way in WAYS.values()]
    for device, way in sheets:
        made = document(settings_sheet(device, way))
        pages = page_count(render(made, "html", size=SMALLEST), QPageSize(QPageSize.PageSizeId.A4))
        assert pages == 1, (device, way)


def test_a_folder_that_can_not_be_written_is_said(qtbot, panel, tmp_path):
    from PySide6.QtWidgets import QMessageBox

    show(qtbot, panel, WAY)
    panel.write_pdf(tmp_path / "gone" / "sheet.pdf")
    qtbot.waitUntil(lambda: panel.findChild(QMessageBox) is not None, timeout=10_000)
    box = panel.findChild(QMessageBox)
    assert "No such file" in box.informativeText()
    box.close()


def test_everything_has_a_name_and_can_be_reached(qtbot, panel):
    show(qtbot, panel, WAY, "sharp-mx-series")
    assert [repr(control) for control in controls(panel) if not name_of(control).strip()] == []
    copies = {name_of(row.copy) for row in rows(panel) if row.copy is not None}
    assert copies == {"Copy SMTP Server", "Copy Port Number", "Copy User Name", "Copy Sender Address"}
    assert "SMTP Server: smtp.office365.com" in {row.accessibleName() for row in rows(panel)}


def run(qtbot, window, scenario):
    window.set_practice(load_scenario(scenario))
    window.run()
    qtbot.waitUntil(lambda: window.controller.report is not None and not window.controller.busy, timeout=20_000)


def test_the_verdict_leads_to_the_sheet_of_the_way_that_works(qtbot, window):
    verdict = window.check_page.verdict
    assert verdict.sheet.isHidden()
    run(qtbot, window, "spamhaus-block")
    qtbot.waitUntil(verdict.sheet.isVisible, timeout=5_000)
    verdict.sheet.click()
    dialog = window.sheet_offer.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.panel.sheets is not None, timeout=10_000)
    way = dialog.panel.sheets.settings.way
    assert (way.server, way.port, way.security) == ("smtp.office365.com", 587, "starttls")
    assert (way.user, way.sender) == ("scanner@contoso.com", "scanner@contoso.com")
    assert dialog.isVisible()
    dialog.panel.chooser.set_device("sharp-mx-series")
    dialog.panel._device_chosen("sharp-mx-series")
    assert window.store.text("sheet_device") == "sharp-mx-series"
    dialog.close_button.click()
    assert not dialog.isVisible()
    verdict.sheet.click()
    assert dialog.isVisible()
    assert dialog.panel.device == "sharp-mx-series"
    dialog.close()


def test_while_a_check_runs_no_sheet_of_the_last_one_is_offered(qtbot, window):
    verdict = window.check_page.verdict
    run(qtbot, window, "submission-ok")
    qtbot.waitUntil(verdict.sheet.isVisible, timeout=5_000)
    window.set_practice(load_scenario("silent-server"))
    window.run()
    qtbot.waitUntil(lambda: window.controller.busy, timeout=5_000)
    assert verdict.sheet.isHidden()
    window.controller.abort()
    qtbot.waitUntil(lambda: not window.controller.busy, timeout=10_000)


def test_tab_goes_through_the_sheet_before_the_buttons_below_it(qtbot, panel):
    for device in ("sharp-mx-series", None):
        show(qtbot, panel, WAYS["submission"], device)
        chain, widget = [], panel.nextInFocusChain()
        while widget is not panel:
            chain.append(widget)
            widget = widget.nextInFocusChain()
        copies = [chain.index(button) for button in panel._scroll.findChildren(CopyButton)]
        assert copies == sorted(copies)
        assert chain.index(panel._scroll) < copies[0]
        assert copies[-1] < chain.index(panel.print_button)
