"""The measurement of packet sizes: asked, watched, cancelled, told; and where it is offered."""

from __future__ import annotations

from functools import partial
from threading import Event

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from core.pathmtu.measure import measure
from core.stages import Stage, StageStatus
from gui.models.history import look_of_entry, outcome_words
from gui.mtu_dialog import MtuDialog
from gui.widgets.basics import StatusSign
from tests.gui import canned
from tests.pathmtu.fakes import FakeWay, measured


@pytest.fixture
def way(monkeypatch):
    """Lets the dialog measure a way that is made up; nothing leaves this computer."""

    def use(made: FakeWay) -> None:
        async def look_up(server, limit):
            return ["203.0.113.2"]

        monkeypatch.setattr("core.session.dialling.system_lookup", look_up)
        monkeypatch.setattr("core.pathmtu.running.measure", partial(measure, opener=lambda _: made, clock=made.clock))

    return use


@pytest.fixture
def dialog(qtbot, engine):
    made = MtuDialog(engine, "mail.example.com")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def wait_for_result(qtbot, dialog):
    qtbot.waitUntil(lambda: not dialog.busy and dialog.result_shown is not None, timeout=10_000)


class TestMeasuring:
    def test_enter_measures_and_the_result_is_told_in_words(self, qtbot, dialog, way):
        way(FakeWay(1400))
        qtbot.keyClick(dialog.server, Qt.Key.Key_Return)
        assert dialog.busy
        wait_for_result(qtbot, dialog)
        assert dialog.title.text() == "Black hole above 1400"
        assert "1360" in dialog.advice.text()
        assert dialog.advice.isVisible()
        assert dialog.sizes.probes[1400].answer == "passed"
        assert dialog.sizes.probes[1401].answer == "lost"
        assert dialog.run_button.text() == "Measure again"

    def test_f5_measures_and_every_control_has_a_name(self, qtbot, dialog, way):
        way(FakeWay(1500))
        for control in (dialog.server, dialog.version, dialog.run_button, dialog.copy_ticket, dialog._list):
            assert control.accessibleName()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
        qtbot.keyClick(dialog, Qt.Key.Key_F5)
        wait_for_result(qtbot, dialog)
        assert dialog.title.text() == "1500: nothing is lost"

    def test_the_result_goes_into_a_ticket(self, qtbot, dialog, way):
        assert not dialog.copy_ticket.isEnabled()
        assert dialog.ticket_text() == ""
        way(FakeWay(1492, says=True, names=1492))
        dialog.run()
        wait_for_result(qtbot, dialog)
        dialog.copy_ticket.click()
        assert "1492: PPPoE, fine" in QGuiApplication.clipboard().text()

    def test_a_wrong_name_is_told_beside_the_field_and_nothing_is_lost(self, qtbot, dialog):
        dialog.server.setText("mail example")
        dialog.run()
        assert not dialog.busy
        assert "There is a space" in dialog.field.hint.text()
        assert dialog.server.text() == "mail example"
        qtbot.keyClick(dialog.server, Qt.Key.Key_Backspace)
        assert dialog.field.hint.text() == ""

    def test_escape_ends_the_measurement_and_then_closes(self, qtbot, dialog, engine, way):
        entered, leave = Event(), Event()

        async def nothing(_job):
            """Comes after the cancelling, in the same thread."""

        class SlowWay(FakeWay):
            def receive(self, wait):
                entered.set()
                leave.wait(10)
                return super().receive(wait)

        way(SlowWay(1400))
        dialog.run()
        qtbot.waitUntil(entered.is_set, timeout=5000)
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert dialog.isVisible()
        engine.submit(nothing, done=lambda _result: leave.set())
        wait_for_result(qtbot, dialog)
        assert dialog.result_shown.state == "cancelled"
        assert dialog.title.text() == "The measurement was cancelled"
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    def test_closing_in_the_middle_leaves_nothing_behind(self, qtbot, dialog, engine, way):
        way(FakeWay(1400))
        dialog.run()
        dialog.close()
        assert not dialog.busy
        qtbot.waitUntil(lambda: not engine._jobs, timeout=5000)
        assert dialog.result_shown is None


