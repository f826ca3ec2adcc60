"""Signs programs with Authenticode, if a certificate is at hand; checks what was signed.

Set SENDPROOF_SIGN_PFX to a file with certificate and key (PKCS #12) and SENDPROOF_SIGN_PASSWORD to its password, and
SENDPROOF_SIGN_TIMESTAMP to the address of an RFC 3161 time-stamping service: without a time stamp a signature ends
with its certificate. Windows signs with signtool, other systems with osslsigncode.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

NOTICE = "Not signed: no certificate is set (SENDPROOF_SIGN_PFX). Windows will call the publisher unknown."


class SigningFailed(Exception):
    """The tool did not sign; its words are the message."""


def sign(program: Path, description: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Sign a program in place and return whether it was done; False means that no certificate is set.

    Raises SigningFailed if one is set, but can't be used: a release must not go out unsigned by mistake.
    """
    certificate = environment.get("SENDPROOF_SIGN_PFX")
    if not certificate:
        return False
    if not Path(certificate).is_file():
        raise SigningFailed(f"There is no file {certificate} (SENDPROOF_SIGN_PFX).")
    password = environment.get("SENDPROOF_SIGN_PASSWORD", "")
    stamp = environment.get("SENDPROOF_SIGN_TIMESTAMP", "")
    if signtool := shutil.which("signtool"):
        stamping = ["/tr", stamp, "/td", "SHA256"] if stamp else []
        _run(
            [
                signtool,
                "sign",
                "/q",
                "/fd",
                "SHA256",
                "/f",
                certificate,
                "/p",
                password,
                "/d",
                description,
                *stamping,
                str(program),
            ]
        )
        return True
    tool = shutil.which("osslsigncode")
    if not tool:
        raise SigningFailed("Neither signtool nor osslsigncode was found.")
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, "password")  # in a file: a command line is seen by others
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="utf-8")
        signed = Path(folder, program.name)
        stamping = ["-ts", stamp] if stamp else []
        _run(
            [
                tool,
                "sign",
                "-pkcs12",
                certificate,
                "-readpass",
                str(secret),
                "-h",
                "sha256",
                "-n",
                description,
                *stamping,
                "-in",
                str(program),
                "-out",
                str(signed),
            ]
        )
        shutil.copyfile(signed, program)
    return True


def is_signed_by(program: Path, roots: Path) -> bool:
    """Return whether a program has an intact signature whose certificate leads to a root in the PEM file `roots`."""
    tool = shutil.which("osslsigncode")
    if not tool:
        raise SigningFailed("osslsigncode was not found.")
    command = [tool, "verify", "-CAfile", str(roots), "-in", str(program)]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if result.returncode:
        raise SigningFailed((result.stdout + result.stderr).strip()[-2000:])
