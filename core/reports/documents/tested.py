"""What a run tested, in the parts of the founding template, and what it did not: nothing else is ever claimed."""

from __future__ import annotations

from collections.abc import Iterator

from core.reports import words
from core.reports.documents.model import Block, Heading, Paragraph, Point, Points, State, Verbatim, points
from core.reports.documents.run import GOOD, Run
from core.stages import Stage, StageStatus

ENVELOPE = frozenset({Stage.MAIL_FROM, Stage.RCPT_TO, Stage.DATA, Stage.MESSAGE})
_PORTS = (25, 587, 465)
"""Where mail is handed over: relay (RFC 5321), submission (RFC 6409), submission with implicit TLS (RFC 8314)."""

_STATES: dict[StageStatus, State] = {
    StageStatus.PASSED: "good",
    StageStatus.WARNING: "warning",
    StageStatus.FAILED: "bad",
    StageStatus.SKIPPED: "open",
    StageStatus.NOT_REACHED: "open",
}
_NO_SIGN_IN = "No sign-in offered"


def stage_point(run: Run, stage: Stage, name: str = "") -> Point:
    """Return a stage as a point: its name, and what is known of it."""
    status = run.status(stage)
    called = name or ("Message" if stage is Stage.MESSAGE else words.label(stage))
    if status is StageStatus.NOT_REACHED:
        return Point(text=f"{called}: not reached, so not tested.", state="open")
    if status is StageStatus.SKIPPED:
        return Point(text=f"{called}: not tested. {run.summary(stage)}", state="open")
    return Point(text=f"{called}: {run.summary(stage)}", state=_STATES[status])


def assessment(run: Run) -> tuple[Block, ...]:
    """Return what the run shows of the way to the server, before the conversation itself."""
    return points(
        _reached(run),
        Point(text="The copier’s own network connection: not tested; the check ran on this computer.", state="open"),
        _name(run),
        _endpoint(run),
        _firewall(run),
        _deeper(run),
    )


def _reached(run: Run) -> Point:
    if run.passed(Stage.CONNECT):
        where = run.report.target.address or run.report.target.server
        return Point(text=f"Network connectivity: this computer reached the mail server ({where}).", state="good")
    return stage_point(run, Stage.CONNECT, "Network connectivity")


def _name(run: Run) -> Point:
    if run.detail(Stage.DNS, "source") == "practice":
        return Point(text="DNS resolution: not tested; in practice this computer plays the server.", state="open")
    return stage_point(run, Stage.DNS, "DNS resolution")


def _endpoint(run: Run) -> Point:
    port = run.report.target.port
    if run.passed(Stage.BANNER):
        return Point(text=f"SMTP endpoint reachable: a mail server greeted on port {port}.", state="good")
    return stage_point(run, Stage.BANNER, f"SMTP endpoint on port {port}")


def _firewall(run: Run) -> Point | None:
    if not run.passed(Stage.CONNECT):
        return None
    port = run.report.target.port
    if run.report.diagnosis.cause in {"smtp-inspection-interference", "tls-interception", "tls-handshake-dropped"}:
        return Point(
            text=f"Port {port} is open, but something on the way may interfere: see the root cause.", state="bad"
        )
    if run.excluded("connect-timeout") and run.tried(Stage.MAIL_FROM):
        return Point(
            text=f"No firewall block observed: port {port} answered, and the conversation came through to the sender "
            "and recipient.",
            state="good",
        )
    return Point(text=f"No firewall block of port {port} observed: it answered.", state="good")


def _deeper(run: Run) -> Point | None:
    if run.report.failed_stage in ENVELOPE:
        at = words.label(run.report.failed_stage)
        return Point(
            text=f"The way to the server is fine; the refusal comes in the SMTP conversation itself, at {at}.",
            state="info",
        )
    return None


def network(run: Run, after: Run | None = None) -> tuple[Block, ...]:
    """Return what was tested of network and firewall."""
    connected = run.passed(Stage.CONNECT)
    port = run.report.target.port
    state = Point(
        text=f"Outbound connection to {run.report.target.server}: port {port} reachable. {run.summary(Stage.CONNECT)}"
        if connected
        else f"Outbound connection to {run.report.target.server}, port {port}: {run.summary(Stage.CONNECT)}",
        state="good" if connected else "bad" if run.tried(Stage.CONNECT) else "open",
    )
    return points(
        state,
        *_other_ports(run, after),
        Point(text="Firewall rules and logs reviewed (not known to this program):", state="open", fill=True),
        Point(
            text="IDS/IPS and threat inspection bypassed for the test (not known to this program):",
            state="open",
            fill=True,
        ),
        *_interference(run),
        *_address(run),
    )


