"""This computer's own addresses, as they can be typed into a device: the one towards the network first.

Nothing is sent for that. Where the system tells the adapters, virtual ones (of Hyper-V, VPNs, containers) come last,
and are marked: a copier can't reach them.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_VIRTUAL = re.compile(
    r"^(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|wg|tailscale|zt|lxc|cni|flannel|podman)"
    r"|hyper-v|vethernet|virtualbox|vmware|wsl|loopback|vpn|wireguard|tailscale|zerotier|tap-windows|bluetooth",
    re.IGNORECASE,
)
"""Names of adapters, or what Windows calls them, that no copier is connected to."""


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """One address. adapter: its name, "" if unknown. virtual: it belongs to an adapter that is no network of copiers.

    first: the address that this computer uses towards the network.
    """

    address: str
    adapter: str = ""
    virtual: bool = False
    first: bool = False


def own_addresses() -> list[OwnAddress]:
    """Return the addresses, the best to type into a device first: IPv4 before IPv6, without loopback and link-local.

    May take a moment (names are looked up where the system tells no adapters); empty without any network.
    """
    main = towards_network()
    found = dict(_adapters())
    for address in main if found else (*main, *_by_name()):
        found.setdefault(address, "")
    usable = {address: adapter for address, adapter in found.items() if _usable(address)}
    return sorted(
        (
            OwnAddress(address, adapter, bool(adapter and _VIRTUAL.search(adapter)), address in main)
            for address, adapter in usable.items()
        ),
        key=lambda own: (own.virtual, ":" in own.address, not own.first),
    )


def towards_network() -> list[str]:
    """Return this computer's IP addresses towards the network, the one most used first; nothing is sent for that."""
    found = []
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Connecting a UDP socket only asks the routing table (RFC 5737 and 3849 addresses are never real ones).
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            continue
    return found


def _usable(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast)


def _by_name() -> list[str]:
    try:
        return socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        return []


def _adapters() -> Iterable[tuple[str, str]]:
    try:
        if sys.platform == "win32":
            return _windows_adapters()
        return [*_linux_ipv4(), *_linux_ipv6()]
    except (OSError, ValueError, AttributeError, ImportError):
        return []  # the route and the host name still tell something


def _linux_ipv4() -> Iterable[tuple[str, str]]:
    """Ask each interface for its address (SIOCGIFADDR, netdevice(7))."""
    import fcntl
    import struct

    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asking.fileno(), 0x8915, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # it has none
            found.append((socket.inet_ntoa(answer[20:24]), name))
    return found


def _linux_ipv6() -> Iterable[tuple[str, str]]:
    path = Path("/proc/net/if_inet6")
    if not path.is_file():
        return []
    rows = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return [(str(ipaddress.IPv6Address(int(row[0], 16))), row[5]) for row in rows if len(row) >= 6]


def _windows_adapters() -> Iterable[tuple[str, str]]:
    """Ask GetAdaptersAddresses (iphlpapi.h) for the addresses of adapters that are up, with what Windows calls them."""
    import ctypes
    from ctypes import wintypes

    class SocketAddress(ctypes.Structure):
        _fields_ = (("pointer", ctypes.c_void_p), ("length", ctypes.c_int))

    class Unicast(ctypes.Structure):
        pass

    Unicast._fields_ = (
        ("alignment", ctypes.c_ulonglong),
        ("next", ctypes.POINTER(Unicast)),
        ("address", SocketAddress),
    )

    class Adapter(ctypes.Structure):
        pass

    Adapter._fields_ = (
        ("alignment", ctypes.c_ulonglong),
        ("next", ctypes.POINTER(Adapter)),
        ("name", ctypes.c_char_p),
        ("unicast", ctypes.POINTER(Unicast)),
        ("anycast", ctypes.c_void_p),
        ("multicast", ctypes.c_void_p),
        ("dns", ctypes.c_void_p),
        ("dns_suffix", ctypes.c_wchar_p),
        ("description", ctypes.c_wchar_p),
        ("friendly_name", ctypes.c_wchar_p),
        ("physical", ctypes.c_ubyte * 8),
        ("physical_length", wintypes.DWORD),
        ("flags", wintypes.DWORD),
        ("mtu", wintypes.DWORD),
        ("type", wintypes.DWORD),
        ("status", ctypes.c_int),
    )
    size = wintypes.ULONG(32 * 1024)
    ask = ctypes.WinDLL("iphlpapi").GetAdaptersAddresses  # type: ignore[attr-defined,unused-ignore]
    for _ in range(3):
        buffer = ctypes.create_string_buffer(size.value)
        # No anycast, multicast or DNS server addresses (flags 2, 4, 8); all families.
        result = ask(0, 0x0E, None, buffer, ctypes.byref(size))
        if result != 111:  # ERROR_BUFFER_OVERFLOW: `size` now says how much is needed
            break
    if result != 0:
        return []
    found = []
    adapter = ctypes.cast(buffer, ctypes.POINTER(Adapter))
    while adapter:  # type: ignore[truthy-bool]  # a null pointer is false
        here = adapter.contents
        entry = here.unicast
        while here.status == 1 and entry:  # IfOperStatusUp
            address = _windows_address(entry.contents.address)
            if address:
                found.append((address, f"{here.friendly_name or ''} ({here.description or ''})"))
            entry = entry.contents.next
        adapter = here.next
    return found


def _windows_address(address: object) -> str:
    import ctypes

    pointer, length = address.pointer, address.length  # type: ignore[attr-defined]
    raw = ctypes.string_at(pointer, length)
    family = int.from_bytes(raw[:2], "little")
    if family == 2 and length >= 8:
        return socket.inet_ntop(socket.AF_INET, raw[4:8])
    if family == 23 and length >= 24:
        return socket.inet_ntop(socket.AF_INET6, raw[8:24])
    return ""
