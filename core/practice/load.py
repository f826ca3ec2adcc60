"""Reads practice scenarios from TOML; every mistake is told with its file, entry and field.

A scenario may be `based_on` a file in `bases`: its own keys replace the base's, its tables are merged key by key, and
its `[[reply]]` entries come before the base's (the first that fits is taken).
"""

from __future__ import annotations

import re
import ssl
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from core.practice.model import PLACEHOLDERS, Account, CertificateKind, Fault, Point, Reply, Scenario, misplaced
from core.request import parse
from core.resource_files import resource_path
from core.stages import Outcome

MAX_FILE: Final = 256 * 1024
"""Octets; a scenario is a few kilobytes."""

_EXIT_STATUS = {Outcome.ACCEPTED: 0, Outcome.STOPPED: 1, Outcome.DEFERRED: 3}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REPLY_LINE = re.compile(r"([2-5][0-9]{2})([ -])(.*)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FORM_FIELDS = {"sender": "from", "recipients": "to", "mechanism": "auth"}


@dataclass(frozen=True, slots=True)
class PracticeProblem:
    """One mistake: the file's name, the entry in it (such as `reply 2`; empty for the file's head), the field."""

    file: str
    entry: str
    field: str
    text: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.entry, self.field) if part)
        return f"{where}: {self.text}" if where else self.text


