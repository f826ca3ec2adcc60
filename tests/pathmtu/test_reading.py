"""What sizes mean: the shipped data, and mistakes in it."""

from __future__ import annotations

import pytest

from core.pathmtu.reading import MtuDataError, load_readings, meaning_of, proof_of, read, reading_of
from core.resource_files import resource_path
from core.stages import Stage

SHIPPED = resource_path("knowledge", "mtu.toml").read_text(encoding="utf-8")


def problems(tmp_path, text: str) -> tuple[str, ...]:
    path = tmp_path / "mtu.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MtuDataError) as raised:
        read(path)
    return raised.value.problems


def test_what_ships_is_without_mistakes():
    assert {Stage.TLS, Stage.DATA, Stage.EHLO_TLS} <= set(load_readings().silent_stages)


@pytest.mark.parametrize(
    ("limit", "mtu", "identifier", "outcome", "sign"),
    [
        ("none", 1500, "full", "fine", "path-mtu-full"),
        ("silent", 1500, "full", "fine", "path-mtu-full"),
        ("none", 9000, "jumbo", "fine", "path-mtu-full"),
        ("none", 1400, "full-as-asked", "fine", ""),
        ("named", 1492, "pppoe", "fine", "path-mtu-reduced"),
        ("named", 1499, "slightly-less", "fine", "path-mtu-reduced"),
        ("named", 1480, "tunnel-20", "fine", "path-mtu-reduced"),
        ("named", 1476, "gre", "fine", "path-mtu-reduced"),
        ("named", 1460, "ds-lite", "fine", "path-mtu-reduced"),
        ("named", 1420, "wireguard", "fine", "path-mtu-reduced"),
        ("named", 1400, "tunnel-or-mobile", "fine", "path-mtu-reduced"),
        ("named", 1279, "small", "too-small", "path-mtu-reduced"),
        ("here", 1400, "here", "fine", "path-mtu-reduced"),
        ("here", 600, "here-small", "too-small", "path-mtu-reduced"),
        ("silent", 1400, "black-hole", "black-hole", "path-mtu-black-hole"),
        ("silent", 1492, "black-hole", "black-hole", "path-mtu-black-hole"),
        ("silent", 1052, "large-pings-lost", "unknown", ""),
    ],
)
def test_a_size_and_what_stops_larger_ones(limit, mtu, identifier, outcome, sign):
    entry = reading_of("measured", limit, mtu)
    assert (entry.id, entry.outcome, entry.sign) == (identifier, outcome, sign)


def test_the_title_names_the_size():
    meaning = meaning_of(reading_of("measured", "silent", 1400), {"mtu": "1400", "mss": "1360", "server": "x"})
    assert meaning.title == "Black hole above 1400"
    assert "1360" in meaning.advice
    assert "{" not in meaning.text + meaning.advice


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("id = 'pppoe'", "id = 'full'", "reading full: id: two readings have it"),
        ("from = 1492\nto = 1492", "from = 1492\nto = 1400", "reading pppoe: from, to:"),
        ("sign = 'path-mtu-black-hole'", "sign = 'smells'", "nobody can say “smells”"),
        ("source = 'RFC 2516 §7'", "source = 'somebody said so'", "reading pppoe: source:"),
        ("{reason}'\noutcome", "{weather}'\noutcome", "nobody fills in “{weather}”"),
        ("state = ['filtered']", "state = ['not-allowed']", "no reading fits filtered"),
        (
            "id = 'large-pings-lost'\nstate",
            "id = 'large-pings-lost'\nto = 900\nstate",
            "no reading fits measured, silent",
        ),
        ("outcome = 'black-hole'", "outcome = 'terrible'", "reading black-hole: Invalid enum value 'terrible'"),
        ("silent_stages = ['starttls'", "silent_stages = ['lunch'", "silent_stages: Invalid enum value 'lunch'"),
        ("date = '2026-11-25'", "date = 'today'", "date: the day it was looked at"),
        (
            "[[handshake]]\nid = 'small'",
            "[[handshake]]\nid = 'small'\nfrom = 9",
            "the last one has to fit every handshake",
        ),
    ],
)
def test_a_mistake_is_named_with_entry_and_field(tmp_path, old, new, problem):
    assert old in SHIPPED
    found = problems(tmp_path, SHIPPED.replace(old, new))
    assert any(problem in line for line in found), found


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    assert problems(tmp_path, "[[reading]\n")[0].startswith("mtu.toml: ")


@pytest.mark.parametrize(
    ("certificates", "largest", "words"),
    [
        (4000, 1500, "full size"),
        (4000, 1400, "1400 bytes. Packets of that size"),
        (4000, None, "4000 bytes of certificates came through"),
        (900, None, "proves nothing about large ones"),
        (900, 700, "proves nothing about large ones"),
    ],
)
def test_a_handshake_proves_what_it_carried_and_no_more(certificates, largest, words):
    assert words in proof_of(certificates, largest).text
