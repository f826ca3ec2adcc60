"""Ways of sending that the tests of the sheets use: one for each method, and hostile ones."""

from __future__ import annotations

from core.sheets.way import SendingWay

SUBMISSION = SendingWay(
    server="smtp.office365.com",
    port=587,
    security="starttls",
    user="office@domain.com",
    sender="office@domain.com",
    provider="microsoft365",
    method="submission",
)

WAYS = {
    "submission": SUBMISSION,
    "submission-other-sender": SendingWay(
        server="smtp.office365.com", user="scanner@contoso.com", sender="office@contoso.com", provider="microsoft365"
    ),
    "submission-legacy-tls": SendingWay(
        server="smtp-legacy.office365.com", user="scanner@contoso.com", sender="scanner@contoso.com",
        provider="microsoft365", method="submission-legacy-tls",
    ),
    "high-volume": SendingWay(
        server="smtp.hve.mx.microsoft", user="copiers@contoso.com", sender="copiers@contoso.com",
        provider="microsoft365", method="high-volume",
    ),
    "azure": SendingWay(
        server="smtp.azurecomm.net", user="copiers", sender="scanner@contoso.com", provider="microsoft365",
        method="azure",
    ),
    "connector": SendingWay(
        server="contoso-com.mail.protection.outlook.com", port=25, sender="scanner@contoso.com",
        provider="microsoft365", method="connector", public_address="203.0.113.9",
    ),
    "direct-send": SendingWay(
        server="contoso-com.mail.protection.outlook.com", port=25, sender="scanner@contoso.com",
        provider="microsoft365", method="direct-send", public_address="2001:db8::9",
    ),
    "google": SendingWay(
        server="smtp.gmail.com", port=465, security="tls", user="scanner@contoso.com", sender="scanner@contoso.com",
        provider="google",
    ),
    "google-relay": SendingWay(
        server="smtp-relay.gmail.com", sender="scanner@contoso.com", provider="google", method="relay",
        public_address="203.0.113.9",
    ),
    "google-direct": SendingWay(
        server="aspmx.l.google.com", port=25, sender="scanner@contoso.com", provider="google", method="direct-send"
    ),
    "other": SendingWay(server="mail.gmx.net", user="a@gmx.net", sender="b@gmx.net", provider="gmx"),
    "own-relay": SendingWay(
        server="192.0.2.25", port=25, security="none", sender="scanner@contoso.com", method="relay"
    ),
    "unknown": SendingWay(server="", sender="", method="something-new"),
}  # fmt: skip

HOSTILE = (
    "a\r\nb'$(calc)\u2019;`n\"<img src=x onerror=1>[x](https://evil.example)|\x1b[31m\u202e{user}{{7*7}}@contoso.com"
)

HOSTILE_WAYS = {
    "sign-in": SendingWay(
        server=HOSTILE, user=HOSTILE, sender="x" + HOSTILE, provider="microsoft365", public_address=HOSTILE,
        tenant=HOSTILE,
    ),
    "connector": SendingWay(
        server=HOSTILE, sender=HOSTILE, provider="microsoft365", method="connector", public_address=HOSTILE
    ),
    "high-volume": SendingWay(
        server=HOSTILE, user=HOSTILE, sender=HOSTILE, provider="microsoft365", method="high-volume"
    ),
    "google-relay": SendingWay(
        server=HOSTILE, sender=HOSTILE, provider="google", method="relay", public_address=HOSTILE
    ),
    "unknown": SendingWay(server=HOSTILE, user=HOSTILE, sender=HOSTILE, provider=HOSTILE, method=HOSTILE),
}  # fmt: skip
