"""Text for Markdown: whatever a policy or a finding says is shown, and none of it becomes markup, a link or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from .wording import visible

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~&#$@])")
_SPACE: Final = re.compile(r"[^\S\u00a0\u202f]+")
"""All but the spaces that must not break a line, which French and German numbers have."""
_LINKED: Final = re.compile(r"(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)
_AT_START: Final = re.compile(r"^([+\-=]|[0-9]+(?=[.)]))")


def escaped(text: str) -> str:
    """The text on one line, with every character that Markdown (CommonMark, GitHub's and Hugging Face's) reads escaped."""
    line = _SPECIAL.sub(r"\\\1", _SPACE.sub(" ", visible(text)).strip())
    line = _LINKED.sub(lambda found: "\\" + found[0], line)
    start = _AT_START.match(line)
    if start is None:
        return line
    mark = start[0]
    return f"\\{line}" if not mark[0].isdigit() else f"{mark}\\{line[len(mark) :]}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; cells are escaped here."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return [*lines, *("| " + " | ".join(escaped(cell) or " " for cell in row) + " |" for row in rows)]


def bullets(items: Iterable[str]) -> list[str]:
    """Lines of a list; items are escaped here."""
    return [f"- {escaped(item)}" for item in items]
