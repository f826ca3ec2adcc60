"""A practice tenant: several practice servers that together stand for an organisation's mail, for `sendproof find`.

It is data (`resources/practice/tenants/*.toml`), checked when it is loaded; each mistake is told with file, entry and
field. DNS is not asked: the tenant says what it would answer.
"""

from __future__ import annotations

import socket
import tomllib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from core.addresses import AddressProblem, parse_host
from core.evidence.mail_exchangers import MailExchangers
from core.knowledge.load import Knowledge
from core.knowledge.providers import provider_of_mx
from core.practice.load import MAX_FILE, PracticeError, PracticeProblem, load_scenario
from core.practice.model import Scenario
from core.practice.server import PracticeServer
from core.request import Endpoint
from core.resource_files import resource_path

SOURCE = "the practice tenant"
MAX_SERVERS = 12


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What DNS would say.

    mx: by domain, in order. srv: by name ("_submission._tcp.contoso.com"), as "host:port". autodiscover: by domain.
    hosts: other names that exist.
    """

    mx: Mapping[str, tuple[str, ...]] = {}
    srv: Mapping[str, str] = {}
    autodiscover: Mapping[str, tuple[str, ...]] = {}
    hosts: tuple[str, ...] = ()


class Served(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server of the tenant: its name, its ports, and the scenario that it plays on each. All other ports are shut."""

    name: str
    ports: tuple[int, ...]
    scenario: str


class Asked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"sender": "from", "recipients": "to"}
):
    """What a search of this tenant is asked by default, as somebody would type it."""

    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: str = ""
    device: str = ""
    timeout: str = ""

    def __repr__(self) -> str:
        return f"Asked(sender={self.sender!r}, recipients={self.recipients!r}, user={self.user!r})"


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the search ends: verdict, way, the cause that the next step removes, exit status, and how many sign-ins."""

    verdict: Literal["recommended", "makeshift", "none"]
    exit_status: int
    sign_ins: int
    way: str = ""
    next_cause: str = ""


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"servers": "server"}):
    """An organisation's mail to practise on. summary: what one learns from it."""

    id: str
    title: str
    summary: str
    find: Asked
    dns: Answers
    servers: tuple[Served, ...]
    expect: Expected


def load_tenants(folder: Path | None = None) -> dict[str, Tenant]:
    """Return all practice tenants by id; `folder` is the built-in one by default. Raises PracticeError."""
    tenants: dict[str, Tenant] = {}
    problems: list[PracticeProblem] = []
    for path in sorted((folder or resource_path("practice", "tenants")).glob("*.toml")):
        try:
            tenants[path.stem] = parse_tenant(_text(path), path.name)
        except PracticeError as error:
            problems += error.problems
    if problems:
        raise PracticeError(problems)
    return tenants


def load_tenant(name: str) -> Tenant:
    """Return one practice tenant. Raises PracticeError; for an unknown name with a sentence that lists those known."""
    files = {path.stem: path for path in sorted(resource_path("practice", "tenants").glob("*.toml"))}
    if name not in files:
        text = f"There is no practice tenant “{name}”. Known are: {', '.join(files)}."
        raise PracticeError([PracticeProblem("", "", "", text)])
    return parse_tenant(_text(files[name]), files[name].name)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()[: MAX_FILE + 1]
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PracticeError([PracticeProblem(path.name, "", "", f"It can't be read: {error}.")]) from None


