"""Takes the facts out of two reports and puts them side by side.

A report may come from elsewhere: nothing is believed about the types in its details, every text is bounded and made
harmless. What a run did not find out, or what was redacted, is unknown (None) and equals nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.comparing.comparison import Line, Pair, Side, StagePair, StageSide, State, Which
from core.reports import words
from core.reports.report import Report, StageResult
from core.session.transcript import render
from core.stages import Stage, StageStatus

MAX_TEXT = 500
MAX_LISTS = 40
MUCH_SLOWER = 3.0
"""A stage that took so many times as long as in the other run is told …"""
SLOWER_BY_MS = 1_000
"""… if it is also this much longer; below, it is chance."""

_ORDER = tuple(Stage)
GOOD = frozenset({StageStatus.PASSED, StageStatus.WARNING})
_PLACEHOLDER = re.compile("‹[^‹›]{1,60}›")
_CODE = re.compile(r"\s*(\d{3})(?:[ -]+([245]\.\d{1,3}\.\d{1,3}))?")


def clean(value: object, limit: int = MAX_TEXT) -> str | None:
    """Return a text of a report, harmless and bounded; None if it is none or empty."""
    return render(value, limit=limit) if isinstance(value, str) and value.strip() else None


def known(value: object) -> str | None:
    """Return a text that can be compared: None also for the placeholder of a redacted report."""
    text = clean(value)
    return None if text is None or _PLACEHOLDER.search(text) else text


def stage_of(report: Report, stage: Stage) -> StageResult | None:
    """Return the result of `stage`, None if a foreign report lacks it."""
    return next((result for result in report.stages if result.stage is stage), None)


def status_of(report: Report, stage: Stage) -> StageStatus | None:
    """Return how `stage` went, None if the report does not say."""
    result = stage_of(report, stage)
    return result.status if result is not None else None


def passed(report: Report, stage: Stage) -> bool:
    """Return whether the run is known to have passed `stage`."""
    return status_of(report, stage) in GOOD


def details_of(report: Report, *stages: Stage) -> Mapping[str, Any]:
    """Return the details of the first of `stages` that holds any."""
    return next((result.details for stage in stages if (result := stage_of(report, stage)) and result.details), {})


def reply_of(result: StageResult | None) -> str | None:
    """Return what the server answered at a stage: for recipients, the refusals first."""
    if result is None:
        return None
    if reply := clean(result.details.get("reply")):
        return reply
    recipients = result.details.get("recipients")
    if not isinstance(recipients, list):
        return None
    answers = [entry for entry in recipients[:100] if isinstance(entry, dict)]
    for entry in sorted(answers, key=lambda entry: entry.get("accepted") is not False):
        parts = (entry.get("code"), entry.get("enhanced"), entry.get("text"))
        return clean(" ".join(str(part) for part in parts if isinstance(part, str | int) and part))
    return None


def reply_code(reply: str | None) -> str | None:
    """Return the reply code with its enhanced status code, such as "550 5.7.1"; None if the text begins with none."""
    found = _CODE.match(reply or "")
    return " ".join(part for part in found.groups() if part) if found else None


def side(report: Report) -> Side:
    """Return one run in short."""
    good = [result.stage for result in report.stages if result.status in GOOD]
    deciding = report.failed_stage or (good[-1] if good else None)
    return Side(
        started_at=clean(report.started_at, 40) or "",
        duration_ms=report.duration_ms,
        server=clean(report.target.server, 260) or "",
        port=report.target.port,
        outcome=report.outcome,
        failed_stage=report.failed_stage,
        cause=clean(report.diagnosis.cause, 80) or "unknown",
        confidence=report.diagnosis.confidence,
        title=clean(report.diagnosis.title) or "",
        headline=clean(words.headline(report)) or "",
        reply=reply_of(stage_of(report, deciding)) if deciding else None,
        public_address=clean(report.proof.public_address, 60),
        reached=good[-1] if good else None,
        practice=clean(report.request.practice, 80),
        version=clean(report.tool.version, 40) or "",
    )


def pair(
    name: str,
    label: str,
    first: str | None,
    second: str | None,
    *,
    weighty: bool = False,
    same: Callable[[str, str], bool] = str.__eq__,
) -> Pair:
    """Return a fact of both runs. Where one is unknown or a placeholder, the state is "unknown"."""
    state: State = "unknown"
    if known(first) is not None and known(second) is not None:
        state = "same" if same(str(first), str(second)) else "differs"
    return Pair(id=name, label=label, first=clean(first), second=clean(second), state=state, weighty=weighty)


def _same_name(first: str, second: str) -> bool:
    return first.rstrip(".").lower() == second.rstrip(".").lower()


def settings(first: Report, second: Report, until: Stage | None = None) -> Iterator[Pair]:
    """Yield what was asked for in both runs.

    A setting is weighty if it can have had to do with how the stage `until` went (None: with anything): who the
    recipient is has nothing to do with a refused sign-in.
    """

    def of(read: Callable[[Report], str | None]) -> tuple[str | None, str | None]:
        return read(first), read(second)

    def weighty(since: Stage) -> bool:
        return until is None or _ORDER.index(since) <= _ORDER.index(until)

    def sign_in(report: Report) -> str:
        return report.request.user or "none"

    def mechanism(report: Report) -> str:
        return report.request.auth or "none"

    always, tls, auth = weighty(Stage.SETTINGS), weighty(Stage.TLS), weighty(Stage.AUTH)
    sender, recipients = weighty(Stage.MAIL_FROM), weighty(Stage.RCPT_TO)
    yield pair("server", "Server", *of(lambda r: r.target.server), weighty=always, same=_same_name)
    yield pair("port", "Port", *of(lambda r: str(r.target.port)), weighty=always)
    yield pair("security", "Encryption", *of(lambda r: words.security_words(r.target.security)), weighty=always)
    yield pair("user", "Sign-in", *of(sign_in), weighty=auth, same=_same_name)
    yield pair("auth", "Sign-in mechanism", *of(mechanism), weighty=auth)
    yield pair("sender", "Sender", *of(lambda r: r.request.from_ or "<>"), weighty=sender, same=_same_name)
    yield pair("recipients", "Recipients", *of(lambda r: ", ".join(r.request.to) or "none"), weighty=recipients)
    yield pair("device", "Talks like", *of(lambda r: r.request.device or "this computer"), weighty=tls)
    yield pair("tls_limits", "TLS limits", *of(lambda r: r.request.tls_limits or "none"), weighty=tls)
    yield pair("verified", "Insists on a trusted certificate", *of(_verified), weighty=tls)
    yield pair("practice", "Practice server", *of(lambda r: r.request.practice or "no, a real server"))
    yield pair("send", "Sends a test message", *of(lambda r: "yes" if r.request.send else "no"))
    yield pair("ehlo", "Name given with EHLO", *of(lambda r: r.request.ehlo or None), same=_same_name)


def _verified(report: Report) -> str | None:
    """Return whether the certificate had to be trusted; only a finished handshake tells."""
    value = details_of(report, Stage.TLS).get("verified")
    return None if not isinstance(value, bool) else "yes" if value else "no"


def network(first: Report, second: Report) -> Iterator[Pair]:
    """Yield addresses and what DNS said of them."""

    def of(read: Callable[[Report], object]) -> tuple[str | None, str | None]:
        return clean(read(first)), clean(read(second))

    line = line_of(first, second)
    public = pair("public_address", "Public address", *of(lambda r: r.proof.public_address))
    if public.state == "differs" and line != "other":
        public = Pair(
            id=public.id,
            label=public.label,
            first=public.first,
            second=public.second,
            state="same" if line == "same" else "unknown",
        )
    yield public
    yield pair("local_address", "This computer’s address", *of(lambda r: r.proof.local_address))
    yield pair("server_address", "Server’s address", *of(lambda r: r.proof.server_address or r.target.address))
    yield pair("resolver", "DNS server", *of(lambda r: r.proof.resolver))
    yield pair("reverse_name", "Reverse name", *of(_reverse_name))
    yield pair("path_mtu", "Path MTU", *of(_path_mtu))
    yield pair("spf", "SPF for this address", *of(lambda r: _part(r, "spf").get("result")))


def line_of(first: Report, second: Report) -> Line:
    """Return whether both runs left through the same line.

    Only two public addresses of the same IP version can tell. Of IPv6 the network counts (/64): a computer changes
    the rest by itself (RFC 8981).
    """
    one, two = _address(first), _address(second)
    if one is None or two is None or one.version != two.version:
        return "unknown"
    networks = {ipaddress.ip_network((entry, 32 if entry.version == 4 else 64), strict=False) for entry in (one, two)}
    return "same" if len(networks) == 1 else "other"


def _address(report: Report) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the public address, None where it is not known or not to be relied on.

    A DNS server that the user named, asked who we are, often tells an address of its own.
    """
    source, named = str(_part(report, "public_address").get("source")), report.proof.resolver or ""
    host = named.partition(" ")[0].rpartition(":")[0].strip("[]") or named
    if host and source.endswith((f"DNS server {host})", f"DNS server {named})")):
        return None
    try:
        return ipaddress.ip_address((report.proof.public_address or "").strip())
    except ValueError:
        return None


