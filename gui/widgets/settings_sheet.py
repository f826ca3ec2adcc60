"""The settings sheet in the window: the device, what to type into it, and the administrator's sheet beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QVBoxLayout, QWidget

from gui.engine import Engine, Job
from gui.printing import PdfThread, page_count, write_pdf
from gui.widgets.announce import announce
from gui.widgets.basics import Button, label, unit
from gui.widgets.copy_button import CopyButton
from gui.widgets.device_chooser import DeviceChooser
from gui.widgets.field import Field
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.scrolling import scroll_area, set_content
from gui.widgets.sheet_parts import administrator_body, settings_body

if TYPE_CHECKING:
    from core.sheets.administrator import AdministratorSheet
    from core.sheets.document import SheetDocument
    from core.sheets.settings import SettingsSheet
    from core.sheets.way import SendingWay
    from gui.models.presets import DeviceChoice


class _Sheets(NamedTuple):
    settings: SettingsSheet
    administrator: AdministratorSheet


class SettingsSheetPanel(QWidget):
    """Shows the sheets of one way of sending for one device.

    `show_way` gives it the way and, if known, the device; the user may choose another device, which `device_changed`
    tells (its id, None for one that is not listed). Nothing in it ever holds a password.
    """

    device_changed = Signal(object)
    shown = Signal()
    """Another sheet is shown completely."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._way: SendingWay | None = None
        self._sheets: _Sheets | None = None
        self._asked = 0
        self._empty_words = self.tr("When a way of sending is known, its settings for your device stand here.")
        base = unit(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(base * 2, base * 2, base * 2, base // 2)
        head.setSpacing(base)
        self.title = label(self.tr("Settings sheet"), bold=True, scale=1.15, wrap=True)
        head.addWidget(self.title)
        self.chooser = DeviceChooser()
        self.chooser.chosen.connect(self._device_chosen)
        self._field = Field(self.tr("Device"), self.chooser)
        head.addWidget(self._field)
        head.addWidget(self._switch())
        layout.addLayout(head)
        self._scroll = scroll_area(QWidget(), self.tr("Settings sheet"))
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._buttons())
        self._show_nothing()
        self._load_devices()

    def _switch(self) -> QWidget:
        row = QWidget()
        flow = FlowLayout(row, gap=unit(self) // 2, line_gap=0)
        self.settings_button = Button(self.tr("On the device"), quiet=True)
        self.administrator_button = Button(self.tr("For the administrator"), quiet=True)
        self._group = QButtonGroup(self)
        for button in (self.settings_button, self.administrator_button):
            button.setCheckable(True)
            self._group.addButton(button)
            flow.addWidget(button)
        self.settings_button.setChecked(True)
        self.settings_button.setAccessibleDescription(self.tr("What to type into the device"))
        self.administrator_button.setAccessibleDescription(self.tr("What the mail administrator does for it"))
        self._group.buttonClicked.connect(lambda _button: self._show_sheet())
        return row

    def _buttons(self) -> QWidget:
        row = QWidget()
        base = unit(self)
        flow = FlowLayout(row, gap=base, line_gap=base // 2)
        flow.setContentsMargins(base * 2, base, base * 2, base * 2)
        self.print_button = Button(self.tr("Print…"))
        self.print_button.setToolTip(self.tr("Print this sheet"))
        self.print_button.clicked.connect(self.print_sheet)
        self.pdf_button = Button(self.tr("PDF…"), sign="save")
        self.pdf_button.setToolTip(self.tr("Save this sheet as a PDF"))
        self.pdf_button.clicked.connect(self._choose_pdf)
        self.copy_button = CopyButton(self.tr("Copy"), self.text)
        self.copy_button.setToolTip(self.tr("Copy this whole sheet as text"))
        for button in (self.print_button, self.pdf_button, self.copy_button):
            flow.addWidget(button)
        self._footer = row
        return row

    # What is shown

    def show_way(self, way: SendingWay | None, device_id: str | None = None) -> None:
        """Show the sheets for `way`, for that device if one is named and known, else for the one chosen before.

        None shows that there is no way yet.
        """
        self._way = way
        if device_id is not None:
            self._wanted_device = device_id
            self.chooser.set_device(device_id)
        if way is None:
            self._asked += 1
            self._show_nothing()
        else:
            self._make()

    def set_empty_words(self, words: str) -> None:
        """Say what is to be seen while there is no way."""
        self._empty_words = words
        if self._way is None:
            self._show_nothing()

    @property
    def sheets(self) -> _Sheets | None:
        """What is shown now: settings sheet and administrator's sheet; None while there is none."""
        return self._sheets

    @property
    def device(self) -> str | None:
        """The id of the device chosen; None for one that is not listed."""
        return self.chooser.device

    @property
    def shows_administrator(self) -> bool:
        """Whether the administrator's sheet is in sight."""
        return self.administrator_button.isChecked()

    def text(self) -> str:
        """Return the sheet in sight as plain text; empty if there is none."""
        made = self._document()
        if made is None:
            return ""
        from core.sheets.document import render

        return render(made, "text")

    _wanted_device: str | None = None

    def _load_devices(self) -> None:
        async def work(_job: Job) -> tuple[DeviceChoice, ...]:
            from core.knowledge.load import load_knowledge
            from core.sheets.settings import device_name
            from gui.models.presets import DeviceChoice

            devices = load_knowledge().devices.values()
            return tuple(DeviceChoice(entry.id, entry.vendor, device_name(entry), entry.models) for entry in devices)

        def done(devices: tuple[DeviceChoice, ...]) -> None:
            self.chooser.set_devices(devices)
            if self._wanted_device is not None:
                self.chooser.set_device(self._wanted_device)
            if self._way is not None:
                self._make()

        self._engine.submit(work, done=done)

    def _device_chosen(self, device: str | None) -> None:
        self._wanted_device = device
        self.device_changed.emit(device)
        if self._way is not None:
            self._make()

    def _make(self) -> None:
        """Make the sheets away from the window's thread, and show them if nothing newer was asked for since."""
        self._asked += 1
        asked, way, device = self._asked, self._way, self.chooser.device
        assert way is not None

        async def work(_job: Job) -> _Sheets:
            from core.sheets.administrator import administrator_sheet
            from core.sheets.settings import settings_sheet

            return _Sheets(settings_sheet(device, way), administrator_sheet(way))

        def done(sheets: _Sheets) -> None:
            if asked == self._asked:
                self._sheets = sheets
                self._show_sheet()

        self._engine.submit(work, done=done)

    def _show_nothing(self) -> None:
        self._sheets = None
        self.title.setText(self.tr("Settings sheet"))
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(unit(self) * 2, unit(self), unit(self) * 2, unit(self))
        layout.addWidget(label(self._empty_words, muted=True, wrap=True))
        layout.addStretch(1)
        self._put(body)
        self._footer.hide()

    def _show_sheet(self) -> None:
        if self._sheets is None:
            return
        administrator = self.shows_administrator
        sheet = self._sheets.administrator if administrator else self._sheets.settings
        self.title.setText(sheet.heading)
        body = administrator_body(self._sheets.administrator) if administrator else settings_body(self._sheets.settings)
        self._field.setVisible(not administrator)
        self._put(body)
        self._footer.show()
        if self.isVisible():
            announce(self, sheet.heading)
        self.shown.emit()

    def _put(self, body: QWidget) -> None:
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        set_content(self._scroll, body)
        body.show()
        before: QWidget = self._scroll
        for button in body.findChildren(Button):  # made later than the buttons below, but Tab comes to it first
            QWidget.setTabOrder(before, button)
            before = button
        QWidget.setTabOrder(before, self.print_button)
        self._scroll.verticalScrollBar().setValue(0)

    # Paper

    def _document(self) -> SheetDocument | None:
        if self._sheets is None:
            return None
        from core.sheets.document import document

        if self.shows_administrator:
            return document(administrator=self._sheets.administrator)
        return document(self._sheets.settings)

    def print_sheet(self) -> None:
        """Ask for a printer and print the sheet in sight."""
        made = self._document()
        if made is None:
            return

        paper = _Paper(made, None)

        def done(error: Exception | None) -> None:
            if error is not None:
                self._trouble(error)
                return
            from gui.printing import print_html

            print_html(self, paper.html, made.title)

        paper.ended.connect(done)
        paper.start()

    def _choose_pdf(self) -> None:
        made = self._document()
        if made is None:
            return
        name = "".join(sign if sign.isalnum() or sign in " -–’" else "-" for sign in made.title)
        dialog = QFileDialog(self, self.tr("Save the sheet as a PDF"), str(Path.home() / f"{name}.pdf"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("PDF (*.pdf)")])
        dialog.setDefaultSuffix("pdf")
        dialog.fileSelected.connect(lambda path: self.write_pdf(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write_pdf(self, path: Path) -> None:
        """Write the sheet in sight to `path`."""
        made = self._document()
        if made is None:
            return

        paper = _Paper(made, path)

        def done(error: Exception | None) -> None:
            if error is not None:
                self._trouble(error)
            else:
                announce(self, self.tr("The PDF was saved."))

        paper.ended.connect(done)
        paper.start()

    def _trouble(self, error: Exception) -> None:
        """Say why there is no paper: a full disk, or a company's own template that can't be used."""
        from PySide6.QtWidgets import QMessageBox

        words = getattr(error, "strerror", None) or str(error)
        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Settings sheet"), self.tr("That did not work."))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(words)
        box.setParent(self, box.windowFlags())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


class _Paper(PdfThread):
    """Makes a sheet's HTML for paper, and a PDF of it if there is a path, beside the window's thread."""

    def __init__(self, made: SheetDocument, path: Path | None) -> None:
        super().__init__("", path or Path(), made.title)
        self._made, self._path = made, path
        self.html = ""

    def run(self) -> None:
        """Make it as large as it can be while a settings sheet stays on one page."""
        try:
            self.html = for_paper(self._made)
            if self._path is not None:
                write_pdf(self.html, self._path, title=self._made.title)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must hear of it
            self.ended.emit(error)
        else:
            self.ended.emit(None)


def for_paper(made: SheetDocument) -> str:
    """Return the document as HTML, as large as it can be while a settings sheet stays on one page.

    To be called in a thread of Qt's. Raises TemplateTrouble where a company's own template can't be used.
    """
    from core.sheets.document import SMALLEST, render

    for size in range(SMALLEST + 1):
        html = render(made, "html", size=size)
        if made.settings is None or page_count(html) == 1:
            break
    return html
