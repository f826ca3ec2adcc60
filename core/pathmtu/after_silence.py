"""A check's own measurement: after which silence it is made, and what it says for the verdict."""

from __future__ import annotations

import ipaddress
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from core.pathmtu.document import HandshakeProof, PathMtu
from core.pathmtu.measure import Options
from core.pathmtu.reading import load_readings, proof_of
from core.pathmtu.running import measure_address
from core.reports.report import Finding, Report, StageResult
from core.stages import Stage, StageStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

TIME_LIMIT = 6.0
"""Seconds that a check waits for it at the most; usually it is one to three."""
LEAST_TIME = 0.5
"""With less left of a check's deadline it is not begun."""

TOPIC = "path-mtu"

_GOOD = frozenset({StageStatus.PASSED, StageStatus.WARNING})


def silence_suspects_size(stage: Stage | None, signs: Iterable[str], tls_error: str | None) -> bool:
    """Return whether a check that failed like this may have lost large packets (see `silent_stages` in mtu.toml)."""
    return stage in load_readings().silent_stages and (tls_error == "timed-out" or "silence" in signs)


def worth_measuring(address: str) -> bool:
    """Return whether there is a way to `address` worth the name: not within this computer."""
    return not ipaddress.ip_address(address.partition("%")[0]).is_loopback


async def measure_for_check(
    server: str, address: str, limit: float, stop: threading.Event, tls: StageResult | None
) -> PathMtu:
    """Measure within `limit` seconds; `tls` is the result of the handshake so far. Never raises for the network."""
    return await measure_address(
        server, address, Options(limit=min(limit, TIME_LIMIT)), stop=stop, handshake=handshake_proof(tls)
    )


def handshake_proof(tls: StageResult | None) -> HandshakeProof | None:
    """Return what a handshake proves about packet sizes; None where none was finished, or the result is an old one."""
    if tls is None or tls.status not in _GOOD:
        return None
    certificates, largest = (_number(tls.details.get(name)) for name in ("certificate_bytes", "largest_packet"))
    return proof_of(certificates, largest) if certificates or largest else None


def proof_in_report(report: Report) -> HandshakeProof | None:
    """Return what the handshake of a finished check proves about packet sizes, None where it proves nothing."""
    return handshake_proof(report.stage(Stage.TLS))


def finding_of(result: PathMtu, stage: Stage) -> Finding:
    """Return the measurement as something worth knowing beside the verdict on a silence in `stage`.

    Where that stage needs large packets, the verdict itself names a black hole and what to do about it.
    """
    meaning = result.meaning
    told = stage in {Stage.TLS, Stage.MESSAGE}
    warning = meaning.outcome == "too-small" or (meaning.outcome == "black-hole" and not told)
    parts = [meaning.text, meaning.advice if warning else "", result.handshake.text if result.handshake else ""]
    source = f"(ICMP echo from this computer to {result.address}; {meaning.source}.)"
    return Finding(
        severity="warning" if warning else "info",
        title=f"Packet size (MTU): {meaning.title}",
        text=" ".join([part for part in parts if part] + [source]),
        topic=TOPIC,
    )


def evidence_of(result: PathMtu) -> dict[str, Any]:
    """Return the measurement as JSON values, for `Report.evidence["path_mtu"]`."""
    found: dict[str, Any] = msgspec.to_builtins(result)
    return found


def values_of(result: PathMtu) -> dict[str, str]:
    """Return the values for the placeholders of the knowledge files, only those that are known."""
    known = {"path_mtu": result.mtu, "path_mss": result.mss, "path_mtu_router": result.named_by}
    return {name: str(value) for name, value in known.items() if value}


def measured_in(report: Report) -> PathMtu | None:
    """Return the measurement that a check's report carries, None where it has none that can be read."""
    try:
        return msgspec.convert(report.evidence.get("path_mtu"), PathMtu)
    except msgspec.ValidationError:
        return None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000_000 else None
