"""Echoes on Windows: IcmpSendEcho of iphlpapi.dll, which needs no administrator.

https://learn.microsoft.com/windows/win32/api/icmpapi/nf-icmpapi-icmpsendecho. The call waits for its answer, so that
each echo has a thread of its own. Only IPv4: over IPv6 Windows itself cuts an echo into pieces that fit, whatever is
asked for, and a measurement would prove nothing.

Wine passes "don't fragment" on only until the kernel below has learnt a smaller path MTU, then the kernel fragments:
there nothing but an echo to this computer itself, and a black hole, is measured rightly.
"""

from __future__ import annotations

import ctypes
import queue
import socket
import threading
from typing import Any

from core.pathmtu.echo import Answer, Echo, NotAllowed, header_bytes

TIMEOUT_MS = 1500
"""Windows gives up an echo after that; the measurement itself waits less."""

IP_FLAG_DF = 0x2
"""Don't fragment."""

_SUCCESS = 0
_UNREACHABLE = frozenset({11002, 11003, 11004, 11005, 1231, 1232})
"""IP_DEST_NET_UNREACHABLE … IP_DEST_PORT_UNREACHABLE, ERROR_NETWORK_UNREACHABLE, ERROR_HOST_UNREACHABLE."""
_TOO_BIG = 11009
_DENIED = frozenset({5, 11050})
"""ERROR_ACCESS_DENIED, IP_GENERAL_FAILURE, which a security product's block looks like."""


