"""What Sendproof.exe begins with: makes the process safe, gives it its console, and hands over to the program."""

from __future__ import annotations

import sys

from installer import late, startup

startup.harden()
late.install()

if __name__ == "__main__":
    sys.exit(startup.run())