def _part(report: Report, name: str) -> Mapping[str, Any]:
    part = report.evidence.get(name)
    return part if isinstance(part, dict) else {}


def _path_mtu(report: Report) -> str | None:
    """Return the largest packet that got through, where it was measured."""
    size = _part(report, "path_mtu").get("mtu")
    return f"{size} bytes" if isinstance(size, int) and not isinstance(size, bool) else None


def _reverse_name(report: Report) -> str | None:
    found = _part(report, "reverse_name")
    names = found.get("names")
    shown = ", ".join(str(name) for name in names[:3]) if isinstance(names, list) else ""
    return {
        "confirmed": f"{shown} (leads back)",
        "mismatch": f"{shown} (does not lead back)",
        "none": "none",
    }.get(str(found.get("state")))


def listings_of(report: Report) -> dict[str, tuple[str, str]]:
    """Return by zone the name of each blocklist asked and its state; "listed" with the parts that matter."""
    found: dict[str, tuple[str, str]] = {}
    entries = report.evidence.get("blocklists")
    for entry in entries[:MAX_LISTS] if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not (zone := clean(entry.get("zone"), 260)):
            continue
        found[zone] = (clean(entry.get("name"), 100) or zone, _listing(entry))
    return found


def _listing(entry: Mapping[str, Any]) -> str:
    match entry.get("state"):
        case "listed":
            found = entry.get("codes")
            codes = [code for code in found[:10] if isinstance(code, dict)] if isinstance(found, list) else []
            parts = [code.get("part") or code.get("kind") for code in codes]
            shown = ", ".join(dict.fromkeys(str(part) for part in parts if part))
            return f"listed ({shown})" if shown else "listed"
        case "not-listed":
            return "not listed"
    return ""


