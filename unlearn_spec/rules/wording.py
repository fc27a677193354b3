"""Numbers and lists as the checker's messages write them: percentages and durations can be pasted into a policy."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ..wording.numbers import decimal, plural
from ..wording.numbers import finer_percent as percent

__all__ = ["count", "days", "decimal", "listed", "percent", "plural"]


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


def listed(words: Iterable[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = tuple(words)
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + f" {joint} {items[-1]}"
