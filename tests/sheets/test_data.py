"""Mistakes in the data of the sheets are found when it is loaded, each with file, entry and field."""

from __future__ import annotations

import shutil

import pytest

from core.knowledge.load import Knowledge, KnowledgeError
from core.resource_files import resource_path
from core.sheets.administrator import administrator_sheet, administrator_steps
from core.sheets.data import sheet_data
from core.sheets.settings import settings_sheet
from tests.sheets.ways import SUBMISSION

DEVICE = """
[[device]]
id = 'extra'
vendor = 'Fabrikam'
family = 'F'
web_path = ['Network > Mail']
settings = [{ holds = 'server', label = 'Server' }]
"""

STEP = """
[[step]]
id = 'extra'
title = 'Do it'
text = 'For {user}.'
command = 'Set-Thing -Identity {user!ps}'
undo = 'Undo it.'
source = 'RFC 5321'
date = '2026-11-25'
"""

HINT = """
[[hint]]
id = 'extra'
kind = 'trap'
text = 'Mind {server}.'
source = 'RFC 5321'
date = '2026-11-25'
"""


@pytest.fixture
def root(tmp_path):
    return shutil.copytree(resource_path("knowledge"), tmp_path / "knowledge")


def problem(action) -> str:
    with pytest.raises(KnowledgeError) as raised:
        action()
    (found,) = raised.value.problems
    return found


def test_what_ships_is_without_mistakes():
    assert sheet_data().hints
    assert administrator_steps()


def test_a_device_and_a_step_can_be_added_without_python(root):
    (root / "devices" / "extra.toml").write_text(DEVICE)
    (root / "administrator" / "extra.toml").write_text(STEP)
    knowledge = Knowledge(root)
    assert settings_sheet("extra", SUBMISSION, knowledge).heading == "Settings sheet – Fabrikam F"
    assert administrator_sheet(SUBMISSION, knowledge).steps[0].id == "extra"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("holds = 'server'", "holds = 'sever'", "devices/extra.toml: device extra: Invalid enum value 'sever'"),
        ("holds = 'server'", "holds = 'user'", "devices: device extra: settings: no field holds the server"),
        ("label = 'Server' }", "label = 'Server' }, { holds = 'server', label = 'S' }",
         "devices: device extra: settings: two fields hold “server”"),
        ("label = 'Server' }", "label = 'Server', on = 'On' }", "devices: device extra: setting 1: on, off:"),
        ("label = 'Server' }", "label = 'Server', tls = 'SSL' }", "devices: device extra: setting 1: starttls, tls,"),
        ("label = 'Server' }", "label = 'Server' }, { holds = 'other', label = 'X' }",
         "devices: device extra: setting 2: value:"),
        ("label = 'Server' }", "label = 'Server', only = ['sometimes'] }", "devices/extra.toml: device extra: Invalid"),
        ("label = 'Server' }", "lable = 'Server' }", "devices/extra.toml: device extra: Object "),
        ("web_path = ['Network > Mail']\n", "", "devices: device extra: web_path:"),
        ("family = 'F'", "family = 'F'\nsettings_of = 'nobody'", "devices: device extra: settings_of: there is no"),
        ("family = 'F'", "family = 'F'\ncannot = ['fly']", "devices/extra.toml: device extra: Invalid enum value"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_device_is_named(root, old, new, said):
    assert old in DEVICE
    (root / "devices" / "extra.toml").write_text(DEVICE.replace(old, new, 1))
    with pytest.raises(KnowledgeError) as raised:
        Knowledge(root).devices  # noqa: B018 - read when asked for
    assert any(entry.startswith(said) for entry in raised.value.problems), raised.value.problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{user!ps}", "{user}", "command: in a command, {user} has to be written {user!ps}"),
        ("{user!ps}", "{server!ps}", "command: {server} can’t stand in a command"),
        ("For {user}.", "For {usr}.", "text: “{usr}” is not in placeholders.toml"),
        ("For {user}.", "For {user!ps}.", "text: {user!ps} is for commands only"),
        ("For {user}.", "For {.", "text: there is a brace that belongs to no placeholder"),
        ("undo = 'Undo it.'\n", "", "undo: a step that changes something says how to take it back"),
        ("undo = 'Undo it.'", "changes = false", "changes: its command changes something"),
        ("date = '2026-11-25'", "date = 'today'", "source, date:"),
        ("id = 'extra'", "id = 'extra'\nmethods = ['magic']", "methods: there is no method “magic”"),
        ("id = 'extra'", "id = 'extra'\nproviders = ['nobody']", "providers: there is no provider “nobody”"),
        ("id = 'extra'", "id = 'send-as'", "id: two entries have it"),
    ],
)
def test_a_mistake_in_a_step_is_named(root, old, new, said):
    assert old in STEP
    (root / "administrator" / "extra.toml").write_text(STEP.replace(old, new, 1))
    name = "send-as" if "send-as" in new else "extra"
    assert problem(lambda: administrator_steps(Knowledge(root))).startswith(f"administrator: step {name}: {said}")


def test_an_unknown_field_of_a_step_is_named_with_its_file(root):
    (root / "administrator" / "extra.toml").write_text(STEP + "revert = 'x'\n")
    said = "administrator/extra.toml: step extra: Object contains unknown field `revert`"
    assert problem(lambda: administrator_steps(Knowledge(root))) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{server}", "{sever}", "text: “{sever}” is not in placeholders.toml"),
        ("id = 'extra'", "id = 'clock'", "id: two entries have it"),
        ("source = 'RFC 5321'", "source = ''", "source, date:"),
        ("id = 'extra'", "id = 'extra'\ntls_below = '1.9'", "tls_below: “1.9” is no TLS version"),
        ("id = 'extra'", "id = 'extra'\ncannot = ['fly']", "cannot: no device says “fly”"),
    ],
)
def test_a_mistake_in_a_hint_is_named(root, old, new, said):
    path = root / "sheets" / "hints.toml"
    path.write_text(path.read_text() + HINT.replace(old, new, 1))
    name = "clock" if "clock" in new else "extra"
    assert problem(lambda: sheet_data(Knowledge(root))).startswith(f"sheets/hints.toml: hint {name}: {said}")


def test_a_hint_that_a_device_replaces_has_to_be_there(root):
    path = root / "devices" / "sharp.toml"
    path.write_text(path.read_text().replace("instead_of = 'test-proves-tcp'", "instead_of = 'gone'"))
    said = problem(lambda: sheet_data(Knowledge(root)))
    assert said == "devices: device sharp-mx-series: constraint 3: instead_of: there is no hint “gone”"


def test_every_way_needs_words_for_its_password(root):
    path = root / "sheets" / "hints.toml"
    path.write_text(path.read_text().replace("id = 'password-any'", "id = 'password-any'\nsign_in = true"))
    said = problem(lambda: sheet_data(Knowledge(root)))
    assert said == "sheets/hints.toml: hint: one of kind password has to fit every way"
