"""Entry of Sendproof.exe: with arguments the terminal program, without any the window."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the arguments ask for and return the exit status."""
    if len(sys.argv) > 1:
        from core.cli.main import main as terminal

        return int(terminal() or 0)
    from gui.app import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
