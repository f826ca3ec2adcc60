from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys

import pytest

from core.cli.practice import add_arguments, run

START = (
    "import argparse, signal, sys; from core.cli.practice import add_arguments, run;"
    "signal.signal(signal.SIGINT, signal.default_int_handler);"
    "p = argparse.ArgumentParser(); add_arguments(p); sys.exit(run(p.parse_args()))"
)


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def test_list(capsys) -> None:
    assert call("--list") == 0
    assert "spamhaus-block" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--list"),
        (("tea",), "There is no practice server “tea”"),
        (("greylisted", "--port", "x"), "“x” is no port"),
        (("greylisted", "--port", "70000"), "“70000” is no port"),
    ],
)
def test_wrong_arguments_end_with_2_and_a_sentence(capsys, arguments: tuple[str, ...], sentence: str) -> None:
    assert call(*arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_port_in_use(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert call("greylisted", "--host", "127.0.0.1", "--port", str(port)) == 2
    assert capsys.readouterr().err == f"Port {port} is in use by another program; choose another one with --port.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C can't be sent to a single process on Windows")
def test_it_serves_until_ctrl_c() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "error", "-c", START, "submission-ok", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        said = []
        assert process.stdout
        for line in process.stdout:
            said.append(line)
            if "Ctrl+C" in line:
                break
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"QUIT\r\n")
            while client.recv(1000):
                pass
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""
    text = "".join(said) + rest
    assert "scanner@contoso.com, password Example-Passw0rd" in text
    assert "1 C: QUIT" in text
    assert "1 S: 221 2.0.0" in text
    assert text.endswith("Stopped.\n")
