"""History: the kept runs in a list with filters on the left, the chosen one on the right. Opens files of others too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QSplitter, QVBoxLayout, QWidget

from core import __version__
from gui.engine import Engine, Job
from gui.keeping import Keeper
from gui.models.history import HistoryModel
from gui.pages.page import Page
from gui.widgets.basics import Button, Card, unit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.history_detail import HistoryDetail
from gui.widgets.history_filters import HistoryFilters
from gui.widgets.history_table import HistoryTable

if TYPE_CHECKING:
    from core.comparing.comparison import Comparison
    from core.history.entry import Entry
    from core.history.opening import Opened
    from core.history.store import History
    from core.reports.report import Report
    from core.reports.seal import SealState

LOOK_MS = 60
"""So long a row has to be chosen before its file is read: holding an arrow key reads nothing."""


class Shown(NamedTuple):
    """What the right side shows: a document, and the entry or the file that it came from."""

    opened: Opened
    text: str
    entry: Entry | None = None
    file: str = ""
    comparison: Comparison | None = None


class HistoryPage(Page):
    """Lists, shows, deletes; reruns and saves through the two functions given."""

    def __init__(
        self,
        engine: Engine,
        keeper: Keeper,
        *,
        rerun: Callable[[Report], None],
        save: Callable[[Report, SealState | None], None],
    ) -> None:
        super().__init__()
        self._engine = engine
        self._keeper = keeper
        self._rerun = rerun
        self._save_report = save
        self._history: History | None = None
        self._asked = 0
        self._loading = False
        self._loaded = False
        self._stale = True
        self._shown: Shown | None = None
        self._wanted_id = ""
        self._without_entry = False
        """Whether an opened file or a comparison is shown, or about to be."""
        self.setAcceptDrops(False)  # the window takes files on every page
        self.model = HistoryModel(self)
        self.filters = HistoryFilters(self.model)
        self.table = HistoryTable(self.model)
        self.detail = HistoryDetail(engine, self._heading, self.ticket_text)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(unit(self))
        self._left = self._build()
        self.splitter.addWidget(self._left)
        self.splitter.addWidget(self.detail)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        metrics = self.fontMetrics()
        self._left.setMinimumWidth(metrics.averageCharWidth() * 48)
        self.detail.setMinimumWidth(metrics.averageCharWidth() * 50)
        self._splitter_set = False
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._look_at_chosen)
        self._connect()
        self._say_empty()

    def _build(self) -> Card:
        base = unit(self)
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, base * 2, 1, base)
        layout.setSpacing(base)
        self.filters.setContentsMargins(base, 0, base, 0)
        layout.addWidget(self.filters)
        layout.addWidget(self.table, 1)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=base, line_gap=base // 2)
        flow.setContentsMargins(base, 0, base, 0)
        self.open_file = Button(self.tr("Open a file…"))
        self.open_file.setToolTip(self.tr("Open a report of another computer; it can also be dropped on the window"))
        self.delete_chosen = Button(self.tr("Delete chosen…"), sign="cross")
        self.delete_all = Button(self.tr("Delete all…"))
        for button in (self.open_file, self.delete_chosen, self.delete_all):
            flow.addWidget(button)
        layout.addWidget(buttons)
        return card

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter)
        self.filters.to_list.connect(self._to_list)
        self.table.chosen.connect(self._chosen)
        self.table.open_wanted.connect(self.open_chosen)
        self.table.delete_wanted.connect(self.ask_to_delete)
        self.open_file.clicked.connect(self.ask_for_file)
        self.delete_chosen.clicked.connect(self.ask_to_delete)
        self.delete_all.clicked.connect(self.ask_to_clear)
        self.detail.open_wanted.connect(self.open_chosen)
        self.detail.back_wanted.connect(self.back)
        self.detail.rerun_wanted.connect(self.run)
        self.detail.save_wanted.connect(self.save)
        self.detail.compare_wanted.connect(self.compare)
        self.detail.keep_wanted.connect(self._keep_opened)
        self.detail.delete_wanted.connect(self.ask_to_delete)
        self.detail.renamed.connect(self._rename)
        self._keeper.kept.connect(self._kept)
        self._keeper.state_changed.connect(self._say_empty)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the list its share at the start."""
        super().resizeEvent(event)
        if not self._splitter_set:
            self.splitter.setSizes([round(self.width() * 0.46), round(self.width() * 0.54)])
            self._splitter_set = True

    # The list

    def shown(self) -> None:
        """Read the list anew if something was kept since, here or in a terminal."""
        self.refresh()

    def refresh(self) -> None:
        """Read the list anew."""
        if self._loading:
            self._stale = True
            return
        self._loading, self._stale = True, False
        history = self._history

        async def work(_job: Job) -> tuple[History, list[Entry]]:
            from core.history.aside import aside
            from core.history.store import History

            reading = history if history is not None else await aside(History)
            return reading, await aside(reading.entries)

        self._engine.submit(work, done=self._listed, failed=self._not_listed)

    def _listed(self, found: tuple[History, list[Entry]]) -> None:
        self._loading, self._loaded = False, True
        self._history, entries = found
        wanted = self._wanted_id or (self.table.chosen_ids() or [""])[0]
        self._wanted_id = ""
        keeping = len(self.table.chosen_ids()) < 2
        self.table.blockSignals(True)
        self.model.set_entries(entries)
        self.table.blockSignals(False)
        self.filters.refresh()
        self._count()
        if self._without_entry:
            pass  # an opened file, or a comparison, stays until somebody chooses a run
        elif not (wanted and keeping and self.table.choose(wanted)):
            self._shown = self._shown if self._shown and self._is_alone else None
            self._chosen()
        if self._stale:
            self.refresh()

    def _not_listed(self, error: BaseException) -> None:
        self._loading = False
        if isinstance(error, Exception):
            self._engine.crashed.emit(error)

    def _kept(self, entry: Entry) -> None:
        if self.isVisible():
            if self._without_entry:
                self._without_entry, self._wanted_id = False, entry.id
            self.refresh()

    def _filter(self) -> None:
        chosen = self.table.chosen_ids()
        self.model.set_filter(self.filters.filter())
        self._count()
        if not (len(chosen) == 1 and self.table.choose(chosen[0])):
            self._chosen()

    def _count(self) -> None:
        self.filters.show_count(self.model.rowCount(), self.model.total)
        self.delete_all.setEnabled(self.model.total > 0)
        self._say_empty()

    def _say_empty(self) -> None:
        keeper = self._keeper
        if not self._loaded and keeper.allowed:
            words = self.tr("Reading the history …")
        elif self.model.total:
            words = self.tr("No run fits these filters.")
        elif not keeper.allowed:
            words = self.tr("No history is kept: the environment variable SENDPROOF_HISTORY says “off”.")
        elif not keeper.on:
            words = self.tr("No history is kept: it is switched off in the menu File.")
        else:
            words = self.tr("No run yet. Each check is kept here from now on, on this computer only.")
        if words != self.table.empty_words:
            self.table.empty_words = words
            self.table.viewport().update()
        if self._shown is None and not self._without_entry and not self.table.chosen_ids():
            self._say_nothing_chosen()

    def _say_nothing_chosen(self) -> None:
        if self.model.rowCount():
            words = self.tr("Choose a run on the left. With two of them chosen (Ctrl+click) they can be compared.")
            self.detail.show_words(self.tr("History"), words)
        else:
            words = self.tr(
                "Here you find each check again: what was tested, how it ended and the whole conversation. A report "
                "of another computer can be dropped on this window."
            )
            self.detail.show_words(self.tr("History"), words)

    def _to_list(self) -> None:
        if self.model.rowCount():
            if not self.table.chosen_ids():
                self.table.selectRow(0)
            self.table.setFocus()

    # The chosen run

    def _chosen(self) -> None:
        ids = self.table.chosen_ids()
        self.delete_chosen.setEnabled(bool(ids))
        if not ids and (self._without_entry or (self._shown is not None and self._is_alone)):
            return
        self._without_entry = False
        self._asked += 1
        if len(ids) == 1:
            self._look.start()
            return
        self._look.stop()
        self._set_shown(None)
        if len(ids) == 2:
            before, after = sorted(self._entries(ids), key=lambda entry: entry.when)
            self.detail.show_two(before, after)
        elif ids:
            words = self.tr("Choose two to compare them; Delete deletes all that are chosen.")
            self.detail.show_words(self.tr("{n} runs are chosen").format(n=len(ids)), words)
        else:
            self._say_nothing_chosen()

    def _entries(self, ids: Iterable[str]) -> list[Entry]:
        return [self.model.entry(row) for row in (self.model.row_of(entry_id) for entry_id in ids) if row >= 0]

    def _look_at_chosen(self) -> None:
        found = self._entries(self.table.chosen_ids())
        if len(found) != 1 or self._history is None:
            return
        (entry,) = found
        if self._shown is not None and self._shown.entry == entry:
            return
        if entry.damaged:
            self._set_shown(None)
            self.detail.show_damaged(entry, entry.damaged)
            return
        history = self._history
        self._read(lambda: history.read(entry), entry=entry)

    def _read(self, read: Callable[[], str | Path], *, entry: Entry | None = None, file: str = "") -> None:
        """Show what `read` returns (called beside the window's thread): a document, or the path of a file."""
        self._asked += 1
        asked = self._asked

        async def work(_job: Job) -> Shown | str:
            from core.history.aside import aside
            from core.history.files import UnreadableFile
            from core.history.kinds import as_text
            from core.history.opening import open_document, open_file

            def look() -> Shown | str:
                try:
                    found = read()
                    opened = open_file(found) if isinstance(found, Path) else open_document(found)
                except UnreadableFile as problem:
                    return str(problem)
                text = "" if opened.report is not None else as_text(opened.kind, opened.document)
                return Shown(opened, text, entry, file)

            return await aside(look)

        def done(found: Shown | str) -> None:
            if asked != self._asked:
                return
            if isinstance(found, str):
                self._set_shown(None)
                if entry is not None:
                    self.detail.show_damaged(entry, found)
                else:
                    self.detail.show_words(self.tr("“{file}” can’t be opened").format(file=file), found)
                return
            self._set_shown(found)
            self.detail.show_opened(found.opened, text=found.text, entry=found.entry, file=found.file)

        self._engine.submit(work, done=done)

    def _set_shown(self, shown: Shown | None) -> None:
        self._shown = shown
        self.state_changed.emit()

    @property
    def report(self) -> Report | None:
        """The report that is shown."""
        return self._shown.opened.report if self._shown is not None else None

    # The whole page for one run

    @property
    def _is_alone(self) -> bool:
        return self._left.isHidden()

    def open_chosen(self) -> None:
        """Give the chosen run the whole page."""
        if self._look.isActive():
            self._look.stop()
            self._look_at_chosen()
        if len(self.table.chosen_ids()) == 2 and self._shown is None:
            self.compare()
            return
        self._left.hide()
        self.detail.set_alone(True)
        self.detail.back.setFocus()

    def back(self) -> None:
        """Show the list again."""
        self._left.show()
        self.detail.set_alone(False)
        self.table.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the list."""
        if event.key() == Qt.Key.Key_Escape and self._is_alone:
            self.back()
        else:
            super().keyPressEvent(event)

    def take_focus(self) -> None:
        """Put the keyboard into the search."""
        (self.detail.back if self._is_alone else self.filters.text).setFocus(Qt.FocusReason.OtherFocusReason)

    def open_find(self) -> bool:
        """Search the list, or in a run that has the whole page its conversation."""
        if self._is_alone:
            if self.report is not None:
                self.detail.view.transcript.open_find()
        else:
            self.filters.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.filters.text.selectAll()
        return True

    def find_next(self, step: int) -> bool:
        """Go to the next hit in the conversation that is shown."""
        if self.report is not None:
            self.detail.view.transcript.find_next(step)
        return True

    # What can be done with it

    @property
    def run_words(self) -> str:
        """F5 fills the check's form with the settings of the run."""
        return self.tr("&Run again with the same settings") if self.report is not None else ""

    def run(self) -> None:
        """Fill the check's form with the settings of the run that is shown."""
        if self.report is not None:
            self._rerun(self.report)

    @property
    def can_save(self) -> bool:
        """Whether a run is shown."""
        return self._shown is not None

    def save(self) -> None:
        """Ask where to save the run that is shown."""
        if self._shown is None:
            return
        if self._shown.opened.report is not None:
            self._save_report(self._shown.opened.report, self._shown.opened.seal)
        else:
            self._save_other(self._shown)

    def _save_other(self, shown: Shown) -> None:
        """Save a comparison, or a document of another kind as it is, or as text."""
        from gui.saving import ask_to_save

        name = str(Path.home() / f"Sendproof {shown.opened.kind}")
        comparison = shown.comparison
        if comparison is not None:
            from gui.widgets.comparison_view import comparison_text

            ask_to_save(
                self,
                self._engine,
                self.tr("Save the comparison"),
                name,
                lambda ending: comparison_text(comparison, ending),
            )
            return
        texts = {"json": shown.opened.document, "txt": shown.text}
        ask_to_save(self, self._engine, self.tr("Save the run"), name, lambda ending: texts[ending], ("json", "txt"))

    def ticket_text(self) -> str:
        """Return the report or the comparison that is shown in the form that ticket systems take."""
        if self._shown is not None and self._shown.comparison is not None:
            from core.comparing.markdown import render_markdown as render_comparison

            return render_comparison(self._shown.comparison)
        if self.report is None:
            return ""
        from core.reports.markdown import render_markdown

        return render_markdown(self.report)

    def copy_ticket(self) -> None:
        """Copy what is shown for a ticket."""
        if self.report is not None:
            self.detail.view.verdict.copy_ticket.copy()
        elif self.detail.comparison is not None and self._shown is not None and self._shown.comparison is not None:
            self.detail.comparison.copy_ticket.copy()

    def _heading(self) -> str:
        """Return the lines that a copied transcript begins with."""
        report = self.report
        if report is None:
            return f"Sendproof {__version__}"
        target = f"{report.target.server}:{report.target.port}"
        return f"{report.tool.name} {report.tool.version}, {target}, {report.started_at}\n{report.diagnosis.title}"

    def compare(self) -> None:
        """Compare the two chosen runs, the older one as the one before."""
        entries = sorted(self._entries(self.table.chosen_ids()), key=lambda entry: entry.when)
        if len(entries) != 2 or self._history is None:
            return
        history = self._history
        self._compare([lambda entry=entry: history.read(entry) for entry in entries])  # type: ignore[misc]

    def _compare(self, reads: Sequence[Callable[[], str | Path]]) -> None:
        """Compare two documents or files, the older report as the one before."""
        self._without_entry = True
        self._asked += 1
        asked = self._asked

        async def work(_job: Job) -> Shown | str:
            from core.history.aside import aside
            from core.history.files import UnreadableFile

            def look() -> Shown | str:
                try:
                    return compared([read() for read in reads])
                except UnreadableFile as problem:
                    return str(problem)

            return await aside(look)

        def done(found: Shown | str) -> None:
            if asked != self._asked:
                return
            if isinstance(found, str):
                self.detail.show_words(self.tr("These two can’t be compared"), found)
                return
            self._set_shown(found)
            if found.comparison is not None:
                self.detail.show_comparison(found.comparison)

        self._engine.submit(work, done=done)

    # Files of other computers

    def ask_for_file(self) -> None:
        """Ask which file to open."""
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self, self.tr("Open a report"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Reports (*.json)"), self.tr("All files (*)")])
        dialog.filesSelected.connect(lambda paths: self.open_paths([Path(path) for path in paths]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Show the report in a file; two files are compared, of more the first is shown."""
        if not paths:
            return
        self._without_entry = True
        self.table.clearSelection()
        if len(paths) == 2:
            first, second = paths
            self._compare([lambda: first, lambda: second])
            return
        (path, *_) = paths
        self._read(lambda: path, file=path.name)

    def _keep_opened(self) -> None:
        if self._shown is not None and self._shown.entry is None:
            document = self._shown.opened.document
            self._keeper.keep(lambda: document)

    # Changing and deleting

    def _rename(self, client: str) -> None:
        entry = self._shown.entry if self._shown is not None else None
        history = self._history
        if entry is None or history is None:
            return

        async def work(_job: Job) -> tuple[Entry | None, str]:
            from core.history.aside import aside

            changed = await aside(lambda: history.set_client(entry, client))
            return changed, history.problem

        def done(found: tuple[Entry | None, str]) -> None:
            changed, problem = found
            if changed is None:
                self._ask(self.tr("The name was not kept"), problem, None)
                return
            if self._shown is not None and self._shown.entry is not None and self._shown.entry.id == changed.id:
                self._shown = self._shown._replace(entry=changed)
                self.detail.client.show_client(changed.client)
            self.table.blockSignals(True)
            self.model.replace(changed)
            self.table.choose(changed.id)
            self.table.blockSignals(False)
            self.filters.refresh()
            self._count()

        self._engine.submit(work, done=done)

    def ask_to_delete(self) -> None:
        """Ask whether to delete what is chosen, and do so."""
        found = self._entries(self.table.chosen_ids())
        if not found and self._shown is not None and self._shown.entry is not None:
            found = [self._shown.entry]
        if not found:
            return
        if len(found) == 1:
            title = self.tr("Delete this run from the history?")
        else:
            title = self.tr("Delete {n} runs from the history?").format(n=len(found))
        self._ask(title, self.tr("This can’t be undone."), lambda: self._delete(found))

    def ask_to_clear(self) -> None:
        """Ask whether to delete everything, and do so."""
        title = self.tr("Delete the whole history?")
        words = self.tr("All {n} runs are deleted from this computer. This can’t be undone.").format(n=self.model.total)
        self._ask(title, words, self._clear)

    def _ask(self, title: str, words: str, agreed: Callable[[], None] | None) -> None:
        """Ask a question, or with nothing to agree to just say it."""
        button = QMessageBox.StandardButton
        icon = QMessageBox.Icon.Question if agreed else QMessageBox.Icon.Warning
        box = QMessageBox(icon, title, title, button.Cancel if agreed else button.Ok, self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(words)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if agreed is not None:
            yes = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
            box.setDefaultButton(button.Cancel)
            yes.clicked.connect(agreed)
            yes.clicked.connect(box.close)
        box.open()

    def _delete(self, entries: Sequence[Entry]) -> None:
        history = self._history
        if history is None:
            return
        self._change(lambda: sum(not history.delete(entry) for entry in entries))

    def _clear(self) -> None:
        history = self._history
        if history is None:
            return

        def clear() -> int:
            history.clear()
            return len(history.entries())

        self._change(clear)

    def _change(self, change: Callable[[], int]) -> None:
        """Delete beside the window's thread; `change` returns how many files are still there."""

        async def work(_job: Job) -> int:
            from core.history.aside import aside

            return await aside(change)

        def done(left: int) -> None:
            if self._is_alone:
                self.back()
            self._without_entry = False
            self._set_shown(None)
            self.table.clearSelection()
            self.refresh()
            if left:
                words = self.tr("They belong to another program, or the disk can’t be written to.")
                self._ask(self.tr("{n} files could not be deleted").format(n=left), words, None)

        self._engine.submit(work, done=done)

    def wipe(self) -> None:
        """Forget what is shown: the window closes."""
        self._shown = None


def compared(documents: Sequence[str | Path]) -> Shown:
    """Return the comparison of two reports, the older one first; called beside the window's thread.

    Raises UnreadableFile where one of them is no report.
    """
    from core.comparing.compare import compare
    from core.comparing.comparison import to_json
    from core.comparing.text import render_text
    from core.history.entry import moment
    from core.history.files import UnreadableFile
    from core.history.opening import Opened, open_document, open_file
    from core.reports.seal import SealState

    reports: list[Report] = []
    for document in documents:
        opened = open_file(document) if isinstance(document, Path) else open_document(document)
        if opened.report is None:
            raise UnreadableFile("Only two checks can be compared.")
        reports.append(opened.report)
    first, second = sorted(reports, key=lambda report: str(moment(report.started_at)))
    found = compare(first, second)
    opened = Opened(kind="compare", document=to_json(found), seal=SealState.ABSENT)
    return Shown(opened, render_text(found), comparison=found)


def local_files(urls: Iterable[Any]) -> list[Path]:
    """Return the paths among dropped URLs; nothing is fetched from anywhere."""
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
