"""What is left out of the .exe: each file makes the download larger and each start slower."""

from __future__ import annotations

import re

EXCLUDED_MODULES = [
    "tkinter", "_tkinter", "unittest", "doctest", "pydoc", "pdb", "test", "setuptools", "pip", "pkg_resources",
    "sqlite3", "PIL", "lib2to3", "distutils", "curses", "pycparser", "xmlrpc", "multiprocessing", "ensurepip",
    "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets",
    "PySide6.QtDBus", "PySide6.QtTest", "PySide6.QtSql", "PySide6.QtXml", "PySide6.QtSvg", "PySide6.QtConcurrent",
    # parts of dnspython that ask over HTTPS or QUIC, or for DNSSEC; and of email-validator, msgspec
    "httpx", "httpcore", "h2", "aioquic", "trio", "anyio", "sniffio", "wmi", "win32com", "pythoncom", "curio",
    "yaml", "tomli_w", "tomlkit", "attr", "DNS", "authres", "pydns", "ipaddr",
]  # fmt: skip

_NOT_NEEDED = re.compile(
    r"(^|[\\/])(opengl32sw|d3dcompiler_47|MSVCP140_(2|codecvt_ids)"
    r"|Qt6(Network|Qml\w*|Quick\w*|OpenGL\w*|Pdf|Svg|VirtualKeyboard|DBus))\.dll$"
    r"|plugins[\\/](tls|networkinformation|generic|platforminputcontexts|sqldrivers|iconengines|imageformats)[\\/]"
    r"|platforms[\\/]q(direct2d|minimal|offscreen)\.dll$",
    re.IGNORECASE,
)
"""Software OpenGL, network, QML and databases of Qt, and formats of pictures that the window has none of (PNG and ICO
are in Qt6Gui itself)."""


def needed(name: str) -> bool:
    """Return whether a file belongs into the program; `name` is its path inside it."""
    return not _NOT_NEEDED.search(name) and not re.search(r"translations[\\/]qt|[\\/]translations[\\/].*\.qm$", name)
