"""The conversation as rows: lines as they come, long replies folded, each stage closed with a plain sentence.

Everything here is plain text; nothing a server sends is ever read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.stages import Stage, StageStatus
from gui.texts import stage_name, state_name

if TYPE_CHECKING:
    from core.reports.report import Report, StageResult, TranscriptLine
    from core.session.transcript import Line

SHOWN_OF_REPLY = 3
"""So many lines of a multiline reply stay in sight; the rest folds when there are at least two more."""

MARKED_AT_MOST = 12
"""So many lines of the failing reply are marked; of a longer one only the last."""

RowRole = Qt.ItemDataRole.UserRole

_REPLY_LINE = re.compile(r"([2-5]\d\d)([ -]|$)")
_NEGATIVE = re.compile(r"[45]\d\d(?:[ -]|$)")
_CODES = re.compile(r"([2-5]\d\d)[ -](?:([245]\.\d{1,3}\.\d{1,3})(?=[\s;:,]|$))?")


class Kind(IntEnum):
    """What a row shows."""

    LINE = 0
    FOLD = 1
    SUMMARY = 2


class Row:
    """One row.

    `first` begins a stage, or the `farewell` (RSET, QUIT) that belongs to none; `hidden` are the lines behind a fold;
    `status` closes a stage.
    """

    __slots__ = ("failed", "farewell", "first", "hidden", "kind", "line", "open", "stage", "status", "text")

    def __init__(
        self, kind: Kind, stage: Stage, *, line: Line | TranscriptLine | None = None, text: str = "", status: str = ""
    ) -> None:
        self.kind = kind
        self.stage = stage
        self.line = line
        self.text = line.text if line is not None else text
        self.status = status
        self.first = False
        self.failed = False
        self.farewell = False
        self.open = False
        self.hidden: list[Line | TranscriptLine] = []

    @property
    def heading(self) -> str:
        """The stage's name, or that the conversation is being ended."""
        if self.farewell:
            return QCoreApplication.translate("Transcript", "Goodbye")
        return stage_name(self.stage)


