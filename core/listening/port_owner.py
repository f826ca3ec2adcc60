"""Who has a port that we wanted: the program's name where the system tells it, and how it greets."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

from core.session.transcript import render

_PATIENCE = 1.5
"""Seconds for the other program to greet on this computer's own loopback."""


async def who_has(port: int) -> str:
    """Return a phrase such as “master, which greets with “220 mail.contoso.com ESMTP””; "" if nothing is known."""
    name = await asyncio.to_thread(_program, port)
    greeting = await _greeting(port)
    if greeting:
        said = f"which greets with “{greeting}”"
        return f"{name}, {said}" if name else said
    return name


async def _greeting(port: int) -> str:
    for address in ("127.0.0.1", "::1"):
        with contextlib.suppress(OSError, ValueError):
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection(address, port, limit=2_000)
                try:
                    line = await reader.readline()
                finally:
                    writer.close()
                    await writer.wait_closed()
            if line.strip():
                return render(line.strip(), limit=100)
    return ""


def _program(port: int) -> str:
    with contextlib.suppress(OSError, ValueError, AttributeError, IndexError):
        return _on_windows(port) if sys.platform == "win32" else _on_linux(port)
    return ""


def _on_linux(port: int) -> str:
    """Find the socket in /proc/net/tcp, then the process that holds it (proc(5)); needs the right to look."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net", table)
        for row in path.read_text(encoding="ascii").splitlines()[1:] if path.is_file() else []:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: listening
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(handle.readlink()) in inodes for handle in (process / "fd").iterdir()):
                return render((process / "comm").read_bytes().strip(), limit=40)
    return ""


def _on_windows(port: int) -> str:
    """Ask GetExtendedTcpTable (iphlpapi.h) for the process, and the system for its file name."""
    import ctypes
    from ctypes import wintypes

    tables = ctypes.WinDLL("iphlpapi")  # type: ignore[attr-defined,unused-ignore]
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    size = wintypes.DWORD(0)
    tables.GetExtendedTcpTable(None, ctypes.byref(size), False, 2, 3, 0)  # AF_INET, TCP_TABLE_OWNER_PID_LISTENER
    buffer = ctypes.create_string_buffer(size.value + 1024)
    size = wintypes.DWORD(len(buffer))
    if tables.GetExtendedTcpTable(buffer, ctypes.byref(size), False, 2, 3, 0) != 0:
        return ""
    rows = int.from_bytes(buffer.raw[:4], "little")
    for number in range(rows):
        row = buffer.raw[4 + number * 24 : 28 + number * 24]
        if int.from_bytes(row[8:10], "big") == port:
            process = int.from_bytes(row[20:24], "little")
            kernel.OpenProcess.restype = wintypes.HANDLE
            handle = kernel.OpenProcess(0x1000, False, process)  # PROCESS_QUERY_LIMITED_INFORMATION
            if not handle:
                return f"process {process}"
            name = ctypes.create_unicode_buffer(1024)
            length = wintypes.DWORD(len(name))
            told = kernel.QueryFullProcessImageNameW(wintypes.HANDLE(handle), 0, name, ctypes.byref(length))
            kernel.CloseHandle(wintypes.HANDLE(handle))
            return render(name.value.rpartition("\\")[2], limit=60) if told else f"process {process}"
    return ""
