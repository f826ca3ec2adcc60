"""Manifests for the package managers winget and Scoop, made from version and hash."""

from __future__ import annotations

import json

from installer.identity import DESCRIPTION

WINGET_ID = "Sendproof.Sendproof"
WINGET_SCHEMA = "1.6.0"


def winget(version: str, date: str, home: str, setup_url: str, setup_sha256: str) -> dict[str, str]:
    """Return winget's three files, name to content. `date` is the release's, as YYYY-MM-DD."""

    def document(kind: str, body: str) -> str:
        return (
            f"# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.{WINGET_SCHEMA}.schema.json\n"
            f"PackageIdentifier: {WINGET_ID}\nPackageVersion: {version}\n{body}"
            f"ManifestType: {kind}\nManifestVersion: {WINGET_SCHEMA}\n"
        )

    return {
        f"{WINGET_ID}.yaml": document("version", "DefaultLocale: en-US\n"),
        f"{WINGET_ID}.locale.en-US.yaml": document(
            "defaultLocale",
            "PackageLocale: en-US\nPublisher: Sendproof\nPackageName: Sendproof\n"
            f"PackageUrl: {home}\nLicense: MIT\n"
            f"ShortDescription: {_quoted(DESCRIPTION + '.')}\n"
            "Tags:\n- smtp\n- email\n- copier\n- diagnostics\n",
        ),
        f"{WINGET_ID}.installer.yaml": document(
            "installer",
            "InstallerType: nullsoft\nScope: user\nUpgradeBehavior: install\n"
            f"ReleaseDate: {date}\nMinimumOSVersion: 10.0.17763.0\n"
            f"Installers:\n- Architecture: x64\n  InstallerUrl: {setup_url}\n"
            f"  InstallerSha256: {setup_sha256.upper()}\n",
        ),
    }


def _quoted(text: str) -> str:
    """YAML's plain single quotes."""
    return "'" + text.replace("'", "''") + "'"


def scoop(version: str, home: str, url: str, sha256: str) -> str:
    """Return Scoop's manifest for the one file at `url`."""
    manifest = {
        "version": version,
        "description": DESCRIPTION + ".",
        "homepage": home,
        "license": "MIT",
        "architecture": {"64bit": {"url": url, "hash": sha256.lower()}},
        "bin": "Sendproof.exe",
        "shortcuts": [["Sendproof.exe", "Sendproof"]],
        **({"checkver": {"github": home}} if home.startswith("https://github.com/") else {}),
        "autoupdate": {"architecture": {"64bit": {"url": url.replace(version, "$version")}}},
    }
    return json.dumps(manifest, indent=4) + "\n"
