"""Size and start of the .exe beside those of a bare window program built in the same run."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.first_paint import VARIABLE

ROUNDS = 7
LIMIT_SECONDS = 60
SIZE_AIM = 1.25
START_AIM = 1.3


@dataclass(frozen=True, slots=True)
class Figures:
    """Bytes, and seconds from the start of the process to the first painted window (the median of ROUNDS)."""

    size: int
    start: float


def start_seconds(program: Sequence[str], surroundings: Mapping[str, str], seen_as: Callable[[Path], str]) -> float:
    """Start the program once and return how long it took to its first picture.

    `surroundings` is its environment, `seen_as` gives a path as it sees it. Raises RuntimeError if it paints none.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "painted.txt")
        environment = dict(surroundings) | {VARIABLE: seen_as(target)}
        begin = time.time()
        with subprocess.Popen(
            program, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if not target.is_file():
            raise RuntimeError(f"{program[-1]} painted no window within {LIMIT_SECONDS} s")
        return float(target.read_text(encoding="ascii")) - begin


def measure(
    programs: dict[str, tuple[Path, Sequence[str]]],
    surroundings: Mapping[str, str],
    seen_as: Callable[[Path], str],
    rounds: int = ROUNDS,
) -> dict[str, Figures]:
    """Return the figures of programs, each with its file (or folder) and the command that starts it.

    They take turns, so that what else the computer does meets all of them alike. The first round warms up.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(rounds + 1):
        for name, (_, command) in programs.items():
            seconds = start_seconds(command, surroundings, seen_as)
            if turn:
                times[name].append(seconds)
    return {name: Figures(size(path), statistics.median(times[name])) for name, (path, _) in programs.items()}


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def table(figures: dict[str, Figures], bare: str) -> str:
    """Return the figures as lines, each beside the bare program's."""
    base = figures[bare]
    lines = [f"{'':<22}{'size':>10}{'× bare':>9}{'start':>10}{'× bare':>9}"]
    lines += [
        f"{name:<22}{each.size / 1e6:>7.1f} MB{each.size / base.size:>9.2f}"
        f"{each.start:>8.2f} s{each.start / base.start:>9.2f}"
        for name, each in figures.items()
    ]
    return "\n".join([*lines, f"Aim for the one file: size ≤ {SIZE_AIM} ×, start ≤ {START_AIM} × the bare program's."])
