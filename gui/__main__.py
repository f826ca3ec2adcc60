"""Entry of Sendproof.exe: with arguments the terminal program, without any the window."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run what the arguments ask for and return the exit status."""
    if len(sys.argv) > 1:
        from core.cli.main import main as terminal
        from core.reports.pdf import use

        use(_paint)
        return int(terminal() or 0)
    from gui.app import run

    return run()


def _paint(html: str, path: Path, title: str) -> None:
    from gui.pdf_writer import write  # Qt is loaded for a PDF, and for nothing else in the terminal

    write(html, path, title)


if __name__ == "__main__":
    sys.exit(main())
