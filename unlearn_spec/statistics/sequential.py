"""Bounds and tests that stay valid however often one looks, by betting against the null.

Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting" (JRSS B 86; arXiv 2010.09686). A
gambler bets on each next value before seeing it; if the mean is what the null says, no strategy is expected to win, so
the wealth reaches 1/α with probability at most α, over *all* times (Ville 1939). Stopping early, going on, or looking
after every value costs nothing.

Values lie in [0, 1]. What is asked of them is that each has the same mean given those before it, as independent draws
do; items of one cluster do not, so give cluster means. Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .binomial import Rate
from .intervals import Floats, Interval
from .levels import error_level

FRACTIONS: Floats = np.exp2(-np.arange(14, dtype=np.float64))
"""Shares of its wealth that the mixture stakes: 1, ½, … 2⁻¹³, one gambler each, with equal capital."""


def e_process(values: ArrayLike, null: Rate, alternative: Rate) -> Floats:
    """Wealth after each value of one bet against "the mean is at most `null`" (at least, if `alternative` < `null`).

    The bet that grows fastest if values are 0/1 with the registered mean `alternative`: factors
    1 + λ (x − null), λ = (alternative − null) / (null (1 − null)), which for 0/1 values is the likelihood ratio
    (Wald 1945; Kelly 1956). Any value ≥ 1/α, at any time, rejects at α. Shape (values,).
    """
    x, m, q = _unit(values), _inner(null), float(alternative)
    if not 0 <= q <= 1 or q == m:
        raise ValueError("the alternative must be a rate other than the null")
    with np.errstate(divide="ignore"):  # a bet of everything may be lost: the wealth is 0 from there on
        growth = np.log1p(np.maximum(-1.0, (q - m) / (m * (1 - m)) * (x - m)))
    return np.asarray(np.exp(np.minimum(np.cumsum(growth), 700.0)))


def mixture_wealth(values: ArrayLike, null: Rate) -> float:
    """Wealth at the end of a mixture of gamblers against "the mean is at most `null`", no alternative registered.

    Mean over fractions f of the products of 1 − f + f · x / null: a capital process for each f, and their average is
    one as well (ibid., on the capital process and on diversified Kelly bets). Falls in `null`; ∞ where null = 0 and a value is above 0.
    """
    x = _unit(values)
    if not 0 <= null <= 1:
        raise ValueError(f"a mean in [0, 1] cannot be {null}")
    if null == 0:
        return math.inf if x.any() else 1.0
    return math.exp(min(_log_wealth(*_tally(x), float(null)), 700.0))


def betting_lower(values: ArrayLike, alpha: Rate) -> float:
    """Anytime-valid lower bound for the mean: the largest null that `mixture_wealth` puts at 1/α or more, or 0.

    With probability 1 − α no such bound, after whatever number of values, exceeds the mean; so the largest one so far
    may be kept.
    """
    x, level = _unit(values), error_level(alpha)
    if not x.any():
        return 0.0
    return _largest_rejected(x, -math.log(level))


def betting_upper(values: ArrayLike, alpha: Rate) -> float:
    """Anytime-valid upper bound for the mean; see `betting_lower`. 1 for no values."""
    return 1.0 - betting_lower(1.0 - _unit(values), alpha)


def betting_interval(values: ArrayLike, alpha: Rate) -> Interval:
    """Both bounds, each failing at any time with probability at most `alpha`."""
    x = _unit(values)
    if x.size == 0:
        raise ValueError("need at least one value")
    return Interval(math.fsum(x) / x.size, betting_lower(x, alpha), betting_upper(x, alpha), "betting")


def expected_looks(null: Rate, alternative: Rate, alpha: Rate) -> float:
    """About how many 0/1 values the registered bet of `e_process` takes to reject when `alternative` is the truth.

    ln(1/α) over the Kullback–Leibler divergence of alternative from null (Wald 1945).
    """
    m, q = _inner(null), float(alternative)
    if not 0 <= q <= 1 or q == m:
        raise ValueError("the alternative must be a rate other than the null")
    divergence = sum(a * math.log(a / b) for a, b in ((q, m), (1 - q, 1 - m)) if a > 0)
    return -math.log(error_level(alpha)) / divergence


def _largest_rejected(x: Floats, target: float) -> float:
    distinct, counts = _tally(x)
    if _log_wealth(distinct, counts, 1.0) >= target:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(44):  # to 6e-14; `low` is rejected, so the bound is rounded outwards
        middle = (low + high) / 2
        if _log_wealth(distinct, counts, middle) >= target:
            low = middle
        else:
            high = middle
    return low


def _tally(x: Floats) -> tuple[Floats, Floats]:
    """Distinct values and how often each occurs: the wealth of a mixture does not depend on their order."""
    distinct, counts = np.unique(x, return_counts=True)
    return distinct, counts.astype(np.float64)


def _log_wealth(distinct: Floats, counts: Floats, null: float) -> float:
    if not distinct.size:
        return 0.0
    with np.errstate(divide="ignore"):
        logs = np.log1p(FRACTIONS[:, None] * (distinct / null - 1.0)) @ counts
    best = float(logs.max())
    return best + math.log(float(np.exp(logs - best).mean())) if math.isfinite(best) else best


def _unit(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not ((array >= 0) & (array <= 1)).all():
        raise ValueError("need values between 0 and 1 in one dimension")
    return array


def _inner(rate: Rate) -> float:
    if not 0 < rate < 1:
        raise ValueError(f"the null must lie strictly between 0 and 1, got {rate}")
    return float(rate)
