"""The window: how long it ever keeps its user waiting, and how long it takes to appear."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.table import Row

ROOT = Path(__file__).resolve().parents[2]
LINES = 20_000
STARTS = 11

BARE = """
import os, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

class Window(QWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, painted)

def painted():
    print(time.monotonic(), flush=True)
    os._exit(0)

application = QApplication(["bare"])
window = Window()
window.resize(1280, 820)
window.show()
application.exec()
"""

OURS = """
import os, sys, time
from gui import app, window
from gui.store import Store

class Window(window.MainWindow):
    def _after_first_paint(self):
        print(time.monotonic(), flush=True)
        os._exit(0)

app.MainWindow = Window
app.Store = lambda: Store(sys.argv[1])
app.run(["sendproof"])
"""


def bench() -> list[Row]:
    """Measure stalls during a check with 20,000 lines, and the start beside a bare QWidget program."""
    return [*stalls(), *starts()]


def stalls() -> list[Row]:
    """Return the stalls of the window's thread, seen by a timer of 0 ms, in a process of its own."""
    program = "from tests.bench.bench_window import measure_stalls; measure_stalls()"
    output = _python(program).stdout
    worst, high, count = (float(word) for word in output.split()[-3:])
    note = f"{LINES:,} lines as fast as they come, {count:,.0f} turns of the event loop"
    return [
        Row("window: stall, 99.9th percentile", high, "ms", "aim: under 50 ms", note),
        Row("window: longest stall", worst, "ms", "", note),
    ]


def starts() -> list[Row]:
    """Return the time from process start to the first painted window, ours and a bare one's, taken in turn."""
    bare, ours = [], []
    with TemporaryDirectory() as folder:
        for view in ("simple", "technician"):
            Path(folder, f"{view}.ini").write_text(f"[General]\nview={view}\n")
        caches = Path(
            folder, "bytecode"
        )  # written by the first start of each, as on a machine that has run them before
        for number in range(STARTS + 1):
            plain = _timed(BARE, caches)
            both = tuple(_timed(OURS, caches, str(Path(folder, f"{view}.ini"))) for view in ("simple", "technician"))
            if number:
                bare.append(plain)
                ours.append(both)
    base = statistics.median(bare)
    rows = [Row("bare QWidget: start to first paint", base * 1000, "ms", "", f"median of {STARTS}, offscreen")]
    for place, view in enumerate(("simple", "technician")):
        value = statistics.median(times[place] for times in ours)
        rows.append(
            Row(
                f"window, {view} view: start to first paint",
                value * 1000,
                "ms",
                f"{value / base:.2f}× bare (aim: 1.3×)",
                f"median of {STARTS}, taken in turn with the bare one",
            )
        )
    return rows


def _environment(caches: Path | None) -> dict[str, str]:
    environment = {"QT_QPA_PLATFORM": "offscreen"} | dict(os.environ)
    if caches is not None:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(caches)
    return environment


def _python(program: str, *arguments: str, caches: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        cwd=ROOT,
        env=_environment(caches),
        capture_output=True,
        text=True,
    )


def _timed(program: str, caches: Path, *arguments: str) -> float:
    began = time.monotonic()  # one clock for all processes of the machine
    painted = float(_python(program, *arguments, caches=caches).stdout.split()[-1])
    return painted - began


def at_moment(gaps: list[float], share: float) -> float:
    """Return the gap that is not exceeded at `share` of all moments: long gaps count as long as they last."""
    limit, passed = sum(gaps) * share, 0.0
    for gap in gaps:
        passed += gap
        if passed >= limit:
            return gap
    return gaps[-1]


def measure_stalls() -> None:
    """Show a check with LINES lines; print the longest stall, the 99.9th percentile (ms) and the number of turns."""
    from PySide6.QtCore import QTimer

    from core.session.events import CheckFinished, StageEnded, StageStarted
    from core.session.transcript import Line
    from core.stages import Stage
    from gui.app import make_application
    from gui.engine import Engine
    from gui.store import Store
    from gui.theme import theme
    from gui.window import MainWindow
    from tests.gui.canned import Script, report_of, request

    application = make_application(["bench"])
    theme.install(application, "light")
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "Sendproof.ini")
        store.put("view", "technician")
        engine = Engine()
        window = MainWindow(engine, store)
        window.resize(1280, 820)
        window.show()
        turns: list[float] = []
        timer = QTimer()
        timer.setInterval(0)
        timer.timeout.connect(lambda: turns.append(time.perf_counter()))

        async def work(job: object) -> object:
            from core.session.events import LineRecorded

            emit = job.emit  # type: ignore[attr-defined]
            emit(request())
            emit(StageStarted("run", 0, Stage.BANNER, "the greeting", 20))
            for number in range(1, LINES + 1):
                text = f"220 line {number} of a server that has much to say, {'and more, ' * (number % 25)}the end"
                emit(LineRecorded("run", number, Line(number, number, Stage.BANNER, "server", False, text)))
            script = Script()
            for stage in Stage:
                script.end(stage)
            for event in script.events:
                assert isinstance(event, StageEnded)
                emit(event)
            report = report_of([script.results[stage] for stage in Stage], failed_stage=None)
            emit(CheckFinished("run", LINES, report))
            return report

        def begin() -> None:
            timer.start()
            window.controller.play(work)

        def wait_for_rest() -> None:
            QTimer.singleShot(500, application.quit)

        window.controller.finished.connect(wait_for_rest)
        waiting = QTimer()
        waiting.setInterval(20)
        waiting.timeout.connect(lambda: window.catalogue is not None and (waiting.stop(), begin()))
        waiting.start()
        application.exec()
        assert window.controller.transcript.rowCount() > LINES
        engine.stop(2.0)
    gaps = sorted((after - before) * 1000 for before, after in pairwise(turns))
    high = at_moment(gaps, 0.999)
    print(f"{gaps[-1]:.2f} {high:.2f} {len(gaps)}")
    sys.stdout.flush()
    os._exit(0)  # what is measured is over; taking a window with 20,000 rows apart is not


if __name__ == "__main__":
    measure_stalls()
