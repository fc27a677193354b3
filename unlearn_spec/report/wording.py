"""Pieces of text that every renderer shares: numbers rounded on the safe side, quoted names, visible characters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..verdict.model import Outcome
from ..wording.numbers import percent, quote

__all__ = ["OUTCOME_SYMBOL", "QUOTED", "count", "percent", "quote", "short_digest", "spaced", "stopped", "visible"]

QUOTED: Final = re.compile("“([^”]*)”")
"""The policy's own words inside our sentences. Nothing else in a report stands between these marks."""

OUTCOME_SYMBOL: Final[dict[Outcome, str]] = {
    "violated": "✕",
    "rejected": "⊘",
    "inconclusive": "?",
    "not_testable": "–",
    "not_tested": "·",
    "not_falsified": "○",
    "supported": "●",
}
"""Shapes that differ in black and white."""


def count(number: int) -> str:
    return f"{number:,}"


def short_digest(digest: str) -> str:
    """Algorithm and the first twelve digits; the full digest stands in the integrity section."""
    algorithm, colon, digits = digest.partition(":")
    return f"{algorithm}:{digits[:12]}…" if colon and len(digits) > 12 else digest


def stopped(text: str) -> str:
    """On one line, with one full stop at the end. The first letter stays: it may begin a name."""
    text = spaced(text)
    return text if text.endswith((".", "!", "?", "…")) else text + "."


_SPACE: Final = re.compile(r"[ \t\r\n\f\v]+")


def spaced(text: str) -> str:
    """On one line, with single spaces; spaces that must not break a line stay as they are."""
    return _SPACE.sub(" ", text).strip(" ")


def visible(text: str) -> str:
    """Control, format and private characters written out (`⟨U+202E⟩`): none may reorder, hide or end a text."""
    if text.replace("\n", "").replace("\u00a0", "").replace("\u202f", "").isprintable():  # nearly all of a report's texts are
        return text
    return "".join(
        character if character == "\n" or unicodedata.category(character)[0] != "C" else f"⟨U+{ord(character):04X}⟩"
        for character in text
    )