class PracticeError(ValueError):
    """A scenario can't be used; `problems` lists every mistake, str() is one line for each."""

    def __init__(self, problems: Iterable[PracticeProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class _Reader:
    """Collects the problems of one file."""

    file: str
    problems: list[PracticeProblem] = field(default_factory=list)

    def say(self, entry: str, name: str, text: str) -> None:
        self.problems.append(PracticeProblem(self.file, entry, name, text))

    def struct(self, kind: type[msgspec.Struct], data: object, entry: str) -> Any:
        """Return `data` as a `kind`, or None after saying what is wrong, each field for itself."""
        if not isinstance(data, dict):
            self.say(entry, "", "This has to be a table with fields of its own.")
            return None
        before = len(self.problems)
        fields = {known.encode_name: known for known in msgspec.structs.fields(kind)}
        values = {}
        for name, value in data.items():
            if name not in fields:
                self.say(entry, name, f"There is no such field. Known are: {', '.join(fields)}.")
                continue
            values[fields[name].name] = self.value(fields[name].type, value, entry, name)
        for name, known in fields.items():
            if known.required and name not in data:
                self.say(entry, name, "This field is missing.")
        return kind(**values) if len(self.problems) == before else None

    def value(self, kind: Any, data: object, entry: str, name: str) -> Any:
        arguments = get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.struct(kind, data, f"[{name}]")
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return self.choice(kind, data, entry, name)
        if get_origin(kind) in {Union, UnionType} and data is not None and len(arguments) == 2:
            return self.value(arguments[0], data, entry, name)
        if arguments and isinstance(arguments[0], type) and issubclass(arguments[0], Reply | Account):
            if not isinstance(data, list):
                self.say(f"[[{name}]]", "", f"Write [[{name}]] with two brackets; there can be several.")
                return ()
            return tuple(self.struct(arguments[0], item, f"{name} {n}") for n, item in enumerate(data, 1))
        if arguments and arguments[0] is Point:
            return self.faults(data, name)
        try:
            return msgspec.convert(data, kind)
        except msgspec.ValidationError as error:
            self.say(entry, name, _plain(str(error)))
            return None

    def choice(self, kind: type[StrEnum], data: object, entry: str, name: str) -> StrEnum | None:
        try:
            return kind(str(data))
        except ValueError:
            self.say(entry, name, f"“{data}” is not one of: {', '.join(kind)}.")
            return None

    def faults(self, data: object, name: str) -> dict[Point, Fault]:
        if not isinstance(data, dict):
            self.say(f"[{name}]", "", f"Write [{name}.POINT], with a point such as ehlo.")
            return {}
        faults = {}
        for key, item in data.items():
            point = self.choice(Point, key, f"[{name}.{key}]", "")
            fault = self.struct(Fault, item, f"[{name}.{key}]")
            if point is not None and fault is not None:
                faults[Point(point)] = fault
        return faults


def _plain(message: str) -> str:
    """Return msgspec's words without their marks of code."""
    return message.replace("`", "").replace("$[...]", "each item").replace("$[", "item [").strip() + "."


def parse_scenario(text: str, file: str, bases: Mapping[str, Mapping[str, Any]] | None = None) -> Scenario:
    """Return the scenario in the TOML `text`; `file` is its name for messages.

    `bases` are the files a scenario can be based on, by name; without it the built-in ones. Raises PracticeError.
    """
    reader = _Reader(file)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PracticeError([PracticeProblem(file, "", "", f"This is not TOML: {error}.")]) from None
    known = built_in_bases() if bases is None else bases
    base = data.pop("based_on", None)
    if base is not None:
        if base in known:
            data = _merged(known[base], data)
        else:
            reader.say("", "based_on", f"“{base}” is not one of: {', '.join(sorted(known))}.")
    scenario = reader.struct(Scenario, data, "")
    if scenario is not None:
        _look_at_words(reader, scenario)
        _look_at_sense(reader, scenario)
    if reader.problems:
        raise PracticeError(reader.problems)
    assert isinstance(scenario, Scenario)
    return scenario


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if key == "reply" and isinstance(value, list) and isinstance(below, list):
            merged[key] = value + below
        elif isinstance(value, dict) and isinstance(below, dict):
            merged[key] = {**below, **value}
        else:
            merged[key] = value
    return merged


def _look_at_words(reader: _Reader, scenario: Scenario) -> None:
    """Look at each reply: is it one (RFC 5321 §4.2), and are its placeholders known?"""
    _reply(reader, "", "greeting", scenario.greeting)
    for name, lines in (("ehlo", scenario.ehlo), ("ehlo_tls", scenario.ehlo_tls)):
        for line in lines:
            _placeholders(reader, "", name, line)
            if not line.isprintable() or not line.isascii():
                reader.say("", name, f"“{line!r}” has a character that an EHLO line can't have.")
            if _REPLY_LINE.fullmatch(line):
                reader.say("", name, f"Write the line without its code, as “{line[4:]}”.")
    for n, reply in enumerate(scenario.replies, 1):
        entry = f"reply {n}"
        if reply.to in {Point.CONNECT, Point.TLS, Point.GREETING}:
            reader.say(entry, "to", f"There is no reply to give at {reply.to}.")
        if not reply.answers:
            reader.say(entry, "answers", "There has to be at least one answer.")
        for answer in reply.answers:
            _reply(reader, entry, "answers", answer)
    for n, account in enumerate(scenario.accounts, 1):
        if account.answer:
            _reply(reader, f"account {n}", "answer", account.answer)
        if not account.password and not account.token:
            reader.say(f"account {n}", "password", "An account needs a password or a token.")
    words = scenario.sign_in
    for name, text in (("success", words.success), ("failure", words.failure), ("unknown", words.unknown)):
        _reply(reader, "[sign_in]", name, text)
    for entry, name, text in (
        ("[sign_in]", "required", words.required),
        ("[tls]", "required", scenario.tls.required),
        ("", "bare_linefeed", scenario.bare_linefeed),
    ):
        if text:
            _reply(reader, entry, name, text)


def _reply(reader: _Reader, entry: str, name: str, text: str) -> None:
    lines = text.splitlines() or [""]
    code = lines[0][:3]
    for number, line in enumerate(lines, 1):
        match = _REPLY_LINE.fullmatch(line)
        last = number == len(lines)
        if not match or match[1] != code or (match[2] == " ") is not last:
            reader.say(
                entry,
                name,
                f"“{line}” is not a line of a reply: a code such as 250, then a space in the last line "
                "and a hyphen in those before it.",
            )
            return
        if not line.isprintable():
            reader.say(entry, name, f"There is an invisible character in {line!r}.")
    _placeholders(reader, entry, name, text)


def _placeholders(reader: _Reader, entry: str, name: str, text: str) -> None:
    for found in _PLACEHOLDER.findall(text):
        if found not in PLACEHOLDERS:
            reader.say(entry, name, f"{{{found}}} is not one of: {', '.join(f'{{{p}}}' for p in PLACEHOLDERS)}.")


def _look_at_sense(reader: _Reader, scenario: Scenario) -> None:
    """Look at fields that are right by themselves and have to fit together."""
    if not _ID.fullmatch(scenario.id):
        reader.say("", "id", "An id is made of small letters and digits, with single hyphens between.")
    if not 1 <= scenario.port <= 65535:
        reader.say("", "port", "A port is a number from 1 to 65535.")
    if not scenario.ehlo:
        reader.say("", "ehlo", "The first line, the server's name and words, is missing.")
    if not 0 <= scenario.delay_ms <= 60_000:
        reader.say("", "delay_ms", "A delay is at most 60000 milliseconds.")
    for point, fault in scenario.faults.items():
        problem = misplaced(point, fault)
        if problem:
            reader.say(f"[fault.{point}]", "", problem)
        if not 0 <= fault.ms <= 60_000:
            reader.say(f"[fault.{point}]", "ms", "A wait is at most 60000 milliseconds.")
    tls = scenario.tls
    if tls.minimum > tls.maximum:
        reader.say("[tls]", "minimum", "The lowest TLS version is above the highest.")
    if tls.certificate is CertificateKind.OTHER_NAME and not tls.names:
        reader.say("[tls]", "names", "Say for which other names the certificate is.")
    if tls.ciphers:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(tls.ciphers)
        except ssl.SSLError:
            reader.say("[tls]", "ciphers", "OpenSSL knows no cipher suite in this list.")
    expect = scenario.expect
    if expect.exit_status != _EXIT_STATUS.get(expect.outcome):
        reader.say("[expect]", "exit_status", f"“{expect.outcome}” does not end with status {expect.exit_status}.")
    accepted = expect.outcome is Outcome.ACCEPTED
    if (expect.failed_stage is None) is not accepted:
        reader.say("[expect]", "failed_stage", "A stage fails exactly when the outcome is not accepted.")
    if (expect.cause == "accepted") is not accepted:
        reader.say("[expect]", "cause", f"“{expect.cause}” does not fit the outcome {expect.outcome}.")
    for wrong in parse(scenario.form()).errors:
        entry = "" if wrong.field in {"server", "port"} else "[check]"
        reader.say(entry, _FORM_FIELDS.get(wrong.field, wrong.field), wrong.text)


def load_file(path: Path, bases: Mapping[str, Mapping[str, Any]] | None = None) -> Scenario:
    """Return the scenario in a file. Raises PracticeError, also when the file can't be read."""
    return parse_scenario(_text(path), path.name, bases)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise PracticeError([PracticeProblem(path.name, "", "", f"It can't be read: {error.strerror}.")]) from None
    if len(data) > MAX_FILE:
        raise PracticeError([PracticeProblem(path.name, "", "", f"It is larger than {MAX_FILE} octets.")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise PracticeError([PracticeProblem(path.name, "", "", "It is not text in UTF-8.")]) from None


@cache
def built_in_bases() -> dict[str, dict[str, Any]]:
    """Return the files that scenarios are based on, by name. Raises PracticeError."""
    bases = {}
    for path in sorted(resource_path("practice", "bases").glob("*.toml")):
        try:
            bases[path.stem] = tomllib.loads(_text(path))
        except tomllib.TOMLDecodeError as error:
            raise PracticeError([PracticeProblem(path.name, "", "", f"This is not TOML: {error}.")]) from None
    return bases


def load_scenarios(folder: Path | None = None) -> dict[str, Scenario]:
    """Return all scenarios by id, in alphabetical order; `folder` is the built-in one by default.

    Raises PracticeError with the mistakes of all files together.
    """
    scenarios: dict[str, Scenario] = {}
    problems: list[PracticeProblem] = []
    for path in sorted((folder or resource_path("practice")).glob("*.toml")):
        try:
            scenario = load_file(path)
        except PracticeError as error:
            problems.extend(error.problems)
            continue
        if scenario.id != path.stem:
            problems.append(PracticeProblem(path.name, "", "id", f"The file's name says “{path.stem}”."))
        scenarios[scenario.id] = scenario
    for scenario in scenarios.values():
        if scenario.elsewhere and scenario.elsewhere not in scenarios:
            text = f"“{scenario.elsewhere}” is no practice server."
            problems.append(PracticeProblem(f"{scenario.id}.toml", "", "elsewhere", text))
    if problems:
        raise PracticeError(problems)
    return scenarios


def load_scenario(name: str) -> Scenario:
    """Return one scenario by id, or from a file of one's own if `name` ends in .toml.

    Raises PracticeError; for an unknown name with a sentence that lists the known ones.
    """
    if name.lower().endswith(".toml"):
        return load_file(Path(name))
    files = {path.stem: path for path in sorted(resource_path("practice").glob("*.toml"))}
    if name not in files:
        text = f"There is no practice server “{name}”. Known are: {', '.join(files)}."
        raise PracticeError([PracticeProblem("", "", "", text)])
    return load_file(files[name])
