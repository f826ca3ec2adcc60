"""The sessions of a time of listening as rows of a list: bounded, each with what was seen, judged and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from core.listening.observation import Judgement, SessionSeen
    from core.reports.report import TranscriptLine

MAX_SESSIONS = 200
"""Of more, the oldest that showed least is dropped."""
MAX_LINES = 500
"""Lines of one conversation."""

RowRole = Qt.ItemDataRole.UserRole


class SessionRow:
    """One session. `result` is "open", "error", "warning", "info", "ok", or "" while it is not judged."""

    __slots__ = ("headline", "judgement", "lines", "relay_lines", "result", "seen")

    def __init__(self, seen: SessionSeen, headline: str) -> None:
        self.seen = seen
        self.headline = headline
        self.judgement: Judgement | None = None
        self.result = "open"
        self.lines: list[TranscriptLine] = []
        self.relay_lines: list[TranscriptLine] = []

    @property
    def time(self) -> str:
        """The local time at which it began, such as 10:42:07."""
        import datetime as dt

        try:
            return dt.datetime.fromisoformat(self.seen.started_at).astimezone().strftime("%H:%M:%S")
        except ValueError:
            return ""

    @property
    def peer(self) -> str:
        """The device's address."""
        return self.seen.peer_address

    @property
    def says_little(self) -> bool:
        """Whether nothing is wrong only because the device did not get as far as a sign-in or a sender."""
        return self.result in {"info", "ok"} and not (self.seen.sign_ins or self.seen.envelopes)

    @property
    def words(self) -> str:
        """What is to be said of it in the list."""
        translate = QCoreApplication.translate
        if self.result == "open":
            return translate("Sessions", "{what} …").format(what=self.headline)
        verdicts = {
            "error": translate("Sessions", "would be refused"),
            "warning": translate("Sessions", "may be refused"),
            "info": translate("Sessions", "nothing wrong found"),
            "ok": translate("Sessions", "nothing wrong found"),
        }
        verdict = verdicts.get(self.result, "")
        if self.says_little:
            verdict = translate("Sessions", "too little to judge")
        return f"{self.headline} – {verdict}" if verdict else self.headline


class SessionModel(QAbstractListModel):
    """The rows in the order in which devices connected."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[SessionRow] = []
        self.dropped = 0

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self._rows.clear()
        self.dropped = 0
        self.endResetModel()

    def row_of(self, number: int) -> int:
        """Return the place of session `number`, -1 if it is not there."""
        for place in range(len(self._rows) - 1, -1, -1):
            if self._rows[place].seen.number == number:
                return place
        return -1

    def session(self, number: int) -> SessionRow | None:
        """Return a session by its number."""
        place = self.row_of(number)
        return self._rows[place] if place >= 0 else None

    def row(self, place: int) -> SessionRow:
        """Return a session by its place."""
        return self._rows[place]

    def put(self, seen: SessionSeen, headline: str, *, ended: bool = False) -> SessionRow:
        """Add a session, or show what is known of it by now."""
        place = self.row_of(seen.number)
        if place < 0:
            self._make_room()
            place = len(self._rows)
            self.beginInsertRows(QModelIndex(), place, place)
            self._rows.append(SessionRow(seen, headline))
            self.endInsertRows()
        row = self._rows[place]
        row.seen, row.headline = seen, headline
        if ended:
            row.result = ""
            row.lines = list(seen.transcript)[:MAX_LINES]
            if seen.relay is not None:
                row.relay_lines = list(seen.relay.transcript)[:MAX_LINES]
        self._changed(place)
        return row

    def judge(self, judgement: Judgement, result: str) -> None:
        """Take the judgement of a session; `result` is the gravest severity in it."""
        place = self.row_of(judgement.session)
        if place >= 0:
            row = self._rows[place]
            row.judgement = judgement
            if row.seen.ended != "open":
                row.result = result or "ok"
            self._changed(place)

    def add_line(self, number: int, line: TranscriptLine, *, relay: bool) -> bool:
        """Add a line of a conversation; return whether there was room."""
        row = self.session(number)
        if row is None:
            return False
        lines = row.relay_lines if relay else row.lines
        if len(lines) >= MAX_LINES:
            return False
        lines.append(line)
        return True

    def _make_room(self) -> None:
        while len(self._rows) >= MAX_SESSIONS:
            over = [place for place, row in enumerate(self._rows) if row.seen.ended != "open"] or [0]
            place = min(over, key=lambda place: (_worth(self._rows[place].seen), place))
            self.beginRemoveRows(QModelIndex(), place, place)
            del self._rows[place]
            self.dropped += 1
            self.endRemoveRows()

    def _changed(self, place: int) -> None:
        index = self.index(place)
        self.dataChanged.emit(index, index)

    # What Qt calls

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of sessions."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the row, or its words."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RowRole:
            return row
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return f"{row.time}  {row.peer}  {row.words}"
        return None


def _worth(seen: SessionSeen) -> int:
    return 4 * bool(seen.messages) + 2 * bool(seen.envelopes or seen.sign_ins) + bool(seen.hello or seen.tls)
