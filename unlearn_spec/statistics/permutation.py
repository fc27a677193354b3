"""Exact tests that ask only for exchangeability: permuted labels, and the rank of one among many.

If audited and reference models come out of one process, any of them could have been called the audited one. The share
of labellings with a statistic at least as large as the observed one is then an exact p-value, whatever the statistic.
It cannot be smaller than one over the number of labellings: that is what so many models can show at most. Bad arguments
raise `ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ndtr

from .binomial import Rate
from .exact_sums import Floats, Pairs, on_grid
from .levels import error_level

Ints = NDArray[np.int64]
Split = Callable[[Ints, Ints], float]
"""Statistic of a split of unit numbers into two groups; larger means further apart."""

EXACT_LABELLINGS = 10_000
_DRAWS = 9999


@dataclass(frozen=True)
class Permutation:
    """A statistic beside what the same numbers give under other labellings."""

    statistic: float
    p_value: float
    smallest_p: float
    """What the test could have shown at best with these numbers: the share of labellings at the largest statistic."""
    null_95: float
    """95th percentile of the statistic over labellings: what it reads where there is no difference."""
    null_mean: float
    """Its mean over labellings."""


def label_permutation(split: Split, first: int, second: int, *, seed: int) -> Permutation:
    """One-sided test of "units 0 … first−1 and the `second` others are exchangeable" by relabelling units.

    All C(first + second, first) labellings if they are at most 10,000, otherwise 9,999 random ones (Philox with `seed`)
    and the observed one, so p is never 0 (Phipson & Smyth 2010).
    """
    if first < 1 or second < 1:
        raise ValueError("need at least one unit of each group")
    total = first + second
    everyone = np.arange(total)
    observed = split(everyone[:first], everyone[first:])
    if math.comb(total, first) <= EXACT_LABELLINGS:
        values = [split(*_parts(chosen, total)) for chosen in combinations(range(total), first)]
    else:
        generator = np.random.Generator(np.random.Philox(seed))
        orders = (generator.permutation(total) for _ in range(_DRAWS))
        values = [observed, *(split(order[:first], order[first:]) for order in orders)]
    return _permutation(np.asarray(values, dtype=np.float64), observed)


def pair_work(first: int, second: int) -> int:
    """Pairs of units, over all random labellings; 0 where every labelling is tried."""
    total = first + second
    return 0 if math.comb(total, first) <= EXACT_LABELLINGS else total * total * _DRAWS


def pair_permutation(matrix: Floats, first: int, pairs: Pairs) -> Permutation:
    """`label_permutation` of −E[m(X, Y)] + E[m(X, X′)] / 2 + E[m(Y, Y′)] / 2, doubled, for many units, from sums over pairs.

    `matrix`: (units, units), symmetric, zeros on the diagonal; means over different units, 0 within a group of one. Its
    values are rounded for exact sums, the same for every labelling, of which 9,999 random ones are tried beside the observed.
    """
    total = len(matrix)
    if not 0 < first < total:
        raise ValueError("need at least one unit of each group")
    rounded = on_grid(matrix.reshape(-1, 1), total * total)[0].reshape(matrix.shape)
    observed = np.array([[rounded[:first, :first].sum(), rounded[:first].sum()]])
    inside, touching = np.vstack([observed, pairs(first, rounded, range(_DRAWS))]).T
    second = total - first
    outside = rounded.sum() - 2 * touching + inside
    values = (
        inside / max(1, first * (first - 1)) + outside / max(1, second * (second - 1)) - 2 * (touching - inside) / (first * second)
    )
    return _permutation(values, float(values[0]))


def _permutation(found: Floats, observed: float) -> Permutation:
    if not np.isfinite(found).all():
        raise ValueError("the statistic is not a number for some labelling")
    shares = [
        float((found >= value - 1e-9 * abs(value)).mean()) for value in (observed, found.max())
    ]  # equal despite rounding
    return Permutation(float(observed), shares[0], shares[1], float(np.quantile(found, 0.95)), float(found.mean()))


def rank_p(audited: float, references: Sequence[float]) -> float:
    """p-value of "the audited model's number is exchangeable with the references'": the share of all at least as large.

    (1 + number of references ≥ audited) / (K + 1), so never below 1/(K + 1): 19 references show 5 % at best, 4 show
    20 %. For "unusually small" negate the numbers; for both directions double the smaller p.
    """
    if not references or not all(map(math.isfinite, (audited, *references))):
        raise ValueError("need a finite number of the audited model and of at least one reference")
    return (1 + sum(other >= audited for other in references)) / (len(references) + 1)


def smallest_p(first: int, second: int) -> float:
    """The smallest p-value that relabelling `first` + `second` models can give: 1 / C(first + second, first).

    Twice that for equally large groups and a distance that does not care which group is called first (MMD, energy).
    """
    if first < 1 or second < 1:
        raise ValueError("need at least one model of each kind")
    return 1 / math.comb(first + second, first)


def references_needed(alpha: Rate, audited: int = 1) -> int:
    """The fewest references with which `audited` models can reach p ≤ alpha at all."""
    level, count = error_level(alpha), 1
    if audited < 1:
        raise ValueError("need at least one audited model")
    while smallest_p(audited, count) > level:
        count += 1
    return count


def rank_power(references: int, shift: float, alpha: Rate) -> float:
    """Chance that `rank_p` ≤ alpha when the audited model's number is normal, `shift` reference SDs above theirs.

    The audited number must exceed all but ⌊alpha (K + 1)⌋ − 1 of the K references: an integral over its value of a
    binomial tail. 0 where K + 1 < 1 / alpha. Planning only: real numbers need not be normal.
    """
    allowed = math.floor(error_level(alpha) * (references + 1) + 1e-12) - 1
    if references < 1 or allowed < 0:
        return 0.0

    def at(z: float) -> float:
        above = float(ndtr(-z))
        below = sum(math.comb(references, k) * above**k * (1 - above) ** (references - k) for k in range(allowed + 1))
        return math.exp(-((z - shift) ** 2) / 2) / math.sqrt(2 * math.pi) * below

    return float(min(1.0, quad(at, shift - 10, shift + 10, limit=200)[0]))


def _parts(chosen: tuple[int, ...], total: int) -> tuple[Ints, Ints]:
    rest = np.ones(total, dtype=bool)
    rest[list(chosen)] = False
    return np.asarray(chosen, dtype=np.int64), np.flatnonzero(rest)
