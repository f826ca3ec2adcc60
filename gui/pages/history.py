"""History: the kept runs in a list with filters on the left, the chosen one on the right. Opens files of others too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QSplitter, QVBoxLayout, QWidget

from core import __version__
from gui.controllers.history import HistoryController, Shown
from gui.engine import Engine
from gui.keeping import Keeper
from gui.models.history import HistoryModel
from gui.pages.page import Page
from gui.widgets.basics import Button, Card, unit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.history_detail import HistoryDetail
from gui.widgets.history_filters import HistoryFilters
from gui.widgets.history_table import HistoryTable

if TYPE_CHECKING:
    from core.history.entry import Entry
    from core.reports.report import Report

LOOK_MS = 60
"""So long a row has to be chosen before its file is read: holding an arrow key reads nothing."""


class HistoryPage(Page):
    """Lists, shows, deletes; runs again, shares and writes ticket notes through the functions given.

    `share(report, second=…, seal=…)` is `Sharing.share`.
    """

    def __init__(
        self,
        engine: Engine,
        keeper: Keeper,
        *,
        rerun: Callable[[Report], None],
        share: Callable[..., None],
        ticket: Callable[[Report], str],
    ) -> None:
        super().__init__()
        self._engine = engine
        self._keeper = keeper
        self._rerun = rerun
        self._share = share
        self._ticket = ticket
        self.controller = HistoryController(engine)
        self._loaded = False
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
        self.export_chosen = Button(self.tr("Export…"), sign="save")
        self.export_chosen.setToolTip(self.tr("Copy the chosen runs into a folder, as files that any Sendproof opens"))
        self.delete_chosen = Button(self.tr("Delete…"), sign="cross")
        self.delete_chosen.setToolTip(self.tr("Delete the chosen runs (Del)"))
        self.delete_all = Button(self.tr("Delete all…"))
        for button in (self.open_file, self.export_chosen, self.delete_chosen, self.delete_all):
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
        self.export_chosen.clicked.connect(self.ask_where_to_export)
        self.delete_chosen.clicked.connect(self.ask_to_delete)
        self.delete_all.clicked.connect(self.ask_to_clear)
        self.detail.open_wanted.connect(self.open_chosen)
        self.detail.back_wanted.connect(self.back)
        self.detail.rerun_wanted.connect(self.run)
        self.detail.save_wanted.connect(self.save)
        self.detail.compare_wanted.connect(self.compare)
        self.detail.comparison_save_wanted.connect(self._save_comparison)
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
        self.controller.list_entries(self._listed)

    def _listed(self, entries: list[Entry]) -> None:
        first = not self._loaded
        self._loaded = True
        wanted = [self._wanted_id] if self._wanted_id else self.table.chosen_ids()
        self._wanted_id = ""
        self.table.blockSignals(True)
        changed = self.model.set_entries(entries)
        if changed or first:
            self.table.choose_all(wanted)
        self.table.blockSignals(False)
        if changed or first:
            self.filters.refresh()
            self._count()
            if not self._without_entry:  # an opened file or a comparison stays until somebody chooses a run
                self._chosen()

    def changeEvent(self, event: QEvent) -> None:
        """Look for what a terminal or another window kept, when somebody comes back to this one."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self._loaded and self.isVisible() and self.isActiveWindow():
            self.refresh()

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
            words = self.tr("No run yet. Each run is kept here from now on, on this computer only.")
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
                "Here you find each run again: what was tested, how it ended and the whole conversation. A report "
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
        self.export_chosen.setEnabled(bool(ids))
        if not ids and (self._without_entry or (self._shown is not None and self._is_alone)):
            return
        self._without_entry = False
        self.controller.forget()
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
        if len(found) != 1:
            return
        (entry,) = found
        if self._shown is not None and self._shown.entry == entry:
            return
        if entry.damaged:
            self._set_shown(None)
            self.detail.show_damaged(entry, entry.damaged)
            return

        def done(shown: Shown | str) -> None:
            if isinstance(shown, str):
                self._set_shown(None)
                self.detail.show_damaged(entry, shown)
            else:
                self._show(shown)

        self.controller.open_entry(entry, done)

    def _show(self, shown: Shown) -> None:
        self._set_shown(shown)
        if shown.comparison is not None:
            self.detail.show_comparison(shown.comparison)
        else:
            self.detail.show_opened(shown.opened, text=shown.text, entry=shown.entry, file=shown.file)

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
        """Ask what is to be shared of the run, or the two, that is shown; of another kind, where to save it."""
        if self._shown is None:
            return
        if self._shown.opened.report is not None:
            self._share(self._shown.opened.report, seal=self._shown.opened.seal)
        elif self._shown.reports:
            first, second = self._shown.reports
            self._share(first, second=second)
        else:
            self._save_other(self._shown)

    def _save_other(self, shown: Shown) -> None:
        """Save a document of another kind as it is, or as text."""
        from gui.saving import ask_to_save

        name = str(Path.home() / f"Sendproof {shown.opened.kind}")
        texts = {"json": shown.opened.document, "txt": shown.text}
        ask_to_save(self, self._engine, self.tr("Save the run"), name, lambda ending: texts[ending], ("json", "txt"))

    def _save_comparison(self) -> None:
        """Save the comparison that is shown."""
        comparison = self._shown.comparison if self._shown is not None else None
        if comparison is None:
            return
        from gui.saving import ask_to_save
        from gui.widgets.comparison_view import comparison_text

        name = str(Path.home() / "Sendproof comparison")
        title = self.tr("Save the comparison")
        ask_to_save(self, self._engine, title, name, lambda ending: comparison_text(comparison, ending))

    def ticket_text(self) -> str:
        """Return the report or the comparison that is shown in the form that ticket systems take."""
        if self._shown is not None and self._shown.comparison is not None:
            from core.comparing.markdown import render_markdown as render_comparison

            return render_comparison(self._shown.comparison)
        if self.report is None:
            return ""
        return self._ticket(self.report)

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
        entries = self._entries(self.table.chosen_ids())
        if len(entries) == 2:
            self._without_entry = True
            self.controller.compare(entries, self._show_compared)

    def _show_compared(self, found: Shown | str) -> None:
        if isinstance(found, str):
            self.detail.show_words(self.tr("These two can’t be compared"), found)
        else:
            self._show(found)

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
            self.controller.compare_files(paths, self._show_compared)
            return
        (path, *_) = paths

        def done(found: Shown | str) -> None:
            if isinstance(found, str):
                self._set_shown(None)
                self.detail.show_words(self.tr("“{file}” can’t be opened").format(file=path.name), found)
            else:
                self._show(found)

        self.controller.open_file(path, done)

    def _keep_opened(self) -> None:
        if self._shown is not None and self._shown.entry is None:
            document = self._shown.opened.document
            self._keeper.keep(lambda: document)

    def ask_where_to_export(self) -> None:
        """Ask into which folder the chosen runs are copied."""
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self, self.tr("Copy the chosen runs into a folder"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self.export_to(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_to(self, folder: Path) -> None:
        """Copy the chosen runs into `folder`, and say what did not work."""
        entries = self._entries(self.table.chosen_ids())
        if not entries:
            return

        def done(found: tuple[list[Path], list[str]]) -> None:
            written, problems = found
            if problems:
                title = self.tr("{n} of {total} runs were copied").format(n=len(written), total=len(entries))
                self._ask(title, "\n".join(problems[:8]), None)

        self.controller.export(entries, folder, done)

    # Changing and deleting

    def _rename(self, client: str) -> None:
        entry = self._shown.entry if self._shown is not None else None
        if entry is None:
            return

        def done(found: tuple[Entry | None, str]) -> None:
            changed, problem = found
            if changed is None:
                self._ask(self.tr("The name was not kept"), problem, None)
                return
            if self._shown is not None and self._shown.entry is not None and self._shown.entry.id == changed.id:
                self._shown = self._shown._replace(entry=changed)
                self.detail.show_client(changed)
            self.table.blockSignals(True)
            self.model.replace(changed)
            self.table.choose(changed.id)
            self.table.blockSignals(False)
            self.filters.refresh()
            self._count()

        self.controller.rename(entry, client, done)

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
        self._ask(title, self.tr("This can’t be undone."), lambda: self.controller.delete(found, self._deleted))

    def ask_to_clear(self) -> None:
        """Ask whether to delete everything, and do so."""
        title = self.tr("Delete the whole history?")
        words = self.tr("All {n} runs are deleted from this computer. This can’t be undone.").format(n=self.model.total)
        self._ask(title, words, lambda: self.controller.clear(self._deleted))

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

    def _deleted(self, left: int) -> None:
        """Show the list without what was deleted; `left` files could not be."""
        if self._is_alone:
            self.back()
        self._without_entry = False
        self._set_shown(None)
        self.table.clearSelection()
        self.refresh()
        if left:
            words = self.tr("They belong to another program, or the disk can’t be written to.")
            self._ask(self.tr("{n} files could not be deleted").format(n=left), words, None)

    def wipe(self) -> None:
        """Forget what is shown: the window closes."""
        self._shown = None


def local_files(urls: Iterable[Any]) -> list[Path]:
    """Return the paths among dropped URLs; nothing is fetched from anywhere."""
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
