"""Find settings in the real window: form, plan, live table, recommendation, the sheet beside it, practice tenants."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

from core.finding.model import from_json
from core.history.store import History
from core.practice.load import load_scenario
from core.practice.model import Fault, FaultKind
from core.practice.tenant import Served, load_tenant
from gui.models.ways import Column
from tests.gui.test_accessibility import controls, is_inner, name_of
from tests.gui.test_window import clipped, press, words


@pytest.fixture
def page(window):
    window.show_page("find")
    return window.find_page


def searched(qtbot, window, tenant="blocklisted-tenant", **values):
    """Search a practice tenant and return the page with its document."""
    window.practise_finding(load_tenant(tenant) if isinstance(tenant, str) else tenant)
    page = window.find_page
    for name, value in values.items():
        page.form.set_value(name, value)
    page.run()
    qtbot.waitUntil(lambda: page.controller.document is not None and not page.busy, timeout=20_000)
    return page


def cell(page, way, column):
    model = page.controller.model
    return model.index(model.row_of(way), column).data()


def test_the_blocklisted_tenant_leads_to_signing_in(qtbot, window):
    page = searched(qtbot, window)
    shown = words(page.banner)
    assert "One way works from this site: sign-in on port 587" in shown
    assert "because of this site’s Internet address" in shown
    assert not page.form.isVisible()
    assert page.controller.model.way(0).id == "microsoft365-submission"
    assert cell(page, "microsoft365-submission", Column.RESULT) == "Accepted"
    assert cell(page, "microsoft365-direct-send", Column.RESULT) == "RCPT TO"
    assert "blocklist" in cell(page, "microsoft365-direct-send", Column.WHY)
    assert page.table.currentIndex().row() == 0
    qtbot.waitUntil(lambda: page.sheet.sheets is not None)
    assert "smtp.office365.com" in page.sheet.text()
    assert "Example-Passw0rd" not in page.sheet.text() + page.ticket_text()


def test_the_sheet_is_for_the_device_of_the_form(qtbot, window):
    page = searched(qtbot, window, device="sharp-mx-series")
    qtbot.waitUntil(lambda: page.sheet.sheets is not None)
    assert page.sheet.device == "sharp-mx-series"
    assert "SMTP Authentication" in page.sheet.text()


def test_nothing_works_and_the_next_step_is_told_with_its_command(qtbot, window):
    page = searched(qtbot, window, "auth-disabled-tenant")
    shown = words(page.banner)
    assert "No way of sending works from this site yet" in shown
    assert "switch “Authenticated SMTP” on" in shown
    assert "Set-CASMailbox" in shown
    assert "Who: The administrator" in shown
    assert page.sheet.sheets is None


def test_a_wrong_password_is_sent_once_and_the_rest_marked(qtbot, window):
    page = searched(qtbot, window, "wrong-password")
    assert cell(page, "microsoft365-submission", Column.RESULT) == "Sign-in"
    assert cell(page, "microsoft365-submission-25", Column.RESULT) == "Not tried"
    assert "refused once" in cell(page, "microsoft365-submission-25", Column.WHY)


def test_the_plan_is_shown_without_contacting_a_server(qtbot, window):
    window.practise_finding(load_tenant("blocklisted-tenant"))
    page = window.find_page
    page.form.plan_button.click()
    qtbot.waitUntil(lambda: page.controller.plan is not None and not page.busy)
    assert "8 ways will be tried" in words(page.banner)
    assert "No message will be sent" in words(page.banner)
    assert cell(page, "microsoft365-submission", Column.RESULT) == "Will be tried"
    assert page.controller.document is None
    assert not page.can_save
    page.banner.again_button.click()
    qtbot.waitUntil(lambda: page.controller.document is not None)
    assert cell(page, "microsoft365-submission", Column.RESULT) == "Accepted"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("sender", "", "Enter an e-mail address"),
        ("sender", "scanner at contoso", "without spaces"),
        ("recipients", "", "Enter the address that the scan should reach"),
        ("user", "someone\u2028else", "invisible character"),
        ("present_server", "http://old.example.com", "without “…://”"),
        ("port", "99999", "from 1 to 65535"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(qtbot, window, field, value, sentence):
    window.practise_finding(load_tenant("blocklisted-tenant"))
    window.set_practice(None)
    page = window.find_page
    page.set_practice(None)
    for name, good in (("sender", "scanner@contoso.com"), ("recipients", "office@contoso.com")):
        page.form.set_value(name, good)
    page.form.password.setText("Example-Passw0rd" if field == "user" else "")
    page.form.set_value(field, value)
    press(qtbot, window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: bool(page.form.trouble.text()) and not page.busy)
    assert sentence in page.form._fields[field].hint.text()
    assert page.form.control(field).hasFocus()
    assert page.form.isVisible()
    assert page.form.value(field) == value


def silent_tenant():
    """The founding tenant, with a server beside that never says a word."""
    tenant = load_tenant("blocklisted-tenant")
    servers = (*tenant.servers, Served(name="slow.contoso.com", ports=(25, 587, 465), scenario="silent-server"))
    asked = msgspec.structs.replace(tenant.find, timeout="60")
    return msgspec.structs.replace(tenant, servers=servers, find=asked)


def test_escape_ends_the_search_and_keeps_what_is_known(qtbot, window):
    window.practise_finding(silent_tenant())
    page = window.find_page
    page.form.set_value("server", "slow.contoso.com")
    press(qtbot, window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: cell_or_none(page, "microsoft365-submission") == "Accepted", timeout=20_000)
    assert page.busy
    assert window.menus.cancel.isEnabled()
    press(qtbot, window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)
    document = page.controller.document
    assert document is not None
    assert document.outcome == "cancelled"
    assert document.result("microsoft365-submission").state == "works"
    assert document.result("own-submission").state == "cancelled"
    assert "cancelled" in words(page.banner)


def cell_or_none(page, way):
    return cell(page, way, Column.RESULT) if page.controller.model.row_of(way) >= 0 else None


def test_closing_the_window_ends_the_search(qtbot, window):
    window.practise_finding(silent_tenant())
    page = window.find_page
    page.form.set_value("server", "slow.contoso.com")
    page.run()
    qtbot.waitUntil(lambda: page.controller.model.done >= 1, timeout=20_000)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5_000)
    assert page.form.password.text() == ""


def test_a_way_opens_in_the_check(qtbot, window):
    page = searched(qtbot, window)
    page.table.choose(page.controller.model.row_of("microsoft365-direct-send"))
    assert "blocklist" in words(page.details)
    assert page.details.open_button.isEnabled()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    form = window.check_page.form
    assert window._pages.currentWidget() is window.check_page
    assert (form.value("server"), form.value("port")) == ("contoso-com.mail.protection.outlook.com", "25")
    assert not form.sign_in.isChecked()
    assert form.practice is not None  # a practice tenant never leads to a real server
    window.run()
    qtbot.waitUntil(lambda: window.controller.report is not None, timeout=20_000)
    assert window.controller.report.diagnosis.cause == "ip-blocklisted"


def test_a_shut_port_of_a_tenant_does_not_open_in_the_check(qtbot, window):
    page = searched(qtbot, window)
    page.table.choose(page.controller.model.row_of("microsoft365-implicit-tls"))
    assert not page.details.open_button.isEnabled()
    page.open_in_check()
    assert window._pages.currentWidget() is page


def test_the_form_comes_back_and_practice_ends(qtbot, window, page):
    page.form.set_value("sender", "copier@fabrikam.com")
    searched(qtbot, window)
    page.banner.change_button.click()
    assert page.form.isVisible()
    assert page.form.practice_note.isVisible()
    page.form.practice_ended.emit()
    assert not page.form.practice_note.isVisible()
    assert page.form.value("sender") == "copier@fabrikam.com"
    assert page.form.password.text() == ""
    assert page.controller.document is None


def test_the_menu_offers_the_practice_tenants(qtbot, window):
    menu = window.menus.practice.tenants
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: any(a.objectName() == "tenant-wrong-password" for a in menu.actions()))
    next(a for a in menu.actions() if a.objectName() == "tenant-wrong-password").trigger()
    assert window.find_page.form.value("user") == "scanner@contoso.com"


def test_the_search_is_kept_in_the_history_without_the_password(qtbot, window, history_folder):
    searched(qtbot, window)
    qtbot.waitUntil(lambda: not window.keeper.busy)
    entry = History(history_folder).entries()[0]
    assert (entry.kind, entry.outcome) == ("find", "accepted")
    text = History(history_folder).read(entry)
    assert "Example-Passw0rd" not in text
    assert from_json(text).recommendation.way == "microsoft365-submission"


def test_copy_and_save(qtbot, window, tmp_path):
    page = searched(qtbot, window)
    press(qtbot, window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert "One way works from this site" in QGuiApplication.clipboard().text()
    page.write(tmp_path / "ways.json")
    qtbot.waitUntil((tmp_path / "ways.json").exists)
    assert from_json((tmp_path / "ways.json").read_bytes()).outcome == "accepted"
    page.write(tmp_path / "no folder" / "ways.txt")
    qtbot.waitUntil(lambda: window.notice.isVisible())


def test_the_form_is_remembered_but_never_the_password(qtbot, window, page, store):
    page.form.set_value("sender", "scanner@contoso.com")
    page.form.set_value("user", "scanner@contoso.com")
    page.form.password.setText("Example-Passw0rd")
    assert [secret.reveal() for secret in window.secrets()] == ["Example-Passw0rd"]
    window.close()
    assert "Example-Passw0rd" not in store.path.read_text()
    assert page.form.password.text() == ""
    assert store.record("find")["sender"] == "scanner@contoso.com"


def test_ways_on_request_come_from_the_data(qtbot, window, page, store):
    page.form.more.setChecked(True)
    assert set(page.form._ticks) == {"hve", "acs", "legacy-tls"}
    page.form._ticks["hve"].setChecked(True)
    assert page.form.values().include == ("hve",)
    page.keep()
    assert store.record("find")["include"] == ["hve"]
    page.form._ticks["hve"].setChecked(False)
    page.form.restore(store.record("find"))
    assert page.form.included() == ["hve"]


def test_hostile_replies_stay_plain_text(qtbot, window):
    page = searched(qtbot, window)
    hostile = "550 5.7.1 <b>bold</b> <img src=x> \x1b[31m \u202egnp.exe"
    result = msgspec.structs.replace(page.controller.model.result(0), why=hostile, cautions=(hostile,))
    page.details.show_way(page.controller.model.way(0), result)
    loose = [label for label in page.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]
    assert [label for label in loose if not is_inner(label)] == []


def test_every_control_has_a_name_and_is_reached_by_key(qtbot, window):
    page = searched(qtbot, window)
    page.banner.change_button.click()
    page.form.more.setChecked(True)
    assert [repr(widget) for widget in controls(page) if not name_of(widget).strip()] == []
    wanted = {
        widget
        for widget in controls(page)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    assert len(wanted) > 15
    page.take_focus()
    seen = set()
    for _step in range(150):
        seen.add(QApplication.focusWidget())
        window.focusNextChild()
    assert wanted - seen == set()
    model = page.controller.model
    spoken = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Submission with sign-in" in spoken
    assert "Accepted" in spoken


@pytest.mark.parametrize("size", [(1024, 640), (1280, 820), (3840, 2160)])
@pytest.mark.parametrize("tenant", ["blocklisted-tenant", "auth-disabled-tenant", "only-direct-send"])
def test_no_word_is_clipped_at_any_size(qtbot, open_window, size, tenant):
    window = open_window(size=size)
    page = searched(qtbot, window, tenant)
    qtbot.waitUntil(lambda: page.sheet.sheets is not None or page.controller.document.recommendation.sending is None)
    qtbot.waitUntil(lambda: clipped(window) == [])
    page.banner.change_button.click()
    qtbot.waitUntil(lambda: clipped(window) == [])


def test_in_a_narrow_window_the_sheet_opens_by_itself(qtbot, open_window):
    window = open_window(size=(1024, 640))
    page = searched(qtbot, window, device="sharp-mx-series")
    assert not page._sheet_card.isVisible()
    page.details.sheet_button.click()
    qtbot.waitUntil(lambda: page._dialog is not None and page._dialog.panel.sheets is not None)
    assert "smtp.office365.com" in page._dialog.panel.text()
    assert page._dialog.panel.device == "sharp-mx-series"
    page._dialog.close()


def test_the_recommendation_is_announced_once(qtbot, window, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr("gui.pages.find.announce", lambda _widget, text: said.append(text))
    searched(qtbot, window)
    assert len(said) == 1
    assert "sign-in on port 587" in said[0]


def test_a_click_chooses_a_way(qtbot, window):
    page = searched(qtbot, window)
    rect = page.table.visualRect(page.controller.model.index(3, 0))
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.center()))
    assert page.controller.model.way(3).title in words(page.details)


def test_the_scenarios_used_here_can_fail():
    """The silent server of these tests really says nothing."""
    assert load_scenario("silent-server").faults["greeting"] == Fault(kind=FaultKind.SILENCE)


def test_the_banner_has_no_scroll_bar_where_there_is_room_for_its_words(qtbot, window):
    page = searched(qtbot, window, "only-direct-send")
    banner = page.banner
    for width in range(1100, 940, -4):  # where a line would just wrap, the bar took its room and kept itself needed
        window.resize(width, 760)
        banner.setFixedHeight(80)  # as for a moment before the words are all there
        QApplication.processEvents()
        banner.fit()
        QApplication.processEvents()
        if banner.height() >= banner.wanted_height():
            assert not banner._scroll.verticalScrollBar().isVisible(), width


def test_what_is_wrong_in_the_fold_is_never_hidden_by_it(qtbot, page):
    page.form.set_value("sender", "scanner")
    page.form.set_value("port", "many")
    page.form.set_value("server", "mail.example.com")
    page.form.more.setChecked(False)
    page.run()
    qtbot.waitUntil(lambda: not page.busy)
    assert page.form._fields["port"].hint.isVisible()
    assert page.form.control("sender").hasFocus()  # the first one that is wrong
    said = page.form.trouble.text()
    assert said.index("Sender") < said.index("Own port")