def _other_ports(run: Run, after: Run | None) -> Iterator[Point]:
    tested = {run.report.target.port}
    if after is not None and after.report.target.port not in tested and after.passed(Stage.CONNECT):
        tested.add(after.report.target.port)
        yield Point(
            text=f"Port {after.report.target.port}: reachable at {after.report.target.server} (second run).",
            state="good",
        )
    others = [str(port) for port in _PORTS if port not in tested]
    if others:
        plural = "Ports" if len(others) > 1 else "Port"
        yield Point(text=f"{plural} {' and '.join(others)}: not tested in this run.", state="open")


def _interference(run: Run) -> Iterator[Point]:
    clear = [
        run.passed(Stage.BANNER),
        run.status(Stage.TLS) is StageStatus.PASSED,
        run.detail(Stage.TLS, "trusted") is True,
        run.excluded("starttls-not-offered") is not None or run.report.target.security == "tls",
    ]
    if all(clear):
        yield Point(
            text="No sign of inspection in the conversation: greeting and extension list are intact, and the "
            "certificate is the server’s own.",
            state="good",
        )


def _address(run: Run) -> Iterator[Point]:
    public = run.report.proof.public_address
    if public:
        yield Point(text=f"Public address of this line: {public}", state="info")
    else:
        yield Point(text="Public address of this line: not seen.", state="open")
    reverse = run.evidence("reverse_name")
    if reverse:
        names = ", ".join(str(name) for name in reverse.get("names") or [] if isinstance(name, str))
        said = {
            "none": "there is none",
            "mismatch": f"{names}, which does not lead back",
        }.get(str(reverse.get("state")), names or "could not be looked up")
        good = reverse.get("confirmed") is True
        yield Point(text=f"Reverse name (PTR): {said}.", state="good" if good else "warning")
    yield from listings(run)


def listings(run: Run) -> Iterator[Point]:
    """Yield what DNS blocklists said of the line’s address, and that nobody asked them if so."""
    lists = run.report.evidence.get("blocklists")
    lists = [entry for entry in lists if isinstance(entry, dict)] if isinstance(lists, list) else []
    if not lists:
        yield Point(text="Blocklists: not asked in DNS by this run.", state="open")
    for entry in lists[:20]:
        name = str(entry.get("name") or entry.get("zone") or "a blocklist")
        if entry.get("state") == "listed":
            codes = entry.get("codes")
            meanings = [
                str(code.get("meaning"))
                for code in (codes if isinstance(codes, list) else [])
                if isinstance(code, dict) and code.get("meaning")
            ]
            yield Point(text=f"{name}: listed. {' '.join(dict.fromkeys(meanings))}".strip(), state="bad")
        elif entry.get("state") == "not-listed":
            yield Point(text=f"{name}: not listed.", state="good")
        else:
            yield Point(text=f"{name}: could not be asked. {entry.get('reason') or ''}".strip(), state="open")


def packets(run: Run) -> tuple[Block, ...]:
    """Return what is known of packet size: a measurement if there was one, else what the handshake shows."""
    measured = run.evidence("path_mtu")
    if measured:
        meaning = measured.get("meaning")
        meaning = meaning if isinstance(meaning, dict) else {}
        said = " ".join(str(meaning[key]) for key in ("title", "text") if isinstance(meaning.get(key), str))
        size = f"{measured.get('mtu')} bytes. " if measured.get("mtu") else ""
        first = Point(
            text=f"Path MTU measured with ICMP and the DF bit: {size}{said or 'no result'}".strip(), state="info"
        )
    else:
        first = Point(text="Path MTU with ICMP and the DF bit: not tested separately.", state="open")
    excluded = run.excluded("tls-handshake-dropped")
    if excluded is not None:
        clear = "MTU is no obstacle here." if run.accepted else "MTU ruled out as the cause of this failure."
        return points(
            first,
            Point(text=f"TLS handshake success confirmed. {excluded.because}", state="good"),
            Point(text=clear, state="good"),
        )
    if run.status(Stage.TLS) is StageStatus.FAILED:
        if run.report.diagnosis.cause == "tls-handshake-dropped":
            open_ = Point(text="The TLS handshake did not finish, so packet size is not ruled out.", state="bad")
        else:
            open_ = Point(
                text="The TLS handshake failed for another reason; packet size was not the question.", state="open"
            )
        return points(first, open_)
    if run.passed(Stage.TLS):
        return points(first, Point(text="TLS handshake success confirmed.", state="good"))
    return points(first, Point(text="No TLS handshake took place, so it says nothing about packet size.", state="open"))


