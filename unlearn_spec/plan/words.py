"""Numbers with their nouns, as a plan writes them."""

from __future__ import annotations


def many(number: int, noun: str) -> str:
    """`1 run`, `4 runs`, `80 guesses`."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"
