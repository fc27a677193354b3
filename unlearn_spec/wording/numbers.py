"""Numbers as text, the decimal sign a full stop: percentages that err to a known side, decimals, and the policy's words
in marks or in the plural."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import count
from math import ceil, floor
from typing import Final, Literal

Rounding = Literal["up", "down", "nearest"]
_ROUNDING: Final = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "nearest": ROUND_HALF_EVEN}


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


def finer_percent(share: Fraction, rounding: Literal["exact", "up", "down"] = "exact") -> str:
    """A share in [0, 1] as a percentage; `up` and `down` keep at least three significant digits and err to that side.

    >>> finer_percent(Fraction(1, 40)), finer_percent(Fraction(721576, 10**7), "up"), finer_percent(Fraction(1, 3))
    ('2.5%', '7.22%', '33.3333%')
    """
    value = share * 100
    if rounding == "exact":
        return decimal(value) + "%"
    places = 2
    while value and value * 10**places < 100 and places < 12:
        places += 1
    scaled = value * 10**places
    return decimal(Fraction(ceil(scaled) if rounding == "up" else floor(scaled), 10**places)) + "%"


def decimal(value: Fraction) -> str:
    """A number in plain decimals, without idle zeros: exact if it ends within 12 places, else to four (three digits of a tiny one).

    >>> decimal(Fraction(1, 8)), decimal(Fraction(2, 3)), decimal(Fraction(40)), decimal(42 + Fraction(1, 3 * 10**9))
    ('0.125', '0.6667', '40', '42')
    """
    places = next((n for n in range(13) if (value * 10**n).denominator == 1), 4)
    if 0 < abs(value) * 10**places < 1:
        places = next(n for n in count(places) if abs(value) * 10**n >= 100)
    whole = round(value * 10**places)
    text = f"{abs(whole):0{places + 1}d}"
    text = text if places == 0 else f"{text[:-places]}.{text[-places:]}".rstrip("0").rstrip(".")
    return ("-" if whole < 0 else "") + text


def plural(noun: str) -> str:
    """The plural of a drafter's unit in English, by the commonest rules.

    >>> plural("record"), plural("entry"), plural("box"), plural("day")
    ('records', 'entries', 'boxes', 'days')
    """
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
