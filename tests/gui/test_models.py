"""Stages and transcript as rows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from core.session.events import LineRecorded, StageStarted
from core.session.transcript import Line, render
from core.stages import Stage, StageStatus, order
from gui.models.everyday_steps import everyday_steps
from gui.models.stages import DetailRole, StageModel, StateRole
from gui.models.transcript import Kind, TranscriptModel, fold_text, plain_text
from tests.gui.canned import EHLO, REFUSAL, Script


@pytest.fixture
def model(themed):
    made = TranscriptModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return made


def lines(texts, *, stage=Stage.EHLO, direction="server"):
    return [Line(number, number * 1.5, stage, direction, False, text) for number, text in enumerate(texts, 1)]


def shown(model):
    return [model.row(number) for number in range(model.rowCount())]


def test_a_long_reply_is_folded_and_opens(model):
    model.append(lines(EHLO))
    rows = shown(model)
    assert [row.kind for row in rows] == [Kind.LINE] * 3 + [Kind.FOLD]
    assert [line.text for line in rows[3].hidden] == list(EHLO[3:])
    assert "5 more lines" in fold_text(rows[3])
    model.set_open(3, opened=True)
    assert [row.text for row in shown(model) if row.kind is Kind.LINE] == list(EHLO)
    model.set_open(3, opened=False)
    assert model.rowCount() == 4


@pytest.mark.parametrize("size", range(1, len(EHLO) + 1))
def test_batches_fold_as_single_lines_do(model, size):
    made = lines(EHLO)
    for start in range(0, len(made), size):
        model.append(made[start : start + size])
    assert model.rowCount() == 4
    assert len(model.row(3).hidden) == 5


def test_nothing_is_folded_for_one_line_only(model):
    model.append(lines(["250-a", "250-b", "250-c", "250 d"]))
    assert [row.kind for row in shown(model)] == [Kind.LINE] * 4


def test_two_replies_do_not_fold_together(model):
    model.append(lines(["250-a", "250 b"]))
    model.append(lines(["250-c", "250 d"]))
    assert model.rowCount() == 4


def test_a_fold_that_is_open_grows(model):
    model.append(lines(["250-a", "250-b", "250-c", "250-d", "250-e"]))
    model.set_open(3, opened=True)
    model.append(lines(["250-f", "250 g"]))
    assert [row.text for row in shown(model) if row.kind is Kind.LINE] == [f"250-{x}" for x in "abcdef"] + ["250 g"]
    model.set_open(3, opened=False)
    assert model.rowCount() == 4


def test_the_failing_reply_is_marked_not_the_farewell(model):
    model.append(lines(["RCPT TO:<maria@contoso.com>"], stage=Stage.RCPT_TO, direction="client"))
    model.append(lines([REFUSAL], stage=Stage.RCPT_TO))
    number = model.mark_failed(Stage.RCPT_TO)
    model.append(lines(["221 Bye"], stage=Stage.RCPT_TO))
    assert model.row(number).text == REFUSAL
    assert [row.failed for row in shown(model)] == [False, True, False]
    assert model.first_failed_row() == number


def test_the_message_that_would_be_refused_is_marked_not_the_farewell(model):
    model.append(lines(["DATA", "(message, 26 octets)", "QUIT"], stage=Stage.MESSAGE, direction="client"))
    assert model.row(model.mark_line(Stage.MESSAGE, "client")).text == "(message, 26 octets)"
    assert model.mark_line(Stage.AUTH, "client") == -1


def test_of_several_recipients_the_refused_one_is_marked(model):
    model.append(lines(["250 2.1.5 one", REFUSAL, "250 2.1.5 three"], stage=Stage.RCPT_TO))
    assert model.row(model.mark_failed(Stage.RCPT_TO)).text == REFUSAL


def test_all_lines_of_a_failing_multiline_reply_are_marked_and_unfolded(model):
    reply = [f"550-5.7.1 line {number}" for number in range(6)] + ["550 5.7.1 end"]
    model.append(lines(reply, stage=Stage.RCPT_TO))
    first = model.mark_failed(Stage.RCPT_TO)
    assert first == 0
    assert [row.text for row in shown(model) if row.failed and row.kind is Kind.LINE] == reply


def test_a_stage_that_fails_without_a_reply_marks_its_last_word(model):
    model.append(lines(["Connecting …", "Refused"], stage=Stage.CONNECT, direction="note"))
    assert model.row(model.mark_failed(Stage.CONNECT)).text == "Refused"
    assert model.mark_failed(Stage.DATA) == -1


def test_find_sees_folded_lines_and_any_case(model):
    model.append(lines(EHLO))
    found = model.find("smtputf8")
    assert [model.row(number).text for number in found] == ["250 SMTPUTF8"]
    assert model.find("") == []
    assert model.find("nowhere") == []


def test_copied_text_has_the_folded_lines_and_says_who_and_how(model):
    script = Script()
    script.exchange(Stage.EHLO, "EHLO x", EHLO, encrypted=True)
    model.append([event.line for event in script.events if isinstance(event, LineRecorded)])
    text = plain_text(model.lines_of())
    assert len(text.splitlines()) == 1 + len(EHLO)
    assert "~C: EHLO x" in text
    assert "~S: 250 SMTPUTF8" in text


def test_hostile_text_stays_plain(model):
    hostile = "<b>bold</b><img src=x onerror=alert(1)> \x1b[31mred \u202egnp.exe"
    model.append(lines([render(hostile)]))
    text = model.data(model.index(0), Qt.ItemDataRole.DisplayRole)
    assert "<b>" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_screen_reader_hears_who_speaks(model):
    model.append(lines([REFUSAL], stage=Stage.RCPT_TO))
    model.mark_failed(Stage.RCPT_TO)
    spoken = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    for word in ("RCPT TO", "server", "failed", "Spamhaus"):
        assert word in spoken


def test_stages_run_end_and_say_so(themed):
    model = StageModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert model.rowCount() == 12
    assert model.index(0).data(StateRole) == "idle"
    script = Script()
    model.start(StageStarted("run", 0, Stage.DNS, "the address", 20))
    assert model.running is Stage.DNS
    assert model.index(0).data(StateRole) == "running"
    script.end(Stage.DNS)
    script.end(Stage.CONNECT, StageStatus.FAILED)
    model.end(script.results[Stage.DNS])
    model.end(script.results[Stage.CONNECT], "550 5.7.1")
    assert model.running is None
    assert model.index(0).data(DetailRole) == "31 ms"
    assert model.index(1).data(DetailRole) == "550 5.7.1"
    spoken = model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "failed" in spoken
    assert "550 5.7.1" in spoken


def test_settings_only_show_when_they_are_the_trouble(themed):
    model = StageModel()
    script = Script()
    script.end(Stage.SETTINGS)
    model.end(script.results[Stage.SETTINGS])
    assert model.row_of(Stage.SETTINGS) == -1
    script.end(Stage.SETTINGS, StageStatus.FAILED)
    model.end(script.results[Stage.SETTINGS])
    assert model.row_of(Stage.SETTINGS) == 0


def test_implicit_tls_stands_after_connect(themed):
    model = StageModel()
    model.reset(order(implicit_tls=True))
    assert model.row_of(Stage.TLS) == model.row_of(Stage.CONNECT) + 1


def walked(**states):
    model = StageModel()
    script = Script()
    for name, status in states.items():
        script.end(Stage[name], status)
        model.end(script.results[Stage[name]])
    return [step.state for step in everyday_steps(model, "maria@contoso.com", signs_in=False)]


def test_everyday_steps_fold_the_stages(themed):
    passed, failed, skipped, never = (
        StageStatus.PASSED,
        StageStatus.FAILED,
        StageStatus.SKIPPED,
        StageStatus.NOT_REACHED,
    )
    reached = {"SETTINGS": passed, "DNS": passed, "CONNECT": passed, "BANNER": passed, "EHLO": passed}
    safe = {"STARTTLS": passed, "TLS": StageStatus.WARNING, "EHLO_TLS": passed}
    assert walked() == ["idle"] * 4
    assert walked(DNS=passed) == ["running", "idle", "idle", "idle"]
    assert walked(**reached) == ["passed", "idle", "idle", "idle"]
    assert walked(**reached, **safe)[:2] == ["passed", "warning"]
    assert walked(**reached, STARTTLS=skipped, TLS=skipped, EHLO_TLS=skipped)[1] == "skipped"
    end = {"AUTH": skipped, "MAIL_FROM": passed, "RCPT_TO": failed, "DATA": never, "MESSAGE": never}
    assert walked(**reached, **safe, **end) == ["passed", "warning", "failed", "not-reached"]
    assert walked(DNS=failed, CONNECT=never, BANNER=never, EHLO=never, STARTTLS=never, TLS=never, EHLO_TLS=never)[
        :2
    ] == ["failed", "not-reached"]
