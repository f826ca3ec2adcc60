"""A mail server with STARTTLS whose certificate fills several packets, in a thread; it can also fall silent."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAMES = 200
"""So many names make the certificate about six kilobytes long."""


def make_certificate(folder: Path, address: str) -> Path:
    """Write key and a self-signed certificate for `address` and many names; return the file (PEM)."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.contoso.com")])
    now = dt.datetime.now(dt.UTC)
    others = [x509.DNSName(f"mail-{number:03}.branch.contoso.com") for number in range(NAMES)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address)), *others]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextlib.contextmanager
def serving(listener: socket.socket, pem: Path, *, silent: bool = False) -> Iterator[None]:
    """Serve on `listener` until the end; `silent`: agree to STARTTLS, then never say another word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    ending = threading.Event()
    threads: list[threading.Thread] = []

    def serve() -> None:
        while not ending.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=_talk, args=(connection, context, silent, ending), daemon=True)
            threads.append(thread)
            thread.start()

    listener.settimeout(0.1)
    main = threading.Thread(target=serve, daemon=True)
    main.start()
    try:
        yield
    finally:
        ending.set()
        main.join(5)
        listener.close()
        for thread in threads:
            thread.join(5)


def _talk(connection: socket.socket, context: ssl.SSLContext, silent: bool, ending: threading.Event) -> None:
    with contextlib.suppress(OSError), connection, contextlib.ExitStack() as closing:
        connection.settimeout(10)
        connection.sendall(b"220 mail.contoso.com ESMTP\r\n")
        over: socket.socket = connection
        pending = b""
        while not ending.is_set():
            while b"\r\n" not in pending:
                data = over.recv(4096)
                if not data:
                    return
                pending += data
            line, _, pending = pending.partition(b"\r\n")
            match line.split(b" ")[0].upper():
                case b"EHLO":
                    over.sendall(b"250-mail.contoso.com\r\n250 STARTTLS\r\n")
                case b"STARTTLS":
                    over.sendall(b"220 go ahead\r\n")
                    if silent:
                        ending.wait(20)
                        return
                    over = closing.enter_context(context.wrap_socket(connection, server_side=True))
                case b"QUIT":
                    over.sendall(b"221 bye\r\n")
                    return
                case _:
                    over.sendall(b"250 ok\r\n")
