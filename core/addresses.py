"""Mail addresses and host names as people type them, turned into what may stand in a command.

Nothing that passes here can hold CR, LF, NUL or another control character.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

import email_validator
import idna
from email_validator import EmailNotValidError, validate_email

# Copiers do send from addresses such as scanner@office.local; email-validator's README documents this switch.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_HOST_CHARACTERS = 253
"""RFC 1035 §2.3.4: 255 octets on the wire, which leaves 253 characters of text."""

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)


MAX_PORT: Final = 65_535


class AddressProblem(ValueError):
    """What is typed can't be used; the message is a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An envelope address. `text` is as typed; `wire` as it stands in MAIL FROM or RCPT TO (without brackets).

    `domain` is the domain in A-labels (RFC 5890), empty for the null reverse-path; `smtputf8` says that the local
    part is not ASCII, so that the server must offer SMTPUTF8 (RFC 6531).
    """

    text: str
    wire: str
    domain: str
    smtputf8: bool = False

    @property
    def is_null(self) -> bool:
        """Whether this is the null reverse-path ``<>`` (RFC 5321 §4.5.5)."""
        return not self.wire


NULL_PATH = Mailbox(text="<>", wire="", domain="")


def parse_mailbox(typed: str, *, allow_null: bool = False) -> Mailbox:
    """Return the mailbox that `typed` names.

    Raises AddressProblem with a sentence that tells what is wrong. Intranet domains such as office.local are
    accepted: whether anybody takes them is what the check finds out.
    """
    text = typed.strip()
    if allow_null and text == "<>":
        return NULL_PATH
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    if not text:
        raise AddressProblem("Enter an e-mail address, such as scanner@contoso.com.")
    if has_control(text):
        raise AddressProblem("There is a line break or another invisible character in this address. Type it anew.")
    if not text.startswith('"') and any(sign in text for sign in ",; "):
        raise AddressProblem("Enter one address only, without spaces or commas.")
    if "@" not in text:
        raise AddressProblem(f"“{_short(text)}” has no @. An address looks like scanner@contoso.com.")
    try:
        valid = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=True,
            allow_domain_literal=True,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise AddressProblem(f"“{_short(text)}” is not an e-mail address: {_sentence(str(error))}") from None
    domain = valid.ascii_domain or valid.domain
    wire = valid.ascii_email or f"{valid.local_part}@{domain}"
    return Mailbox(text=text, wire=wire, domain=domain.lower(), smtputf8=valid.smtputf8)


def parse_host(typed: str) -> str:
    """Return the server name or IP address in `typed`, in A-labels, lower case, without brackets.

    Raises AddressProblem with a sentence that tells what is wrong.
    """
    text = typed.strip()
    if not text:
        raise AddressProblem("Enter the mail server's name, such as smtp.office365.com.")
    if has_control(text) or any(character.isspace() for character in text):
        raise AddressProblem("There is a space or an invisible character in the server name. Type it anew.")
    if "://" in text:
        raise AddressProblem("Enter only the server's name, without “…://” in front.")
    if "@" in text:
        raise AddressProblem("This is an e-mail address. Enter the mail server's name, such as smtp.office365.com.")
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare.split("%", 1)[0])) + ("%" + bare.split("%", 1)[1] if "%" in bare else "")
    except ValueError:
        pass
    if re.fullmatch(r"[^:]+:\d+", text):
        raise AddressProblem("Enter the port in its own field, and only the name here.")
    if re.fullmatch(r"[\d.]+", text):
        raise AddressProblem(f"“{_short(text)}” is not an IP address: it has four numbers from 0 to 255.")
    name = text.rstrip(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise AddressProblem(f"“{_short(text)}” can't be a server name: {_sentence(str(error))}") from None
    if len(name) > MAX_HOST_CHARACTERS:
        raise AddressProblem(f"A server name has at most {MAX_HOST_CHARACTERS} characters.")
    if not name or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise AddressProblem(
            f"“{_short(text)}” can't be a server name: it is made of letters, digits and hyphens, with dots between."
        )
    return name.lower()


def port_number(typed: str) -> int | None:
    """Return the port that somebody typed, 1 to MAX_PORT; None where it is none."""
    text = typed.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PORT)) else 0
    return number if 1 <= number <= MAX_PORT else None


def parse_ehlo_name(typed: str) -> str:
    """Return a name fit for EHLO: a domain or an address literal (RFC 5321 §4.1.1.1).

    Raises AddressProblem with a sentence that tells what is wrong.
    """
    text = typed.strip()
    if text.startswith("[") and text.endswith("]"):
        inner = text[1:-1]
        try:
            address = ipaddress.ip_address(inner.removeprefix("IPv6:"))
        except ValueError:
            raise AddressProblem(f"“{_short(text)}” is not an address in brackets, such as [192.0.2.10].") from None
        return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
    try:
        return parse_host(text)
    except AddressProblem:
        raise AddressProblem(
            "Enter the name that the device gives for itself, such as copier.contoso.com. Spaces can’t be part of it."
        ) from None


def has_control(text: str) -> bool:
    """Return whether `text` holds a C0 or C1 control character, DEL, or a line or paragraph separator."""
    return any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" for c in text)


def is_ip_address(host: str) -> bool:
    """Return whether `host` is an IP address and not a name."""
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    return True


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith(".") else text + "."


def is_outside(home: str, there: str) -> bool:
    """Return whether mail from the domain `home` to `there` leaves it; a subdomain of either counts as inside.

    Both in lower case. Without a `home` (the null reverse-path) nothing is outside.
    """
    return bool(home) and there != home and not there.endswith("." + home) and not home.endswith("." + there)
