"""The runs of a watch as a table, the last one on top; gaps have lines of their own."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.stages import Outcome
from core.watching.document import Gap, WatchRun
from gui.texts import duration, outcome_name, stage_name
from gui.theme import theme

if TYPE_CHECKING:
    from core.watching.document import WatchDocument

_SIGNS = {Outcome.ACCEPTED: "✓", Outcome.STOPPED: "✕", Outcome.DEFERRED: "!", Outcome.CANCELLED: "–"}
_COLOURS = {Outcome.ACCEPTED: "passed", Outcome.STOPPED: "failed", Outcome.DEFERRED: "warning"}

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns."""

    WHEN = 0
    RESULT = 1
    STAGE = 2
    TOOK = 3
    WHAT = 4


class WatchModel(QAbstractTableModel):
    """Rows for runs and gaps, the last first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[WatchRun | Gap] = []
        self._known = (0, 0)

    def show_document(self, document: WatchDocument | None) -> None:
        """Take the watch as it is now; a watch that has only grown keeps what is chosen."""
        runs, gaps = (document.runs, document.gaps) if document is not None else ((), ())
        rows: list[WatchRun | Gap] = []
        waiting = list(gaps)
        for run in runs:
            while waiting and waiting[0].before_run <= run.number:
                rows.append(waiting.pop(0))
            rows.append(run)
        rows += waiting
        rows.reverse()
        new = len(rows) - len(self._rows)
        if new >= 0 and rows[new:] == self._rows:
            if new:
                self.beginInsertRows(QModelIndex(), 0, new - 1)
                self._rows = rows
                self.endInsertRows()
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row_of(self, number: int) -> int:
        """Return the row of a run, -1 if there is none."""
        return next((row for row, entry in enumerate(self._rows) if getattr(entry, "number", 0) == number), -1)

    def number_at(self, row: int) -> int:
        """Return the number of the run in a row, 0 for a gap."""
        return int(getattr(self._rows[row], "number", 0)) if 0 <= row < len(self._rows) else 0

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the columns' names."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return [self.tr("When"), self.tr("Result"), self.tr("Stage"), self.tr("Took"), self.tr("What happened")][
            section
        ]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return words, colour and tool tip of a cell."""
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._words(entry, index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == Column.WHAT:
            from html import escape

            return f"<p>{escape(self._words(entry, Column.WHAT))}</p>"  # as words, whatever they look like
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == Column.RESULT and isinstance(entry, WatchRun):
            return theme.colour(_COLOURS.get(entry.outcome, "muted") if entry.counted else "muted")
        return None

    def _words(self, entry: WatchRun | Gap, column: int) -> str:
        if isinstance(entry, Gap):
            return {Column.WHEN: _time(entry.begin), Column.RESULT: self.tr("gap"), Column.WHAT: entry.text}.get(
                Column(column), ""
            )
        match Column(column):
            case Column.WHEN:
                return _time(entry.started_at)
            case Column.RESULT if not entry.counted:
                return self.tr("– not counted")
            case Column.RESULT:
                return f"{_SIGNS[entry.outcome]} {outcome_name(entry.outcome.value)}"
            case Column.STAGE:
                return stage_name(entry.stage) if entry.stage is not None else ""
            case Column.TOOK:
                return duration(entry.duration_ms)
            case _:
                if not entry.counted:
                    return self.tr("The computer slept during this run.")
                reply = entry.reply if entry.reply and entry.outcome is not Outcome.ACCEPTED else ""
                return f"{entry.title} – {reply}" if reply else entry.title


def _time(moment: str) -> str:
    import datetime as dt

    try:
        return f"{dt.datetime.fromisoformat(moment).astimezone():%d %b %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return moment[:19]
