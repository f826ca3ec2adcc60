"""Asks where to save a text that exists in several forms, and writes it beside the window's thread, whole or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from gui.engine import Engine, Job

FORMS = {
    "txt": "Text (*.txt)",
    "md": "Markdown (*.md)",
    "html": "Web page (*.html)",
    "json": "JSON for other programs (*.json)",
}


def ask_to_save(
    parent: QWidget,
    engine: Engine,
    title: str,
    suggested: str,
    make: Callable[[str], str],
    endings: Sequence[str] = tuple(FORMS),
    saved: Callable[[str], None] = lambda path: None,
) -> QFileDialog:
    """Open the dialog and return it. `make(ending)` makes the text (beside the window's thread); `suggested` has none.

    `saved` is called with the path once the file is there.
    """
    dialog = QFileDialog(parent, title, suggested)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    filters = {QCoreApplication.translate("Saving", FORMS[ending]): ending for ending in endings}
    dialog.setNameFilters(list(filters))

    def chosen(path: str) -> None:
        ending = Path(path).suffix.lower().lstrip(".")
        if ending not in endings:
            ending = filters.get(dialog.selectedNameFilter(), endings[0])
            path = _unused(path, ending)
        write(parent, engine, Path(path), lambda: make(ending), saved)

    dialog.fileSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def write(parent: QWidget, engine: Engine, path: Path, make: Callable[[], str], saved: Callable[[str], None]) -> None:
    """Write what `make` returns to `path`; say so in a box where that fails."""

    async def work(_job: Job) -> None:
        from core.history.aside import aside
        from core.history.files import write_whole

        await aside(lambda: write_whole(path, make().encode()))

    def failed(error: BaseException) -> None:
        reason = _reason(error)
        if reason is None:
            engine.crashed.emit(error)
            return
        words = QCoreApplication.translate("Saving", "{path} could not be written: {error}")
        title = QCoreApplication.translate("Saving", "The file was not saved")
        text = words.format(path=path, error=reason)
        box = QMessageBox(QMessageBox.Icon.Warning, title, text, QMessageBox.StandardButton.Ok, parent)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def done(_nothing: Any) -> None:
        saved(str(path))

    engine.submit(work, done=done, failed=failed)


def _reason(error: BaseException) -> str | None:
    """Return why a file could not be written, None for a mistake of the program."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    from core.reports.templating import TemplateTrouble

    return str(error) if isinstance(error, TemplateTrouble) else None


def _unused(path: str, ending: str) -> str:
    """Return `path` with `ending`, numbered if that file exists: nobody was asked whether to replace it."""
    candidate, number = f"{path}.{ending}", 2
    while Path(candidate).exists():
        candidate, number = f"{path} {number}.{ending}", number + 1
    return candidate
