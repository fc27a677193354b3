"""The power a test had in the end: with the items, clusters and level that were really there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from ..statistics.binomial import Rate, power_refute, tail
from ..statistics.bounded import clustered_rate_lower


def refuting_power(clusters: Sequence[str], limit: Rate, truth: Rate, alpha: Rate) -> float:
    """Chance that the lower bound at `alpha` exceeds `limit` when the rate is `truth`; one cluster name an item.

    Exact for items that stand alone. For clusters the worst case is taken, in which all items of a cluster share one
    fate: as many clusters as in the sample, each hit with probability `truth`, and the smallest clusters hit first.
    """
    if truth <= limit or not clusters:
        return 0.0
    sizes = sorted(Counter(clusters).values())
    if sizes[-1] == 1:
        return power_refute(len(clusters), limit, truth, alpha)
    needed = _clusters_refuting(sizes, Fraction(limit), alpha)
    return 0.0 if needed is None else tail(needed, len(sizes), truth)


def _clusters_refuting(sizes: Sequence[int], limit: Fraction, alpha: Rate) -> int | None:
    """How many clusters, the smallest first, must be hit throughout before the lower bound exceeds `limit`."""
    names = [str(index) for index, size in enumerate(sizes) for _ in range(size)]

    def refutes(hit: int) -> bool:
        outcomes = [float(index < hit) for index, size in enumerate(sizes) for _ in range(size)]
        return clustered_rate_lower(outcomes, names, alpha) > limit

    low, high = 0, len(sizes)
    if not refutes(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refutes(middle) else (middle, high)
    return high
