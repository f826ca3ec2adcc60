"""Holds the same conversation several times in one program, as the window does: `… PORT CA-FILE TIMES`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from core.request import Endpoint, FormValues, parse
from core.secret import Secret
from core.session.check import Check
from core.stages import Outcome


async def converse(port: str, ca_file: str, times: int) -> None:
    """Check the server on loopback `times` times; raises RuntimeError where it is not accepted."""
    form = FormValues(
        server="localhost",
        port=port,
        ehlo="copier.example.com",
        security="starttls",
        user="scanner@example.com",
        password=Secret("secret"),
        mechanism="plain",
        sender="scanner@example.com",
        recipients=("anna@example.com",),
        ca_file=ca_file,
        dns_evidence=False,
    )
    parsed = parse(form)
    if parsed.request is None:
        raise RuntimeError(str(parsed.problems))
    request = replace(parsed.request, dial=Endpoint("127.0.0.1", int(port)))
    for _ in range(times):
        report = await Check(request).run()
        if report.outcome is not Outcome.ACCEPTED:
            raise RuntimeError(f"the check was not accepted: {report.diagnosis.title}")


if __name__ == "__main__":
    asyncio.run(converse(sys.argv[1], sys.argv[2], int(sys.argv[3])))
