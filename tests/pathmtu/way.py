"""A way through the network, made of three network namespaces: a client, a router with a narrow side, a server.

    with way(mtu=1400) as w:                     # the router says "fragmentation needed", as it should
    with way(mtu=1400, black_hole=True) as w:    # its words are lost: a black hole
        w.run(["python", …])                     # a process where the client is
        with w.inside("server"): …               # this thread's new sockets are there

Needs root and the Debian package iproute2; nothing of the system's own network is touched. The names are unique and
everything is removed at the end. The black hole is a routing rule that drops whatever the router itself sends, its ICMP
errors that is, so that no packet filter is needed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CLIENT, CLIENT6 = "198.51.100.2", "2001:db8:1::2"
ROUTER, ROUTER6 = "198.51.100.1", "2001:db8:1::1"
SERVER, SERVER6 = "203.0.113.2", "2001:db8:2::2"
_ROUTER_FAR, _ROUTER_FAR6 = "203.0.113.1", "2001:db8:2::1"

_CLONE_NEWNET = 0x40000000


class Missing(Exception):
    """Namespaces can't be made here; the message says why in one sentence."""


@dataclass(frozen=True)
class Way:
    """The three namespaces by their roles: "client", "router", "server"."""

    names: dict[str, str]

    def ip(self, role: str, *words: str) -> None:
        """Run `ip` in one of them."""
        _ip("-n", self.names[role], *words)

    def run(self, command: Sequence[str], role: str = "client", limit: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a process there and return what it printed."""
        words = ["ip", "netns", "exec", self.names[role], *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=limit, check=False)

    def setting(self, role: str, name: str, value: str) -> None:
        """Set a kernel setting (sysctl) there, such as "net.ipv4.ip_forward"."""
        with self.inside(role):
            # /proc/sys/net shows the namespace of whoever opens it.
            Path("/proc/sys", *name.split("/")).write_text(value)

    @contextlib.contextmanager
    def inside(self, role: str) -> Iterator[None]:
        """Put this thread into that namespace for a while: sockets belong where they are made."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.names[role]}", os.O_RDONLY)
        try:
            _enter(there)
            yield
        finally:
            _enter(home)
            os.close(home)
            os.close(there)


def check() -> None:
    """Raise Missing with the reason where namespaces can't be made."""
    if not sys.platform.startswith("linux"):
        raise Missing("network namespaces need Linux")
    if os.geteuid() != 0:
        raise Missing("network namespaces need root")
    if shutil.which("ip") is None:
        raise Missing("the Debian package is not installed: iproute2")
    name = f"sp{secrets.token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        raise Missing(f"the kernel makes no network namespace here ({made.stderr.strip()[:200]})")
    subprocess.run(["ip", "netns", "del", name], check=False)


@contextlib.contextmanager
def way(*, mtu: int = 1500, black_hole: bool = False, back: int | None = None) -> Iterator[Way]:
    """Build a way whose far side carries `mtu` bytes to the server, and `back` bytes (default: all) from it."""
    stem = f"sp{secrets.token_hex(3)}"
    names = {role: f"{stem}{role[0]}" for role in ("client", "router", "server")}
    made = Way(names)
    try:
        for name in names.values():
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        for near, far, one, other in (("client", "router", "c0", "r0"), ("server", "router", "s0", "r1")):
            _ip("link", "add", one, "netns", names[near], "type", "veth", "peer", "name", other, "netns", names[far])
        for role, device, four, six in (
            ("client", "c0", CLIENT, CLIENT6),
            ("router", "r0", ROUTER, ROUTER6),
            ("router", "r1", _ROUTER_FAR, _ROUTER_FAR6),
            ("server", "s0", SERVER, SERVER6),
        ):
            made.setting(role, f"net/ipv6/conf/{device}/accept_dad", "0")
            made.ip(role, "addr", "add", f"{four}/24", "dev", device)
            made.ip(role, "addr", "add", f"{six}/64", "dev", device, "nodad")
            made.ip(role, "link", "set", device, "up")
        made.ip("router", "link", "set", "r1", "mtu", str(mtu))
        if back is not None:
            made.ip("router", "link", "set", "r0", "mtu", str(back))
        for role, four, six in (("client", ROUTER, ROUTER6), ("server", _ROUTER_FAR, _ROUTER_FAR6)):
            made.ip(role, "route", "add", "default", "via", four)
            made.ip(role, "-6", "route", "add", "default", "via", six)
            # The kernel's own search for a black hole would hide it from TCP.
            made.setting(role, "net/ipv4/tcp_mtu_probing", "0")
        made.setting("router", "net/ipv4/ip_forward", "1")
        made.setting("router", "net/ipv6/conf/all/forwarding", "1")
        made.setting("client", "net/ipv4/ping_group_range", "0 2147483647")
        if black_hole:
            for version in ("-4", "-6"):
                made.ip("router", version, "rule", "add", "iif", "lo", "blackhole", "pref", "10")
        yield made
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _enter(namespace: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
