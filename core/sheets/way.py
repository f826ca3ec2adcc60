"""A way of sending mail from a site: which server, which port, which encryption, with or without sign-in.

It is what a settings sheet is made for. It never holds a password.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Security = Literal["starttls", "tls", "none"]

METHODS: dict[str, str] = {
    "submission": "Submission with sign-in",
    "submission-legacy-tls": "Submission with sign-in, old TLS versions",
    "high-volume": "High Volume Email",
    "azure": "Azure Communication Services",
    "connector": "Connector relay",
    "direct-send": "Direct Send",
    "relay": "Relay",
}
"""The methods by id. RFC 6409 for submission; the others in the words of Microsoft's and Google's documents.

submission: a mailbox or an account signs in, any recipient. submission-legacy-tls: the same at the endpoint that still
takes TLS 1.0. high-volume: Microsoft's smtp.hve.mx.microsoft, recipients inside only. azure: smtp.azurecomm.net.
connector: the domain's own MX, which knows this site's fixed address; any recipient. direct-send: the domain's own MX,
unknown client; its own recipients only. relay: a provider's or an own relay that knows this site by its address.
"""

SIGNING_IN = frozenset({"submission", "submission-legacy-tls", "high-volume", "azure"})
"""Methods that always sign in (RFC 6409 §4.3), whether the account is known yet or not."""

WITHOUT_SIGN_IN = frozenset({"connector", "direct-send"})
"""Methods that never sign in: an MX offers no AUTH. A relay may do without it too; `SendingWay.signs_in` says."""


class SendingWay(msgspec.Struct, frozen=True, kw_only=True):
    """One way of sending, with the values a device needs for it.

    server: name or address to type in. user: the account to sign in with, None where there is no sign-in or where it
    is not known yet (`signs_in` tells the two apart).
    sender: the address in MAIL FROM and From. provider: an id of `resources/knowledge/providers`, None if unknown.
    method: an id of METHODS. public_address: this site's address as the Internet sees it, None if unknown.
    tenant: the organisation's mail domain (contoso.com), None if it has to be read from the sender.
    """

    server: str
    port: int = 587
    security: Security = "starttls"
    user: str | None = None
    sender: str
    provider: str | None = None
    method: str = "submission"
    public_address: str | None = None
    tenant: str | None = None

    @property
    def signs_in(self) -> bool:
        """Whether a user name and a password are typed into the device."""
        return bool(self.user) or self.method in SIGNING_IN

    @property
    def domain(self) -> str:
        """Return the organisation's mail domain: `tenant`, or else the sender's, or an empty string."""
        if self.tenant:
            return self.tenant
        return self.sender.rpartition("@")[2] if "@" in self.sender else ""
