"""Stage × fault: wherever a server misbehaves, the check ends in time, at the right stage, with a cause that fits.

One healthy scenario (submission with sign-in, message sent) is bent at one point each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace

import jsonschema
import msgspec
import pytest

from core.practice.load import load_scenario
from core.practice.model import Fault, FaultKind, Point
from core.reports.report import json_schema, to_json
from core.request import Endpoint, FormValues, parse
from core.session.check import Check
from core.session.events import CheckFinished, LineRecorded, StageEnded, StageStarted
from core.stages import Outcome, Stage, StageStatus

POINTS = [
    Point.GREETING,
    Point.EHLO,
    Point.STARTTLS,
    Point.TLS,
    Point.EHLO_TLS,
    Point.AUTH,
    Point.MAIL_FROM,
    Point.RCPT_TO,
    Point.DATA,
    Point.MESSAGE,
]
PATIENCE = 0.6
"""Seconds the check waits for a reply in the cells whose server goes silent."""

TLS_KINDS = {"close", "reset", "silence", "rubbish", "http", "overlong", "endless"}

FAULTS = {
    "close": Fault(kind=FaultKind.CLOSE),
    "reset": Fault(kind=FaultKind.RESET),
    "silence": Fault(kind=FaultKind.SILENCE),
    "drip": Fault(kind=FaultKind.DRIP, ms=50),
    "rubbish": Fault(kind=FaultKind.RUBBISH),
    "endless": Fault(kind=FaultKind.ENDLESS),
    "overlong": Fault(kind=FaultKind.OVERLONG),
    "http": Fault(kind=FaultKind.HTTP),
    "4xx": Fault(kind=FaultKind.REPLY, text="451 4.3.0 Try again later"),
    "5xx": Fault(kind=FaultKind.REPLY, text="554 5.0.0 Transaction failed"),
    "unexpected-2xx": Fault(kind=FaultKind.REPLY, text="299 2.9.9 All is well"),
}

CAUSES = {
    "close": {
        "connection-reset",
        "response-unusable",
        "idle-timeout",
        "greeting-timeout",
        "greeting-rejected",
        "tls-handshake-dropped",
        "service-unavailable-temporary",
        "tls-on-connect-expected",
    },
    "reset": {"connection-reset", "tls-handshake-dropped"},
    "silence": {"greeting-timeout", "response-unusable", "tls-handshake-dropped", "idle-timeout"},
    "drip": {"response-unusable", "greeting-timeout"},
    "rubbish": {"response-unusable", "not-an-smtp-server", "tls-handshake-dropped"},
    "endless": {"response-unusable", "tls-handshake-dropped", "not-an-smtp-server"},
    "overlong": {"response-unusable", "tls-handshake-dropped", "not-an-smtp-server"},
    "http": {"not-an-smtp-server", "response-unusable", "tls-handshake-dropped"},
}
"""Which causes are sensible; a refusal in words (4xx, 5xx) is judged by the knowledge's own tests."""

CELLS = [(point, name) for point in POINTS for name in FAULTS if point is not Point.TLS or name in TLS_KINDS]

PASSES_ALL_THE_SAME = {Point.MAIL_FROM, Point.RCPT_TO, Point.MESSAGE}
"""Where the first digit of an unknown 2yz code is enough to go on (RFC 5321 §4.2.1)."""


@pytest.fixture(scope="module")
def schema():
    return json_schema()


@pytest.mark.parametrize(("point", "name"), CELLS, ids=lambda value: str(value))
async def test_cell(play, point, name, schema):
    scenario = load_scenario("submission-ok").with_fault(point, FAULTS[name])
    quiet = name in {"silence", "drip"}
    limit = PATIENCE if quiet else 20.0
    began = time.monotonic()
    played = await play(scenario, timeout=limit, deadline=30.0, send=True)
    took = time.monotonic() - began
    report = played.report

    jsonschema.validate(msgspec.json.decode(to_json(report)), schema)
    statuses = {result.stage: result.status for result in report.stages}
    if name == "unexpected-2xx" and point in PASSES_ALL_THE_SAME:
        assert report.outcome is Outcome.ACCEPTED
        assert statuses[point.stage] is StageStatus.WARNING
    else:
        assert report.failed_stage is point.stage
        assert report.outcome is (Outcome.DEFERRED if name == "4xx" else Outcome.STOPPED)
        before = report.stages[: [r.stage for r in report.stages].index(point.stage)]
        assert all(result.status in {StageStatus.PASSED, StageStatus.WARNING} for result in before)
        after = report.stages[[r.stage for r in report.stages].index(point.stage) + 1 :]
        assert all(result.status is StageStatus.NOT_REACHED for result in after)
        if name in CAUSES:
            assert report.diagnosis.cause in CAUSES[name], report.diagnosis
    # Generous: what is tested is that a limit exists, not how fast this machine is.
    assert took < (limit + 6 if quiet else 15)
    assert isinstance(played.events[-1], CheckFinished)
    assert sum(isinstance(event, CheckFinished) for event in played.events) == 1
    ended = [event.result.stage for event in played.events if isinstance(event, StageEnded)]
    assert sorted(ended) == sorted(Stage)
    started = [event.stage for event in played.events if isinstance(event, StageStarted)]
    assert started == ended[: len(started)]


