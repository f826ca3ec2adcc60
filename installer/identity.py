"""Who the .exe says it is: Windows' version resource and the application manifest."""

from __future__ import annotations

from pathlib import Path

PRODUCT = "Sendproof"
DESCRIPTION = "Finds out why a copier can't send scans by e-mail"
"""What Windows shows as the program's name in its lists and questions."""
COPYRIGHT = "The Sendproof contributors, MIT licence"
FILE_NAME = f"{PRODUCT}.exe"

_VERSION_RESOURCE = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1,
                    subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable('040904B0', [{strings}])]),
    VarFileInfo([VarStruct('Translation', [0x0409, 1200])]),
  ])
"""


def version_numbers(version: str) -> tuple[int, int, int, int]:
    """Return Windows' four numbers for a version such as "1.2.3". Raises ValueError for anything else."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and int(part) < 65536 for part in parts):
        raise ValueError(f"{version!r} is no version of three numbers")
    major, minor, patch = map(int, parts)
    return major, minor, patch, 0


def version_resource(version: str, *, description: str = DESCRIPTION, file_name: str = FILE_NAME) -> str:
    """Return the version resource in PyInstaller's notation, which its `version=` takes from a file."""
    strings = {
        "CompanyName": PRODUCT,
        "FileDescription": description,
        "FileVersion": version,
        "InternalName": PRODUCT,
        "LegalCopyright": COPYRIGHT,
        "OriginalFilename": file_name,
        "ProductName": PRODUCT,
        "ProductVersion": version,
    }
    listed = ", ".join(f"StringStruct({name!r}, {value!r})" for name, value in strings.items())
    return _VERSION_RESOURCE.format(numbers=version_numbers(version), strings=listed)


def manifest(version: str) -> str:
    """Return the application manifest: no administrator, per-monitor DPI, long paths, today's controls."""
    text = Path(__file__).with_name("manifest.xml").read_text(encoding="utf-8")
    return text.format(version=".".join(map(str, version_numbers(version))))
