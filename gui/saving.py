"""Asking where to save, and writing there without holding the window up; what can't be written is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from gui.engine import Engine, Job


def ask_where(
    parent: QWidget, title: str, suggestion: Path, forms: Mapping[str, str], chosen: Callable[[Path], None]
) -> None:
    """Open the dialog; `forms` maps what it offers, such as "Text (*.txt)", to endings. `chosen` gets a whole path.

    A name without a known ending gets the chosen one, numbered where that file exists: nobody was asked about it.
    """
    dialog = QFileDialog(parent, title, str(suggestion))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(forms))

    def selected(typed: str) -> None:
        path = Path(typed)
        if path.suffix.lower().lstrip(".") not in forms.values():
            ending = forms.get(dialog.selectedNameFilter(), next(iter(forms.values())))
            path = _unused(typed, ending)
        chosen(path)

    dialog.fileSelected.connect(selected)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def write_text(engine: Engine, parent: QWidget, path: Path, text: str, done: Callable[[], None]) -> None:
    """Write `text` to `path` in the loop's thread, whole or not at all; call `done`, or show why it failed."""

    async def work(_job: Job) -> None:
        part = path.with_name(f"{path.name}.part")
        try:
            part.write_text(text, encoding="utf-8", newline="\n")
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def failed(error: BaseException) -> None:
        if not isinstance(error, OSError):
            engine.crashed.emit(error)
            return
        words = QCoreApplication.translate("Saving", "{path} could not be written: {error}")
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            QCoreApplication.translate("Saving", "It was not saved"),
            words.format(path=path, error=error.strerror or error),
            QMessageBox.StandardButton.Ok,
            parent.window(),
        )
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    engine.submit(work, done=lambda _nothing: done(), failed=failed)


def _unused(path: str, ending: str) -> Path:
    candidate, number = Path(f"{path}.{ending}"), 2
    while candidate.exists():
        candidate, number = Path(f"{path} {number}.{ending}"), number + 1
    return candidate
