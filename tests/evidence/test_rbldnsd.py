"""A blocklist as the world runs them: rbldnsd serves a zone like Spamhaus' with its return codes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest

from core.evidence.asking import Asker
from core.evidence.blocklists import choose, look_up
from core.request import Endpoint

ZONE = "zen.spamhaus.org"

IP4 = """\
$SOA 3600 ns.example.com hostmaster.example.com 0 3600 600 86400 150
:127.0.0.2:https://www.spamhaus.org/query/ip/$
203.0.113.2
203.0.113.3 :127.0.0.3:https://www.spamhaus.org/query/ip/$
203.0.113.4 :127.0.0.4:https://www.spamhaus.org/query/ip/$
203.0.113.9 :127.0.0.9:https://www.spamhaus.org/query/ip/$
198.51.100.0/24 :127.0.0.10:https://www.spamhaus.org/query/ip/$
203.0.113.11 :127.0.0.11:https://www.spamhaus.org/query/ip/$
203.0.113.252 :127.255.255.252:Error: mistyped
203.0.113.254 :127.255.255.254:Error: open resolver
203.0.113.255 :127.255.255.255:Error: too many queries
"""
IP4_SECOND = "198.51.100.66 :127.0.0.4:https://www.spamhaus.org/query/ip/$\n"
IP6 = "2001:db8:bad::/48 :127.0.0.3:https://www.spamhaus.org/query/ip/$\n"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    query = dns.message.make_query(f"2.113.0.203.{ZONE}", "A")
    with contextlib.suppress(dns.exception.DNSException, OSError):
        return bool(dns.query.udp(query, "127.0.0.1", port=port, timeout=0.2).answer)
    return False


@pytest.fixture(scope="module")
def rbldnsd() -> Iterator[Endpoint]:
    program = shutil.which("rbldnsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        reason = "the Debian package is not installed: rbldnsd"
        if os.environ.get("SENDPROOF_MTA") == "required":
            pytest.fail(f"SENDPROOF_MTA=required, but {reason}")
        pytest.skip(reason)
    # A folder of its own below /tmp: pytest's are closed to the user that rbldnsd changes to.
    folder = Path(tempfile.gettempdir()) / f"sendproof-rbldnsd-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o755)
    for name, text in {"ip4": IP4, "second": IP4_SECOND, "ip6": IP6}.items():
        (folder / name).write_text(text)
    port = free_port()
    become = ["-u", "nobody:nogroup"] if os.geteuid() == 0 else []
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(program, "-n", "-b", f"127.0.0.1/{port}", *become, "-w", str(folder)),
                *(f"{ZONE}:ip4set:ip4", f"{ZONE}:ip4set:second", f"{ZONE}:ip6trie:ip6"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 20
        while not answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield Endpoint("127.0.0.1", port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=5)
        shutil.rmtree(folder)


async def ask(address: str, endpoint: Endpoint):
    (zone,) = choose([ZONE])
    return await look_up(address, zone, Asker(endpoint, limit=3))


@pytest.mark.mta
@pytest.mark.parametrize(
    ("address", "part", "kind"),
    [
        ("203.0.113.2", "SBL", "spam"),
        ("203.0.113.3", "CSS", "spam"),
        ("203.0.113.4", "XBL", "compromised"),
        ("203.0.113.9", "DROP", "hijacked"),
        ("198.51.100.7", "PBL", "policy"),
        ("203.0.113.11", "PBL", "policy"),
        ("2001:db8:bad::7", "CSS", "spam"),
    ],
)
async def test_each_return_code(rbldnsd, address, part, kind):
    result = await ask(address, rbldnsd)
    assert result.state == "listed"
    assert [(entry.part, entry.kind) for entry in result.listings] == [(part, kind)]
    assert result.words.startswith("https://www.spamhaus.org/query/ip/")
    assert result.link.endswith(address)


@pytest.mark.mta
async def test_two_reasons_at_once(rbldnsd):
    result = await ask("198.51.100.66", rbldnsd)
    assert {entry.part for entry in result.listings} == {"PBL", "XBL"}
    assert not result.only_policy


@pytest.mark.mta
@pytest.mark.parametrize("address", ["203.0.113.1", "2001:db8:600d::1", "192.0.2.1"])
async def test_an_address_that_is_not_listed(rbldnsd, address):
    assert (await ask(address, rbldnsd)).state == "not-listed"


@pytest.mark.mta
@pytest.mark.parametrize("address", ["203.0.113.252", "203.0.113.254", "203.0.113.255"])
async def test_a_refused_question(rbldnsd, address):
    result = await ask(address, rbldnsd)
    assert (result.state, result.listings) == ("unchecked", ())


@pytest.mark.mta
async def test_a_zone_this_server_does_not_have(rbldnsd):
    """rbldnsd answers REFUSED for foreign names."""
    (zone,) = choose(["bl.example.com"])
    result = await look_up("203.0.113.2", zone, Asker(rbldnsd, limit=1))
    assert result.state == "unchecked"