class TranscriptModel(QAbstractListModel):
    """Rows of the transcript, appended in batches. `listening`: the client is a device, and we are the server."""

    def __init__(self, parent: QObject | None = None, *, listening: bool = False) -> None:
        super().__init__(parent)
        self.listening = listening
        self._rows: list[Row] = []
        self._last_stage: Stage | None = None
        self._reply_length = 0
        self._reply_open = False
        self._reply_stage: Stage | None = None
        self._fold: Row | None = None
        self._farewell = False

    # What the controller calls

    def clear(self) -> None:
        """Forget everything."""
        self.beginResetModel()
        self._rows.clear()
        self._last_stage = None
        self._farewell = False
        self._end_reply()
        self._reply_open = False
        self.endResetModel()

    def append(self, items: Iterable[Line | TranscriptLine | StageResult]) -> None:
        """Add lines, recorded or from a report, and for each StageResult the sentence that closes the stage."""
        from core.reports.report import StageResult  # not needed before the first check, and slow to import

        new: list[Row] = []
        changed: list[Row] = []
        for item in items:
            if isinstance(item, StageResult):
                self._add_summary(item, new)
            else:
                self._add_line(item, new, changed)
        if new:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._rows.extend(new)
            self.endInsertRows()
        for row in changed:
            self._row_changed(row)

    def _add(self, row: Row, new: list[Row]) -> None:
        begins_farewell = not self._farewell and row.line is not None and _is_farewell(row.line)
        self._farewell = self._farewell or begins_farewell
        row.farewell = self._farewell
        row.first = begins_farewell or (row.stage is not self._last_stage and not self._farewell)
        self._last_stage = row.stage
        new.append(row)

    def _add_line(self, line: Line | TranscriptLine, new: list[Row], changed: list[Row]) -> None:
        match = _REPLY_LINE.match(line.text) if line.direction == "server" else None
        continues = self._reply_open and line.direction == "server" and line.stage is self._reply_stage
        if not continues:
            self._end_reply()
        self._reply_open = match is not None and match[2] == "-"
        self._reply_stage = line.stage
        if match is None and not continues:
            self._add(Row(Kind.LINE, line.stage, line=line), new)
            return
        self._reply_length += 1
        if self._reply_length <= SHOWN_OF_REPLY:
            self._add(Row(Kind.LINE, line.stage, line=line), new)
        elif self._fold is None and not self._reply_open:
            self._add(Row(Kind.LINE, line.stage, line=line), new)  # a fold for one line would save nothing
        elif self._fold is None:
            self._fold = Row(Kind.FOLD, line.stage)
            self._fold.hidden.append(line)
            self._add(self._fold, new)
        else:
            self._extend_fold(line, new, changed)
        if not self._reply_open:
            self._end_reply()

    def _extend_fold(self, line: Line | TranscriptLine, new: list[Row], changed: list[Row]) -> None:
        fold = self._fold
        assert fold is not None
        fold.hidden.append(line)
        if fold.open:  # somebody opened it while it still grew
            self._add(Row(Kind.LINE, line.stage, line=line), new)
        if (not new or fold not in new) and (not changed or changed[-1] is not fold):
            changed.append(fold)

    def _end_reply(self) -> None:
        self._reply_length = 0
        self._fold = None

    def _add_summary(self, result: StageResult, new: list[Row]) -> None:
        if result.status in {StageStatus.SKIPPED, StageStatus.NOT_REACHED}:
            return
        if result.stage is Stage.SETTINGS and result.status is StageStatus.PASSED:
            return
        self._end_reply()
        self._reply_open = False
        text = result.summary or f"{stage_name(result.stage)}: {state_name(result.status.value)}"
        self._add(Row(Kind.SUMMARY, result.stage, text=text, status=result.status.value), new)

    def mark_failed(self, stage: Stage) -> int:
        """Mark the lines of the reply that ended `stage`; return the row of the first, -1 if there is none."""
        for number in range(len(self._rows) - 1, -1, -1):  # a folded reply that failed has to be seen
            row = self._rows[number]
            if row.stage is stage and any(_NEGATIVE.match(line.text) for line in row.hidden):
                self.set_open(number, opened=True)
        rows = self._failing_rows(stage)
        for number in rows:
            self._rows[number].failed = True
        if not rows:
            return -1
        self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))
        return rows[0]

    def mark_line(self, stage: Stage, direction: str) -> int:
        """Mark the last line of `stage` that `direction` said before the farewell; return its row, else -1."""
        for number in range(len(self._rows) - 1, -1, -1):
            row = self._rows[number]
            if row.farewell or row.stage is not stage or row.line is None:
                continue
            if row.line.direction == direction:
                row.failed = True
                self.dataChanged.emit(self.index(number), self.index(number))
                return number
        return -1

    def _failing_rows(self, stage: Stage) -> list[int]:
        own = [number for number in range(len(self._rows) - 1, -1, -1) if self._rows[number].stage is stage]
        lines = [number for number in own if self._rows[number].kind is not Kind.SUMMARY]
        for number in lines:
            row = self._rows[number]
            if row.line is None or row.line.direction != "server" or not _NEGATIVE.match(row.text):
                continue
            reply = [number]
            while (
                reply[-1] > 0
                and self._rows[reply[-1] - 1].stage is stage
                and _is_continued(self._rows[reply[-1] - 1])
                and len(reply) <= MARKED_AT_MOST
            ):
                reply.append(reply[-1] - 1)
            return sorted(reply) if len(reply) <= MARKED_AT_MOST else [number]
        for direction in ("server", "note"):
            for number in lines:
                line = self._rows[number].line
                if line is not None and line.direction == direction:
                    return [number]
        return own[:1]

    # What the view calls

    def row(self, number: int) -> Row:
        """Return a row."""
        return self._rows[number]

    def set_open(self, number: int, *, opened: bool) -> None:
        """Unfold or fold the rest of a reply."""
        fold = self._rows[number]
        if fold.kind is not Kind.FOLD or fold.open is opened:
            return
        first, last = number + 1, number + len(fold.hidden)
        if opened:
            self.beginInsertRows(QModelIndex(), first, last)
            self._rows[first:first] = [Row(Kind.LINE, line.stage, line=line) for line in fold.hidden]
            fold.open = True
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._rows[first : last + 1]
            fold.open = False
            self.endRemoveRows()
        index = self.index(number)
        self.dataChanged.emit(index, index)

    def first_row_of(self, stage: Stage) -> int:
        """Return the first row of `stage`, -1 if nothing was said there."""
        return next((n for n, row in enumerate(self._rows) if row.stage is stage and not row.farewell), -1)

    def first_failed_row(self) -> int:
        """Return the first marked row, -1 if nothing failed."""
        return next((number for number, row in enumerate(self._rows) if row.failed), -1)

    def find(self, needle: str) -> list[int]:
        """Return the rows that hold `needle` (any case), unfolding replies that hold it in a folded line."""
        wanted = needle.casefold()
        if not wanted:
            return []
        for number in range(len(self._rows) - 1, -1, -1):
            row = self._rows[number]
            if row.kind is Kind.FOLD and not row.open and any(wanted in line.text.casefold() for line in row.hidden):
                self.set_open(number, opened=True)
        return [number for number, row in enumerate(self._rows) if wanted in row.text.casefold()]

    def lines_of(self, rows: Sequence[int] | None = None) -> list[Row]:
        """Return the given rows for copying, or all; what is folded comes along, fold rows themselves do not."""
        chosen = range(len(self._rows)) if rows is None else sorted(rows)
        found: list[Row] = []
        for number in chosen:
            row = self._rows[number]
            if row.kind is not Kind.FOLD:
                found.append(row)
            elif not row.open:
                found.extend(Row(Kind.LINE, line.stage, line=line) for line in row.hidden)
        return found

    # What Qt calls

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the row, its text, or the text with who said it for a screen reader."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return fold_text(row) if row.kind is Kind.FOLD else row.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row, listening=self.listening)
        return None

    def _row_changed(self, row: Row) -> None:
        for number in range(len(self._rows) - 1, -1, -1):
            if self._rows[number] is row:
                index = self.index(number)
                self.dataChanged.emit(index, index)
                return


