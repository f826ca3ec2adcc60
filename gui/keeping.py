"""Keeps finished runs in the history, beside the window's thread; says once why that does not work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gui.engine import Engine, Job

if TYPE_CHECKING:
    from core.history.entry import Entry


class Keeper(QObject):
    """Gives runs to the history one after the other. Signals come in the window's thread."""

    kept = Signal(object)
    """A run was kept; carries its Entry."""
    failed = Signal(str)
    """A run could not be kept; carries a sentence. Told once until a run can be kept again."""
    state_changed = Signal()
    """`busy`, `on` or `allowed` has changed."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._waiting = 0
        self._told = False
        self.on = True
        self.allowed = True
        """Whether the environment lets the user decide at all."""
        self.folder: Path | None = None
        """Where the history lies, as soon as that is known."""

    @property
    def busy(self) -> bool:
        """Whether a run is still on its way to the disk."""
        return self._waiting > 0

    def look(self) -> None:
        """Find out whether runs are kept; `state_changed` tells that it is known."""

        async def work(_job: Job) -> tuple[Path | None, bool]:
            from core.history.aside import aside
            from core.history.switch import history_folder, is_on

            folder = await aside(history_folder)
            return folder, await aside(lambda: is_on(folder))

        self._engine.submit(work, done=self._looked)

    def _looked(self, found: tuple[Path | None, bool]) -> None:
        self.folder, self.on = found
        self.allowed = self.folder is not None
        self.state_changed.emit()

    def set_on(self, on: bool) -> None:
        """Keep runs from now on, or none any more. If that can't be written down, it holds until the end."""
        self.on = on
        self.state_changed.emit()

        async def work(_job: Job) -> str:
            from core.history.aside import aside
            from core.history.store import History

            history = await aside(History)
            try:
                await aside(lambda: history.set_on(on))
            except OSError as problem:
                return f"{history.folder}: {problem.strerror or problem}"
            return ""

        def done(problem: str) -> None:
            if problem:
                self.failed.emit(
                    self.tr("This can’t be remembered for the next start: {problem}").format(problem=problem)
                )

        self._engine.submit(work, done=done)

    def keep(self, document: Callable[[], str | bytes], *, client: str = "") -> None:
        """Keep what `document` returns (called beside the window's thread), a JSON document with its `schema`."""
        if not (self.on and self.allowed):
            return
        self._waiting += 1
        self.state_changed.emit()

        async def work(_job: Job) -> tuple[Entry | None, str]:
            from core.history.aside import aside
            from core.history.store import History

            def keep() -> tuple[Entry | None, str]:
                history = History()
                return history.keep(document(), client=client), history.problem

            return await aside(keep)

        self._engine.submit(work, done=self._done, failed=self._broken)

    def _done(self, found: tuple[Any, str]) -> None:
        entry, problem = found
        self._finish()
        if entry is not None:
            self._told = False
            self.kept.emit(entry)
        elif problem and not self._told:
            self._told = True
            self.failed.emit(self.tr("The history is not kept: {problem}").format(problem=problem))

    def _broken(self, error: BaseException) -> None:
        self._finish()
        if isinstance(error, Exception):
            self._engine.crashed.emit(error)

    def _finish(self) -> None:
        self._waiting -= 1
        self.state_changed.emit()
