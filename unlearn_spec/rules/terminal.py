"""Text for a terminal or a build log: nothing invisible, the columns that it takes, lines folded by columns.

Columns are counted as terminals do that follow Unicode's East Asian Width (UAX #11): wide and full-width characters take
two, marks and the later letters of a Hangul syllable none, all others one. What a terminal would join to one picture by an
invisible character (an emoji with a joiner or a variation selector) is shown with that character written out, so it is not
joined.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from ..record import Record

_PAINT: Final = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "undetermined": "1;35",
    "bold": "1",
    "faint": "2",
    "related": "34",
}
_ESCAPED: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_NAMED: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_BLANK: Final = frozenset(
    chr(point)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)
"""Marks and letters without a shape: fillers, variation selectors, the empty Braille cell."""


class Brush(Record):
    """Paints a visible text in a style, or not at all."""

    colour: bool

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_PAINT[style]}m{text}\x1b[0m" if self.colour else text


def visible(text: str) -> str:
    """The text with control, formatting, unassigned and shapeless characters written as escapes.

    >>> visible("a" + chr(9) + "b" + chr(0x202E) + "c" + chr(0xFE0F))
    'a\\\\tb\\\\u{202E}c\\\\u{FE0F}'
    """
    return text if text.isascii() and text.isprintable() else "".join(map(shown, text))


def shown(character: str) -> str:
    """One character, or its escape if it could not be seen."""
    if character in _NAMED:
        return _NAMED[character]
    hidden = character in _BLANK or unicodedata.category(character) in _ESCAPED
    return f"\\u{{{ord(character):04X}}}" if hidden else character


def columns(text: str) -> int:
    """How many columns a visible text takes on a terminal.

    >>> columns("ab"), columns("日本"), columns("e" + chr(0x301))
    (2, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or 0x1160 <= ord(character) <= 0x11FF:
        return 0
    if 0xD7B0 <= ord(character) <= 0xD7FF:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def folded(text: str, width: int, indent: str = "") -> list[str]:
    """A visible text in lines of at most `width` columns, broken at spaces; the later ones begin with `indent`.

    A word that is longer than a line stands on one of its own. Spaces at a break are dropped, those that begin the text stay.

    >>> folded("one two three", 8, "  ")
    ['one two', '  three']
    """
    for sign in "≤≥=":  # a sign stays with its number
        text = text.replace(f"{sign} ", f"{sign}\0")
    lead = text[: len(text) - len(text.lstrip(" "))]
    lines, line, used = [], lead, columns(lead)
    begun = False
    for word in text[len(lead) :].split(" "):
        needed = columns(word)
        if begun and used + 1 + needed > width:
            lines.append(line.rstrip(" "))
            line, used, begun = indent, columns(indent), False
        if begun:
            line, used = f"{line} {word}", used + 1 + needed
        elif word or not lines:
            line, used, begun = line + word, used + needed, True
    lines.append(line.rstrip(" "))
    return [line.replace("\0", " ") for line in lines]


def inert(line: str) -> str:
    """The line with what a build log would take for one of its commands escaped: a `::` that begins it, any `##[`.

    >>> inert("  ::error::x"), inert("a ##[group]")
    ('  \\\\u{003A}:error::x', 'a #\\\\u{0023}[group]')
    """
    bare = line.lstrip()
    if bare.startswith("::"):
        line = f"{line[: len(line) - len(bare)]}\\u{{003A}}{bare[1:]}"
    return line.replace("##[", "#\\u{0023}[")
