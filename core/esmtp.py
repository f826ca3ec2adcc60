"""What service extensions bring with them (RFC 5321 §2.2), for every server that we play."""

from __future__ import annotations

from typing import Final

PARAMETERS: Final = {
    "SIZE": "SIZE",
    "BODY": "8BITMIME",
    "SMTPUTF8": "SMTPUTF8",
    "RET": "DSN",
    "ENVID": "DSN",
    "NOTIFY": "DSN",
    "ORCPT": "DSN",
    "AUTH": "AUTH",
}
"""Parameters of MAIL FROM and RCPT TO, and the EHLO keyword that allows each (RFC 1870, 6152, 6531, 3461, 4954)."""
