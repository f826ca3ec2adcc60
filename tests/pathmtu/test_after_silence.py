"""When a check measures by itself, and what it makes of the measurement."""

from __future__ import annotations

import socket
from dataclasses import replace

import msgspec
import pytest

from core.pathmtu.after_silence import (
    finding_of,
    handshake_proof,
    measured_in,
    silence_suspects_size,
    values_of,
    worth_measuring,
)
from core.reports.report import StageResult
from core.request import FormValues, parse
from core.session.check import Check
from core.stages import Stage, StageStatus
from tests.pathmtu.big_server import make_certificate, serving
from tests.pathmtu.fakes import FakeWay, measured


@pytest.mark.parametrize(
    ("stage", "signs", "tls_error", "due"),
    [
        (Stage.TLS, (), "timed-out", True),
        (Stage.TLS, (), "closed", False),
        (Stage.EHLO_TLS, ("silence",), None, True),
        (Stage.MESSAGE, ("silence",), None, True),
        (Stage.DATA, ("closed",), None, False),
        (Stage.RCPT_TO, ("silence",), None, False),
        (Stage.BANNER, ("silence",), None, False),
        (None, ("silence",), None, False),
    ],
)
def test_only_a_silence_where_large_packets_were_due_is_measured(stage, signs, tls_error, due):
    assert silence_suspects_size(stage, signs, tls_error) is due


def test_within_this_computer_there_is_no_way_to_measure():
    assert not worth_measuring("127.0.0.1")
    assert not worth_measuring("::1")
    assert worth_measuring("203.0.113.2")
    assert worth_measuring("fe80::1%eth0")


async def test_a_silent_server_of_this_computer_is_noted_and_not_measured(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    form = FormValues(
        server="127.0.0.1",
        port=str(listener.getsockname()[1]),
        security="starttls",
        sender="scanner@contoso.com",
        recipients=("anna@contoso.com",),
        dns_evidence=False,
    )
    request = parse(form).request
    assert request is not None
    with serving(listener, make_certificate(tmp_path, "127.0.0.1"), silent=True):
        report = await Check(replace(request, timeout=0.5)).run()
    assert report.failed_stage is Stage.TLS
    assert report.stage(Stage.TLS).details["packet_size_suspected"] is True
    assert "path_mtu" not in report.evidence
    assert not [finding for finding in report.findings if finding.topic == "path-mtu"]


def tls_result(status: StageStatus, **details) -> StageResult:
    return StageResult(
        stage=Stage.TLS, status=status, duration_ms=1.0, summary="", proves="", does_not_prove="", details=details
    )


def test_a_handshake_proves_something_only_when_it_was_finished():
    proof = handshake_proof(tls_result(StageStatus.PASSED, certificate_bytes=4200, largest_packet=1492))
    assert proof is not None
    assert (proof.certificate_bytes, proof.largest_packet) == (4200, 1492)
    assert handshake_proof(tls_result(StageStatus.FAILED, certificate_bytes=4200)) is None
    assert handshake_proof(tls_result(StageStatus.PASSED)) is None
    assert handshake_proof(tls_result(StageStatus.PASSED, certificate_bytes="many", largest_packet=True)) is None
    assert handshake_proof(None) is None


def test_the_finding_names_the_size_and_its_source():
    finding = finding_of(measured(FakeWay(1400)), Stage.TLS)
    assert (finding.severity, finding.topic) == ("info", "path-mtu")
    assert finding.title == "Packet size (MTU): Black hole above 1400"
    assert "ICMP echo from this computer to 203.0.113.2" in finding.text
    assert "1360" not in finding.text
    assert finding_of(measured(FakeWay(1000, says=True)), Stage.TLS).severity == "warning"


def test_where_the_verdict_does_not_name_a_black_hole_the_finding_warns():
    finding = finding_of(measured(FakeWay(1400)), Stage.EHLO_TLS)
    assert finding.severity == "warning"
    assert "1360" in finding.text


def test_the_values_for_texts():
    assert values_of(measured(FakeWay(1400))) == {"path_mtu": "1400", "path_mss": "1360"}
    assert values_of(measured(FakeWay(1500, filtered=True))) == {}


def test_a_measurement_is_read_back_from_a_report():
    from tests.gui import canned

    result = measured(FakeWay(1400))
    report = canned.report_of([])
    assert measured_in(report) is None
    assert measured_in(msgspec.structs.replace(report, evidence={"path_mtu": {"schema": "other"}})) is None
    assert measured_in(msgspec.structs.replace(report, evidence={"path_mtu": msgspec.to_builtins(result)})) == result
