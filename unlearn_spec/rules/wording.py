"""Numbers and lists as the checker's messages write them: percentages and durations can be pasted into a policy."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor
from typing import Literal


def percent(share: Fraction, rounding: Literal["exact", "up", "down"] = "exact") -> str:
    """A share in [0, 1] as a percentage; `up` and `down` keep three significant digits and err to that side.

    >>> percent(Fraction(1, 40)), percent(Fraction(721576, 10**7), "up"), percent(Fraction(1, 3))
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
    """A number in plain decimals: exact if it ends within 12 places, else to four places.

    >>> decimal(Fraction(1, 8)), decimal(Fraction(2, 3)), decimal(Fraction(40))
    ('0.125', '0.6667', '40')
    """
    places = next((n for n in range(13) if (value * 10**n).denominator == 1), 4)
    whole = round(value * 10**places)
    text = f"{abs(whole):0{places + 1}d}"
    sign = "-" if whole < 0 else ""
    return sign + (text if places == 0 else f"{text[:-places]}.{text[-places:]}")


def days(duration: Fraction) -> str:
    """A duration in the policy's words.

    >>> days(Fraction(30)), days(Fraction(1)), days(Fraction(1, 2))
    ('30 days', '1 day', '12 hours')
    """
    if duration == 1:
        return "1 day"
    if duration and duration < 1 and (duration * 24).denominator == 1:
        hours = duration * 24
        return "1 hour" if hours == 1 else f"{hours} hours"
    return f"{decimal(duration)} days"


def count(number: int, noun: str = "") -> str:
    """A count with thousands separators, and its noun in the plural where that fits.

    >>> count(2995, "sample"), count(1, "item"), count(1800)
    ('2,995 samples', '1 item', '1,800')
    """
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of a drafter's unit, by the commonest rules.

    >>> plural("record"), plural("entry"), plural("box"), plural("day")
    ('records', 'entries', 'boxes', 'days')
    """
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def listed(words: Iterable[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = tuple(words)
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + f" {joint} {items[-1]}"
