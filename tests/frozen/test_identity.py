"""What the .exe says of itself: icon, version, manifest."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import core
from installer import icon
from installer.identity import manifest, version_numbers, version_resource

WINDOWS_SETTINGS = "{http://schemas.microsoft.com/SMI/2016/WindowsSettings}"


def test_the_manifest_asks_for_no_administrator_and_knows_screens_and_long_paths():
    tree = ElementTree.fromstring(manifest(core.__version__))
    (level,) = tree.iter("{urn:schemas-microsoft-com:asm.v3}requestedExecutionLevel")
    assert level.attrib == {"level": "asInvoker", "uiAccess": "false"}
    assert tree.findtext(f".//{WINDOWS_SETTINGS}dpiAwareness").startswith("PerMonitorV2")
    assert tree.findtext(f".//{WINDOWS_SETTINGS}longPathAware") == "true"
    assert tree.find("{urn:schemas-microsoft-com:asm.v1}assemblyIdentity").get("version") == f"{core.__version__}.0"


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "1.2.x", "1.2.-3", "1.2.70000", ""])
def test_a_version_windows_could_not_hold_is_refused(version):
    with pytest.raises(ValueError, match="no version"):
        version_numbers(version)


def test_the_version_resource_holds_the_numbers_and_the_words():
    found = {}

    def note(name):
        def take(*values, **named):
            found.setdefault(name, []).append((values, named))
            return values

        return take

    names = ("VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "StringStruct", "VarFileInfo")
    eval(version_resource("1.22.3"), {name: note(name) for name in (*names, "VarStruct")})
    ((_, fixed),) = found["FixedFileInfo"]
    assert fixed["filevers"] == fixed["prodvers"] == (1, 22, 3, 0)
    words = dict(values for values, _ in found["StringStruct"])
    assert words["ProductVersion"] == words["FileVersion"] == "1.22.3"
    assert words["FileDescription"] == "Finds out why a copier can't send scans by e-mail"
    assert words["OriginalFilename"] == "Sendproof.exe"


def test_the_icon_has_all_sizes_and_is_the_one_the_window_draws(qapp):
    kept = icon.ICON.read_bytes()
    assert icon.sizes(kept) == list(icon.SIZES)
    from PySide6.QtGui import QImage

    entry = 6 + 16 * icon.SIZES.index(48)
    length, offset = (int.from_bytes(kept[entry + at : entry + at + 4], "little") for at in (8, 12))
    drawn, stored = (QImage.fromData(data) for data in (icon.draw_png(48), kept[offset : offset + length]))
    assert stored.width() == 48
    apart = [
        (x, y)
        for x in range(48)
        for y in range(48)
        if any(
            abs(a - b) > 24
            for a, b in zip(drawn.pixelColor(x, y).getRgb(), stored.pixelColor(x, y).getRgb(), strict=True)
        )
    ]
    assert apart == [], "gui/icons.py draws another picture: python -m installer.icon"


def test_what_is_no_icon_is_refused():
    with pytest.raises(ValueError, match=r"no \.ico"):
        icon.sizes(b"\x89PNG\r\n\x1a\n")
