"""The measurement on real ways: routers that tell, routers that don't, filters, and a handshake that hangs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import pytest

from core.pathmtu.measure import Options, measure
from core.reports.redaction import redact
from core.reports.report import from_json, to_json
from core.reports.text import render_text
from core.request import FormValues, parse
from core.resource_files import resource_path
from core.session.check import Check
from core.stages import Stage, StageStatus
from tests.pathmtu.big_server import make_certificate, serving
from tests.pathmtu.way import ROUTER, ROUTER6, SERVER, SERVER6, Way

pytestmark = pytest.mark.netns

SENDPROOF = (sys.executable, "-m", "core", "mtu")


def measured(way: Way, address: str = SERVER, **options):
    with way.inside("client"):
        return measure("mail.example.com", address, Options(**options))


class TestMeasured:
    def test_1400_that_a_router_tells(self, way):
        with way(mtu=1400) as made:
            result = measured(made)
        assert (result.state, result.mtu, result.limit, result.outcome) == ("measured", 1400, "named", "fine")
        assert (result.named_by, result.named, result.interface_mtu) == (ROUTER, 1400, 1500)
        assert result.method == "ICMP datagram socket"
        assert result.signs == ("path-mtu-reduced",)

    def test_1400_that_nobody_tells_is_a_black_hole(self, way):
        with way(mtu=1400, black_hole=True) as made:
            result = measured(made)
        assert (result.state, result.mtu, result.limit, result.outcome) == ("measured", 1400, "silent", "black-hole")
        assert result.named_by is None
        assert result.title == "Black hole above 1400"
        assert result.signs == ("path-mtu-black-hole",)

    def test_1492_is_pppoe(self, way):
        with way(mtu=1492) as made:
            result = measured(made)
        assert (result.mtu, result.title, result.outcome) == (1492, "1492: PPPoE, fine", "fine")

    def test_1500_loses_nothing(self, way):
        with way() as made:
            result = measured(made)
        assert (result.mtu, result.limit, result.signs) == (1500, "none", ("path-mtu-full",))

    @pytest.mark.parametrize("black_hole", [False, True], ids=["told", "black-hole"])
    def test_ipv6(self, way, black_hole):
        with way(mtu=1400, black_hole=black_hole) as made:
            result = measured(made, SERVER6)
        assert (result.mtu, result.limit) == (1400, "silent" if black_hole else "named")
        assert result.named_by == (None if black_hole else ROUTER6)
        assert result.mss == 1340

    def test_this_computers_own_interface(self, way):
        with way() as made:
            made.ip("client", "link", "set", "c0", "mtu", "1420")
            result = measured(made)
        assert (result.mtu, result.limit, result.interface_mtu) == (1420, "here", 1420)

    def test_icmp_filtered(self, way):
        with way() as made:
            made.setting("server", "net/ipv4/icmp_echo_ignore_all", "1")
            result = measured(made)
        assert (result.state, result.outcome, result.signs) == ("filtered", "unknown", ())

    def test_where_no_datagram_socket_is_allowed_root_uses_a_raw_one(self, way):
        for black_hole, limit in ((False, "named"), (True, "silent")):
            with way(mtu=1400, black_hole=black_hole) as made:
                made.setting("client", "net/ipv4/ping_group_range", "1 0")
                result = measured(made)
            assert (result.mtu, result.limit, result.method) == (1400, limit, "raw ICMP socket")

    def test_no_way_there(self, way):
        with way() as made:
            assert measured(made, "192.0.2.1").state == "unreachable"
            made.ip("client", "route", "del", "default")
            assert measured(made).state == "unreachable"


def test_somebody_without_any_right_is_told_how_to_get_it(way):
    """Root without the right to raw sockets stands for an ordinary user, who may not read every Python."""
    with way() as made:
        made.setting("client", "net/ipv4/ping_group_range", "1 0")
        done = made.run(["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", *SENDPROOF, SERVER])
    assert done.returncode == 3, done.stderr
    assert f"ping_group_range='{os.getgid()} {os.getgid()}'" in " ".join(done.stdout.split())


class TestCommand:
    def test_text_and_status(self, way):
        with way(mtu=1400, black_hole=True) as made:
            done = made.run([*SENDPROOF, SERVER])
        assert done.returncode == 1, done.stderr
        assert "✗ Black hole above 1400" in done.stdout
        assert "1500 bytes: no answer" in done.stdout
        assert done.stderr == ""

    def test_json(self, way, tmp_path):
        with way(mtu=1492) as made:
            done = made.run([*SENDPROOF, SERVER, "--format", "json"])
            written = made.run([*SENDPROOF, SERVER, "--format", "json", "--output", str(tmp_path / "mtu.json")])
        assert (done.returncode, written.returncode) == (0, 0)
        document = json.loads(done.stdout)
        jsonschema.validate(document, json.loads(resource_path("schema", "mtu-1.json").read_bytes()))
        assert (document["schema"], document["mtu"], document["outcome"]) == ("sendproof.mtu/1", 1492, "fine")
        assert json.loads((tmp_path / "mtu.json").read_text())["mtu"] == 1492

    def test_filtered_is_status_3(self, way):
        with way() as made:
            made.setting("server", "net/ipv4/icmp_echo_ignore_all", "1")
            done = made.run([*SENDPROOF, SERVER])
        assert done.returncode == 3
        assert "answers no pings" in done.stdout

    def test_control_c_tells_what_is_known(self, way):
        with way(mtu=1400, black_hole=True) as made:
            words = ["ip", "netns", "exec", made.names["client"], *SENDPROOF, SERVER]
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    if "1500 bytes: no answer" in line:
                        break
                process.send_signal(signal.SIGINT)
                rest = process.stdout.read()
                assert process.wait(20) == 130
        assert "The measurement was cancelled" in rest


def listening(way: Way) -> socket.socket:
    with way.inside("server"):
        return socket.create_server((SERVER, 0))


def checked(way: Way, listener: socket.socket, pem: Path, **changes):
    """Check the server from the client's namespace."""
    form = FormValues(
        server=SERVER,
        port=str(listener.getsockname()[1]),
        security="starttls",
        sender="scanner@contoso.com",
        recipients=("anna@contoso.com",),
        ca_file=str(pem),
        dns_evidence=False,
        ehlo="copier.contoso.com",
    )
    request = parse(form).request
    assert request is not None
    request = replace(request, timeout=2.0, **changes)
    with way.inside("client"):
        return asyncio.run(Check(request).run())


