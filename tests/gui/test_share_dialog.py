"""The share dialog: what is shown is what is saved, copied and printed; names are hidden; a template may be broken."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from core.history.opening import open_file
from core.practice.rehearsal import rehearse
from core.reports import templating
from core.reports.documents.make import ALWAYS_REDACTED
from core.reports.documents.model import KINDS
from core.reports.report import from_json, to_json
from core.reports.seal import SealState, check
from core.session.check import Check
from gui.share_dialog import ShareDialog, _with_ending, remember, remembered
from gui.widgets import share_form
from tests.gui.canned import founding_case
from tests.gui.test_window import practise, wait_for_end


@pytest.fixture
def report():
    return founding_case()[1]


@pytest.fixture
def opened(qtbot, engine, store, report):
    """Opens the dialog for the founding case and waits until it shows something."""

    def open_it(**options):
        dialog = ShareDialog(engine, store, options.pop("report", report), **options)
        qtbot.addWidget(dialog)
        dialog.show()
        ready(qtbot, dialog)
        return dialog

    return open_it


def ready(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog.save_button.isEnabled(), timeout=20_000)


def choose(qtbot, dialog, *, kind="", form="", redact=None):
    dialog.form.choose(kind=kind, form=form)
    if redact is not None:
        dialog.form.redact.setChecked(redact)
    ready(qtbot, dialog)


def shown(dialog) -> str:
    preview = dialog.preview
    front = preview._pages.currentWidget()
    return front.toPlainText()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["html", "pdf", "markdown", "text", "json"])
def test_every_kind_in_every_form_is_saved_as_shown(qtbot, opened, tmp_path, kind, form):
    dialog = opened()
    choose(qtbot, dialog, kind=kind, form=form)
    before = shown(dialog)
    assert before.strip()
    target = tmp_path / f"out.{form}"
    with qtbot.waitSignal(dialog.saved, timeout=20_000):
        dialog.save(str(target))
    content = target.read_bytes()
    if form in {"markdown", "text", "json"}:
        assert content.decode() == dialog._texts[form]
        assert content.decode().split() == before.split()
    else:
        assert content.startswith(b"%PDF-" if form == "pdf" else b"<!DOCTYPE html>")
    assert [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".tmp"] == []


def test_a_full_report_as_json_can_be_opened_again(qtbot, opened, tmp_path, report):
    dialog = opened(kind="full")
    choose(qtbot, dialog, form="json")
    with qtbot.waitSignal(dialog.saved):
        dialog.save(str(tmp_path / "a.json"))
    assert from_json((tmp_path / "a.json").read_bytes()) == report


def test_hidden_names_are_listed_and_gone(qtbot, opened):
    dialog = opened(kind="ticket")
    dialog.form.fields["client"].setText("Fabrikam Dental")
    choose(qtbot, dialog, form="text", redact=True)
    assert "contoso" not in shown(dialog)
    assert "Fabrikam" not in shown(dialog)
    assert "‹sender›" in shown(dialog)
    assert dialog.preview.hidden_fold.isVisible()
    dialog.preview.hidden_fold.setChecked(True)
    listed = dialog.preview.hidden.toPlainText()
    assert "office@contoso.com  →  ‹sender›" in listed
    assert "Fabrikam Dental  →  ‹client›" in listed
    dialog.copy()
    assert "contoso" not in QGuiApplication.clipboard().text()
    assert "contoso" not in dialog._suggested_name()
    choose(qtbot, dialog, redact=False)
    assert "office@contoso.com" in shown(dialog)
    assert not dialog.preview.hidden_fold.isVisible()


def test_a_case_study_never_has_names_and_the_wish_comes_back(qtbot, opened):
    assert share_form.ALWAYS_REDACTED == ALWAYS_REDACTED
    dialog = opened(kind="case")
    assert not dialog.form.redact.isEnabled()
    assert dialog.form.values().redacted
    assert "contoso" not in shown(dialog)
    choose(qtbot, dialog, kind="ticket")
    assert not dialog.form.values().redacted


def test_a_page_is_copied_as_text_and_as_formatted_text(qtbot, opened):
    dialog = opened(kind="client")
    choose(qtbot, dialog, form="html")
    dialog.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data.text().startswith("Scanning to e-mail\n")
    assert "<script" not in data.html()
    assert "blocklist" in data.html()
    choose(qtbot, dialog, kind="ticket", form="markdown")
    dialog.copy()
    assert not QGuiApplication.clipboard().mimeData().hasHtml()
    assert QGuiApplication.clipboard().text().startswith("# Ticket notes")


def test_what_was_typed_is_there_again_for_the_same_site_only(qtbot, opened, store, report):
    dialog = opened()
    for name, text in {"client": "Fabrikam", "site": "Main Street", "device": "MX-4070N", "engineer": "Sam"}.items():
        dialog.form.fields[name].setText(text)
    ready(qtbot, dialog)
    assert "Fabrikam" in shown(dialog)
    dialog.close()
    kept = remembered(store, report)
    assert (kept["client"], kept["site"], kept["engineer"]) == ("Fabrikam", "Main Street", "Sam")
    other = from_json(to_json(report).replace("contoso", "fabrikam"))
    assert remembered(store, other) == {"engineer": "Sam"}
    again = opened(kind="ticket")
    assert "Main Street" in shown(again)


def test_nothing_old_can_be_saved_while_something_new_is_made(qtbot, opened):
    dialog = opened(kind="ticket")
    dialog.form.fields["client"].setText("Another client")
    assert not dialog.save_button.isEnabled()
    assert not dialog.copy_button.isEnabled()
    ready(qtbot, dialog)
    assert "Another client" in shown(dialog)


async def _two():
    found = []
    for scenario in ("spamhaus-block", "submission-ok"):
        async with rehearse(scenario) as request:
            found.append(await Check(request).run())
    return found


def test_a_later_run_is_the_proof(qtbot, engine, store, tmp_path):
    runs = []
    engine.submit(lambda _job: _two(), done=runs.extend)
    qtbot.waitUntil(lambda: len(runs) == 2, timeout=20_000)
    first, second = runs
    path = tmp_path / "after.json"
    path.write_text(to_json(second))
    dialog = ShareDialog(engine, store, first, kind="ticket")
    qtbot.addWidget(dialog)
    dialog.show()
    ready(qtbot, dialog)
    assert "not resolved yet" in shown(dialog)
    dialog.open_second(path)
    qtbot.waitUntil(lambda: dialog._second is not None)
    ready(qtbot, dialog)
    assert "Resolved" in shown(dialog)
    assert "smtp.office365.com" in shown(dialog)
    dialog.form.drop_second.click()
    ready(qtbot, dialog)
    assert "not resolved yet" in shown(dialog)
    bad = tmp_path / "bad.json"
    bad.write_text("nonsense")
    dialog.open_second(bad)
    qtbot.waitUntil(lambda: "not a report" in dialog.form.second.text())


def test_a_changed_report_is_said(qtbot, opened, tmp_path, report):
    from core.reports.seal import sealed

    path = tmp_path / "a.json"
    path.write_text(to_json(sealed(report)).replace("blocked using Spamhaus", "all is well"))
    foreign = open_file(path)
    assert foreign.seal is SealState.CHANGED is check(path.read_bytes())
    dialog = opened(report=foreign.report, seal=foreign.seal, kind="ticket")
    assert "was changed after Sendproof had written it" in shown(dialog)


def test_a_broken_own_template_is_named_and_the_built_in_one_offered(qtbot, opened, tmp_path, monkeypatch):
    (tmp_path / "ticket.md.j2").write_text("one\ntwo {{ nothing }}")
    monkeypatch.setattr(templating, "own_folders", lambda: [tmp_path])
    dialog = opened(kind="client")
    dialog.form.choose(kind="ticket", form="markdown")
    qtbot.waitUntil(dialog.preview.trouble.isVisible)
    assert "ticket.md.j2, line 2" in dialog.preview.trouble.text()
    assert not dialog.save_button.isEnabled()
    assert dialog.preview.built_in.isVisible()
    dialog.preview.built_in.click()
    ready(qtbot, dialog)
    assert shown(dialog).startswith("# Ticket notes")


def test_hostile_words_stay_words_in_the_preview(qtbot, opened, report, tmp_path):
    hostile = "<img src='file:///x.png'><script>alert(1)</script>\x1b[31m\u202e {{ 7*7 }}"
    document = json.loads(to_json(report))
    document["diagnosis"]["title"] = hostile
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(document))
    dialog = opened(report=open_file(path).report, kind="full")
    choose(qtbot, dialog, form="html")
    assert "<script>alert(1)</script>" in shown(dialog), "as words"
    assert "\u202e" not in shown(dialog)
    assert dialog.preview._document.resource(2, QUrl("file:///x.png")) is None
    choose(qtbot, dialog, kind="ticket", form="pdf")
    assert "{{ 7*7 }}" in shown(dialog)


def test_a_document_that_can_not_be_saved_is_said(qtbot, opened, tmp_path):
    dialog = opened()
    dialog.save(str(tmp_path / "nowhere" / "a.txt"))
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    box = QApplication.activeModalWidget()
    assert "nowhere" in box.text()
    box.close()


def test_the_file_dialog_gives_the_ending_and_replaces_nothing(qtbot, opened, store, tmp_path):
    store.put("report_folder", str(tmp_path))
    dialog = opened(kind="ticket")
    choose(qtbot, dialog, form="markdown")
    dialog.ask_where()
    files = dialog.findChild(QFileDialog)
    qtbot.waitUntil(files.isVisible)
    (tmp_path / "notes.md").write_text("older")
    files.findChild(QLineEdit).setText(str(tmp_path / "notes"))
    files.accept()
    qtbot.waitUntil((tmp_path / "notes 2.md").exists)
    assert (tmp_path / "notes.md").read_text() == "older"
    assert _with_ending(str(tmp_path / "x.md"), "md") == str(tmp_path / "x.md")


def test_copy_for_ticket_is_one_click(qtbot, window, store):
    practise(window, "spamhaus-block")
    window.run()
    wait_for_end(qtbot, window)
    remember(store, window.controller.report, {"client": "Fabrikam", "engineer": "Sam"})
    window.copy_ticket()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("# Ticket notes")
    assert "**Client:** Fabrikam" in text
    assert "550 5.7.1" in text


def test_everything_can_be_reached_by_keyboard_and_has_a_name(qtbot, opened):
    dialog = opened()
    for field in dialog.form.fields.values():
        assert field.accessibleName()
    for button in (dialog.save_button, dialog.copy_button, dialog.print_button, dialog.form.choose_second):
        assert button.accessibleName()
        assert button.focusPolicy().value


def test_print_opens_the_printers_dialog(qtbot, opened, monkeypatch):
    """The printer gets the very page that is shown."""
    from PySide6.QtPrintSupport import QPrintDialog

    from gui import printing

    printed = []
    monkeypatch.setattr(printing, "paint_pages", lambda html, _printer, title: printed.append((html, title)) or True)
    dialog = opened(kind="client")
    dialog.print_it()
    chooser = dialog.findChild(QPrintDialog)
    qtbot.waitUntil(chooser.isVisible)
    chooser.accepted.emit(chooser.printer())
    chooser.close()
    assert printed == [(dialog._texts["print"], dialog._title(dialog._made))]
