"""Where Windows programs run: on this Windows, or in the Wine that wine.sh has set up."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Windows:
    """This very computer."""

    def __init__(self, python: Path) -> None:
        self.python = python
        self.temporary = Path(os.environ.get("TEMP", "."))
        self.local_data = Path(os.environ.get("LOCALAPPDATA", "."))
        self.environment: dict[str, str] = dict(os.environ) | {"SENDPROOF_HISTORY": "off"}  # trials are no runs

    def command(self, program: Path | str, *arguments: str) -> list[str]:
        """Return what starts a program."""
        return [str(program), *arguments]

    def path(self, path: Path) -> str:
        """Return how a program there names a file."""
        return str(path.resolve())

    def run(
        self,
        program: Path | str,
        *arguments: str,
        limit: float = 120,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end, at most `limit` seconds; its output is in the result.

        It goes through files: a pipe is kept open by whatever the program leaves running, Wine's own helpers too.
        Raises subprocess.TimeoutExpired.
        """
        command = self.command(program, *arguments)
        surroundings = self.environment | dict(environment or {})
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            status = subprocess.call(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=limit, cwd=cwd, env=surroundings
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(command, status, out.read(), err.read())

    def kill(self, *names: str) -> None:
        """End the programs with these file names."""
        for name in names:
            self.run("taskkill", "/F", "/IM", name, limit=30)

    def close(self) -> None:
        """Let go of what was held for speed."""


class Wine(Windows):
    """A Wine set up in `folder` by wine.sh; needs a screen, a virtual one for instance."""

    def __init__(self, folder: Path, python: Path) -> None:
        super().__init__(python)
        for line in (folder / "env").read_text(encoding="utf-8").splitlines():
            self.environment |= dict(pair.split("=", 1) for pair in shlex.split(line)[1:])
        drive = folder / "prefix" / "drive_c"
        (user,) = [each for each in (drive / "users").iterdir() if each.name != "Public"]
        self.temporary = user / "AppData" / "Local" / "Temp"
        self.local_data = user / "AppData" / "Local"
        self._server(["-p"])  # stays: starting it anew costs seconds for each program

    def command(self, program: Path | str, *arguments: str) -> list[str]:
        """Return what starts a program."""
        return [self.environment["WINELOADER"], str(program), *arguments]

    def path(self, path: Path) -> str:
        """Return how a program there names a file: the whole of this computer is its drive Z."""
        return "Z:" + str(path.resolve()).replace("/", "\\")

    def close(self) -> None:
        """End Wine."""
        self._server(["-k"])

    def _server(self, arguments: Sequence[str]) -> None:
        subprocess.run(
            [self.environment["WINESERVER"], *arguments],
            env=self.environment,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


IS_WINDOWS = sys.platform == "win32"
