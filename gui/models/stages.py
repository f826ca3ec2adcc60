"""The stages of the running or last check, for the rail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.stages import Stage, StageStatus, order
from gui.texts import duration, stage_name, state_name

if TYPE_CHECKING:
    from core.reports.report import StageResult
    from core.session.events import StageStarted

StateRole = Qt.ItemDataRole.UserRole
DetailRole = Qt.ItemDataRole.UserRole + 1


class StageModel(QAbstractListModel):
    """One row a stage in the order of the check; `settings` only shows when something is wrong there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order: tuple[Stage, ...] = ()
        self._results: dict[Stage, StageResult] = {}
        self._running: Stage | None = None
        self._codes: dict[Stage, str] = {}
        self.waiting_for = ""
        self.limit = 0.0
        self.reset(order(implicit_tls=False))

    def reset(self, stages: Iterable[Stage]) -> None:
        """Begin anew with these stages, all of them still to come."""
        self.beginResetModel()
        self._order = tuple(stage for stage in stages if stage is not Stage.SETTINGS)
        self._results.clear()
        self._codes.clear()
        self._running = None
        self.endResetModel()

    def start(self, event: StageStarted) -> None:
        """Show that a stage runs."""
        before = self._running
        self._running = event.stage
        self.waiting_for, self.limit = event.waiting_for, event.limit
        for stage in (before, event.stage):
            self._changed(stage)

    def end(self, result: StageResult, code: str = "") -> None:
        """Show how a stage ended; `code` is the reply that decided, such as "550 5.7.1"."""
        stage = result.stage
        if stage is Stage.SETTINGS and result.status in {StageStatus.FAILED, StageStatus.WARNING}:
            self._show_settings()
        self._results[stage] = result
        self._codes[stage] = code
        if self._running is stage:
            self._running = None
        self._changed(stage)

    def _show_settings(self) -> None:
        if Stage.SETTINGS not in self._order:
            self.beginInsertRows(QModelIndex(), 0, 0)
            self._order = (Stage.SETTINGS, *self._order)
            self.endInsertRows()

    def _changed(self, stage: Stage | None) -> None:
        if stage in self._order:
            index = self.index(self._order.index(stage))
            self.dataChanged.emit(index, index)

    @property
    def running(self) -> Stage | None:
        """The stage that runs now."""
        return self._running

    def stage_at(self, row: int) -> Stage:
        """Return the stage of a row."""
        return self._order[row]

    def row_of(self, stage: Stage) -> int:
        """Return the row of `stage`, -1 if it is not shown."""
        return self._order.index(stage) if stage in self._order else -1

    def result(self, stage: Stage) -> StageResult | None:
        """Return how `stage` ended, None while it has not."""
        return self._results.get(stage)

    def state(self, stage: Stage) -> str:
        """Return a StageStatus value, "running", or "idle" before its turn."""
        if stage is self._running:
            return "running"
        result = self._results.get(stage)
        return result.status.value if result else "idle"

    def detail(self, stage: Stage) -> str:
        """Return the short line under the name: its time, the reply that failed, or why there is none."""
        state = self.state(stage)
        result = self._results.get(stage)
        if state in {"running", "skipped", "not-reached"}:
            return state_name(state)
        if result is None:
            return ""
        if state == "failed":
            return self._codes.get(stage) or state_name(state)
        return duration(result.duration_ms)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of stages shown."""
        return 0 if parent.isValid() else len(self._order)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return name, state, detail, or all three in words for a screen reader."""
        if not index.isValid():
            return None
        stage = self._order[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return stage_name(stage)
        if role == StateRole:
            return self.state(stage)
        if role == DetailRole:
            return self.detail(stage)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            result = self._results.get(stage)
            words = f"{stage_name(stage)}: {state_name(self.state(stage))}"
            detail = self.detail(stage)
            if detail and detail not in words:
                words += f", {detail}"
            return f"{words}. {result.summary}" if result and result.summary else words
        return None
