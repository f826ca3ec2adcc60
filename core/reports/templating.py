"""Fills the templates of documents: ours from `resources/templates`, or a company's own in their place.

Every value that a template prints is made harmless for the format it is printed into (`Escaping`), so that a template,
ours or a company's, can't forget it. Templates run in Jinja2's sandbox: they come from a folder that others may write
to, and may look at what they are given, but call nothing that reaches further.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from core.reports import inert
from core.resource_files import resource_path

SUFFIX = ".j2"
OWN_FOLDER = "templates"
"""The folder of a company's own templates, beside the program or among its data."""

MAX_OUTPUT = 64_000_000
"""Characters; a template that makes more has lost its way."""

Escaping = Callable[[str], str]

ESCAPING: dict[str, Escaping] = {"html": inert.html, "md": inert.markdown, "txt": inert.plain}
"""How a value is made harmless, by the part of a template's name before `.j2`."""


class TemplateTrouble(Exception):
    """A template can't be used: `path` (the file, or its name where it has none), `line` (None: unknown), `reason`.

    `own` is true where it is a company's: the built-in one may be used instead.
    """

    def __init__(self, path: str, line: int | None, reason: str, *, own: bool) -> None:
        self.path, self.line, self.reason, self.own = path, line, reason, own
        where = f"{path}, line {line}" if line else path
        super().__init__(f"The template {where} can’t be used: {reason}")


def own_folders() -> list[Path]:
    """Return where a company's own templates may lie, the first one going before the others."""
    from core.places import data_folder, program_folder

    return list(dict.fromkeys(folder / OWN_FOLDER for folder in (program_folder(), data_folder())))


def built_in_folder() -> Path:
    """Return the folder of the templates that come with the program."""
    return resource_path("templates")


def render(names: str | Sequence[str], values: Mapping[str, Any], *, own: Iterable[Path] | None = None) -> str:
    """Return the first template of `names` that exists, filled with `values`.

    A template's name ends in `.html.j2`, `.md.j2` or `.txt.j2`; that says how values are made harmless. `own` are the
    folders that go before ours, by default `own_folders()`; an empty sequence uses ours only. Raises TemplateTrouble.
    """
    wanted = [names] if isinstance(names, str) else list(names)
    folders = [path for path in (own_folders() if own is None else own) if path.is_dir()]
    environment = _environment(folders, wanted[0].split(".")[-2])
    try:
        return _bounded(environment.select_template(wanted).generate(dict(values)))
    except Exception as error:
        raise _trouble(error, wanted[0], folders) from error


def _bounded(pieces: Iterator[str]) -> str:
    kept = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > MAX_OUTPUT:
            raise ValueError("It makes a document without end")
    return "".join(kept)


def _environment(folders: Sequence[Path], form: str) -> ImmutableSandboxedEnvironment:
    loaders = [FileSystemLoader(str(folder), encoding="utf-8-sig") for folder in (*folders, built_in_folder())]
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader(loaders),
        autoescape=True,  # and besides, each value passes `finalize`, which no template can switch off
        undefined=StrictUndefined,
        finalize=_finalizer(ESCAPING[form]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["safe"] = _not_safe
    for name, function in inert.FILTERS[form].items():
        environment.filters[name] = _as_markup(function)
    return environment


def _finalizer(escaping: Escaping) -> Callable[[Any], Any]:
    """Return what makes each printed value harmless; what a filter or macro has made so already stays."""

    def finalize(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return Markup(escaping(value))  # noqa: S704 - escaped right here, for the format in hand
        return value

    return finalize


def _as_markup(function: Callable[..., str]) -> Callable[..., Markup]:
    def applied(*arguments: Any) -> Markup:
        return Markup(function(*arguments))  # noqa: S704 - the functions of `inert` make their text harmless

    return applied


def _not_safe(_value: Any) -> str:
    raise TypeError("The filter “safe” is not to be had here: every value is made harmless")


def _trouble(error: Exception, name: str, folders: Sequence[Path]) -> TemplateTrouble:
    """Return what went wrong in which file and line, as far as Jinja2 tells."""
    if isinstance(error, TemplateSyntaxError):
        path, line = error.filename or error.name or name, error.lineno
        reason = error.message or "It is not a template."
    elif isinstance(error, TemplateNotFound):
        path, line, reason = name, None, f"The template “{error.name or name}” does not exist."
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(SUFFIX)]
        path, line = (frames[-1].filename, frames[-1].lineno) if frames else (name, None)
        reason = str(error) or type(error).__name__
    own = any(Path(path).is_relative_to(folder) for folder in folders) or (bool(folders) and not Path(path).is_file())
    return TemplateTrouble(str(path), line, inert.plain(reason.rstrip(".")) + ".", own=own)
