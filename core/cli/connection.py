"""The arguments that say what is checked and how; every command that holds a conversation takes the same."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

from core.cli.secrets import add_secret_arguments, read_password, read_token
from core.knowledge.load import load_knowledge
from core.knowledge.providers import device_limits
from core.request import CheckRequest, FieldProblem, FormValues, Mechanism, Security, UnfitSettings, parse
from core.stages import Stage


def _names(kind: type[StrEnum]) -> list[str]:
    return [str(member.value) for member in kind]


def add_connection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments. All values stay text: `core.request.parse` looks at them together."""
    target = parser.add_argument_group("what is tested")
    target.add_argument("--server", default="", metavar="NAME", help="the mail server's name or IP address")
    target.add_argument("--port", default="", help="default 587; 465 with --security tls")
    target.add_argument(
        "--security",
        default="auto",
        choices=_names(Security),
        help="default auto: TLS where offered",
    )
    target.add_argument("--ehlo", default="", metavar="NAME", help="the name given with EHLO; default this computer's")
    target.add_argument("--practice", metavar="NAME", help="check a built-in practice server instead")
    sign_in = parser.add_argument_group("sign-in")
    sign_in.add_argument("--user", default="", metavar="U", help="the user name")
    add_secret_arguments(sign_in)
    sign_in.add_argument(
        "--auth",
        default="auto",
        choices=_names(Mechanism),
        help="the mechanism; default auto",
    )
    message = parser.add_argument_group("message")
    message.add_argument("--from", dest="sender", default="", metavar="A", help="the sender's address")
    message.add_argument(
        "--to", dest="recipients", action="append", default=[], metavar="B", help="a recipient; repeat it for more"
    )
    message.add_argument("--send", action="store_true", help="really send a small test message")
    message.add_argument("--attach-size", default="", metavar="5M", help="announce (and with --send attach) so much")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--timeout", default="", metavar="SECONDS", help="for each single reply; default 20")
    limits.add_argument("--deadline", default="", metavar="SECONDS", help="for the whole check; default 120")
    limits.add_argument("--ip", default="auto", choices=["auto", "4", "6"], help="the IP version; default auto")
    limits.add_argument(
        "--quit-after",
        default="",
        choices=["", *_names(Stage)],
        metavar="STAGE",
        help="end politely after it",
    )
    trust = parser.add_argument_group("trust")
    trust.add_argument("--ca-file", default="", metavar="F", help="trust the roots in this PEM file too")
    trust.add_argument("--no-verify", action="store_true", help="go on with an untrusted certificate")
    trust.add_argument(
        "--allow-plaintext-auth", action="store_true", help="sign in over an unencrypted or untrusted connection too"
    )
    device = parser.add_argument_group("talk like a device")
    device.add_argument("--like", default="", metavar="DEVICE", help="talk as this known device does")
    device.add_argument("--tls-min", default="", metavar="1.0|1.1|1.2|1.3", help="the lowest TLS version")
    device.add_argument("--tls-max", default="", metavar="1.0|1.1|1.2|1.3", help="the highest TLS version")
    device.add_argument("--ciphers", default="", metavar="LIST", help="cipher suites as an OpenSSL list")
    device.add_argument("--no-sni", action="store_true", help="don't tell the server's name in the handshake")
    dns = parser.add_argument_group("DNS")
    dns.add_argument("--resolver", default="", metavar="ADDRESS[:PORT]", help="ask this DNS server for everything")
    dns.add_argument("--dnsbl", action="append", metavar="ZONE", help="ask this blocklist; repeatable")
    dns.add_argument("--no-dns-evidence", action="store_true", help="no DNS questions beside the conversation")


def form_of(args: argparse.Namespace) -> FormValues:
    """Return what the arguments say as a filled-in form. Raises ValueError where a secret is named and not there."""
    return FormValues(
        server=args.server,
        port=args.port,
        security=args.security,
        ehlo=args.ehlo,
        user=args.user,
        password=read_password(args),
        token=read_token(args),
        mechanism=args.auth,
        sender=args.sender,
        recipients=tuple(args.recipients),
        send=args.send,
        attach_size=args.attach_size,
        timeout=args.timeout,
        deadline=args.deadline,
        ip=args.ip,
        ca_file=args.ca_file,
        verify=not args.no_verify,
        allow_plaintext_auth=args.allow_plaintext_auth,
        quit_after=args.quit_after,
        tls_min=args.tls_min,
        tls_max=args.tls_max,
        ciphers=args.ciphers,
        sni=not args.no_sni,
        device=args.like,
        resolver=args.resolver,
        dnsbl=None if args.dnsbl is None else tuple(args.dnsbl),
        dns_evidence=not args.no_dns_evidence,
    )


def look_at_practice(name: str | None) -> None:
    """Raise PracticeError, a ValueError, where `name` is no practice server; do nothing without a name."""
    if name:
        from core.practice.load import load_scenario  # only now: a check of a real server needs none of it

        load_scenario(name)


@asynccontextmanager
async def prepared(
    practice: str | None, form: FormValues
) -> AsyncIterator[tuple[CheckRequest, tuple[FieldProblem, ...]]]:
    """Yield the request that `form` describes, with the hints about it; the practice server runs as long as needed.

    Raises UnfitSettings.
    """
    if practice:
        from core.practice.rehearsal import rehearse

        async with rehearse(practice, form) as request:
            yield request, ()
        return
    parsed = parse(form, device_limits(load_knowledge()))
    if parsed.request is None:
        raise UnfitSettings(parsed.problems)
    yield parsed.request, parsed.problems