def capabilities(run: Run) -> tuple[Block, ...]:
    """Return what the server said that it can do, before and after encryption."""
    port = run.report.target.port
    both = run.passed(Stage.BANNER) and run.passed(Stage.EHLO)
    found: list[Point] = []
    if both:
        found.append(Point(text="SMTP banner and EHLO responses verified.", state="good"))
    else:
        found += [stage_point(run, Stage.BANNER, "SMTP banner"), stage_point(run, Stage.EHLO)]
    if run.passed(Stage.STARTTLS):
        found.append(Point(text=f"STARTTLS available on port {port}, and accepted.", state="good"))
    elif run.report.target.security == "starttls":
        found.append(stage_point(run, Stage.STARTTLS))
    version, cipher = run.text(Stage.TLS, "version"), run.text(Stage.TLS, "cipher")
    if run.passed(Stage.TLS) and version:
        trusted = (
            "the certificate is trusted"
            if run.detail(Stage.TLS, "trusted") is True
            else "the certificate is NOT trusted"
        )
        group = run.text(Stage.TLS, "group")
        found.append(
            Point(
                text=f"TLS {version} negotiated ({', '.join(filter(None, (cipher, group)))}); {trusted}.",
                state="good" if run.status(Stage.TLS) is StageStatus.PASSED else "warning",
            )
        )
    else:
        found.append(stage_point(run, Stage.TLS))
    if run.passed(Stage.EHLO_TLS):
        found.append(Point(text="EHLO issued again after TLS.", state="good"))
        found.append(Point(text=f"Capabilities after TLS: {', '.join(run.extensions()) or 'none'}", state="info"))
    elif run.extensions():
        found.append(Point(text=f"Capabilities without TLS: {', '.join(run.extensions())}", state="info"))
    if run.passed(Stage.EHLO_TLS) or run.passed(Stage.EHLO):
        offered = run.texts(Stage.EHLO_TLS, "mechanisms") or run.texts(Stage.EHLO, "mechanisms")
        found.append(
            Point(text=f"Sign-in offered: {', '.join(offered)}", state="info")
            if offered
            else Point(text=f"{_NO_SIGN_IN} (no AUTH in the list).", state="info")
        )
    return (Points(points=tuple(found)),)


def conversation(run: Run) -> tuple[Block, ...]:
    """Return the conversation, command by command, with the reply that decided word by word."""
    held = [stage for stage in run.report.stages if stage.stage is not Stage.SETTINGS and stage.stage is not Stage.DNS]
    failed = run.report.failed_stage
    last = words.label(run.deciding) if run.deciding else "nothing"
    first = (
        f"Full SMTP conversation held with {run.report.tool.name} {run.report.tool.version} on {run.utc()}, "
        f"up to {last}:"
    )
    blocks: list[Block] = [
        Paragraph(text=first),
        Points(
            points=tuple(
                stage_point(run, result.stage)
                for result in held
                if result.status in GOOD or result.stage is failed or result.status is StageStatus.SKIPPED
            )
        ),
    ]
    lines = [run.timed(line) for line in run.decisive_lines()]
    if lines:
        blocks.append(Heading(text=f"Observed at {last}" if failed else f"Last step: {last}"))
        blocks.append(Verbatim(lines=tuple(lines)))
    hidden = misleading(run, "connector-validated")
    if hidden:
        blocks.append(
            Paragraph(text=f"This does not show in the connector’s validation: {hidden[0].lower()}{hidden[1:]}")
        )
    return tuple(blocks)


def after_the_network(run: Run) -> tuple[Block, ...]:
    """Return the parts that follow the network, each under its heading: packet size, capabilities, conversation."""
    return (
        Heading(text="MTU and packet size"),
        *packets(run),
        Heading(text="SMTP capability"),
        *capabilities(run),
        Heading(text="Full SMTP conversation"),
        *conversation(run),
    )


def misleading(run: Run, name: str) -> str:
    """Return why an observation misleads here, empty if it does not."""
    return run.finding(f"misleading-{name}")
