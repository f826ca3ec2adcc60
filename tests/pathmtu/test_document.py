"""The JSON form: its schema ships and fits, and what is written can be read again."""

from __future__ import annotations

import jsonschema
import msgspec
import pytest

from core.pathmtu.document import from_json, json_schema, to_json
from core.pathmtu.text import render_markdown, render_text
from core.resource_files import resource_path
from tests.pathmtu.fakes import FakeWay, measured

WAYS = {
    "full": FakeWay(1500),
    "told": FakeWay(1492, says=True, names=1492),
    "hole": FakeWay(1400),
    "filtered": FakeWay(1500, filtered=True),
}


@pytest.fixture(scope="module")
def schema():
    return msgspec.json.decode(resource_path("schema", "mtu-1.json").read_bytes())


def test_the_shipped_schema_is_that_of_the_code(schema):
    assert schema == msgspec.json.decode(msgspec.json.encode(json_schema()))


@pytest.mark.parametrize("name", WAYS)
def test_every_result_fits_the_schema_and_reads_back(name, schema):
    result = measured(WAYS[name])
    text = to_json(result)
    jsonschema.validate(msgspec.json.decode(text), schema)
    assert from_json(text) == result
    assert result.schema == "sendproof.mtu/1"


@pytest.mark.parametrize("name", WAYS)
def test_the_words_hold_the_result(name):
    result = measured(WAYS[name])
    for text in (render_text(result), render_markdown(result)):
        assert result.meaning.title in text
        assert "mail.example.com (203.0.113.2)" in text
        assert "{" not in text
