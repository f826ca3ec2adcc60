"""A measurement in words, for the terminal, a file, a ticket."""

from __future__ import annotations

from core.pathmtu.document import PathMtu, Probe, from_json
from core.reports.text import wrapped

SIGNS = {"fine": "✓", "too-small": "⚠", "black-hole": "✗", "unknown": "?", "cancelled": "–"}


def probe_line(probe: Probe) -> str:
    """Return what happened to one size: "1500 bytes: too big, says 198.51.100.1 (carries 1492)"."""
    size = f"{probe.size:>5} bytes: "
    match probe.answer:
        case "passed":
            return f"✓ {size}came back" + (f" ({probe.ms:.0f} ms)" if probe.ms and probe.ms >= 1 else "")
        case "too-big":
            who = f", says {probe.sender}" if probe.sender else ", says a router"
            return f"– {size}too big{who}" + (f" (carries {probe.named})" if probe.named else "")
        case "too-big-here":
            return f"– {size}too big for this computer’s own network connection"
        case "unreachable":
            return f"✗ {size}no way there" + (f", says {probe.sender}" if probe.sender else "")
        case _:
            return f"✗ {size}no answer"


def target_words(result: PathMtu) -> str:
    """Return whom it was measured to: "smtp.example.com (203.0.113.2)"."""
    if result.address is None or result.address == result.server:
        return result.server
    return f"{result.server} ({result.address})"


def result_lines(result: PathMtu) -> list[str]:
    """Return the result without the sizes tried: what it means, what to do, what else is known."""
    meaning = result.meaning
    lines = [f"{SIGNS[result.outcome]} {meaning.title}"]
    lines += wrapped(meaning.text, "  ")
    if meaning.advice:
        lines += ["", "What to do", *wrapped(meaning.advice, "  ")]
    lines.append("")
    if result.mtu is not None:
        at_least = "at least " if result.limit == "none" else ""
        lines.append(
            f"  Largest packet that passes   {at_least}{result.mtu} bytes (TCP segments of {result.mss} bytes)"
        )
    if result.named_by is not None:
        named = f", which names {result.named} bytes" if result.named else ""
        lines.append(f"  Larger ones are refused by   {result.named_by}{named}")
    if result.interface_mtu is not None:
        lines.append(f"  This computer’s interface    {result.interface_mtu} bytes")
    if result.handshake is not None:
        lines += wrapped(result.handshake.text, " " * 31, first="  What TLS proves              ")
    return lines


def proof_line(result: PathMtu) -> str:
    """Return when, how and how long it was measured, with the source of the reading."""
    how = f"{result.method}, nobody may fragment, " if result.method else ""
    took = f"{result.duration_ms / 1000:.2f} s"
    return (
        f"{result.tool.name} {result.tool.version}, {result.started_at}: {how}{took}. Source: {result.meaning.source}."
    )


def render_text(result: PathMtu) -> str:
    """Return the whole result as text."""
    lines = [f"Packet size (path MTU) to {target_words(result)}", ""]
    lines += result_lines(result)
    if result.probes:
        lines += ["", "Sizes tried (whole IP packets)", *(f"  {probe_line(probe)}" for probe in result.probes)]
    lines += ["", *wrapped(proof_line(result))]
    return "\n".join(lines) + "\n"


def text_of_document(document: str) -> str:
    """Return the JSON text of one as text for reading. Raises ValueError (msgspec's) where it is none."""
    return render_text(from_json(document))


def render_markdown(result: PathMtu) -> str:
    """Return the result for a ticket, as Markdown. Server names and addresses stand in code, so that none is read."""
    body = "\n".join(line.rstrip() for line in render_text(result).splitlines()[2:])
    fence = "```"
    return f"**Packet size (path MTU) to `{target_words(result)}`**\n\n{fence}\n{body}\n{fence}\n"