def fold_text(row: Row) -> str:
    """Return what a fold says: how many lines it hides or has shown."""
    count = len(row.hidden)
    if count == 1:
        return QCoreApplication.translate("Transcript", "1 more line")
    return QCoreApplication.translate("Transcript", "{count} more lines").format(count=count)


def reply_code(rows: Iterable[Row]) -> str:
    """Return the code of a reply with its enhanced status code if it has one ("550 5.7.1"), or nothing."""
    for row in rows:
        match = _CODES.match(row.text) if row.line is not None and row.line.direction == "server" else None
        if match:
            return f"{match[1]} {match[2]}" if match[2] else match[1]
    return ""


def spoken(row: Row, *, listening: bool = False) -> str:
    """Return a row as a screen reader should say it."""
    stage = row.heading
    if row.kind is Kind.FOLD:
        return f"{stage}, {fold_text(row)}"
    if row.kind is Kind.SUMMARY:
        return f"{stage}, {state_name(row.status)}: {row.text}"
    assert row.line is not None
    translate = QCoreApplication.translate
    who = {
        "client": translate("Transcript", "device") if listening else translate("Transcript", "this computer"),
        "server": translate("Transcript", "Sendproof") if listening else translate("Transcript", "server"),
        "note": translate("Transcript", "remark"),
    }[row.line.direction]
    words = [stage, who]
    if row.line.encrypted and row.line.direction != "note":
        words.append(translate("Transcript", "encrypted"))
    if row.line.unexpected:
        words.append(translate("Transcript", "unexpected"))
    if row.failed:
        words.append(translate("Transcript", "here it failed"))
    return f"{', '.join(words)}: {row.text}"


def plain_text(rows: Iterable[Row]) -> str:
    """Return rows as text: seconds, stage, who (a star for encrypted), words."""
    return "\n".join(_plain(row) for row in rows)


def _plain(row: Row) -> str:
    stage = f"{row.heading:<10}"
    if row.line is None:
        return f"{'':>8}  {stage}    =  {row.text}"
    who = {"client": "C", "server": "S", "note": "*"}[row.line.direction]
    sign = f"~{who}" if row.line.encrypted and who != "*" else who
    mark = ">>" if row.failed else " !" if row.line.unexpected else "  "
    return f"{row.line.ms / 1000:8.3f}  {stage}{mark} {sign:>2}: {row.text}"


def legend(*, listening: bool = False) -> str:
    """Return what the signs of `plain_text` mean."""
    if listening:
        return QCoreApplication.translate(
            "Transcript", "C the device, S Sendproof, ~ encrypted, * our remark, ! out of order, >> here it fails"
        )
    return QCoreApplication.translate(
        "Transcript",
        "C client, S server, ~ encrypted, * our remark, = result of the stage, ! not asked for, >> here it failed",
    )


def replayed(report: Report) -> Iterator[Line | StageResult]:
    """Yield a stored conversation as it happened: lines, and after the last line of a stage how it ended."""
    from core.session.transcript import Line

    lines = [
        Line(number, line.ms, line.stage, line.direction, line.encrypted, line.text, line.masked, line.unexpected)
        for number, line in enumerate(report.transcript, 1)
    ]
    farewell = next((number for number, line in enumerate(lines) if _is_farewell(line)), len(lines))
    last = {line.stage: number for number, line in enumerate(lines[:farewell])}
    waiting = list(report.stages)
    for number, line in enumerate(lines):
        if number >= farewell:
            yield from waiting
            waiting = []
        while waiting and waiting[0].stage is not line.stage and waiting[0].stage not in last:
            yield waiting.pop(0)  # nothing was said in that stage
        yield line
        if last.get(line.stage) == number:
            ended = [result for result in waiting if result.stage is line.stage]
            waiting = [result for result in waiting if result.stage is not line.stage]
            yield from ended
    yield from waiting


def _is_farewell(line: Line | TranscriptLine) -> bool:
    return line.direction == "client" and line.text in {"RSET", "QUIT"}


def _is_continued(row: Row) -> bool:
    if row.kind is Kind.FOLD:
        return True
    if row.line is None or row.line.direction != "server":
        return False
    match = _REPLY_LINE.match(row.text)
    return match is not None and match[2] == "-"
