"""A field to find one's device in: type a part of its maker, family or model, or open the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QListView, QWidget

from gui.widgets.basics import SignButton, TextField, unit
from gui.widgets.scrolling import SlimScrollBar

if TYPE_CHECKING:
    from gui.models.presets import DeviceChoice

SHOWN_ENTRIES = 14


class _Devices(QAbstractListModel):
    """The devices by name; what is searched in is name and models together."""

    def __init__(self, entries: Sequence[tuple[str | None, str, str]]) -> None:
        super().__init__()
        self.entries = entries

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        """Return the number of devices."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the name with its models, for showing and searching; the name alone once it is chosen."""
        if not index.isValid():
            return None
        _device, name, models = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{name}  ({models})" if models else name
        if role == Qt.ItemDataRole.EditRole:
            return name
        return None


class DeviceChooser(QWidget):
    """One line to search in, and the list under it. `chosen` carries the device's id, or None for one not listed."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._current: str | None = None
        self._entries: list[tuple[str | None, str, str]] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.field = _SearchField(
            self.tr("Device"),
            placeholder=self.tr("Type a maker or model, such as Sharp"),
            description=self.tr("Searches makers, families and models; the arrow down opens the list."),
        )
        self.field.setMaxLength(120)
        layout.addWidget(self.field, 1)
        self.open_button = SignButton("down", self.tr("Show all devices"))
        self.open_button.setParent(self.field)
        self.open_button.clicked.connect(self.open_all)
        self.field.corner = self.open_button
        self.field.reserve_right(self.open_button.sizeHint().width() + unit(self) // 2)
        self.field.open_wanted.connect(self.open_all)
        self.field.gone.connect(self._restore)
        self.field.returnPressed.connect(self._take_typed)
        self._completer = QCompleter(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setCompletionRole(Qt.ItemDataRole.DisplayRole)
        self._completer.setMaxVisibleItems(SHOWN_ENTRIES)
        self._list = QListView()
        self._list.setAccessibleName(self.tr("Devices"))
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollBar(SlimScrollBar())
        self._list.setUniformItemSizes(True)
        self._completer.setPopup(self._list)
        self._completer.activated[QModelIndex].connect(self._activated)  # type: ignore[index] # Qt's stubs know one only
        self.field.textEdited.connect(self._search)
        self._completer.setWidget(self.field)
        self.set_devices(())

    def set_devices(self, devices: Sequence[DeviceChoice]) -> None:
        """Offer these devices, by maker, and the one that is not listed."""
        named = sorted(((d.id, d.title, d.models) for d in devices), key=lambda entry: entry[1].lower())
        self._entries = [(None, self.tr("Not listed: any device"), ""), *named]
        self._completer.setModel(_Devices(self._entries))
        self._restore()

    @property
    def device(self) -> str | None:
        """The id of the device chosen; None for one that is not listed."""
        return self._current

    def set_device(self, device: str | None) -> None:
        """Choose a device without telling anybody; an unknown id counts as not listed."""
        self._current = device if any(entry[0] == device for entry in self._entries) else None
        self._restore()

    def open_all(self) -> None:
        """Open the list with all devices in it."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()
        self._search("")

    def _search(self, text: str) -> None:
        self._completer.setCompletionPrefix(text.strip())
        self._completer.complete()
        if self._completer.completionCount():
            self._list.setCurrentIndex(self._completer.completionModel().index(0, 0))

    def _take_typed(self) -> None:
        """Enter takes the only device that fits, or the first in the list."""
        if self.field.text() != self._name() and self._completer.completionCount():
            self._activated(self._completer.completionModel().index(0, 0))

    def _activated(self, index: QModelIndex) -> None:
        name = str(index.data(Qt.ItemDataRole.EditRole) or "")
        device = next((entry[0] for entry in self._entries if entry[1] == name), None)
        self._list.hide()
        if device != self._current:
            self._current = device
            self.chosen.emit(device)
        self._restore()
        self.field.selectAll()

    def _restore(self) -> None:
        """Show the name of the device that is chosen, whatever was typed."""
        self.field.setText(self._name())
        self.field.setCursorPosition(0)

    def _name(self) -> str:
        return next((name for device, name, _models in self._entries if device == self._current), "")


class _SearchField(TextField):
    """A text field with a button in its corner, that opens the list by the arrow down or a click."""

    open_wanted = Signal()
    gone = Signal()

    corner: SignButton | None = None

    def resizeEvent(self, event: object) -> None:
        """Keep the button at the right edge."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self.corner is not None:
            size = self.corner.sizeHint().boundedTo(self.size())
            left = self.width() - size.width() - unit(self) // 2
            self.corner.setGeometry(left, (self.height() - size.height()) // 2, size.width(), size.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the list with the arrow down."""
        if event.key() == Qt.Key.Key_Down:
            self.open_wanted.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click selects everything, so that typing searches anew."""
        super().mouseReleaseEvent(event)
        if not self.hasSelectedText():
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # type: ignore[override]
        """Show the chosen device again when the keyboard goes elsewhere, but not into the list."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.gone.emit()
