"""The pages of the technician's view, one above the other; each is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from gui.pages.table import PAGES, PageEntry, page_number

if TYPE_CHECKING:
    from gui.pages.page import Page


class PageStack(QStackedWidget):
    """Holds the pages in the order in which they were first needed. `make` returns the widget of an entry of PAGES."""

    state_changed = Signal()
    """What the page in front can do now, or whether it is busy, has changed."""

    def __init__(self, make: Callable[[PageEntry], QWidget]) -> None:
        super().__init__()
        self._make = make
        self.made: dict[str, QWidget] = {}
        """The pages that exist, by their ids."""

    def page(self, name: str) -> Any:
        """Return the page with that id (see PAGES), made when it is first needed."""
        if name not in self.made:
            page = self._make(PAGES[page_number(name)])
            self.made[name] = page
            self.addWidget(page)
            if name != "check":
                cast("Page", page).state_changed.connect(self.state_changed)
        return self.made[name]

    def own_pages(self) -> list[Page]:
        """Return the pages that exist, without the check's: that one is run by the window."""
        return [cast("Page", page) for name, page in self.made.items() if name != "check"]

    @property
    def front(self) -> Page | None:
        """The page in front, None while it is the check's or while there is none yet."""
        shown = self.currentWidget()
        return cast("Page", shown) if self.count() and shown is not self.made.get("check") else None

    @property
    def number(self) -> int:
        """Which of PAGES is in front."""
        shown = self.currentWidget()
        return next((page_number(name) for name, page in self.made.items() if page is shown), 0)
