"""What would the server take? A few short extra connections after a handshake failed on version or cipher.

Each one offers a single TLS version with every cipher suite OpenSSL has, does the handshake, and leaves. No mail
command but EHLO and STARTTLS is sent.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from core.request import TLS_VERSIONS, CheckRequest, TlsLimits
from core.session import dialling, tls
from core.session.transcript import Transcript
from core.session.wire import Wire, WireError

PROBE_LIMIT = 5.0
"""Seconds for each of the extra connections, which run side by side."""

_OLD = ("1.0", "1.1")


@dataclass(frozen=True, slots=True)
class Probe:
    """One offer: the TLS version, whether the server took it, with which cipher suite, or why not."""

    version: str
    taken: bool
    cipher: str | None = None
    error: str | None = None

    def as_details(self) -> dict[str, object]:
        """Return it as it stands in the report."""
        return {"tls": self.version, "taken": self.taken, "cipher": self.cipher, "error": self.error}


async def find_out(request: CheckRequest, address: str) -> list[Probe]:
    """Offer each TLS version to the server at `address` and return what came of it. Never raises for the network."""
    return list(await asyncio.gather(*(_offer(request, address, version) for version in TLS_VERSIONS)))


def describe(probes: list[Probe]) -> str:
    """Return in one sentence what the server would take."""
    taken = [probe.version for probe in probes if probe.taken]
    if not taken:
        return "In further tries the server took none of TLS 1.0, 1.1, 1.2 and 1.3."
    if set(taken) <= set(_OLD):
        return f"The server takes only TLS {' and '.join(taken)}, which is no longer safe."
    ciphers = sorted({probe.cipher for probe in probes if probe.taken and probe.cipher})
    with_ciphers = f" (with {', '.join(ciphers[:3])})" if ciphers else ""
    return f"The server takes TLS {', '.join(taken)}{with_ciphers}."


async def _offer(request: CheckRequest, address: str, version: str) -> Probe:
    ciphers = "" if version == "1.3" else "ALL:@SECLEVEL=0"
    limits = TlsLimits(minimum=version, maximum=version, ciphers=ciphers, sni=request.tls.sni)
    began = time.monotonic()
    transcript = Transcript(lambda: (time.monotonic() - began) * 1000, lambda line: None, str)
    wire: Wire | None = None
    trace = tls.HandshakeTrace()
    try:
        async with asyncio.timeout(PROBE_LIMIT):
            port = request.dial.port if request.dial else request.port
            dialled = await dialling.dial([address], port, PROBE_LIMIT)
            if dialled.sock is None:
                return Probe(version, taken=False, error="no connection")
            _, wire = await asyncio.get_running_loop().create_connection(lambda: Wire(transcript), sock=dialled.sock)
            if not request.implicit_tls:
                await wire.greeting(PROBE_LIMIT)
                await wire.command(f"EHLO {request.ehlo}", PROBE_LIMIT)
                reply = await wire.command("STARTTLS", PROBE_LIMIT)
                if reply.code != 220:
                    return Probe(version, taken=False, error=reply.verbatim()[:200])
            await wire.handshake(tls.context(limits, trace), request.server if request.tls.sni else None, PROBE_LIMIT)
            connection = wire.ssl_object()
            return Probe(version, taken=True, cipher=tls.negotiated(connection).cipher if connection else None)
    except WireError as error:
        return Probe(version, taken=False, error=str(error))
    except (OSError, ValueError) as error:
        return Probe(version, taken=False, error=tls.name_failure(error, trace).text)
    finally:
        if wire is not None:
            wire.drop()
