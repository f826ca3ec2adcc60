"""The seal: an unchanged file is known as such, each change is seen, and nothing that is opened makes it fail."""

from __future__ import annotations

import json

import msgspec
import pytest

from core.practice.rehearsal import rehearse
from core.reports.redaction import redact
from core.reports.report import from_json, to_json
from core.reports.seal import SealState, check, seal
from core.session.check import Check


@pytest.fixture
async def report():
    async with rehearse("spamhaus-block") as request:
        return await Check(request).run()


async def test_a_report_is_sealed_as_it_is_written(report):
    assert report.proof.report_sha256 == seal(report)
    assert check(to_json(report)) is SealState.INTACT
    assert check(to_json(report, indent=0).encode()) is SealState.INTACT, "spaces are not contents"
    assert check(to_json(from_json(to_json(report)))) is SealState.INTACT


async def test_another_program_can_take_the_seal_again(report):
    document = json.loads(to_json(report))
    found = document["proof"].pop("report_sha256")
    import hashlib

    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode("utf-8")).hexdigest() == found


async def test_a_changed_word_is_seen(report):
    assert check(to_json(report).replace("blocked using Spamhaus", "all is well", 1)) is SealState.CHANGED
    document = json.loads(to_json(report))
    document["a new field"] = 1
    assert check(json.dumps(document)) is SealState.CHANGED
    document = json.loads(to_json(report))
    document["duration_ms"] += 0.1
    assert check(json.dumps(document)) is SealState.CHANGED


async def test_a_name_that_stands_twice_is_a_change(report):
    text = to_json(report).replace('"outcome": "stopped"', '"outcome": "accepted", "outcome": "stopped"', 1)
    assert json.loads(text)["outcome"] == "stopped"
    assert check(text) is SealState.CHANGED


async def test_without_a_seal_nothing_is_claimed(report):
    document = json.loads(to_json(report))
    del document["proof"]["report_sha256"]
    assert check(json.dumps(document)) is SealState.ABSENT
    assert check("{}") is SealState.ABSENT
    assert check("[1]") is SealState.ABSENT


async def test_a_copy_without_names_has_its_own_seal(report):
    copy = redact(report)
    assert copy.proof.report_sha256 != report.proof.report_sha256
    assert check(to_json(copy)) is SealState.INTACT
    assert check(to_json(msgspec.structs.replace(copy, duration_ms=1.0))) is SealState.CHANGED


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[" * 100_000, b"\xff\xfe\x00", '{"proof": {"report_sha256": 7}}', "1" * 10_000,
     '{"proof": {"report_sha256": "' + "a" * 64 + '"}, "x": NaN}', '{"proof": {"report_sha256": "' + "a" * 64
     + '"}, "x": "\\ud800"}'],
)  # fmt: skip
def test_what_is_no_report_never_makes_it_fail(text):
    assert check(text) is SealState.CHANGED