@pytest.mark.parametrize("name", ["endless", "overlong"])
async def test_a_flood_costs_little_memory(play, name):
    import tracemalloc

    scenario = load_scenario("submission-ok").with_fault(Point.EHLO, FAULTS[name])
    tracemalloc.start()
    try:
        played = await play(scenario)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert played.report.failed_stage is Stage.EHLO
    assert len(played.report.transcript) < 5_000
    assert peak < 64 * 1024 * 1024


async def test_unasked_lines_are_kept_and_never_taken_for_an_answer(play):
    extra = Fault(kind=FaultKind.EXTRA, after=("550 5.7.1 nobody asked",))
    played = await play(load_scenario("submission-ok").with_fault(Point.EHLO, extra))
    assert played.report.outcome is Outcome.ACCEPTED
    unasked = [line for line in played.report.transcript if "nobody asked" in line.text]
    assert [line.unexpected for line in unasked] == [True]


async def test_the_last_words_before_a_server_hangs_up_are_its_reason(play):
    """RFC 5321 §3.8: 421 may come unasked, right before the connection is closed."""
    last = Fault(kind=FaultKind.EXTRA, after=("421 4.7.0 Too many connections from your address",))
    scenario = load_scenario("submission-ok").with_fault(Point.EHLO_TLS, last)
    played = await play(scenario.with_fault(Point.AUTH, Fault(kind=FaultKind.CLOSE)))
    report = played.report
    assert report.failed_stage is Stage.AUTH
    assert report.outcome is Outcome.DEFERRED
    assert report.diagnosis.cause in {"rate-limited", "service-unavailable-temporary"}
    assert any("Too many connections" in item.text for item in report.diagnosis.evidence)


async def test_unasked_lines_of_an_earlier_stage_are_no_last_words(play):
    """Who answered in between has not hung up over them."""
    extra = Fault(kind=FaultKind.EXTRA, after=("421 4.7.0 Too many connections from your address",))
    scenario = load_scenario("submission-ok").with_fault(Point.EHLO_TLS, extra)
    played = await play(scenario.with_fault(Point.MAIL_FROM, Fault(kind=FaultKind.CLOSE)))
    assert played.report.failed_stage is Stage.MAIL_FROM
    assert played.report.diagnosis.cause == "connection-reset"


async def test_unasked_lines_before_starttls_are_no_injection(play):
    extra = Fault(kind=FaultKind.EXTRA, after=("250 nobody asked",))
    played = await play(load_scenario("submission-ok").with_fault(Point.EHLO, extra))
    assert played.report.stage(Stage.STARTTLS).status is StageStatus.PASSED
    assert not any(finding.topic == "injected-before-tls" for finding in played.report.findings)


async def test_a_very_long_reply_ends_with_its_last_line(play):
    text = "\r\n".join(["250-X"] * 3_000 + ["250 mail.contoso.com"])
    played = await play(
        load_scenario("submission-ok").with_fault(Point.MAIL_FROM, Fault(kind=FaultKind.REPLY, text=text))
    )
    assert played.report.stage(Stage.MAIL_FROM).status is StageStatus.PASSED


async def check_against(serve, **form):
    """Check a server that `serve` plays, by a callback of asyncio.start_server, without encryption."""
    typed = {"server": "mail.contoso.com", "security": "none", "sender": "scanner@contoso.com"}
    parsed = parse(FormValues(**typed | {"recipients": ("office@contoso.com",)} | form))
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        dial = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        return await Check(replace(parsed.request, dial=dial, dns_evidence=False)).run()


