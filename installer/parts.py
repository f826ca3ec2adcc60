"""What went into the .exe: packages with versions and licences, found from the very files that were frozen."""

from __future__ import annotations

import csv
import email
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody else's work inside the program. `licence` is an SPDX expression; `texts` are licence files."""

    name: str
    version: str
    licence: str
    home: str = ""
    purl: str = ""
    texts: tuple[Path, ...] = field(default=())


_LICENCES = {
    "pyspf": "PSF-2.0",
    "pyside6-essentials": "LGPL-3.0-only",
    "shiboken6": "LGPL-3.0-only",
    "msgspec": "BSD-3-Clause",
    "aiosmtplib": "MIT",
    "dnspython": "ISC",
    "certifi": "MPL-2.0",
    "cffi": "MIT-0",
    "cryptography": "Apache-2.0 OR BSD-3-Clause",
    "idna": "BSD-3-Clause",
    "email-validator": "Unlicense",
    "jinja2": "BSD-3-Clause",
    "aiosmtpd": "Apache-2.0",
    "atpublic": "Apache-2.0",
}
"""Licences of packages that don't state theirs as an SPDX expression, and Qt's, of which one is chosen."""

_HOMES = ("homepage", "home", "home page", "repository", "source", "source code", "github")
"""What packages call their home among their links, the best first."""


def frozen_packages(site: Path, contents: dict[str, Any]) -> list[Part]:
    """Return the packages of a site-packages folder of which at least one file was frozen.

    `contents` is what the spec wrote: {"modules": [name…], "files": [[path inside, source]…]}. Raises ValueError for
    a package whose licence nobody stated.
    """
    modules = set(contents["modules"])
    sources = {source.replace("\\", "/").lower() for _, source in contents["files"]}
    parts = []
    for info in sorted(site.glob("*.dist-info")):
        with (info / "RECORD").open(encoding="utf-8", newline="") as record:
            files = [row[0] for row in csv.reader(record) if row and not row[0].startswith((info.name, "../"))]
        if any(_module(name) in modules or _is_source(name, sources) for name in files):
            parts.append(part_of(info))
    return parts


