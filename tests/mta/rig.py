"""Real mail servers for the tests: Postfix with Cyrus SASL, and a DNS blocklist served by rbldnsd.

Everything is private: own configuration, queue, certificates, users and list in a folder of its own, on free ports
of 127.0.0.1; the system's Postfix is neither read nor changed. Needs root (Postfix changes to its own users) and the
Debian packages named in `Missing`.

One Postfix plays two roles:

- the MX of contoso.com, which asks the list at RCPT TO as Microsoft's does. Its smtpd runs in a chroot, where
  `etc/resolv.conf` names our rbldnsd: that is how the list is asked without touching the system's resolver.
- message submission with STARTTLS and, on another port, implicit TLS; PLAIN, LOGIN and CRAM-MD5 over a sasldb.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.mta.certificates import make_certificates

START_LIMIT = 20.0
"""Seconds a server may take until it answers; on an idle machine it is one or two."""

DOMAIN = "contoso.com"
ZONE = "zen.example.com"
USER = f"scanner@{DOMAIN}"
PASSWORD = "p\u00e4ss word+/=%41"  # what an encoding mistake would change
RECIPIENT = f"anna@{DOMAIN}"
SIZE_LIMIT = 200_000

LISTED_ADDRESS = "127.0.0.1"
UNLISTED_ADDRESS = "127.0.0.2"
"""A client that connects from here is not on the list: the same MX takes its recipients."""

BLOCK_REPLY = (
    "550 5.7.1 Service unavailable, Client host [127.0.0.1] blocked using Spamhaus. "
    "To request removal from this list see https://www.spamhaus.org/query/ip/127.0.0.1 (AS16012611)"
)


class Missing(Exception):
    """The servers can't run here; the message says why in one sentence."""


@dataclass(frozen=True)
class MailServer:
    """A running server as a client sees it, and what only the test may see of it."""

    host: str
    port: int
    server_name: str
    """What its certificate is made out to."""
    ca_file: Path
    log: Callable[[], str]
    """Return Postfix's log so far."""


@dataclass(frozen=True)
class SubmissionServer(MailServer):
    """Message submission: STARTTLS on `port`, TLS from the first byte on `implicit_port`."""

    implicit_port: int
    small_port: int
    """The same with STARTTLS and a limit of `SIZE_LIMIT` octets for a message."""
    user: str
    password: str
    recipient: str
    """A recipient with a mailbox here."""
    messages: Callable[[str], list[bytes]]
    """Return the messages delivered to a recipient so far."""


