"""The test message: small, correct, and plain about what it is; with an attachment of any size made as it is sent."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate

from core import __version__
from core.request import CheckRequest

_CHUNK = 57 * 1000
"""Bytes of attachment encoded at once: a multiple of 57, which fills base64 lines of 76 characters (RFC 2045 §6.8)."""

_PLACE = "@@attachment@@"


@dataclass(frozen=True, slots=True)
class TestMessage:
    """A message ready to send. `check_id` is in Subject and Message-ID, so that a message trace finds it."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    check_id: str
    message_id: str
    head: bytes
    attachment: int
    tail: bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield the message in pieces that end at a line end (CRLF); the attachment is made on the way."""
        yield self.head
        left = self.attachment
        while left > 0:
            size = min(left, _CHUNK)
            left -= size
            encoded = base64.b64encode(bytes(size))
            yield b"".join(encoded[i : i + 76] + b"\r\n" for i in range(0, len(encoded), 76))
        yield self.tail

    @property
    def size(self) -> int:
        """The size in bytes as SIZE counts it (RFC 1870 §5), without the dot stuffing."""
        lines, rest = divmod(self.attachment, 57)
        encoded = lines * 78 + (-(-rest // 3) * 4 + 2 if rest else 0)
        return len(self.head) + encoded + len(self.tail)


def new_check_id() -> str:
    """Return a short id that is easy to read out and to search for."""
    return secrets.token_hex(4).upper()


def build(request: CheckRequest, check_id: str) -> TestMessage:
    """Return the test message of `request` (RFC 5322), which says what it is and that nothing has to be done."""
    message = EmailMessage(policy=SMTPUTF8 if request.needs_smtputf8 else SMTP)
    author = f"postmaster@{_domain(request)}" if request.sender.is_null else request.sender.wire
    message["From"] = _address("Sendproof check", author)
    message["To"] = [_address("", recipient.wire) for recipient in request.recipients]
    message["Subject"] = f"Sendproof test message {check_id}"
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = f"<sendproof-{check_id.lower()}.{secrets.token_hex(6)}@{_domain(request)}>"
    message["X-Mailer"] = f"Sendproof {__version__}"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: nobody's absence note shall answer
    message.set_content(
        f"This is a test message of Sendproof, check {check_id}.\n\n"
        f"Somebody is finding out whether a device can send e-mail through {request.server}.\n"
        "If you can read this, it can. Nothing has to be done.\n"
    )
    if request.attach_size:
        message.add_attachment(_PLACE, filename=f"test-scan-{check_id}.txt", cte="7bit")
        part = list(message.iter_attachments())[0]  # noqa: RUF015
        part.replace_header("Content-Type", f'application/octet-stream; name="test-scan-{check_id}.bin"')
        part.replace_header("Content-Disposition", f'attachment; filename="test-scan-{check_id}.bin"')
        part.replace_header("Content-Transfer-Encoding", "base64")
    head, _, tail = message.as_bytes().partition(_PLACE.encode("ascii"))
    if not request.attach_size and not head.endswith(b"\r\n"):
        head += b"\r\n"
    if tail.startswith(b"\r\n"):
        tail = tail[2:]
    return TestMessage(check_id, str(message["Message-ID"]), head, request.attach_size, tail)


def message_size(request: CheckRequest) -> int:
    """Return how large the test message of `request` will be, in bytes."""
    return build(request, "00000000").size


def _domain(request: CheckRequest) -> str:
    return request.sender.domain.strip("[]") or request.ehlo.strip("[]")


def _address(name: str, wire: str) -> Address:
    local, _, domain = wire.rpartition("@")
    if local.startswith('"') and local.endswith('"'):
        local = local[1:-1]
    return Address(name, local, domain)
