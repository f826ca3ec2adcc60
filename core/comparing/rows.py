"""The rows that every rendering of a comparison shows, in words and signs: a sign never stands without its word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from core.comparing.comparison import Comparison, Pair, Side, StagePair, StageSide, State
from core.reports import words

SIGNS: dict[State, str] = {"same": "=", "differs": "≠", "unknown": "?"}
STATE_WORDS: dict[State, str] = {"same": "same", "differs": "differs", "unknown": "not known"}
LEGEND = "= same, ≠ differs, ? not known in one of the runs"
NOT_KNOWN = "not known"
KIND_WORDS = {
    "networks": "Two networks, the same settings",
    "repeat": "The same line, the same settings",
    "before-after": "Before and after a change of settings",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its state, what it is about, and the words for either run."""

    state: State
    label: str
    first: str
    second: str
    important: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading."""

    heading: str
    rows: tuple[Row, ...]


def tables(comparison: Comparison, *, everything: bool = True) -> Iterator[Table]:
    """Yield the tables in the order of reading; with `everything` off, without what is the same or not known."""
    yield Table("Result", tuple(_result(comparison)))
    for heading, rows in (
        ("Network", [_row(entry) for entry in comparison.network]),
        ("Blocklists", [_row(entry) for entry in comparison.listings]),
        ("Settings", [_row(entry) for entry in comparison.settings]),
        ("Encryption", [_row(entry) for entry in comparison.encryption]),
        ("Stages", [stage_row(entry) for entry in comparison.stages]),
    ):
        kept = tuple(row for row in rows if _worth_showing(row) and (everything or row.state == "differs"))
        if kept:
            yield Table(heading, kept)


def _worth_showing(row: Row) -> bool:
    return not (row.state == "unknown" and row.first == row.second == NOT_KNOWN)


def _result(comparison: Comparison) -> Iterator[Row]:
    one, two = comparison.first, comparison.second
    began: State = "differs" if one.started_at != two.started_at else "same"
    yield Row(began, "Started", _moment(one.started_at), _moment(two.started_at))
    state: State = "same" if (one.outcome, one.cause) == (two.outcome, two.cause) else "differs"
    yield Row(state, "Outcome", outcome_words(one), outcome_words(two), important=True)
    if one.reply or two.reply:
        same: State = "same" if one.reply == two.reply else "differs"
        yield Row(same, "Reply that decided", one.reply or "none", two.reply or "none")
    yield Row("same", "Took", f"{one.duration_ms / 1000:.2f} s", f"{two.duration_ms / 1000:.2f} s")


def _moment(text: str) -> str:
    """Return an RFC 3339 moment as people read it, in UTC; anything else as it stands."""
    try:
        return f"{dt.datetime.fromisoformat(text).astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):
        return text


def outcome_words(side: Side) -> str:
    """Return how a run ended, with its sign."""
    return f"{words.OUTCOME_SIGNS[side.outcome]} {side.headline}"


def _row(entry: Pair) -> Row:
    return Row(
        entry.state,
        entry.label,
        entry.first or NOT_KNOWN,
        entry.second or NOT_KNOWN,
        important=entry.state == "differs" and (entry.weighty or entry.id == "public_address"),
    )


def stage_row(entry: StagePair) -> Row:
    """Return the line for a stage."""
    state: State = "unknown" if entry.first is None or entry.second is None else "differs" if entry.differs else "same"
    slow = {"first": (" – much slower", ""), "second": ("", " – much slower"), None: ("", "")}[entry.slower]
    return Row(
        state,
        entry.label,
        _stage_words(entry.first) + slow[0],
        _stage_words(entry.second) + slow[1],
        important=entry.decided,
    )


def _stage_words(side: StageSide | None) -> str:
    if side is None:
        return NOT_KNOWN
    took = f" ({side.duration_ms:.0f} ms)" if side.duration_ms >= 1 else ""
    return f"{words.STATUS_SIGNS[side.status]} {words.STATUS_WORDS[side.status]}{took}"
