"""Numbers and lists as the checker's messages write them: percentages and durations can be pasted into a policy."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ..wording.numbers import decimal, plural
from ..wording.numbers import finer_percent as percent

__all__ = ["count", "days", "decimal", "listed", "percent", "plural"]


def days(duration: Fraction) -> str:
    """A duration in the policy's words: in hours where days would need a fraction that is not short.

    >>> days(Fraction(30)), days(Fraction(1)), days(Fraction(1, 2)), days(Fraction(17, 12)), days(Fraction(21, 2))
    ('30 days', '1 day', '12 hours', '34 hours', '10.5 days')
    """
    hours = duration * 24
    if duration.denominator == 1 or hours.denominator != 1 or (duration > 3 and (duration * 10).denominator == 1):
        return "1 day" if duration == 1 else f"{decimal(duration)} days"
    return "1 hour" if hours == 1 else f"{hours} hours"


def count(number: int, noun: str = "") -> str:
    """A count with thousands separators, and its noun in the plural where that fits.

    >>> count(2995, "sample"), count(1, "item"), count(1800)
    ('2,995 samples', '1 item', '1,800')
    """
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def listed(words: Iterable[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = tuple(words)
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + f" {joint} {items[-1]}"
