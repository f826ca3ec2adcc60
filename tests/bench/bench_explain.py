"""How many texts a second `sendproof explain --jsonl` answers, and how long the knowledge takes to load."""

from __future__ import annotations

import json
import time

from core.cli.explain import answer
from core.knowledge.load import Knowledge
from core.resource_files import resource_path
from tests.bench.table import Row
from tests.corpus.measuring import texts

ROUNDS = 10


def bench() -> list[Row]:
    """Load the knowledge, then answer the labelled texts again and again."""
    began = time.perf_counter()
    knowledge = Knowledge(resource_path("knowledge"))
    loaded = time.perf_counter() - began
    lines = [json.dumps(entry) for entry in texts()]
    for line in lines:
        answer(line, knowledge)
    began = time.perf_counter()
    for _ in range(ROUNDS):
        for line in lines:
            answer(line, knowledge)
    seconds = time.perf_counter() - began
    return [
        Row("knowledge, load", loaded * 1000, "ms", "aim 60 ms", f"{len(knowledge.rules)} rules"),
        Row("explain, batch", len(lines) * ROUNDS / seconds, "texts/s", "aim 2,000", f"{len(lines)} real texts"),
    ]
