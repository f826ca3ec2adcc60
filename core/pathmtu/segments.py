"""How large the packets were that a TCP connection received, as far as the system tells (Linux: TCP_INFO, tcp(7))."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

_TCP_INFO = 11
_HEAD = struct.Struct("=8B4I")
"""The beginning of struct tcp_info of linux/tcp.h: eight bytes, then rto, ato, snd_mss, rcv_mss."""
_OPTIONS = 5
_TIMESTAMPS = 1
_GUESS = 536
"""The kernel begins with this guess (RFC 9293 §3.7.1) and raises it when a larger segment has come."""


def largest_packet_received(transport: asyncio.BaseTransport | None) -> int | None:
    """Return the bytes of the largest IP packet that the connection behind `transport` received.

    None where the system does not tell, or where nothing larger than its first guess has come.
    """
    if transport is None or not sys.platform.startswith("linux"):
        return None
    connection = transport.get_extra_info("socket")
    try:
        data = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 256)
        family = connection.family
    except (OSError, AttributeError):
        return None
    return packet_bytes(data, six=family == socket.AF_INET6)


def packet_bytes(tcp_info: bytes, *, six: bool) -> int | None:
    """Return what `largest_packet_received` says of the kernel's `struct tcp_info`."""
    if len(tcp_info) < _HEAD.size:
        return None
    *flags, _, _, _, received = _HEAD.unpack_from(tcp_info)
    if received <= _GUESS:
        return None
    options = 12 if flags[_OPTIONS] & _TIMESTAMPS else 0  # RFC 7323 §3.2, padded
    return int(received) + 20 + options + (40 if six else 20)
