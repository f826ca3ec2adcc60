"""What is left out of the .exe: each file makes the download larger and each start slower."""

from __future__ import annotations

import re

EXCLUDED_MODULES = [
    "tkinter", "_tkinter", "unittest", "doctest", "pydoc", "pdb", "test", "setuptools", "pip", "pkg_resources",
    "sqlite3", "PIL", "lib2to3", "distutils", "pycparser", "xmlrpc", "multiprocessing", "ensurepip", "bz2",
    "_bz2", "tarfile", "_pydecimal", "_pydatetime", "statistics", "fractions", "py_compile", "curses", "_wmi",
    "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets",
    "PySide6.QtDBus", "PySide6.QtTest", "PySide6.QtSql", "PySide6.QtXml", "PySide6.QtSvg", "PySide6.QtConcurrent",
    # parts of dnspython that ask over HTTPS or QUIC, or for DNSSEC; and of email-validator, msgspec
    "httpx", "httpcore", "h2", "aioquic", "trio", "anyio", "sniffio", "wmi", "win32com", "pythoncom", "curio",
    "yaml", "tomli_w", "tomlkit", "DNS", "authres", "pydns", "ipaddr",
]  # fmt: skip

_NOT_NEEDED = re.compile(
    r"(^|[\\/])(opengl32sw|d3dcompiler_47|MSVCP140_codecvt_ids"
    r"|Qt6(Network|Qml\w*|Quick\w*|OpenGL\w*|Pdf|Svg|VirtualKeyboard|DBus))\.dll$"
    r"|plugins[\\/](tls|networkinformation|generic|platforminputcontexts|sqldrivers|iconengines|imageformats)[\\/]"
    r"|PySide6[\\/]translations[\\/]"
    r"|platforms[\\/]q(direct2d|minimal|offscreen)\.dll$",
    re.IGNORECASE,
)
"""Software OpenGL, network, QML and databases of Qt, and formats of pictures that the window has none of (PNG and ICO
are in Qt6Gui itself)."""


_NOT_NEEDED_HERE = re.compile(
    r"\.dist-info[\\/]|plugins[\\/]styles[\\/]|PySide6[\\/](MSVCP140|VCRUNTIME140(_1)?)\.dll$|shiboken6[\\/]VCRUNTIME140\.dll$",
    re.IGNORECASE,
)
"""What a bare window program would have and this one does not use: it draws itself in the style Fusion; and second
copies of the C and C++ runtime. Python's and shiboken6's are loaded by then, and Windows loads no library of the same
name again (learn.microsoft.com/windows/win32/dlls/dynamic-link-library-search-order)."""


def needed(name: str) -> bool:
    """Return whether a file belongs into a program with a window; `name` is its path inside it."""
    return not _NOT_NEEDED.search(name)


def needed_here(name: str) -> bool:
    """Return whether a file belongs into this program."""
    return needed(name) and not _NOT_NEEDED_HERE.search(name)
