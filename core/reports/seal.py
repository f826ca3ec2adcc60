"""The seal of a report: a SHA-256 that tells whether a JSON report is still what the program wrote.

It is taken over the report's JSON with `proof.report_sha256` left out, keys in order, no spaces, UTF-8: so any program
can take it again. It shows that a file was changed, not by whom: somebody who changes a report can seal it anew. As
evidence it counts where it stands elsewhere too, as in the ticket notes made at the time.
"""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import Any, NoReturn

import msgspec

from core.reports.report import Report

FIELD = "report_sha256"


class SealState(StrEnum):
    """What the seal of a document says."""

    INTACT = "intact"
    CHANGED = "changed"
    ABSENT = "absent"


def seal(report: Report) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of `report`, whatever seal it carries already."""
    return _digest(msgspec.to_builtins(report))


def sealed(report: Report) -> Report:
    """Return `report` with its seal."""
    return msgspec.structs.replace(report, proof=msgspec.structs.replace(report.proof, report_sha256=seal(report)))


def check(text: str | bytes) -> SealState:
    """Return whether the JSON document `text` is as it was sealed.

    Never raises: what is no JSON, says a thing twice, or carries a seal that is none, counts as changed.
    """
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        proof = document.get("proof") if isinstance(document, dict) else None
        found = proof.get(FIELD) if isinstance(proof, dict) else None
        if found is None:
            return SealState.ABSENT
        if not isinstance(found, str) or not re.fullmatch(r"[0-9a-f]{64}", found):
            return SealState.CHANGED
        return SealState.INTACT if _digest(document) == found else SealState.CHANGED
    except (ValueError, RecursionError):
        return SealState.CHANGED


def _digest(document: dict[str, Any]) -> str:
    proof = {name: value for name, value in document["proof"].items() if name != FIELD}
    canonical = json.dumps(
        {**document, "proof": proof}, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two equal names they take, so a document must not have any."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
