"""Run the benchmarks `tests/bench/bench_*.py` and print one table: `./dev bench [NAME…]`.

A benchmark is a module with `bench() -> list[Row]`. One that fails is named on standard error and does not hide
the others; the exit status is then 1.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.table import Row, render

FOLDER = Path(__file__).parent
os.environ["SENDPROOF_HISTORY"] = "off"  # what is measured does not belong into anybody's history


def benchmark_names() -> list[str]:
    """Return the names of all benchmarks, without `bench_`."""
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def load(name: str) -> Callable[[], list[Row]]:
    """Return the `bench` of the module `bench_NAME`."""
    bench: Callable[[], list[Row]] = importlib.import_module(f"tests.bench.bench_{name}").bench
    return bench


def collect(names: list[str], loader: Callable[[str], Callable[[], list[Row]]] = load) -> Iterator[list[Row] | None]:
    """Run each benchmark; yield its rows, or None after its traceback was printed."""
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            yield loader(name)()
        except Exception:  # noqa: BLE001 - whatever it is, the other benchmarks still run
            traceback.print_exc()
            yield None


def main(arguments: list[str]) -> int:
    """Run the benchmarks named, or all; return the exit status."""
    known = benchmark_names()
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    results = list(collect(arguments or known))
    rows = [row for result in results for row in result or ()]
    if rows:
        print(render(rows))
    return int(None in results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