def parse_tenant(text: str, file: str) -> Tenant:
    """Return the tenant in the TOML `text`; `file` is its name for messages. Raises PracticeError."""

    def wrong(entry: str, name: str, words: str) -> PracticeProblem:
        return PracticeProblem(file, entry, name, words)

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PracticeError([wrong("", "", f"This is not TOML: {error}.")]) from None
    try:
        tenant = msgspec.convert(data, Tenant)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at ")
        raise PracticeError([wrong("", place.strip("`").removeprefix("$."), f"{words}.")]) from None
    problems = []
    if tenant.id != Path(file).stem:
        problems.append(wrong("", "id", f"The file's name says “{Path(file).stem}”."))
    if not 1 <= len(tenant.servers) <= MAX_SERVERS:
        problems.append(wrong("", "server", f"A tenant has from 1 to {MAX_SERVERS} servers."))
    seen: set[tuple[str, int]] = set()
    for number, served in enumerate(tenant.servers, 1):
        entry = f"server {number}"
        problems += [wrong(entry, "name", words) for words in _host_problems([served.name])]
        try:
            load_scenario(served.scenario)
        except PracticeError as error:
            problems.append(wrong(entry, "scenario", str(error)))
        for port in served.ports:
            if not 1 <= port <= 65535:
                problems.append(wrong(entry, "ports", "A port is a number from 1 to 65535."))
            if (served.name, port) in seen:
                problems.append(wrong(entry, "ports", f"{served.name}, port {port} stands here twice."))
            seen.add((served.name, port))
    for domain, hosts in {**tenant.dns.mx, **tenant.dns.autodiscover}.items():
        problems += [wrong("[dns]", domain, words) for words in _host_problems([domain, *hosts])]
    for name, target in tenant.dns.srv.items():
        host, _, port_text = target.rpartition(":")
        if not port_text.isdigit() or list(_host_problems([host])):
            problems.append(wrong("[dns]", name, f"“{target}” is not host:port."))
    verdicts = {"recommended": 0, "makeshift": 1, "none": 1}
    if tenant.expect.exit_status not in {verdicts[tenant.expect.verdict], 3}:
        problems.append(wrong("[expect]", "exit_status", f"“{tenant.expect.verdict}” does not end with that status."))
    if problems:
        raise PracticeError(problems)
    return tenant


def _host_problems(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        try:
            parse_host(name)
        except AddressProblem as problem:
            yield str(problem)


class TenantNames:
    """Answers the plan's questions (a `core.finding.names.Names`) from a tenant's data."""

    def __init__(self, tenant: Tenant, knowledge: Knowledge) -> None:
        self._dns = tenant.dns
        self._known = {
            *(served.name for served in tenant.servers),
            *tenant.dns.hosts,
            *(host for hosts in tenant.dns.mx.values() for host in hosts),
        }
        self._provider_of = partial(provider_of_mx, knowledge=knowledge)

    async def mx(self, domain: str) -> MailExchangers:
        """Return what the tenant says."""
        hosts = self._dns.mx.get(domain, ())
        if not hosts:
            return MailExchangers(domain, "no-domain", SOURCE)
        return MailExchangers(domain, "mx", SOURCE, hosts, self._provider_of(hosts))

    async def service(self, domain: str, service: str) -> tuple[str, int] | None:
        """Return what the tenant says."""
        target = self._dns.srv.get(f"_{service}._tcp.{domain}", "")
        host, _, port = target.rpartition(":")
        return (host, int(port)) if host else None

    async def autodiscover(self, domain: str) -> tuple[str, ...]:
        """Return what the tenant says."""
        return self._dns.autodiscover.get(domain, ())

    async def exists(self, host: str) -> bool:
        """Return whether the tenant knows the name."""
        return host in self._known


class TenantServers:
    """The running servers of a tenant."""

    def __init__(self, tenant: Tenant, servers: Mapping[tuple[str, int], PracticeServer], shut: Endpoint) -> None:
        self.tenant = tenant
        self.servers = servers
        self._shut = shut

    def dial(self, server: str, port: int) -> tuple[Endpoint, str | None]:
        """Return what to dial for `server` and `port`, and the file of the root to trust; others refuse."""
        practice = self.servers.get((server, port))
        if practice is None:
            return self._shut, None
        return Endpoint(practice.address, practice.port), practice.ca_file

    @property
    def sign_ins(self) -> int:
        """How many sign-ins have reached the servers."""
        return sum(
            direction == "client" and text.upper().startswith("AUTH")
            for server in self.servers.values()
            for direction, text in server.log
        )


@asynccontextmanager
async def serve_tenant(
    tenant: Tenant, change: Mapping[tuple[str, int], Scenario] | None = None
) -> AsyncIterator[TenantServers]:
    """Start the servers of `tenant` on free ports of this computer, until the block is left. Raises OSError.

    change: other scenarios for some servers, by name and port.
    """
    async with AsyncExitStack() as stack:
        # Bound and not listening: whoever dials it is refused, and nobody else can get the port meanwhile.
        shut = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        shut.bind(("127.0.0.1", 0))
        servers = {}
        home = tuple(tenant.dns.mx)
        for served in tenant.servers:
            for port in served.ports:
                played = (change or {}).get((served.name, port)) or load_scenario(served.scenario)
                played = msgspec.structs.replace(
                    played, server=served.name, port=port, host=played.host or served.name, domains=home
                )
                servers[served.name, port] = await stack.enter_async_context(PracticeServer(played))
        yield TenantServers(tenant, servers, Endpoint(*shut.getsockname()[:2]))
