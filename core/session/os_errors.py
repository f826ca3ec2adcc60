"""What an operating system's network error means: the only such table.

Linux speaks errno, Windows WinError (numbers from 10000); getaddrinfo has numbers of its own on both.
Sources: errno(3), gaierror in getaddrinfo(3), Windows Sockets Error Codes (learn.microsoft.com/windows/win32/winsock).
"""

from __future__ import annotations

import errno
import socket

# WSAECONNREFUSED and friends stand as numbers: the names exist in Python on Windows only.
_BY_NUMBER: dict[int, str] = {
    errno.ECONNREFUSED: "refused",
    10061: "refused",
    errno.ETIMEDOUT: "timed-out",
    10060: "timed-out",
    121: "timed-out",  # ERROR_SEM_TIMEOUT, what the proactor reports for a SYN without answer
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",  # no local address of this IP version
    errno.EAFNOSUPPORT: "unreachable",
    10065: "unreachable",
    10051: "unreachable",
    10050: "unreachable",
    10049: "unreachable",
    10047: "unreachable",
    1231: "unreachable",  # ERROR_NETWORK_UNREACHABLE
    1232: "unreachable",  # ERROR_HOST_UNREACHABLE
    1225: "refused",  # ERROR_CONNECTION_REFUSED, the proactor's form
    1236: "aborted",  # ERROR_CONNECTION_ABORTED
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    10054: "reset",
    64: "reset",  # ERROR_NETNAME_DELETED, the proactor's form of a reset
    errno.ECONNABORTED: "aborted",
    10053: "aborted",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    10013: "denied",
}

_BY_LOOKUP: dict[int, str] = {
    socket.EAI_NONAME: "name-not-found",
    11001: "name-not-found",
    11004: "name-not-found",
    socket.EAI_AGAIN: "dns-timeout",
    11002: "dns-timeout",
    socket.EAI_FAIL: "dns-failed",
    11003: "dns-failed",
}
if hasattr(socket, "EAI_NODATA"):
    _BY_LOOKUP[socket.EAI_NODATA] = "name-not-found"


def classify(error: BaseException) -> str:
    """Return the word of `core.knowledge.facts.OS_ERRORS` for `error`, "other" if it is none of them.

    A look-up error and a socket error may share a number; the exception's type tells them apart.
    """
    if isinstance(error, socket.gaierror):
        return _BY_LOOKUP.get(error.errno or 0, "dns-failed")
    if isinstance(error, OSError):
        windows = getattr(error, "winerror", None)
        for number in (windows, error.errno):
            if number in _BY_NUMBER:
                return _BY_NUMBER[number]
    if isinstance(error, TimeoutError):
        return "timed-out"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionAbortedError):
        return "aborted"
    if isinstance(error, ConnectionError):
        return "reset"
    return "other"


def number_of(error: BaseException) -> int | None:
    """Return the number the operating system gave, the Windows one where there is one."""
    if isinstance(error, OSError):
        return getattr(error, "winerror", None) or error.errno
    return None
