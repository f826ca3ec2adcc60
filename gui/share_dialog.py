"""What leaves the program: which document, in which form, with or without names; shown before it is saved or copied."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.engine import Engine, Job
from gui.store import Store
from gui.widgets.announce import announce
from gui.widgets.basics import Button, Card, unit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.scrolling import scroll_area
from gui.widgets.share_form import ShareForm, ShareValues
from gui.widgets.share_preview import SharePreview
from gui.widgets.sizes import open_at

if TYPE_CHECKING:
    from core.reports.documents.make import Made
    from core.reports.report import Report
    from core.reports.seal import SealState

LOOK_MS = 180
"""So long nothing has to change before the preview is made anew: typing makes none for each letter."""

SAID_MS = 1800
ENDINGS = {"html": "html", "pdf": "pdf", "markdown": "md", "text": "txt", "json": "json"}


class ShareDialog(QDialog):
    """Asks what is to be shared of `report`, shows exactly that, and saves, copies or prints it.

    `seal` is what the seal of an opened file said; None for a run of this program. `second` is a later run.
    """

    saved = Signal(str)
    """A document was written to that path."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        report: Report,
        parent: QWidget | None = None,
        *,
        kind: str = "",
        second: Report | None = None,
        seal: SealState | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Share or save"))
        self._engine = engine
        self._store = store
        self._report = report
        self._second = second
        self._seals: dict[int, SealState] = {} if seal is None else {0: seal}
        self._asked = 0
        self._built_in = False
        self._made: Made | None = None
        self._texts: dict[str, str] = {}
        self._closed = False
        self._build(kind)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.refresh)
        self.form.changed.connect(self._changed)
        self.form.second_wanted.connect(self._ask_for_second)
        self.form.second_dropped.connect(lambda: self.set_second(None))
        self.preview.built_in_wanted.connect(self._use_built_in)
        if second is not None:
            self.form.set_second(_run_words(second))
        self._sync()
        self.refresh()

    def _build(self, kind: str) -> None:
        base = unit(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(base * 2, base * 2, base * 2, base * 2)
        outer.setSpacing(base * 2)
        row = QHBoxLayout()
        row.setSpacing(base * 2)
        forms = {name: str(form) for name, form in self._store.record("share_forms").items()}
        wanted = kind or self._store.text("share_kind")
        self.form = ShareForm(remembered(self._store, self._report), wanted, forms)
        left = Card()
        inside = QVBoxLayout(left)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(scroll_area(self.form))
        row.addWidget(left, 2)
        self.preview = SharePreview()
        row.addWidget(self.preview, 4)
        outer.addLayout(row, 1)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=base, line_gap=base // 2)
        flow.setContentsMargins(0, 0, 0, 0)
        self.save_button = Button(self.tr("Save…"), primary=True, sign="save")
        self.save_button.setToolTip(self.tr("Save exactly what the preview shows (Ctrl+S)"))
        self.save_button.setShortcut("Ctrl+S")
        self.copy_button = Button(self.tr("Copy"), sign="copy")
        self.print_button = Button(self.tr("Print…"))
        self.print_button.setShortcut("Ctrl+P")
        for button, slot in (
            (self.save_button, self.ask_where),
            (self.copy_button, self.copy),
            (self.print_button, self.print_it),
        ):
            button.clicked.connect(slot)
            flow.addWidget(button)
        close = Button(self.tr("Close"))
        close.clicked.connect(self.close)
        last = QHBoxLayout()
        last.setSpacing(base)
        last.addWidget(buttons, 1)
        last.addWidget(close)
        outer.addLayout(last)
        open_at(self, 168, 46)

    # What is shared

    def set_second(self, report: Report | None, seal: SealState | None = None) -> None:
        """Add a later run as the resolution's proof, or leave it out again."""
        self._second = report
        self._seals.pop(1, None)
        if seal is not None:
            self._seals[1] = seal
        self.form.set_second(_run_words(report) if report is not None else "")
        self._changed()

    def _changed(self) -> None:
        self._made = None  # what is on its way was made from other answers
        self._asked += 1
        self._sync()
        self._timer.start()

    def _use_built_in(self) -> None:
        self._built_in = True
        self.refresh()

    def refresh(self) -> None:
        """Make the document anew, beside the window's thread, and show it."""
        self._timer.stop()
        self._asked += 1
        number, values, built_in = self._asked, self.form.values(), self._built_in
        reports = (self._report, *([self._second] if self._second is not None else []))
        seals = self._seals

        async def work(_job: Job) -> tuple[Made, dict[str, str]]:
            from core.history.aside import aside

            return await aside(lambda: _made(values, reports, seals, built_in))

        def done(found: tuple[Made, dict[str, str]]) -> None:
            if number == self._asked and not self._closed:
                self._made, self._texts = found
                self.preview.show_document(values.form, self._texts, self._made.hidden, redacted=values.redacted)
                self._sync()

        def failed(error: BaseException) -> None:
            if number != self._asked or self._closed:
                return
            from core.reports.templating import TemplateTrouble

            if isinstance(error, TemplateTrouble):
                self._made = None
                self.preview.show_trouble(str(error), own=error.own)
                self._sync()
            else:
                self._engine.crashed.emit(error)

        self._engine.submit(work, done=done, failed=failed)

    def _sync(self) -> None:
        ready = self._made is not None
        for button in (self.save_button, self.copy_button, self.print_button):
            button.setEnabled(ready)

    def _ask_for_second(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(
            self, self.tr("Choose the later run"), self._store.text("report_folder") or str(Path.home())
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Reports (*.json)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(lambda path: self.open_second(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_second(self, path: Path) -> None:
        """Read the later run from a file; say so if it is none."""

        async def work(_job: Job) -> Any:
            from core.history.aside import aside
            from core.history.opening import open_file

            return await aside(lambda: open_file(path))

        def done(opened: Any) -> None:
            if self._closed:
                return
            if opened.report is None:
                self.form.show_second_problem(self.tr("This is no report of a check."))
            else:
                self.set_second(opened.report, opened.seal)

        def failed(error: BaseException) -> None:
            from core.history.files import UnreadableFile

            if not isinstance(error, UnreadableFile):
                self._engine.crashed.emit(error)
            elif not self._closed:
                self.form.show_second_problem(str(error))

        self._engine.submit(work, done=done, failed=failed)

    # What is done with it

    def copy(self) -> None:
        """Put what is shown into the clipboard: as text, and for a page also as formatted text."""
        if self._made is None:
            return
        form = self.form.values().form
        data = QMimeData()
        if form in {"html", "pdf"}:
            data.setText(self._texts["text"])
            data.setHtml(self._texts["print"])
        else:
            data.setText(self._texts[form])
        QGuiApplication.clipboard().setMimeData(data)
        self.copy_button.set_look(self.tr("Copied"), primary=False, sign="tick")
        QTimer.singleShot(SAID_MS, self, self._copied_long_ago)
        announce(self.copy_button, self.tr("Copied"))
        self._remember()

    def _copied_long_ago(self) -> None:
        self.copy_button.set_look(self.tr("Copy"), primary=False, sign="copy")

    def print_it(self) -> None:
        """Let the user choose a printer."""
        if self._made is None:
            return
        from gui.printing import print_html

        print_html(self, self._texts["print"], self._title(self._made))
        self._remember()

    @staticmethod
    def _title(made: Made) -> str:
        return f"{made.document.title} – {made.document.lead}"

    def ask_where(self) -> None:
        """Ask where to save what is shown."""
        if self._made is None:
            return
        from PySide6.QtWidgets import QFileDialog

        form = self.form.values().form
        ending = ENDINGS[form]
        dialog = QFileDialog(self, self.tr("Save the document"), self._suggested_name())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([f"{self.form.form_name(form)} (*.{ending})", self.tr("All files (*)")])
        dialog.fileSelected.connect(lambda path: self.save(_with_ending(path, ending)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _suggested_name(self) -> str:
        folder = self._store.text("report_folder") or str(Path.home())
        values = self.form.values()
        moment = re.sub(r"[^\d -]", "", self._report.started_at[:16].replace("T", " "))
        # No dots: what follows one is an ending. No server where names are hidden.
        name = re.sub(r"[^\w-]", "-", self._report.target.server)[:80]
        server = "" if values.redacted else f" {name}"
        return str(Path(folder) / f"Sendproof {values.kind}{server} {moment}")

    def save(self, path: str) -> None:
        """Write what is shown to `path`; say so if that fails."""
        made = self._made
        if made is None:
            return
        self._store.put("report_folder", str(Path(path).parent))
        form = self.form.values().form
        text = self._texts["print" if form == "pdf" else form]

        def done(_nothing: None = None) -> None:
            if not self._closed:
                self._remember()
                self.saved.emit(path)
                self.preview.say(self.tr("Saved: {path}").format(path=path))

        def failed(error: BaseException) -> None:
            if isinstance(error, OSError):
                self._say_not_saved(path, error)
            else:
                self._engine.crashed.emit(error)

        if form == "pdf":
            from gui.printing import PdfThread

            thread = PdfThread(text, Path(path), self._title(made))
            thread.ended.connect(lambda error: done() if error is None else failed(error))
            thread.start()
            return

        async def work(_job: Job) -> None:
            from core.history.aside import aside
            from core.reports.save import save_text

            await aside(lambda: save_text(text, Path(path)))

        self._engine.submit(work, done=done, failed=failed)

    def _say_not_saved(self, path: str, error: OSError) -> None:
        from PySide6.QtWidgets import QMessageBox

        parent = self.parentWidget() if self._closed else self
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            self.tr("The document was not saved"),
            self.tr("{path} could not be written: {error}").format(path=path, error=error.strerror or error),
            QMessageBox.StandardButton.Ok,
            parent,
        )
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.open()

    # The end

    def _remember(self) -> None:
        values = self.form.values()
        self._store.put("share_kind", values.kind)
        self._store.put("share_forms", {**self._store.record("share_forms"), values.kind: values.form})
        remember(self._store, self._report, values.details)

    def done(self, result: int) -> None:
        """Close, by whatever key or button: what was typed is remembered, what is being made comes to nothing."""
        self._closed = True
        self._asked += 1
        remember(self._store, self._report, self.form.values().details)
        super().done(result)


def remembered(store: Store, report: Report) -> dict[str, str]:
    """Return what was typed for tickets: all of it for the same site, else only who the engineer is.

    Another client's name in a ticket would be worse than an empty field.
    """
    kept = {name: str(value) for name, value in store.record("ticket").items() if isinstance(value, str)}
    if kept.get("site_of") == _site_of(report):
        return kept
    return {"engineer": kept.get("engineer", "")}


def remember(store: Store, report: Report, details: dict[str, str]) -> None:
    """Keep what was typed for tickets of this site."""
    store.put("ticket", {**details, "site_of": _site_of(report)})


def _site_of(report: Report) -> str:
    """Return what tells one client's reports from another's: the sender's domain, or the server without a sender."""
    return (report.request.from_.rpartition("@")[2] or report.target.server).lower()


def _run_words(report: Report) -> str:
    return f"{report.started_at[:16].replace('T', ' ')}, {report.target.server}: {report.diagnosis.title}"


def _made(
    values: ShareValues, reports: tuple[Report, ...], seals: dict[int, SealState], built_in: bool
) -> tuple[Made, dict[str, str]]:
    """Return the document with each form of it that may be wanted: what is shown is what is shared."""
    from core.reports.documents.make import Wish, make
    from core.reports.documents.model import Details
    from core.reports.documents.rendering import rendered
    from core.reports.seal import SealState

    wish = Wish(
        kind=values.kind,  # type: ignore[arg-type]
        redact=values.redacted,
        details=Details(**values.details),
        addressee=values.addressee,
    )
    said = tuple(seals.get(number, SealState.INTACT) for number in range(len(reports))) if seals else ()
    made = make(wish, *reports, seals=said)
    own: tuple[Path, ...] | None = () if built_in else None
    wanted = {values.form, "print"} - {"pdf"}
    if values.form in {"html", "pdf"}:
        wanted.add("text")
    return made, {form: rendered(made, form, own=own) for form in sorted(wanted)}  # type: ignore[arg-type]


def _with_ending(path: str, ending: str) -> str:
    """Return `path` with its ending, numbered if that file exists: nobody was asked whether to replace it."""
    if Path(path).suffix.lower() == f".{ending}":
        return path
    candidate, number = f"{path}.{ending}", 2
    while Path(candidate).exists():
        candidate, number = f"{path} {number}.{ending}", number + 1
    return candidate