def _module(name: str) -> str:
    """The module a file of a package is, or a word that no module is called."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") if name.endswith(".py") else "-"


def _is_source(name: str, sources: Iterable[str]) -> bool:
    tail = "/site-packages/" + name.lower()
    return any(source.endswith(tail) for source in sources)


def part_of(info: Path) -> Part:
    """Return the package with the folder `info` of metadata. Raises ValueError if nobody stated its licence."""
    data: Message = email.message_from_string((info / "METADATA").read_text(encoding="utf-8"))
    name = data["Name"].lower().replace("_", "-")
    licence = _LICENCES.get(name) or data["License-Expression"]
    if not licence:
        raise ValueError(f"installer/parts.py knows no licence of {name}")
    texts = [
        path
        for path in sorted(info.rglob("*"))
        if path.is_file() and path.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS"))
    ]
    links = dict(each.split(", ", 1) for each in data.get_all("Project-URL", []) if ", " in each)
    named = {label.lower(): address for label, address in links.items()}
    home = data["Home-page"] or next(
        (named[label] for label in _HOMES if label in named),
        f"https://pypi.org/project/{name}/",
    )
    return Part(name, data["Version"], licence, home, f"pkg:pypi/{name}@{data['Version']}", tuple(texts))


def platform_parts(versions: dict[str, str], licences: Path) -> list[Part]:
    """Return the parts that are no package of the index. `versions`: python, openssl, qt, pyinstaller, zlib, libffi."""
    python, openssl, qt = versions["python"], versions["openssl"], versions["qt"]
    psf = (licences / "python.txt",)
    return [
        Part("CPython", python, "PSF-2.0", "https://www.python.org/", f"pkg:generic/cpython@{python}", psf),
        Part(
            "OpenSSL",
            openssl,
            "Apache-2.0",
            "https://openssl-library.org/",
            f"pkg:generic/openssl@{openssl}",
            (licences / "openssl.txt",),
        ),
        Part(
            "Qt",
            qt,
            "LGPL-3.0-only",
            "https://www.qt.io/",
            f"pkg:generic/qt@{qt}",
            (licences / "qt-lgpl-3.0.txt", licences / "gpl-3.0.txt"),
        ),
        Part(
            "PyInstaller bootloader",
            versions["pyinstaller"],
            "GPL-2.0-or-later WITH Bootloader-exception",
            "https://pyinstaller.org/",
            f"pkg:pypi/pyinstaller@{versions['pyinstaller']}",
        ),
        Part("zlib", versions["zlib"], "Zlib", "https://zlib.net/", f"pkg:generic/zlib@{versions['zlib']}", psf),
        Part("libffi", "3", "MIT", "https://sourceware.org/libffi/", "pkg:generic/libffi", psf),
        Part("XZ Utils (liblzma)", "5", "0BSD", "https://tukaani.org/xz/", "pkg:generic/xz", psf),
        Part("libmpdec", "2", "BSD-2-Clause", "https://www.bytereef.org/mpdecimal/", "pkg:generic/mpdecimal", psf),
        Part(
            "Microsoft Visual C++ runtime",
            "14",
            "LicenseRef-Microsoft-Visual-Cpp-Redistributable",
            "https://visualstudio.microsoft.com/license-terms/",
            "pkg:generic/vcruntime",
        ),
    ]


def sbom(version: str, sha256: str, parts: Iterable[Part], nested: Iterable[Path], timestamp: str) -> dict[str, Any]:
    """Return the list of parts as CycloneDX 1.6. `nested`: such lists that packages bring of what is in them."""
    components = []
    for part in parts:
        component: dict[str, Any] = {
            "type": "library",
            "name": part.name,
            "version": part.version,
            "licenses": [_licence(part.licence)],
            "externalReferences": [{"type": "website", "url": part.home}],
        }
        if part.purl:
            component |= {"bom-ref": part.purl, "purl": part.purl}
        components.append(component)
    seen = {component.get("bom-ref") for component in components}
    for path in nested:
        for component in json.loads(path.read_text(encoding="utf-8")).get("components", []):
            kept = {
                key: component[key] for key in ("type", "name", "version", "purl", "licenses") if component.get(key)
            }
            reference = kept.get("purl") or f"{kept['name']}@{kept.get('version', '')}"
            if reference not in seen:
                seen.add(reference)
                components.append({**kept, "bom-ref": reference})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": timestamp,
            "component": {
                "type": "application",
                "bom-ref": f"sendproof@{version}",
                "name": "Sendproof",
                "version": version,
                "licenses": [{"license": {"id": "MIT"}}],
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            },
        },
        "components": components,
        "dependencies": [
            {
                "ref": f"sendproof@{version}",
                "dependsOn": [component["bom-ref"] for component in components if "bom-ref" in component],
            }
        ],
    }


def _licence(expression: str) -> dict[str, Any]:
    if expression.startswith("LicenseRef-"):
        return {"license": {"name": expression.removeprefix("LicenseRef-").replace("-", " ")}}
    if " " in expression:
        return {"expression": expression}
    return {"license": {"id": expression}}


_LGPL = """\
Qt and PySide6 under the LGPL
=============================

Sendproof uses the libraries Qt {qt} and PySide6 (Qt for Python) under the GNU Lesser General Public License, version 3.
They are not changed. Their sources: https://download.qt.io/official_releases/qt/ and
https://download.qt.io/official_releases/QtForPython/ .

You may replace them by your own build of them, and study the program for that purpose:

- In the zipped folder they are the files _internal\\PySide6\\Qt6*.dll and _internal\\shiboken6\\*: put yours in their
  place.
- The one file holds the same files. Sendproof's sources are open (MIT); installer/ builds it with your libraries.
"""


def licence_file(parts: Iterable[Part], qt: str) -> str:
    """Return the text of the third-party licence file: who, which version, which licence, and the licences' texts."""
    parts = list(parts)
    lines = ["What others have written and Sendproof contains", "=" * 47, ""]
    lines += [f"{part.name} {part.version}: {part.licence} ({part.home})" for part in parts]
    lines += ["", "", _LGPL.format(qt=qt)]
    shown: set[str] = set()
    for part in parts:
        for path in part.texts:
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            if text not in shown:
                shown.add(text)
                title = f"{part.name}: {path.name}"
                lines += ["", "", title, "=" * len(title), "", text]
    return "\n".join(lines) + "\n"
