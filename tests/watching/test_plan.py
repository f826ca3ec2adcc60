"""How often is too often, and how an amount of time is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.request import FormValues, parse
from core.secret import Secret
from core.watching.plan import UnfitPlan, in_words, make_plan, parse_amount


def request(**changes):
    form = FormValues(
        server="smtp.example.com", sender="scanner@contoso.com", recipients=("office@contoso.com",), **changes
    )
    found = parse(form).request
    assert found is not None
    return found


PLAIN = request()
SIGNED_IN = request(user="scanner@contoso.com", password=Secret("Example-Passw0rd"))
SENDING = request(send=True)


@pytest.mark.parametrize(
    ("asked", "least"), [(PLAIN, 60), (SIGNED_IN, 300), (SENDING, 900), (replace(SIGNED_IN, practice="x"), 1)]
)
def test_a_server_is_not_asked_more_often_than_it_bears(asked, least):
    assert make_plan(asked, least, 7200).minimum == least
    with pytest.raises(UnfitPlan, match="at least") as caught:
        make_plan(asked, least - 0.5, 7200)
    assert caught.value.field == "every"


def test_other_limits():
    for every, duration, count, field in (
        (100_000, 200_000, None, "every"),
        (300, 200, None, "duration"),
        (300, 8 * 86_400, None, "duration"),
        (300, 7200, 0, "count"),
        (300, 7200, 2001, "count"),
    ):
        with pytest.raises(UnfitPlan) as caught:
            make_plan(PLAIN, every, duration, count=count)
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), (" 2 H ", 7200), ("1d", 86_400), ("1h30m", 5400), ("1h 30m", 5400), ("1.5h", 5400)],
)
def test_amounts(text, seconds):
    assert parse_amount(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5x", "5m later", "1e9s", "٥m5", "9999999m"])
def test_what_is_no_amount(text):
    with pytest.raises(ValueError, match="write it as"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (300, "5 minutes"), (5400, "1 hour 30 minutes"), (90_061, "1 day 1 hour")],
)
def test_in_words(seconds, words):
    assert in_words(seconds) == words
