"""Bounds for the total of a finite population that is looked at in random order, valid at every stopping time.

Waudby-Smith & Ramdas 2024 (arXiv 2010.09686), betting while sampling without replacement: were the total S, the next of
N values, drawn at random from those that are left, would have the mean (S − what was seen) / (what is left). A gambler
who bets on more wins nothing on average, so the wealth reaches 1/α with probability at most α over *all* times (Ville
1939). That order alone is random: the values may depend on each other and have any law.

Values lie in [0, 1]. `alpha` is the one-sided error. Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .binomial import Rate
from .intervals import Floats
from .levels import error_level

STAKES: Floats = np.exp2(-np.arange(14, dtype=np.float64))
"""Shares of the wealth that are staked: 1, ½, … 2⁻¹³, one gambler each."""
_CAPITAL: Floats = 1 / ((np.arange(14) + 1.0) * (np.arange(14) + 2.0))
CAPITAL: Floats = _CAPITAL / _CAPITAL.sum()
"""Their capital: half for the boldest, whose wealth at no hits is that of the hypergeometric test."""


def total_upper(values: ArrayLike, population: int, alpha: Rate) -> float:
    """Anytime-valid upper bound for the sum of all `population` values, of which these were seen first, in random order.

    The smallest total that `wealth_against_total` puts at 1/α or more (to 1e-7, rounded up), or what is possible at most.
    """
    x, level = _unit(values, population), error_level(alpha)
    seen, left = math.fsum(x), population - x.size
    if left == 0:
        return seen
    target = -math.log(level)
    low, high = seen, seen + left
    if _log_wealth(x, population, high) < target:
        return high
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (low, middle) if _log_wealth(x, population, middle) >= target else (middle, high)
    return high


def wealth_against_total(values: ArrayLike, population: int, total: float) -> float:
    """Wealth of the mixture against "the sum of all values is at least `total`", after these values.

    Mean over stakes f, weighted by their capital, of the products of 1 − f + f (1 − x) / (1 − m), with m the mean that
    the values left would have. ∞ where `total` is out of reach.
    """
    return math.exp(min(_log_wealth(_unit(values, population), population, total), 700.0))


def _log_wealth(x: Floats, population: int, total: float) -> float:
    """Grows with `total`: the more would have to be left, the more surprising is each value."""
    before = np.concatenate(([0.0], np.cumsum(x)))
    left = population - np.arange(x.size + 1)
    means = (total - before) / np.maximum(left, 1)
    if (means > 1 + 1e-12).any() or (left[-1] == 0 and total > before[-1] + 1e-9):
        return math.inf
    room = 1.0 - means[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(room > 1e-15, (1.0 - x) / room, np.where(x < 1, np.inf, 1.0))
        logs = np.log1p(STAKES[:, None] * (gain - 1.0)).sum(axis=1)
    best = float(logs.max(initial=-math.inf))
    if not math.isfinite(best):
        return best
    return best + math.log(float((CAPITAL * np.exp(logs - best)).sum()))


def _unit(values: ArrayLike, population: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not ((array >= 0) & (array <= 1)).all():
        raise ValueError("need values between 0 and 1 in one dimension")
    if array.size > population:
        raise ValueError(f"{array.size} values of a population of {population}")
    return array
