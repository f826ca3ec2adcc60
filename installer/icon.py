"""Makes the .exe's icon: the same picture as the window's, drawn by the same function, in all sizes Windows asks for.

    python -m installer.icon

writes installer/sendproof.ico, which is kept in the repository: a build needs no drawing.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

SIZES = (16, 20, 24, 32, 40, 48, 64, 96, 128, 256)
"""Small, medium and large icons at 100, 125, 150, 200 and 400 %."""
ICON = Path(__file__).with_name("sendproof.ico")


def draw_png(size: int) -> bytes:
    """Return the program's icon as a PNG with `size` pixels a side. Needs a QGuiApplication."""
    from PySide6.QtCore import QBuffer, QIODevice, QRectF
    from PySide6.QtGui import QColor, QImage, QPainter

    from gui.icons import draw_program_icon

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    painter = QPainter(image)
    draw_program_icon(painter, QRectF(0, 0, size, size))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def pack(pictures: dict[int, bytes]) -> bytes:
    """Return an .ico of PNG pictures, size in pixels to picture (ICONDIR, then ICONDIRENTRYs, then the pictures)."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    entries, bodies = b"", b""
    for size, picture in sorted(pictures.items()):
        side = size % 256  # 256 is written as 0
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), offset + len(bodies))
        bodies += picture
    return head + entries + bodies


def sizes(icon: bytes) -> list[int]:
    """Return the sizes of the pictures in an .ico, in pixels."""
    reserved, kind, count = struct.unpack_from("<HHH", icon)
    if (reserved, kind) != (0, 1):
        raise ValueError("this is no .ico")
    return [icon[6 + 16 * index] or 256 for index in range(count)]


def main() -> None:
    """Draw and write the icon."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication([])
    ICON.write_bytes(pack({size: draw_png(size) for size in SIZES}))
    application.quit()
    print(f"{ICON.name}: {', '.join(map(str, sizes(ICON.read_bytes())))} pixels, {ICON.stat().st_size} bytes")


if __name__ == "__main__":
    main()
