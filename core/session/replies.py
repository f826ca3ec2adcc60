"""Replies: from the bytes a server sent to code, enhanced status code and text. Pure, and never raises.

Whatever is wrong with a reply is said in `Reply.problems`, never thrown: a broken reply is evidence.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

MAX_REPLY_CHARACTERS = 8_000
"""As much text of a reply is kept; a real EHLO answer has a few hundred characters."""

_CODE = re.compile(rb"([2-5][0-9]{2})([ \-]|$)")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=[\s;:,]|$)[;:,]?\s*")
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{3,45})\]")

_PROTOCOLS = (
    ("other-protocol-http", re.compile(rb"HTTP/\d|<!DOCTYPE|<html", re.IGNORECASE)),
    ("other-protocol-ssh", re.compile(rb"SSH-\d")),
    ("other-protocol-pop3", re.compile(rb"\+OK|-ERR")),
    ("other-protocol-imap", re.compile(rb"\* (?:OK|BYE|PREAUTH)")),
    ("tls-on-plain-port", re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply (RFC 5321 §4.2). `lines` are the texts after the codes, of the first line to the last.

    code is 0 where none could be read. enhanced is "5.7.1" (RFC 3463) or None. problems holds words:
    "no-code", "codes-differ", "class-differs" (the enhanced code belongs to another class than the code),
    "unfinished" (the last line announced another).
    """

    code: int
    enhanced: str | None
    lines: tuple[str, ...]
    problems: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words of the reply without codes, lines joined by a newline."""
        return "\n".join(self.lines)

    @property
    def positive(self) -> bool:
        """Whether this is a positive completion reply, 2yz (RFC 5321 §4.2.1)."""
        return 200 <= self.code < 300

    @property
    def transient(self) -> bool:
        """Whether this is a transient negative completion reply, 4yz."""
        return 400 <= self.code < 500

    def verbatim(self) -> str:
        """Return the reply as the server wrote it, its lines on one line."""
        code = str(self.code) if self.code else ""
        parts = [code, self.enhanced or "", " ".join(line for line in self.lines if line)]
        return " ".join(part for part in parts if part)


def parse(lines: list[bytes]) -> Reply:
    """Return the reply made of `lines`, which come without their line ends."""
    code = 0
    enhanced: str | None = None
    texts: list[str] = []
    problems: list[str] = []
    room = MAX_REPLY_CHARACTERS
    continued = True
    for number, line in enumerate(lines):
        match = _CODE.match(line)
        if match is None:
            problems.append("no-code")
            text = line
            continued = False
        else:
            here = int(match[1])
            if number and code and here != code:
                problems.append("codes-differ")
            code = here
            text = line[4:]
            continued = match[2] == b"-"
        shown = text[: max(room, 0) * 4].decode("utf-8", "backslashreplace")[: max(room, 0)].strip()
        found = _ENHANCED.match(shown) if match else None
        if found:
            enhanced = enhanced or found[1]
            shown = shown[found.end() :]
        room -= len(shown)
        texts.append(shown)
    if not lines or continued:
        problems.append("unfinished")
    if enhanced and code and enhanced[0] != str(code)[0]:
        problems.append("class-differs")
    return Reply(code, enhanced, tuple(texts), tuple(dict.fromkeys(problems)))


def is_final(line: bytes) -> bool:
    """Return whether `line` ends a reply: its code is not followed by a hyphen (RFC 5321 §4.2.1)."""
    return not (_CODE.match(line) and line[3:4] == b"-")


def may_become_reply(data: bytes) -> bool:
    """Return whether `data`, the first bytes of a line, can still become a line of a reply."""
    head = data[:4]
    digits = head[:3]
    if not all(0x30 <= byte <= 0x39 for byte in digits) or digits[:1] not in {b"", b"2", b"3", b"4", b"5"}:
        return False
    return len(head) < 4 or head[3:4] in b" -\r\n"


def foreign_protocol(data: bytes) -> str | None:
    """Return the sign (a word of `core.knowledge.facts.SIGNS`) for what speaks here instead of SMTP, or None.

    Looks at the first bytes only. Bytes that are no text at all are the sign "binary".
    """
    head = data[:512]
    for sign, pattern in _PROTOCOLS:
        if pattern.match(head.lstrip(b"\r\n \t") if sign != "tls-on-plain-port" else head):
            return sign
    strange = sum(byte < 0x09 or 0x0E <= byte < 0x20 or byte >= 0x7F for byte in head)
    return "binary" if head and strange * 4 > len(head) else None


@dataclass(frozen=True, slots=True)
class Extensions:
    """What an EHLO reply announces (RFC 5321 §4.1.1.1): keywords in capitals with their parameters.

    mechanisms are the SASL mechanisms of AUTH in lower case (RFC 4954 §3); size is the limit in bytes, None if
    not announced or not limited; public_address is how the server saw this computer, where it says so.
    """

    greeting: str = ""
    keywords: tuple[tuple[str, str], ...] = ()
    public_address: str | None = None

    def offers(self, keyword: str) -> bool:
        """Return whether `keyword` is announced."""
        return any(name == keyword.upper() for name, _ in self.keywords)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms, in the server's order."""
        found: list[str] = []
        for name, parameters in self.keywords:
            if name == "AUTH":
                found += parameters.lower().split()
            elif name.startswith("AUTH="):  # an old form that some servers still add
                found += (name[5:] + " " + parameters).lower().split()
        return tuple(dict.fromkeys(found))

    @property
    def size(self) -> int | None:
        """The announced message size limit in bytes (RFC 1870 §4)."""
        for name, parameters in self.keywords:
            if name == "SIZE" and parameters.isdigit() and len(parameters) < 20:
                return int(parameters) or None
        return None

    @property
    def masked(self) -> bool:
        """Whether keywords are overwritten with X, as firewalls with SMTP inspection do."""
        return any(re.fullmatch(r"X{4,}[A-Z0-9]?", name) for name, _ in self.keywords)

    def words(self) -> frozenset[str]:
        """Return what is offered as rules write it: "starttls", "auth", "auth:login"."""
        names = {name.lower() for name, _ in self.keywords if not name.startswith("AUTH=")}
        mechanisms = self.mechanisms
        if mechanisms:
            names.add("auth")
        return frozenset(names | {f"auth:{mechanism}" for mechanism in mechanisms})

    def as_lines(self) -> list[str]:
        """Return the keywords with their parameters, one a line."""
        return [f"{name} {parameters}".strip() for name, parameters in self.keywords]


def parse_extensions(reply: Reply) -> Extensions:
    """Return what the EHLO reply announces. Lines that are no keyword are left out (the transcript has them)."""
    greeting = reply.lines[0] if reply.lines else ""
    keywords = []
    for line in reply.lines[1:]:
        head, _, parameters = line.strip().partition(" ")
        if head.upper().startswith("AUTH=") or _KEYWORD.fullmatch(head):
            keywords.append((head.upper(), parameters.strip()))
    return Extensions(greeting, tuple(keywords), address_in(greeting))


def address_in(text: str) -> str | None:
    """Return the IP address in brackets in `text`, as Microsoft, Google and others greet with it, or None."""
    for match in _ADDRESS.finditer(text[:1000]):
        try:
            return str(ipaddress.ip_address(match[1]))
        except ValueError:
            continue
    return None
