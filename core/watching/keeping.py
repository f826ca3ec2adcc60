"""Keeps the document of a watch as it grows, in the history and in a file: whole after each run, or as it was before.

Touches the disk; call it from a thread. Never raises for what the disk does: `problem` says why something is not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from core.history.entry import Entry, NotADocument, entry_of, outline, with_head
from core.history.files import write_whole
from core.history.store import History
from core.watching.document import WatchDocument, to_json


class Keeper:
    """Keeps one watch in `history` and, in the form that `render` gives it, in the file `path`; None: not there.

    entry: where it is in the history, None as long as it is not. problem: a sentence, "" if the last time went well.
    """

    def __init__(
        self,
        history: History | None = None,
        path: Path | None = None,
        *,
        render: Callable[[WatchDocument], str] = to_json,
        client: str = "",
    ) -> None:
        self._history = history
        self._path = path
        self._render = render
        self._client = client
        self.entry: Entry | None = None
        self.problem = ""

    def keep(self, document: WatchDocument) -> None:
        """Put `document` in the place of what was kept before."""
        self.problem = ""
        if self._path is not None:
            try:
                write_whole(self._path, self._render(document).rstrip("\n").encode() + b"\n")
            except OSError as problem:
                self.problem = f"{self._path} can’t be written to: {problem.strerror or problem}."
        if self._history is not None and self._history.on:
            self._keep_in_history(self._history, msgspec.json.encode(document))

    def _keep_in_history(self, history: History, data: bytes) -> None:
        if self.entry is not None and self.entry.path.is_file():
            self.entry = self._update(self.entry, data)
            return
        # New, or somebody has deleted it meanwhile; then it comes back whole.
        self.entry = history.keep(data, client=self._client)
        self.problem = self.problem or history.problem

    def _update(self, entry: Entry, data: bytes) -> Entry:
        try:
            head = outline(data, client=entry.client, now=entry.when)
            parts = with_head(head, data)
            write_whole(entry.path, *parts)
        except (OSError, NotADocument) as problem:
            self.problem = self.problem or f"The history can’t be written to: {problem}."
            return entry
        return entry_of(head, entry_id=entry.id, path=entry.path, size=sum(map(len, parts)), kept=entry.when)
