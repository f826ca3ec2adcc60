"""Hellos of real clients, of old ones made by hand, and rubbish."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.listening.client_hello import MAX_HELLO, HelloState, read_client_hello
from core.listening.fingerprints import fingerprints
from core.listening.tls_names import is_grease, name_of, say_version
from tests.listening.hellos import (
    hello_message,
    hello_of_program,
    hello_of_python,
    numbers,
    records,
    server_name,
    sslv2_hello,
    vector,
)

GREASE = [0x0A0A + 0x1010 * step for step in range(16)]


def names(points) -> list[str]:
    return [point.name for point in points]


def complete(data: bytes):
    reading = read_client_hello(data)
    assert reading.state is HelloState.COMPLETE, reading
    assert reading.used == len(data)
    assert reading.hello is not None
    return reading.hello


@pytest.mark.parametrize("most", ["1.0", "1.1", "1.2", "1.3"])
def test_python_up_to_each_version(most):
    hello = complete(hello_of_python(most=most))
    assert hello.highest_version == most
    assert hello.legacy_version == min(most, "1.2")
    assert hello.sni == "mail.example.com"
    assert hello.form == "tls"
    assert hello.problems == ()
    assert hello.secure_renegotiation
    assert "extended_master_secret" in names(hello.extensions)
    assert "x25519" in names(hello.groups)
    if most == "1.3":
        assert hello.versions == ("1.3", "1.2", "1.1", "1.0")
        assert names(hello.key_shares) == ["x25519"]
        assert "TLS_AES_128_GCM_SHA256" in names(hello.cipher_suites)
    else:
        assert hello.versions == (most,)
        assert hello.supported_versions == ()
    assert (hello.signature_schemes is not None) is (most >= "1.2")


def test_python_without_server_name_and_with_one_suite():
    hello = complete(hello_of_python(most="1.2", ciphers="AES128-SHA", name=None))
    assert hello.sni is None
    assert names(hello.real_suites) == ["TLS_RSA_WITH_AES_128_CBC_SHA"]
    assert names(hello.cipher_suites)[-1] == "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"


def test_protocols_of_alpn():
    hello = complete(hello_of_python(alpn=("h2", "http/1.1")))
    assert hello.alpn == ("h2", "http/1.1")
    assert fingerprints(hello).ja4.split("_")[0].endswith("h2")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl")
@pytest.mark.parametrize(("option", "version"), [("-tls1", "1.0"), ("-tls1_1", "1.1"), ("-tls1_2", "1.2")])
def test_the_program_openssl(option, version):
    command = ["openssl", "s_client", "-connect", "127.0.0.1:{port}", option, "-noservername"]
    hello = complete(hello_of_program([*command, "-cipher", "ALL:@SECLEVEL=0"]))
    assert hello.versions == (version,)
    assert hello.sni is None
    assert hello.record_version == "1.0"
    assert hello.ticket is False, "an empty ticket extension offers tickets"


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl")
def test_the_program_openssl_with_a_name_and_everything():
    command = ["openssl", "s_client", "-connect", "127.0.0.1:{port}", "-servername", "smtp.example.com"]
    hello = complete(hello_of_program(command))
    assert hello.sni == "smtp.example.com"
    assert hello.highest_version == "1.3"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs the program curl")
def test_the_program_curl():
    hello = complete(hello_of_program(["curl", "-sk", "--max-time", "8", "smtps://127.0.0.1:{port}"]))
    assert hello.sni is None, "an address is not sent as a name"
    assert hello.highest_version == "1.3"
    named = ["curl", "-sk", "--max-time", "8", "--resolve", "mail.example.com:{port}:127.0.0.1"]
    assert complete(hello_of_program([*named, "smtps://mail.example.com:{port}"])).sni == "mail.example.com"


def test_an_old_copier_without_extensions():
    hello = complete(records(hello_message(0x0301, (0x0004, 0x0005, 0x000A, 0x0009), None), version=0x0300))
    assert hello.highest_version == "1.0"
    assert hello.record_version == "SSL 3.0"
    assert hello.extensions == ()
    assert hello.groups is None
    assert hello.signature_schemes is None
    assert names(hello.real_suites) == [
        "TLS_RSA_WITH_RC4_128_MD5",
        "TLS_RSA_WITH_RC4_128_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_RSA_WITH_DES_CBC_SHA",
    ]
    assert fingerprints(hello).ja3_text == "769,4-5-10-9,,,"


def test_the_old_form_of_hello_is_named():
    hello = complete(sslv2_hello())
    assert hello.form == "sslv2"
    assert hello.highest_version == "1.0"
    assert names(hello.cipher_suites) == [
        "SSL_CK_RC4_128_WITH_MD5",
        "TLS_RSA_WITH_RC4_128_MD5",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    ]
    assert fingerprints(hello) is None
    assert complete(sslv2_hello(0x0002, (0x010080,))).highest_version == "SSL 2.0"


def test_a_hello_in_many_records():
    message = hello_message(extensions=(server_name(b"mail.example.com"),))
    hello = complete(records(message, size=7))
    assert hello.records == -(-len(message) // 7)
    assert hello.sni == "mail.example.com"


def test_a_resumed_session_and_the_fallback_signal():
    hello = complete(records(hello_message(suites=(0xC02F, 0x5600), extensions=((0x23, bytes(40)),))))
    assert hello.ticket is True
    assert hello.fallback


def test_every_beginning_of_a_hello_asks_for_more():
    for data in (hello_of_python(), records(hello_message(), size=9), sslv2_hello()):
        for length in range(len(data)):
            reading = read_client_hello(data[:length])
            assert reading.state is HelloState.INCOMPLETE, (length, reading)
        assert read_client_hello(data).state is HelloState.COMPLETE


def test_what_follows_is_not_counted_as_hello():
    data = hello_of_python()
    reading = read_client_hello(data + b"\x14\x03\x03\x00\x01\x01")
    assert (reading.state, reading.used) == (HelloState.COMPLETE, len(data))


@pytest.mark.parametrize(
    ("data", "state", "words"),
    [
        (b"EHLO scanner\r\n", HelloState.PLAIN_TEXT, "EHLO scanner"),
        (b"E", HelloState.PLAIN_TEXT, "“E”"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", HelloState.PLAIN_TEXT, "GET / HTTP/1.1"),
        (b"\x15\x03\x01\x00\x02\x02\x28", HelloState.ALERT, "alert"),
        (b"\x00\x01\x02\x03", HelloState.NOT_TLS, "00 01 02 03"),
        (b"\xff\xff\xff\xff", HelloState.NOT_TLS, "ff ff ff ff"),
        (b"\x16\x02\x00\x00\x05", HelloState.MALFORMED, "no SSL 3.0 or TLS"),
        (b"\x16\x03\x01\x00\x00", HelloState.MALFORMED, "empty handshake record"),
        (b"\x16\x03\x01\x48\x01", HelloState.MALFORMED, "18433 octets"),
        (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", HelloState.MALFORMED, "type 2"),
        (b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", HelloState.MALFORMED, "16777219 octets"),
        (b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", HelloState.MALFORMED, "ends too early"),
    ],
)
def test_what_is_no_hello_is_named(data, state, words):
    reading = read_client_hello(data)
    assert reading.state is state
    assert words in reading.problem


def test_a_broken_list_still_gives_what_came_before():
    message = bytearray(hello_message(0x0301, (0x0005, 0x000A), None))
    message[4 + 2 + 32 + 1 : 4 + 2 + 32 + 3] = numbers(0x00FF)
    reading = read_client_hello(records(bytes(message)))
    assert reading.state is HelloState.MALFORMED
    assert reading.hello.legacy_version == "1.0"
    assert "255 octets announced" in reading.problem


def test_a_broken_extension_spoils_only_itself():
    broken = (0x000A, b"\x00\x50\x00\x17")
    hello = complete(records(hello_message(extensions=(broken, server_name(b"mail.example.com"), (0x17, b"")))))
    assert hello.sni == "mail.example.com"
    assert hello.groups is None
    assert "supported_groups ends too early" in hello.problems[0]
    assert names(hello.extensions) == ["supported_groups", "server_name", "extended_master_secret"]


def test_a_second_record_of_another_kind_breaks_it():
    data = records(hello_message(), size=9)
    reading = read_client_hello(data[:14] + b"\x17" + data[15:])
    assert reading.state is HelloState.MALFORMED
    assert "type 23" in reading.problem


def test_a_hello_without_end_is_given_up():
    endless = b"\x16\x03\x01\x00\x05\x01\x00\xf0\x00\x03" + b"\x16\x03\x01\x00\x01\x03" * MAX_HELLO
    reading = read_client_hello(endless)
    assert reading.state is HelloState.MALFORMED
    assert "without end" in reading.problem


def test_control_characters_in_names_are_made_visible():
    hello = complete(records(hello_message(extensions=(server_name(b"a\x1b[2J\r\n\xff"),))))
    assert hello.sni == "a␛[2J␍␊\\xff"


def test_grease_is_named_and_left_out():
    versions = (0x2B, vector(1, numbers(0x3A3A, 0x0304, 0x0303)))
    groups = (0x0A, vector(2, numbers(0xDADA, 0x001D)))
    hello = complete(records(hello_message(suites=(0x0A0A, 0x1301), extensions=((0xFAFA, b""), versions, groups))))
    assert hello.versions == ("1.3", "1.2")
    assert names(hello.real_suites) == ["TLS_AES_128_GCM_SHA256"]
    assert names(hello.groups) == ["GREASE", "x25519"]
    assert fingerprints(hello).ja3_text == "771,4865,43-10,29,"
    assert fingerprints(hello).ja4.startswith("t13i010200_")


def test_exactly_sixteen_code_points_are_grease():
    assert [code for code in range(0x10000) if is_grease(code)] == GREASE


def test_names_of_the_registries():
    assert name_of("cipher_suites", 0xC014) == "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
    assert name_of("cipher_suites", 0xC09B) == "TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384"
    assert name_of("cipher_suites", 0xCCA8) == "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    assert name_of("cipher_suites", 0x1234) == "0x1234"
    assert name_of("signature_schemes", 0x0804) == "rsa_pss_rsae_sha256"
    assert [say_version(word) for word in ("1.2", "SSL 3.0", "0x0305")] == ["TLS 1.2", "SSL 3.0", "0x0305"]


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl")
def test_openssl_gives_the_suites_the_same_names():
    import subprocess

    shown = subprocess.run(
        ["openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = [(line.split()[0], line.split()[2]) for line in shown.splitlines()]
    assert len(pairs) > 50
    for code, name in pairs:
        assert name_of("cipher_suites", int(code.replace("0x", "").replace(",", ""), 16)) == name


# Published vectors


def test_ja3_of_its_own_documentation():
    groups = (0x0A, vector(2, numbers(23, 24, 25)))
    hello = complete(
        records(
            hello_message(
                0x0301,
                (47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
                (server_name(b"example.com"), groups, (0x0B, vector(1, b"\0"))),
            )
        )
    )
    found = fingerprints(hello)
    assert found.ja3_text == "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
    assert found.ja3 == "ada70206e40642a3e4461f35503241d5"
    without = complete(records(hello_message(0x0301, (4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99), None)))
    assert fingerprints(without).ja3_text == "769,4-5-10-9-100-98-3-6-19-18-99,,,"
    assert fingerprints(without).ja3 == "de350869b8c85de67a350c8d186f11e6"


def chrome(*, schemes: bool = True) -> bytes:
    suites = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"
    extensions = "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015"
    bodies = {
        "0000": server_name(b"example.com")[1],
        "0010": vector(2, vector(1, b"h2") + vector(1, b"http/1.1")),
        "0033": vector(2, b""),
        "000d": vector(
            2, numbers(*(int(code, 16) for code in ["0403", "0804", "0401", "0503", "0805", "0501", "0806", "0601"]))
        ),
        "002b": vector(1, numbers(0x1A1A, 0x0304, 0x0303)),
        "000b": vector(1, b"\0"),
        "000a": vector(2, numbers(0x2A2A, 29, 23, 24)),
    }
    if not schemes:
        bodies["000d"] = vector(2, b"")
    listed = tuple((int(code, 16), bodies.get(code, b"")) for code in extensions.split(","))
    return records(
        hello_message(
            suites=(0x8A8A, *(int(code, 16) for code in suites.split(","))), extensions=((0x9A9A, b""), *listed)
        )
    )


def test_ja4_of_its_own_documentation():
    found = fingerprints(complete(chrome()))
    assert found.ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert found.ja4_raw == (
        "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_"
        "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_"
        "0403,0804,0401,0503,0805,0501,0806,0601"
    )
    assert fingerprints(complete(chrome(schemes=False))).ja4.endswith("_6d807ffa2a79")


@pytest.mark.parametrize(
    ("first", "ends"),
    [
        ("ab", "ab"),
        ("abcd", "ad"),
        ("30ab", "3b"),
        ("3031abcd", "3d"),
        ("30abcd31", "01"),
        (b"x".hex(), "xx"),
        (b"http/1.1".hex(), "h1"),
        ("", "00"),
    ],
)
def test_ja4_ends_of_alpn(first, ends):
    protocols = vector(2, vector(1, bytes.fromhex(first)))
    hello = complete(records(hello_message(extensions=((0x10, protocols),))))
    assert fingerprints(hello).ja4.split("_")[0] == f"t12i0101{ends}"


def test_ja4_where_there_is_nothing():
    hello = complete(records(hello_message(0x0303, (), None)))
    assert fingerprints(hello).ja4 == "t12i000000_000000000000_000000000000"


# Rubbish

GOOD = [hello_of_python(), chrome(), sslv2_hello(), records(hello_message(), size=5)]


@given(st.binary(max_size=600))
def test_rubbish_never_raises(data):
    reading = read_client_hello(data)
    assert reading.state in HelloState
    assert bool(reading.problem) is (reading.state not in {HelloState.COMPLETE, HelloState.INCOMPLETE})


@given(st.binary(max_size=400))
def test_rubbish_in_a_record_never_raises(data):
    reading = read_client_hello(records(b"\x01" + vector(3, data)) if data else b"")
    if reading.hello is not None:
        fingerprints(reading.hello)


@given(st.sampled_from(GOOD), st.data())
def test_a_bent_hello_never_raises(good, draw):
    bent = bytearray(good)
    for _change in range(draw.draw(st.integers(1, 6))):
        bent[draw.draw(st.integers(0, len(bent) - 1))] = draw.draw(st.integers(0, 255))
    reading = read_client_hello(bytes(bent))
    if reading.hello is not None:
        fingerprints(reading.hello)
        assert all(point.name for point in reading.hello.cipher_suites)
