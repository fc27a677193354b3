"""Characters that look alike: which names a reader would take for each other."""

from __future__ import annotations

import unicodedata
from typing import Final

_CYRILLIC: Final = dict(zip("аеорсухіјѕԁһӏԛԝьвкмнт", "aeopcyxijsdhlqwbbkmht", strict=True))
_CYRILLIC_CAPITALS: Final = dict(zip("АВЕЅІЈКМНОРСТУХ", "ABESIJKMHOPCTYX", strict=True))
_GREEK: Final = dict(zip("αγικνορτυχ", "ayiKvoptux".lower(), strict=True))
_GREEK_CAPITALS: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
LATIN: Final = {
    **_CYRILLIC,
    **_CYRILLIC_CAPITALS,
    **_GREEK,
    **_GREEK_CAPITALS,
    "ı": "i",
    "ɡ": "g",
    "‐": "-",
    "‑": "-",
    "–": "-",
}
"""Letters of other scripts, and other dashes, each with the plain character it looks like."""
_STROKES: Final = str.maketrans({"1": "l", "I": "l", "0": "O", "_": "-", ".": "-"})


def plain(text: str) -> str:
    """The text with the characters that only look like plain ones replaced by those.

    >>> plain("hеlper"), plain("ｈelper"), plain("Ηelper")
    ('helper', 'helper', 'Helper')
    """
    return "".join(LATIN.get(character, character) for character in unicodedata.normalize("NFKC", text))


def disguised(text: str) -> str:
    """The first character that only looks like a plain one, told with its name; empty if there is none.

    >>> disguised("hеlper"), disguised("helper")
    ('`е` is CYRILLIC SMALL LETTER IE, which only looks like `e`', '')
    """
    for character in text:
        same = plain(character)
        if same != character and same.isascii() and same.strip():
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            return f"`{character}` is {name}, which only looks like `{same}`"
    return ""


def looks(name: str) -> tuple[str, str]:
    """How a name looks to a hurried reader: with its case ignored, and with strokes and rings taken for each other.

    Two names look alike if they agree in either.

    >>> looks("Diary")[0] == looks("diary")[0], looks("set-1O")[1] == looks("set_l0")[1]
    (True, True)
    """
    shown = plain(name)
    return shown.casefold().translate(str.maketrans("_.", "--")), shown.translate(_STROKES)
