"""Pieces of text that every renderer shares: numbers rounded on the safe side, quoted names, visible characters."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final, Literal

from ..verdict.model import Outcome

Rounding = Literal["up", "down", "nearest"]
_ROUNDING: Final = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "nearest": ROUND_HALF_EVEN}

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


def quote(text: str) -> str:
    """The policy's own words, marked as such; quotation marks inside become plain ones, so the marks stay balanced."""
    return "“" + text.replace("“", '"').replace("”", '"') + "”"


def percent(share: Fraction | float, rounding: Rounding = "nearest") -> str:
    """A share as a percentage of about three significant digits; bounds are rounded away from the favourable side.

    >>> percent(Fraction(1, 3)), percent(Fraction(1, 3000), "up"), percent(0.0)
    ('33.3%', '0.0334%', '0%')
    """
    exact = Fraction(repr(share)) if isinstance(share, float) else share
    if exact == 0:
        return "0%"
    value = Decimal(exact.numerator * 100) / Decimal(exact.denominator)
    places = max(0, 2 - value.adjusted())
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=_ROUNDING[rounding])
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") + "%"


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
    return "".join(
        character if character == "\n" or unicodedata.category(character)[0] != "C" else f"⟨U+{ord(character):04X}⟩"
        for character in text
    )
