"""The search and what is made of it, on ways that lose packets, limit pings, lie, or are filtered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pathmtu.echo import NoRoute, NotAllowed
from core.pathmtu.measure import MAX_PROBES, Options, measure, without_address
from core.pathmtu.search import USUAL, Search
from tests.pathmtu.fakes import ADDRESS, FakeWay, measured

sizes = st.integers(576, 1500)
lost = st.one_of(st.none(), st.integers(0, 40)).map(lambda number: () if number is None else (number,))


@settings(max_examples=300, deadline=None)
@given(mtu=sizes, lost=lost)
def test_a_black_hole_is_found_to_the_byte_whichever_single_echo_is_lost(mtu, lost):
    result = measured(FakeWay(mtu, lost=lost))
    assert (result.state, result.mtu) == ("measured", mtu)
    assert result.limit == ("none" if mtu == 1500 else "silent")


@settings(max_examples=300, deadline=None)
@given(mtu=sizes, lost=lost, names=st.one_of(st.none(), st.integers(0, 70_000)), told=st.booleans())
def test_a_smaller_mtu_is_found_to_the_byte_whatever_a_router_names(mtu, lost, names, told):
    result = measured(FakeWay(mtu, says=True, names=mtu if told else names, lost=lost))
    assert (result.state, result.mtu) == ("measured", mtu)
    if mtu < 1500:
        assert (result.limit, result.named_by) == ("named", "198.51.100.1")


@settings(max_examples=100, deadline=None)
@given(mtu=st.integers(576, 9000), lost=lost)
def test_jumbo_frames_too(mtu, lost):
    result = measured(FakeWay(mtu, lost=lost), ceiling=9000, limit=60.0)
    assert (result.state, result.mtu) == ("measured", mtu)


@settings(max_examples=60, deadline=None)
@given(mtu=st.integers(1280, 1500))
def test_over_ipv6_nothing_below_its_least_is_tried(mtu):
    way = FakeWay(mtu)
    result = measured(way, address="2001:db8::2")
    assert result.mtu == mtu
    assert min(way.sent) >= 1280
    assert result.mss == mtu - 60


@pytest.mark.parametrize("mtu", USUAL)
def test_the_usual_sizes_are_found_gently(mtu):
    for way in (FakeWay(mtu), FakeWay(mtu, says=True, names=mtu)):
        result = measured(way)
        assert result.mtu == mtu
        assert len(way.sent) <= (40 if way.says is False else 6)
        assert result.duration_ms < 6000
        assert way.closed


def test_a_limit_for_pings_is_no_black_hole():
    """A router that lets one ping a second pass must not look like one that loses the large ones."""
    for per_second in (1, 2, 3):
        result = measured(FakeWay(1500, limit_a_second=per_second))
        assert (result.state, result.mtu) == ("measured", 1500)
        result = measured(FakeWay(1492, says=True, limit_a_second=per_second), limit=60.0)
        assert (result.mtu, result.limit) in {(1492, "named"), (None, None)}, result
        assert result.outcome in {"fine", "unknown"}


def test_where_everything_gets_lost_now_and_then_nothing_is_claimed():
    way = FakeWay(1400, lost=range(3, 500))
    result = measured(way, limit=1000.0)
    assert result.state == "unsteady"
    assert len(way.sent) < 50
    assert result.outcome == "unknown"
    assert not result.signs


def test_filtered():
    way = FakeWay(1500, filtered=True)
    result = measured(way)
    assert (result.state, result.outcome, result.mtu, result.signs) == ("filtered", "unknown", None, ())
    assert len(way.sent) <= 6
    assert [(probe.size, probe.answer) for probe in result.probes] == [(576, "lost")]


def test_less_than_the_least():
    result = measured(FakeWay(400, says=True, names=400))
    assert (result.state, result.outcome) == ("below", "too-small")


def test_cancelled_at_any_moment():
    for after in range(0, 18, 3):
        way = FakeWay(1400)
        result = measured(way, cancelled=lambda way=way, after=after: len(way.sent) >= after)
        assert result.state == "cancelled"
        assert result.outcome == "cancelled"
        assert len(way.sent) <= after + 5
        assert way.closed


def test_the_time_limit_holds_and_what_is_known_stays():
    result = measured(FakeWay(1400), limit=1.5)
    assert result.state == "out-of-time"
    assert result.duration_ms < 1700
    assert result.passes is not None
    assert result.fails is not None
    assert result.passes <= 1400 < result.fails
    assert str(result.passes) in result.meaning.text


def test_no_more_echoes_than_promised():
    way = FakeWay(1400, lost=[number for number in range(2, 5000) if number % 2])
    measured(way, ceiling=9000, limit=1000.0)
    assert len(way.sent) <= MAX_PROBES


@pytest.mark.parametrize(
    ("error", "state"), [(NotAllowed("Not here."), "not-allowed"), (NoRoute("none"), "unreachable")]
)
def test_what_can_not_be_begun_says_why(error, state):
    def opener(_address):
        raise error

    result = measure("mail.example.com", ADDRESS, opener=opener)
    assert (result.state, result.outcome, result.reason) == (state, "unknown", str(error))
    assert str(error) in result.meaning.text


def test_a_name_without_address():
    result = without_address("nowhere.example.com", "It does not exist.", Options())
    assert (result.state, result.address) == ("not-found", None)
    assert "nowhere.example.com" in result.title


def test_each_size_is_told_once_with_its_last_answer():
    told = []
    way = FakeWay(1400)
    result = measure("mail.example.com", ADDRESS, opener=lambda _: way, clock=way.clock, tell=told.append)
    assert {probe.size for probe in told} == {probe.size for probe in result.probes}
    assert len(told) == len({(probe.size, probe.answer) for probe in told})


class TestSearch:
    def test_the_largest_and_the_smallest_come_first(self):
        assert Search(576, 1500).next_round() == (1500, 576)

    def test_what_a_router_names_is_tried_at_once(self):
        search = Search(576, 1500)
        search.next_round()
        search.passed(576)
        search.refused(1500, 1492)
        search.unanswered(())
        assert search.next_round() == (1493, 1492)

    def test_a_named_size_outside_of_what_is_known_is_no_hint(self):
        for named in (0, 68, 576, 1500, 65_535):
            search = Search(576, 1500)
            search.passed(576)
            search.refused(1500, named)
            assert set(search.next_round()) <= set(USUAL)

    def test_an_echo_beats_a_refusal(self):
        search = Search(576, 1500)
        search.refused(1500, 1400)
        search.passed(1500)
        assert search.next_round() == ()
        assert (search.end, search.low) == ("measured", 1500)
