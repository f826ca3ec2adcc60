"""The structures of Windows' ICMP calls have the sizes and offsets of its headers, whatever system this runs on."""

from __future__ import annotations

import ctypes
import sys

import pytest

from core.pathmtu.echo import NotAllowed, header_bytes
from core.pathmtu.windows import (
    EchoReply,
    InterfaceRow,
    OptionInformation,
    WindowsProber,
    answer_of,
    as_ipaddr,
    options,
    reply_room,
)

pytestmark = pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the sizes are those of 64 bits")


def test_sizes_and_offsets_are_those_of_ipexport_h():
    assert ctypes.sizeof(OptionInformation) == 16
    assert OptionInformation.options_data.offset == 8
    assert ctypes.sizeof(EchoReply) == 40
    assert (EchoReply.status.offset, EchoReply.data.offset, EchoReply.options.offset) == (4, 16, 24)
    assert ctypes.sizeof(InterfaceRow) == 860
    assert (InterfaceRow.index.offset, InterfaceRow.mtu.offset) == (512, 520)


def test_nobody_may_fragment():
    assert bytes(options(64))[:4] == b"\x40\x00\x02\x00"


def test_an_address_lies_in_memory_as_on_the_wire():
    assert as_ipaddr("203.0.113.2").to_bytes(4, "little") == bytes([203, 0, 113, 2])


def test_the_answer_has_room_for_data_and_an_error():
    assert reply_room(1472) >= 40 + 1472 + 8


def test_the_headers_count():
    assert (header_bytes("203.0.113.2"), header_bytes("2001:db8::2")) == (28, 48)


@pytest.mark.parametrize(
    ("status", "answer"),
    [(0, "passed"), (11009, "too-big"), (11003, "unreachable"), (1231, "unreachable"), (11010, None), (11050, None)],
)
def test_what_a_status_says(status, answer):
    assert answer_of(status, 1472, 1500) == answer


def test_what_is_larger_than_the_interface_was_refused_here():
    assert answer_of(11009, 1500, 1400) == "too-big-here"
    assert answer_of(11009, 1500, None) == "too-big"


def test_over_ipv6_it_is_said_that_windows_can_not():
    with pytest.raises(NotAllowed, match="IPv4"):
        WindowsProber("2001:db8::2")


@pytest.mark.skipif(sys.platform != "win32", reason="needs Windows")
def test_this_computer_answers():
    from core.pathmtu.measure import measure

    result = measure("localhost", "127.0.0.1")
    assert (result.state, result.mtu, result.method) == ("measured", 1500, "IcmpSendEcho")
