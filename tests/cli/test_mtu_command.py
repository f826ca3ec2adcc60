"""`sendproof mtu` without a network: what is typed wrong, and what a report adds."""

from __future__ import annotations

import json
from functools import partial

import pytest

from core.cli.main import main
from core.history.store import History
from core.pathmtu.document import from_json
from core.pathmtu.echo import NoRoute
from core.pathmtu.measure import measure
from tests.pathmtu.fakes import FakeWay

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture
def no_network(monkeypatch):
    """Let nothing leave: names resolve to an example address, and the way there is made up."""

    async def look_up(server, limit):
        return ["203.0.113.2", "2001:db8::2"]

    monkeypatch.setattr("core.session.dialling.system_lookup", look_up)
    monkeypatch.setattr("core.pathmtu.running.measure", partial(measure, opener=lambda _: FakeWay(1500)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a b"], "There is a space"),
        (["https://mail.example.com"], "without “…://” in front"),
        (["mail.example.com", "--max", "100"], "--max: “100” is no packet size: 576 to 9000 bytes."),
        (["mail.example.com", "--max", "1e3"], "--max: “1e3” is no packet size"),
        (["mail.example.com", "--timeout", "0"], "--timeout: “0” is no time: 1 to 120 seconds."),
        (["mail.example.com", "--timeout", "nan"], "--timeout: “nan” is no time"),
        (["mail.example.com", "--report", "no-such-file.json"], "“no-such-file.json”: The file is not there any more"),
        (["mail.example.com", "--output", "/no/such/folder/x"], "can't be written to"),
    ],
)
def test_what_is_unusable_is_told_before_anything_is_sent(arguments, words, capsys):
    assert main(["mtu", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_measurement_is_kept_in_the_history_and_read_there_as_text(history_folder, capsys):
    assert main(["mtu", "mail.example.com", "--no-history"]) == 0
    assert not list(history_folder.glob("*.json"))
    assert main(["mtu", "mail.example.com", "--client", "Contoso"]) == 0
    (entry,) = History().entries()
    assert (entry.kind, entry.outcome, entry.client) == ("mtu", "fine", "Contoso")
    capsys.readouterr()
    assert main(["history", "show", entry.id]) == 0
    assert "Packet size (path MTU) to mail.example.com" in capsys.readouterr().out


def test_a_measurement_in_text(capsys):
    assert main(["mtu", "mail.example.com"]) == 0
    out = capsys.readouterr().out
    assert "✓  1500 bytes: came back" in out
    assert "✓ 1500: nothing is lost" in out
    assert "To mail.example.com (203.0.113.2)." in out


def test_into_a_file(tmp_path, capsys):
    path = tmp_path / "mtu.json"
    assert main(["mtu", "mail.example.com", "--ip", "6", "--format", "json", "--output", str(path)]) == 0
    result = from_json(path.read_bytes())
    assert (result.server, result.address, result.mtu) == ("mail.example.com", "2001:db8::2", 1500)
    text = tmp_path / "mtu.txt"
    assert main(["mtu", "mail.example.com", "--output", str(text)]) == 0
    assert "Sizes tried (whole IP packets)" in text.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_where_one_ip_version_leads_nowhere_the_other_is_measured(monkeypatch, capsys):
    def opener(address):
        if ":" not in address:
            raise NoRoute("no route")
        return FakeWay(1500)

    monkeypatch.setattr("core.pathmtu.running.measure", partial(measure, opener=opener))
    assert main(["mtu", "mail.example.com"]) == 0
    assert "(2001:db8::2)" in capsys.readouterr().out
    assert main(["mtu", "mail.example.com", "--ip", "4"]) == 3
    assert "there is no way to mail.example.com" in capsys.readouterr().out


class TestReport:
    @pytest.fixture
    def report(self, tmp_path, capsys):
        path = tmp_path / "report.json"
        assert main(["check", "--practice", "submission-ok", "--format", "json", "--output", str(path)]) == 0
        capsys.readouterr()
        return path

    def test_what_its_handshake_proves_stands_in_the_result(self, report, capsys):
        server = json.loads(report.read_text())["target"]["server"]
        assert main(["mtu", server, "--report", str(report), "--format", "json"]) == 0
        handshake = json.loads(capsys.readouterr().out)["handshake"]
        assert handshake["certificate_bytes"] > 500
        assert "TLS handshake with this server was finished" in handshake["text"]

    def test_a_report_about_another_server_proves_nothing(self, report, capsys):
        assert main(["mtu", "mail.example.com", "--report", str(report)]) == 2
        assert "is about another server" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('{"schema": "other"}', "This is not a report of this program."),
            ('{"schema": "sendproof.mtu/1", "started_at": "2026-11-25T10:00:00+00:00"}', "holds no check"),
            ('{"schema":"sendproof.report/1","tool":' + '{"a":' * 100_000 + "1" + "}" * 100_001, "nested deeper"),
            ("binary\0" * 100, "This is not a report of this program, or it is damaged."),
        ],
    )
    def test_something_that_is_no_report(self, tmp_path, capsys, text, words):
        path = tmp_path / "other.json"
        path.write_text(text)
        assert main(["mtu", "mail.example.com", "--report", str(path)]) == 2
        assert words in capsys.readouterr().err

    def test_a_report_without_stages_proves_nothing(self, report, capsys):
        held = json.loads(report.read_text())
        report.write_text(json.dumps(held | {"stages": []}))
        server = held["target"]["server"]
        assert main(["mtu", server, "--report", str(report), "--format", "json"]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["handshake"] is None
        assert "was changed after it was made" in said.err

    def test_an_editor_may_have_put_a_byte_order_mark_in_front(self, report, capsys):
        server = json.loads(report.read_text())["target"]["server"]
        report.write_text(report.read_text(), encoding="utf-8-sig")
        assert main(["mtu", server, "--report", str(report)]) == 0
        assert "changed" not in capsys.readouterr().err