def check_programs() -> dict[str, str]:
    """Return the paths of the programs needed; raise `Missing` with the reason if one is not there."""
    if os.name != "posix" or os.geteuid() != 0:
        raise Missing("the real mail servers need root: Postfix changes to users of its own")
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    packages = {"postfix": "postfix", "postconf": "postfix", "rbldnsd": "rbldnsd", "saslpasswd2": "sasl2-bin"}
    found = {program: shutil.which(program, path=path) for program in packages}
    absent = sorted({packages[program] for program, place in found.items() if place is None})
    if absent:
        raise Missing(f"the Debian package is not installed: {', '.join(absent)}")
    return {program: place for program, place in found.items() if place}


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes], log: Callable[[], str]) -> None:
    """Poll until `ready`; raise with the server's log if its process ends or `START_LIMIT` passes before."""
    deadline = time.monotonic() + START_LIMIT
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with status {process.returncode}:\n{log()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not answer within {START_LIMIT:.0f} s:\n{log()}")
        time.sleep(0.01)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and everything it started (it leads a process group of its own)."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=5)


# --- The list ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def blocklist(programs: dict[str, str], folder: Path) -> Iterator[str]:
    """Serve `ZONE` with `LISTED_ADDRESS` on it; yield the address of the DNS server (port 53, all a resolver knows)."""
    folder.mkdir()
    zone = folder / "zone"
    zone.write_text(f":127.0.0.2:https://www.spamhaus.org/query/ip/$\n{LISTED_ADDRESS}\n")
    log_path = folder / "log"
    address = f"127.{64 + secrets.randbelow(64)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    owner = pwd.getpwnam("nobody")
    with log_path.open("wb") as log_file:
        process = subprocess.Popen(
            [
                *(programs["rbldnsd"], "-n", "-b", f"{address}/53"),
                *("-u", f"{owner.pw_name}:{grp.getgrgid(owner.pw_gid).gr_name}"),
                *("-w", str(folder), f"{ZONE}:ip4set:{zone.name}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: is_listed(address, LISTED_ADDRESS), "rbldnsd", process, log_path.read_text)
        yield address
    finally:
        stop(process)


def is_listed(dns_server: str, address: str) -> bool:
    """Ask the list as a mail server does; False too while nothing answers."""
    query = dns.message.make_query(".".join(reversed(address.split("."))) + f".{ZONE}.", "A")
    try:
        reply = dns.query.udp(query, dns_server, timeout=0.1)
    except (dns.exception.DNSException, OSError):
        return False
    return any(str(record) == "127.0.0.2" for answer in reply.answer for record in answer)


# --- Postfix -------------------------------------------------------------------------------------------------

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log/maillog
maillog_file_prefixes = {root}
multi_instance_directories =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.255.255.255/32
mydestination =
myhostname = mx.contoso.com
mydomain = contoso.com
smtpd_banner = $myhostname ESMTP ready
alias_maps =
alias_database =
local_recipient_maps =
default_transport = discard:
relay_transport = discard:
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ {{ {recipient} = anna/ }}, {{ {user} = scanner/ }} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 100
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_chain_files = {root}/server.pem
smtpd_tls_loglevel = 1
tls_random_source = dev:/dev/urandom
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {root}/config/sasl
smtpd_sasl_local_domain = {domain}
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = inline:{{ {{ {user} = {user} }} }}
default_rbl_reply = {block_reply}
maps_rbl_reject_code = 550
anvil_status_update_time = 3600s
"""

MASTER_CF = """
127.0.0.1:{mx} inet n - y - - smtpd
  -o syslog_name=postfix/mx
  -o {{ smtpd_recipient_restrictions = reject_rbl_client {zone}=127.0.0.2 }}
127.0.0.1:{submission} inet n - n - - smtpd {submission_options}
127.0.0.1:{small} inet n - n - - smtpd {submission_options}
  -o message_size_limit={size_limit}
127.0.0.1:{implicit} inet n - n - - smtpd {submission_options}
  -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SUBMISSION_OPTIONS = """
  -o syslog_name=postfix/submission
  -o myhostname=smtp.contoso.com
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o { smtpd_recipient_restrictions = permit_sasl_authenticated, reject }"""

SASL_CONF = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {root}/config/sasl/sasldb2
mech_list: PLAIN LOGIN CRAM-MD5
"""


@dataclass(frozen=True)
class Servers:
    """All servers of one rig."""

    listed_mx: MailServer
    submission: SubmissionServer


@contextlib.contextmanager
def mail_servers() -> Iterator[Servers]:
    """Start everything and yield it when it answers; leave no process and no file behind.

    Raises:
        Missing: a program or a right is not there.
        RuntimeError: a server did not start; its log is in the message.
    """
    programs = check_programs()
    with contextlib.ExitStack() as stack:
        # Not pytest's folder: servers that gave up root have to get through to their files.
        root = Path(tempfile.mkdtemp(prefix="sendproof-mta-"))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        root.chmod(0o755)
        dns_server = stack.enter_context(blocklist(programs, root / "list"))
        yield stack.enter_context(postfix(programs, root, dns_server))


@contextlib.contextmanager
def postfix(programs: dict[str, str], root: Path, dns_server: str) -> Iterator[Servers]:
    """Run Postfix in both roles below `root`, asking `dns_server` for the list."""
    server_name = "localhost"
    certificates = make_certificates([server_name, "mx.contoso.com", "smtp.contoso.com"], ["127.0.0.1"])
    ca_file = root / "ca.pem"
    ca_file.write_bytes(certificates.authority)
    key_file = root / "server.pem"
    key_file.touch(mode=0o600)
    key_file.write_bytes(certificates.key + certificates.chain)

    nobody = pwd.getpwnam("nobody")
    for name in ("config", "data", "log", "mail", "queue/etc", "config/sasl"):
        (root / name).mkdir(parents=True)
    os.chown(root / "mail", nobody.pw_uid, nobody.pw_gid)
    os.chown(root / "data", pwd.getpwnam("postfix").pw_uid, -1)
    (root / "queue/etc/resolv.conf").write_text(f"nameserver {dns_server}\noptions timeout:2 attempts:2\n")

    (root / "config/sasl/smtpd.conf").write_text(SASL_CONF.format(root=root).lstrip())
    user, _, realm = USER.partition("@")
    subprocess.run(
        [programs["saslpasswd2"], "-p", "-c", "-f", str(root / "config/sasl/sasldb2"), "-u", realm, user],
        input=PASSWORD.encode(),
        check=True,
        capture_output=True,
        timeout=10,
    )
    os.chown(root / "config/sasl/sasldb2", 0, pwd.getpwnam("postfix").pw_gid)

    ports = {name: free_port() for name in ("mx", "submission", "implicit", "small")}
    options = {"submission_options": SUBMISSION_OPTIONS, "size_limit": SIZE_LIMIT, "zone": ZONE}
    (root / "config/master.cf").write_text(MASTER_CF.format(**options, **ports))
    (root / "config/main.cf").write_text(
        MAIN_CF.format(
            root=root,
            domain=DOMAIN,
            recipient=RECIPIENT,
            user=USER,
            uid=nobody.pw_uid,
            gid=nobody.pw_gid,
            block_reply=BLOCK_REPLY.replace("127.0.0.1", "$client_address").replace("550 ", "$rbl_code ", 1),
        )
    )

    output = root / "log/output"
    maillog = root / "log/maillog"

    def log() -> str:
        return "".join(path.read_text(errors="replace") for path in (output, maillog) if path.exists())

    def messages(recipient: str) -> list[bytes]:
        folder = root / "mail" / recipient.partition("@")[0] / "new"
        return [path.read_bytes() for path in sorted(folder.glob("*"))]

    def answers() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", ports["mx"]), timeout=START_LIMIT) as client:
                return client.recv(3) == b"220"
        except OSError:
            return False

    config = str(root / "config")
    with output.open("ab") as output_file:
        # Makes the queue's folders too, with the owners Postfix wants.
        command = [programs["postfix"], "-c", config, "check"]
        if subprocess.run(command, stdout=output_file, stderr=output_file, check=False, timeout=30).returncode:
            raise RuntimeError(f"Postfix refuses its configuration:\n{log()}")
        command = [programs["postconf"], "-c", config, "-h", "daemon_directory"]
        daemons = subprocess.check_output(command, text=True, timeout=10).strip()
        process = subprocess.Popen(
            [f"{daemons}/master", "-c", config, "-d"],
            stdin=subprocess.DEVNULL,
            stdout=output_file,
            stderr=output_file,
            start_new_session=True,
        )
    try:
        wait_until(answers, "Postfix", process, log)
        common = {"host": "127.0.0.1", "server_name": server_name, "ca_file": ca_file, "log": log}
        yield Servers(
            listed_mx=MailServer(port=ports["mx"], **common),
            submission=SubmissionServer(
                port=ports["submission"],
                implicit_port=ports["implicit"],
                small_port=ports["small"],
                user=USER,
                password=PASSWORD,
                recipient=RECIPIENT,
                messages=messages,
                **common,
            ),
        )
    finally:
        stop(process)