class TestHangingHandshake:
    """A check by itself finds out why a handshake hangs, with a server whose certificate needs large packets."""

    @pytest.fixture
    def pem(self, tmp_path):
        return make_certificate(tmp_path, SERVER)

    def test_in_a_black_hole(self, way, pem):
        with way(mtu=1400, back=1400, black_hole=True) as made:
            listener = listening(made)
            with serving(listener, pem):
                report = checked(made, listener, pem)
        assert (report.failed_stage, report.diagnosis.cause) == (Stage.TLS, "tls-handshake-dropped")
        assert report.stage(Stage.TLS).details["packet_size_suspected"] is True
        found = report.evidence["path_mtu"]
        assert (found["schema"], found["mtu"], found["outcome"]) == ("sendproof.mtu/1", 1400, "black-hole")
        assert [finding.title for finding in report.findings if finding.topic == "path-mtu"] == [
            "Packet size (MTU): Black hole above 1400"
        ]
        diagnosis = report.diagnosis
        assert "get lost on the way" in diagnosis.title
        assert "1400" in diagnosis.summary
        assert "1400" in diagnosis.fixes[0].text
        assert "1360" in diagnosis.fixes[0].text
        assert "path-mtu" not in {ruled.cause for ruled in diagnosis.ruled_out}
        assert report.duration_ms < 9000
        schema = msgspec.json.decode(resource_path("schema", "report-1.json").read_bytes())
        jsonschema.validate(msgspec.json.decode(to_json(report)), schema)
        assert from_json(to_json(report)) == report
        assert "Black hole above 1400" in render_text(report)
        assert SERVER not in to_json(redact(report))

    def test_where_packets_of_full_size_pass_the_size_is_ruled_out(self, way, pem):
        with way() as made:
            listener = listening(made)
            with serving(listener, pem, silent=True):
                report = checked(made, listener, pem)
        assert (report.failed_stage, report.diagnosis.cause) == (Stage.TLS, "tls-handshake-dropped")
        assert report.evidence["path_mtu"]["mtu"] == 1500
        ruled = {entry.cause: entry for entry in report.diagnosis.ruled_out}
        assert "1500 bytes" in ruled["path-mtu"].because
        assert not [fix for fix in report.diagnosis.fixes if "MTU" in fix.text]

    def test_where_icmp_is_filtered_nothing_is_claimed(self, way, pem):
        with way() as made:
            made.setting("server", "net/ipv4/icmp_echo_ignore_all", "1")
            listener = listening(made)
            with serving(listener, pem, silent=True):
                report = checked(made, listener, pem)
        assert report.evidence["path_mtu"]["state"] == "filtered"
        assert "path-mtu" not in {entry.cause for entry in report.diagnosis.ruled_out}
        assert any("MTU" in fix.text for fix in report.diagnosis.fixes)

    def test_a_router_that_tells_lets_the_handshake_through(self, way, pem):
        with way(mtu=1400, back=1400) as made:
            listener = listening(made)
            with serving(listener, pem):
                report = checked(made, listener, pem)
        tls = report.stage(Stage.TLS)
        assert tls.status is StageStatus.PASSED, tls
        assert tls.details["certificate_bytes"] > 5000
        assert 1300 < tls.details["largest_packet"] <= 1400
        assert "path_mtu" not in report.evidence

    def test_within_the_deadline_and_ended_by_a_cancel(self, way, pem):
        with way(mtu=1400, back=1400, black_hole=True) as made:
            listener = listening(made)
            with serving(listener, pem):
                began = time.monotonic()
                report = checked(made, listener, pem, deadline=3.0)
                took = time.monotonic() - began
                cancelled = self.cancelled_while_measuring(made, listener, pem)
        assert took < 4.5
        assert report.evidence["path_mtu"]["state"] == "out-of-time"
        assert cancelled.failed_stage is Stage.TLS
        assert cancelled.evidence["path_mtu"]["state"] == "cancelled"

    @staticmethod
    def cancelled_while_measuring(way: Way, listener: socket.socket, pem: Path):
        form = FormValues(
            server=SERVER,
            port=str(listener.getsockname()[1]),
            security="starttls",
            sender="scanner@contoso.com",
            recipients=("anna@contoso.com",),
            ca_file=str(pem),
            dns_evidence=False,
        )
        request = parse(form).request
        assert request is not None

        async def run():
            def told(event):
                line = getattr(event, "line", None)
                if line is not None and "measuring the packet size" in line.text:
                    asyncio.get_running_loop().call_soon(check.cancel)

            check = Check(replace(request, timeout=1.0), told)
            return await check.run()

        with way.inside("client"):
            return asyncio.run(run())
