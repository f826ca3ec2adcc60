"""Starts the checks of both views, against real servers or the practice server that was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from core.request import CheckRequest, FormValues
    from core.secret import Secret
    from gui.window import MainWindow


class Starter(QObject):
    """`secrets` are the passwords of the checks that were started, to be taken out of an error report."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.secrets: list[Secret] = []

    def run_form(self) -> None:
        """Check what the technician's form describes, or say in it what is wrong."""
        form, store = self._window.check_page.form, self._window.store
        request = form.attempt().request
        if request is None:
            return
        if self._window.practice is None:
            title = f"{request.server}:{request.port}  –  {request.sender.text}"
            store.add_recent(form.stored() | {"title": title})
            form.set_recent(store.recent())
        self._run(request)

    def run_from_simple(self, values: FormValues, request: CheckRequest) -> None:
        """Check what the simple view worked out, and show it in the technician's form too."""
        self._window.check_page.form.fill(values)
        self._run(request)

    def prepared(self) -> tuple[CheckRequest, str | None] | None:
        """Return what the technician's form describes and the practice server's id; None after saying what is wrong."""
        request = self._window.check_page.form.attempt().request
        if request is None:
            return None
        self._remember(request)
        practice = self._window.practice
        return request, practice.id if practice is not None else None

    def _run(self, request: CheckRequest) -> None:
        self._remember(request)
        controller, practice = self._window.controller, self._window.practice
        if practice is not None:
            controller.run_practice(practice.id, request)
        else:
            controller.run(request)

    def _remember(self, request: CheckRequest) -> None:
        if request.credentials is not None:
            self.secrets.append(request.credentials.secret)
