"""The conversation as it happens, on the terminal: stage headings, lines with times, a sentence at each stage's end.

Colour only on a terminal that wants it, and never alone: every line also carries its sign.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from typing import TextIO

from core import __version__
from core.reports import words
from core.reports.report import StageResult
from core.reports.text import stage_line, verdict_lines
from core.request import CheckRequest
from core.session import events
from core.session.transcript import Line
from core.stages import Outcome, Stage, StageStatus

_COLOURS = {
    StageStatus.PASSED: "32",
    StageStatus.WARNING: "33",
    StageStatus.FAILED: "1;31",
    StageStatus.SKIPPED: "2",
    StageStatus.NOT_REACHED: "2",
}
_OUTCOME_COLOURS = {Outcome.ACCEPTED: "1;32", Outcome.STOPPED: "1;31", Outcome.DEFERRED: "1;33", Outcome.CANCELLED: "1"}


def wants_colour(stream: TextIO) -> bool:
    """Return whether to colour `stream`: a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb is set."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb" and _console_colours()


def _console_colours() -> bool:
    if sys.platform != "win32":
        return True
    import ctypes

    # Older consoles show escape sequences as text until ENABLE_VIRTUAL_TERMINAL_PROCESSING (4) is set.
    kernel = ctypes.windll.kernel32
    handle = kernel.GetStdHandle(-11)
    mode = ctypes.c_ulong()
    return bool(kernel.GetConsoleMode(handle, ctypes.byref(mode)) and kernel.SetConsoleMode(handle, mode.value | 4))


def safe_for(stream: TextIO, text: str) -> str:
    """Return `text` as far as `stream` can encode it; the rest becomes question marks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


class LivePrinter:
    """Prints the events of one check to `stream`; with `verdict`, the verdict too.

    Within a running loop it prints when the loop has nothing more urgent to do: a slow terminal must not make a mail
    server wait. Call `finish` at the end.
    """

    def __init__(self, stream: TextIO, *, verdict: bool) -> None:
        self._stream = stream
        self._verdict = verdict
        self._colour = wants_colour(stream)
        self._begun: set[Stage] = set()
        self._waiting: deque[events.Event] = deque()
        self._failure: OSError | None = None

    def begin(self, request: CheckRequest) -> None:
        """Print what is about to be checked."""
        security = words.security_words(request.security.value)
        practice = f" (practice server “{request.practice}”)" if request.practice else ""
        self._print(f"Sendproof {__version__} — {request.server} port {request.port}, {security}{practice}")
        self._print(self._dim(f"Times in seconds. {words.LEGEND}."))

    def __call__(self, event: events.Event) -> None:
        """Take one event, to be printed soon."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._print_waiting)
        self._waiting.append(event)

    def finish(self) -> None:
        """Print what is waiting. Raises OSError if anything could not be printed, now or before (a closed pipe)."""
        self._print_waiting()
        if self._failure is not None:
            raise self._failure

    def _print_waiting(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            try:
                if self._failure is None:
                    self._show(event)
            except OSError as failure:
                self._failure = failure  # told once, at the end: the check does not depend on its audience

    def _show(self, event: events.Event) -> None:
        match event:
            case events.StageStarted():
                self._begun.add(event.stage)
                self._print(f"\n{self._bold(words.label(event.stage))}")
            case events.LineRecorded() | events.NoteRecorded():
                self._line(event.line)
            case events.StageEnded():
                self._ended(event.result)
            case events.CheckFinished() if self._verdict:
                report = event.report
                self._print("")
                for number, line in enumerate(verdict_lines(report)):
                    self._print(line if number else self._paint(line, _OUTCOME_COLOURS[report.outcome]))
                self._print("")
                self._print(self._dim(f"Finished in {report.duration_ms / 1000:.2f} s. {words.about_sending(report)}"))
            case _:
                pass

    def _line(self, line: Line) -> None:
        text = words.transcript_line(line.as_report())
        self._print(self._dim(text) if line.direction == "note" else text)

    def _ended(self, result: StageResult) -> None:
        if result.stage not in self._begun:
            return  # the verdict tells where the walk ended
        line = stage_line(result.status, result.summary, result.duration_ms)
        self._print(self._paint(line, _COLOURS[result.status]))

    def _print(self, text: str) -> None:
        print(safe_for(self._stream, text), file=self._stream, flush=True)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text

    def _bold(self, text: str) -> str:
        return self._paint(text, "1")

    def _dim(self, text: str) -> str:
        return self._paint(text, "2")
