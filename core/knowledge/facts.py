"""The facts a rule can look at, and the words they are written in.

A check states them from what it saw; "explain an error" reads them out of a pasted text. The
vocabularies below are closed: the loader refuses a rule that names a word which no observer can say.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.stages import Stage

OS_ERRORS = {
    "refused": "the port was refused (RST in answer to SYN)",
    "timed-out": "no answer in time",
    "unreachable": "no route to the host or network",
    "reset": "the connection was reset by the peer or something between",
    "aborted": "the connection was ended by this computer's own network software",
    "denied": "this computer's own firewall or policy forbade the connection",
    "name-not-found": "the name does not exist, or has no address",
    "dns-timeout": "no resolver answered",
    "dns-failed": "the resolver answered with a failure (SERVFAIL, REFUSED)",
    "other": "another error of the operating system",
}
"""Words for `Facts.os_error`."""

TLS_ERRORS = {
    "protocol-too-old": "no TLS version both sides take",
    "no-shared-cipher": "no cipher suite, group or signature algorithm both sides take",
    "wrong-version-number": "the peer answered a TLS hello with something that is not TLS",
    "closed": "the peer hung up during the handshake without an alert",
    "reset": "the connection was reset during the handshake",
    "timed-out": "the handshake went silent",
    "certificate-expired": "the certificate's validity is over",
    "certificate-not-yet-valid": "the certificate is not valid yet",
    "certificate-name-mismatch": "the certificate is for other names",
    "certificate-untrusted": "the issuer is in no list of trusted roots",
    "certificate-self-signed": "the certificate vouches for itself",
    "certificate-intercepted": "only this computer's own list trusts the issuer: an inspection product or a private CA",
    "client-refused-certificate": "the other side refused the certificate it was shown",
    "alert": "the peer ended the handshake with another alert",
    "other": "another TLS failure",
}
"""Words for `Facts.tls_error`."""

SIGNS = {
    "closed": "the peer closed the connection",
    "silence": "no reply within the time limit",
    "dripping": "a reply came in crumbs and never ended within the time limit",
    "endless-reply": "a reply went on beyond the size limit",
    "overlong-line": "a line went on beyond the size limit",
    "malformed-reply": "what came is not an SMTP reply",
    "unexpected-reply": "a well-formed reply that makes no sense here",
    "other-protocol-http": "a web server answered",
    "other-protocol-ssh": "an SSH server answered",
    "other-protocol-ftp": "an FTP server answered",
    "other-protocol-pop3": "a POP3 server answered",
    "other-protocol-imap": "an IMAP server answered",
    "tls-on-plain-port": "the peer sent TLS records where plain text was expected",
    "binary": "the peer sent binary data",
    "greeting-masked": "the greeting is masked with asterisks",
    "keywords-masked": "EHLO keywords are overwritten with X",
    "starttls-not-offered": "STARTTLS was wanted and is not in the extension list",
    "starttls-expected-here": "this service is known to offer STARTTLS on this port",
    "foreign-greeting": "another server than the one dialled introduced itself",
    "auth-not-offered": "sign-in was wanted and AUTH is not in the extension list",
    "auth-mechanism-not-offered": "AUTH is offered, but none of the mechanisms wanted",
    "auth-offered-after-tls": "AUTH is only offered after STARTTLS",
    "smtputf8-not-offered": "an address needs SMTPUTF8 and the server does not offer it",
    "size-exceeded": "the message is larger than the SIZE the server announced",
    "injected-before-tls": "plain bytes came between the STARTTLS reply and the handshake",
    "some-recipients-accepted": "at least one recipient was accepted, another refused",
    "external-recipient-refused": "the refused recipient is outside the sender's domain, an inside one was accepted",
    "read-loosely": "an error was read out of a pasted text from few words, and not observed",
    "deadline": "the time for the whole check ran out",
    "listed": "a DNS blocklist holds this site's public address",
    "listed-policy": "a blocklist holds it only because its range is not meant to send mail directly (such as the PBL)",
    "not-listed": "every blocklist asked answered that it does not hold this site's public address",
    "spf-fails-here": "the sender domain's SPF record does not allow this site's public address (fail or softfail)",
    "no-reverse-name": "this site's public address has no reverse name",
    "reverse-name-mismatch": "its reverse name does not lead back to it",
    "sender-domain-not-found": "DNS says that the sender's domain does not exist",
    "recipient-domain-takes-no-mail": "DNS says that a recipient's domain does not exist or takes no mail (RFC 7505)",
    "server-is-mx": "the MX records of the sender's or a recipient's domain name the server asked",
    "path-mtu-full": "packets of 1500 bytes, Ethernet's full size, reach the server and come back",
    "path-mtu-reduced": "the way to the server carries smaller packets than Ethernet, and senders are told so",
    "path-mtu-black-hole": "large packets to the server vanish without a word, small ones come back",
}
"""Words for `Facts.signs`."""

ASKED = {
    "tls": "encryption was asked for, in either way",
    "starttls": "STARTTLS was asked for",
    "implicit-tls": "TLS from the first byte was asked for",
    "plain": "no encryption was asked for",
    "auth": "sign-in was asked for",
    "no-auth": "it is known that no sign-in was asked for",
    "auth:plain": "the mechanism PLAIN",
    "auth:login": "the mechanism LOGIN",
    "auth:cram-md5": "the mechanism CRAM-MD5",
    "auth:xoauth2": "the mechanism XOAUTH2",
    "send": "the message was to be sent for real",
    "smtputf8": "an address needs SMTPUTF8",
    "external-recipient": "a recipient is outside the sender's domain",
    "internal-recipient": "a recipient is inside the sender's domain",
    "full-tls": "the handshake offered all that this computer's TLS can do today",
    "tls-limits": "the handshake was limited to what a device can do",
    "sender-differs-from-user": "the sender address is not the user name",
}
"""Words for `Facts.asked`."""

ROLES = ("mx", "submission", "relay", "unknown")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one failure (or success).

    stage: where it happened; None where nobody said (a pasted error).
    code, enhanced: reply code (RFC 5321 §4.2) and enhanced status code (RFC 3463, "5.7.1"); None if there is none.
    text: the reply's or error's own words, without codes, lines joined by a newline; bounded by the caller.
    server, port: as dialled; provider, role: worked out from the server name (see providers data).
    encrypted: whether the connection was encrypted at that moment; None if unknown.
    offered: EHLO keywords in lower case, mechanisms as "auth:login"; None if no EHLO answer is known.
    asked: words of ASKED. os_error: a word of OS_ERRORS. tls_error: a word of TLS_ERRORS. signs: words of SIGNS.
    """

    stage: Stage | None = None
    code: int | None = None
    enhanced: str | None = None
    text: str = ""
    server: str | None = None
    port: int | None = None
    provider: str | None = None
    role: str = "unknown"
    encrypted: bool | None = None
    offered: frozenset[str] | None = None
    asked: frozenset[str] = frozenset()
    os_error: str | None = None
    tls_error: str | None = None
    signs: frozenset[str] = frozenset()
