"""The form: problems beside their fields, presets, and nothing lost."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt

from core.request import FormValues
from core.secret import Secret
from gui.models.presets import SENDER_DOMAIN_MX, Catalogue, PresetChoice
from gui.widgets.check_form import CheckForm

CATALOGUE = Catalogue(
    presets=(
        PresetChoice("submission", "With sign-in", "Port 587.", "smtp.office365.com", 587, "starttls", True),
        PresetChoice("direct", "Direct Send", "To the MX.", SENDER_DOMAIN_MX, 25, "starttls", False),
    )
)


@pytest.fixture
def form(qtbot, themed):
    made = CheckForm()
    qtbot.addWidget(made)
    made.set_catalogue(CATALOGUE)
    made.resize(340, 800)
    made.show()
    return made


def hint(form, name):
    return form._fields[name].hint.text()


def type_in(qtbot, form, name, text):
    control = form.control(name)
    control.setFocus()
    control.clear()
    qtbot.keyClicks(control, text)


def leave(form, name):
    form.control(name).left.emit()


def test_nobody_is_nagged_while_typing(qtbot, form):
    type_in(qtbot, form, "sender", "office")
    form.validate()
    assert hint(form, "sender") == ""
    leave(form, "sender")
    assert "no @" in hint(form, "sender")
    type_in(qtbot, form, "sender", "office@contoso.com")
    form.validate()
    assert hint(form, "sender") == ""


def test_a_field_that_is_passed_by_empty_says_nothing(form):
    leave(form, "server")
    assert hint(form, "server") == ""


def test_run_with_an_empty_form_says_what_is_missing_and_goes_there(form):
    parsed = form.attempt()
    assert parsed.request is None
    assert hint(form, "server")
    assert hint(form, "sender")
    assert hint(form, "recipients")
    assert "Server name" in form.trouble.text()
    assert form.control("server").hasFocus()


def test_the_summary_above_run_goes_when_all_is_right(qtbot, form):
    form.attempt()
    type_in(qtbot, form, "server", "mx.contoso.com")
    type_in(qtbot, form, "sender", "a@contoso.com")
    type_in(qtbot, form, "recipients", "b@contoso.com, c@example.com; d@contoso.com")
    parsed = form.attempt()
    assert parsed.request is not None
    assert len(parsed.request.recipients) == 3
    assert form.trouble.text() == ""


def test_a_problem_in_the_folded_part_opens_it(qtbot, form):
    form.fill(
        FormValues(server="mx.contoso.com", sender="a@contoso.com", recipients=("b@contoso.com",), timeout="soon")
    )
    form.attempt()
    assert form.advanced.isChecked()
    assert "number" in hint(form, "timeout")


def test_a_preset_fills_in_and_explains_itself(form):
    form.choose_preset("submission")
    assert form.value("server") == "smtp.office365.com"
    assert form.value("port") == "587"
    assert form.value("security") == "starttls"
    assert form.sign_in.isChecked()
    assert form.explanation.text() == "Port 587."


def test_changing_the_server_leaves_the_preset(qtbot, form):
    form.choose_preset("submission")
    type_in(qtbot, form, "server", "mail.contoso.com")
    assert form.preset.currentData() == ""


def test_direct_send_asks_for_the_mx_of_the_senders_domain(qtbot, form):
    form.choose_preset("direct")
    assert "sender" in hint(form, "server")
    type_in(qtbot, form, "sender", "office@contoso.com")
    with qtbot.waitSignal(form.mx_wanted) as asked:
        leave(form, "sender")
    assert asked.args == ["contoso.com"]
    form.mx_found("contoso.com", "contoso-com.mail.protection.outlook.com")
    assert form.value("server") == "contoso-com.mail.protection.outlook.com"
    assert hint(form, "server") == ""
    assert form.preset.currentData() == "direct"


def test_a_failed_look_up_is_said_beside_the_field(qtbot, form):
    form.choose_preset("direct")
    type_in(qtbot, form, "sender", "office@contoso.com")
    leave(form, "sender")
    form.mx_found("contoso.com", "", "No name server answered.")
    form.validate()
    assert hint(form, "server") == "No name server answered."


def test_an_answer_for_another_domain_is_not_taken(qtbot, form):
    form.choose_preset("direct")
    type_in(qtbot, form, "sender", "office@contoso.com")
    form.mx_found("example.com", "mx.example.com")
    assert form.value("server") == ""


def test_what_is_stored_holds_no_password_and_comes_back(form):
    form.fill(
        FormValues(
            server="mx.contoso.com",
            port="465",
            user="scanner@contoso.com",
            password=Secret("Korrekt-Pferd"),
            sender="scanner@contoso.com",
            recipients=("a@contoso.com", "b@example.com"),
            verify=False,
        )
    )
    stored = json.loads(json.dumps(form.stored()))
    assert "Korrekt" not in json.dumps(stored)
    form.wipe()
    form.restore({})
    form.restore(stored)
    values = form.values()
    assert (values.server, values.port, values.recipients) == (
        "mx.contoso.com",
        "465",
        ("a@contoso.com", "b@example.com"),
    )
    assert values.verify is False
    assert values.user == "scanner@contoso.com"
    assert values.password is None


def test_rubbish_in_the_settings_is_passed_over(form):
    form.restore({"server": 7, "send": "yes", "port": None, "preset": ["x"], "security": "nonsense"})
    assert form.values() == FormValues(recipients=(), verify=True, security="auto")


def test_the_password_is_hidden_shown_on_purpose_and_wiped(qtbot, form):
    field = form.password
    form.sign_in.setChecked(True)
    qtbot.keyClicks(field, "geheim")
    assert field.displayText() != "geheim"
    qtbot.mouseClick(field._eye, Qt.MouseButton.LeftButton)
    assert field.displayText() == "geheim"
    assert form.values().password.reveal() == "geheim"
    form.wipe()
    assert field.text() == ""
    assert field.displayText() == ""
    field.undo()
    assert field.text() == ""


def test_without_sign_in_no_password_leaves_the_form(qtbot, form):
    form.sign_in.setChecked(True)
    qtbot.keyClicks(form.password, "geheim")
    form.sign_in.setChecked(False)
    assert form.values().password is None


def test_recent_checks_are_offered(form):
    assert not form.recent_button.isVisible()
    form.set_recent([{"title": "mx.contoso.com:25", "server": "mx.contoso.com", "port": "25"}])
    assert form.recent_button.isVisible()


def test_a_problem_is_told_to_screen_readers_with_its_field(form):
    form.attempt()
    control = form.control("sender")
    assert control.accessibleDescription().startswith(hint(form, "sender"))
    form.set_value("sender", "a@contoso.com")
    form.validate()
    assert control.accessibleDescription() == "The address that the copier sends from."
