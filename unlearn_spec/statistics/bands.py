"""Bands around an empirical distribution function, of independent values and of clustered ones.

A band holds at every threshold at once, so the threshold may be chosen after seeing the values. `alpha` is the error
probability of *each side*. Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import erfcx

from .binomial import Rate
from .intervals import Interval, checked_values
from .levels import error_level


def dkw_half_width(n: int, alpha: Rate) -> float:
    """Half-width of the band around an empirical distribution function of `n` independent values, at most 1.

    Dvoretzky–Kiefer–Wolfowitz with Massart's constant (Massart 1990): each side fails with probability at most
    `alpha` for alpha ≤ ½, both together at most 2·alpha.
    """
    level = _level(n, alpha)
    return min(1.0, math.sqrt(-math.log(level) / (2 * n)))


def clustered_dkw_half_width(clusters: int, alpha: Rate) -> float:
    """The same around the *mean of the clusters' own* distribution functions, clusters independent and alike in law.

    Draw one value from each of the n clusters, and let D be the largest deviation of their distribution function G to one
    side. Given the clusters, the mean of their functions is the expectation of G, so its largest deviation is at most
    E[D | clusters] (Jensen, for the supremum). Then P(E[D | clusters] > ε) ≤ e^(−λε)·E[e^(λD)] for each λ > 0 (Markov,
    and Jensen for the exponential), and Massart's bound on D gives, with s = λ/√n and c = √(½·ln 2),

        E[e^(λD)] ≤ e^(s·c) + s·∫ from c of e^(s·t − 2t²) dt,

    so the half-width is the smallest (ln of that + ln(1/α))/s over s, divided by √n. At α = 5 % it is 1.30 times
    that of as many independent values: the price of any dependence within a cluster.
    """
    level = _level(clusters, alpha)
    found = minimize_scalar(lambda s: (_log_moment(s) - math.log(level)) / s, bounds=(0.05, 60.0), method="bounded")
    return min(1.0, float(found.fun) / math.sqrt(clusters))


def exceedance_interval(
    values: ArrayLike, threshold: float, alpha: Rate, clusters: Sequence[Hashable] | None = None
) -> Interval:
    """P[value > threshold] with the band: valid for all thresholds at once.

    With `clusters`, one name a value: of a random value of a random cluster, every cluster counting alike, however many
    values it has. Where each cluster has one value the plain band is used.
    """
    v = checked_values(values)
    names = list(range(v.size)) if clusters is None else list(clusters)
    if len(names) != v.size:
        raise ValueError(f"{v.size} values but {len(names)} cluster names")
    groups: dict[Hashable, list[bool]] = {}
    for name, above in zip(names, (v > threshold).tolist(), strict=True):
        groups.setdefault(name, []).append(above)
    point = float(np.mean([np.mean(group) for group in groups.values()]))
    single = len(groups) == v.size
    reach = dkw_half_width(v.size, alpha) if single else clustered_dkw_half_width(len(groups), alpha)
    return Interval(point, max(0.0, point - reach), min(1.0, point + reach), "dkw")


def _level(n: int, alpha: Rate) -> float:
    level = error_level(alpha)
    if n < 1 or level > 0.5:
        raise ValueError(f"need n ≥ 1 and alpha ≤ 1/2, got n = {n}, alpha = {alpha}")
    return level


def _log_moment(s: float) -> float:
    """ln of the bound on E[e^(λD)] above. The integral is √(π/8)·e^(s²/8)·erfc(√2·(c − s/4))."""
    c = math.sqrt(math.log(2) / 2)
    at = math.sqrt(2) * (c - s / 4)
    # e^(s²/8)·erfc(at) = erfcx(at)·e^(s·c − 2c²): the large exponents cancel on paper, not in floating point
    return s * c + math.log1p(s * math.sqrt(math.pi / 8) * float(erfcx(at)) * math.exp(-2 * c * c))
