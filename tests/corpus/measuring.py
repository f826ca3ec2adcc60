"""Measures the rules on labelled real texts, on the part they were written from and on the part held out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.knowledge.explaining import understand
from core.knowledge.load import Knowledge
from core.knowledge.match import Verdict
from core.stages import Stage

TEXTS = Path(__file__).with_name("data") / "replies.jsonl"


def texts() -> list[dict[str, Any]]:
    """Return all labelled texts."""
    return [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines() if line.strip()]


def held_out(entry: dict[str, Any]) -> bool:
    """Whether a text belongs to the part that nobody looked at while writing rules: fixed by the hash of its id."""
    return hashlib.sha256(entry["id"].encode()).digest()[0] % 4 == 0


def verdict_on(entry: dict[str, Any], knowledge: Knowledge) -> Verdict:
    """Return what the engine says to one labelled text."""
    stage = Stage(entry["stage"]) if entry.get("stage") in set(Stage) else None
    return understand(
        entry["evidence"],
        knowledge,
        stage=stage,
        server=entry.get("server") or None,
        port=entry.get("port"),
        context=entry.get("context"),
    ).verdict


@dataclass
class Score:
    """How many verdicts were right; `confusion` counts (wanted, given)."""

    right: int = 0
    total: int = 0
    certain: int = 0
    certain_wrong: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, str, Verdict]] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        return self.right / self.total

    @property
    def confidently_wrong(self) -> float:
        return self.certain_wrong / self.total

    def lines(self, name: str) -> list[str]:
        head = (
            f"{name}: {self.right} of {self.total} right ({self.accuracy:.1%}), "
            f"certain in {self.certain}, of these wrong {self.certain_wrong} ({self.confidently_wrong:.1%})"
        )
        return [
            head,
            *(f"    {count} × {wanted} taken for {given}" for (wanted, given), count in self.confusion.most_common()),
        ]


def measure(entries: list[dict[str, Any]], knowledge: Knowledge) -> Score:
    """Return the score on `entries`; what is labelled with low confidence is left out, `also` labels count as right."""
    score = Score()
    for entry in entries:
        if entry["confidence"] == "low":
            continue
        verdict = verdict_on(entry, knowledge)
        score.total += 1
        score.certain += verdict.confidence == "certain"
        if verdict.cause == entry["cause"] or verdict.cause in entry.get("also", []):
            score.right += 1
            continue
        score.certain_wrong += verdict.confidence == "certain"
        score.confusion[entry["cause"], verdict.cause] += 1
        score.wrong.append((entry["id"], entry["cause"], verdict))
    return score
