"""The MTU of this computer's own interface that leads to an address: packets above it never leave."""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

_SIOCGIFADDR, _SIOCGIFMTU = 0x8915, 0x8921
"""netdevice(7)."""


def interface_mtu(address: str) -> int | None:
    """Return the MTU in bytes of the interface towards `address` (a number); None where it can't be told."""
    try:
        if sys.platform == "win32":
            from core.pathmtu import windows

            return windows.interface_mtu(address)
        if sys.platform.startswith("linux"):
            return _linux(address)
    except (OSError, ValueError):
        pass
    return None


def _linux(address: str) -> int | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    target = socket.getaddrinfo(address, 9, family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST)[0][4]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(target)  # sends nothing; the kernel chooses the way
        ours = str(probe.getsockname()[0]).partition("%")[0]
        names = _six(ours) if family == socket.AF_INET6 else _four(ours)
        for name in names:
            mtu = int(struct.unpack_from("=i", _ask(_SIOCGIFMTU, name), 16)[0])
            if mtu > 0:
                return mtu
    return None


def _four(ours: str) -> list[str]:
    found = []
    for _, name in socket.if_nameindex():
        try:
            answer = _ask(_SIOCGIFADDR, name)
        except OSError:
            continue  # it has no IPv4 address
        if socket.inet_ntoa(answer[20:24]) == ours:
            found.append(name)
    return found


def _six(ours: str) -> list[str]:
    wanted = socket.inet_pton(socket.AF_INET6, ours).hex()
    lines = Path("/proc/self/net/if_inet6").read_text(encoding="ascii").splitlines()
    return [line.split()[-1] for line in lines if line.startswith(wanted)]


def _ask(request: int, name: str) -> bytes:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return fcntl.ioctl(any_socket, request, struct.pack("256s", name.encode()[:15]))
