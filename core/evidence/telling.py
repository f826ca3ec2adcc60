"""What the evidence means for the people who read the report, in plain sentences, each with its source.

Only what they can act on becomes a finding; everything else stands in the details.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.evidence.blocklists import ListResult
from core.evidence.gather import Evidence
from core.reports.report import Finding, Severity
from core.request import CheckRequest

MAX_FINDINGS = 12


def findings(evidence: Evidence, request: CheckRequest, *, accepted: bool) -> tuple[Finding, ...]:
    """Return what is worth knowing of `evidence`. `accepted`: whether the server took everything it was asked."""
    found = [
        *_address(evidence),
        *(_listing(entry, evidence, accepted=accepted) for entry in evidence.listed),
        *_lists_unchecked(evidence),
        *_reverse_name(evidence),
        *_spf(evidence, accepted=accepted),
        *_domains(evidence),
        *_exchanger(evidence, request),
    ]
    return tuple(found[:MAX_FINDINGS])


def _address(evidence: Evidence) -> Iterator[Finding]:
    address = evidence.public_address
    if not evidence.direct or address is None or address.address is not None:
        return
    yield Finding(
        severity="info",
        title="The public address could not be found out",
        text="So blocklists, reverse name and SPF could not be checked. "
        f"To check them, look the address up at the router. ({address.source}: {address.error})",
        topic="public-address",
    )


def _listing(entry: ListResult, evidence: Evidence, *, accepted: bool) -> Finding:
    address = evidence.public_address.address if evidence.public_address else ""
    why = " ".join(dict.fromkeys(listing.meaning for listing in entry.listings))
    advice = " ".join(dict.fromkeys(listing.advice for listing in entry.listings if listing.advice))
    codes = ", ".join(listing.code for listing in entry.listings)
    said = f" The list says: “{entry.words}”." if entry.words else ""
    link = f" More: {entry.link}" if entry.link else ""
    source = f" (Source: {entry.source}; answer {codes}.){link}"
    severity: Severity
    if not evidence.direct:
        harmful = any(listing.kind in {"compromised", "hijacked"} for listing in entry.listings)
        return Finding(
            severity="warning" if harmful else "info",
            title=f"This site’s address is on {entry.title}",
            text=f"{address}: {why} It matters only where mail goes from here straight to the recipient’s server, "
            f"which is not what was checked.{' ' + advice if harmful else ''}{said}{source}",
            topic="blocklist",
        )
    if accepted:
        severity = "warning" if entry.reach == "wide" else "info"
        title = f"Works today, but this site’s address is on {entry.title}"
        effect = "This server took it; servers that look at this list will refuse mail from here."
    else:
        severity = "error" if entry.reach == "wide" else "warning"
        title = f"This site’s address is on {entry.title}"
        effect = "Servers that look at this list refuse mail from here."
    return Finding(
        severity=severity,
        title=title,
        text=f"{address}: {why} {effect}{' ' + advice if advice else ''}{said}{source}",
        cause="ip-blocklisted",
        topic="blocklist-policy" if entry.only_policy else "blocklist",
    )


def _lists_unchecked(evidence: Evidence) -> Iterator[Finding]:
    unchecked = [entry for entry in evidence.unchecked if entry.reach == "wide"]
    if not evidence.direct or not unchecked:
        return
    reasons = "; ".join(f"{entry.name}: {entry.reason}" for entry in unchecked)
    yield Finding(
        severity="info",
        title="A blocklist could not be checked from here",
        text=f"That says neither that this site’s address is listed nor that it is not. {reasons}. "
        f"(Source: {unchecked[0].source}.)",
        topic="blocklist-unchecked",
    )


def _reverse_name(evidence: Evidence) -> Iterator[Finding]:
    reverse = evidence.reverse_name
    if not evidence.direct or reverse is None or reverse.state not in {"none", "mismatch"}:
        return
    if reverse.state == "none":
        title = "This site’s address has no reverse name"
        text = f"{reverse.address} leads to no name in DNS."
    else:
        title = "The reverse name of this site’s address does not lead back"
        text = f"{reverse.address} is called {', '.join(reverse.names)}, but no such name leads to {reverse.address}."
    yield Finding(
        severity="warning",
        title=title,
        text=f"{text} Many servers refuse mail from such an address. The internet provider sets the reverse name; "
        f"sending through a server that asks for a sign-in needs none. (Source: {reverse.source}.)",
        cause="ptr-missing-or-mismatch",
        topic="reverse-name",
    )


def _spf(evidence: Evidence, *, accepted: bool) -> Iterator[Finding]:
    spf = evidence.spf
    if not evidence.direct or spf is None or spf.result in {"pass", "temperror"}:
        return
    record = f" The record: “{_short(spf.record)}”." if spf.record else ""
    source = f" (Source: {spf.source}.)"
    if spf.result in {"fail", "softfail"}:
        effect = "Mail from here may be refused or land in the junk folder."
        dmarc = evidence.dmarc
        if dmarc is not None and dmarc.policy in {"reject", "quarantine"}:
            told = "refuse it" if dmarc.policy == "reject" else "treat it as junk"
            effect = (
                f"The DMARC record of {dmarc.at} tells receivers to {told} unless it carries a valid signature (DKIM), "
                "which copiers do not make."
            )
        mechanism = f"ip{6 if ':' in spf.address else 4}:{spf.address}"
        yield Finding(
            severity="warning",
            title=f"SPF of {spf.domain} does not allow this site"
            if not accepted
            else f"Works today, but SPF of {spf.domain} does not allow this site",
            text=f"{spf.meaning} {effect} If {spf.address} is a fixed address, add “{mechanism}” to the record; "
            f"otherwise send through a server that asks for a sign-in.{record}{source}",
            cause="spf-fail",
            topic="spf",
        )
        return
    yield Finding(
        severity="warning" if spf.result == "permerror" else "info",
        title={
            "permerror": f"The SPF record of {spf.domain} has a mistake",
            "none": f"{spf.domain} has no SPF record",
        }.get(spf.result, f"SPF of {spf.domain} leaves open whether this site may send"),
        text=f"{spf.meaning} Mail from here may land in the junk folder.{' ' + spf.error if spf.error else ''}"
        f"{record}{source}",
        topic="spf",
    )


def _domains(evidence: Evidence) -> Iterator[Finding]:
    sender = evidence.sender
    if sender is not None and sender.state in {"no-domain", "none", "null"}:
        what = {
            "no-domain": "does not exist",
            "none": "has neither an MX record nor an address",
            "null": "declares that it takes no mail (null MX)",
        }[sender.state]
        yield Finding(
            severity="warning",
            title=f"The sender’s domain {sender.domain} {what}",
            text="Many servers refuse such a sender. Use an address of a domain that receives mail. "
            f"(Source: MX question to {sender.source}.)",
            cause="sender-domain-unresolvable",
            topic="sender-domain",
        )
    for entry in evidence.recipients:
        if entry != sender and entry.state in {"no-domain", "none", "null"}:
            yield Finding(
                severity="warning",
                title=f"{entry.domain} takes no mail",
                text="DNS names no server for mail to this domain"
                + (", and the domain itself does not exist" if entry.state == "no-domain" else "")
                + f". Look at the recipient’s address for a typing mistake. (Source: MX question to {entry.source}.)",
                topic="recipient-domain",
            )


def _exchanger(evidence: Evidence, request: CheckRequest) -> Iterator[Finding]:
    involved = [found for found in (evidence.sender, *evidence.recipients) if found is not None]
    ours = list(dict.fromkeys(found.domain for found in involved if found.asked_is_one))
    if ours:
        yield Finding(
            severity="info",
            title=f"{request.server} takes in mail for {', '.join(ours)}",
            text="Its MX record says so. Without a sign-in such a server takes mail for its own domains only, and "
            f"judges the sender by its address. (Source: {involved[0].source}.)",
            topic="server-is-mx",
        )
    elif evidence.direct and evidence.recipients:
        named = next((entry for entry in evidence.recipients if entry.hosts), None)
        if named is not None:
            yield Finding(
                severity="info",
                title=f"{named.domain} takes its mail elsewhere",
                text=f"Its MX record names {', '.join(named.hosts[:3])}, not {request.server}. That is normal where a "
                f"filter stands in front or a relay is used on purpose. (Source: {named.source}.)",
                topic="other-mx",
            )


def _short(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:400]}…"