def listings(first: Report, second: Report) -> Iterator[Pair]:
    """Yield what each blocklist said of either public address; a list that did not answer is unknown."""
    one, two = listings_of(first), listings_of(second)
    for zone in dict.fromkeys([*one, *two]):
        name = (one.get(zone) or two[zone])[0]
        states = [side.get(zone, ("", ""))[1] or None for side in (one, two)]
        yield pair(zone, name, *states)


def encryption(first: Report, second: Report) -> Iterator[Pair]:
    """Yield what the handshake and the extension lists showed."""

    def of(read: Callable[[Report], str | None]) -> tuple[str | None, str | None]:
        return read(first), read(second)

    yield pair("starttls", "STARTTLS in the server’s list", *of(starttls_offered))
    yield pair("mechanisms", "Sign-in offered", *of(_mechanisms))
    yield pair("version", "TLS version", *of(lambda r: clean(details_of(r, Stage.TLS).get("version"), 40)))
    yield pair("cipher", "Cipher suite", *of(lambda r: clean(details_of(r, Stage.TLS).get("cipher"), 80)))
    yield pair("subject", "Certificate for", *of(lambda r: clean(_certificate(r).get("subject"), 200)))
    yield pair("issuer", "Certificate issued by", *of(issuer))
    yield pair("trusted", "Certificate trusted", *of(_trusted))