def test_no_row_of_before_stays_in_sight(dialog):
    """Deleted later means painted until then, in whatever size: the rows shown are those of the sizes, no more."""
    dialog.show_result(measured(FakeWay(1400)))
    QApplication.processEvents()
    signs = [sign for sign in dialog.sizes.findChildren(StatusSign) if sign.isVisible()]
    assert len(signs) == len(dialog.sizes.probes)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (FakeWay(1500), "1500: nothing is lost"),
        (FakeWay(1500, filtered=True), "Not measured: mail.example.com answers no pings"),
        (FakeWay(1000, says=True, names=1000), "1000: too small"),
    ],
)
def test_every_kind_of_result_has_its_words(dialog, made, words):
    dialog.show_result(measured(made))
    assert dialog.title.text() == words
    assert dialog.facts.text()
    assert dialog.advice.isVisible() == bool(dialog.result_shown.meaning.advice)


def silent_report(**details):
    stages = [
        msgspec.structs.replace(result, details=details) if result.stage is Stage.TLS else result
        for result in canned_stages()
    ]
    return canned.report_of(stages, failed_stage=Stage.TLS)


def canned_stages():
    from core.reports.report import StageResult

    return [
        StageResult(
            stage=stage,
            status=StageStatus.FAILED if stage is Stage.TLS else StageStatus.PASSED,
            duration_ms=1.0,
            summary="",
            proves="",
            does_not_prove="",
        )
        for stage in Stage
    ]


class TestOffered:
    def test_the_menu_opens_it_for_the_server_that_is_typed_in(self, qtbot, window):
        window.check_page.form.set_value("server", "smtp.example.com")
        action = next(
            action for action in window.findChildren(type(window.menus.run)) if action.objectName() == "measure-mtu"
        )
        action.trigger()
        dialog = window.findChild(MtuDialog)
        assert dialog.server.text() == "smtp.example.com"
        assert not dialog.busy
        dialog.close()

    def test_a_measurement_of_the_window_is_kept_in_the_history(self, qtbot, window, way):
        way(FakeWay(1400))
        window.check_page.form.set_value("server", "smtp.example.com")
        with qtbot.waitSignal(window.keeper.kept) as kept:
            window.measure_mtu(at_once=True)
        (entry,) = kept.args
        assert (entry.kind, entry.outcome, entry.server) == ("mtu", "black-hole", "smtp.example.com")
        assert (outcome_words(entry), look_of_entry(entry)[0]) == ("black hole", "failed")
        window.findChild(MtuDialog).close()

    def test_what_the_check_has_measured_itself_is_shown_at_once(self, window):
        report = silent_report(packet_size_suspected=True)
        evidence = {"path_mtu": msgspec.to_builtins(measured(FakeWay(1400)))}
        window.controller.report = msgspec.structs.replace(report, evidence=evidence)
        window.measure_mtu()
        dialog = window.findChild(MtuDialog)
        assert not dialog.busy
        assert dialog.title.text() == "Black hole above 1400"
        assert dialog.run_button.text() == "Measure again"
        dialog.close()

    def test_the_verdict_offers_it_after_a_silence_and_measures_at_once(self, qtbot, window, way):
        way(FakeWay(1400))
        verdict = window.check_page.verdict
        verdict.show_report(canned.report_of(canned_stages()))
        assert verdict.measure_mtu.isHidden()
        report = silent_report(packet_size_suspected=True)
        window.controller.report = report
        verdict.show_report(report)
        assert not verdict.measure_mtu.isHidden()
        verdict.measure_mtu.click()
        dialog = window.findChild(MtuDialog)
        assert dialog.server.text() == report.target.server
        wait_for_result(qtbot, dialog)
        assert dialog.title.text() == "Black hole above 1400"
        dialog.close()
