"""Why it can't listen, in clear words with what to do: the words are data (`resources/listening/problems.toml`)."""

from __future__ import annotations

import errno
import sys
import tomllib
from functools import cache
from typing import Any

import msgspec

from core.listening.observation import ListenProblem
from core.reports.report import Fix
from core.resource_files import resource_path
from core.session import os_errors

_IN_USE = {errno.EADDRINUSE, 10048}
_NO_ADDRESS = {errno.EADDRNOTAVAIL, 10049}


class _FixText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    command: str | None = None
    os: str | None = None


class _ProblemText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    title: str
    text: str
    fix: tuple[_FixText, ...]
    os: str | None = None


class _Problems(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    problem: tuple[_ProblemText, ...]


@cache
def problem_texts() -> tuple[_ProblemText, ...]:
    """Return the table. Raises msgspec.ValidationError with the field where the file is wrong."""
    data = tomllib.loads(resource_path("listening", "problems.toml").read_text(encoding="utf-8"))
    return msgspec.convert(data, _Problems).problem


def is_in_use(error: OSError) -> bool:
    """Return whether `error` says that another program has the port."""
    return os_errors.number_of(error) in _IN_USE


def port_problem(error: OSError, address: str, port: int, owner: str = "") -> ListenProblem:
    """Return why `error` kept us from listening on `address` and `port`; `owner` says who has the port, if known."""
    number = os_errors.number_of(error)
    if number in _IN_USE:
        kind = "in-use"
    elif number in _NO_ADDRESS:
        kind = "no-address"
    elif os_errors.classify(error) == "denied":
        kind = "denied"
    else:
        kind = "other"
    reason = (error.strerror or str(error)).rstrip(".")
    return make(kind, port, address=address or "all addresses", owner=f" ({owner})" if owner else "", error=reason)


def nothing_arrives(here: str, port: int) -> ListenProblem:
    """Return what can be the reason when no device connects. here: "192.168.1.37, port 2525"."""
    return make("nothing-arrives", port, here=here)


def make(kind: str, port: int, **values: str) -> ListenProblem:
    """Return the problem `kind` with its placeholders filled, for the system that this runs on."""
    system = "windows" if sys.platform == "win32" else "linux"
    known: dict[str, Any] = {"port": port, "owner": "", "address": "", "here": "", "error": "", **values}
    text = next(text for text in problem_texts() if text.kind == kind and text.os in {None, system})
    return ListenProblem(
        kind=kind,
        port=port,
        title=text.title.format(**known),
        text=text.text.format(**known),
        fixes=tuple(
            Fix(text=fix.text.format(**known), command=fix.command.format(**known) if fix.command else None)
            for fix in text.fix
            if fix.os in {None, system}
        ),
    )