class OptionInformation(ctypes.Structure):
    """IP_OPTION_INFORMATION of ipexport.h."""

    _fields_ = (
        ("ttl", ctypes.c_uint8),
        ("tos", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("options_size", ctypes.c_uint8),
        ("options_data", ctypes.c_void_p),
    )


class EchoReply(ctypes.Structure):
    """ICMP_ECHO_REPLY of ipexport.h. ULONG has 32 bits on Windows, also where Python's c_ulong has 64."""

    _fields_ = (
        ("address", ctypes.c_uint32),
        ("status", ctypes.c_uint32),
        ("round_trip_time", ctypes.c_uint32),
        ("data_size", ctypes.c_uint16),
        ("reserved", ctypes.c_uint16),
        ("data", ctypes.c_void_p),
        ("options", OptionInformation),
    )


class InterfaceRow(ctypes.Structure):
    """MIB_IFROW of ifmib.h."""

    _fields_ = (
        ("name", ctypes.c_uint16 * 256),
        ("index", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("mtu", ctypes.c_uint32),
        ("rest", ctypes.c_uint8 * (860 - 512 - 12)),
    )


def options(ttl: int = 128) -> OptionInformation:
    """Return the IP options of an echo that nobody may fragment."""
    return OptionInformation(ttl=ttl, tos=0, flags=IP_FLAG_DF, options_size=0, options_data=None)


def reply_room(data: int) -> int:
    """Return the bytes that Windows wants for the answer to an echo with `data` bytes.

    One ICMP_ECHO_REPLY, the data, 8 bytes for an ICMP error, and an IO_STATUS_BLOCK.
    """
    return ctypes.sizeof(EchoReply) + data + 8 + 16


def as_ipaddr(address: str) -> int:
    """Return an IPv4 address as an IPAddr: its four bytes in network order, read as they lie in memory."""
    return int.from_bytes(socket.inet_aton(address), "little")


def answer_of(status: int, size: int, interface_mtu: int | None) -> Answer | None:
    """Return what an IP_STATUS or error number says of an echo of `size` bytes; None: nothing came, or nothing clear.

    Windows does not tell a router's refusal from its own; what is larger than the interface's MTU is its own.
    """
    if status == _SUCCESS:
        return "passed"
    if status == _TOO_BIG:
        return "too-big-here" if interface_mtu is not None and size > interface_mtu else "too-big"
    if status in _UNREACHABLE:
        return "unreachable"
    return None


class WindowsProber:
    """Sends echoes by IcmpSendEcho; see `core.pathmtu.echo.Prober`."""

    method = "IcmpSendEcho"

    def __init__(self, address: str) -> None:
        if ":" in address:
            raise NotAllowed(
                "Windows cuts large IPv6 packets into pieces itself, so that their size can only be measured with IPv4."
            )
        self._library: Any = _library()
        self._address = address
        self._target = as_ipaddr(address)
        self._header = header_bytes(address)
        self._answers: queue.SimpleQueue[Echo] = queue.SimpleQueue()
        self._denied = threading.Event()
        self._answered = False
        self._interface_mtu = interface_mtu(address)
        handle = self._library.IcmpCreateFile()
        if handle in {None, _INVALID_HANDLE}:
            raise NotAllowed("Windows does not let this program send pings (ICMP echo).")
        self._library.IcmpCloseHandle(handle)

    def send(self, size: int) -> None:
        """Send one echo whose IP packet has `size` bytes."""
        threading.Thread(target=self._send, args=(size,), name=f"echo {size}", daemon=True).start()

    def receive(self, wait: float) -> list[Echo]:
        """Return the answers that have come, waiting at most `wait` seconds for the first one. Raises NotAllowed."""
        found: list[Echo] = []
        try:
            found.append(self._answers.get(timeout=wait) if wait > 0 else self._answers.get_nowait())
            while True:
                found.append(self._answers.get_nowait())
        except queue.Empty:
            self._answered = self._answered or bool(found)
        if self._denied.is_set() and not self._answered:
            raise NotAllowed("Windows could not send pings: there is no network, or a security product forbids it.")
        return found

    def close(self) -> None:
        """Nothing is held: each echo's thread closes its own handle within TIMEOUT_MS."""

    def _send(self, size: int) -> None:
        room = size - self._header
        data = ctypes.create_string_buffer(room)
        wanted = options()
        reply_size = reply_room(room)
        buffer = ctypes.create_string_buffer(reply_size)
        handle = self._library.IcmpCreateFile()
        if handle in {None, _INVALID_HANDLE}:
            return
        try:
            count = self._library.IcmpSendEcho(
                handle, self._target, data, room, ctypes.byref(wanted), buffer, reply_size, TIMEOUT_MS
            )
            error = ctypes.get_last_error()  # type: ignore[attr-defined,unused-ignore]
        finally:
            self._library.IcmpCloseHandle(handle)
        reply = EchoReply.from_buffer_copy(buffer)
        status = int(reply.status) if count else int(error)
        if status in _DENIED:
            self._denied.set()
        answer = answer_of(status, size, self._interface_mtu)
        if answer is None:
            return
        sender = socket.inet_ntoa(int(reply.address).to_bytes(4, "little")) if reply.address else None
        self._answers.put(Echo(size, answer, float(reply.round_trip_time), sender))


def interface_mtu(address: str) -> int | None:
    """Return the MTU of the interface that leads to the IPv4 `address`, None if Windows does not say."""
    if ":" in address:
        return None
    library: Any = _library()
    index = ctypes.c_uint32()
    if library.GetBestInterface(as_ipaddr(address), ctypes.byref(index)) != 0:
        return None
    row = InterfaceRow(index=index.value)
    if library.GetIfEntry(ctypes.byref(row)) != 0:
        return None
    return int(row.mtu) or None


_INVALID_HANDLE = ctypes.c_void_p(-1).value


def _library() -> Any:
    library = ctypes.WinDLL("iphlpapi", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    library.IcmpCreateFile.restype = ctypes.c_void_p
    library.IcmpCreateFile.argtypes = ()
    library.IcmpCloseHandle.argtypes = (ctypes.c_void_p,)
    library.IcmpSendEcho.restype = ctypes.c_uint32
    library.IcmpSendEcho.argtypes = (
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_uint16,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_uint32,
    )
    library.GetBestInterface.argtypes = (ctypes.c_uint32, ctypes.c_void_p)
    library.GetIfEntry.argtypes = (ctypes.c_void_p,)
    return library
