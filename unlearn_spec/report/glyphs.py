"""Which characters the fonts inside the Typst wheel can show: the others are written out, so that no name stops a report.

Libertinus Serif for text, DejaVu Sans Mono for code and symbols. Scripts written from right to left are left out, for
mixed lines would be read in an order that nobody wrote. The list is data; a test sets every character of it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from .wording import visible

PLAIN: Final = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x180)))) | frozenset(
    "\u00a0\u202f–—‘’“”„‚‹›…−⟨⟩●○✕⊘≤≥εδα"
)
"""What every style of the fonts shows for certain, catalogues and symbols of ours included."""

BREAK: Final = "\u200b"
"""A place where a long word may be broken; it has no glyph."""
_LONG: Final = re.compile(r"\S{25,}")


@cache
def serif() -> frozenset[str]:
    """What the text font shows in all its styles."""
    return _listed(0)


@cache
def shown() -> frozenset[str]:
    """All characters that can be set, in the text font or else in the other."""
    return serif() | _listed(1)


def _listed(place: int) -> frozenset[str]:
    text = (files("unlearn_spec.report") / "templates" / "glyphs.txt").read_text(encoding="ascii")
    ends = [[int(end, 16) for end in part.split("-")] for part in text.split("\n\n")[place].split()]
    return frozenset(chr(code) for pair in ends for code in range(pair[0], pair[-1] + 1))


def settable(text: str, known: frozenset[str]) -> str:
    """The text with every character that is not known written out, `⟨U+4E2D⟩`, and long words made breakable."""
    seen = visible(text)
    spelled = seen if known.issuperset(seen) else "".join(
        character if character == "\n" or character in known else f"⟨U+{ord(character):04X}⟩" for character in seen
    )
    return _LONG.sub(lambda word: BREAK.join(_pieces(word[0])), spelled)


def _pieces(word: str) -> list[str]:
    return [word[at : at + 8] for at in range(0, len(word), 8)]
