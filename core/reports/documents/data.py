"""The sentences of documents that are data (`resources/documents`), checked when they are loaded.

For the client: a cause in words that an office understands. For everybody: recommendations. For escalations: who is
asked for what. Each mistake is told with file, entry and field.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from core.knowledge.load import load_knowledge
from core.resource_files import resource_path
from core.stages import Stage

T = TypeVar("T")


class DocumentDataError(ValueError):
    """The files hold mistakes; the message lists them, one a line."""


class ClientCause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cause for people who know nothing of mail: what is wrong, and what happens next."""

    id: str
    wrong: str
    next: str


class ClientOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who does it, for the client; `id` as in owners.toml."""

    id: str
    words: str


class NotIt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a passed stage clears, for the client. `group`: the exclusion's first cause, as in the report."""

    causes: tuple[str, ...]
    words: str


class ClientWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`client.toml`."""

    cause: tuple[ClientCause, ...]
    owner: tuple[ClientOwner, ...]
    not_it: tuple[NotIt, ...]


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold; an empty condition holds always, within a list one is enough."""

    causes: tuple[str, ...] = ()
    not_causes: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    sign_in: bool | None = None


class Recommendation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do in future, for the engineer."""

    text: str
    when: When = When()


class Addressee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody an escalation is written to. `owners`: whose causes go there by themselves."""

    id: str
    name: str
    owners: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of an addressee. Without causes it is what is asked where none fits."""

    to: str
    text: tuple[str, ...]
    causes: tuple[str, ...] = ()


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`escalation.toml`."""

    addressee: tuple[Addressee, ...]
    request: tuple[Request, ...]


class Advice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`recommendations.toml`."""

    recommendation: tuple[Recommendation, ...]


class DocumentData(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    client: ClientWords
    advice: Advice
    asking: Asking


@lru_cache(maxsize=1)
def document_data() -> DocumentData:
    """Return the sentences that ship with the program. Raises DocumentDataError."""
    return read_document_data(resource_path("documents"))


def read_document_data(folder: Path) -> DocumentData:
    """Return the sentences in the files of `folder`. Raises DocumentDataError."""
    found = DocumentData(
        client=_read(folder / "client.toml", ClientWords),
        advice=_read(folder / "recommendations.toml", Advice),
        asking=_read(folder / "escalation.toml", Asking),
    )
    problems = list(_problems(found))
    if problems:
        raise DocumentDataError("\n".join(problems))
    return found


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DocumentDataError(f"{path.name}: {error}") from error


def _problems(data: DocumentData) -> Iterator[str]:
    known = load_knowledge()
    there = [entry.id for entry in data.client.cause]
    yield from (f"client.toml: cause {cause}: missing" for cause in sorted(known.cause_ids - set(there)))
    yield from (f"client.toml: cause {cause}: stands there twice" for cause in there if there.count(cause) > 1)
    owners = {entry.id for entry in data.client.owner}
    yield from (f"client.toml: owner {owner}: missing" for owner in sorted(set(known.owners) - owners))
    named = {
        "client.toml: cause": there,
        "client.toml: not_it": [cause for entry in data.client.not_it for cause in entry.causes],
        "recommendations.toml": [
            cause for entry in data.advice.recommendation for cause in (*entry.when.causes, *entry.when.not_causes)
        ],
        "escalation.toml: request": [cause for entry in data.asking.request for cause in entry.causes],
    }
    for where, causes in named.items():
        yield from (f"{where}: {cause} is no cause" for cause in sorted(set(causes) - known.cause_ids))
    addressees = {entry.id for entry in data.asking.addressee}
    served = [owner for entry in data.asking.addressee for owner in entry.owners]
    yield from (
        f"escalation.toml: nobody is addressee for {owner}" for owner in sorted(set(known.owners) - set(served))
    )
    yield from (f"escalation.toml: owner {owner} has two addressees" for owner in served if served.count(owner) > 1)
    for name in sorted(addressees):
        if not any(entry.to == name and not entry.causes for entry in data.asking.request):
            yield f"escalation.toml: request to {name}: one without causes is missing"
    yield from (
        f"escalation.toml: request: {e.to} is no addressee" for e in data.asking.request if e.to not in addressees
    )
