"""The kept runs as rows: what is shown in which column, how they are filtered and in which order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QDate,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTime,
)

from gui.texts import outcome_name
from gui.widgets.look import LOOKS, MEASURED_LOOKS

if TYPE_CHECKING:
    from core.history.entry import Entry

EntryRole = Qt.ItemDataRole.UserRole
SignRole = Qt.ItemDataRole.UserRole + 1
"""A state that `gui.icons.draw_status` can draw, and the name of its colour."""


class Column(IntEnum):
    """The columns, from the left."""

    WHEN = 0
    OUTCOME = 1
    TITLE = 2
    SERVER = 3
    CLIENT = 4


class Filter(NamedTuple):
    """What a run has to be like to be shown; empty means that it does not matter. `days` 0 means any time."""

    text: str = ""
    client: str = ""
    server: str = ""
    cause: str = ""
    outcome: str = ""
    days: int = 0
    practice: bool = True


DAMAGED = "damaged"
"""Stands among the outcomes for files that can't be read."""

_LOOKS = LOOKS | MEASURED_LOOKS

_KINDS = {
    "find": "Find settings",
    "watch": "Watch",
    "listen": "Listen to device",
    "comparison": "Comparison",
    "compare": "Comparison",
    "mtu": "Path MTU",
}


def outcome_words(entry: Entry) -> str:
    """Return how a run ended, in a word."""
    if entry.damaged:
        return QCoreApplication.translate("History", "damaged")
    if entry.outcome in _LOOKS and entry.outcome != "warning":
        return outcome_name(entry.outcome)
    return entry.outcome or "–"


def look_of_entry(entry: Entry) -> tuple[str, str]:
    """Return sign and colour for how a run ended."""
    if entry.damaged:
        return "warning", "warning"
    return _LOOKS.get(entry.outcome, ("skipped", "muted"))


def title_of_entry(entry: Entry) -> str:
    """Return what a run is about."""
    if entry.damaged:
        return entry.damaged
    title = entry.title or entry.cause or "–"
    if entry.kind != "report":
        kind = QCoreApplication.translate("History", _KINDS.get(entry.kind, entry.kind))
        title = f"{kind}: {title}" if entry.title else kind
    if entry.practice:
        title += QCoreApplication.translate("History", " (practice)")
    return title


def server_of_entry(entry: Entry) -> str:
    """Return the server with its port."""
    return f"{entry.server}:{entry.port}" if entry.port else entry.server


def when_of_entry(entry: Entry, *, long: bool = False) -> str:
    """Return the local time of a run as people here write it."""
    local = entry.when.astimezone()
    day, time = QDate(local.year, local.month, local.day), QTime(local.hour, local.minute, local.second)
    locale = QLocale()
    if long:
        return f"{locale.toString(day, 'd MMMM yyyy')}, {locale.toString(time, 'HH:mm:ss')}"
    return f"{locale.toString(day, 'd MMM yyyy')}, {locale.toString(time, 'HH:mm')}"


