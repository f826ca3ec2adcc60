"""How often the engine is right on further texts, quoted or from memory; no rule was changed for a third of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from core.knowledge.load import load_knowledge
from core.stages import Stage
from tests.corpus.measuring import measure, texts

TEXTS = Path(__file__).with_name("further.jsonl")
ENTRIES: list[dict[str, Any]] = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]


def put_aside(entry: dict[str, Any]) -> bool:
    """Whether a text belongs to the third that no rule was changed for: fixed by the hash of its id."""
    return hashlib.sha256(entry["id"].encode()).digest()[0] % 3 == 0


PARTS = {
    "further, tuned on": ([entry for entry in ENTRIES if not put_aside(entry)], 0.95),
    "further, put aside": ([entry for entry in ENTRIES if put_aside(entry)], 0.9),
}


@pytest.mark.parametrize("name", PARTS)
def test_accuracy(name, record_property):
    entries, floor = PARTS[name]
    score = measure(entries, load_knowledge())
    record_property("figures", "\n".join(score.lines(name)))
    assert score.accuracy >= floor, "\n".join(score.lines(name))


def test_confident_and_wrong_is_rare():
    score = measure(ENTRIES, load_knowledge())
    assert score.confidently_wrong < 0.01, "\n".join(score.lines("further"))


def test_the_parts_are_fixed():
    assert [len(entries) for entries, _ in PARTS.values()] == [238, 113]


def test_labels_are_causes_and_stages():
    causes = load_knowledge().cause_ids
    for entry in ENTRIES:
        assert {entry["cause"], *entry.get("also", [])} <= causes
        assert entry["stage"] in set(Stage)


def test_no_text_stands_in_the_other_corpus_too():
    def plain(entry: dict[str, Any]) -> str:
        return " ".join(entry["evidence"].casefold().split())

    assert len({plain(entry) for entry in ENTRIES}) == len(ENTRIES)
    assert not {plain(entry) for entry in ENTRIES} & {plain(entry) for entry in texts()}
