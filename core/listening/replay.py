"""From what a device did to a check from this computer that does the same: envelope, sign-in method, limits of TLS.

Nothing secret is known of the device, so its password has to be typed again. What can't be imitated is said.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import Final, NamedTuple

from core.knowledge.load import Knowledge
from core.listening.observation import SessionSeen
from core.listening.scene import Scene, hello_fault, older
from core.listening.service import Service, service_of
from core.listening.tls_names import say_version
from core.request import MAX_RECIPIENTS, TLS_VERSIONS, FormValues, Mechanism

MAX_CIPHERS: Final = 60
_OLDEST: Final = "1.0"


class Replay(NamedTuple):
    """The form of the check, and what to know before it is run: what is missing, and what can't be imitated."""

    values: FormValues
    remarks: tuple[str, ...]


def can_replay(seen: SessionSeen) -> bool:
    """Return whether enough was seen for a check to be like it: a name, a handshake, a sign-in or a sender."""
    return seen.hello is not None or seen.tls is not None or bool(seen.envelopes or seen.sign_ins)


def replay(seen: SessionSeen, service_id: str | None = None, knowledge: Knowledge | None = None) -> Replay:
    """Return the check that does to the real service what the device did here.

    service_id: as for `core.listening.judging.judge`; without one, the server stays empty for the user to type. The
    server and the port are the service's, all else is the device's.
    """
    service = service_of(service_id, knowledge)
    scene = Scene(seen, service)
    remarks: list[str] = []
    port, security = _way(scene, service, remarks)
    sender, recipients = _envelope(scene, remarks)
    tls_max, ciphers = _tls(scene, remarks)
    mechanism = _mechanism(scene, remarks)
    ehlo = seen.hello or ""
    if ehlo and hello_fault(ehlo) in {"characters", "bare-address"}:
        remarks.append(f"The device’s name for EHLO, “{ehlo}”, is against the rules; change it if it is not taken.")
    if seen.hello_verb == "HELO":
        remarks.append("The device says HELO; the check says EHLO, since it could see no extensions otherwise.")
    if scene.hello is not None and scene.hello.form == "tls" and scene.hello.sni is None:
        remarks.append(
            "The device named no server in its TLS hello (SNI), which is usual where it is given an address, as here. "
            "Take this limit away if the real server is entered by its name in the device."
        )
    if scene.message is not None and (scene.message.bare_lf or scene.message.terminator == "lf"):
        remarks.append("Line ends are not imitated: the check always sends CR LF.")
    values = FormValues(
        server=service.server if service else "",
        port=str(port),
        security=security,
        ehlo=ehlo,
        user=scene.login or "",
        mechanism=mechanism,
        sender=sender,
        recipients=recipients,
        tls_max=tls_max,
        ciphers=ciphers,
        sni=scene.hello is None or scene.hello.form == "sslv2" or scene.hello.sni is not None,
    )
    return Replay(values, tuple(remarks))


def _way(scene: Scene, service: Service | None, remarks: list[str]) -> tuple[int, str]:
    """Return port and encryption: the device's way of encrypting, on a port where the service has it."""
    tls = scene.seen.tls
    wanted = "none" if tls is None else "tls" if tls.how == "implicit" else "starttls"
    if not scene.reached and tls is None:
        wanted = service.security if service else "auto"
    if wanted == "none" and scene.login:
        remarks.append("It signs in without encryption. Allow that for this check only if you mean it.")
    if service is None:
        return (465 if wanted == "tls" else 587), wanted
    ports = service.endpoint.ports if service.endpoint else ()
    fitting = [entry.port for entry in ports if entry.security == wanted]
    if wanted == "none" or service.security == wanted or not ports:
        return service.port, wanted
    if fitting:
        return fitting[0], wanted
    asked = "TLS from the first byte" if wanted == "tls" else "STARTTLS"
    remarks.append(f"{service.title} has no port with {asked}, as the device uses it; its usual port is tried.")
    return service.port, wanted


def _envelope(scene: Scene, remarks: list[str]) -> tuple[str, tuple[str, ...]]:
    envelope = scene.envelope
    if envelope is None:
        remarks.append("The device named no sender; type sender and recipient.")
        return "", ()
    recipients = tuple(dict.fromkeys(recipient.address for recipient in envelope.recipients))
    if len(recipients) > MAX_RECIPIENTS:
        remarks.append(f"Of {len(recipients)} recipients the first {MAX_RECIPIENTS} are taken.")
    if not recipients:
        remarks.append("The device named no recipient; type one.")
    return scene.sender or "<>", recipients[:MAX_RECIPIENTS]


def _tls(scene: Scene, remarks: list[str]) -> tuple[str, str]:
    """Return the highest TLS version, and the cipher suites in OpenSSL's names, as far as this computer knows them."""
    highest = scene.highest
    if highest is None:
        return "", ""
    limit = highest
    if older(highest, _OLDEST):
        limit = _OLDEST
        remarks.append(f"{say_version(highest)} can’t be spoken here; the check offers TLS 1.0 at best.")
    limit = "" if limit == TLS_VERSIONS[-1] or limit not in TLS_VERSIONS else limit
    names, missing = openssl_suites(scene)
    if missing and not names:
        remarks.append("This computer knows none of the device’s cipher suites; they are not imitated.")
    elif missing:
        remarks.append(f"{missing} of the device’s cipher suites are not known to this computer and are left out.")
    return limit, ":".join(names)


def openssl_suites(scene: Scene) -> tuple[list[str], int]:
    """Return the suites of the hello for TLS 1.2 and older by OpenSSL's names, and how many it does not know."""
    if scene.hello is None:
        return [], 0
    old = [point for point in scene.hello.real_suites if point.code >> 8 != 0x13]
    known = _openssl_names()
    names = [known[point.code] for point in old if point.code in known]
    return names[:MAX_CIPHERS], sum(1 for point in old if point.code not in known)


@lru_cache(maxsize=1)
def _openssl_names() -> dict[int, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    # The upper octets of OpenSSL's id are its own; the lower two are the code point.
    return {int(entry["id"]) & 0xFFFF: str(entry["name"]) for entry in context.get_ciphers()}


def _mechanism(scene: Scene, remarks: list[str]) -> str:
    if scene.sign_in is None:
        return Mechanism.AUTO
    name = scene.sign_in.mechanism.lower()
    if name in {Mechanism.XOAUTH2, "oauthbearer"}:
        remarks.append("The device signs in with a token, which can’t be typed here; a password is tried instead.")
        return Mechanism.AUTO
    if scene.login:
        remarks.append("Type the password again: nothing of it was kept.")
    return name if name in set(Mechanism) else Mechanism.AUTO
