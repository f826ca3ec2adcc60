"""What the runs amount to, in words: patterns only where there are enough runs for one."""

from __future__ import annotations

import datetime as dt

import pytest

from core.stages import Outcome, Stage
from core.watching.document import Gap, WatchRun
from core.watching.summing_up import cause, counts, notes, outcome, summary

ENDS = {
    ".": (Outcome.ACCEPTED, None, "accepted", "Sender and recipients are accepted"),
    "d": (Outcome.DEFERRED, Stage.RCPT_TO, "rate-limited", "Too much at once"),
    "x": (Outcome.STOPPED, Stage.CONNECT, "connect-timeout", "No answer"),
    "?": (Outcome.STOPPED, Stage.CONNECT, "connect-timeout", "No answer"),
}


def runs(pattern: str, *, ms=lambda number: 400.0, servers=None, public=None) -> list[WatchRun]:
    """Return runs at 10:00, 10:05 …, one for each letter: . passed, d deferred, x stopped, ? not counted."""
    made = []
    for number, letter in enumerate(pattern):
        ended, stage, why, title = ENDS[letter]
        began = dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC) + dt.timedelta(minutes=5 * number)
        made.append(
            WatchRun(
                number=number + 1,
                started_at=began.isoformat(),
                duration_ms=ms(number),
                outcome=ended,
                stage=stage,
                cause=why,
                title=title,
                server_address=servers[number] if servers else None,
                public_address=public[number] if public else None,
                counted=letter != "?",
            )
        )
    return made


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "No run was finished."),
        ("?", "No run was finished."),
        (".", "The one run passed."),
        ("x", "0 of 1 run passed; at 10:00 stopped at Connect: No answer."),
        ("............", "All 12 runs passed."),
        ("........d...", "11 of 12 runs passed; at 10:40 put off at RCPT TO: Too much at once."),
        (".d.d", "2 of 4 runs passed; at 10:05 and 10:15 put off at RCPT TO: Too much at once."),
        (".dxd", "1 of 4 runs passed; at 10:05 and 10:15 put off at RCPT TO: Too much at once; at 10:10 stopped at "
         "Connect: No answer."),
        (".xxxx.", "2 of 6 runs passed; 4 times, from 10:05 to 10:20, stopped at Connect: No answer."),
        (".xxxdd.", "2 of 7 runs passed; 3 times stopped at Connect: No answer; 2 times put off at RCPT TO: Too much "
         "at once."),
    ],
)  # fmt: skip
def test_summary(pattern, words):
    assert summary(runs(pattern), dt.UTC) == words


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("......", set()),
        (".....d", set()),
        ("xxx", {"always", "same-end"}),
        ("..xx..", {"same-end", "one-stretch"}),
        ("..xxx", {"same-end", "since-then"}),
        ("xx...", {"same-end", "until-then"}),
        ("..d..d..d", {"same-end", "rhythm"}),
        (".d..d....d", {"same-end", "scattered"}),
        (".d..x....d", {"several-ends", "scattered"}),
    ],
)
def test_patterns(pattern, expected):
    assert {note.id for note in notes(runs(pattern), zone=dt.UTC)} == expected


def test_patterns_name_the_times():
    (stretch,) = [note for note in notes(runs("..xx.."), zone=dt.UTC) if note.id == "one-stretch"]
    assert "From 10:10 to 10:15" in stretch.text


def test_getting_slower_needs_enough_runs_that_passed():
    assert {note.id for note in notes(runs("......", ms=lambda n: 400 * (n + 1)))} == {"slower"}
    assert not notes(runs("....", ms=lambda n: 400 * (n + 1)))
    assert not notes(runs("......", ms=lambda n: 10 * (n + 1)))


def test_one_bad_server_of_several_shows_by_its_address():
    found = notes(runs(".x..x.", servers=["a", "b", "a", "a", "b", "a"]))
    assert "one-server" in {note.id for note in found}
    many = notes(runs(".x..x.", servers=["a", "b", "c", "d", "e", "f"]))
    assert "one-server" not in {note.id for note in many}  # each of them was met once: that proves nothing
    both = notes(runs(".x..x.", servers=["a", "b", "b", "a", "b", "a"]))
    assert "one-server" not in {note.id for note in both}


def test_a_changing_public_address_is_told():
    found = {note.id for note in notes(runs("....", public=["203.0.113.9", "203.0.113.9", "198.51.100.7", None]))}
    assert found == {"address-changed"}


def test_a_run_during_a_sleep_does_not_count():
    found = runs("..?.")
    assert counts(found).runs == 3
    assert counts(found).not_counted == 1
    assert outcome(found) is Outcome.ACCEPTED
    assert cause(found) == "accepted"
    gap = Gap(before_run=3, begin="", end="", seconds=3600, kind="sleep", missed=11, text="")
    assert {note.id for note in notes(found, [gap])} == {"slept", "not-counted"}


def test_outcome_and_cause_of_the_whole():
    assert (outcome(runs("..d.")), cause(runs("..d."))) == (Outcome.DEFERRED, "rate-limited")
    assert (outcome(runs(".dd.x")), cause(runs(".dd.x"))) == (Outcome.STOPPED, "rate-limited")
    assert (outcome([]), cause([])) == (Outcome.CANCELLED, "unknown")
