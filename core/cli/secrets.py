"""Passwords and access tokens for commands: from an environment variable or standard input, never from an argument.

Arguments are seen by every process of the machine and stay in the shell's history.
"""

from __future__ import annotations

import argparse
import os
import re
import sys

from core.secret import Secret

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)
"""What may be repeated when it is not set: variables are commonly written in capitals, passwords are not."""


def add_secret_arguments(group: argparse._ArgumentGroup) -> None:
    """Add `--password-env`, `--password-stdin` and `--token-env` to `group`; at most one of them can be given."""
    secret = group.add_mutually_exclusive_group()
    secret.add_argument("--password-env", metavar="VAR", help="the environment variable that holds the password")
    secret.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    secret.add_argument("--token-env", metavar="VAR", help="the environment variable that holds an OAuth access token")


def read_password(args: argparse.Namespace) -> Secret | None:
    """Return the password that the arguments point to, None if they name none. Raises ValueError where it is empty."""
    if args.password_stdin:
        line = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
        if not line:
            raise ValueError("Nothing came from standard input for --password-stdin.")
        return Secret(line)
    return _from_environment(args.password_env, "--password-env")


def read_token(args: argparse.Namespace) -> Secret | None:
    """Return the access token that the arguments point to, None if they name none. Raises ValueError if it is empty."""
    return _from_environment(args.token_env, "--token-env")


def _from_environment(name: str | None, option: str) -> Secret | None:
    if not name:
        return None
    value = os.environ.get(name, "")
    if not value:
        if not _VARIABLE.fullmatch(name):  # a password, typed where only its variable's name belongs
            raise ValueError(
                f"{option} takes the name of an environment variable, such as SMTP_PASSWORD, not the secret itself; "
                "what was given is no such name, or is not set."
            )
        raise ValueError(f"The environment variable {name} of {option} is empty or not set.")
    return Secret(value)
