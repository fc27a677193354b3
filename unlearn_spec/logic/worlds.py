"""Worlds told in the policy's own names and numbers: a solver model made simple, as rates on sets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ..record import Record
from .encode import number
from .formulas import Rate
from .theory import Theory

ROUND = tuple(Fraction(n, 100) for n in (90, 50, 20, 10, 5, 2, 1, 0, 100, 99, 95))
"""Rates a reader grasps at once, tried in this order."""


class Seen(Record):
    """One rate in a world: the mean over a set."""

    rate: Rate
    target: str
    mean: Fraction


def told(
    theory: Theory,
    assumptions: Sequence[str],
    wanted: Sequence[tuple[Rate, str]],
    preferred: Sequence[Sequence[Fraction]] = (),
    denied: str = "",
) -> tuple[Seen, ...] | None:
    """A world that satisfies the assumptions, with means as round as it allows, or None if there is no world.

    `preferred[i]` is tried for `wanted[i]` before the common round numbers. Greedy, in order; so the same input gives the
    same world. `denied` are assertions beside the assumptions.
    """
    extra = rounded(theory, assumptions, wanted, preferred, denied)
    if extra is None:
        return None
    encoder = theory.encoder
    names = sorted(
        {
            symbol
            for rate, target in wanted
            for region in encoder.of(target)
            for symbol in (encoder.mass(rate, region), encoder.size(region))
        }
    )
    values = theory.given.values(assumptions, names, extra) or {}
    found = []
    for rate, target in wanted:
        mass = sum((Fraction(values[encoder.mass(rate, region)]) for region in encoder.of(target)), Fraction(0))
        size = sum((Fraction(values[encoder.size(region)]) for region in encoder.of(target)), Fraction(0))
        found.append(Seen(rate, target, mass / size if size else Fraction(0)))
    return tuple(found)


def rounded(
    theory: Theory,
    assumptions: Sequence[str],
    wanted: Sequence[tuple[Rate, str]],
    preferred: Sequence[Sequence[Fraction]] = (),
    denied: str = "",
) -> str | None:
    """Assertions that make the wanted means as round as `told` tells them, or None if there is no world.

    They begin with those that are `denied`.
    """
    encoder, extra = theory.encoder, denied
    if not theory.possible(assumptions, extra):
        return None
    for i, (rate, target) in enumerate(wanted):
        for value in (*(preferred[i] if i < len(preferred) else ()), *ROUND):
            mean = f"(assert (= {encoder.set_mass(rate, target)} (* {number(value)} {encoder.set_size(target)})))"
            if theory.possible(assumptions, extra + mean):
                extra += mean
                break
    return extra


def short_percent(value: Fraction, digits: int = 3) -> str:
    """`3/40` → `7.5%`: at most `digits` significant digits, but what somebody can have written (`49.95%`) as it is."""
    scaled = value * 100
    if scaled.denominator == 1:
        return f"{scaled.numerator}%"
    if 10_000 % scaled.denominator == 0:
        digits = 9
    text = f"{float(scaled):.{digits}g}"
    return f"{Decimal(text):f}%"


def days(value: Fraction) -> str:
    """`30` → `30 days`."""
    text = str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
    return f"{text} day" if value == 1 else f"{text} days"
