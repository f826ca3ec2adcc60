"""Reads documents as a Markdown reader does: what stands in code, and what does not."""

from __future__ import annotations

import re


def without_code(text: str) -> str:
    """Return `text` without code blocks and code spans."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        opening = re.match(r"\s*(`{3,})text$", line)
        if fence:
            if line.strip() == fence:
                fence = ""
        elif opening:
            fence = opening[1]
        else:
            lines.append(line)
    assert not fence, "a block was never closed"
    return re.sub(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", "\n".join(lines))
