"""Signature, list of parts, licences, manifests of the stores, checks of libraries."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from installer import linkage, parts, sign, stores
from installer.measure import Figures, table
from installer.pe import Image

ROOT = Path(__file__).resolve().parents[2]
COMPILER = shutil.which("x86_64-w64-mingw32-gcc")
needs_compiler = pytest.mark.skipif(not COMPILER, reason="no MinGW here")
needs_signer = pytest.mark.skipif(
    not (COMPILER and shutil.which("osslsigncode")), reason="no MinGW or osslsigncode here"
)


@pytest.fixture(scope="module")
def windows_files(tmp_path_factory):
    """A library that offers a function, and a program that needs it."""
    folder = tmp_path_factory.mktemp("pe")
    (folder / "own.c").write_text("__declspec(dllexport) int answer(void) { return 42; }\n")
    (folder / "program.c").write_text("int answer(void); int main(void) { return answer(); }\n")
    for arguments in (["-shared", "-o", "own.dll", "own.c"], ["-o", "program.exe", "program.c", "own.dll"]):
        subprocess.run([COMPILER, "-s", *arguments], cwd=folder, check=True)
    return folder


@needs_compiler
def test_what_a_program_needs_and_a_library_offers_is_read(windows_files):
    program = Image((windows_files / "program.exe").read_bytes())
    assert {"own.dll", "kernel32.dll"} <= program.imported()
    assert Image((windows_files / "own.dll").read_bytes()).exported() == ["answer"]
    assert program.exported() == []
    assert not program.wine_builtin


@pytest.mark.parametrize("content", [b"", b"MZ", b"\x7fELF" + bytes(100), b"MZ" + bytes(100)])
def test_what_is_no_windows_program_is_refused(content):
    with pytest.raises(ValueError, match="Windows program"):
        Image(content)


@needs_compiler
def test_a_missing_and_a_wine_library_are_reported(windows_files, tmp_path):
    shutil.copy(windows_files / "program.exe", tmp_path)
    found = " ".join(linkage.problems(tmp_path))
    assert "program.exe needs own.dll" in found
    library = bytearray((windows_files / "own.dll").read_bytes())
    (tmp_path / "own.dll").write_bytes(library)
    assert not any("own.dll," in problem for problem in linkage.problems(tmp_path))
    library[64:80] = b"Wine builtin DLL"
    (tmp_path / "own.dll").write_bytes(library)
    assert "own.dll is Wine's, not Windows'." in linkage.problems(tmp_path)


@pytest.fixture
def certificate(tmp_path):
    """A throw-away certificate for signing code: the .pfx and the .pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sendproof throw-away")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pfx = tmp_path / "root.pem", tmp_path / "sign.pfx"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pfx.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"sendproof", key, made, None, serialization.BestAvailableEncryption(b"se cret")
        )
    )
    return pfx, pem


@needs_signer
def test_a_program_is_signed_with_a_throw_away_certificate(windows_files, certificate, tmp_path):
    pfx, pem = certificate
    program = tmp_path / "program.exe"
    shutil.copy(windows_files / "program.exe", program)
    assert not sign.is_signed_by(program, pem)
    environment = {"SENDPROOF_SIGN_PFX": str(pfx), "SENDPROOF_SIGN_PASSWORD": "se cret"}
    assert sign.sign(program, "What it does", environment)
    assert sign.is_signed_by(program, pem)
    changed = bytearray(program.read_bytes())
    changed[0x400] ^= 1
    program.write_bytes(changed)
    assert not sign.is_signed_by(program, pem)


@needs_signer
def test_a_wrong_password_or_a_missing_file_fails_loudly(windows_files, certificate, tmp_path):
    program = tmp_path / "program.exe"
    shutil.copy(windows_files / "program.exe", program)
    before = program.read_bytes()
    wrong = {"SENDPROOF_SIGN_PFX": str(certificate[0]), "SENDPROOF_SIGN_PASSWORD": "wrong"}
    for environment in (wrong, {"SENDPROOF_SIGN_PFX": str(tmp_path / "none.pfx")}):
        with pytest.raises(sign.SigningFailed):
            sign.sign(program, "What it does", environment)
    assert program.read_bytes() == before


def test_without_a_certificate_nothing_is_signed(tmp_path):
    assert sign.sign(tmp_path / "none.exe", "What it does", {}) is False


@pytest.fixture
def site(tmp_path):
    """A site-packages folder: two packages, of which one was frozen."""
    for name, expression, files in (
        ("used", "MIT", ["used/__init__.py", "used/fast.pyd", "../../bin/used"]),
        ("unused", "MIT", ["unused.py"]),
    ):
        info = tmp_path / f"{name}-1.0.dist-info"
        (info / "licenses").mkdir(parents=True)
        (info / "licenses" / "LICENSE").write_text(f"The licence of {name}.\n")
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: {expression}\n"
            f"Project-URL: Homepage, https://{name}.example.com/\n\nText\n"
        )
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files) + f"{info.name}/METADATA,,\n")
    return tmp_path


