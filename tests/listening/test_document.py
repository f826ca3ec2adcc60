"""The document of a time of listening: what its schema promises, what comes back from it, how it is kept and told."""

from __future__ import annotations

import asyncio

import jsonschema
import msgspec
import pytest

from core.history.store import History
from core.listening.observation import ListenDocument, from_json, json_schema, to_json
from core.listening.rendering import render_text
from core.resource_files import resource_path
from tests.listening.conftest import Device, listening

SCHEMA = msgspec.json.decode(resource_path("schema", "listen-1.json").read_bytes())


def test_the_shipped_schema_is_that_of_the_structs():
    assert msgspec.json.decode(msgspec.json.encode(json_schema())) == SCHEMA


@pytest.fixture
async def document() -> ListenDocument:
    def play(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO copier")
            device.starttls()
            device.say("EHLO copier")
            device.say("MAIL FROM:<scanner@contoso.com>")
            device.say("RCPT TO:<maria@contoso.com>")
            device.say("DATA")
            device.say(b"From: \x1b[31mscanner@contoso.com\r\nSubject: x\r\n\r\nthe content stays here\r\n.")
            device.say("QUIT")

    async with listening(provider="microsoft365", device="sharp-mx-series") as server:
        await asyncio.to_thread(play, server.port)
        await server.session()
    return server.document


async def test_it_fits_its_schema_and_comes_back_the_same(document):
    text = to_json(document)
    jsonschema.validate(msgspec.json.decode(text), SCHEMA)
    assert from_json(text) == document
    assert "the content stays here" not in text
    assert "\x1b" not in text
    assert document.judgements[0].findings
    assert document.judgements[0].provider == "microsoft365"


async def test_the_history_keeps_and_finds_it(document, tmp_path):
    history = History(tmp_path / "history")
    entry = history.keep(to_json(document))
    assert entry is not None
    assert entry.kind == "listen"
    assert "copier" in entry.title
    assert from_json(history.read(entry)) == document


async def test_as_text_it_tells_everything(document):
    text = render_text(document)
    for words in ("EHLO copier", "scanner@contoso.com", "Microsoft 365", "Transcript"):
        assert words in text
    assert "\x1b" not in text


async def test_nothing_seen():
    async with listening() as server:
        pass
    document = server.document
    assert (document.outcome, document.title) == ("nothing-seen", "No device connected")
    assert "No device connected" in render_text(document)
