"""How every document of Sendproof (report, search, watch, …) becomes JSON text, and how its JSON Schema is made."""

from __future__ import annotations

from typing import Any

import msgspec


def as_json(document: msgspec.Struct, *, indent: int = 2) -> str:
    """Return `document` as JSON text (UTF-8 characters kept, `indent` spaces a level)."""
    return msgspec.json.format(msgspec.json.encode(document), indent=indent).decode()


def schema_of(kind: type[msgspec.Struct], *, title: str, description: str) -> dict[str, Any]:
    """Return the JSON Schema of documents of that `kind`, as it ships in `resources/schema`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        **msgspec.json.schema(kind),
    }