@pytest.mark.parametrize(
    "contents",
    [
        {"modules": ["used"], "files": []},
        {"modules": [], "files": [["used\\fast.pyd", r"Z:\site-packages\used\fast.pyd"]]},
    ],
)
def test_only_what_was_frozen_is_listed(site, contents):
    (part,) = parts.frozen_packages(site, contents)
    assert (part.name, part.version, part.licence, part.home) == ("used", "1.0", "MIT", "https://used.example.com/")
    text = parts.licence_file([part], "6.9.3")
    assert "used 1.0: MIT" in text
    assert "The licence of used." in text
    assert "You may replace them" in text


def test_a_package_without_a_stated_licence_stops_the_build(site):
    metadata = site / "used-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("License-Expression: MIT\n", ""))
    with pytest.raises(ValueError, match="no licence of used"):
        parts.frozen_packages(site, {"modules": ["used"], "files": []})


def test_every_package_that_is_needed_has_a_stated_licence_with_its_text():
    """Of this environment's packages: so a new dependency shows here, and not only when the program is built."""
    wanted, needed = [re.split("[^A-Za-z0-9._-]", line)[0] for line in metadata.requires("sendproof") or ()
                      if "extra ==" not in line], {}  # fmt: skip
    while wanted:
        name = wanted.pop().lower()
        if name in needed:
            continue
        info = metadata.distribution(name)
        needed[name] = parts.part_of(info._path)
        wanted += [re.split("[^A-Za-z0-9._-]", line)[0] for line in info.requires or ()
                   if ";" not in line]  # fmt: skip
    licences = {name: part.licence for name, part in needed.items()}
    assert licences["jinja2"] == licences["markupsafe"] == "BSD-3-Clause"
    assert (licences["aiosmtpd"], licences["attrs"], licences["atpublic"]) == ("Apache-2.0", "MIT", "Apache-2.0")
    assert all(part.texts for name, part in needed.items() if not name.startswith(("pyside6", "shiboken6", "pyspf")))
    text = parts.licence_file(needed.values(), "6.9.3")
    assert all(f"{part.name} {part.version}: {part.licence} (https://" in text for part in needed.values())


def test_the_list_of_parts_names_each_once_with_what_is_inside_it(tmp_path, site):
    nested = tmp_path / "rust.json"
    crate = {
        "type": "library",
        "name": "asn1",
        "version": "0.1",
        "purl": "pkg:cargo/asn1@0.1",
        "bom-ref": "x",
        "hashes": [],
    }
    nested.write_text(json.dumps({"components": [crate, crate]}))
    versions = {"python": "3.12.1", "openssl": "3.0.11", "qt": "6.9.3", "pyinstaller": "6", "zlib": "1.3"}
    everything = parts.platform_parts(versions, ROOT / "resources" / "licences")
    everything += parts.frozen_packages(site, {"modules": ["used"], "files": []})
    listed = parts.sbom("1.2.3", "ab" * 32, everything, [nested], "2026-01-02T03:04:05+00:00")
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    references = [component["bom-ref"] for component in listed["components"]]
    assert len(references) == len(set(references)) == len(everything) + 1
    assert listed["dependencies"][0]["dependsOn"] == references
    assert listed["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert all(path.is_file() for part in everything for path in part.texts)
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in parts.licence_file(everything, "6.9.3")


def test_the_stores_are_told_version_hash_and_place():
    files = stores.winget("1.2.3", "2026-01-02", "https://example.com/p", "https://example.com/p/s.exe", "ab" * 32)
    lines = {line for text in files.values() for line in text.splitlines()}
    assert {
        "PackageVersion: 1.2.3",
        f"  InstallerSha256: {'AB' * 32}",
        "Scope: user",
        "InstallerType: nullsoft",
    } <= lines
    assert "ShortDescription: 'Finds out why a copier can''t send scans by e-mail.'" in lines
    assert {text.splitlines()[-2] for text in files.values()} == {
        "ManifestType: version", "ManifestType: defaultLocale", "ManifestType: installer"}  # fmt: skip
    scoop = json.loads(
        stores.scoop("1.2.3", "https://github.com/a/b", "https://github.com/a/b/v1.2.3/S.exe", "AB" * 32)
    )
    assert scoop["architecture"]["64bit"] == {"url": "https://github.com/a/b/v1.2.3/S.exe", "hash": "ab" * 32}
    assert scoop["autoupdate"]["architecture"]["64bit"]["url"] == "https://github.com/a/b/v$version/S.exe"
    assert "checkver" not in json.loads(stores.scoop("1.2.3", "https://example.com/p", "https://example.com/", "ab"))


def test_figures_stand_beside_the_bare_programs():
    text = table({"one": Figures(25_000_000, 1.3), "bare": Figures(20_000_000, 1.0)}, "bare")
    assert text.splitlines()[1].split() == ["one", "25.0", "MB", "1.25", "1.30", "s", "1.30"]
