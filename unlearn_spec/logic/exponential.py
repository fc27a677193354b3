"""Rational bounds on e^x, rounded outwards: the solver never sees an exponential."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import cache

_DIGITS = 15  # the enclosure's relative width; far below any limit a policy can state


@cache
def exp_bounds(x: Fraction) -> tuple[Fraction, Fraction]:
    """`(low, high)` with low < e^x < high (both 1 at x = 0), for |x| ≤ 50, at most 2·10⁻¹⁴ apart relatively."""
    if x == 0:
        return Fraction(1), Fraction(1)
    if x < 0:
        low, high = exp_bounds(-x)
        return 1 / high, 1 / low
    work = Context(prec=40)
    value = work.exp(work.divide(Decimal(x.numerator), Decimal(x.denominator)))
    slack = value.scaleb(-35)  # covers the rounding of the quotient and of exp itself for x ≤ 50
    down = Context(prec=_DIGITS, rounding=ROUND_FLOOR).plus(work.subtract(value, slack))
    up = Context(prec=_DIGITS, rounding=ROUND_CEILING).plus(work.add(value, slack))
    return Fraction(down), Fraction(up)
