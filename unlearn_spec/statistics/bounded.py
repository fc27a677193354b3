"""Valid one-sided bounds for means of numbers in [0, 1], and for rates of clustered items. Standard library only.

Items that share a cluster (questions about one person, chunks of one article) are not independent, so a
Clopper–Pearson bound on items would claim too much. Here only clusters need to be independent; within a cluster any
dependence is allowed, and the bounds hold at every sample size. The price is that the number of *clusters* decides
how tight they are. A cluster-robust normal or design-effect interval would be shorter but has no guarantee, least of
all at 0 hits.

The bound for a mean is the smaller of two bounds on one and the same tail probability, so no error is spent twice:
Hoeffding's in its Kullback–Leibler form (Hoeffding 1963, Theorem 1), which equals 1 - alpha^(1/n) when every value is
0, and Bentkus's binomial bound at alpha/e (Bentkus 2004, "On Hoeffding's inequalities"); their combination is the
Hoeffding–Bentkus bound of Bates, Angelopoulos, Lei, Malik and Jordan 2021 ("Distribution-free, risk-controlling
prediction sets", §3.1). Neither needs equal distributions, only independence.

`alpha` is the one-sided error probability, in (0, 1). Bad arguments raise `ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from .binomial import Rate, clopper_pearson_upper, zero_failure_upper


def bounded_mean_upper(values: Sequence[float], alpha: Rate) -> float:
    """Upper bound for the mean expectation of independent values in [0, 1]; 1 for no values."""
    _check_unit(values)
    return _upper(math.fsum(values), len(values), alpha)


def bounded_mean_lower(values: Sequence[float], alpha: Rate) -> float:
    """Lower bound for the mean expectation of independent values in [0, 1]; 0 for no values."""
    return 1.0 - bounded_mean_upper([1.0 - value for value in values], alpha)


def clustered_rate_upper(hits: Sequence[float], clusters: Sequence[Hashable], alpha: Rate) -> float:
    """Upper bound for the rate over items when items with equal `clusters` entry may depend on each other.

    `hits` are 0/1 (or shares in [0, 1]), one per item, weighted equally. Clopper–Pearson when every cluster has one
    item and every hit is 0 or 1; otherwise the bounded-mean bound on cluster totals divided by the largest cluster's
    size, which for clusters of equal size is the bound on the cluster rates.
    """
    _check_unit(hits)
    if len(hits) != len(clusters):
        raise ValueError(f"{len(hits)} items but {len(clusters)} cluster names")
    sizes: dict[Hashable, int] = {}
    for cluster in clusters:
        sizes[cluster] = sizes.get(cluster, 0) + 1
    if len(sizes) == len(hits) and all(hit in (0, 1) for hit in hits):
        return clopper_pearson_upper(sum(hit == 1 for hit in hits), len(hits), alpha)
    return total_rate_upper(math.fsum(hits), len(hits), len(sizes), max(sizes.values(), default=1), alpha)


def total_rate_upper(total: float, items: int, clusters: int, largest: int, alpha: Rate) -> float:
    """The same bound from the sum of hits alone: over `items` items in clusters of at most `largest`; 1 for no items."""
    if not items:
        return 1.0
    return min(1.0, _upper(total / largest, clusters, alpha) * clusters * largest / items)


def clustered_rate_lower(hits: Sequence[float], clusters: Sequence[Hashable], alpha: Rate) -> float:
    """Lower bound for the rate over items; see `clustered_rate_upper`."""
    return 1.0 - clustered_rate_upper([1.0 - hit for hit in hits], clusters, alpha)


def _upper(total: float, n: int, alpha: Rate) -> float:
    """Hoeffding–Bentkus upper bound for the mean of `n` independent values in [0, 1] with this sum."""
    if n == 0:
        return 1.0
    ceiling = math.ceil(total)
    bentkus = clopper_pearson_upper(min(ceiling, n), n, float(alpha) / math.e)
    return min(bentkus, _hoeffding_upper(total / n, n, alpha))


def _hoeffding_upper(mean: float, n: int, alpha: Rate) -> float:
    """The u > mean with n · KL(mean ‖ u) = ln(1/alpha), found by bisection and rounded up."""
    if mean <= 0:
        return zero_failure_upper(n, alpha)
    if mean >= 1:
        return 1.0
    target = -math.log(alpha) / n
    low, high = mean, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if middle >= 1:  # the mean is a rounding error away from 1
            return 1.0
        divergence = mean * math.log(mean / middle) + (1 - mean) * math.log((1 - mean) / (1 - middle))
        if divergence < target:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15:
            break
    return high


def _check_unit(values: Sequence[float]) -> None:
    for value in values:
        if not 0 <= value <= 1:
            raise ValueError(f"values must lie between 0 and 1, got {value}")
