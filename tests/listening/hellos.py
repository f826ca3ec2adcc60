"""Hellos for the tests: from OpenSSL by way of memory, from programs by way of a socket, and made by hand."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import warnings

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def hello_of_python(
    *, least: str = "1.0", most: str = "1.3", ciphers: str = "", name: str | None = "mail.example.com", alpn=()
) -> bytes:
    """What Python's ssl would send first, within these limits."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers((ciphers or "ALL") + ":@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = VERSIONS[least]
        context.maximum_version = VERSIONS[most]
    if alpn:
        context.set_alpn_protocols(list(alpn))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")


def hello_of_program(command: list[str], *, first_say: bytes = b"", limit: float = 10) -> bytes:
    """The first bytes that a program sends to a port; {port} in the command stands for it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(limit)
        port = str(server.getsockname()[1])
        with subprocess.Popen(
            [part.replace("{port}", port) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            killer = threading.Timer(limit, process.kill)
            killer.start()
            try:
                connection, _address = server.accept()
                with connection:
                    connection.settimeout(limit)
                    if first_say:
                        connection.sendall(first_say)
                    return connection.recv(65_536)
            finally:
                killer.cancel()
                process.kill()


def vector(octets: int, data: bytes) -> bytes:
    return len(data).to_bytes(octets, "big") + data


def numbers(*codes: int) -> bytes:
    return b"".join(code.to_bytes(2, "big") for code in codes)


def hello_message(
    version: int = 0x0303,
    suites: tuple[int, ...] = (0xC02F,),
    extensions: tuple[tuple[int, bytes], ...] | None = (),
    *,
    session_id: bytes = b"",
    compression: bytes = b"\0",
) -> bytes:
    """A ClientHello as a handshake message; without even the length of extensions if they are None."""
    body = version.to_bytes(2, "big") + bytes(range(32)) + vector(1, session_id)
    body += vector(2, numbers(*suites)) + vector(1, compression)
    if extensions is not None:
        body += vector(2, b"".join(code.to_bytes(2, "big") + vector(2, data) for code, data in extensions))
    return b"\x01" + vector(3, body)


def records(message: bytes, *, version: int = 0x0301, size: int = 16_384) -> bytes:
    """A handshake message in records of at most `size` octets."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16" + version.to_bytes(2, "big") + vector(2, piece) for piece in pieces)


def server_name(name: bytes) -> tuple[int, bytes]:
    return 0x0000, vector(2, b"\0" + vector(2, name))


def sslv2_hello(version: int = 0x0301, kinds: tuple[int, ...] = (0x010080, 0x000004, 0x00000A)) -> bytes:
    body = b"\x01" + version.to_bytes(2, "big")
    specs = b"".join(kind.to_bytes(3, "big") for kind in kinds)
    body += numbers(len(specs), 0, 16) + specs + bytes(16)
    return (len(body) | 0x8000).to_bytes(2, "big") + body
