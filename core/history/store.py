"""The history's folder: keep a run, list, search, read, delete.

The files are the truth; there is no index that could be lost. Any number of processes may use one folder at a time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import stat
import threading
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import msgspec

from core.history import switch
from core.history.entry import (
    LAST_YEAR,
    MAX_HEAD,
    Entry,
    Head,
    NotADocument,
    entry_of,
    outline,
    split_head,
    with_head,
)
from core.history.files import (
    UnreadableFile,
    make_folder,
    megabytes,
    read_bounded,
    remove_remainders,
    write_whole,
)
from core.session.transcript import render

MAX_ENTRIES = 500
MAX_TOTAL_BYTES = 100_000_000
MAX_DOCUMENT_BYTES = 16_000_000
"""A run whose document is larger is not kept, nor is such a file read."""

MAX_LISTED = 5_000
"""A folder with more files than the history ever has was filled by somebody else; so many of them are looked at."""
MAX_FOREIGN_BYTES = 64_000_000
"""Files without our first line are read whole for a list; together no more than this."""

_OWN_NAME = re.compile(r"\d{8}-\d{6}-\d{3}-([0-9a-f]{8})\.json")
_ENDING = ".json"
_LATEST = dt.datetime(LAST_YEAR, 12, 31, tzinfo=dt.UTC).timestamp()


class History:
    """The runs kept in `folder`, or where the environment and the program's place say.

    `problem` is a sentence that says why the last run could not be kept; empty if it was, or if the history is off.
    All methods may be called from any thread, and touch the disk.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        max_entries: int = MAX_ENTRIES,
        max_total_bytes: int = MAX_TOTAL_BYTES,
        max_document_bytes: int = MAX_DOCUMENT_BYTES,
    ) -> None:
        self.folder = folder if folder is not None else switch.history_folder()
        self.problem = ""
        self._max_entries = max_entries
        self._max_total = max_total_bytes
        self._max_document = max_document_bytes
        self._seen: dict[str, tuple[tuple[int, int, int], Entry]] = {}
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether runs are kept."""
        return switch.is_on(self.folder)

    def set_on(self, on: bool) -> None:
        """Keep runs from now on, or none any more; what is there stays. Raises OSError if that can't be written."""
        if self.folder is not None:
            switch.set_on(self.folder, on=on)

    # Keeping

    def keep(self, document: str | bytes, *, client: str = "") -> Entry | None:
        """Keep a JSON document whose `schema` names its kind; return its entry, or None if it is not kept.

        Never raises for a full, missing or read-only disk: `problem` says why. The oldest runs make room.
        """
        self.problem = ""
        if not self.on or self.folder is None:
            return None
        now = dt.datetime.now(dt.UTC)
        try:
            data = self._compact(document)
            head = outline(data, client=client, now=now)
            make_folder(self.folder)
            remove_remainders(self.folder)
            entry_id = os.urandom(4).hex()
            path = self.folder / f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03}-{entry_id}{_ENDING}"
            parts = with_head(head, data)
            write_whole(path, *parts)
        except NotADocument as problem:
            self.problem = str(problem)
            return None
        except OSError as problem:
            self.problem = f"{self.folder} can’t be written to: {problem.strerror or problem}."
            return None
        self._prune(path)
        return entry_of(head, entry_id=entry_id, path=path, size=sum(map(len, parts)), kept=now)

    def _compact(self, document: str | bytes) -> bytes:
        """Return a JSON document in UTF-8 without white space between its parts. Raises NotADocument."""
        try:
            data = document.encode() if isinstance(document, str) else document
            data.decode()
            data = msgspec.json.format(data, indent=-1)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise NotADocument("The run has no proper JSON form.") from None
        if not data.startswith(b"{"):
            raise NotADocument("The run is not a JSON object.")
        if len(data) > self._max_document:
            raise NotADocument(f"The run is larger than {megabytes(self._max_document)}.")
        return data

    def _prune(self, newest: Path) -> None:
        """Delete the oldest of our files beyond the bounds, never `newest`; what we can't have written does not count.

        A huge file under one of our names would otherwise cost every run that is older than it.
        """
        own: list[tuple[str, int]] = []
        for item in self._files():
            with contextlib.suppress(OSError):  # gone already: another process prunes too
                status = item.stat(follow_symlinks=False)
                if self._is_own(item.name, status):
                    own.append((item.name, status.st_size))
        own.sort(key=lambda found: (found[0] == newest.name, found[0]), reverse=True)
        count, total = 0, 0
        for name, size in own:
            count, total = count + 1, total + size
            if (count > self._max_entries or total > self._max_total) and name != newest.name:
                with contextlib.suppress(OSError):
                    newest.with_name(name).unlink()

    def _is_own(self, name: str, status: os.stat_result) -> bool:
        small = status.st_size <= self._max_document + MAX_HEAD
        return bool(_OWN_NAME.fullmatch(name)) and stat.S_ISREG(status.st_mode) and small

    def set_client(self, entry: Entry, client: str) -> Entry | None:
        """Write another client's name into the file of `entry`; return the new entry, None if that failed.

        `problem` says why then.
        """
        self.problem = ""
        try:
            data, _ = read_bounded(self._own(entry), self._max_document + MAX_HEAD)
            head, begin = split_head(data)
            document = b"{" + data[begin:] if head else data
            known = head or outline(document, now=entry.when)
            head = msgspec.structs.replace(known, client=render(client.strip(), limit=120), bytes=len(document))
            parts = with_head(head, document)
            write_whole(entry.path, *parts)
        except (UnreadableFile, NotADocument) as problem:
            self.problem = str(problem)
            return None
        except OSError as problem:
            self.problem = f"{self.folder} can’t be written to: {problem.strerror or problem}."
            return None
        return entry_of(head, entry_id=entry.id, path=entry.path, size=sum(map(len, parts)), kept=entry.when)

    # Looking

    def entries(self) -> list[Entry]:
        """Return all entries, the latest first, damaged and foreign files among them."""
        found = sorted(self._files(), key=lambda item: item.name, reverse=True)
        budget = MAX_FOREIGN_BYTES
        entries: list[Entry] = []
        seen: dict[str, tuple[tuple[int, int, int], Entry]] = {}
        for item in found:
            try:
                status = item.stat(follow_symlinks=False)
            except OSError:  # deleted this moment
                continue
            mark = (status.st_mtime_ns, status.st_size, status.st_mode)
            known = self._seen.get(item.name)
            if known is not None and known[0] == mark:
                entry = known[1]
            else:
                entry, read = self._look_at(Path(item.path), status, budget)
                budget -= read
            seen[item.name] = (mark, entry)
            entries.append(entry)
        with self._lock:
            self._seen = seen
        entries.sort(key=lambda entry: entry.when, reverse=True)
        return entries

    def _look_at(self, path: Path, status: os.stat_result, budget: int) -> tuple[Entry, int]:
        """Return the entry for a file, and how many bytes had to be read beyond its first line."""
        kept = dt.datetime.fromtimestamp(min(max(0.0, status.st_mtime), _LATEST), dt.UTC)
        own = _OWN_NAME.fullmatch(path.name)
        entry_id = own[1] if own else render(path.name.removesuffix(_ENDING), limit=100)
        nothing = Head(kind="", when="")
        read = 0
        try:
            if not stat.S_ISREG(status.st_mode):
                read_bounded(path, 0)  # says what it is
            data, size = read_bounded(path, MAX_HEAD, whole=False)
            head, begin = split_head(data)
            if head is not None:
                damaged = "" if head.bytes == size - begin + 1 else "The file is cut short or was changed."
                return entry_of(head, entry_id=entry_id, path=path, size=size, kept=kept, damaged=damaged), 0
            data, read = read_bounded(path, min(budget, self._max_document))
            head = outline(data, now=kept)
            _decode(head.kind, data)
        except (UnreadableFile, NotADocument) as problem:
            size = status.st_size
            return entry_of(nothing, entry_id=entry_id, path=path, size=size, kept=kept, damaged=str(problem)), read
        return entry_of(head, entry_id=entry_id, path=path, size=size, kept=kept), read

    def search(
        self,
        *,
        text: str = "",
        client: str = "",
        server: str = "",
        cause: str = "",
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> list[Entry]:
        """Return the entries that fit everything given, the latest first (see `fits`)."""
        return [
            entry
            for entry in self.entries()
            if fits(entry, text=text, client=client, server=server, cause=cause, since=since, until=until)
        ]

    def find(self, entry_id: str) -> Entry | None:
        """Return the entry with that id."""
        return next((entry for entry in self.entries() if entry.id == entry_id), None)

    def read(self, entry: Entry) -> str:
        """Return the document of `entry` as it was given to `keep`, but for white space. Raises UnreadableFile."""
        if entry.damaged:
            raise UnreadableFile(entry.damaged)
        data, _ = read_bounded(self._own(entry), self._max_document + MAX_HEAD)
        head, begin = split_head(data)
        document = b"{" + data[begin:] if head else data
        if head is not None and head.bytes != len(document):
            raise UnreadableFile("The file is cut short or was changed.")
        try:
            return document.decode()
        except UnicodeDecodeError:
            raise UnreadableFile("The file is damaged.") from None

    # Deleting

    def delete(self, entry: Entry) -> bool:
        """Delete the file of `entry`; return whether it is gone. Of a link only the link goes; a folder stays."""
        try:
            self._own(entry).unlink(missing_ok=True)
        except (OSError, UnreadableFile):
            return False
        return True

    def clear(self) -> int:
        """Delete every run kept here and return how many. Files that others put into the folder stay."""
        if self.folder is None:
            return 0
        deleted = 0
        for item in self._files(limit=None):
            if _OWN_NAME.fullmatch(item.name):
                with contextlib.suppress(OSError):
                    Path(item.path).unlink()
                    deleted += 1
        remove_remainders(self.folder)
        return deleted

    def _files(self, limit: int | None = MAX_LISTED) -> list[os.DirEntry[str]]:
        if self.folder is None:
            return []
        try:
            with os.scandir(self.folder) as found:
                return list(islice((item for item in found if item.name.endswith(_ENDING)), limit))
        except OSError:
            return []

    def _own(self, entry: Entry) -> Path:
        if entry.path.parent != self.folder:
            raise UnreadableFile("This file is not part of the history.")
        return entry.path


def fits(
    entry: Entry,
    *,
    text: str = "",
    client: str = "",
    server: str = "",
    cause: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> bool:
    """Return whether `entry` fits everything given.

    Each word of `text` stands somewhere in the entry; `client` and `server` are parts of a name, `cause` of its id or
    its title, all in capitals or not. `since` is the first moment that fits, `until` the first that does not any more.
    """
    everything = " ".join(_searchable(entry)).casefold()
    target = f"{entry.server}:{entry.port}" if entry.port else entry.server
    return (
        all(word in everything for word in text.casefold().split())
        and client.strip().casefold() in entry.client.casefold()
        and server.strip().casefold() in target.casefold()
        and cause.strip().casefold() in f"{entry.cause} {entry.title}".casefold()
        and (since is None or entry.when >= since)
        and (until is None or entry.when < until)
    )


def _searchable(entry: Entry) -> Iterable[str]:
    yield from (entry.id, entry.kind, entry.title, f"{entry.server}:{entry.port}", entry.cause, entry.outcome)
    yield from (entry.stage, entry.client, entry.about, entry.practice, entry.damaged, f"{entry.when:%Y-%m-%d}")


def _decode(kind: str, data: bytes) -> None:
    """Raise NotADocument where a report is not one: a list would show it as sound otherwise."""
    if kind != "report":
        return
    from core.reports.report import from_json

    try:
        from_json(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotADocument("This report is incomplete or damaged.") from None
