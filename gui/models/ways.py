"""The ways of sending that are planned, being tried, or tried, for the table."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.stages import Stage
from gui.texts import stage_name

if TYPE_CHECKING:
    from core.finding.model import FindDocument, Plan, PlannedWay, WayResult


class Column(IntEnum):
    """The columns from left to right."""

    WAY = 0
    SERVER = 1
    RESULT = 2
    WHY = 3
    TIME = 4


SignRole = Qt.ItemDataRole.UserRole
"""A status for `gui.icons.draw_status`, and the colour of its word."""
TakenRole = Qt.ItemDataRole.UserRole + 1
"""The colour of the way to take: that of the verdict; empty for all others."""

_SIGNS = {
    "works": ("passed", "passed"),
    "partly": ("warning", "warning"),
    "fails": ("failed", "failed"),
    "later": ("warning", "warning"),
    "not-tried": ("skipped", "muted"),
    "cancelled": ("skipped", "muted"),
}


class WaysModel(QAbstractTableModel):
    """One row a way, in the plan's order; once it is known which to take, that one comes first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ways: list[PlannedWay] = []
        self._results: dict[str, WayResult] = {}
        self._running: dict[str, tuple[Stage | None, float]] = {}
        self._taken = ""
        self._taken_colour = ""
        self._begun = False

    # What happens

    def reset(self, plan: Plan | None, *, begun: bool = False) -> None:
        """Show the ways of `plan`, none of them tried; `begun` says that they are about to be."""
        self.beginResetModel()
        self._ways = list(plan.ways) if plan else []
        self._results.clear()
        self._running.clear()
        self._taken = ""
        self._begun = begun
        self.endResetModel()

    def start(self, way: str) -> None:
        """Show that a way is being tried."""
        self._running[way] = (None, time.monotonic())
        self._changed(way)

    def progress(self, way: str, stage: Stage) -> None:
        """Show the stage that a way has come to."""
        since = self._running.get(way, (None, time.monotonic()))[1]
        self._running[way] = (stage, since)
        self._changed(way)

    def end(self, result: WayResult) -> None:
        """Show how a way did."""
        self._running.pop(result.way, None)
        self._results[result.way] = result
        self._changed(result.way)

    def finish(self, document: FindDocument) -> None:
        """Show the final results, the way to take first, then what works, then the rest."""
        self.beginResetModel()
        self._running.clear()
        self._results = {result.way: result for result in document.ways}
        self._taken = document.recommendation.way or ""
        self._taken_colour = "passed" if document.recommendation.verdict == "recommended" else "warning"
        order = {"works": 0, "partly": 1}
        self._ways = sorted(
            document.plan.ways,
            key=lambda way: (
                way.id != self._taken,
                bool(way.left_out),
                order.get(self._results[way.id].state, 2),
                self._results[way.id].place or 99,
                way.rank,
            ),
        )
        self.endResetModel()

    # What is shown

    @property
    def moving(self) -> bool:
        """Whether a way is being tried now."""
        return bool(self._running)

    @property
    def done(self) -> int:
        """How many ways have an end."""
        return len(self._results)

    def way(self, row: int) -> PlannedWay:
        """Return the way of a row."""
        return self._ways[row]

    def result(self, row: int) -> WayResult | None:
        """Return how the way of a row did, None while nobody knows."""
        return self._results.get(self._ways[row].id)

    def row_of(self, way: str) -> int:
        """Return the row of a way, -1 if it is not shown."""
        return next((row for row, entry in enumerate(self._ways) if entry.id == way), -1)

    def tick(self) -> None:
        """Let running times go on."""
        for way in self._running:
            row = self.row_of(way)
            index = self.index(row, Column.TIME)
            self.dataChanged.emit(index, index)

    def _changed(self, way: str) -> None:
        row = self.row_of(way)
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, Column.TIME))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of ways."""
        return 0 if parent.isValid() else len(self._ways)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the headings."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return [self.tr("Way"), self.tr("Server"), self.tr("Result"), self.tr("Why"), self.tr("Time")][section]
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words of a cell, its sign, or for a screen reader the words of the row."""
        if not index.isValid():
            return None
        way = self._ways[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(way, Column(index.column()))
        if role == SignRole:
            return self._sign(way)
        if role == TakenRole:
            return self._taken_colour if way.id == self._taken else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(self._words(way, column) for column in Column if self._words(way, column))
        if role == Qt.ItemDataRole.ToolTipRole:
            if index.column() == Column.SERVER:
                return f"{way.server}:{way.port}"
            return self._words(way, Column.WHY) if index.column() == Column.WHY else way.explanation
        return None

    def _words(self, way: PlannedWay, column: Column) -> str:
        match column:
            case Column.WAY:
                return self.tr("{title} (set now)").format(title=way.title) if way.present else way.title
            case Column.SERVER:
                return f"{way.server}:{way.port} {_SECURITIES.get(way.security, '')}".strip()
            case Column.RESULT:
                return self._result_words(way)
            case Column.WHY:
                return self._why(way)
            case Column.TIME:
                return self._time(way)

    def _result_words(self, way: PlannedWay) -> str:
        result = self._results.get(way.id)
        if result is None:
            if way.id in self._running:
                stage = self._running[way.id][0]
                return self.tr("{stage} …").format(stage=stage_name(stage)) if stage else self.tr("Beginning …")
            if way.left_out:
                return self.tr("Not tried")
            return self.tr("Waiting") if self._begun else self.tr("Will be tried")
        if result.state == "works":
            return self.tr("Accepted")
        if result.device_fails:
            return self.tr("Not on the device")
        if result.state in {"fails", "later"}:
            return stage_name(result.stage) if result.stage else self.tr("Failed")
        return {
            "partly": self.tr("Inside only"),
            "not-tried": self.tr("Not tried"),
            "cancelled": self.tr("Cancelled"),
        }[result.state]

    def _why(self, way: PlannedWay) -> str:
        result = self._results.get(way.id)
        if result is None:
            if way.left_out:
                return way.left_out
            how = [self.tr("signs in")] if way.sign_in else []
            how.append(self.tr("to {who}").format(who=", ".join(way.recipients)))
            if way.with_device:
                how.append(self.tr("also as the device"))
            return ", ".join(how)
        if result.state == "works" and result.cautions:
            return result.cautions[0]
        return result.why

    def _time(self, way: PlannedWay) -> str:
        result = self._results.get(way.id)
        if result is not None:
            return f"{result.duration_ms / 1000:.1f} s" if result.duration_ms else ""
        if way.id in self._running:
            return f"{time.monotonic() - self._running[way.id][1]:.0f} s"
        return ""

    def _sign(self, way: PlannedWay) -> tuple[str, str]:
        result = self._results.get(way.id)
        if result is not None:
            return _SIGNS[result.state]
        if way.id in self._running:
            return "running", "running"
        return ("skipped", "muted") if way.left_out else ("idle", "muted")


_SECURITIES = {"starttls": "STARTTLS", "tls": "TLS", "none": "", "auto": ""}
