"""The password of a device is nowhere to be found afterwards: not on paper, not in a log, not in memory."""

from __future__ import annotations

import asyncio
import base64
import gc
import hmac
import logging
import traceback
from collections.abc import Iterator
from types import FrameType, FunctionType, ModuleType

import msgspec
import pytest

from core.listening.observation import to_json
from core.listening.rendering import render_text
from core.secret import Secret
from tests.listening.conftest import Device, listening, run_tool, tool

SECRET = "Zw3!geheim-Kopierer_Äö-9471"
USER = "office@contoso.com"


def forms(secret: str) -> dict[str, bytes]:
    """Return what a password looks like, so that each can be searched for."""
    raw = secret.encode()
    plain = base64.b64encode(b"\0" + USER.encode() + b"\0" + raw)
    xoauth2 = base64.b64encode(f"user={USER}\1auth=Bearer {secret}\1\1".encode())
    return {
        "as it is": raw,
        "latin-1": secret.encode("latin-1"),
        "UTF-16": secret.encode("utf-16-le"),
        "base64": base64.b64encode(raw),
        "base64 of PLAIN": plain,
        "the end of PLAIN": plain[-24:],
        "base64 of XOAUTH2": xoauth2,
        "hexadecimal": raw.hex().encode(),
        "escaped": repr(secret)[1:-1].encode("unicode_escape"),
        "JSON": msgspec.json.encode(secret)[1:-1],
        "the first half": raw[: len(raw) // 2],
    }


def search(data: bytes, secret: str) -> list[str]:
    return [name for name, form in forms(secret).items() if form in data]


def everything(skip: set[int]) -> Iterator[bytes]:
    """Yield the text and octets that live objects hold, but for modules, code and what `skip` names."""
    seen = set(skip)
    left = list(gc.get_objects())
    while left:
        found = left.pop()
        if id(found) in seen or isinstance(found, ModuleType | FrameType | FunctionType | type):
            continue
        seen.add(id(found))
        if isinstance(found, str):
            yield found.encode("utf-8", "surrogatepass")
        elif isinstance(found, bytes | bytearray):
            yield bytes(found)
        elif isinstance(found, list | tuple | dict | set | frozenset):
            left.extend(gc.get_referents(found))
        elif not gc.is_tracked(found):
            continue
        else:
            left.extend(
                referent for referent in gc.get_referents(found) if isinstance(referent, str | bytes | bytearray | dict)
            )


def play(port: int, secret: str) -> None:
    """Sign in in every way that there is, in and out of step."""
    raw = secret.encode()
    whole = base64.b64encode(b"\0" + USER.encode() + b"\0" + raw)
    word = base64.b64encode(raw)
    user = base64.b64encode(USER.encode())
    for encrypted in (False, True):
        for lines in (
            [b"AUTH PLAIN " + whole],
            [b"auth  plain  " + whole],
            [b"AUTH PLAIN", whole],
            [b"AUTH LOGIN " + user, word],
            [b"AUTH LOGIN", user, word],
            [b"AUTH LOGIN " + user + b" " + word],
            [b"AUTH NTLM " + whole],
            [b"AUTH " + whole],
            [b"AUTHPLAIN " + whole],
            [b"AUTH NTLM", whole],  # a device that goes on although it was refused
            [b"AUTH LOGIN", user, b"wrong!", word, raw],
            [b"AUTH XOAUTH2 " + base64.b64encode(f"user={USER}\1auth=Bearer {secret}\1\1".encode())],
            [b"AUTH LOGIN", user, raw],  # not in base64
            [b"AUTH PLAIN", b"*", word],
        ):
            with Device(port) as device:
                device.say("EHLO copier")
                if encrypted:
                    device.starttls()
                    device.say("EHLO copier")
                for line in lines:
                    device.say(line)
                device.say("QUIT")
        with Device(port) as device:
            device.say("EHLO copier")
            challenge = base64.b64decode(device.say("AUTH CRAM-MD5")[4:])
            device.say(base64.b64encode(f"{USER} {hmac.new(raw, challenge, 'md5').hexdigest()}".encode()))
            device.say("QUIT")


@pytest.mark.parametrize("compare", [False, True])
async def test_nothing_of_a_password_stays(compare, caplog):
    caplog.set_level(logging.DEBUG)
    secret = bytearray(SECRET.encode()).decode()  # a text of its own, which this test can forget
    choices = {"compare": Secret(secret)} if compare else {}
    async with listening(**choices) as server:
        await asyncio.to_thread(play, server.port, secret)
        await server.running(lambda: len(server.ended) == 30)
    document = server.document
    assert len(document.sessions) == 30
    assert sum(len(seen.sign_ins) for seen in document.sessions) > 20
    written = to_json(document) + render_text(document) + repr(document) + repr(server.events) + caplog.text
    assert search(written.encode("utf-8", "surrogatepass"), SECRET) == []
    if compare:
        assert any(attempt.matches for seen in document.sessions for attempt in seen.sign_ins)
        del choices, server.listening  # what was typed belongs to whoever typed it


async def test_a_password_that_came_without_auth_is_not_kept_either():
    """A device may be out of step from its first line, or speak another protocol, such as that of POP before SMTP."""
    raw = SECRET.encode()

    def play(port: int) -> None:
        for line in (
            base64.b64encode(b"\0" + USER.encode() + b"\0" + raw),
            base64.b64encode(raw),
            b"PASS " + raw,
            b"pass " + raw,
            b"a1 LOGIN anna " + raw,
            b"USER anna " + raw,
            b"Authorization: Basic " + base64.b64encode(b"anna:" + raw),
            b"user=anna&password=" + raw,
        ):
            with Device(port) as device:
                device.say("EHLO copier")
                device.say(line)
                device.say("QUIT")

    async with listening() as server:
        await asyncio.to_thread(play, server.port)
        await server.running(lambda: len(server.ended) == 8)
    written = to_json(server.document) + render_text(server.document) + repr(server.events)
    assert search(written.encode("utf-8", "surrogatepass"), SECRET) == []
    upper = base64.b64encode(raw).upper()
    assert upper not in written.encode().upper()


async def test_nothing_stays_in_memory():
    """Every live object is searched for the password that a program of its own sent: swaks knew it, we never did."""
    environment = {"DEVICE_PASSWORD": "".join(chr(code + 1) for code in b"Xv2|fdgdhl.Jnohfqbq^9583")}
    secret = environment["DEVICE_PASSWORD"]
    async with listening() as server:
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            for encryption in ((), ("-tls",)):
                status, out = await run_tool(
                    tool("swaks"), "--server", "127.0.0.1", "--port", str(server.port), *encryption,
                    "--auth", mechanism, "--auth-user", USER, "--auth-password", secret,
                    "--from", USER, "--to", USER, "--hide-all",
                )  # fmt: skip
                assert status == 0, out
        await server.running(lambda: len(server.ended) == 6)
        assert {len(seen.sign_ins) for seen in server.ended} == {1}
        gc.collect()
        hashes = {name: form for name, form in forms(secret).items() if name != "the first half"}
        own = {id(secret), id(environment), id(hashes), *(id(form) for form in hashes.values())}
        del out
        found = [
            (name, data[:200])
            for data in everything(own)
            for name, form in hashes.items()
            if form in data and data != form and b"--auth-password" not in data
        ]
    assert found == []


async def test_an_error_of_ours_shows_no_password(monkeypatch, caplog):
    """Even a mistake in the middle of a sign-in, with its traceback, tells nothing."""
    from core.listening import machine

    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(machine.Machine, "_attempt", fail)
    problems: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))

    def sign_in(port: int) -> None:
        with Device(port) as device:
            device.say("EHLO x")
            assert device.say(b"AUTH PLAIN " + base64.b64encode(f"\0{USER}\0{SECRET}".encode())).startswith("451")
            device.say("QUIT")

    async with listening() as server:
        await asyncio.to_thread(sign_in, server.port)
        await server.session()
    (problem,) = problems
    told = "".join(traceback.format_exception(problem["exception"])) + caplog.text + to_json(server.document)
    assert search(told.encode(), SECRET) == []
