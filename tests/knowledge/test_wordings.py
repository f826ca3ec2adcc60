"""Further real wordings of servers and clients, each with the cause it has to get."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.knowledge.load import load_knowledge
from core.knowledge.match import match
from core.knowledge.reading import read
from core.stages import Stage

KNOWLEDGE = load_knowledge()


def wordings():
    lines = (Path(__file__).parent / "data" / "wordings.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("causes", "stage", "server", "text"), wordings(), ids=lambda value: value[:40])
def test_wording(causes, stage, server, text):
    verdict = match(read(text, KNOWLEDGE, stage=Stage(stage), server=server or None), KNOWLEDGE)
    assert verdict.cause in causes.split(","), verdict.rule


def test_every_cause_has_a_real_wording():
    covered = {cause for causes, *_ in wordings() for cause in causes.split(",")}
    assert KNOWLEDGE.cause_ids - covered <= {"response-unusable", "tls-on-connect-expected"}
