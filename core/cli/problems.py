"""What is wrong with the settings, in the terminal's words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from core.request import FieldProblem

_OPTIONS = {
    "sender": "--from",
    "recipients": "--to",
    "mechanism": "--auth",
    "device": "--like",
    "password": "--password-env / --password-stdin",
    "verify": "--no-verify",
    "sni": "--no-sni",
}
"""Options that are not called like their field."""


def print_problems(problems: Iterable[FieldProblem], options: Mapping[str, str] | None = None) -> None:
    """Print each problem with the option it concerns to standard error; `options` are those of the command alone."""
    names = {**_OPTIONS, **(options or {})}
    for problem in problems:
        option = names.get(problem.field, "--" + problem.field.replace("_", "-"))
        kind = "" if problem.severity == "error" else "note: "
        print(f"{option}: {kind}{problem.text}", file=sys.stderr)
