"""The rows that benchmarks give back, and the table they are printed as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One measured value.

    `measure` says what was measured, `compared_with` what the value stands beside (another program's value, a
    limit), `note` what a reader has to know to believe it.
    """

    measure: str
    value: float
    unit: str
    compared_with: str = ""
    note: str = ""


def render(rows: Sequence[Row]) -> str:
    """Return the rows as an aligned table with a heading, numbers to the right."""
    cells = [("measure", "value", "unit", "compared with", "note")]
    cells += [(row.measure, f"{row.value:,.6g}", row.unit, row.compared_with, row.note) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = [
        "  ".join(
            cell.rjust(width) if column == 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