@pytest.mark.parametrize("code", ["250 2.0.0 queued as 12345678", "552 5.3.4 too large"])
async def test_an_answer_before_the_message_has_ended(code):
    """The message is still open then: no final dot was sent, and RSET would become a line of it."""
    heard = bytearray()

    async def serve(reader, writer):
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            writer.write(b"220 mail.contoso.com\r\n")
            while line := await reader.readline():
                writer.write(b"354 go on\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")
                if line == b"DATA\r\n":
                    await reader.readexactly(1_000)
                    writer.write(code.encode() + b"\r\n")
                    while data := await reader.read(65_536):
                        heard.extend(data)

    report = await check_against(serve, send=True, attach_size="20M")
    assert report.failed_stage is Stage.MESSAGE
    sent = [line.text for line in report.transcript if line.direction == "client"]
    assert sent[-1].startswith("(message, ")
    assert not heard.endswith((b"QUIT\r\n", b"\r\n.\r\n"))


async def test_bytes_injected_before_the_handshake_are_evidence_and_thrown_away(play):
    inject = Fault(kind=FaultKind.INJECT, text="550 5.7.1 injected")
    played = await play(load_scenario("submission-ok").with_fault(Point.STARTTLS, inject))
    report = played.report
    assert report.stage(Stage.STARTTLS).status is StageStatus.WARNING
    assert any(finding.topic == "injected-before-tls" for finding in report.findings)
    assert [line.unexpected for line in report.transcript if "injected" in line.text] == [True]
    assert report.outcome is Outcome.ACCEPTED


async def test_a_reply_in_odd_pieces_is_one_reply(play):
    for point in (Point.GREETING, Point.EHLO, Point.EHLO_TLS, Point.RCPT_TO):
        split = Fault(kind=FaultKind.SPLIT)
        played = await play(load_scenario("submission-ok").with_fault(point, split))
        assert played.report.outcome is Outcome.ACCEPTED


async def test_the_deadline_ends_a_check_whose_single_replies_are_in_time(play):
    slow = load_scenario("submission-ok").with_delay(300)
    played = await play(slow, timeout=20.0, deadline=1.0)
    report = played.report
    assert report.outcome is Outcome.STOPPED
    assert report.failed_stage is not None
    assert "1 second" in report.stage(report.failed_stage).summary


@pytest.mark.parametrize("stage", [Stage.BANNER, Stage.EHLO, Stage.TLS, Stage.AUTH, Stage.RCPT_TO])
async def test_cancel_at_any_stage_leaves_a_report(play, stage):
    point = {Stage.BANNER: Point.GREETING}.get(stage) or Point(stage.value)
    scenario = load_scenario("submission-ok").with_fault(point, FAULTS["silence"])

    def cancel(check, event):
        if isinstance(event, StageStarted) and event.stage is stage:
            check.cancel()

    began = time.monotonic()
    played = await play(scenario, timeout=20.0, on_event=cancel)
    assert time.monotonic() - began < 5
    report = played.report
    assert report.outcome is Outcome.CANCELLED
    assert report.failed_stage is None
    assert report.stage(stage).status is StageStatus.NOT_REACHED
    assert report.stage(Stage.CONNECT).status is StageStatus.PASSED
    assert isinstance(played.events[-1], CheckFinished)


@pytest.mark.parametrize(
    ("scenario", "outcome"), [("spamhaus-block", Outcome.STOPPED), ("submission-ok", Outcome.ACCEPTED)]
)
async def test_a_cancel_during_the_goodbye_loses_no_verdict(play, scenario, outcome):
    def on_event(check, event):
        if isinstance(event, LineRecorded) and event.line.text == "RSET":
            check.cancel()

    played = await play(load_scenario(scenario), on_event=on_event)
    assert played.report.outcome is outcome
    assert any(line.text == "RSET" for line in played.report.transcript)


async def test_a_hang_up_at_the_second_recipient_keeps_the_answer_to_the_first():
    async def serve(reader, writer):
        with contextlib.closing(writer):
            writer.write(b"220 mail.contoso.com\r\n")
            while (line := await reader.readline()) and b"<customer@" not in line:
                writer.write(b"250 ok\r\n")

    report = await check_against(serve, recipients=("office@contoso.com", "customer@example.com"))
    assert report.failed_stage is Stage.RCPT_TO
    answers = report.stage(Stage.RCPT_TO).details["recipients"]
    assert [(answer["address"], answer["accepted"]) for answer in answers] == [("office@contoso.com", True)]


async def test_a_senseless_answer_to_a_recipient_is_no_refusal():
    async def serve(reader, writer):
        with contextlib.closing(writer):
            writer.write(b"220 mail.contoso.com\r\n")
            while line := await reader.readline():
                writer.write(b"354 ok\r\n" if line.startswith(b"RCPT") else b"250 ok\r\n")

    report = await check_against(serve)
    assert report.diagnosis.cause == "response-unusable"
    assert "makes no sense" in report.stage(Stage.RCPT_TO).summary