def starttls_offered(report: Report) -> str | None:
    """Return "yes" or "no" as the first EHLO said, None where it was not reached or the list is not on record."""
    found = details_of(report, Stage.EHLO).get("extensions")
    if not passed(report, Stage.EHLO) or not isinstance(found, list) or report.target.security == "tls":
        return None
    return "yes" if any(str(entry).upper().split(" ")[0] == "STARTTLS" for entry in found[:200]) else "no"


def _mechanisms(report: Report) -> str | None:
    for stage in (Stage.EHLO_TLS, Stage.EHLO):
        if passed(report, stage):
            found = details_of(report, stage).get("mechanisms")
            if isinstance(found, list):
                return ", ".join(sorted(str(name).upper() for name in found[:20])) or "none"
    return None


def _certificate(report: Report, number: int = 0) -> Mapping[str, Any]:
    chain = details_of(report, Stage.TLS).get("chain")
    if not isinstance(chain, list) or not chain or not isinstance(chain[number], dict):
        return {}
    certificate: Mapping[str, Any] = chain[number]
    return certificate


def issuer(report: Report) -> str | None:
    """Return who signed the server's certificate, with the end of the chain that it sent; None if not seen."""
    near, far = clean(_certificate(report).get("issuer"), 200), clean(_certificate(report, -1).get("issuer"), 200)
    return near if near == far or not far else f"{near} ({far})"


def publicly_trusted(report: Report) -> bool | None:
    """Return whether the public list of roots trusts the certificate; None if no handshake was finished."""
    value = details_of(report, Stage.TLS).get("trusted_by_mozilla")
    return value if isinstance(value, bool) else None


def _trusted(report: Report) -> str | None:
    details = details_of(report, Stage.TLS)
    if not isinstance(details.get("trusted"), bool):
        return None
    if not details["trusted"]:
        found = details.get("problems")
        problems = [str(word).removeprefix("certificate-") for word in found[:4]] if isinstance(found, list) else []
        return f"no ({', '.join(problems)})" if problems else "no"
    by_others = details.get("trusted_by_mozilla") or details.get("trusted_by_file")
    only_here = details.get("trusted_by_system") is True and not by_others
    return "only by this computer" if only_here else "yes"


def stages(first: Report, second: Report) -> Iterator[StagePair]:
    """Yield each stage in both runs, in the order of the first."""
    ends = {first.failed_stage, second.failed_stage} - {None}
    order = [result.stage for result in first.stages] + [result.stage for result in second.stages]
    for stage in dict.fromkeys(order):
        one, two = stage_of(first, stage), stage_of(second, stage)
        yield StagePair(
            stage=stage,
            label=words.label(stage),
            first=_stage_side(one),
            second=_stage_side(two),
            differs=_differs(one, two),
            decided=stage in ends,
            slower=_slower(one, two),
        )


def _stage_side(result: StageResult | None) -> StageSide | None:
    if result is None:
        return None
    return StageSide(
        status=result.status,
        summary=clean(result.summary) or "",
        duration_ms=result.duration_ms,
        reply=reply_of(result),
    )


def _differs(one: StageResult | None, two: StageResult | None) -> bool:
    if one is None or two is None:
        return False
    if one.status is not two.status:
        return True
    return one.status is StageStatus.FAILED and reply_code(reply_of(one)) != reply_code(reply_of(two))


def _slower(one: StageResult | None, two: StageResult | None) -> Which | None:
    if one is None or two is None or one.status not in GOOD or two.status not in GOOD:
        return None
    low, high = sorted((one.duration_ms, two.duration_ms))
    if high - low < SLOWER_BY_MS or high < low * MUCH_SLOWER:
        return None
    return "first" if one.duration_ms > two.duration_ms else "second"
