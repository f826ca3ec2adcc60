"""What a document says, before it has a form: sections of paragraphs, points, fields, tables and verbatim lines.

Everything here is plain text, never markup. Templates give it its form; its JSON form has the schema
`sendproof.document/1`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.json_document import schema_of
from core.reports.report import Tool

SCHEMA = "sendproof.document/1"

Kind = Literal["ticket", "client", "escalation", "case", "full"]
KINDS: tuple[Kind, ...] = ("ticket", "client", "escalation", "case", "full")

State = Literal["none", "good", "warning", "bad", "open", "info"]
"""How a point stands. open: not tested, or to be done. The words say it too; the sign only helps the eye."""

SIGNS: dict[str, str] = {"none": "", "good": "✓", "warning": "!", "bad": "✕", "open": "–", "info": ""}


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What a program can't know of a ticket: typed by the engineer, each empty if not."""

    client: str = ""
    site: str = ""
    device: str = ""
    issue: str = ""
    engineer: str = ""


class Paragraph(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="paragraph"):
    """A paragraph; with `state` it says how something stands."""

    text: str
    state: State = "none"


class Heading(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="heading"):
    """A heading inside a section."""

    text: str


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A point of a list. `verbatim`: lines to copy as they are. `fill`: the reader writes the rest by hand."""

    text: str
    state: State = "none"
    verbatim: tuple[str, ...] = ()
    link: str = ""
    fill: bool = False


class Points(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="points"):
    """A list of points, numbered if their order matters."""

    points: tuple[Point, ...]
    numbered: bool = False


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A name with its value; an empty value is to be filled in by hand."""

    name: str
    value: str = ""


class Fields(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="fields"):
    """Names with their values."""

    fields: tuple[Field, ...]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of a table."""

    text: str
    state: State = "none"


class Table(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="table"):
    """A table; each row has as many cells as `head`."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Verbatim(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="verbatim"):
    """Lines as they were seen, never wrapped or changed."""

    lines: tuple[str, ...]


Block = Paragraph | Heading | Points | Fields | Table | Verbatim


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section under its heading; `id` is what templates call it by."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document. `state` and `lead` say in a line how things stand; `seals` name the runs it was made from.

    redacted: names and addresses are placeholders. notice: something the reader must know first (practice, a changed
    report), empty if there is nothing.
    """

    schema: str = SCHEMA
    tool: Tool = Tool()
    kind: Kind
    title: str
    lead: str
    state: State
    started_at: str
    subtitle: str = ""
    notice: str = ""
    redacted: bool = False
    sections: tuple[Section, ...] = ()
    seals: tuple[str, ...] = ()


def points(*items: str | Point | None, numbered: bool = False, state: State = "none") -> tuple[Block, ...]:
    """Return a list of the items that are there, or nothing where none is; texts become points of `state`."""
    kept = tuple(Point(text=item, state=state) if isinstance(item, str) else item for item in items if item)
    return (Points(points=kept, numbered=numbered),) if kept else ()


def fields(**pairs: str) -> Fields:
    """Return fields, named by the keywords with spaces for underscores and a capital letter first."""
    return Fields(
        fields=tuple(
            Field(name=name[0].upper() + name[1:].replace("_", " "), value=value) for name, value in pairs.items()
        )
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a document, as it ships in `resources/schema/document-1.json`."""
    return schema_of(
        Document,
        title="Sendproof document, version 1",
        description="A document for people, made from one or two reports: its sections and what stands in them.",
    )
