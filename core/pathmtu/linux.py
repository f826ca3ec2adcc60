"""Echoes on Linux: an ICMP datagram socket, which needs no rights where the administrator has not forbidden it.

icmp(7) and icmp(7)'s `ping_group_range`; ip(7) for IP_MTU_DISCOVER and IP_RECVERR. IP_PMTUDISC_PROBE sets "don't
fragment" and ignores what the kernel remembers of the path, so that every size is really sent.
"""

from __future__ import annotations

import errno
import os
import secrets
import select
import socket
import struct
import time

from core.pathmtu.echo import Echo, NoRoute, NotAllowed, header_bytes

# Of linux/in.h and linux/in6.h; Python names only some of them.
_IP_MTU_DISCOVER, _IP_RECVERR = 10, 11
_IPV6_MTU_DISCOVER, _IPV6_RECVERR, _IPV6_DONTFRAG = 23, 25, 62
_PMTUDISC_PROBE = 3
_MSG_ERRQUEUE = 0x2000

_EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""struct sock_extended_err of linux/errqueue.h: errno, origin, type, code, padding, info, data."""
_ORIGIN_LOCAL = 1

_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENETDOWN})
_BUFFER = 65_535
_AT_ONCE = 200
"""So many packets are read before time and cancel are looked at again: others decide how many come."""


class LinuxProber:
    """Sends echoes over a datagram socket, or a raw one where only root may; see `core.pathmtu.echo.Prober`."""

    def __init__(self, address: str) -> None:
        self._six = ":" in address
        self._header = header_bytes(address)
        family = socket.AF_INET6 if self._six else socket.AF_INET
        try:
            self._target = socket.getaddrinfo(address, 0, family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST)[0][4]
        except OSError as error:
            raise NoRoute(str(error.strerror or error)) from None
        self._token = secrets.token_bytes(8)
        self._ident = secrets.randbelow(0xFFFF) + 1
        self._sequence = 0
        self._sent: dict[int, tuple[int, float]] = {}
        self._waiting: list[Echo] = []
        self._socket, self._raw = _open(family)
        self.method = "raw ICMP socket" if self._raw else "ICMP datagram socket"
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLERR)

    def send(self, size: int) -> None:
        """Send one echo whose IP packet has `size` bytes. Raises NoRoute."""
        self._sequence = self._sequence % 0xFFFF + 1
        packet = self._packet(self._sequence, size - self._header)
        self._sent[self._sequence] = (size, time.monotonic())
        for _ in range(4):
            # An ICMP error that came meanwhile is reported by the next call, whatever that call is for.
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            try:
                self._socket.sendto(packet, self._target)
            except OSError as error:
                self._read_errors()
                if error.errno in {errno.EPERM, errno.EACCES}:
                    raise NotAllowed("This computer’s own firewall forbids to send pings (ICMP echo).") from None
                if error.errno in _NO_ROUTE:
                    raise NoRoute(str(error.strerror or error)) from None
                if error.errno != errno.EMSGSIZE:
                    return  # no buffer just now: as good as lost on the way
            else:
                return
        self._sent.pop(self._sequence, None)
        self._waiting.append(Echo(size, "too-big-here"))

    def receive(self, wait: float) -> list[Echo]:
        """Return the answers that have come, waiting at most `wait` seconds for the first one."""
        if not self._waiting:
            self._poll.poll(max(0.0, wait) * 1000)
            self._read_errors()
            self._read_replies()
        answers, self._waiting = self._waiting, []
        return answers

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _packet(self, sequence: int, room: int) -> bytes:
        kind = 128 if self._six else 8  # echo request: RFC 4443 §4.1, RFC 792
        data = self._token.ljust(room, b"\x00")[:room]
        head = struct.pack("!BBHHH", kind, 0, 0, self._ident, sequence)
        if self._raw and not self._six:  # the kernel fills the checksum in everywhere else
            head = struct.pack("!BBHHH", kind, 0, checksum(head + data), self._ident, sequence)
        return head + data

    def _read_replies(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, sender = self._socket.recvfrom(_BUFFER, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                continue  # an error that the other queue tells in full; reading it here has cleared it
            if self._raw and not self._six and data:
                data = data[(data[0] & 0x0F) * 4 :]
            kind = 129 if self._six else 0  # echo reply
            if (
                _without_zone(sender[0]) != _without_zone(self._target[0])
                or len(data) < 16
                or data[0] != kind
                or data[8:16] != self._token
            ):
                continue
            self._take(int.from_bytes(data[6:8], "big"), "passed", str(sender[0]))

    def _read_errors(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, extra, _, _ = self._socket.recvmsg(_BUFFER, 512, _MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except OSError:
                return
            for _, _, value in extra:
                if len(value) < _EXTENDED_ERROR.size or len(data) < 8:
                    continue
                number, origin, _, _, _, info, _ = _EXTENDED_ERROR.unpack_from(value)
                if origin == _ORIGIN_LOCAL:
                    continue  # `send` had it already
                sequence = int.from_bytes(data[6:8], "big")
                sender = _offender(value[_EXTENDED_ERROR.size :])
                if number == errno.EMSGSIZE:
                    self._take(sequence, "too-big", sender, info or None)
                elif number in _NO_ROUTE or number in {errno.ECONNREFUSED, errno.EACCES}:
                    self._take(sequence, "unreachable", sender)

    def _take(self, sequence: int, answer: str, sender: str | None, named: int | None = None) -> None:
        sent = self._sent.pop(sequence, None)
        if sent is None:
            return  # a duplicate, or somebody else's
        size, began = sent
        ms = (time.monotonic() - began) * 1000
        self._waiting.append(Echo(size, answer, ms, sender, named))  # type: ignore[arg-type]


def checksum(data: bytes) -> int:
    """Return the Internet checksum of `data` (RFC 1071)."""
    if len(data) % 2:
        data += b"\x00"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _open(family: socket.AddressFamily) -> tuple[socket.socket, bool]:
    """Return a socket for echoes and whether it is a raw one. Raises NotAllowed, NoRoute."""
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    raw = False
    try:
        made = socket.socket(family, socket.SOCK_DGRAM, protocol)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            raise NoRoute("This computer has no IPv6.") from None
        try:
            made, raw = socket.socket(family, socket.SOCK_RAW, protocol), True
        except OSError:
            raise NotAllowed(_HOW_TO_ALLOW.format(group=os.getgid())) from None
    try:
        made.setblocking(False)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE)
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, 1)
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        else:
            made.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE)
            made.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    except OSError as error:
        made.close()
        raise NotAllowed(f"The system does not allow packets that nobody may fragment: {error.strerror}.") from None
    return made, raw


_HOW_TO_ALLOW = (
    "This system does not let ordinary programs send pings. Run Sendproof as root, or let the administrator allow it: "
    "sysctl -w net.ipv4.ping_group_range='{group} {group}'."
)


def _without_zone(address: object) -> str:
    return str(address).partition("%")[0]


def _offender(value: bytes) -> str | None:
    """Return the address in a sockaddr that follows an extended error: who sent the ICMP message."""
    try:
        family = struct.unpack_from("=H", value)[0]
        if family == socket.AF_INET:
            return socket.inet_ntop(socket.AF_INET, value[4:8])
        if family == socket.AF_INET6:
            return socket.inet_ntop(socket.AF_INET6, value[8:24])
    except (struct.error, ValueError):
        pass
    return None
