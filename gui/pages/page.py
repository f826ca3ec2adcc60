"""What every page of the technician's view offers the window: F5, Esc, Ctrl+S and Ctrl+Shift+C do what fits the page.

The check's own page is not one of these: its check is shared with the simple view and run by the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from core.secret import Secret
    from gui.models.presets import Catalogue


class Page(QWidget):
    """A page; each method does nothing until the page has something to do there. All in the window's thread."""

    state_changed = Signal()
    """`busy`, `run_words`, `can_run` or `can_save` has changed."""

    @property
    def run_words(self) -> str:
        """The text of the menu's F5 entry, with its mnemonic; empty if there is nothing to run here."""
        return ""

    @property
    def can_run(self) -> bool:
        """Whether F5 does something now."""
        return bool(self.run_words) and not self.busy

    @property
    def busy(self) -> bool:
        """Whether something runs that Esc can cancel and that the window ends before it closes."""
        return False

    @property
    def can_save(self) -> bool:
        """Whether there is a result for `save`."""
        return False

    def run(self) -> None:
        """Do what the page is for (F5)."""

    def cancel(self) -> None:
        """End politely what runs; what was learnt stays (Esc)."""

    def abort(self) -> None:
        """End what runs at once: the window is closing and has waited long enough."""

    def save(self) -> None:
        """Ask where to save the result, and save it (Ctrl+S)."""

    def copy_ticket(self) -> None:
        """Put the result into the clipboard for a ticket (Ctrl+Shift+C)."""

    def copy_transcript(self) -> bool:
        """Copy the conversation that is shown; return whether the page has one."""
        return False

    def open_find(self) -> bool:
        """Begin a search in what is shown (Ctrl+F); return whether there is one here, else the check's opens."""
        return False

    def find_next(self, step: int) -> bool:
        """Go to the next or previous hit (F3); return whether there is a search here."""
        return False

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer presets and devices: they are read after the window is shown."""

    def take_focus(self) -> None:
        """Put the keyboard where work begins."""

    def shown(self) -> None:
        """The page came to the front."""

    def secrets(self) -> list[Secret]:
        """Return what is typed and must be taken out of an error report."""
        return []

    def keep(self) -> None:
        """Put into the store what the next start should find; never a secret."""

    def wipe(self) -> None:
        """Forget secrets and pasted texts: the window closes."""
