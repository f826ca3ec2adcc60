"""Fixtures: `listed_mx` and `submission`, real mail servers that run for the whole test session.

Where they can't run, their tests are skipped with the reason; with SENDPROOF_MTA=required (as in CI) they fail.
Files that use them say `pytestmark = pytest.mark.mta`. Each test process starts servers of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.mta.rig import MailServer, Missing, Servers, SubmissionServer, mail_servers


@pytest.fixture(scope="session")
def real_servers() -> Iterator[Servers]:
    running = mail_servers()
    try:
        servers = running.__enter__()
    except Missing as reason:
        if os.environ.get("SENDPROOF_MTA") == "required":
            pytest.fail(f"SENDPROOF_MTA=required, but {reason}")
        pytest.skip(str(reason))
    try:
        yield servers
    finally:
        running.__exit__(None, None, None)


@pytest.fixture
def listed_mx(real_servers: Servers) -> MailServer:
    """The MX of contoso.com, which finds 127.0.0.1 on its blocklist."""
    return real_servers.listed_mx


@pytest.fixture
def submission(real_servers: Servers) -> SubmissionServer:
    """Message submission with sign-in."""
    return real_servers.submission