class HistoryModel(QAbstractTableModel):
    """Holds all entries; its rows are those that fit the filter, in the order of a column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Entry] = []
        self._rows: list[Entry] = []
        self._filter = Filter()
        self._column = Column.WHEN
        self._order = Qt.SortOrder.DescendingOrder

    # What the page calls

    def set_entries(self, entries: Iterable[Entry]) -> bool:
        """Show other entries; return whether they are others."""
        listed = list(entries)
        if listed == self._all:
            return False
        self._all = listed
        self._arrange()
        return True

    def set_filter(self, wanted: Filter) -> None:
        """Show only what fits."""
        if wanted != self._filter:
            self._filter = wanted
            self._arrange()

    def forget(self, entry_id: str) -> None:
        """Take one entry out, after it was deleted."""
        self._all = [entry for entry in self._all if entry.id != entry_id]
        self._arrange()

    def replace(self, entry: Entry) -> None:
        """Put a changed entry in the place of the one with its id."""
        self._all = [entry if known.id == entry.id else known for known in self._all]
        self._arrange()

    @property
    def total(self) -> int:
        """How many entries there are, whatever the filter."""
        return len(self._all)

    def values(self, field: str) -> list[str]:
        """Return what stands in a field of the entries, each once, in the order of the alphabet."""
        found = {getattr(entry, field) for entry in self._all if not entry.damaged}
        return sorted((value for value in found if value), key=str.casefold)

    def titles_of_causes(self) -> dict[str, str]:
        """Return the causes that occur, with their titles."""
        return {entry.cause: entry.title for entry in self._all if entry.cause and not entry.damaged}

    def entry(self, row: int) -> Entry:
        """Return the entry of a row."""
        return self._rows[row]

    def row_of(self, entry_id: str) -> int:
        """Return the row of an entry, -1 if it is not shown."""
        return next((row for row, entry in enumerate(self._rows) if entry.id == entry_id), -1)

    def _arrange(self) -> None:
        self.beginResetModel()
        fitting = fitting_test(self._filter)
        self._rows = [entry for entry in self._all if fitting(entry)]
        self._rows.sort(key=_KEYS[self._column], reverse=self._order == Qt.SortOrder.DescendingOrder)
        self.endResetModel()

    # What the view calls

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column."""
        self._column, self._order = Column(column), order
        self._arrange()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of entries that fit."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the heading of a column."""
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        words = {
            Column.WHEN: QCoreApplication.translate("History", "When"),
            Column.OUTCOME: QCoreApplication.translate("History", "Outcome"),
            Column.TITLE: QCoreApplication.translate("History", "What"),
            Column.SERVER: QCoreApplication.translate("History", "Server"),
            Column.CLIENT: QCoreApplication.translate("History", "Client"),
        }
        return words[Column(section)]

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words of a cell, the entry itself, or its sign."""
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role == EntryRole:
            return entry
        if role == SignRole:
            return look_of_entry(entry)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return _plain(_CELLS[Column(index.column())](entry), tip=role == Qt.ItemDataRole.ToolTipRole)
        return None


def _plain(text: str, *, tip: bool) -> str:
    """Return the text of a cell; Qt would read markup in a tool tip."""
    from html import escape

    return f"<p style='white-space:pre-wrap'>{escape(text)}</p>" if tip and text else text


_CELLS: dict[Column, Callable[[Any], str]] = {
    Column.WHEN: when_of_entry,
    Column.OUTCOME: outcome_words,
    Column.TITLE: title_of_entry,
    Column.SERVER: server_of_entry,
    Column.CLIENT: lambda entry: entry.client,
}

_KEYS: dict[Column, Callable[[Any], Any]] = {
    Column.WHEN: lambda entry: entry.when,
    Column.OUTCOME: lambda entry: (bool(entry.damaged), entry.outcome, -entry.when.timestamp()),
    Column.TITLE: lambda entry: (title_of_entry(entry).casefold(), -entry.when.timestamp()),
    Column.SERVER: lambda entry: (entry.server.casefold(), entry.port, -entry.when.timestamp()),
    Column.CLIENT: lambda entry: (entry.client.casefold(), -entry.when.timestamp()),
}


def fitting_test(wanted: Filter) -> Callable[[Entry], bool]:
    """Return a function that tells whether an entry fits `wanted`, as of now."""
    if wanted == Filter():
        return lambda _entry: True
    from core.history.store import fits

    since = _since(wanted.days)

    def fitting(entry: Entry) -> bool:
        if not fits(entry, text=wanted.text, since=since):
            return False
        exact = (
            (wanted.client, entry.client),
            (wanted.server, entry.server),
            (wanted.cause, entry.cause),
            (wanted.outcome, DAMAGED if entry.damaged else entry.outcome),
        )
        if any(want and want != has for want, has in exact):
            return False
        return wanted.practice or not entry.practice

    return fitting


def _since(days: int) -> dt.datetime | None:
    """Return the local midnight with which the last `days` days begin, today among them; None for any time."""
    if not days:
        return None
    today = dt.datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - dt.timedelta(days=days - 1)
